"""Tasks that a diagram gives to one person by name, and clocks that a diagram lets stand still."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.cases.suspension import register_suspension
from engine.deadlines.models import Clock, ClockState, Timer
from engine.definitions import Package
from engine.instances.escalation import due_rungs
from engine.instances.timers import due_timers
from engine.notices import Notice
from engine.organisation.models import Membership
from engine.tasks.models import WorkItemState
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_timers import LADDER
from tests.factories import make_staff

#: Rungs that name nobody and no notice.
SILENT = re.sub(rb'"to": .*?, "notice": "\w+"', b'"to": [], "notice": ""', LADDER)


def given(assignee: str) -> Package:
    """A package with one task that is given to somebody."""
    said = f'<zeebe:assignmentDefinition assignee="{assignee}"/>'
    one = p.task("handle").replace("<zeebe:userTask/>", "<zeebe:userTask/>" + said)
    return p.package(p.start(), one, p.end("done"), p.chain("start", "handle", "done"))


def test_a_task_goes_to_whom_the_diagram_names(world: World) -> None:
    world.start(given("=agent"), agent=str(world.me.id))
    item = world.items()["handle"]
    assert (item.state, item.owner_id, item.claimed_at) == (WorkItemState.CLAIMED, world.me.id, world.now)
    world.complete("handle")
    assert world.items() == {}


@pytest.mark.parametrize(
    "leave",
    [
        # without the role, the name no longer counts
        lambda world: world.session.delete(world.session.scalars(
            select(Membership).where(Membership.staff_id == world.me.id)).one()),
        # nor does that of somebody who left
        lambda world: setattr(world.me, "active", False),
    ],
    ids=["lost the role", "left"],
)  # fmt: skip
def test_a_task_of_somebody_who_may_no_longer_do_it_is_open_to_all(world: World, leave: Any) -> None:
    make_staff(world.session, "another", roles=[("community", world.district.unit("willow"))])
    leave(world)
    world.session.commit()
    world.start(given("=agent"), agent=str(world.me.id))
    assert (world.items()["handle"].state, world.items()["handle"].owner_id) == (WorkItemState.OPEN, None)


def test_nobody_named_leaves_it_open(world: World) -> None:
    world.start(given("=agent"), agent=None)
    assert world.items()["handle"].state == WorkItemState.OPEN


def test_a_name_that_is_no_id_is_an_incident(world: World) -> None:
    world.start(given("=agent"), agent="anna")
    assert [(each.element_id, each.code) for each in world.incidents()] == [("handle", "assignee-no-staff")]


def heard() -> Package:
    """A clock over a sub-process in which a hearing lets it stand still; its rungs move only the timer."""
    return p.package(
        p.start(),
        p.inside(
            "work", p.start("begin"), p.task("examine"),
            p.send("pause", "suspend", suspend="handle", suspend_reason="hearing"), p.task("hear"),
            p.send("go_on", "resume", resume="handle"), p.task("decide"), p.end("over"),
            p.chain("begin", "examine", "pause", "hear", "go_on", "decide", "over"),
            clock="handle", clock_amount="5", clock_unit="working-days", ladder="ladder",
        ),
        p.timer("late", "work", interrupting=False, date='=rung("handle", "L2")'),
        p.task("supervise", role="supervision", unit="=place.district"), p.end("done"), p.end("told"),
        p.chain("start", "work", "done"), p.chain("late", "supervise", "told"),
        files=[("decisions/ladder.dmn", SILENT)],
    )  # fmt: skip


def test_a_clock_stands_still_for_a_hearing_and_its_timer_waits(world: World) -> None:
    register_suspension(world.hooks)
    world.start(heard())
    world.complete("examine")
    clock = world.session.scalars(select(Clock)).one()
    due, id_ = clock.due_at, clock.id
    assert clock.state == ClockState.SUSPENDED
    assert due_timers(world.session, due + timedelta(days=30), 10) == []
    world.now += timedelta(days=7)
    world.complete("hear")
    world.session.expire_all()
    after = world.session.get_one(Clock, id_)
    timer = world.session.scalars(select(Timer)).one()
    assert (after.state, after.due_at) == (ClockState.RUNNING, due + timedelta(days=7))
    assert world.items()["decide"].due_at == after.due_at
    assert due_timers(world.session, timer.due_at, 10) == [timer.id]


def test_a_rung_for_timers_only_speaks_to_nobody_and_is_no_incident(world: World) -> None:
    register_suspension(world.hooks)
    world.start(heard())
    world.complete("examine")
    world.complete("hear")
    for rung_id in due_rungs(world.session, world.now + timedelta(days=60), 10):
        world.runtime.fire_rung(world.session, rung_id, world.now + timedelta(days=60))
    assert world.session.scalars(select(Notice)).all() == []
    assert world.incidents() == []


def test_a_clock_that_does_not_run_cannot_stand_still(world: World) -> None:
    register_suspension(world.hooks)
    package = p.package(
        p.start(), p.send("pause", "suspend", suspend="handle"), p.end("done"), p.chain("start", "pause", "done")
    )
    world.start(package)
    assert [(each.element_id, each.code) for each in world.incidents()] == [("pause", "suspend-no-clock")]
