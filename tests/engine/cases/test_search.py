"""Matters are found by their words, by those who may see them, and never by a person."""

import pytest
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.cases.search import index_case, search
from engine.db import writing
from engine.errors import Forbidden, Invalid
from engine.organisation.policy import viewer_for
from tests.factories import District, make_case, make_district

TEXT = "我叫王建国，电话 138-0000-0001，三号楼地下室水管漏水，WiFi 也断了。"


@pytest.fixture
def district(session: Session) -> District:
    """The invented district."""
    return make_district(session)


@pytest.fixture
def case(session: Session, district: District) -> Case:
    """A leak in Willow community, with a name and a number in its text."""
    case = make_case(session, place=district.unit("willow"), title="地下室漏水", text=TEXT)
    index_case(session, case, without=["王建国"])
    return case


def found(session: Session, district: District, asked: str, who: str = "centre") -> list[str]:
    return [hit.case.number for hit in search(session, viewer_for(session, district.person(who)), asked)]


@pytest.mark.parametrize("asked", ["漏水", "水管漏水", "地下室 wifi", "WIFI"])
def test_a_matter_is_found_by_its_words(session: Session, district: District, case: Case, asked: str) -> None:
    assert found(session, district, asked) == [case.number]


@pytest.mark.parametrize("asked", ["漏电", "水漏", "王建国", "建国", '漏水" OR "x', "100%"])
def test_what_is_not_in_it_or_names_a_person_finds_nothing(
    session: Session, district: District, case: Case, asked: str
) -> None:
    assert found(session, district, asked) == []


@pytest.mark.parametrize("asked", ["13800000001", "138-0000-0001", "a@b.cn", "水", " "])
def test_a_telephone_number_an_address_and_one_character_are_refused(
    session: Session, district: District, case: Case, asked: str
) -> None:
    with pytest.raises(Invalid):
        found(session, district, asked)


WHO = [
    # who asks, for what, whether the matter is found
    ("centre", "水管", True),  # of the street
    ("community", "漏水", True),  # the community sees the title
    ("community", "水管", False),  # and not the text
    ("plum-grid", "漏水", False),  # another community
    ("housing-handler", "漏水", False),
]


@pytest.mark.parametrize(("who", "asked", "seen"), WHO)
def test_nobody_finds_what_they_may_not_see(
    session: Session, district: District, case: Case, who: str, asked: str, seen: bool
) -> None:
    assert found(session, district, asked, who) == ([case.number] if seen else [])
    assert bool(found(session, district, case.number, who)) is (who in ("centre", "community"))


def test_a_sealed_case_is_in_no_index(session: Session, district: District, case: Case) -> None:
    with writing(session):
        case.sealed = True
        session.add(case)
    assert found(session, district, "漏水") == []
    index_case(session, case)
    assert found(session, district, "漏水") == []


def test_who_handles_no_matters_does_not_search(session: Session, district: District, case: Case) -> None:
    with pytest.raises(Forbidden):
        found(session, district, "漏水", "operator")
