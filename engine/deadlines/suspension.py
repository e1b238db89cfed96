"""Clocks that stand still: where the rule does not count a time, such as a hearing's, the clock runs on after it."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.clock import aware
from engine.db import writing
from engine.deadlines import ledger
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.calendars import calendar_for
from engine.deadlines.clocks import Due, Unit, exclude
from engine.deadlines.ledger import EventKind
from engine.deadlines.models import Clock, ClockEvent, ClockState
from engine.deadlines.service import lock_clock, record_change
from engine.deadlines.trace import from_json
from engine.errors import Conflict

_HOUR: Final = timedelta(hours=1)


def suspend_clock(session: Session, clock_id: UUID, *, reason: str, now: datetime, actor: Actor | None = None) -> bool:
    """Let a clock stand still. Its rungs and the timers that follow it wait until it runs on.

    Args:
        reason: the rule that does not count the time; kept in the ledger.

    Returns:
        False when it stands still already.

    Raises:
        NotFound: there is no such clock.
        Conflict: it has ended.

    Source: 信访工作条例 art. 36.
    """
    with writing(session):
        clock = lock_clock(session, clock_id)
        if clock.state == ClockState.SUSPENDED:
            return False
        if clock.state != ClockState.RUNNING:
            raise Conflict(
                "clock-ended", "Clock {clock} has ended ({state}) and cannot stand still.",
                clock=clock.name, state=str(clock.state),
            )  # fmt: skip
        session.execute(update(Clock).where(Clock.id == clock_id).values(state=ClockState.SUSPENDED.value))
        ledger.enter(session, clock, EventKind.SUSPENDED, now, {"reason": reason})
        record_change(session, clock, Tag.CLOCK_SUSPENDED, actor, now, {"reason": reason})
        return True


def resume_clock(session: Session, clock_id: UUID, *, now: datetime, actor: Actor | None = None) -> bool:
    """Let a clock run on: its date moves by the time in which it stood still, and what follows it moves along.

    Whole days are not counted (working days of a clock in working days, hours of one in hours): a clock that stood
    still and ran on within a day has the same date as before.

    Returns:
        False when it does not stand still.

    Raises:
        NotFound: there is no such clock.
    """
    with writing(session):
        clock = lock_clock(session, clock_id)
        if clock.state != ClockState.SUSPENDED:
            return False
        since = session.scalars(
            select(ClockEvent.at)
            .where(ClockEvent.clock_id == clock_id, ClockEvent.kind == EventKind.SUSPENDED)
            .order_by(ClockEvent.seq.desc())
            .limit(1)
        ).one()
        calendar = calendar_for(session, clock.jurisdiction)
        amount, unit = stood_still(since, aware(now), clock.unit, calendar)
        before = Due(due_at=clock.due_at, trace=tuple(from_json(clock.trace)), provisional=clock.provisional)
        after = exclude(before, amount, unit, calendar=calendar, roll=clock.roll)
        data = {"amount": amount, "unit": unit, "from": clock.due_at.isoformat(), "due_at": after.due_at.isoformat()}
        session.execute(update(Clock).where(Clock.id == clock_id).values(state=ClockState.RUNNING.value))
        ledger.move(session, clock, after, calendar)
        ledger.enter(session, clock, EventKind.RESUMED, now, data)
        record_change(session, clock, Tag.CLOCK_RESUMED, actor, now, data)
        return True


def stood_still(since: datetime, until: datetime, unit: str, calendar: WorkCalendar) -> tuple[int, str]:
    """Return how much of a clock's time lies between two instants, as an amount and its unit.

    Args:
        unit: that the clock counts in. Months and fixed dates are moved on by calendar days.
    """
    if unit == Unit.HOURS:
        return max(0, (until - since) // _HOUR), unit
    first, last = calendar.day_of(since), calendar.day_of(until)
    if unit == Unit.WORKING_DAYS:
        return sum(1 for day in _days(first, last) if calendar.is_working(day)), unit
    return max(0, (last - first).days), Unit.CALENDAR_DAYS.value


def _days(after: date, until: date) -> list[date]:
    return [after + timedelta(days=number) for number in range(1, (until - after).days + 1)]
