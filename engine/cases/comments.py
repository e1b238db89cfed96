"""What staff say to each other about a case, and whom they point it out to. The resident never sees any of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.models import Case, Comment
from engine.cases.subject import get_case, subject_of
from engine.db import new_id, writing
from engine.errors import Forbidden, Invalid
from engine.forms.messages import N_
from engine.notices import NoticeTexts, Recipient, notify
from engine.organisation.models import Membership, OrgUnit, Staff
from engine.organisation.policy import Action, CaseSubject, Field, Viewer, require, viewer_for, visible_fields

LONGEST: Final = 2000
MOST_MENTIONS: Final = 10
TEXT_MISSING: Final = N_("Write what you want to say.")
#: After `@`: what may be the beginning of a name or a login; where the name ends is for the staff's names to say.
_MENTION: Final = re.compile(r"[@＠]([\w.·-]{1,64})")
#: The notice says who, where and nothing of what: a comment is read where the policy can look at the reader.
MENTION: Final = NoticeTexts(
    key="mention",
    sources={
        "zh_CN": "Subject: {{ author }} 在 {{ number }} 的内部留言里提到了您\n\n"
        "{{ author }} 在事项 {{ number }} 的内部留言里提到了您。留言只在系统里看：\n{{ link }}\n",
        "en": "Subject: {{ author }} mentions you in an internal comment on {{ number }}\n\n"
        "{{ author }} mentions you in an internal comment on case {{ number }}. Read it in the application:\n"
        "{{ link }}\n",
    },
)


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A comment with the names that a page shows."""

    comment: Comment
    author: str
    mentioned: tuple[str, ...]


def comments_of(session: Session, viewer: Viewer, subject: CaseSubject) -> list[Remark]:
    """Return the comments on a case, oldest first; none to who may not see them."""
    if Field.COMMENTS not in visible_fields(viewer, subject):
        return []
    rows = session.execute(
        select(Comment, Staff.name)
        .join(Staff, Staff.id == Comment.author_id)
        .where(Comment.case_id == subject.case_id)
        .order_by(Comment.created_at, Comment.id)
    ).all()
    wanted = {UUID(each) for comment, _ in rows for each in comment.mentions}
    named = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted))).all() if wanted else []
    names: dict[str, str] = {str(staff_id): name for staff_id, name in named}
    return [
        Remark(comment=comment, author=author, mentioned=tuple(names[each] for each in comment.mentions))
        for comment, author in rows
    ]


def add_comment(
    session: Session, viewer: Viewer, case_id: UUID, text: str, *, staff: Staff, now: datetime, site: str = ""
) -> Comment:
    """Add a comment to a case, and tell those whom it mentions as `@name` or `@login`.

    Args:
        site: how the application is reached from outside, for the link in an e-mail.

    Raises:
        NotFound: there is no such case, or the viewer may not know of it.
        Forbidden: the viewer may not comment; or `mention-may-not-see`: somebody mentioned may not read it.
        Invalid: it is empty or too long; `mention-unknown`, `mention-ambiguous`, `mentions-too-many`.
    """
    case = get_case(session, case_id)
    subject = subject_of(session, case)
    require(viewer, Action.COMMENT, subject)
    said = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not said:
        raise Invalid("comment-empty", "The comment is empty. Write something first.", fields={"text": [TEXT_MISSING]})
    if len(said) > LONGEST:
        raise Invalid(
            "comment-too-long",
            "The comment has {length} characters; {limit} are the most. Shorten it, or attach a file.",
            length=len(said),
            limit=LONGEST,
        )
    told = _mentioned(session, case, subject, said)
    with writing(session):
        row = Comment(
            id=new_id(), case_id=case.id, jurisdiction=case.jurisdiction, author_id=staff.id, text=said,
            mentions=[str(each.id) for each in told], created_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        record(
            session, tag=Tag.CASE_COMMENTED, actor=Actor.staff(staff), at=now, jurisdiction=case.jurisdiction,
            case_id=case.id, data={"comment": str(row.id), "mentioned": row.mentions},
        )  # fmt: skip
        _tell(session, case, row, told, author=staff, site=site)
    return row


def _tell(session: Session, case: Case, row: Comment, told: Iterable[Staff], *, author: Staff, site: str) -> None:
    recipients = [Recipient.of(each) for each in told if each.id != author.id]
    notify(
        session, key=f"mention:{row.id.hex}", jurisdiction=case.jurisdiction, case_id=case.id, template=MENTION.key,
        texts=MENTION, facts={"author": author.name, "number": case.number}, recipients=recipients,
        link=f"/cases/{case.id}#comments", now=row.created_at, site=site,
    )  # fmt: skip


def _mentioned(session: Session, case: Case, subject: CaseSubject, text: str) -> list[Staff]:
    """Return those whom a text mentions, each once, all of whom may read it."""
    found: dict[UUID, Staff] = {}
    for token in dict.fromkeys(_MENTION.findall(text)):
        staff = _who(session, case, subject, token)
        found[staff.id] = staff
    if len(found) > MOST_MENTIONS:
        raise Invalid(
            "mentions-too-many",
            "The comment mentions {count} people; {limit} are the most. Mention those who are to act.",
            count=len(found),
            limit=MOST_MENTIONS,
        )
    return list(found.values())


def _who(session: Session, case: Case, subject: CaseSubject, token: str) -> Staff:
    """Return whom `@token…` means: the longest login or name that the text goes on with. Chinese has no spaces."""
    known = session.scalars(
        select(Staff)
        .join(Membership, Membership.staff_id == Staff.id)
        .join(OrgUnit, OrgUnit.id == Membership.unit_id)
        .where(
            OrgUnit.jurisdiction == case.jurisdiction,
            Staff.active,
            or_(
                func.substr(literal(token), 1, func.length(Staff.name)) == Staff.name,
                func.substr(literal(token), 1, func.length(Staff.login)) == Staff.login,
            ),
        )
        .distinct()
    ).all()
    best = _longest(token, known)
    if not best:
        raise Invalid(
            "mention-unknown",
            "Nobody here is called @{name}. Write the name or the login as it stands in the list of people.",
            name=token,
        )
    able = [each for each in best if may_read(session, each, subject)]
    if not able:
        raise Forbidden(
            "mention-may-not-see",
            "{name} may not see the comments on this case, so nothing was sent. Take the mention out, or give them a"
            " part in the case first.",
            name=best[0].name,
        )
    if len(able) > 1:
        raise Invalid(
            "mention-ambiguous",
            "Several people here are called {name}. Write the login instead: {logins}.",
            name=able[0].name,
            logins=", ".join(f"@{each.login}" for each in able),
        )
    return able[0]


def _longest(token: str, known: Sequence[Staff]) -> list[Staff]:
    def length(each: Staff) -> int:
        return max(len(word) for word in (each.name, each.login) if token.startswith(word))

    most = max(map(length, known), default=0)
    return [each for each in known if length(each) == most]


def may_read(session: Session, staff: Staff, subject: CaseSubject) -> bool:
    """Whether a member of staff may see the comments on a case."""
    return Field.COMMENTS in visible_fields(viewer_for(session, staff), subject)


def people_near(session: Session, subject: CaseSubject, *, limit: int = 12) -> list[Staff]:
    """Return people who work or worked on a case and may read its comments, by name: whom one would mention."""
    units = [unit_id for unit_id, _ in subject.unit_paths]
    near = session.scalars(
        select(Staff)
        .outerjoin(Membership, Membership.staff_id == Staff.id)
        .where(Staff.active, or_(Staff.id.in_(subject.participants), Membership.unit_id.in_(units)))
        .distinct()
        .order_by(Staff.name, Staff.login)
        .limit(4 * limit)
    )
    return [each for each in near if may_read(session, each, subject)][:limit]
