"""Who is about to move a rung is counted: others leave it alone, and one of which three died is left to a person."""

from datetime import timedelta
from uuid import UUID

import pytest

from engine.audit import Actor
from engine.deadlines.models import RungState
from engine.instances.chasing import unanswered_rungs
from engine.instances.escalation import count_due, due_rungs, oldest_due
from engine.instances.models import IncidentState
from engine.instances.rung_claims import RungClaim, claim_rungs, died_of_rung, release_rungs
from engine.instances.sweeping import LEASE, MOST_CLAIMS, claim_timers
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_answering import LADDER, TEXTS, fire, late, rung, told

__all__ = ["late"]


def claim(world: World, *rung_ids: UUID) -> list[RungClaim]:
    return claim_rungs(world.session, rung_ids, world.now)


def die(world: World, rung_id: UUID) -> None:
    """So many take it, and end without an answer, that it is deadly."""
    for life in range(MOST_CLAIMS):
        assert claim(world, rung_id) == [RungClaim(rung_id=rung_id, alone=life > 0, deadly=False)]
        assert claim(world, rung_id) == [], "somebody has it"
        world.now += LEASE
    assert claim(world, rung_id) == [RungClaim(rung_id=rung_id, alone=True, deadly=True)]
    world.runtime.give_up_rung(world.session, rung_id, died_of_rung(), world.now, last=True)
    world.now += LEASE
    assert claim(world, rung_id) == []


def test_what_is_given_back_counts_for_nothing(late: World) -> None:
    world, found = late, rung(late, "L2")
    for _ in range(MOST_CLAIMS + 2):
        assert claim(world, found.id) == [RungClaim(rung_id=found.id, alone=False, deadly=False)]
        release_rungs(world.session, [found.id])
    fire(world, "L2")
    assert (rung(world, "L2").claims, rung(world, "L2").claimed_until) == (0, None)


def test_of_those_that_somebody_had_only_one_is_taken(late: World) -> None:
    world, ids = late, [rung(late, name).id for name in ("L2", "L3")]
    assert len(claim(world, *ids)) == 2
    world.now += LEASE
    assert claim(world, *ids) == [RungClaim(rung_id=ids[0], alone=True, deadly=False)]
    world.now += LEASE
    assert rung(world, "L3").claims == 1, "it was given back at once"


def test_a_deadly_rung_is_an_incident_and_fires_once_a_person_tries_again(late: World) -> None:
    world, found = late, rung(late, "L2")
    world.now = found.due_at
    die(world, found.id)
    assert (due_rungs(world.session, world.now, 9), count_due(world.session, world.now)) == ([], 0)
    assert oldest_due(world.session) == rung(world, "L3").due_at
    (incident,) = world.incidents()
    assert (incident.code, rung(world, "L2").state) == ("carrier-died", RungState.WAITING)
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now)
    assert (rung(world, "L2").state, rung(world, "L2").claims) == (RungState.FIRED, 0)
    assert world.incidents()[0].state == IncidentState.RESOLVED


def test_a_higher_rung_speaks_though_a_lower_one_was_given_up(late: World) -> None:
    world, found = late, rung(late, "L2")
    world.now = found.due_at
    die(world, found.id)
    fire(world, "L3")
    assert rung(world, "L2").state == RungState.SKIPPED
    (incident,) = world.incidents()
    before = told(world, "late")
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now)
    assert told(world, "late") == before, "nobody is told what a higher one has said"


def test_lower_rungs_wait_with_the_one_that_would_have_spoken_for_them(late: World) -> None:
    world, found = late, rung(late, "L3")
    world.now = found.due_at
    assert due_rungs(world.session, world.now, 9) == [found.id]
    die(world, found.id)
    assert (due_rungs(world.session, world.now, 9), count_due(world.session, world.now)) == ([], 0)
    (incident,) = world.incidents()
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now)
    assert [rung(world, name).state for name in ("L2", "L3")] == [RungState.SKIPPED, RungState.FIRED]


def test_a_reminder_that_kills_is_left_to_a_person_too(late: World) -> None:
    world = late
    found = fire(world, "L2")
    assert found.asked_until is not None
    world.now = found.asked_until
    die(world, found.id)
    assert unanswered_rungs(world.session, world.now, 9) == []
    (incident,) = world.incidents()
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now)
    assert rung(world, "L2").raised_at == world.now


@pytest.fixture
def followed(world: World) -> World:
    """A task that a timer takes away when its rung is due."""
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    world.start(p.package(
        p.start(), p.task("handle", role="handler", unit="water", **clocked),
        p.timer("late", "handle", interrupting=True, date='=rung("handle", "L2")'), p.end("done"), p.end("gone"),
        p.chain("start", "handle", "done"), p.chain("late", "gone"), files=[p.decision("ladder", LADDER), *TEXTS],
    ))  # fmt: skip
    return world


def test_a_timer_waits_while_somebody_moves_the_rung_that_it_follows(followed: World) -> None:
    world, found = followed, rung(followed, "L2")
    world.now = found.due_at
    claim(world, found.id)
    assert claim_timers(world.session, world.now, 9) == [], "it would end the clock before its rung has spoken"
    world.now += LEASE + timedelta(seconds=1)
    assert len(claim_timers(world.session, world.now, 9)) == 1
