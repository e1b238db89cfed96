"""Clocks: start, end, extend. Every change is in the clock's ledger and in the case's events.

Whoever calls holds the lock of the instance, as for every event of a case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.deadlines import ledger
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.calendars import calendar_for
from engine.deadlines.clocks import Due, Unit, default_roll, due, extend
from engine.deadlines.ladder import rungs
from engine.deadlines.ledger import EventKind
from engine.deadlines.models import LIVE, Clock, ClockState, Rung, RungState
from engine.deadlines.trace import from_json, to_json
from engine.errors import Conflict, EngineError, Invalid, NotFound


@dataclass(frozen=True, kw_only=True)
class ClockSpec:
    """What a diagram says about a clock.

    Args:
        amount: of `unit`; not read for a fixed date.
        unit: `hours`, `working-days`, `calendar-days`, `calendar-months`, `fixed-date`.
        kind: `statutory` or `internal`.
        roll: `forward` or `none`; by default a resident's window rolls and an agency's duty does not.
        start: when counting starts, by default now; for a fixed date, any moment of that day.
        ladder: key of the ladder's decision.
        suspension: the reasons for which the rule of a statutory clock does not count a time, separated by `;`.
    """

    name: str
    amount: int
    unit: str
    kind: str = "internal"
    roll: str | None = None
    start: datetime | None = None
    ladder: str | None = None
    suspension: str | None = None


def start_clock(
    session: Session,
    *,
    spec: ClockSpec,
    case_id: UUID,
    instance_id: UUID,
    jurisdiction: str,
    scope_id: str,
    element_id: str,
    process_id: str,
    unit_id: UUID | None,
    role: str | None,
    now: datetime,
    ladder_rows: Sequence[Mapping[str, Any]] = (),
    calendar: WorkCalendar | None = None,
    actor: Actor | None = None,
    refused: list[EngineError] | None = None,
) -> Clock:
    """Start a clock with its rungs, and return a copy of its row that the session does not track.

    A clock of this name that already runs over the scope is returned as it is: giving the work to somebody else never
    starts the time anew.

    Args:
        scope_id: the engine's id of the activity that it runs over.
        unit_id, role: whose time it is.
        ladder_rows: of the ladder's decision, see `engine.deadlines.ladder.rungs`; none means no rungs.
        calendar: the unit's, when the caller has it.
        refused: takes the mistake of a ladder that cannot be used; the clock then runs without rungs.

    Raises:
        Invalid: the amount, unit or kind cannot be used, or a ladder's row, where nobody takes the mistake.
    """
    if spec.kind not in ("statutory", "internal"):
        raise Invalid(
            "clock-kind", "Clock {clock} is of the kind {kind}. Use statutory or internal.",
            clock=spec.name, kind=spec.kind,
        )  # fmt: skip
    with writing(session):
        running = session.scalars(
            select(Clock).where(
                Clock.instance_id == instance_id, Clock.scope_id == scope_id, Clock.name == spec.name,
                Clock.state.in_(LIVE),
            )
        ).one_or_none()  # fmt: skip
        if running is not None:
            return running
        calendar = calendar or calendar_for(session, jurisdiction, unit_id=unit_id)
        received, roll = aware(spec.start or now), spec.roll or default_roll(role).value
        promised = due(received, spec.amount, spec.unit, calendar=calendar, roll=roll)
        values: dict[str, Any] = {
            "id": new_id(), "jurisdiction": jurisdiction, "case_id": case_id, "instance_id": instance_id,
            "scope_id": scope_id, "element_id": element_id, "process_id": process_id, "unit_id": unit_id, "role": role,
            "roll": str(roll), "started_at": aware(now) if spec.unit == Unit.FIXED_DATE else received,
            "calendar_id": calendar.calendar_id,
        } | _promise(spec, promised)  # fmt: skip
        session.execute(insert(ledger.CLOCKS), values)
        clock = Clock(**values)
        try:
            _insert_rungs(session, clock, ladder_rows, calendar)
        except Invalid as error:
            if refused is None:
                raise
            refused.append(error)
        ledger.enter(session, clock, EventKind.STARTED, now, {"received": received.isoformat(), "amount": spec.amount,
                     "unit": str(spec.unit), "due_at": promised.due_at.isoformat()})  # fmt: skip
        record_change(session, clock, Tag.CLOCK_STARTED, actor, now, {"due_at": promised.due_at.isoformat()})
        return clock


def _promise(spec: ClockSpec, promised: Due) -> dict[str, Any]:
    return {
        "name": spec.name, "kind": spec.kind, "amount": spec.amount, "unit": str(spec.unit), "ladder": spec.ladder,
        "due_at": promised.due_at, "original_due_at": promised.due_at, "trace": to_json(promised.trace),
        "provisional": promised.provisional, "suspension": spec.suspension, "state": ClockState.RUNNING.value,
        "stopped_at": None,
    }  # fmt: skip


def add_rungs(session: Session, clock: Clock, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give a clock that runs the rungs of a ladder; one that has rungs keeps them.

    Raises:
        Invalid: a row of the ladder cannot be used. Nothing was added.
    """
    with writing(session):
        if session.scalar(select(Rung.id).where(Rung.clock_id == clock.id).limit(1)) is None:
            _insert_rungs(session, clock, rows, calendar_for(session, clock.jurisdiction, unit_id=clock.unit_id))


def _insert_rungs(session: Session, clock: Clock, rows: Sequence[Mapping[str, Any]], calendar: WorkCalendar) -> None:
    planned = rungs(rows, clock.started_at, clock.due_at, calendar)
    if planned:
        session.execute(
            insert(ledger.RUNGS),
            [
                {"id": new_id(), "clock_id": clock.id, "case_id": clock.case_id, "jurisdiction": clock.jurisdiction,
                 "name": rung.name, "position": rung.position, "due_at": rung.due_at, "rule": rung.rule,
                 "state": RungState.WAITING.value}
                for rung in planned
            ],
        )  # fmt: skip


def stop_clock(session: Session, clock_id: UUID, *, now: datetime, actor: Actor | None = None) -> bool:
    """Stop a clock: what it measures was done. Rungs that wait will not come. False when it no longer ran."""
    return _end(session, clock_id, ClockState.STOPPED, EventKind.STOPPED, Tag.CLOCK_STOPPED, now, actor)


def cancel_clock(session: Session, clock_id: UUID, *, now: datetime, actor: Actor | None = None) -> bool:
    """Cancel a clock: its activity was interrupted. Rungs that wait will not come. False when it no longer ran."""
    return _end(session, clock_id, ClockState.CANCELLED, EventKind.CANCELLED, Tag.CLOCK_CANCELLED, now, actor)


def _end(
    session: Session, clock_id: UUID, state: ClockState, kind: EventKind, tag: Tag, now: datetime, actor: Actor | None
) -> bool:
    with writing(session):
        clock = lock_clock(session, clock_id)
        if clock.state not in LIVE:
            return False
        ended = update(Clock).where(Clock.id == clock_id)
        session.execute(ended.values(state=state.value, stopped_at=aware(now)))
        waiting = update(Rung).where(Rung.clock_id == clock_id, Rung.state == RungState.WAITING)
        session.execute(waiting.values(state=RungState.CANCELLED.value))
        ledger.enter(session, clock, kind, now, {})
        record_change(session, clock, tag, actor, now, {"late": aware(now) > clock.due_at})
        return True


def extend_clock(
    session: Session, clock_id: UUID, *, amount: int, unit: str, reason: str, approved_by: Actor, now: datetime
) -> Clock:
    """Extend a clock by an amount that was approved, counted from the last day so far; move what follows it.

    Rungs that fired stay fired; those that wait, and the timers that follow them, move.

    Raises:
        NotFound: there is no such clock.
        Conflict: it no longer runs.
        Invalid: the amount or unit cannot be counted.
    """
    with writing(session):
        clock = lock_clock(session, clock_id)
        if clock.state not in LIVE:
            raise Conflict(
                "clock-ended", "Clock {clock} has ended ({state}) and cannot be extended.",
                clock=clock.name, state=str(clock.state),
            )  # fmt: skip
        calendar = calendar_for(session, clock.jurisdiction, unit_id=clock.unit_id)
        before = Due(due_at=clock.due_at, trace=tuple(from_json(clock.trace)), provisional=clock.provisional)
        after = extend(before, amount, unit, calendar=calendar, roll=clock.roll)
        data = {"amount": amount, "unit": str(unit), "reason": reason, "approved_by": approved_by.id,
                "from": clock.due_at.isoformat(), "due_at": after.due_at.isoformat()}  # fmt: skip
        ledger.move(session, clock, after, calendar)
        ledger.enter(session, clock, EventKind.EXTENDED, now, data)
        record_change(session, clock, Tag.CLOCK_EXTENDED, approved_by, now, data)
        return clock


def running_clock(session: Session, *, instance_id: UUID, name: str) -> Clock | None:
    """Return the clock of this name that runs in an instance, the youngest of several."""
    return session.scalars(
        select(Clock)
        .where(Clock.instance_id == instance_id, Clock.name == name, Clock.state.in_(LIVE))
        .order_by(Clock.started_at.desc(), Clock.id.desc())
        .limit(1)
    ).one_or_none()


def lock_clock(session: Session, clock_id: UUID) -> Clock:
    """Read a clock for a change.

    Raises:
        NotFound: there is no such clock.
    """
    statement = select(Clock).where(Clock.id == clock_id).with_for_update().execution_options(populate_existing=True)
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("clock-unknown", "There is no clock {clock}.", clock=str(clock_id))
    return found


def record_change(
    session: Session, clock: Clock, tag: Tag, actor: Actor | None, now: datetime, data: Mapping[str, Any]
) -> None:
    """Record what happened to a clock among the events of its case."""
    record(
        session, tag=tag, actor=actor or Actor.engine(), at=now, jurisdiction=clock.jurisdiction,
        case_id=clock.case_id, data={"clock": str(clock.id), "name": clock.name, "kind": clock.kind, **data},
    )  # fmt: skip
