"""Addresses at which nobody is reached: marked when a channel says so, until somebody corrects them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.errors import NotFound, Phrase
from engine.notices.models import Notice, UnusableAddress

#: More of them nobody corrects by hand.
MOST: Final = 200


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """What is known to be unusable: (whose, channel) with the address of staff; parties have one of each channel."""

    staff: Mapping[tuple[UUID, str], frozenset[str]] = field(repr=False)
    parties: frozenset[tuple[str | None, str]]

    def has(self, staff_id: UUID | None, party: str | None, channel: str, address: str) -> bool:
        """Say whether an address is one of them."""
        if staff_id is not None:
            return address in self.staff.get((staff_id, channel), frozenset())
        return party is not None and (party, channel) in self.parties


#: No address is known to be unusable.
NOTHING: Final = Spoilt(staff={}, parties=frozenset())


def of(session: Session, staff_ids: Collection[UUID], case_id: UUID | None) -> Spoilt:
    """Return what is unusable of some people and of the parties of a case."""
    whose: list[ColumnElement[bool]] = [UnusableAddress.staff_id.in_(staff_ids)] if staff_ids else []
    whose += [UnusableAddress.case_id == case_id] if case_id is not None else []
    rows = session.scalars(select(UnusableAddress).where(or_(*whose))).all() if whose else []
    staff: dict[tuple[UUID, str], frozenset[str]] = {}
    for row in rows:
        if row.staff_id is not None:
            known = staff.get((row.staff_id, row.channel), frozenset())
            staff[row.staff_id, row.channel] = known | {row.address}
    return Spoilt(staff=staff, parties=frozenset((row.party, row.channel) for row in rows if row.staff_id is None))


def mark(session: Session, notice: Notice, why: Mapping[str, Any], now: datetime) -> None:
    """Note that nobody is reached where a notice went. Who is neither staff nor a party has nothing to note it with."""
    if notice.staff_id is None and (notice.case_id is None or notice.party is None):
        return
    address = notice.address if notice.staff_id else ""
    with writing(session):
        mine = [UnusableAddress.channel == notice.channel, UnusableAddress.address == address]
        mine += (
            [UnusableAddress.staff_id == notice.staff_id]
            if notice.staff_id
            else [UnusableAddress.case_id == notice.case_id, UnusableAddress.party == notice.party]
        )
        if session.scalar(select(UnusableAddress.id).where(*mine)) is not None:
            return
        session.add(
            UnusableAddress(
                id=new_id(), jurisdiction=notice.jurisdiction, staff_id=notice.staff_id,
                case_id=None if notice.staff_id else notice.case_id, party=notice.party, channel=notice.channel,
                address=address, reason=dict(why), marked_at=aware(now),
            )
        )  # fmt: skip
        record(
            session, tag=Tag.NOTICE_FAILED, actor=Actor.engine(), at=now, jurisdiction=notice.jurisdiction,
            data={"notice": str(notice.id), "channel": notice.channel, "address": "unusable"},
        )  # fmt: skip


def listed(session: Session, jurisdiction: str) -> list[UnusableAddress]:
    """Return the unusable addresses of a jurisdiction, the newest first."""
    wanted = select(UnusableAddress).where(UnusableAddress.jurisdiction == jurisdiction)
    return list(session.scalars(wanted.order_by(UnusableAddress.marked_at.desc()).limit(MOST)))


def of_staff(session: Session, staff_id: UUID) -> list[UnusableAddress]:
    """Return one's own unusable addresses."""
    return list(session.scalars(select(UnusableAddress).where(UnusableAddress.staff_id == staff_id)))


def of_case(session: Session, case_id: UUID) -> list[UnusableAddress]:
    """Return the unusable addresses of the parties of a case."""
    return list(session.scalars(select(UnusableAddress).where(UnusableAddress.case_id == case_id)))


def forget(session: Session, mark_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Let an address be tried again: the mistake was on the other side.

    Raises:
        NotFound: it is not marked.
    """
    with writing(session):
        row = session.get(UnusableAddress, mark_id)
        if row is None:
            raise NotFound("address-not-marked", "This address is not marked as unusable.")
        jurisdiction, data = row.jurisdiction, {"channel": row.channel, "address": "tried again"}
        session.execute(delete(UnusableAddress).where(UnusableAddress.id == mark_id))
        record(session, tag=Tag.NOTICE_QUEUED, actor=actor, at=now, jurisdiction=jurisdiction, data=data)


def stored(phrase: Phrase) -> dict[str, Any]:
    """Return what is kept of a failure: in English, and as what a page says in the reader's language."""
    facts = {name: str(value) if not isinstance(value, int) else value for name, value in phrase.facts.items()}
    return {
        "error": str(phrase)[:1000],
        "reason": {"text": phrase.template, "facts": facts},
    }
