"""Who covers for whom, when, and in which role."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from engine.errors import Conflict, EngineError, NotFound
from engine.organisation.absences import absences_of, away, covered_keys, covering, end_absence, set_absence
from engine.organisation.colleagues import find_person
from engine.organisation.models import Absence, Membership
from engine.organisation.policy import Action, CaseSubject, Field, OpenItem, may, viewer_for, visible_fields
from engine.organisation.service import memberships
from tests.factories import District, make_district, make_staff

DAY = timedelta(days=1)


@pytest.fixture
def district(session: Session) -> District:
    return make_district(session)


def absent(session: Session, district: District, now: datetime, **values: object) -> Absence:
    """The handler of the water works is away for three days; the other handler covers."""
    said = {
        "staff": district.person("handler"), "substitute": district.person("handler-two"), "from_at": now,
        "until_at": now + 3 * DAY, "now": now,
    } | values  # fmt: skip
    return set_absence(session, **said)  # type: ignore[arg-type]


def test_a_substitute_works_from_the_inbox_of_who_is_away_from_the_first_day_to_the_last(
    session: Session, district: District, now: datetime
) -> None:
    absent(session, district, now, from_at=now + DAY)
    two = district.person("handler-two").id
    found = {days: list(covered_keys(session, two, now + days * DAY)) for days in (0, 1, 2, 3)}
    assert found == {0: [], 1: ["handler@water-works"], 2: ["handler@water-works"], 3: []}
    assert [each.staff.name for each in covering(session, two, now)] == ["Handler"]
    assert away(session, district.person("handler").id, "handler", district.unit_id("water-works"), now) is None


def test_one_role_is_covered_and_the_other_is_not(session: Session, district: District, now: datetime) -> None:
    both = make_staff(session, "both", roles=[("handler", district.unit("housing")),
                                              ("department_lead", district.unit("housing"))])  # fmt: skip
    lead = next(m for m in memberships(session, both.id) if m.role == "department_lead")
    cover = district.person("housing-handler")
    absent(session, district, now, staff=both, substitute=cover, membership=lead)
    assert list(covered_keys(session, cover.id, now)) == ["department_lead@housing"]
    assert away(session, both.id, "handler", district.unit_id("housing"), now) is None
    assert away(session, both.id, "department_lead", district.unit_id("housing"), now) is not None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"until_at": timedelta(0)}, "absence-dates"),  # ends as it begins
        ({"from_at": -2 * DAY, "until_at": -DAY}, "absence-dates"),  # over already
        ({"until_at": 181 * DAY}, "absence-dates"),  # longer than any absence
        ({"substitute": "handler"}, "absence-self"),
        ({"substitute": "housing-handler"}, "absence-outside"),  # another department
        ({"substitute": "operator"}, "absence-outside"),  # a technical role has no part in matters
        ({"staff": "operator"}, "absence-no-role"),
    ],
)
def test_what_cannot_be_covered_is_refused(
    session: Session, district: District, now: datetime, values: dict[str, object], code: str
) -> None:
    said = {
        name: now + value if isinstance(value, timedelta) else district.person(str(value))
        for name, value in values.items()
    }
    with pytest.raises(EngineError) as caught:
        absent(session, district, now, **said)
    assert caught.value.code == code
    assert absences_of(session, district.person("handler").id, now) == []


def test_a_role_is_covered_by_one_at_a_time_and_ending_makes_room(
    session: Session, district: District, now: datetime
) -> None:
    absence = absent(session, district, now)
    lead = district.person("water-lead")
    with pytest.raises(Conflict):
        absent(session, district, now, substitute=lead, from_at=now + 2 * DAY, until_at=now + 5 * DAY)
    with pytest.raises(NotFound):
        end_absence(session, absence.id, staff=lead, now=now)
    end_absence(session, absence.id, staff=district.person("handler"), now=now + DAY)
    assert covered_keys(session, district.person("handler-two").id, now + DAY) == {}
    absent(session, district, now, substitute=lead, from_at=now + 2 * DAY, until_at=now + 5 * DAY)


def test_cover_is_not_handed_on(session: Session, district: District, now: datetime) -> None:
    absent(session, district, now)
    lead = district.person("water-lead")
    absent(session, district, now, staff=district.person("handler-two"), substitute=lead)
    assert list(covered_keys(session, lead.id, now)) == ["handler@water"]


def subject(district: District, **values: object) -> CaseSubject:
    works = district.unit("water-works")
    said = {
        "case_id": district.unit_id("willow"), "jurisdiction": "qinghe", "place_path": district.unit("plum").path,
        "unit_paths": ((works.id, works.path),), "open_items": (OpenItem(role="handler", unit_id=works.id),),
    } | values  # fmt: skip
    return CaseSubject(**said)  # type: ignore[arg-type]


def test_a_substitute_sees_and_does_what_the_absent_one_could(
    session: Session, district: District, now: datetime
) -> None:
    absent(session, district, now)
    handler, two = district.person("handler"), district.person("handler-two")
    covering_now, later = (viewer_for(session, two, moment) for moment in (now, now + 4 * DAY))
    for items in (
        (OpenItem(role="handler", unit_id=district.unit_id("water-works")),),
        (OpenItem(role="handler", unit_id=district.unit_id("water-works"), owner_id=handler.id),),  # claimed by them
    ):
        case = subject(district, open_items=items)
        assert may(covering_now, Action.COMPLETE, case)
        assert Field.PETITIONER_CONTACT in visible_fields(covering_now, case)
        assert not may(later, Action.COMPLETE, case)


def test_a_substitute_may_not_do_what_the_absent_one_may_not(
    session: Session, district: District, now: datetime
) -> None:
    absent(session, district, now)
    barred = OpenItem(
        role="handler", unit_id=district.unit_id("water-works"), excluded=frozenset({district.person("handler").id})
    )
    viewer = viewer_for(session, district.person("handler-two"), now)
    assert not may(viewer, Action.COMPLETE, subject(district, open_items=(barred,)))


def test_a_substitute_does_not_know_of_what_is_sealed(session: Session, district: District, now: datetime) -> None:
    absent(session, district, now)
    sealed = subject(district, sealed=True, sealed_route=frozenset({district.unit_id("water-works")}))
    assert may(viewer_for(session, district.person("handler"), now), Action.VIEW_CASE, sealed)
    assert not may(viewer_for(session, district.person("handler-two"), now), Action.VIEW_CASE, sealed)
    named = subject(
        district, sealed=True,
        sealed_route=frozenset({district.unit_id("water-works"), district.unit_id("water")}),
    )  # fmt: skip
    assert not may(viewer_for(session, district.person("handler-two"), now), Action.COMPLETE, named)


def test_people_are_found_by_login_or_by_a_name_that_only_they_have(session: Session, district: District) -> None:
    works = district.unit("water-works")
    make_staff(session, "wang-a", name="王芳", roles=[("handler", works)])
    assert find_person(session, "qinghe", " 王芳 ").login == "wang-a"
    make_staff(session, "wang-b", name="王芳", roles=[("handler", works)])
    make_staff(session, "wang-c", name="王芳", roles=[("operator", works)])  # has no part in matters
    assert find_person(session, "qinghe", "WANG-B").login == "wang-b"
    for wanted, code in (("王芳", "person-ambiguous"), ("wang-c", "person-unknown"), ("谁", "person-unknown")):
        with pytest.raises(EngineError) as caught:
            find_person(session, "qinghe", wanted)
        assert caught.value.code == code


def test_a_membership_of_somebody_else_is_not_covered(session: Session, district: District, now: datetime) -> None:
    other: Membership = memberships(session, district.person("housing-handler").id)[0]
    with pytest.raises(EngineError) as caught:
        absent(session, district, now, membership=other)
    assert caught.value.code == "absence-not-yours"
