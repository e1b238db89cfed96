"""Who stands in which relation to a case, and what follows."""

import dataclasses
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from engine.audit import ActorKind
from engine.db import new_id, writing
from engine.errors import Forbidden, NotFound
from engine.organisation.models import UnitKind
from engine.organisation.policy import (
    Action,
    CaseSubject,
    Field,
    OpenItem,
    Relation,
    Viewer,
    anonymous_viewer,
    api_viewer,
    may,
    reach,
    relations,
    require,
    resident_viewer,
    viewer_for,
    visible_fields,
)
from engine.organisation.roles import Role
from engine.organisation.service import inbox_keys
from tests.factories import JURISDICTION, District, make_district, make_staff, make_unit


@pytest.fixture
def district(session: Session) -> District:
    return make_district(session)


CASE = UUID(int=7)


def subject(district: District, **changes: object) -> CaseSubject:
    """A matter in willow that its grid worker reported and a handler of the water works has now."""
    made = CaseSubject(
        case_id=CASE, jurisdiction=JURISDICTION, place_path=district.unit("willow-1-a-3").path,
        unit_paths=tuple((district.unit_id(code), district.unit(code).path) for code in ("willow", "water-works")),
        open_items=(OpenItem(role="handler", unit_id=district.unit_id("water-works")),),
        participants=frozenset({district.person("grid").id}),
    )  # fmt: skip
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def viewer(session: Session, district: District, login: str) -> Viewer:
    return viewer_for(session, district.person(login))


R = Relation


@pytest.mark.parametrize(
    ("login", "found"),
    [
        ("grid", {R.PARTICIPANT, R.SAME_UNIT, R.ABOVE}),  # reported it; the place is in the community
        ("community", {R.SAME_UNIT, R.ABOVE}),
        ("centre", {R.ABOVE}),  # an office answers for its street
        ("street-leader", {R.ABOVE}),
        ("handler", {R.ASSIGNEE, R.SAME_UNIT}),  # could take it; nobody is above themselves
        ("handler-two", {R.ABOVE}),  # of the department that the office belongs to
        ("water-lead", {R.ABOVE}),
        ("housing-lead", set()),  # another department
        ("west-centre", set()),  # another street
        ("plum-grid", set()),
        ("supervisor", {R.ABOVE, R.SUPERVISION}),
        ("caller", {R.ABOVE}),  # which grants a call-back officer nothing
        ("district-main", {R.ABOVE}),
    ],
)
def test_relations_of_staff(session: Session, district: District, login: str, found: set[Relation]) -> None:
    had = {relation for _, relation in relations(viewer(session, district, login), subject(district))}
    assert had == found | {R.NONE}


@pytest.mark.parametrize(
    ("login", "field", "seen"),
    [
        ("handler", Field.PETITIONER_CONTACT, True),
        ("grid", Field.PETITIONER_CONTACT, False),  # did their step: the person is no longer theirs to call
        ("grid", Field.COMMENTS, True),
        ("community", Field.TEXT, True),
        ("community", Field.COMMENTS, False),
        ("handler-two", Field.NUMBER, False),  # other office of the same department
        ("caller", Field.NUMBER, False),  # until it is their turn
        ("water-lead", Field.PETITIONER_NAME, True),
        ("water-lead", Field.PETITIONER_CONTACT, False),
        ("district-main", Field.PETITIONER_NAME, False),
        ("operator", Field.DIAGRAM, True),
        ("operator", Field.TITLE, False),
        ("admin", Field.NUMBER, False),
        ("designer", Field.NUMBER, False),
    ],
)
def test_what_is_seen(session: Session, district: District, login: str, field: Field, seen: bool) -> None:
    assert (field in visible_fields(viewer(session, district, login), subject(district))) == seen


def test_a_claimed_item_is_its_owners_alone(session: Session, district: District) -> None:
    colleague = make_staff(session, "colleague", roles=[(Role.HANDLER, district.unit("water-works"))])
    item = OpenItem(role="handler", unit_id=district.unit_id("water-works"), owner_id=colleague.id)
    claimed = subject(district, open_items=(item,))
    assert Field.PETITIONER_CONTACT in visible_fields(viewer_for(session, colleague), claimed)
    assert Field.PETITIONER_CONTACT not in visible_fields(viewer(session, district, "handler"), claimed)


def test_who_is_excluded_from_an_item_could_not_take_it(session: Session, district: District) -> None:
    item = OpenItem(
        role="handler", unit_id=district.unit_id("water-works"), excluded=frozenset({district.person("handler").id})
    )
    rework = subject(district, open_items=(item,))
    assert not may(viewer(session, district, "handler"), Action.CLAIM, rework)


def test_another_role_in_the_same_unit_is_no_assignee(session: Session, district: District) -> None:
    lead = make_staff(session, "office-lead", roles=[(Role.DEPARTMENT_LEAD, district.unit("water-works"))])
    assert not may(viewer_for(session, lead), Action.COMPLETE, subject(district))


def test_memberships_do_not_lend_each_other_relations(session: Session, district: District) -> None:
    # reads the matter as a colleague in the water works; leading in housing gives no leader's sight of water's case
    both = make_staff(
        session,
        "both",
        roles=[(Role.CALLBACK, district.unit("water-works")), (Role.DEPARTMENT_LEAD, district.unit("housing"))],
    )
    assert Field.TEXT in visible_fields(viewer_for(session, both), subject(district))
    assert Field.PETITIONER_NAME not in visible_fields(viewer_for(session, both), subject(district))
    assert not may(viewer_for(session, both), Action.ASSIGN, subject(district))


def test_another_jurisdiction_sees_nothing(session: Session, district: District) -> None:
    root = make_unit(session, UnitKind.DISTRICT, JURISDICTION, jurisdiction="elsewhere")  # equal paths
    for role in Role:
        if role is not Role.RESIDENT:
            stranger = viewer_for(session, make_staff(session, f"stranger-{role}", roles=[(role, root)]))
            assert visible_fields(stranger, subject(district)) == frozenset()


def test_staff_who_left_see_nothing(session: Session, district: District) -> None:
    with writing(session):
        district.person("handler").active = False
    gone = viewer(session, district, "handler")
    assert visible_fields(gone, subject(district)) == frozenset()
    assert not may(gone, Action.VIEW_INBOX)


def test_a_resident_sees_the_own_case_only(district: District) -> None:
    assert Field.PETITIONER_CONTACT in visible_fields(resident_viewer(CASE), subject(district))
    assert visible_fields(resident_viewer(new_id()), subject(district)) == frozenset()
    assert visible_fields(anonymous_viewer(), subject(district)) == frozenset()
    assert may(anonymous_viewer(), Action.FILE_CASE)
    assert not may(anonymous_viewer(), Action.SEARCH_CASES)


def test_a_program_stands_where_its_token_says(session: Session, district: District) -> None:
    program = api_viewer("hotline", {Role.STREET_CENTRE: district.unit("east-centre")})
    assert program.kind == ActorKind.API
    assert Field.TEXT in visible_fields(program, subject(district))
    assert Field.PETITIONER_NAME not in visible_fields(program, subject(district))
    assert not may(program, Action.DEPLOY_PROCESS)
    assert may(api_viewer("ci", {Role.DESIGNER: district.unit("qinghe")}), Action.DEPLOY_PROCESS)


def test_requiring_says_which_roles_do_not_allow_what(session: Session, district: District) -> None:
    require(viewer(session, district, "handler"), Action.COMPLETE, subject(district))
    with pytest.raises(Forbidden, match=r"Your roles \(department_lead\) do not allow this") as refused:
        require(viewer(session, district, "housing-lead"), Action.COMPLETE, subject(district))
    assert refused.value.facts["action"] == "complete"
    with pytest.raises(Forbidden, match=r"\(none\)"):
        require(Viewer(kind=ActorKind.STAFF), Action.MANAGE_STAFF)


ALL = ["grid", "community", "centre", "street-leader", "street-main", "handler", "handler-two", "water-lead",
       "water-main", "housing-handler", "housing-lead", "supervisor", "caller", "shift", "district-main",
       "west-centre", "plum-grid", "designer", "operator", "admin"]  # fmt: skip


def test_an_accusation_is_known_to_its_route_and_to_who_made_it(session: Session, district: District) -> None:
    office = make_unit(session, UnitKind.OFFICE, "discipline", parent=district.unit("qinghe"))
    officer = viewer_for(session, make_staff(session, "officer", roles=[(Role.HANDLER, office)]))
    accusation = subject(
        district, sealed=True, sealed_route=frozenset({office.id}),
        accused_paths=frozenset({district.unit("water").path}),
        unit_paths=((office.id, office.path),), open_items=(OpenItem(role="handler", unit_id=office.id),),
    )  # fmt: skip
    assert may(officer, Action.COMPLETE, accusation)
    assert Field.PETITIONER_NAME in visible_fields(resident_viewer(CASE), accusation)
    for login in ALL:
        someone = viewer(session, district, login)
        assert visible_fields(someone, accusation) == frozenset(), login
        assert not any(may(someone, action, accusation) for action in Action), login
        with pytest.raises(NotFound, match="There is no case"):
            require(someone, Action.VIEW_CASE, accusation)


def test_the_accused_unit_sees_nothing_even_where_it_works_on_the_case(session: Session, district: District) -> None:
    # not sealed, and routed to the accused department by mistake: still nobody there or below learns of it
    accused = subject(district, accused_paths=frozenset({district.unit("water").path}))
    for login in ("handler", "handler-two", "water-lead", "water-main"):
        assert visible_fields(viewer(session, district, login), accused) == frozenset(), login
        with pytest.raises(NotFound):
            require(viewer(session, district, login), Action.VIEW_CASE, accused)
    assert Field.TEXT in visible_fields(viewer(session, district, "centre"), accused)


def test_somebody_who_also_works_elsewhere_is_still_the_accused_units(session: Session, district: District) -> None:
    held = [(Role.HANDLER, district.unit("water")), (Role.SUPERVISION, district.unit("supervision"))]
    both = make_staff(session, "both", roles=held)
    accused = subject(district, accused_paths=frozenset({district.unit("water").path}))
    assert visible_fields(viewer_for(session, both), accused) == frozenset()


def test_an_accused_person_sees_nothing_wherever_they_work(session: Session, district: District) -> None:
    accused = subject(district, accused_staff=frozenset({district.person("supervisor").id}))
    assert visible_fields(viewer(session, district, "supervisor"), accused) == frozenset()


def test_the_reach_of_a_search_follows_from_the_table(session: Session, district: District) -> None:
    centre = reach(viewer(session, district, "centre"))
    assert centre.scopes == {district.unit("east").path}
    assert centre.unit_ids == {district.unit_id("east-centre")}
    handler = reach(viewer(session, district, "handler"))
    assert (handler.scopes, handler.unit_ids) == (frozenset(), {district.unit_id("water-works")})
    assert handler.staff_id == district.person("handler").id
    for login in ("designer", "operator", "admin"):
        technical = reach(viewer(session, district, login))
        assert (technical.scopes, technical.unit_ids, technical.staff_id) == (frozenset(), frozenset(), None)
    assert reach(resident_viewer(CASE)).case_id == CASE


def test_a_standing_has_the_inbox_of_its_membership(session: Session, district: District) -> None:
    for person in district.staff.values():
        keys = [each.inbox_key for each in viewer_for(session, person).standings]
        assert sorted(keys) == inbox_keys(session, person.id)
