"""Filters that people save, and that leads share with a unit."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound
from engine.organisation.policy import viewer_for
from engine.tasks.saved_filters import (
    MOST,
    KeptFilter,
    delete_filter,
    rename_filter,
    save_filter,
    saved_filters,
    set_default,
    share_filter,
    units_to_share_with,
)
from tests.factories import District

LATE = {"holding": "mine", "due": "overdue"}


def kept(session: Session, district: District, who: str) -> list[KeptFilter]:
    return saved_filters(session, district.person(who).id)


def save(session: Session, district: District, now: datetime, name: str = "超期", who: str = "water-lead") -> Any:
    return save_filter(session, staff=district.person(who), name=name, query=LATE, now=now)


def test_only_what_an_inbox_understands_is_kept(session: Session, district: District, now: datetime) -> None:
    said = {"holding": "mine", "due": "nonsense", "q": " 噪音 ", "after": "x", "unit": "housing"}
    save_filter(session, staff=district.person("handler"), name="  我的  噪音 ", query=said, now=now)
    (found,) = kept(session, district, "handler")
    assert (found.name, found.query, found.mine) == ("我的 噪音", {"holding": "mine", "q": "噪音"}, True)
    assert kept(session, district, "handler-two") == []


REFUSED = [
    # name, what is filtered, why not
    ("", LATE, "filter-name"),
    ("长" * 21, LATE, "filter-name"),
    ("坏\x07的", LATE, "filter-name"),
    ("13800138000", LATE, "filter-person"),
    ("某人", {"q": "138 0013 8000"}, "filter-person"),  # a telephone number is a person
    ("身份证", {"q": "11010519491231002X"}, "filter-person"),
    ("空", {"holding": "any", "due": ""}, "filter-empty"),
    ("超期", LATE, "filter-exists"),
    (" 超期 ", {"due": "today"}, "filter-exists"),
]


@pytest.mark.parametrize(("name", "query", "code"), REFUSED)
def test_what_cannot_be_saved_is_said(
    name: str, query: dict[str, str], code: str, session: Session, district: District, now: datetime
) -> None:
    save(session, district, now)
    with pytest.raises((Invalid, Conflict)) as refused:
        save_filter(session, staff=district.person("water-lead"), name=name, query=query, now=now)
    assert refused.value.code == code
    assert len(kept(session, district, "water-lead")) == 1


def test_the_number_of_a_case_is_no_person(session: Session, district: District, now: datetime) -> None:
    query = {"q": "SQ2026-0001234"}
    save_filter(session, staff=district.person("handler"), name="SQ2026-0001234", query=query, now=now)
    assert kept(session, district, "handler")[0].query == query


def test_nobody_keeps_more_than_they_can_read(session: Session, district: District, now: datetime) -> None:
    for number in range(MOST):
        save(session, district, now, name=f"第{number}个")
    with pytest.raises(Conflict, match="Delete one"):
        save(session, district, now, name="再一个")


def test_a_shared_filter_is_seen_in_the_unit_and_nowhere_else(
    session: Session, district: District, now: datetime
) -> None:
    saved = save(session, district, now)
    lead = district.person("water-lead")
    unit = district.unit("water")
    share_filter(session, viewer_for(session, lead), saved.id, staff=lead, unit_id=unit.id)
    (seen,) = kept(session, district, "handler")  # works in an office of it
    assert (seen.name, seen.mine, seen.by, seen.unit) == ("超期", False, lead.name, unit.name)
    assert kept(session, district, "community") == []
    share_filter(session, viewer_for(session, lead), saved.id, staff=lead, unit_id=None)
    assert kept(session, district, "handler") == []


def test_a_filter_is_shared_only_with_a_unit_that_one_leads(
    session: Session, district: District, now: datetime
) -> None:
    lead, worker = district.person("water-lead"), district.person("handler")
    mine, theirs = save(session, district, now), save(session, district, now, who="handler")
    for who, saved, unit in ((lead, mine, "housing"), (worker, theirs, "water-works")):
        with pytest.raises(Forbidden, match="leads a unit"):
            share_filter(session, viewer_for(session, who), saved.id, staff=who, unit_id=district.unit_id(unit))
    assert units_to_share_with(session, viewer_for(session, worker)) == []


def test_only_its_maker_changes_a_filter(session: Session, district: District, now: datetime) -> None:
    saved = save(session, district, now)
    lead, other = district.person("water-lead"), district.person("handler")
    share_filter(session, viewer_for(session, lead), saved.id, staff=lead, unit_id=district.unit_id("water"))
    with pytest.raises(NotFound):
        rename_filter(session, saved.id, staff=other, name="别的")
    with pytest.raises(NotFound):
        delete_filter(session, saved.id, staff=other)
    rename_filter(session, saved.id, staff=lead, name="超期的")
    assert [each.name for each in kept(session, district, "handler")] == ["超期的"]


def test_an_inbox_opens_with_one_filter_that_one_may_choose(
    session: Session, district: District, now: datetime
) -> None:
    first, second = save(session, district, now), save(session, district, now, name="第二个")
    lead, worker = district.person("water-lead"), district.person("handler")
    set_default(session, first.id, staff=lead)
    set_default(session, second.id, staff=lead)
    assert {each.name: each.default for each in kept(session, district, "water-lead")} == {
        "超期": False,
        "第二个": True,
    }
    with pytest.raises(NotFound):  # not shared with them
        set_default(session, first.id, staff=worker)
    share_filter(session, viewer_for(session, lead), first.id, staff=lead, unit_id=district.unit_id("water"))
    set_default(session, first.id, staff=worker)
    assert kept(session, district, "handler")[0].default
    share_filter(session, viewer_for(session, lead), first.id, staff=lead, unit_id=None)
    set_default(session, None, staff=lead)
    assert not any(each.default for each in kept(session, district, "water-lead"))


def test_a_deleted_filter_is_nobody_s_default(session: Session, district: District, now: datetime) -> None:
    saved = save(session, district, now)
    lead, worker = district.person("water-lead"), district.person("handler")
    share_filter(session, viewer_for(session, lead), saved.id, staff=lead, unit_id=district.unit_id("water"))
    set_default(session, saved.id, staff=worker)
    assert delete_filter(session, saved.id, staff=lead) == "超期"
    assert kept(session, district, "handler") == []
    with pytest.raises(EngineError):
        delete_filter(session, saved.id, staff=lead)
