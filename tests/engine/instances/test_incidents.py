"""A step that fails: nothing of it is kept, an operator sees it, and trying again works once the cause is mended."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.audit import Actor, Tag
from engine.db import writing
from engine.errors import Conflict, Unavailable
from engine.instances.incidents import count_open, open_incidents
from engine.instances.models import IncidentState, InstanceStatus
from engine.tasks.models import WorkItemState
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_staff

#: After `register` a condition over data that is not there; after `assign` a unit that nobody staffs yet.
UNKNOWN = p.package(
    p.start(),
    p.task("register", form="register"),
    p.choice("which", default="no", label="which one?"),
    p.task("yes"),
    p.end(),
    p.chain("start", "register", "which"),
    p.flow("which", "yes", "unheard_of > 3"),
    p.flow("which", "end", name="no"),
    p.chain("yes", "end"),
    files=[p.form("register", p.text_field("note"))],
)
UNSTAFFED = p.package(
    p.start(),
    p.task("register", form="register"),
    p.task("lead", role="street_leader", unit="=place.street"),
    p.end(),
    p.chain("start", "register", "lead", "end"),
    files=[p.form("register", p.text_field("note"))],
)


def fail(world: World, package: Any) -> Conflict:
    """Start a package and complete its first task, which fails."""
    world.start(package)
    with pytest.raises(Conflict) as caught:
        world.complete("register", {"note": "记一笔"})
    return caught.value


def unstaff(world: World) -> None:
    """Nobody leads the street any more, nor anything above it."""
    with writing(world.session):
        world.district.person("street-leader").active = False


def test_a_step_that_fails_leaves_everything_as_it_was_and_an_incident(world: World) -> None:
    error = fail(world, UNKNOWN)
    assert error.code == "step-failed"
    (incident,) = world.incidents()
    assert error.facts["incident"] == str(incident.id)
    assert error.facts["element"] == "which one?", "people read what the step is called, not its id"
    assert (incident.element_id, incident.process_id, incident.code) == ("which", "petition", "condition-unknown")
    assert incident.expression == "=unheard_of > 3"
    assert {"note", "place", "case"} <= set(incident.data_keys)
    assert "记一笔" not in incident.message
    assert world.items()["register"].state == WorkItemState.OPEN
    assert (world.instance().status, world.instance().lock_version) == (InstanceStatus.INCIDENT, 1)
    assert world.tags() == [Tag.INSTANCE_STARTED, Tag.WORK_ITEM_CREATED, Tag.INCIDENT_RAISED]


def test_the_operator_sees_what_is_open(world: World) -> None:
    fail(world, UNKNOWN)
    assert [each.element_id for each in open_incidents(world.session, jurisdiction="qinghe")] == ["which"]
    assert (count_open(world.session, jurisdiction="qinghe"), count_open(world.session, jurisdiction="x")) == (1, 0)


def test_failing_again_counts_the_try_and_makes_no_second_incident(world: World) -> None:
    fail(world, UNKNOWN)
    with pytest.raises(Conflict):
        world.complete("register", {"note": "再试"})
    (incident,) = world.incidents()
    assert incident.tries == 2


def test_retrying_with_the_cause_still_there_fails_and_says_so(world: World) -> None:
    fail(world, UNKNOWN)
    (incident,) = world.incidents()
    operator = Actor.staff(world.district.person("operator"))
    assert world.runtime.retry(world.session, incident.id, actor=operator, now=world.now) is False
    assert (world.incidents()[0].state, world.incidents()[0].tries) == (IncidentState.OPEN, 2)
    assert Tag.INCIDENT_RETRIED in world.tags()


def test_once_the_cause_is_mended_a_retry_does_what_was_tried_in_the_name_of_who_tried(world: World) -> None:
    unstaff(world)
    fail(world, UNSTAFFED)
    (incident,) = world.incidents()
    assert incident.code == "nobody-in-role"
    make_staff(world.session, "new-leader", roles=[("street_leader", world.district.unit("east"))])
    operator = Actor.staff(world.district.person("operator"))
    assert world.runtime.retry(world.session, incident.id, actor=operator, now=world.now) is True
    assert set(world.items()) == {"lead"}
    assert (world.incidents()[0].state, world.instance().status) == (IncidentState.RESOLVED, InstanceStatus.RUNNING)
    done = next(event for event in world.events() if event.tag == Tag.WORK_ITEM_COMPLETED)
    assert done.actor_id == str(world.me.id)
    with pytest.raises(Conflict, match="resolved"):
        world.runtime.retry(world.session, incident.id, actor=operator, now=world.now)


def test_doing_the_same_again_by_hand_resolves_the_incident(world: World) -> None:
    unstaff(world)
    fail(world, UNSTAFFED)
    make_staff(world.session, "new-leader", roles=[("street_leader", world.district.unit("east"))])
    world.complete("register", {"note": "再来"})
    assert world.incidents()[0].state == IncidentState.RESOLVED
    assert world.instance().status == InstanceStatus.RUNNING


def test_an_incident_of_what_is_no_longer_to_be_done_is_resolved_by_a_retry(world: World) -> None:
    fail(world, UNKNOWN)
    world.runtime.cancel(world.session, world.instance().id, reason="", actor=Actor.staff(world.me), now=world.now)
    (incident,) = world.incidents()
    assert incident.state == IncidentState.RESOLVED


def test_a_start_that_fails_keeps_the_case_and_can_be_retried_with_its_typed_data(world: World) -> None:
    unstaff(world)
    package = p.package(
        p.start(), p.script("later", 'filed + duration("P1D")', "reply_by"),
        p.task("lead", role="street_leader", unit="=place.street"), p.end(), p.chain("start", "later", "lead", "end"),
    )  # fmt: skip
    filed = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
    instance = world.start(package, filed=filed)
    assert instance.status == InstanceStatus.INCIDENT
    (incident,) = world.incidents()
    assert incident.attempt["do"] == "start"
    make_staff(world.session, "new-leader", roles=[("street_leader", world.district.unit("east"))])
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now) is True
    assert set(world.items()) == {"lead"}
    assert world.instance().status == InstanceStatus.RUNNING


def test_within_a_transaction_of_the_caller_the_callers_rows_stay(world: World) -> None:
    world.start(UNKNOWN)
    item = world.items()["register"]
    with writing(world.session):
        world.case.title = "改过的标题"
        done = world.runtime.complete(world.session, item.id, {"note": ""}, actor=Actor.staff(world.me), now=world.now)
        assert done.incident_id is not None
    world.session.expire_all()
    assert world.case.title == "改过的标题"
    assert [incident.id for incident in world.incidents()] == [done.incident_id]


def test_a_service_that_cannot_be_reached_is_an_incident_of_its_element(world: World) -> None:
    def unreachable(_step: Any, _call: Any) -> None:
        raise Unavailable("register-away", "The register of units does not answer.")

    world.runtime.register_performer("look-up", unreachable)
    world.start(
        p.package(
            p.start(), p.task("register"), p.send("look", kind="look-up"), p.end(),
            p.chain("start", "register", "look", "end"),
        )
    )  # fmt: skip
    with pytest.raises(Conflict, match="look"):
        world.complete("register")
    (incident,) = world.incidents()
    assert (incident.element_id, incident.code) == ("look", "register-away")


def test_an_end_that_the_case_refuses_is_an_incident_of_the_end_event(world: World) -> None:
    def refuse(_step: Any, _ended: Any) -> None:
        raise Unavailable("case-away", "The case cannot be closed now.")

    world.hooks.on_end = refuse
    world.start(p.package(p.start(), p.task("register"), p.end(), p.chain("start", "register", "end")))
    with pytest.raises(Conflict):
        world.complete("register")
    (incident,) = world.incidents()
    assert (incident.element_id, incident.code) == ("end", "case-away")
