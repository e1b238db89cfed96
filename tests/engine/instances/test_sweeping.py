"""Timers delivered many at a time: who claims them, who died of them, and what one broken timer does to the others."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import AuditEvent, Tag
from engine.db import writing
from engine.deadlines.models import Timer, TimerState
from engine.instances.models import Incident, Instance
from engine.instances.sweeping import LEASE, MOST_CLAIMS, Claim, claim_timers, release_timers
from engine.notices import Notice
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case

REMINDED = p.package(
    p.start(),
    p.task("handle"),
    p.timer("late", "handle", interrupting=False, duration='=duration("P3D")'),
    p.send("remind", notice="late", to="supervision@=place.district"),
    p.end("done"),
    p.end("told"),
    p.chain("start", "handle", "done"),
    p.chain("late", "remind", "told"),
    files=[("notices/late.zh_CN.txt", "Subject: 超期 {{ case.number }}\n\n{{ link }}\n".encode())],
)


def due(world: World, count: int) -> list[Timer]:
    """Start instances of a case each, and return their timers, due since a moment."""
    for _ in range(count):
        world.case = make_case(world.session, place=world.district.unit("willow"))
        world.start(REMINDED)
        world.now += timedelta(seconds=1)
    world.now += timedelta(days=3)
    return list(world.session.scalars(select(Timer).order_by(Timer.due_at, Timer.id)))


def claim(world: World, limit: int = 50) -> list[Claim]:
    return claim_timers(world.session, world.now, limit)


def states(world: World) -> list[str]:
    return sorted(world.session.scalars(select(Timer.state)))


def test_several_are_delivered_in_one_transaction_with_all_that_follows(world: World) -> None:
    timers = due(world, 4)
    fired = world.runtime.fire_timers(world.session, [each.id for each in timers], world.now)
    assert fired == {each.id for each in timers}
    world.session.expire_all()
    assert states(world) == [TimerState.FIRED] * 4
    assert world.session.scalar(select(func.count()).where(AuditEvent.tag == Tag.TIMER_FIRED)) == 4
    assert world.session.scalar(select(func.count(Notice.case_id.distinct()))) == 4
    # each event of a case has the next number, though all were written as one
    numbers = world.session.execute(select(AuditEvent.case_id, func.count(), func.max(AuditEvent.seq)).group_by(
        AuditEvent.case_id).where(AuditEvent.case_id.is_not(None)))  # fmt: skip
    assert all(number == last for _, number, last in numbers)


def test_a_timer_is_not_delivered_twice_nor_before_it_is_due(world: World) -> None:
    timers = due(world, 2)
    ids = [each.id for each in timers]
    early = world.now - timedelta(hours=1)
    assert world.runtime.fire_timers(world.session, ids, early) == set()
    assert world.runtime.fire_timers(world.session, ids, world.now) == set(ids)
    assert world.runtime.fire_timers(world.session, ids, world.now) == set()
    assert world.session.scalar(select(func.count()).select_from(Notice)) == 4


def test_when_one_fails_none_is_delivered(world: World) -> None:
    timers = due(world, 3)
    with writing(world.session):
        world.session.execute(update(Timer).where(Timer.id == timers[1].id).values(task_id="f" * 32))
    with pytest.raises(Exception, match="f" * 32):
        world.runtime.fire_timers(world.session, [each.id for each in timers], world.now)
    world.session.expire_all()
    assert states(world) == [TimerState.WAITING] * 3
    assert world.session.scalars(select(Notice)).all() == []


def test_of_one_case_one_timer_is_delivered_at_a_time(world: World) -> None:
    package = p.package(
        p.start(), p.task("handle"), p.end("done"), p.end("told"), p.end("told_again"),
        p.timer("late", "handle", interrupting=False, duration='=duration("P3D")'),
        p.timer("later", "handle", interrupting=False, duration='=duration("P2D")'),
        p.chain("start", "handle", "done"), p.chain("late", "told"), p.chain("later", "told_again"),
    )  # fmt: skip
    world.start(package)
    world.now += timedelta(days=3)
    ids = list(world.session.scalars(select(Timer.id).order_by(Timer.due_at)))
    assert world.runtime.fire_timers(world.session, ids, world.now) == {ids[0]}
    assert world.runtime.fire_timers(world.session, ids, world.now) == {ids[1]}


def test_what_somebody_claimed_is_nobody_elses_until_the_lease_ends(world: World) -> None:
    timers = due(world, 3)
    first = claim(world, 2)
    assert [each.timer_id for each in first] == [each.id for each in timers[:2]]
    assert [each.timer_id for each in claim(world)] == [timers[2].id]
    assert claim(world) == []
    world.now += LEASE
    (again,) = claim(world)
    assert (again.timer_id, again.alone) == (timers[0].id, True), "who had it before may have died of it"
    assert [each.timer_id for each in claim(world)] == [timers[1].id], "the others do not suffer for it"


def test_what_is_given_back_counts_as_never_claimed(world: World) -> None:
    due(world, 2)
    release_timers(world.session, [each.timer_id for each in claim(world)])
    assert [(each.alone, each.deadly) for each in claim(world)] == [(False, False)] * 2


def test_a_timer_of_which_everybody_died_is_not_tried_again(world: World) -> None:
    due(world, 1)
    for _ in range(MOST_CLAIMS):
        assert [each.deadly for each in claim(world)] == [False]
        world.now += LEASE
    assert [each.deadly for each in claim(world)] == [True]


def test_nothing_is_claimed_that_is_not_due_or_does_not_move(world: World) -> None:
    timers = due(world, 3)
    with writing(world.session):
        world.session.execute(update(Timer).where(Timer.id == timers[0].id).values(due_at=world.now + timedelta(1)))
        world.session.execute(update(Instance).where(Instance.id == timers[1].instance_id).values(status="suspended"))
    assert [each.timer_id for each in claim(world)] == [timers[2].id]


def test_two_who_claim_at_once_get_different_timers(world: World, sessions: sessionmaker[Session]) -> None:
    due(world, 12)
    taken: list[list[Claim]] = []

    def sweep() -> None:
        for _ in range(3):
            with sessions() as session:
                taken.append(claim_timers(session, world.now, 2))

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ids = [each.timer_id for group in taken for each in group]
    assert len(ids) == len(set(ids)) == 12
    assert world.session.scalars(select(Incident)).all() == []
