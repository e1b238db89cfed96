"""Two to eight who want the same at once, a timer among them: one gets it, and everything happens once."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag
from engine.deadlines.models import Timer
from engine.errors import Conflict
from engine.instances.models import InstanceStatus
from engine.instances.runtime import Runtime
from engine.instances.timers import Fired
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case

RACED = p.package(
    p.start(), p.task("handle"), p.timer("late", "handle", interrupting=True, duration='=duration("P1D")'),
    p.task("close"), p.task("urge"), p.end("done"), p.end("urged"),
    p.chain("start", "handle", "close", "done"), p.chain("late", "urge", "urged"),
)  # fmt: skip
WAITS = p.package(
    p.start(), p.task("ask"), p.catch("answered"), p.task("close"), p.end(),
    p.chain("start", "ask", "answered", "close", "end"),
)  # fmt: skip


def race(racers: list[Callable[[], str]]) -> Counter[str]:
    """Let all of them go at once; count what each came to."""
    line, came, lock = threading.Barrier(len(racers)), Counter[str](), threading.Lock()

    def run(racer: Callable[[], str]) -> None:
        line.wait(30)
        try:
            result = racer()
        except Conflict as error:
            result = error.code
        with lock:
            came[result] += 1

    threads = [threading.Thread(target=run, args=(racer,)) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return came


@pytest.mark.faults
@pytest.mark.parametrize("people", [1, 3, 7])
def test_a_task_that_people_and_its_timer_race_for_goes_one_way_once(
    world: World, sessions: sessionmaker[Session], people: int
) -> None:
    actor = Actor.staff(world.me)
    late = world.now + timedelta(days=1)
    for _ in range(3):
        world.case = make_case(world.session, place=world.district.unit("willow"))
        world.start(RACED)
        item_id = world.items()["handle"].id
        timer_id = world.session.scalars(select(Timer.id).where(Timer.state == "waiting")).one()
        world.session.rollback()

        def complete(item_id: object = item_id) -> str:
            with sessions() as session:
                Runtime().complete(session, item_id, {}, actor=actor, now=late)  # type: ignore[arg-type]
            return "completed"

        def fire(timer_id: object = timer_id) -> str:
            with sessions() as session:
                return Runtime().fire_timer(session, timer_id, late).value  # type: ignore[arg-type]

        came = race([*[complete] * people, fire])
        assert came["completed"] + came[Fired.FIRED.value] <= 1, came
        world.session.rollback()
        if not came["completed"] and not came[Fired.FIRED.value]:
            assert fire() == Fired.FIRED.value, "it left the case to somebody who then had nothing to do"
            world.session.rollback()
        fired = not came["completed"]
        tags = Counter(world.tags())
        assert (tags["work_item:completed"], tags["timer:fired"]) == ((0, 1) if fired else (1, 0))
        assert set(world.items()) == {"urge" if fired else "close"}
        world.complete("urge" if fired else "close")
        assert (world.items(), world.incidents()) == ({}, [])


@pytest.mark.faults
def test_a_callback_that_comes_several_times_counts_once_and_one_that_comes_late_changes_nothing(
    world: World, sessions: sessionmaker[Session]
) -> None:
    instance_id = world.start(WAITS).id
    assert not say(sessions, instance_id, world.now), "nobody waits for it yet"
    world.complete("ask")
    world.session.rollback()
    came = race([lambda: str(say(sessions, instance_id, world.now))] * 6)
    assert came == {"True": 1, "False": 5}
    world.session.rollback()
    assert set(world.items()) == {"close"}
    assert Counter(world.tags())[Tag.INSTANCE_MESSAGE_RECEIVED.value] == 1
    world.complete("close")
    world.session.rollback()
    before = world.tags()
    with pytest.raises(Conflict):
        say(sessions, instance_id, world.now + timedelta(days=30))
    world.session.rollback()
    assert world.tags() == before
    assert world.instance().status == InstanceStatus.COMPLETED


def say(sessions: sessionmaker[Session], instance_id: object, now: datetime) -> bool:
    with sessions() as session:
        return Runtime().send_message(
            session, instance_id, "withdraw", {"yes": True}, actor=Actor.api("registry"), now=now  # type: ignore[arg-type]
        )  # fmt: skip
