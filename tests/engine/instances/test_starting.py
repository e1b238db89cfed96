"""What the first step writes: the instance's row once where it can be, and nothing of a step that failed."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import writing
from engine.errors import NotFound
from engine.instances.hooks import Step
from engine.instances.models import Instance, InstanceStatus
from engine.spiff import ServiceCall
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World

PLAIN = p.package(p.start(), p.task("verify"), p.end(), p.chain("start", "verify", "end"))
SERVED = p.package(
    p.start(), p.send("look", "look-up"), p.task("verify"), p.end(), p.chain("start", "look", "verify", "end")
)
OVER = p.package(p.start(), p.end(outcome="solved"), p.chain("start", "end"))
#: the second step of its start has nobody to do it
ALONE = p.package(
    p.start(), p.send("look", "look-up"), p.task("lead", role="nobody_has_it"), p.end(),
    p.chain("start", "look", "lead", "end"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("package", "status", "outcome"),
    [
        (PLAIN, InstanceStatus.RUNNING, None),
        # a service makes the row be written before the step is over
        (SERVED, InstanceStatus.RUNNING, None),
        # nobody is asked anything
        (OVER, InstanceStatus.COMPLETED, "solved"),
    ],
)
def test_the_copy_of_the_row_says_what_the_database_says(
    world: World, package: Any, status: InstanceStatus, outcome: str | None
) -> None:
    world.runtime.register_performer("look-up", lambda _step, _call: None)
    copy = world.start(package)
    assert copy not in world.session
    row = world.instance()
    assert (row.status, row.outcome, row.lock_version) == (status, outcome, 1)
    for column in [each.name for each in Instance.__table__.columns]:
        assert getattr(copy, column) == getattr(row, column), column
    assert row.state


def test_a_service_of_the_first_step_finds_the_instance(world: World) -> None:
    found = []

    def look(step: Step, _call: ServiceCall) -> Mapping[str, Any] | None:
        found.append(step.session.scalars(select(Instance)).one().status)
        return None

    world.runtime.register_performer("look-up", look)
    world.start(SERVED)
    assert found == [InstanceStatus.RUNNING]
    assert set(world.items()) == {"verify"}


def test_a_first_step_that_fails_within_a_callers_transaction_leaves_only_the_instance_and_its_incident(
    world: World,
) -> None:
    def rename(step: Step, _call: ServiceCall) -> Mapping[str, Any] | None:
        world.case.title = "眼看就没了"
        step.session.flush()
        return None

    world.runtime.register_performer("look-up", rename)
    with writing(world.session):
        world.case.title = "改过的标题"
        copy = world.start(ALONE)
    world.session.expire_all()
    assert world.case.title == "改过的标题"
    assert (copy.status, world.instance().status) == (InstanceStatus.INCIDENT, InstanceStatus.INCIDENT)
    assert world.instance().lock_version == copy.lock_version == 0
    assert [incident.element_id for incident in world.incidents()] == ["lead"]
    assert world.tags() == [Tag.INCIDENT_RAISED]
    assert world.items() == {}


def test_a_process_that_is_not_active_is_not_started(world: World, session: Session) -> None:
    with pytest.raises(NotFound) as refused:
        world.runtime.start(
            session, case_id=world.case.id, jurisdiction="qinghe", key="unknown", data={},
            actor=Actor.resident(), now=world.now,
        )  # fmt: skip
    assert refused.value.code == "process-not-active"
    assert session.scalars(select(Instance)).all() == []
