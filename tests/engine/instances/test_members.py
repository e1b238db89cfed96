"""Staff of a role as options of a form: who is on the list, in which order."""

import pytest
from sqlalchemy.orm import Session

from engine.cases.members import list_members
from engine.definitions import Package
from engine.errors import Invalid, NotFound
from engine.instances.reading import task_data
from engine.organisation.service import holders_upwards
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import District, make_staff


def mediators(session: Session, district: District) -> None:
    """Three mediators on two levels, one in a department, one who left."""
    for login, unit, active in (
        ("zhou", "willow", True), ("an", "willow", True), ("ren", "east-centre", True), ("xu", "water", True),
        ("old", "willow", False),
    ):  # fmt: skip
        make_staff(session, login, roles=[("mediator", district.unit(unit))], active=active)


def names(session: Session, unit: str, role: str = "mediator") -> list[tuple[str, str]]:
    found = holders_upwards(session, jurisdiction="qinghe", role=role, unit_code=unit)
    return [(staff.login, office.code) for staff, office in found]


def test_the_nearest_come_first_and_offices_belong_to_their_unit(world: World) -> None:
    mediators(world.session, world.district)
    assert names(world.session, "willow-1") == [("an", "willow"), ("zhou", "willow"), ("ren", "east-centre")]
    assert names(world.session, "east") == [("ren", "east-centre")]
    assert names(world.session, "plum") == []


def test_who_holds_it_twice_is_listed_once_where_it_is_nearest(world: World) -> None:
    both = [("mediator", world.district.unit(code)) for code in ("east", "willow")]
    make_staff(world.session, "twice", roles=both)
    assert names(world.session, "willow") == [("twice", "willow")]


def test_a_role_or_unit_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        names(world.session, "willow", "wizard")
    with pytest.raises(NotFound):
        names(world.session, "nowhere")


def listing(**settings: str) -> Package:
    """A package that lists staff and gives a task to the first of them."""
    said = '<zeebe:assignmentDefinition assignee="=members[1].value"/>'
    mediate = p.task("mediate", role="mediator").replace("<zeebe:userTask/>", "<zeebe:userTask/>" + said)
    listed = p.send("list", "members", **settings)
    return p.package(p.start(), listed, mediate, p.end("done"), p.chain("start", "list", "mediate", "done"))


def test_a_process_gets_the_list_and_a_task_goes_to_whom_it_names(world: World) -> None:
    mediators(world.session, world.district)
    world.runtime.register_performer("members", list_members)
    world.start(listing(members_role="mediator", members_unit="=place.community"))
    item = world.items()["mediate"]
    assert task_data(world.session, item)["members"][0] == {
        "value": str(item.owner_id), "label": "An（柳园社区）", "unit": "willow",
    }  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    # no role; a unit that the data do not have
    [{}, {"members_role": "mediator", "members_unit": "=place.nothing"}],
)
def test_a_service_that_names_no_role_or_unit_says_so(world: World, settings: dict[str, str]) -> None:
    world.runtime.register_performer("members", list_members)
    world.start(listing(**settings))
    assert [(each.element_id, each.code) for each in world.incidents()] == [("list", "members-incomplete")]
