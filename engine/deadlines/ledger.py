"""A clock's ledger: what happened to it, the date that follows from that, and everything that hangs on the date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.db import new_id
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.clocks import Due, due, exclude, extend
from engine.deadlines.ladder import moment_of
from engine.deadlines.models import Clock, ClockEvent, ClockState, Rung, RungState, Timer, TimerState
from engine.deadlines.trace import to_json

CLOCKS: Final = cast(Table, Clock.__table__)
RUNGS: Final = cast(Table, Rung.__table__)
_TIMERS: Final = cast(Table, Timer.__table__)
#: still counting
LIVE: Final = (ClockState.RUNNING.value, ClockState.SUSPENDED.value)


class EventKind(StrEnum):
    """What a line of the ledger says."""

    STARTED = "started"
    EXTENDED = "extended"
    #: stands still: what it measures cannot go on, and the rule does not count that time
    SUSPENDED = "suspended"
    #: runs on; the line says how much was not counted
    RESUMED = "resumed"
    #: a notice changed the calendar
    RECOMPUTED = "recomputed"
    STOPPED = "stopped"
    #: runs again: what stopped it was taken back; the date is as it was
    REVIVED = "revived"
    CANCELLED = "cancelled"


#: lines that a date follows from
_COUNTED: Final = (EventKind.STARTED.value, EventKind.EXTENDED.value, EventKind.RESUMED.value)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A clock whose date changed, or would."""

    clock_id: UUID
    case_id: UUID
    name: str
    before: datetime
    after: datetime

    @classmethod
    def of(cls, clock: Clock, after: Due) -> "Moved":
        return cls(
            clock_id=clock.id, case_id=clock.case_id, name=clock.name, before=clock.due_at, after=after.due_at
        )  # fmt: skip


def enter(session: Session, clock: Clock, kind: EventKind, now: datetime, data: Mapping[str, Any]) -> None:
    """Append a line; its number is taken by the insert itself."""
    number = (
        select(func.coalesce(func.max(ClockEvent.seq), 0) + 1)
        .where(ClockEvent.clock_id == clock.id)
        .scalar_subquery()
    )  # fmt: skip
    values = {"id": new_id(), "clock_id": clock.id, "at": aware(now), "kind": kind.value, "data": dict(data)}
    session.execute(insert(cast(Table, ClockEvent.__table__)).values(seq=number, **values))


def replay(session: Session, clock: Clock, calendar: WorkCalendar) -> Due:
    """Count a clock's date again from its ledger: the start, then each extension and each time that is not counted."""
    lines = session.scalars(
        select(ClockEvent)
        .where(ClockEvent.clock_id == clock.id, ClockEvent.kind.in_(_COUNTED))
        .order_by(ClockEvent.seq)
    ).all()
    start, *moves = lines
    received = datetime.fromisoformat(start.data["received"])
    counted = due(received, clock.amount, clock.unit, calendar=calendar, roll=clock.roll)
    for line in moves:
        go_on = extend if line.kind == EventKind.EXTENDED else exclude
        counted = go_on(counted, line.data["amount"], line.data["unit"], calendar=calendar, roll=clock.roll)
    return counted


def move(session: Session, clock: Clock, after: Due, calendar: WorkCalendar) -> None:
    """Give a clock another date, and move the rungs and timers that still wait. What fired is left alone."""
    session.execute(
        update(Clock)
        .where(Clock.id == clock.id)
        .values(due_at=after.due_at, trace=to_json(after.trace), provisional=after.provisional)
    )
    waiting = session.execute(
        select(Rung.id, Rung.rule).where(Rung.clock_id == clock.id, Rung.state == RungState.WAITING)
    ).all()
    moves = [
        {"rung": rung_id, "moved_to": moment_of(rule["when"], clock.started_at, after.due_at, calendar)}
        for rung_id, rule in waiting
    ]
    if moves:
        session.connection().execute(
            update(RUNGS).where(RUNGS.c.id == bindparam("rung")).values(due_at=bindparam("moved_to")), moves
        )
    follows = (RUNGS.c.clock_id == _TIMERS.c.clock_id) & (RUNGS.c.name == _TIMERS.c.rung)
    session.connection().execute(
        update(_TIMERS)
        .where(_TIMERS.c.clock_id == clock.id, _TIMERS.c.state == TimerState.WAITING.value)
        .where(select(RUNGS.c.id).where(follows, RUNGS.c.state == RungState.WAITING.value).exists())
        .values(due_at=select(RUNGS.c.due_at).where(follows).scalar_subquery())
    )
    # rows of rungs and timers that the session already holds must be read again
    for row in list(session.identity_map.values()):
        if isinstance(row, (Rung, Timer)) and row.clock_id == clock.id:
            session.expire(row, ["due_at"])
