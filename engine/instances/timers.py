"""Timers that are due: delivered once, tried again when their step fails, an incident after that."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import connected, writing
from engine.deadlines.models import Clock, ClockState, Rung, RungState, Timer, TimerState
from engine.errors import EngineError, reason_of
from engine.failpoints import reach
from engine.instances import store
from engine.instances.conductor import MOVABLE, Conductor, Trial
from engine.instances.incidents import Attempt
from engine.instances.ledger import Together
from engine.instances.models import Instance
from engine.instances.store import Held
from engine.prepared import Found, Prepared
from engine.spiff import StepFailed

#: How long after a failed try the next one comes; after the last, an incident.
BACK_OFF: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))

_TIMER: Final = cast(Table, Timer.__table__)
_INSTANCE: Final = cast(Table, Instance.__table__)
#: as text, since the partial index is used for a condition without parameters only
WAITING: Final = text("timer.state = 'waiting'")
#: the clock that it follows stands still
HELD: Final = exists().where(Clock.id == _TIMER.c.clock_id, Clock.state == ClockState.SUSPENDED.value)
#: somebody is about to move a rung of the clock that it follows: whom that tells hears of it before the clock may end
BEHIND: Final = exists().where(
    Rung.clock_id == _TIMER.c.clock_id,
    Rung.state == RungState.WAITING.value,
    Rung.claimed_until > bindparam("now", type_=_TIMER.c.due_at.type),
)
_TAKE: Final = Prepared(
    update(_TIMER)
    .where(_TIMER.c.id == bindparam("timer"), WAITING, ~HELD)
    .values(state=TimerState.FIRED.value, fired_at=bindparam("fired"))
)
_STANDS_STILL: Final = select(Clock.id).where(Clock.id == bindparam("clock"), Clock.state == ClockState.SUSPENDED.value)
_WAITS: Final = select(_TIMER.c.id).where(_TIMER.c.id == bindparam("timer"), or_(HELD, BEHIND))
_LATER: Final = (
    update(_TIMER)
    .where(_TIMER.c.id == bindparam("timer"), WAITING)
    .values(
        attempts=bindparam("tries"),
        due_at=bindparam("next_due"),
        state=bindparam("standing"),
        claims=0,
        claimed_until=None,
    )
)
_DUE: Final = (
    select(_TIMER.c.id)
    .join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id)
    .where(WAITING, _TIMER.c.due_at <= bindparam("now", type_=_TIMER.c.due_at.type), _INSTANCE.c.status.in_(MOVABLE))
    .where(~HELD)
    .order_by(_TIMER.c.due_at)
    .limit(bindparam("limit"))
)
_OLDEST: Final = (
    select(func.min(_TIMER.c.due_at))
    .join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id)
    .where(WAITING, _INSTANCE.c.status.in_(MOVABLE), ~HELD)
)
_COUNT: Final = (
    select(func.count())
    .select_from(_TIMER)
    .join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id)
    .where(
        WAITING, _TIMER.c.due_at <= bindparam("now", type_=_TIMER.c.due_at.type), _INSTANCE.c.status.in_(MOVABLE), ~HELD
    )
)
_RETRIED: Final = select(func.count()).select_from(_TIMER).where(WAITING, _TIMER.c.attempts > 0)


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


def count_due(session: Session, now: datetime) -> int:
    """Return how many timers are due and not delivered yet; none of instances that do not move."""
    return session.scalar(_COUNT, {"now": now}) or 0


def count_retried(session: Session) -> int:
    """Return how many waiting timers failed before and will be tried again."""
    return session.scalar(_RETRIED) or 0


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
        row = store.lock_by_timer(connected(session), timer_id, wait=again)
        if row is None:
            return Fired.GONE
        held = attempt.held = Held.of(row)
        if held.status not in MOVABLE or not _is_due(session, row, now, again=again):
            return Fired.GONE
        attempt.tried = Attempt("timer", str(timer_id), {}, Actor.engine())
        deliver(conductor, session, row, now)
        reach("timer-before-commit")
    if attempt.failure is None:
        reach("timer-after-commit")
        return Fired.FIRED
    return _later(conductor, session, row, attempt, now)


def deliver(
    conductor: Conductor, session: Session, row: Found, now: datetime, *, together: Together | None = None
) -> None:
    """Tell a process that its timer has come, with all that follows; its row and its instance are locked.

    Args:
        together: writes what the steps of a transaction have in common, at its end.

    Raises:
        StepFailed: an element failed.
        Conflict: `instance-changed-meanwhile`.
    """
    held = Held.of(row)
    step = conductor.begin_step(session, held, actor=Actor.engine(), now=now, together=together)
    live = conductor.live(step)
    before = live.image
    step.ledger.write([(_TAKE, {"timer": row.id, "fired": now})], unless_reached=partial(store.changed, held))
    step.ledger.note(Tag.TIMER_FIRED, {"timer": str(row.id), "element": row.element_id})
    live.workflow.fire_timer(row.task_id)
    tried = Attempt("timer", str(row.id), {}, Actor.engine())
    conductor.settle(step, live, before=before, fired=row.task_id, tried=tried)


def give_up(
    conductor: Conductor, session: Session, timer_id: UUID, error: Exception, now: datetime, *, last: bool = False
) -> Fired:
    """Count a failure that is none of the process (a bug, a broken row), so that it ends in sight like any other.

    Args:
        last: it must not be tried again by itself.
    """
    with writing(session):
        row = store.lock_by_timer(connected(session), timer_id)
        if row is None or row.state != TimerState.WAITING:
            return Fired.GONE
        trial = Trial(held=Held.of(row), tried=Attempt("timer", str(timer_id), {}, Actor.engine()))
        trial.failure = StepFailed(
            error.code if isinstance(error, EngineError) else "unexpected",
            element_id=row.element_id,
            process_id=row.process_id,
            task_id=row.task_id,
            reason=reason_of(error),
        )
        return _later(conductor, session, row, trial, now, last=last)


def _is_due(session: Session, row: Found, now: datetime, *, again: bool) -> bool:
    """Is it still to be delivered? One that a person retries is."""
    if again and row.state == TimerState.FAILED:
        revive = update(_TIMER).where(_TIMER.c.id == row.id).values(state=TimerState.WAITING.value)
        connected(session).execute(revive)
    elif row.state != TimerState.WAITING or (row.due_at > now and not again):
        return False
    if row.clock_id is None:
        return True
    kept = (_STANDS_STILL, {"clock": row.clock_id}) if again else (_WAITS, {"timer": row.id, "now": now})
    return connected(session).execute(*kept).first() is None


def _later(
    conductor: Conductor, session: Session, row: Found, trial: Trial, now: datetime, *, last: bool = False
) -> Fired:
    """Put a failed timer off, or raise its incident."""
    tries = row.attempts + 1
    last = last or tries > len(BACK_OFF)
    with writing(session):
        values = {
            "timer": row.id,
            "tries": tries,
            "next_due": row.due_at if last else now + BACK_OFF[tries - 1],
            "standing": (TimerState.FAILED if last else TimerState.WAITING).value,
        }
        connected(session).execute(_LATER, values)
        if last:
            conductor.record_failure(session, trial, now)
    return Fired.FAILED if last else Fired.LATER
