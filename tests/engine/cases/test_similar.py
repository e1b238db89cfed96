"""Similar matters: by place, category and words, to whom they are open, and never by a person."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine.cases import similar
from engine.cases.indexing import index_again
from engine.cases.models import Case, CaseSealing, CaseState
from engine.cases.search import matter_words
from engine.cases.similar import likeness, matters_nearby, similar_cases
from engine.cases.vault import Vault
from engine.db import writing
from engine.organisation.policy import viewer_for
from tests.factories import District, make_case, make_district

VAULT = Vault(bytes(range(32)))
LAMP = {"title": "三号楼前路灯不亮", "text": "三号楼前的路灯已经坏了两周，晚上很黑。"}


@pytest.fixture
def district(session: Session) -> District:
    """The invented district."""
    return make_district(session)


def add(session: Session, district: District, now: datetime, name: str = "", **values: Any) -> Case:
    place = district.unit(values.pop("place", "willow"))
    case = make_case(session, place=place, **({"filed_at": now, "category": "roads"} | LAMP | values))
    with writing(session):
        case.personal = VAULT.seal({"name": name}, case.id)
        session.add(case)
        index_again(session, case, VAULT)
    return case


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        ("三号楼前路灯坏了，晚上很黑", True),  # the same lamp in other words
        ("三号楼路灯不亮", True),
        ("下水道堵了，污水漫到路上", False),  # another matter
    ],
)
def test_matters_are_alike_by_their_words(other: str, alike: bool) -> None:
    mine = frozenset(matter_words(LAMP["title"] + LAMP["text"]))
    assert (likeness(mine, frozenset(matter_words(other))) >= 0.25) is alike


def found(session: Session, district: District, case: Case, now: datetime, who: str = "centre") -> list[str]:
    viewer = viewer_for(session, district.person(who))
    return [each.case.number for each in similar_cases(session, viewer, case, now=now)]


def test_open_recent_matters_of_the_same_community_are_similar(
    session: Session, district: District, now: datetime
) -> None:
    case, same = add(session, district, now), add(session, district, now)
    add(session, district, now, place="plum")  # another community
    add(session, district, now, state=CaseState.SOLVED)  # already answered
    add(session, district, now, filed_at=now - timedelta(days=200))  # too long ago
    add(session, district, now, kind="proposal")  # another process
    add(session, district, now, title="狗叫", text="楼下的狗整夜叫，没法睡觉。")  # another matter
    assert found(session, district, case, now) == [same.number]


def test_nobody_is_offered_what_they_may_not_see(session: Session, district: District, now: datetime) -> None:
    case, accused, sealed = (add(session, district, now) for _ in range(3))
    with writing(session):
        sealed.sealed = True
        session.add(sealed)
        session.add(CaseSealing(case_id=accused.id, side="accused", unit_id=district.unit_id("east-centre")))
    assert found(session, district, case, now) == []
    assert found(session, district, case, now, "housing-handler") == []
    assert found(session, district, sealed, now) == []


def test_a_person_makes_nothing_alike(session: Session, district: District, now: datetime) -> None:
    """The same person signs two matters; but for the name and number they have nothing in common."""
    sign = "，欧阳建国，13800000001"
    case = add(session, district, now, "欧阳建国", title="路灯不亮", text="晚上很黑" + sign, category="")
    add(session, district, now, "欧阳建国", title="狗叫", text="没法睡觉" + sign, category="")
    assert found(session, district, case, now) == []


@pytest.fixture
def common(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that opens roads to everybody; deploying one is tested with the pages."""
    monkeypatch.setattr(similar, "common_categories", lambda _session, kind: {"petition": {"roads"}}.get(kind, set()))


def nearby(session: Session, now: datetime, **asked: str) -> list[tuple[str, str, str]]:
    values = {"jurisdiction": "qinghe", "kind": "petition", "category": "roads", "place": "willow"} | asked
    found = matters_nearby(session, **values, now=now)  # type: ignore[arg-type]
    return [(each.category, each.community, each.filed_on.isoformat()) for each in found]


def test_a_stranger_learns_category_community_and_day(
    session: Session, district: District, now: datetime, common: None
) -> None:
    add(session, district, now)
    add(session, district, now, category="neighbour")
    add(session, district, now, place="plum")
    add(session, district, now, state=CaseState.SOLVED)
    assert nearby(session, now) == [("roads", "柳园社区", "2026-03-18")]
    assert nearby(session, now, category="neighbour") == []  # not everybody's matter
    assert nearby(session, now, category="") == []
    assert nearby(session, now, place="nowhere") == []
    assert nearby(session, now, kind="accusation") == []


def test_a_stranger_learns_nothing_of_what_is_sealed_or_accuses(
    session: Session, district: District, now: datetime, common: None
) -> None:
    sealed, origin = add(session, district, now), add(session, district, now)
    with writing(session):
        sealed.sealed = True
        session.add(sealed)
        session.add(CaseSealing(case_id=origin.id, side="accused", unit_id=district.unit_id("housing")))
    assert nearby(session, now) == []
