"""The tree and who does what in it."""

import pytest
from sqlalchemy.orm import Session

from engine.db import writing
from engine.errors import Invalid, NotFound
from engine.organisation.models import UnitKind
from engine.organisation.roles import LABELS, Role, label
from engine.organisation.service import (
    addressees,
    ancestors,
    inbox_keys,
    members,
    memberships,
    place_facts,
    resolve,
    subtree,
    unit_by_code,
)
from tests.factories import JURISDICTION, District, make_district, make_staff, make_unit


@pytest.fixture
def district(session: Session) -> District:
    return make_district(session)


@pytest.mark.parametrize(
    ("role", "asked", "found", "climbed"),
    [
        (Role.GRID_WORKER, "willow", "willow", False),  # the unit itself
        (Role.GRID_WORKER, "willow-1-a-3-2", "willow", True),  # five levels up
        (Role.STREET_CENTRE, "east", "east-centre", False),  # an office of the unit
        (Role.STREET_CENTRE, "willow", "east-centre", True),  # an office of the unit above, not the other street's
        (Role.STREET_LEADER, "willow-1", "east", True),
        (Role.STREET_LEADER, "east-centre", "east", True),  # from an office to what it belongs to
        (Role.HANDLER, "water", "water", False),  # the unit before its offices
        (Role.HANDLER, "water-works", "water-works", False),
        (Role.DEPARTMENT_LEAD, "water-works", "water", True),
        (Role.SUPERVISION, "water", "supervision", True),  # an office of the district
        (Role.SUPERVISION, "willow-1-a-3-2", "supervision", True),
        (Role.MAIN_LEADER, "water-works", "water", True),
        (Role.MAIN_LEADER, "housing", "qinghe", True),  # has none, so the district's
        (Role.SHIFT_LEAD, "qinghe", "qinghe", False),
    ],
)
def test_a_role_is_found_in_the_nearest_unit(
    session: Session, district: District, role: Role, asked: str, found: str, climbed: bool
) -> None:
    assignment = resolve(session, jurisdiction=JURISDICTION, role=role, unit_code=asked)
    assert (assignment.unit.code, assignment.climbed, assignment.requested_code) == (found, climbed, asked)
    assert assignment.inbox_key == f"{role}@{found}"


def test_staff_who_left_and_closed_offices_are_passed_over(session: Session, district: District) -> None:
    with writing(session):
        district.person("handler-two").active = False
    assert resolve(session, jurisdiction=JURISDICTION, role="handler", unit_code="water").unit.code == "water-works"
    with writing(session):
        district.unit("water-works").active = False
    with pytest.raises(NotFound, match="Nobody holds the role handler in 区水务局"):
        resolve(session, jurisdiction=JURISDICTION, role="handler", unit_code="water")


def test_a_sibling_is_never_asked(session: Session, district: District) -> None:
    with writing(session):
        for login in ("handler", "handler-two"):
            district.person(login).active = False
    with pytest.raises(NotFound, match="Nobody holds"):
        resolve(session, jurisdiction=JURISDICTION, role="handler", unit_code="water")


def test_offices_are_asked_in_the_order_of_their_codes(session: Session, district: District) -> None:
    late = make_unit(session, UnitKind.OFFICE, "a-second-centre", parent=district.unit("east"))
    make_staff(session, roles=[(Role.STREET_CENTRE, late)])
    found = resolve(session, jurisdiction=JURISDICTION, role="street_centre", unit_code="willow")
    assert found.unit.code == "a-second-centre"


def test_the_same_code_in_another_jurisdiction_is_another_unit(session: Session, district: District) -> None:
    other = make_unit(session, UnitKind.DISTRICT, "willow", jurisdiction="elsewhere")
    assert unit_by_code(session, "elsewhere", "willow").id == other.id
    with pytest.raises(NotFound):
        resolve(session, jurisdiction="elsewhere", role="grid_worker", unit_code="willow")


def test_unknown_units_and_roles_are_named(session: Session, district: District) -> None:
    with pytest.raises(NotFound, match="no unit atlantis in qinghe"):
        resolve(session, jurisdiction=JURISDICTION, role="handler", unit_code="atlantis")
    with pytest.raises(Invalid, match="wizard is not a role"):
        resolve(session, jurisdiction=JURISDICTION, role="wizard", unit_code="water")


def test_an_inbox_has_one_key_for_each_membership(session: Session, district: District) -> None:
    both = make_staff(
        session, roles=[(Role.HANDLER, district.unit("water")), (Role.DEPARTMENT_LEAD, district.unit("housing"))]
    )
    assert inbox_keys(session, both.id) == ["department_lead@housing", "handler@water"]
    assert [(each.role, each.unit.code) for each in memberships(session, both.id)] == [
        ("department_lead", "housing"),
        ("handler", "water"),
    ]


def test_a_closed_unit_gives_no_inbox(session: Session, district: District) -> None:
    with writing(session):
        district.unit("willow").active = False
    assert inbox_keys(session, district.person("grid").id) == []
    assert memberships(session, district.person("grid").id) == []


def test_members_are_active_and_in_that_role(session: Session, district: District) -> None:
    make_staff(session, "gone", roles=[(Role.HANDLER, district.unit("water"))], active=False)
    found = members(session, role=Role.HANDLER, unit_id=district.unit_id("water"))
    assert [staff.login for staff in found] == ["handler-two"]


def test_a_subtree_is_the_unit_and_what_is_below(session: Session, district: District) -> None:
    make_unit(session, UnitKind.STREET, "east2", parent=district.unit("qinghe"))  # a code that begins alike
    codes = [unit.code for unit in subtree(session, district.unit("east"))]
    assert codes == ["east", "east-centre", "willow", "willow-1", "willow-1-a", "willow-1-a-3", "willow-1-a-3-2"]


def test_ancestors_lead_from_the_root_to_the_unit(session: Session, district: District) -> None:
    assert [unit.code for unit in ancestors(session, district.unit("willow-1"))] == [
        "qinghe", "east", "willow", "willow-1",
    ]  # fmt: skip


def test_a_process_is_told_every_level_of_a_place(session: Session, district: District) -> None:
    assert place_facts(session, district.unit("willow-1")) == {
        "code": "willow-1", "name": "柳园一村", "district": "qinghe", "street": "east", "community": "willow",
        "estate": "willow-1", "area": None, "building": None, "stair": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("relation", "unit", "logins"),
    [
        ("handler", "water-works", {"handler"}),
        ("owner", "water", {"handler-two"}),  # nobody has it yet: all who could take it
        ("leader_in_charge", "water-works", {"water-lead"}),
        ("leader_in_charge", "willow", {"street-leader"}),  # a community is in its street's line
        ("department_lead", "housing", {"housing-lead"}),
        ("department_lead", "east-centre", {"street-leader"}),
        ("department_lead", "callback", {"district-main"}),  # an office of the district answers to its main leader
        ("main_leader", "water", {"water-main"}),
        ("main_leader", "willow", {"street-main"}),
        ("main_leader", "housing", {"district-main"}),  # the department has none
        ("supervision", "willow", {"supervisor"}),
        ("joint_conference", "water", {"district-main", "supervisor"}),
        ("street_centre", "willow", {"centre"}),  # any role, from the unit upwards
    ],
)
def test_whom_a_relation_means(
    session: Session, district: District, relation: str, unit: str, logins: set[str]
) -> None:
    found = addressees(session, jurisdiction=JURISDICTION, relation=relation, unit_code=unit)
    assert {staff.login for staff in found} == logins


def test_the_owner_is_whoever_claimed_it_while_they_work_here(session: Session, district: District) -> None:
    owner = district.person("grid")

    def asked() -> list[str]:
        found = addressees(
            session, jurisdiction=JURISDICTION, relation="owner", unit_code="willow", owner_id=owner.id,
            role=Role.COMMUNITY,
        )  # fmt: skip
        return [staff.login for staff in found]

    assert asked() == ["grid"]
    with writing(session):
        owner.active = False
    assert asked() == ["community"]


def test_a_relation_that_means_nobody_is_an_error(session: Session, district: District) -> None:
    with writing(session):
        district.person("supervisor").active = False
    with pytest.raises(NotFound, match="role supervision"):
        addressees(session, jurisdiction=JURISDICTION, relation="supervision", unit_code="water")
    with pytest.raises(Invalid, match="auntie is not a role"):
        addressees(session, jurisdiction=JURISDICTION, relation="auntie", unit_code="water")


def test_every_role_has_a_name_in_both_languages() -> None:
    assert set(LABELS) == set(Role)
    assert (label("handler"), label("handler", "en"), label("unheard_of")) == ("承办人", "Handler", "unheard_of")
