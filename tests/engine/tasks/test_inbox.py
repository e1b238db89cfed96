"""The inbox: the order, the pages, the filters, the counts, and what a row carries."""

import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.db import new_id, writing
from engine.deadlines.models import Clock
from engine.errors import Invalid
from engine.instances.models import Instance
from engine.tasks import inbox_views
from engine.tasks.drafts import save_draft
from engine.tasks.inbox import inbox
from engine.tasks.inbox_counts import count, held_counts
from engine.tasks.inbox_views import Bucket, Holding, InboxQuery
from engine.tasks.models import WorkItemState
from tests.engine.tasks.conftest import MakeItem, ids
from tests.factories import District, make_case

#: the package gives its function the same name
MODULE = sys.modules["engine.tasks.inbox"]
COUNTS = sys.modules["engine.tasks.inbox_counts"]
KEYS = ("community@willow", "grid_worker@willow")


def query(district: District, **values: Any) -> InboxQuery:
    return InboxQuery(**{"staff_id": district.person("community").id, "keys": KEYS} | values)


def test_what_is_due_first_comes_first_and_undated_items_last(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    undated = make_item()
    later = make_item(due_at=now + timedelta(days=9))
    overdue = make_item("grid_worker", due_at=now - timedelta(days=1))
    today = make_item(due_at=now + timedelta(hours=2))
    page = inbox(session, query(district), now)
    assert ids(page.items) == [overdue.id, today.id, later.id, undated.id]
    assert [item.bucket for item in page.items] == [Bucket.OVERDUE, Bucket.TODAY, Bucket.LATER, Bucket.NONE]


def test_items_of_other_units_and_finished_items_do_not_appear(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    mine = make_item()
    make_item("community", "plum")
    make_item("street_centre", "east-centre")
    make_item(state=WorkItemState.COMPLETED)
    make_item(state=WorkItemState.WITHDRAWN)
    assert ids(inbox(session, query(district), now).items) == [mine.id]


def test_an_item_held_under_another_key_appears_once(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    me = district.person("community").id
    held = make_item("street_centre", "east-centre", state=WorkItemState.CLAIMED, owner_id=me)
    also = make_item(state=WorkItemState.CLAIMED, owner_id=me)
    assert sorted(ids(inbox(session, query(district), now).items)) == sorted([held.id, also.id])


def test_somebody_who_is_excluded_does_not_see_the_item(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    make_item(excluded=[str(district.person("community").id)])
    other = make_item(excluded=[str(district.person("grid").id)])
    page = inbox(session, query(district), now)
    assert ids(page.items) == [other.id]
    assert page.counts.none == 1


def test_pages_follow_each_other_without_gap_or_repetition(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    # Three items share an instant, so that the id has to break the tie; two have none.
    dues = [now, now, now, now + timedelta(days=1), now - timedelta(days=1), None, None]
    every = [make_item("grid_worker" if number % 2 else "community", due_at=due) for number, due in enumerate(dues)]
    whole = ids(inbox(session, query(district), now).items)
    assert sorted(whole) == sorted(item.id for item in every)
    pages: list[UUID] = []
    cursor: str | None = None
    for _ in range(4):
        page = inbox(session, query(district, limit=2, cursor=cursor), now)
        pages += ids(page.items)
        cursor = page.next_cursor
    assert pages == whole
    assert cursor is None


def test_the_page_after_a_cursor_holds_when_the_row_before_it_is_gone(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    items = [make_item(due_at=now + timedelta(hours=hour)) for hour in range(4)]
    first = inbox(session, query(district, limit=2), now)
    with writing(session):
        items[1].state = WorkItemState.COMPLETED
    second = inbox(session, query(district, limit=2, cursor=first.next_cursor), now)
    assert ids(second.items) == [items[2].id, items[3].id]


FILTERS = [
    # what is asked for, which of the four items below answer
    ({}, {"open", "mine", "theirs", "undated"}),
    ({"holding": Holding.MINE}, {"mine"}),
    ({"holding": Holding.UNCLAIMED}, {"open", "undated"}),
    ({"bucket": Bucket.OVERDUE}, {"open"}),
    ({"bucket": Bucket.TODAY}, {"mine"}),
    ({"bucket": Bucket.LATER}, {"theirs"}),
    ({"bucket": Bucket.NONE}, {"undated"}),
    ({"due_from": timedelta(0), "due_until": timedelta(days=20)}, {"mine", "theirs"}),
    ({"due_until": timedelta(0)}, {"open"}),
    ({"bucket": Bucket.LATER, "due_until": timedelta(0)}, set()),
    ({"kinds": ("petition",)}, {"open", "mine", "theirs"}),
    ({"kinds": ("dispute",)}, {"undated"}),
    ({"category": "noise"}, {"undated"}),
    ({"text": "噪音"}, {"undated"}),  # in the title of the case
    ({"text": "sq2026-"}, {"open", "mine", "theirs", "undated"}),  # in its number, whatever the letters' case
    ({"text": "call"}, {"theirs"}),  # in the task's name
    ({"text": "100%"}, set()),  # a wildcard is a letter like others
    ({"roles": ("grid_worker",)}, {"theirs"}),
]


@pytest.mark.parametrize(("asked", "expected"), FILTERS)
def test_filters_narrow_the_list_and_its_counts(
    asked: dict[str, Any], expected: set[str], session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    other = make_case(session, place=district.unit("willow"), kind="dispute", category="noise", title="夜间施工噪音")
    claimed = {"state": WorkItemState.CLAIMED}
    items = {
        "open": make_item(due_at=now - timedelta(days=2)),
        "mine": make_item(due_at=now + timedelta(hours=1), owner_id=district.person("community").id, **claimed),
        "theirs": make_item(
            "grid_worker", due_at=now + timedelta(days=9), owner_id=district.person("grid").id, name="Call", **claimed
        ),
        "undated": make_item(case_id=other.id),
    }
    moved = {name: now + value if isinstance(value, timedelta) else value for name, value in asked.items()}
    page = inbox(session, query(district, **moved), now)
    names = {item.id: name for name, item in items.items()}
    assert {names[found] for found in ids(page.items)} == expected
    if "bucket" not in asked:
        assert page.counts.total == len(expected)


def test_a_role_that_is_asked_for_leaves_out_what_is_held_in_another(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    me = district.person("community").id
    make_item("street_centre", "east-centre", state=WorkItemState.CLAIMED, owner_id=me)
    wanted = make_item("grid_worker")
    assert ids(inbox(session, query(district, roles=("grid_worker",)), now).items) == [wanted.id]


def test_looking_for_what_no_index_knows_stops_and_goes_on_from_there(
    session: Session, district: District, make_item: MakeItem, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "SCAN_LIMIT", 3)
    monkeypatch.setattr(COUNTS, "COUNT_LIMIT", 3)
    other = make_case(session, place=district.unit("willow"), category="noise")
    dues = [*(now + timedelta(hours=hour) for hour in range(5)), None, None]
    items = [make_item(due_at=due, **({"case_id": other.id} if at in (1, 4, 6) else {})) for at, due in enumerate(dues)]
    found: list[UUID] = []
    cursor: str | None = None
    looked_on = []
    for _ in range(4):
        page = inbox(session, query(district, category="noise", cursor=cursor), now)
        found += ids(page.items)
        looked_on.append(page.looked_on)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [items[1].id, items[4].id, items[6].id]
    assert looked_on == [True, False]  # three were looked at, then the other two and those without a date
    assert Bucket.TODAY in inbox(session, query(district, category="noise"), now).counts.at_least


def test_a_whole_number_is_found_wherever_it_stands(
    session: Session, district: District, make_item: MakeItem, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "SCAN_LIMIT", 1)
    far = make_case(session, place=district.unit("willow"))
    for hours in range(3):
        make_item(due_at=now + timedelta(hours=hours))
    wanted = make_item(due_at=now + timedelta(days=90), case_id=far.id)
    make_item("street_centre", "east-centre", case_id=far.id)  # somebody else's task of the same matter
    page = inbox(session, query(district, text=f" {far.number.lower()} "), now)
    assert (ids(page.items), page.counts.total, page.looked_on) == ([wanted.id], 1, False)
    assert inbox(session, query(district, text="SQ2026-999999"), now).items == ()
    assert inbox(session, query(district, text=far.number, holding=Holding.MINE), now).items == ()


def test_counts_by_who_has_them_stop_where_they_no_longer_matter(
    session: Session, district: District, make_item: MakeItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    me, other = district.person("community").id, district.person("grid").id
    claimed = {"state": WorkItemState.CLAIMED}
    make_item(owner_id=me, **claimed)
    make_item("street_centre", "east-centre", owner_id=me, **claimed)
    make_item(owner_id=other, **claimed)
    make_item()
    make_item(excluded=[str(me)])
    assert held_counts(session, query(district)) == inbox_views.Held(any=4, unclaimed=1, mine=2)
    monkeypatch.setattr(COUNTS, "COUNT_LIMIT", 2)
    assert held_counts(session, query(district)).any == 2


def test_counts_split_by_the_time_left(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    # 2026-03-18 10:00 in China: the day ends 14 hours later, "soon" three days after that
    for hours in (-1, -0.01, 0, 13.9, 14, 85, 86, 900):
        make_item(due_at=now + timedelta(hours=hours))
    make_item()
    counts = count(session, query(district), now)
    assert (counts.overdue, counts.today, counts.soon, counts.later, counts.none) == (2, 2, 2, 2, 1)


def test_a_row_carries_what_the_list_shows(
    session: Session, district: District, case: Case, instance: Instance, make_item: MakeItem, now: datetime
) -> None:
    clock = Clock(
        id=new_id(), jurisdiction=case.jurisdiction, case_id=case.id, instance_id=instance.id, scope_id="0" * 32,
        element_id="Task_1", process_id="petition", name="verify", kind="internal", started_at=now, amount=1,
        unit="working-days", roll="forward", due_at=now + timedelta(days=1), original_due_at=now, trace=[],
    )  # fmt: skip
    with writing(session):
        session.add(clock)
    me = district.person("community")
    item = make_item(due_at=clock.due_at, clock_id=clock.id, state=WorkItemState.CLAIMED, owner_id=me.id)
    save_draft(session, item.id, staff=me, data={"solved": True}, now=now)
    (row,) = inbox(session, query(district), now).items
    assert (row.case_number, row.case_title, row.place_name) == (case.number, case.title, "柳园社区")
    assert (row.unit_name, row.owner_name, row.has_draft) == ("柳园社区", me.name, True)
    assert row.clock is not None
    assert (row.clock.name, row.clock.due_at, row.clock.started_at) == ("verify", clock.due_at, now)


def test_a_query_that_cannot_be_used_is_refused(session: Session, district: District, now: datetime) -> None:
    for wrong in ({"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"cursor": "W10"}, {"cursor": "äö"}):
        with pytest.raises(Invalid, match=r"page|cursor"):
            inbox(session, query(district, **wrong), now)
