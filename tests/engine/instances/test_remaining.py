"""A task from which everybody is excluded who comes first: somebody else gets it, and it is said why."""

import pytest

from engine.audit import Actor, Tag
from engine.db import writing
from engine.definitions import Package
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_staff


def again(role: str, unit: str, **settings: str) -> Package:
    """A task that is not for those who did an earlier round."""
    one = p.task("handle", role=role, unit=unit, exclude="=did", **settings)
    return p.package(p.start(), one, p.end("done"), p.chain("start", "handle", "done"))


def who(world: World, *logins: str) -> list[str]:
    """The ids of some people."""
    return [str(world.district.person(each).id) for each in logins]


def test_while_a_colleague_is_left_the_task_stays_in_its_office(world: World) -> None:
    make_staff(world.session, "second", roles=[("handler", world.district.unit("housing"))])
    world.start(again("handler", "housing", exclude_else="department_lead"), did=who(world, "housing-handler"))
    assert world.items()["handle"].inbox_key == "handler@housing"
    assert Tag.WORK_ITEM_REDIRECTED not in world.tags()


def test_without_a_colleague_it_goes_to_the_role_that_the_diagram_names(world: World) -> None:
    did = who(world, "housing-handler")
    world.start(again("handler", "housing", exclude_else="department_lead"), did=did)
    item = world.items()["handle"]
    assert (item.inbox_key, item.role, item.excluded) == ("department_lead@housing", "department_lead", did)
    told = next(event for event in world.events() if event.tag == Tag.WORK_ITEM_REDIRECTED)
    assert (told.data["instead_of"], told.data["role"], told.data["unit"]) == ("handler", "department_lead", "区住建局")
    world.complete("handle", by=world.district.person("housing-lead"))
    assert world.instance().ended_at is not None


def test_without_such_a_role_it_goes_to_the_same_role_in_a_unit_above(world: World) -> None:
    make_staff(world.session, "of-the-street", roles=[("community", world.district.unit("east"))])
    world.start(again("community", "=place.community"), did=who(world, "community"))
    item = world.items()["handle"]
    assert (item.inbox_key, item.why["instead_of"], item.why["requested"]) == (
        "community@east",
        "community",
        "柳园社区",
    )


@pytest.mark.parametrize("settings", [{}, {"exclude_else": "department_lead"}], ids=["no role named", "its lead too"])
def test_with_nobody_at_all_an_operator_sees_it_and_can_mend_it(world: World, settings: dict[str, str]) -> None:
    world.start(again("handler", "housing", **settings), did=who(world, "housing-handler", "housing-lead"))
    (incident,) = world.incidents()
    assert (incident.code, incident.element_id, world.items()) == ("nobody-left", "handle", {})
    with writing(world.session):
        make_staff(world.session, "second", roles=[("handler", world.district.unit("housing"))])
    operator = world.district.person("operator")
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(operator), now=world.now) is True
    assert world.items()["handle"].inbox_key == "handler@housing"
