"""A clock and its ladder: the jurisdiction's own one, and one that cannot be used."""

from typing import Any

import pytest
from sqlalchemy import select

from engine.audit import Actor
from engine.db import writing
from engine.deadlines.models import Clock, ClockState, Rung
from engine.instances.models import InstanceStatus
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_timers import TEXTS, clock, rungs

FOR_ALL = '[{"rung": "L0", "fraction_left": 0.3, "to": ["owner"], "notice": "soon"}]'
OWN = '[{"rung": "Q1", "after_due": 2, "unit": "working-days", "to": ["supervision"], "notice": "late"}]'


def laddered(*ladders: tuple[str, str]) -> Any:
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    return p.package(
        p.start(), p.task("handle", **clocked), p.end("done"), p.chain("start", "handle", "done"),
        files=[*(p.decision(name, text) for name, text in ladders), *TEXTS],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ladders", "names"),
    [
        ([("ladder", FOR_ALL)], {"L0"}),
        ([("ladder", FOR_ALL), ("ladder.qinghe", OWN)], {"Q1"}),  # the jurisdiction has one of its own
        ([("ladder", FOR_ALL), ("ladder.elsewhere", OWN)], {"L0"}),  # another one's is not ours
    ],
)
def test_the_ladder_of_the_jurisdiction_goes_before_the_one_for_everybody(
    world: World, ladders: list[tuple[str, str]], names: set[str]
) -> None:
    world.start(laddered(*ladders))
    assert set(rungs(world)) == names


UNUSABLE = [
    # the rungs are out of order, as only the data tell
    ('[{"rung": "L2", "after_due": days, "unit": "hours"}, {"rung": "L1", "fraction_left": 0.3}]', "ladder-order"),
    ('[{"rung": "L2", "after_due": missing, "unit": "working-days"}]', "ladder-rung-when"),
    ("days + 1", "ladder-no-list"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), UNUSABLE)
def test_a_ladder_that_cannot_be_used_is_an_incident_and_the_clock_runs(world: World, text: str, code: str) -> None:
    world.start(laddered(("ladder", text)), days=5)
    assert (clock(world).state, rungs(world)) == (ClockState.RUNNING, {})
    assert clock(world).due_at.isoformat() == "2026-03-25T09:30:00+00:00"
    (incident,) = world.incidents()
    assert (incident.code, incident.element_id) == (code, "handle")
    assert world.instance().status == InstanceStatus.INCIDENT
    world.complete("handle")  # nobody is kept from the work
    assert world.instance().status == InstanceStatus.COMPLETED
    assert world.incidents()[0].state == "resolved"


def test_rungs_are_laid_when_the_ladder_has_been_mended(world: World) -> None:
    world.start(laddered(("ladder", FOR_ALL.replace("0.3", "left"))), left=None)
    (incident,) = world.incidents()
    me = Actor.staff(world.me)
    assert world.runtime.retry(world.session, incident.id, actor=me, now=world.now) is False
    with writing(world.session):  # an operator has corrected the datum
        found = world.session.get_one(type(incident), incident.id)
        found.attempt = found.attempt | {"data": found.attempt["data"] | {"left": 0.5}}
    assert world.runtime.retry(world.session, incident.id, actor=me, now=world.now) is True
    assert set(rungs(world)) == {"L0"}
    assert (world.incidents()[0].state, world.instance().status) == ("resolved", InstanceStatus.RUNNING)


def test_an_incident_of_a_ladder_is_closed_when_its_clock_has_ended(world: World) -> None:
    world.start(laddered(("ladder", "rows")), rows=7)
    (incident,) = world.incidents()
    with writing(world.session):
        world.session.scalars(select(Clock)).one().state = ClockState.STOPPED
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now) is True
    assert world.session.scalars(select(Rung)).all() == []
