"""Timers that are due, many at a time: claimed by one statement, delivered several to a transaction.

A claim spreads the work over those who sweep and counts who died of it; it is no promise. That a timer is delivered
once is up to its own row, which changes in the transaction of what it causes.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Integer, Table, Uuid, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from engine.db import writing
from engine.deadlines.models import Timer
from engine.errors import Unavailable
from engine.failpoints import reach
from engine.instances import store
from engine.instances.conductor import MOVABLE, Conductor
from engine.instances.ledger import Together
from engine.instances.models import Instance
from engine.instances.notifying import read_cases
from engine.instances.timers import BEHIND, HELD, WAITING, deliver

#: How long a claimed timer is left alone; who claimed it and died is found out when this has passed.
LEASE: Final = timedelta(minutes=2)
#: How long a timer is left alone that was put into the queue. A job is there as long as it takes; should one be deleted
#: by hand, its timers are found again.
QUEUED: Final = timedelta(hours=1)
#: So many may die of a timer; then it is an incident.
MOST_CLAIMS: Final = 3
#: Seconds that a group waits at most for those who read pages in the same process; it takes about twice as long itself.
PATIENCE: Final = 0.06

_TIMER: Final = cast(Table, Timer.__table__)
_INSTANCE: Final = cast(Table, Instance.__table__)
_NOW: Final = bindparam("now", type_=_TIMER.c.due_at.type)
_FREE: Final = or_(_TIMER.c.claimed_until.is_(None), _TIMER.c.claimed_until <= _NOW)
_READY: Final = (WAITING, _TIMER.c.due_at <= _NOW, _INSTANCE.c.status.in_(MOVABLE), ~HELD, ~BEHIND)
_PICKED: Final = (
    select(_TIMER.c.id)
    .join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id)
    .where(*_READY, _FREE)
    .order_by(_TIMER.c.due_at)
    .limit(bindparam("limit"))
    .with_for_update(of=_TIMER, skip_locked=True)
    .cte("picked")
)
_CLAIM: Final = (
    update(_TIMER)
    .where(_TIMER.c.id.in_(select(_PICKED.c.id)))
    .values(claimed_until=bindparam("until", type_=_TIMER.c.due_at.type), claims=_TIMER.c.claims + 1)
    .returning(_TIMER.c.id, _TIMER.c.due_at, _TIMER.c.attempts, _TIMER.c.claims)
)
_QUEUE: Final = (
    update(_TIMER)
    .where(_TIMER.c.id.in_(select(_PICKED.c.id)))
    .values(claimed_until=bindparam("until", type_=_TIMER.c.due_at.type))
    .returning(_TIMER.c.id, _TIMER.c.due_at)
)
_THESE: Final = _TIMER.c.id.in_(bindparam("timers", type_=Uuid(), expanding=True))
_LOCK: Final = (
    select(*store.held_columns(), *_TIMER.c)
    .join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id)
    .where(_THESE, *_READY)
    .order_by(_TIMER.c.due_at)
    .with_for_update(of=(_TIMER, _INSTANCE), skip_locked=True)
)
_RELEASE: Final = (
    update(_TIMER)
    .where(_THESE, WAITING)
    .values(claimed_until=None, claims=case((_TIMER.c.claims > 0, _TIMER.c.claims - 1), else_=0))
)
_TAKE_BACK: Final = (
    update(_TIMER).where(_THESE, WAITING).values(claimed_until=None, claims=bindparam("deaths", type_=Integer()))
)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A timer that this sweep is to deliver.

    Args:
        alone: something went wrong with it before, so that others must not depend on it.
        deadly: everybody who had it died; it must not be tried again.
    """

    timer_id: UUID
    alone: bool
    deadly: bool


def claim_timers(session: Session, now: datetime, limit: int) -> list[Claim]:
    """Take timers that are due and that nobody has, the longest due first; none of instances that do not move.

    Of those that somebody had and never answered for, only one is taken: whoever dies now, dies of that one.
    """
    with writing(session):
        rows = session.connection().execute(_CLAIM, {"now": now, "until": now + LEASE, "limit": limit}).all()
        rows = sorted(rows, key=lambda row: row.due_at)
        spared = {row.id for row in [row for row in rows if 1 < row.claims <= MOST_CLAIMS][1:]}
        release_timers(session, spared)
    reach("timer-claimed")
    return [
        Claim(timer_id=row.id, alone=row.attempts > 0 or row.claims > 1, deadly=row.claims > MOST_CLAIMS)
        for row in rows
        if row.id not in spared
    ]


def queue_timers(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Take timers that are due, for jobs that are put into the queue in the same transaction; the longest due first."""
    with writing(session):
        rows = session.connection().execute(_QUEUE, {"now": now, "until": now + QUEUED, "limit": limit}).all()
    return [row.id for row in sorted(rows, key=lambda row: row.due_at)]


def take_back(session: Session, timer_ids: Collection[UUID], deaths: int) -> None:
    """Give back what was put into the queue; so many died of it there."""
    with writing(session):
        session.connection().execute(_TAKE_BACK, {"timers": list(timer_ids), "deaths": deaths})


def release_timers(session: Session, timer_ids: Collection[UUID]) -> None:
    """Give back what was claimed and not delivered, as if it had not been claimed."""
    if timer_ids:
        with writing(session):
            session.connection().execute(_RELEASE, {"timers": list(timer_ids)})


def fire_together(conductor: Conductor, session: Session, timer_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Deliver timers in one transaction; when one of them fails, none is.

    Returns:
        Those that were delivered. The others are no longer due, or somebody has their case just now.
    """
    with writing(session):
        connection = session.connection()
        together = Together(connection)
        found = connection.execute(_LOCK, {"timers": list(timer_ids), "now": now}).all()
        rows, fired = list(_one_of_each_case(found)), set()
        patience = PATIENCE
        together.cases = read_cases(connection, [row.held_case_id for row in rows])
        for row in rows:
            if patience > 0:
                patience -= conductor.hooks.give_way(patience)
            deliver(conductor, session, row, now, together=together)
            fired.add(row.id)
        together.send()
        reach("timer-before-commit")
    reach("timer-after-commit")
    return fired


def died_of(timer_id: UUID) -> Unavailable:
    """Return why a timer is not tried again of which everybody died who had it."""
    return Unavailable(
        "carrier-died",
        "The process that carried this timer ended without an answer {times} times. Find out why in its log before "
        "you try it again.",
        times=MOST_CLAIMS,
        timer=str(timer_id),
    )


def _one_of_each_case(rows: Iterable[Any]) -> Iterable[Any]:
    """A step numbers its case's events and writes its instance back: the next one of the same case comes later."""
    return {row.held_case_id: row for row in reversed(list(rows))}.values()
