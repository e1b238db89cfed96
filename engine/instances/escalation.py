"""A clock's ladder: who is told when, once each."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.db import connected, writing
from engine.deadlines import mark_rung_fired
from engine.deadlines.escalations import ask, sign_rung
from engine.deadlines.models import Clock, ClockState, Rung, RungState
from engine.errors import Conflict, EngineError
from engine.failpoints import reach
from engine.instances import store
from engine.instances.chasing import is_early
from engine.instances.conductor import MOVABLE, Conductor
from engine.instances.hooks import Step
from engine.instances.store import Held
from engine.instances.telling import raise_incident_of, tell

_WAITING: Final = text("rung.state = 'waiting'")
_DUE: Final = (
    select(Rung.id)
    .where(Rung.clock_id == bindparam("clock"), _WAITING, Rung.due_at <= bindparam("now", type_=Rung.due_at.type))
    .order_by(Rung.position)
)
_LIST_DUE: Final = (
    select(Rung.id)
    .join(Clock, Clock.id == Rung.clock_id)
    .where(
        _WAITING,
        Rung.due_at <= bindparam("now", type_=Rung.due_at.type),
        Clock.state == ClockState.RUNNING.value,
    )
    .order_by(Rung.due_at)
    .limit(bindparam("limit"))
)
_OLDEST: Final = (
    select(func.min(Rung.due_at))
    .join(Clock, Clock.id == Rung.clock_id)
    .where(_WAITING, Clock.state == ClockState.RUNNING.value)
)
_COUNT: Final = (
    select(func.count())
    .select_from(Rung)
    .join(Clock, Clock.id == Rung.clock_id)
    .where(
        _WAITING,
        Rung.due_at <= bindparam("now", type_=Rung.due_at.type),
        Clock.state == ClockState.RUNNING.value,
    )
)
#: Issues the paper that is signed, and returns its id; None where the ladder names none.
Issue = Callable[[Step, Clock, Rung], UUID | None]


def due_rungs(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Return the ids of rungs that are due on running clocks, the longest due first. Nothing is locked."""
    return list(session.scalars(_LIST_DUE, {"now": now, "limit": limit}))


def fire_rung(conductor: Conductor, session: Session, rung_id: UUID, now: datetime) -> str | None:
    """Fire the highest due rung of a clock, once.

    When several are due (the system was down, or a calendar changed), only the highest speaks and the others are passed
    over: nobody gets three mails about one matter at once.

    Returns:
        The rung's name; None when none of the clock's rungs is due any more.
    """
    with writing(session):
        row = store.lock_by_rung(connected(session), rung_id)
        held = Held.of(row)
        clock = session.get_one(Clock, row.clock_id, populate_existing=True)
        due = list(session.scalars(_DUE, {"clock": clock.id, "now": now}))
        if not due or clock.state != ClockState.RUNNING or held.status not in MOVABLE:
            return None
        fired = mark_rung_fired(session, due[-1], now=now)
        if fired is None:
            return None
        step = conductor.begin_step(session, held, actor=Actor.engine(), now=now)
        tell(step, clock, fired)
        ask(session, fired, clock, now=now)
        if step.posted:
            conductor.hooks.announce(session)
        step.ledger.flush()
        reach("rung-before-commit")
        return fired.name


def give_up(conductor: Conductor, session: Session, rung_id: UUID, error: Exception, now: datetime) -> None:
    """Raise the incident of a rung that could not be fired at all (a bug, a broken row). It stays due."""
    with writing(session):
        row = store.lock_by_rung(connected(session), rung_id)
        step = conductor.begin_step(session, Held.of(row), actor=Actor.engine(), now=now)
        rung = session.get_one(Rung, rung_id, populate_existing=True)
        reason = error if isinstance(error, EngineError) else EngineError("unexpected", type(error).__name__)
        raise_incident_of(step, session.get_one(Clock, rung.clock_id), rung, [reason])


def oldest_due(session: Session) -> datetime | None:
    """Return when the first waiting rung of a running clock is due, None when none waits."""
    return session.scalar(_OLDEST)


def count_due(session: Session, now: datetime) -> int:
    """Return how many rungs of running clocks are due and have not fired."""
    return session.scalar(_COUNT, {"now": now}) or 0


def tell_again(conductor: Conductor, session: Session, rung_id: UUID, now: datetime) -> bool:
    """Tell whom a rung could not reach; return whether all were reached now."""
    with writing(session):
        row = store.lock_by_rung(connected(session), rung_id)
        if row.state == RungState.WAITING:
            return fire_rung(conductor, session, rung_id, now) is not None
        step = conductor.begin_step(session, Held.of(row), actor=Actor.engine(), now=now)
        rung = session.get_one(Rung, rung_id, populate_existing=True)
        reached = tell(step, session.get_one(Clock, rung.clock_id), rung)
        step.ledger.flush()
        return reached


def sign(conductor: Conductor, session: Session, rung_id: UUID, *, issue: Issue, actor: Actor, now: datetime) -> Rung:
    """Sign a rung in the name of a person: its paper is issued, and its addressees are told.

    Whether they may is the caller's to say.

    Raises:
        NotFound: there is no such rung.
        Conflict: `rung-not-to-sign`, `rung-signed`; `slip-clock-ended`, `slip-not-late`: it is no longer needed.
        Invalid: the paper cannot be filled. Nothing was signed.
    """
    with writing(session):
        row = store.lock_by_rung(connected(session), rung_id)
        held = Held.of(row)
        clock = session.get_one(Clock, row.clock_id, populate_existing=True)
        rung = session.get_one(Rung, rung_id, populate_existing=True)
        _refuse_needless(clock, rung, now)
        conductor.refuse_stopped(held)
        step = conductor.begin_step(session, held, actor=actor, now=now)
        signed = sign_rung(session, rung_id, actor=actor, now=now)
        signed.document_id = issue(step, clock, signed)
        tell(step, clock, signed)
        ask(session, signed, clock, now=now)
        if step.posted:
            conductor.hooks.announce(session)
        step.ledger.flush()
        session.flush()
        return signed


def _refuse_needless(clock: Clock, rung: Rung, now: datetime) -> None:
    """Let a signature go on that something still waits for."""
    if clock.state not in (ClockState.RUNNING, ClockState.SUSPENDED):
        raise Conflict(
            "slip-clock-ended", "What was late has been done since, so nothing is signed any more ({clock}, {rung}).",
            clock=clock.name, rung=rung.name,
        )  # fmt: skip
    if is_early(rung, clock, now):
        raise Conflict(
            "slip-not-late",
            "The deadline was extended to {due} since, so it is not late and nothing is signed. If it passes again, "
            "come back to this page.",
            due=clock.due_at.isoformat(),
        )  # fmt: skip
