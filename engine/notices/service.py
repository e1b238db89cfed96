"""What staff and operators do with notices: read them, see what was not sent, send it again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, func, literal_column, select, tuple_, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import writing
from engine.errors import Conflict, NotFound
from engine.notices.models import UNREAD_SQL, Notice, NoticeState
from engine.organisation.sealing import knows

_IN_THE_APPLICATION = "app"


def unread(session: Session, staff_id: UUID, *, limit: int = 50) -> list[Notice]:
    """Return somebody's unread notices, newest first."""
    return list(session.scalars(_of(staff_id).where(Notice.read_at.is_(None)).limit(limit)))


#: How far unread notices are counted: the head of every page does it.
MOST_UNREAD: Final = 100
_READER: Final = bindparam("reader", type_=Uuid())
_UNREAD: Final = (
    select(Notice.id)
    .where(Notice.staff_id == _READER, UNREAD_SQL, knows(Notice.case_id, _READER))
    .order_by(Notice.staff_id, Notice.created_at)  # as the index has them, lest a planner reads all that was ever read
    .limit(literal_column(str(MOST_UNREAD)))
)
_UNREAD_COUNT: Final = select(func.count()).select_from(_UNREAD.subquery())


def unread_count(session: Session, staff_id: UUID) -> int:
    """Return how many notices somebody has not read, at most `MOST_UNREAD`."""
    return session.scalar(_UNREAD_COUNT, {"reader": staff_id}) or 0


def recent(session: Session, staff_id: UUID, *, limit: int = 50) -> list[Notice]:
    """Return somebody's notices, read or not, newest first."""
    return list(session.scalars(_of(staff_id).limit(limit)))


@dataclass(frozen=True, kw_only=True)
class NoticePage:
    """Some of somebody's notices, newest first.

    Args:
        elsewhere: by a notice's id, the same message on other channels (e-mail), to say whether it arrived there.
        next_cursor: where the next page begins; None on the last one.
    """

    notices: tuple[Notice, ...]
    elsewhere: dict[UUID, list[Notice]]
    next_cursor: UUID | None


def page_of(
    session: Session, staff_id: UUID, *, unread_only: bool = False, after: UUID | None = None, limit: int = 30
) -> NoticePage:
    """Return a page of somebody's notices.

    Args:
        after: the last notice of the page before; one that is not theirs counts as none.
    """
    wanted = _of(staff_id)
    if unread_only:
        wanted = wanted.where(Notice.read_at.is_(None))
    before = session.scalars(_of(staff_id).where(Notice.id == after)).first() if after else None
    if before is not None:
        wanted = wanted.where(tuple_(Notice.created_at, Notice.id) < (before.created_at, before.id))
    found = session.scalars(wanted.limit(limit + 1)).all()
    shown = tuple(found[:limit])
    return NoticePage(
        notices=shown,
        elsewhere=_elsewhere(session, staff_id, shown),
        next_cursor=shown[-1].id if len(found) > limit else None,
    )


def _elsewhere(session: Session, staff_id: UUID, shown: Sequence[Notice]) -> dict[UUID, list[Notice]]:
    """Find what was put into the outbox together with `shown`: same addressee, moment, template and matter."""
    if not shown:
        return {}
    siblings: dict[tuple[object, ...], list[Notice]] = {}
    for notice in session.scalars(
        select(Notice)
        .where(
            Notice.staff_id == staff_id,
            Notice.channel != _IN_THE_APPLICATION,
            Notice.created_at.between(shown[-1].created_at, shown[0].created_at),
        )
        .order_by(Notice.channel)
    ):
        siblings.setdefault(_occasion(notice), []).append(notice)
    return {notice.id: siblings.get(_occasion(notice), []) for notice in shown}


def _occasion(notice: Notice) -> tuple[object, ...]:
    return notice.created_at, notice.template, notice.case_id, notice.subject


def open_notice(session: Session, staff_id: UUID, notice_id: UUID, *, now: datetime) -> Notice:
    """Mark one of somebody's notices as read and return it.

    Raises:
        NotFound: they have no such notice.
    """
    notice = session.scalars(_of(staff_id).where(Notice.id == notice_id)).one_or_none()
    if notice is None:
        raise NotFound("no-notice", "There is no notice {notice}.", notice=str(notice_id))
    mark_read(session, staff_id, [notice_id], now=now)
    return notice


def mark_read(session: Session, staff_id: UUID, notice_ids: Collection[UUID] | None = None, *, now: datetime) -> int:
    """Mark somebody's notices as read and return how many were not before.

    Args:
        notice_ids: which; None: all of them. Those of other people are left alone.
    """
    mine = [Notice.staff_id == staff_id, Notice.channel == _IN_THE_APPLICATION, Notice.read_at.is_(None)]
    if notice_ids is not None:
        mine.append(Notice.id.in_(notice_ids))
    with writing(session):
        marked = session.execute(update(Notice).where(*mine).values(read_at=aware(now)).returning(Notice.id))
        return len(marked.all())


def counts(session: Session, jurisdiction: str | None = None) -> dict[str, dict[str, int]]:
    """Return how many notices stand where: {channel: {state: number}}."""
    statement = select(Notice.channel, Notice.state, func.count()).group_by(Notice.channel, Notice.state)
    if jurisdiction is not None:
        statement = statement.where(Notice.jurisdiction == jurisdiction)
    found: dict[str, dict[str, int]] = {}
    for channel, state, number in session.execute(statement):
        found.setdefault(channel, {})[state] = number
    return found


def undelivered(session: Session, jurisdiction: str | None = None, *, limit: int = 100) -> list[Notice]:
    """Return what was given up, and what failed and is to be tried again; the given-up first, then the newest."""
    statement = (
        select(Notice)
        .where((Notice.state == NoticeState.DEAD) | (Notice.error.is_not(None) & (Notice.state != NoticeState.SENT)))
        .order_by((Notice.state == NoticeState.DEAD).desc(), Notice.created_at.desc())
        .limit(limit)
    )
    if jurisdiction is not None:
        statement = statement.where(Notice.jurisdiction == jurisdiction)
    return list(session.scalars(statement))


def of_case(session: Session, case_id: UUID) -> list[Notice]:
    """Return the notices of a case, oldest first."""
    return list(session.scalars(select(Notice).where(Notice.case_id == case_id).order_by(Notice.created_at, Notice.id)))


def resend(session: Session, notice_id: UUID, actor: Actor, now: datetime) -> Notice:
    """Put a notice that was given up back into the outbox. It keeps its key.

    Raises:
        NotFound: there is no such notice.
        Conflict: it was not given up.
    """
    with writing(session):
        notice = session.get(Notice, notice_id, with_for_update=True)
        if notice is None:
            raise NotFound("no-notice", "There is no notice {notice}.", notice=str(notice_id))
        if notice.state != NoticeState.DEAD:
            raise Conflict(
                "notice-not-given-up",
                # not the subject: it may name the matter, and who resends is an operator
                "The notice {template} by {channel} is not given up, it is {state}. "
                "Only what was given up is sent again.",
                template=notice.template,
                channel=notice.channel,
                state=notice.state,
            )
        notice.state = NoticeState.PENDING
        notice.attempts = notice.claims = 0
        notice.error, notice.reason = None, None
        notice.next_try_at = aware(now)
        session.flush()
        record(
            session,
            tag=Tag.NOTICE_QUEUED,
            actor=actor,
            at=now,
            jurisdiction=notice.jurisdiction,
            case_id=notice.case_id,
            data={"notice": str(notice.id), "template": notice.template, "channel": notice.channel, "again": True},
        )
    return notice


def _of(staff_id: UUID) -> Select[Notice]:
    return (
        select(Notice)
        .where(Notice.staff_id == staff_id, Notice.channel == _IN_THE_APPLICATION)
        .where(knows(Notice.case_id, staff_id))
        .order_by(Notice.created_at.desc(), Notice.id.desc())
    )
