"""A clock's ladder: who is told when, once each."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, func, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from engine.audit import Actor
from engine.db import connected, writing
from engine.deadlines import mark_rung_fired
from engine.deadlines.escalations import ask, sign_rung
from engine.deadlines.models import Clock, ClockState, Rung, RungState
from engine.errors import Conflict, EngineError
from engine.failpoints import reach
from engine.instances import store
from engine.instances.chasing import chase_rung, is_early
from engine.instances.conductor import MOVABLE, Conductor
from engine.instances.hooks import Step
from engine.instances.rung_claims import FREE, GIVEN_UP
from engine.instances.store import Held
from engine.instances.telling import raise_incident_of, tell

_WAITING: Final = text("rung.state = 'waiting'")
_DUE: Final = (
    select(Rung.id)
    .where(Rung.clock_id == bindparam("clock"), _WAITING, Rung.due_at <= bindparam("now", type_=Rung.due_at.type))
    .order_by(Rung.position)
)
_HIGHER: Final = aliased(Rung)
#: the highest of a clock speaks for the lower ones
_ABOVE: Final = exists().where(
    _HIGHER.clock_id == Rung.clock_id,
    _HIGHER.position > Rung.position,
    _HIGHER.state == RungState.WAITING.value,
    _HIGHER.due_at <= bindparam("now", type_=Rung.due_at.type),
)
_LIST_DUE: Final = (
    select(Rung.id)
    .join(Clock, Clock.id == Rung.clock_id)
    .where(
        _WAITING,
        Rung.due_at <= bindparam("now", type_=Rung.due_at.type),
        Clock.state == ClockState.RUNNING.value,
        ~_ABOVE,
        *FREE,
    )
    .order_by(Rung.due_at)
    .limit(bindparam("limit"))
)
#: What was given up is an incident, and keeps no queue.
_KEPT: Final = Rung.claims != GIVEN_UP
_OLDEST: Final = (
    select(func.min(Rung.due_at))
    .join(Clock, Clock.id == Rung.clock_id)
    .where(_WAITING, Clock.state == ClockState.RUNNING.value, _KEPT)
)
_COUNT: Final = (
    select(func.count())
    .select_from(Rung)
    .join(Clock, Clock.id == Rung.clock_id)
    .where(
        _WAITING,
        Rung.due_at <= bindparam("now", type_=Rung.due_at.type),
        Clock.state == ClockState.RUNNING.value,
        _KEPT,
    )
)
_LEAVE: Final = (
    update(Rung)
    .where(
        Rung.clock_id == bindparam("clock"),
        or_(and_(_WAITING, Rung.position < bindparam("place")), Rung.id == bindparam("given_up")),
    )
    .values(claims=GIVEN_UP, claimed_until=None)
    .execution_options(synchronize_session=False)
)
_REVIVE: Final = (
    update(Rung)
    .where(Rung.clock_id == bindparam("clock"), Rung.claims == GIVEN_UP)
    .values(claims=0, claimed_until=None)
    .execution_options(synchronize_session=False)
)
#: Issues the paper that is signed, and returns its id; None where the ladder names none.
Issue = Callable[[Step, Clock, Rung], UUID | None]


def due_rungs(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Return the ids of rungs that are due on running clocks and that nobody has, the longest due first.

    Of several of a clock only the highest is returned. Nothing is locked.
    """
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


def give_up(
    conductor: Conductor, session: Session, rung_id: UUID, error: Exception, now: datetime, *, last: bool = False
) -> None:
    """Raise the incident of a rung that could not be moved at all (a bug, a broken row). It stays due.

    Args:
        last: it must not be tried again by itself.
    """
    with writing(session):
        row = store.lock_by_rung(connected(session), rung_id)
        step = conductor.begin_step(session, Held.of(row), actor=Actor.engine(), now=now)
        rung = session.get_one(Rung, rung_id, populate_existing=True)
        reason = error if isinstance(error, EngineError) else EngineError("unexpected", type(error).__name__)
        raise_incident_of(step, session.get_one(Clock, rung.clock_id), rung, [reason])
        if last:
            # it would have spoken for the lower ones, which wait with it
            session.execute(_LEAVE, {"clock": rung.clock_id, "place": rung.position, "given_up": rung.id})


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
        if row.claims == GIVEN_UP:
            session.execute(_REVIVE, {"clock": row.clock_id})
        if row.state == RungState.WAITING:
            return fire_rung(conductor, session, rung_id, now) is not None
        if row.state != RungState.FIRED:
            return True  # the work was done meanwhile, or a higher one has spoken
        if row.claims == GIVEN_UP and row.asked_until is not None:
            return chase_rung(conductor, session, rung_id, now)
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
