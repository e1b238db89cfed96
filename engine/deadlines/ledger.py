"""A clock's ledger: what happened to it, the date that follows from that, and everything that hangs on the date."""

from collections.abc import Mapping, Sequence
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
from engine.deadlines.clocks import Due, due, exclude, extend, stood_still
from engine.deadlines.ladder import moment_of
from engine.deadlines.models import Clock, ClockEvent, Rung, RungState, Timer, TimerState
from engine.deadlines.trace import to_json

CLOCKS: Final = cast(Table, Clock.__table__)
RUNGS: Final = cast(Table, Rung.__table__)
_TIMERS: Final = cast(Table, Timer.__table__)


class EventKind(StrEnum):
    """What a line of the ledger says."""

    STARTED = "started"
    #: what it runs from, such as a date of service, was wrong: it runs from another instant
    CORRECTED = "corrected"
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
COUNTED: Final = (
    EventKind.STARTED.value, EventKind.CORRECTED.value, EventKind.EXTENDED.value, EventKind.SUSPENDED.value,
    EventKind.RESUMED.value,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A clock that another calendar counts otherwise.

    Args:
        before, after: its date; equal where only the reasons for it, or the rungs, differ.
        was_provisional, provisional: whether a year without a notice was counted.
        fired: names of its rungs that have fired and stay so.
        at_once: names of rungs that wait and would be due at once.
        rungs: how many of those that wait have another instant.
    """

    clock_id: UUID
    case_id: UUID
    unit_id: UUID | None
    name: str
    before: datetime
    after: datetime
    was_provisional: bool
    provisional: bool
    fired: tuple[str, ...] = ()
    at_once: tuple[str, ...] = ()
    rungs: int = 0

    @property
    def moves(self) -> bool:
        """Whether its date changes."""
        return self.before != self.after


def enter(session: Session, clock: Clock, kind: EventKind, now: datetime, data: Mapping[str, Any]) -> None:
    """Append a line; its number is taken by the insert itself."""
    number = (
        select(func.coalesce(func.max(ClockEvent.seq), 0) + 1)
        .where(ClockEvent.clock_id == clock.id)
        .scalar_subquery()
    )  # fmt: skip
    values = {"id": new_id(), "clock_id": clock.id, "at": aware(now), "kind": kind.value, "data": dict(data)}
    session.execute(insert(cast(Table, ClockEvent.__table__)).values(seq=number, **values))


def lines_of(session: Session, clock_id: UUID) -> Sequence[ClockEvent]:
    """Return the lines of a clock's ledger that its date follows from, in order."""
    return session.scalars(
        select(ClockEvent)
        .where(ClockEvent.clock_id == clock_id, ClockEvent.kind.in_(COUNTED))
        .order_by(ClockEvent.seq)
    ).all()  # fmt: skip


def replay(clock: Clock, lines: Sequence[ClockEvent], calendar: WorkCalendar) -> Due:
    """Count a clock's date again from its ledger: the start, then each extension and each time that is not counted."""
    start, *moves = lines
    starts = [start, *(line for line in moves if line.kind == EventKind.CORRECTED)]
    received = datetime.fromisoformat(starts[-1].data["received"])
    counted = due(received, clock.amount, clock.unit, calendar=calendar, roll=clock.roll)
    since: ClockEvent | None = None
    for line in moves:
        if line.kind == EventKind.SUSPENDED:
            since = line
        elif line.kind == EventKind.EXTENDED:
            amount, unit = line.data["amount"], line.data["unit"]
            counted = extend(counted, amount, unit, calendar=calendar, roll=clock.roll)
        elif line.kind == EventKind.RESUMED and since is not None:
            amount, unit = stood_still(since.at, line.at, clock.unit, calendar)
            reason = since.data.get("reason")
            counted = exclude(counted, amount, unit, calendar=calendar, roll=clock.roll, reason=reason)
    return counted


def compare(
    clock: Clock, lines: Sequence[ClockEvent], rungs: Sequence[Rung], calendar: WorkCalendar, now: datetime
) -> tuple[Moved, Due] | None:
    """Return what changes when a calendar counts a clock, and its new date; None when nothing does."""
    after = replay(clock, lines, calendar)
    waiting = [rung for rung in rungs if rung.state == RungState.WAITING]
    instants = {rung: moment_of(rung.rule["when"], clock.started_at, after.due_at, calendar) for rung in waiting}
    shifted = [rung for rung, instant in instants.items() if instant != rung.due_at]
    if after.due_at == clock.due_at and not shifted and to_json(after.trace) == clock.trace:
        return None
    moved = Moved(
        clock_id=clock.id, case_id=clock.case_id, unit_id=clock.unit_id, name=clock.name,
        before=clock.due_at, after=after.due_at,
        was_provisional=clock.provisional, provisional=after.provisional,
        fired=tuple(rung.name for rung in rungs if rung.state == RungState.FIRED),
        at_once=tuple(rung.name for rung, instant in instants.items() if instant <= now < rung.due_at),
        rungs=len(shifted),
    )  # fmt: skip
    return moved, after


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
