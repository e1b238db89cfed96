"""What residents do without an account: second, object, follow. And what everybody may read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.vault import Vault
from engine.db import new_id, writing
from engine.errors import Conflict, Invalid, NotFound
from engine.forms.messages import N_
from engine.instances.models import Instance
from engine.instances.reading import latest_instance, waiting_messages
from engine.instances.runtime import Runtime
from engine.organisation.service import unit_by_code
from engine.proposals.identity import household, telephone
from engine.proposals.models import Objection, ProposalSecond, Publication
from engine.proposals.publishing import CALL

#: the messages that the process waits for
SECONDED: Final = "seconded"
OBJECTED: Final = "objected"
SHORTEST, LONGEST = 10, 1000
#: of a list
PAGE: Final = 20
TOO_SHORT: Final = N_("Please say in at least ten characters what is wrong, and why.")
TOO_LONG: Final = N_("Please say it in at most a thousand characters.")
NOT_AN_ADDRESS: Final = N_("Please enter a valid e-mail address.")


@dataclass(frozen=True, kw_only=True)
class PublicProposal:
    """A proposal as everybody may read it: what was published, and numbers.

    Args:
        call: what was published first: `title`, `text`, `category`, `place`, `threshold`, `until`.
        publications: everything published, the latest first.
        seconds: households that second it.
        seconding: whether more may.
        open_until: until when anybody may object; None when nobody may now.
    """

    case: Case
    call: Mapping[str, Any]
    publications: tuple[Publication, ...]
    objections: tuple[Objection, ...]
    seconds: int
    seconding: bool
    open_until: datetime | None

    @property
    def number(self) -> str:
        return self.case.number

    @property
    def latest(self) -> str:
        """The kind of what was published last."""
        return self.publications[0].kind


def list_proposals(
    session: Session, *, jurisdiction: str, community: str = "", ended: bool | None = None, before: str = ""
) -> tuple[list[PublicProposal], str | None]:
    """Return a page of public proposals, the newest first, and where the next page begins.

    Args:
        community: code of a grid unit; empty for everywhere.
        ended: only those that are over, or only those under way.
        before: number of the last one of the page before.
    """
    wanted = (
        select(Case, Publication)
        .join(Publication, (Publication.case_id == Case.id) & (Publication.kind == CALL))
        .where(Publication.jurisdiction == jurisdiction)
    )
    if community:
        path = unit_by_code(session, jurisdiction, community).path
        wanted = wanted.where(Publication.place_path.startswith(path, autoescape=True))
    if ended is not None:
        wanted = wanted.where(Case.ended_at.is_not(None) if ended else Case.ended_at.is_(None))
    if before:
        wanted = wanted.where(Case.number < before)
    rows = session.execute(wanted.order_by(Case.number.desc()).limit(PAGE + 1)).all()
    counts = _counts(session, [row.Case for row in rows])
    shown = [
        PublicProposal(
            case=row.Case, call=row.Publication.data, publications=(row.Publication,), objections=(),
            seconds=counts.get(row.Case.id, 0), seconding=False, open_until=None,
        )
        for row in rows[:PAGE]
    ]  # fmt: skip
    return shown, shown[-1].number if len(rows) > PAGE else None


def read_proposal(session: Session, number: str, *, jurisdiction: str, now: datetime) -> PublicProposal:
    """Return a public proposal.

    Raises:
        NotFound: there is none of this number, or nothing of it is public.
    """
    case = session.scalar(select(Case).where(Case.jurisdiction == jurisdiction, Case.number == number.strip().upper()))
    published = _publications(session, case) if case is not None else []
    first = next((each for each in published if each.kind == CALL), None)
    if case is None or first is None:
        raise NotFound("proposal-unknown", "There is no public proposal {number}.", number=number)
    objections = session.scalars(select(Objection).where(Objection.case_id == case.id).order_by(Objection.number))
    return PublicProposal(
        case=case,
        call=first.data,
        publications=tuple(published),
        objections=tuple(objections),
        seconds=_counts(session, [case]).get(case.id, 0),
        seconding=_waits(session, case, SECONDED),
        open_until=next((each.open_until for each in published if each.open_until and each.open_until > now), None),
    )


def second(
    session: Session,
    proposal: PublicProposal,
    *,
    address: str,
    phone: str,
    vault: Vault,
    runtime: Runtime,
    now: datetime,
) -> None:
    """Second a proposal in the name of a household.

    Args:
        address: building, staircase and flat.
        phone: of the household.

    Raises:
        Invalid: `second-invalid`; `facts["fields"]` says what is wrong.
        Conflict: `second-twice`: this household or this telephone has seconded it already; `seconding-over`.
    """
    case = proposal.case
    purpose = f"second:{case.id.hex}:"
    row = ProposalSecond(
        id=new_id(), case_id=case.id, household_mac=vault.mac(purpose + "household", household(address)),
        phone_mac=vault.mac(purpose + "phone", telephone(phone)), at=now,
    )  # fmt: skip
    with writing(session):
        instance = _instance(session, case)
        if not _waits(session, case, SECONDED):
            raise Conflict("seconding-over", "{number} can no longer be seconded.", number=case.number)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            raise Conflict(
                "second-twice",
                "This household or this telephone has seconded {number} already; it counts once.",
                number=case.number,
            ) from error
        runtime.send_message(session, instance.id, SECONDED, {}, actor=Actor.resident(), now=now)


def object_to(
    session: Session,
    proposal: PublicProposal,
    *,
    text: str,
    email: str = "",
    locale: str,
    vault: Vault,
    runtime: Runtime,
    now: datetime,
) -> int:
    """Object to what was published; return the objection's number.

    Args:
        email: for the answer; may be empty.

    Raises:
        Invalid: `objection-invalid`; `facts["fields"]` says what is wrong.
        Conflict: `objecting-over`: the time is over.
    """
    text, email = text.strip(), email.strip()
    fields = _problems(text, email)
    if fields:
        raise Invalid("objection-invalid", "Something of what you entered must be corrected first.", fields=fields)
    case = proposal.case
    with writing(session):
        instance = _instance(session, case)
        session.execute(select(Instance.id).where(Instance.id == instance.id).with_for_update())
        publication = session.scalars(
            select(Publication)
            .where(Publication.case_id == case.id, Publication.open_until > now)
            .order_by(Publication.published_at.desc())
            .limit(1)
        ).one_or_none()
        if publication is None:
            raise Conflict("objecting-over", "The time for objections to {number} is over.", number=case.number)
        last = session.scalar(select(func.max(Objection.number)).where(Objection.case_id == case.id)) or 0
        row = Objection(
            id=new_id(), case_id=case.id, publication_id=publication.id, number=last + 1, text=text, locale=locale,
            filed_at=now,
        )  # fmt: skip
        row.sealed = vault.seal({"email": email}, row.id) if email else None
        session.add(row)
        session.flush()
        runtime.send_message(session, instance.id, OBJECTED, {}, actor=Actor.resident(), now=now)
        return row.number


def _problems(text: str, email: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    if len(text) < SHORTEST:
        fields["text"] = [TOO_SHORT]
    elif len(text) > LONGEST:
        fields["text"] = [TOO_LONG]
    if email and not is_address(email):
        fields["email"] = [NOT_AN_ADDRESS]
    return fields


def is_address(email: str) -> bool:
    """Say whether a text could be an e-mail address."""
    name, at, host = email.rpartition("@")
    return (
        bool(at and name and "." in host.strip(".")) and len(email) <= 254 and email.isprintable() and " " not in email
    )


def _publications(session: Session, case: Case) -> Sequence[Publication]:
    return session.scalars(
        select(Publication)
        .where(Publication.case_id == case.id)
        .order_by(Publication.published_at.desc(), Publication.id.desc())
    ).all()


def _counts(session: Session, cases: Sequence[Case]) -> dict[Any, int]:
    rows = session.execute(
        select(ProposalSecond.case_id, func.count())
        .where(ProposalSecond.case_id.in_([case.id for case in cases]))
        .group_by(ProposalSecond.case_id)
    )
    return {row[0]: row[1] for row in rows}


def _instance(session: Session, case: Case) -> Instance:
    found = latest_instance(session, case.id)
    if found is None:
        raise NotFound("proposal-unknown", "There is no public proposal {number}.", number=case.number)
    return found


def _waits(session: Session, case: Case, message: str) -> bool:
    instance = latest_instance(session, case.id) if case.ended_at is None else None
    return instance is not None and any(each.name == message for each in waiting_messages(session, instance.id))
