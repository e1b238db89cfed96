"""Timers that are due: delivered once, tried again when their step fails, an incident after that."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, exists, func, select, text, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import writing
from engine.deadlines.models import Clock, ClockState, Timer, TimerState
from engine.errors import EngineError
from engine.instances import store
from engine.instances.conductor import MOVABLE, Conductor, Trial
from engine.instances.incidents import Attempt
from engine.instances.models import Instance
from engine.instances.store import Held
from engine.prepared import Found
from engine.spiff import StepFailed

#: How long after a failed try the next one comes; after the last, an incident.
BACK_OFF: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))

_TIMER: Final = cast(Table, Timer.__table__)
_INSTANCE: Final = cast(Table, Instance.__table__)
_WAITING: Final = text("timer.state = 'waiting'")
#: the clock that it follows stands still
_HELD: Final = exists().where(Clock.id == _TIMER.c.clock_id, Clock.state == ClockState.SUSPENDED.value)
_TAKE: Final = (
    update(_TIMER)
    .where(_TIMER.c.id == bindparam("timer"), _WAITING, ~_HELD)
    .values(state=TimerState.FIRED.value, fired_at=bindparam("at"))
)
_LATER: Final = (
    update(_TIMER)
    .where(_TIMER.c.id == bindparam("timer"), _WAITING)
    .values(attempts=bindparam("tries"), due_at=bindparam("next_due"), state=bindparam("standing"))
)
_DUE: Final = (
    select(_TIMER.c.id)
    .join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id)
    .where(_WAITING, _TIMER.c.due_at <= bindparam("now", type_=_TIMER.c.due_at.type), _INSTANCE.c.status.in_(MOVABLE))
    .where(~_HELD)
    .order_by(_TIMER.c.due_at)
    .limit(bindparam("limit"))
)
_OLDEST: Final = (
    select(func.min(_TIMER.c.due_at))
    .join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id)
    .where(_WAITING, _INSTANCE.c.status.in_(MOVABLE), ~_HELD)
)


class Fired(StrEnum):
    """What became of a timer."""

    #: delivered, with everything that it caused
    FIRED = "fired"
    #: somebody else delivered it, the process no longer waits for it, or another node has its instance now
    GONE = "gone"
    #: its step failed; it will be tried again
    LATER = "later"
    #: its step failed too often: there is an incident
    FAILED = "failed"


def due_timers(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Return the ids of timers that are due, the longest due first; none of instances that do not move.

    Nothing is locked: who fires one locks its instance, and finds out whether the timer is still waiting.
    """
    return list(session.scalars(_DUE, {"now": now, "limit": limit}))


def oldest_due(session: Session) -> datetime | None:
    """Return when the first waiting timer is due, None when none waits; how late a sweep is follows from it."""
    oldest: datetime | None = session.scalar(_OLDEST)
    return oldest


def fire_timer(conductor: Conductor, session: Session, timer_id: UUID, now: datetime, *, again: bool = False) -> Fired:
    """Deliver a timer to its process, once.

    Args:
        again: an operator retries a timer that failed.
    """
    with conductor.attempt(session, now, lenient=True) as attempt:
        row = store.lock_by_timer(session.connection(), timer_id, wait=again)
        if row is None:
            return Fired.GONE
        held = attempt.held = Held.of(row)
        if held.status not in MOVABLE or not _take(session, row, now, again=again):
            return Fired.GONE
        tried = attempt.tried = Attempt("timer", str(timer_id), {}, Actor.engine())
        step = conductor.begin_step(session, held, actor=Actor.engine(), now=now)
        live = conductor.live(step)
        before = live.image
        step.ledger.note(Tag.TIMER_FIRED, {"timer": str(timer_id), "element": row.element_id})
        live.workflow.fire_timer(row.task_id)
        conductor.settle(step, live, before=before, fired=row.task_id, tried=tried)
    if attempt.failure is None:
        return Fired.FIRED
    return _later(conductor, session, row, attempt, now)


def give_up(conductor: Conductor, session: Session, timer_id: UUID, error: Exception, now: datetime) -> Fired:
    """Count a failure that is none of the process (a bug, a broken row), so that it ends in sight like any other."""
    with writing(session):
        row = store.lock_by_timer(session.connection(), timer_id)
        if row is None or row.state != TimerState.WAITING:
            return Fired.GONE
        trial = Trial(held=Held.of(row), tried=Attempt("timer", str(timer_id), {}, Actor.engine()))
        trial.failure = StepFailed(
            error.code if isinstance(error, EngineError) else "unexpected",
            element_id=row.element_id,
            process_id=row.process_id,
            task_id=row.task_id,
            reason=str(error) or type(error).__name__,
        )
        return _later(conductor, session, row, trial, now)


def _take(session: Session, row: Found, now: datetime, *, again: bool) -> bool:
    if again and row.state == TimerState.FAILED:
        revive = update(_TIMER).where(_TIMER.c.id == row.id).values(state=TimerState.WAITING.value)
        session.connection().execute(revive)
    return session.connection().execute(_TAKE, {"timer": row.id, "at": now}).rowcount == 1


def _later(conductor: Conductor, session: Session, row: Found, trial: Trial, now: datetime) -> Fired:
    """Put a failed timer off, or raise its incident."""
    tries = row.attempts + 1
    last = tries > len(BACK_OFF)
    with writing(session):
        values = {
            "timer": row.id,
            "tries": tries,
            "next_due": row.due_at if last else now + BACK_OFF[tries - 1],
            "standing": (TimerState.FAILED if last else TimerState.WAITING).value,
        }
        session.connection().execute(_LATER, values)
        if last:
            conductor.record_failure(session, trial, now)
    return Fired.FAILED if last else Fired.LATER
