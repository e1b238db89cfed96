"""The search index follows the matters: names, parties, merged and sealed ones."""

from datetime import datetime

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.cases.indexing import index_again, reindex
from engine.cases.models import Case, CaseSearch
from engine.cases.party import CaseParty
from engine.cases.search import search
from engine.cases.vault import Vault
from engine.db import new_id, writing
from engine.organisation.policy import viewer_for
from tests.factories import District, make_case, make_district

VAULT = Vault(bytes(range(32)))


@pytest.fixture
def district(session: Session) -> District:
    """The invented district."""
    return make_district(session)


def add(session: Session, district: District, title: str, text: str, name: str = "") -> Case:
    case = make_case(session, place=district.unit("willow"), title=title, text=text)
    with writing(session):
        case.personal = VAULT.seal({"name": name}, case.id)
        session.add(case)
    return case


def add_party(session: Session, case: Case, name: str, now: datetime) -> None:
    with writing(session):
        party = CaseParty(
            id=new_id(), case_id=case.id, jurisdiction=case.jurisdiction, key="p2", role="respondent",
            personal=b"", added_by="x", added_at=now,
        )  # fmt: skip
        party.personal = VAULT.seal({"name": name}, party.id)
        session.add(party)


def found(session: Session, district: District, asked: str) -> list[str]:
    return [hit.case.number for hit in search(session, viewer_for(session, district.person("centre")), asked)]


def test_older_matters_are_indexed_without_the_names_of_their_people(
    session: Session, district: District, now: datetime
) -> None:
    case = add(session, district, "楼上漏水", "我是欧阳建国，楼上司马相如家漏水，电话13800000001。", "欧阳建国")
    add_party(session, case, "司马相如", now)
    assert found(session, district, "漏水") == []
    assert list(reindex(session, VAULT)) == [1]
    assert found(session, district, "漏水") == [case.number]
    for person in ("欧阳建国", "建国", "司马相如", "司马"):
        assert found(session, district, person) == []
    words = session.scalars(select(CaseSearch.words)).one()
    assert not {"欧阳", "阳建", "建国", "司马", "马相", "相如", "13800000001"} & set(words)


def test_indexing_again_changes_nothing_and_goes_on_in_parts(
    session: Session, district: District, now: datetime
) -> None:
    for number in range(5):
        add(session, district, f"路灯第{number}盏", "晚上很黑")
    assert list(reindex(session, VAULT, batch=2)) == [2, 4, 5]
    before = sorted(" ".join(each) for each in session.scalars(select(CaseSearch.words)))
    assert list(reindex(session, VAULT, batch=3)) == [3, 5]
    assert sorted(" ".join(each) for each in session.scalars(select(CaseSearch.words))) == before


def test_a_sealed_matter_leaves_the_index(session: Session, district: District) -> None:
    case = add(session, district, "楼上漏水", "一直漏")
    index_again(session, case, VAULT)
    with writing(session):
        case.sealed = True
        session.add(case)
    assert found(session, district, "漏水") == []  # at once, whatever the index still has
    list(reindex(session, VAULT))
    assert session.scalars(select(CaseSearch)).all() == []


def test_a_merged_matter_is_found_by_its_number_alone(session: Session, district: District) -> None:
    first, second = (add(session, district, "楼上漏水", "一直漏") for _ in range(2))
    for case in (first, second):
        index_again(session, case, VAULT)
    with writing(session):
        second.merged_into_id, second.state = first.id, "merged"
        session.add(second)
    assert found(session, district, "漏水") == [first.number]
    index_again(session, second, VAULT)
    assert found(session, district, "漏水") == [first.number]
    assert found(session, district, second.number) == [second.number]


def test_a_corrected_matter_is_found_by_its_new_words(session: Session, district: District) -> None:
    case = add(session, district, "楼上漏水", "一直漏")
    index_again(session, case, VAULT)
    with writing(session):
        case.title, case.text = "楼上噪音", "一直吵"
        session.add(case)
    assert found(session, district, "漏水") == []  # at once
    index_again(session, case, VAULT)
    assert found(session, district, "噪音") == [case.number]


def test_an_index_that_lost_rows_is_whole_again(session: Session, district: District) -> None:
    case = add(session, district, "楼上漏水", "一直漏")
    index_again(session, case, VAULT)
    with writing(session):
        session.execute(delete(CaseSearch))
    list(reindex(session, VAULT))
    assert found(session, district, "漏水") == [case.number]
