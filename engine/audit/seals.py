"""The hash chain: each jurisdiction's events, in the order in which they were sealed.

A seal is SHA-256 over the seal before it and the row in canonical form. Changing or removing a sealed row breaks the
chain at that row. Cutting off its end does not show in the chain itself: `heads` is for keeping elsewhere.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from uuid import UUID

import orjson
from sqlalchemy import Table, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from engine.audit.models import AuditEvent
from engine.clock import aware
from engine.db import writing

#: what the first row of a chain is sealed with
GENESIS: Final = "0" * 64
#: any number that no other advisory lock of ours uses
_SEALING_LOCK: Final = 7_420_381


@dataclass(frozen=True, kw_only=True)
class Head:
    """The last seal of a jurisdiction's chain."""

    jurisdiction: str
    number: int
    seal: str


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A place where the chain, or the numbering of a case, does not hold.

    `what` is `altered` (the row is not what was sealed), `missing` (a sealed row before this one is gone) or
    `gap` (a case has fewer events than its last number says).
    """

    what: str
    jurisdiction: str
    number: int | None = None
    event_id: UUID | None = None
    case_id: UUID | None = None


def digest(previous: str, event: AuditEvent) -> str:
    """Return the seal of `event` after `previous`, hex."""
    row = {
        "id": str(event.id), "case_id": str(event.case_id) if event.case_id else None, "seq": event.seq,
        "jurisdiction": event.jurisdiction, "at": aware(event.at).isoformat(timespec="microseconds"),
        "actor": [event.actor_kind, event.actor_id, event.actor_name], "tag": event.tag, "data": event.data,
    }  # fmt: skip
    return hashlib.sha256(previous.encode() + orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()


def seal(session: Session, now: datetime, limit: int = 1000) -> int:
    """Seal up to `limit` events that happened until `now` and are not sealed yet; return how many.

    Events that were committed late are sealed late: their number in the chain, not their time, is its order. When
    another process is sealing, nothing is done.
    """
    with writing(session):
        if session.get_bind().dialect.name == "postgresql" and not session.scalar(
            text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _SEALING_LOCK}
        ):
            return 0
        waiting = session.scalars(
            select(AuditEvent)
            .where(AuditEvent.seal.is_(None), AuditEvent.at <= now)
            .order_by(AuditEvent.at, AuditEvent.case_id, AuditEvent.seq, AuditEvent.id)
            .limit(limit)
        ).all()
        _append(session, waiting)
        return len(waiting)


def _append(session: Session, waiting: Sequence[AuditEvent]) -> None:
    by_jurisdiction: dict[str, list[AuditEvent]] = defaultdict(list)
    for event in waiting:
        by_jurisdiction[event.jurisdiction].append(event)
    last = {head.jurisdiction: head for head in heads(session)}
    sealed = []
    for jurisdiction, events in by_jurisdiction.items():
        head = last.get(jurisdiction) or Head(jurisdiction=jurisdiction, number=0, seal=GENESIS)
        previous, number = head.seal, head.number
        for event in events:
            previous, number = digest(previous, event), number + 1
            sealed.append({"event": event.id, "new_seal": previous, "new_number": number})
            session.expunge(event)
    if sealed:
        table = cast(Table, AuditEvent.__table__)
        session.connection().execute(
            update(table)
            .where(table.c.id == bindparam("event"))
            .values(seal=bindparam("new_seal"), seal_number=bindparam("new_number")),
            sealed,
        )


def heads(session: Session) -> list[Head]:
    """Return the last seal of every jurisdiction, for keeping where this database's owner cannot change it."""
    last = (
        select(AuditEvent.jurisdiction, func.max(AuditEvent.seal_number).label("number"))
        .where(AuditEvent.seal_number.is_not(None))
        .group_by(AuditEvent.jurisdiction)
        .subquery()
    )
    rows = session.execute(
        select(AuditEvent.jurisdiction, AuditEvent.seal_number, AuditEvent.seal)
        .join(last, (AuditEvent.jurisdiction == last.c.jurisdiction) & (AuditEvent.seal_number == last.c.number))
        .order_by(AuditEvent.jurisdiction)
    )
    return [Head(jurisdiction=name, number=number or 0, seal=value or "") for name, number, value in rows]


def verify(session: Session) -> list[Broken]:
    """Walk every chain and every case's numbering; return where they do not hold, nothing when all is well."""
    broken = []
    chain: tuple[str | None, int, str] = (None, 0, GENESIS)
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.seal_number.is_not(None))
        .order_by(AuditEvent.jurisdiction, AuditEvent.seal_number)
        .execution_options(yield_per=500)
    )
    for event in events:
        jurisdiction, number, previous = chain
        if event.jurisdiction != jurisdiction:
            number, previous = 0, GENESIS
        sealed_as = event.seal_number or 0
        if sealed_as != number + 1:
            broken.append(_at(event, "missing", number + 1))
        elif event.seal != digest(previous, event):
            broken.append(_at(event, "altered", sealed_as))
        # go on from what stands there, so that one altered row is one finding and not all that follow it
        chain = (event.jurisdiction, sealed_as, event.seal or "")
        session.expunge(event)
    return broken + _gaps(session)


def _at(event: AuditEvent, what: str, number: int) -> Broken:
    return Broken(
        what=what, number=number, jurisdiction=event.jurisdiction, event_id=event.id, case_id=event.case_id
    )  # fmt: skip


def _gaps(session: Session) -> list[Broken]:
    rows = session.execute(
        select(AuditEvent.case_id, func.min(AuditEvent.jurisdiction))
        .where(AuditEvent.case_id.is_not(None))
        .group_by(AuditEvent.case_id)
        .having(func.max(AuditEvent.seq) != func.count())
    )
    return [Broken(what="gap", jurisdiction=jurisdiction, case_id=case_id) for case_id, jurisdiction in rows]
