"""Clocks that stand still: where the rule does not count a time, such as a hearing's, the clock runs on after it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.clock import aware
from engine.db import writing
from engine.deadlines import ledger
from engine.deadlines.calendars import calendar_for
from engine.deadlines.clocks import Due, exclude, stood_still
from engine.deadlines.ledger import EventKind
from engine.deadlines.models import Clock, ClockEvent, ClockState
from engine.deadlines.service import lock_clock, record_change
from engine.deadlines.trace import from_json
from engine.errors import Conflict, Invalid

_LONGEST_REASON: Final = 500


def allowed_reasons(clock: Clock) -> tuple[str, ...] | None:
    """Return the reasons for which a clock may stand still, none where its rule names none; None means any reason.

    A statutory clock stands still only for what its rule names; an internal target for any reason that is given.
    """
    if clock.kind != "statutory":
        return None
    return tuple(reason.strip() for reason in (clock.suspension or "").split(";") if reason.strip())


def suspend_clock(session: Session, clock_id: UUID, *, reason: str, now: datetime, actor: Actor | None = None) -> bool:
    """Let a clock stand still. Its rungs and the timers that follow it wait until it runs on.

    Args:
        reason: the rule that does not count the time; kept in the ledger.

    Returns:
        False when it stands still already.

    Raises:
        NotFound: there is no such clock.
        Invalid: no reason is given.
        Conflict: it has ended, or it is statutory and its rule does not name the reason.

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
        named = _check(clock, reason)
        session.execute(update(Clock).where(Clock.id == clock_id).values(state=ClockState.SUSPENDED.value))
        ledger.enter(session, clock, EventKind.SUSPENDED, now, {"reason": named})
        record_change(session, clock, Tag.CLOCK_SUSPENDED, actor, now, {"reason": named})
        return True


def _check(clock: Clock, reason: str) -> str:
    named, allowed = reason.strip(), allowed_reasons(clock)
    if allowed is not None and not allowed:
        raise Conflict(
            "clock-never-suspended",
            "Clock {clock} is statutory, and its rule lets it stand still for no reason. More time needs an extension.",
            clock=clock.name,
        )
    if not named or len(named) > _LONGEST_REASON:
        raise Invalid("suspension-reason", "Say in up to {most} characters why the clock stands still.",
                      most=_LONGEST_REASON)  # fmt: skip
    if allowed is not None and named not in allowed:
        raise Conflict(
            "clock-suspension-not-named",
            "Clock {clock} is statutory, and its rule lets it stand still for {reasons} only, not for “{reason}”.",
            clock=clock.name, reasons=", ".join(f"“{each}”" for each in allowed), reason=named,
        )  # fmt: skip
    return named


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
        line = session.scalars(
            select(ClockEvent)
            .where(ClockEvent.clock_id == clock_id, ClockEvent.kind == EventKind.SUSPENDED)
            .order_by(ClockEvent.seq.desc())
            .limit(1)
        ).one()
        calendar = calendar_for(session, clock.jurisdiction, unit_id=clock.unit_id)
        amount, unit = stood_still(line.at, aware(now), clock.unit, calendar)
        before = Due(due_at=clock.due_at, trace=tuple(from_json(clock.trace)), provisional=clock.provisional)
        reason = str(line.data.get("reason") or "")
        after = exclude(before, amount, unit, calendar=calendar, roll=clock.roll, reason=reason)
        data = {"amount": amount, "unit": unit, "reason": reason, "since": aware(line.at).isoformat(),
                "from": clock.due_at.isoformat(), "due_at": after.due_at.isoformat()}  # fmt: skip
        session.execute(update(Clock).where(Clock.id == clock_id).values(state=ClockState.RUNNING.value))
        ledger.move(session, clock, after, calendar)
        ledger.enter(session, clock, EventKind.RESUMED, now, data)
        record_change(session, clock, Tag.CLOCK_RESUMED, actor, now, data)
        return True
