"""Claiming and giving back."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Tag, timeline
from engine.db import new_id, writing
from engine.errors import Conflict, EngineError, Forbidden, NotFound
from engine.tasks.models import WorkItemState
from engine.tasks.service import claim, get_item, release
from tests.engine.tasks.conftest import MakeItem
from tests.factories import District, make_staff


def test_claiming_an_open_item_gives_it_to_the_claimer(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item(due_at=now + timedelta(days=1))
    me = district.person("community")
    claimed = claim(session, item.id, staff=me, now=now)
    assert (claimed.state, claimed.owner_id, claimed.claimed_at) == (WorkItemState.CLAIMED, me.id, now)
    (event,) = timeline(session, item.case_id)
    assert (event.tag, event.actor_id, event.data["item"]) == (Tag.WORK_ITEM_CLAIMED, str(me.id), str(item.id))


def test_claiming_what_one_holds_changes_nothing(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item()
    me = district.person("community")
    claim(session, item.id, staff=me, now=now)
    again = claim(session, item.id, staff=me, now=now + timedelta(hours=1))
    assert again.claimed_at == now
    assert len(timeline(session, item.case_id)) == 1


def test_claiming_a_claimed_item_says_who_has_it(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item()
    colleague = make_staff(session, "li-na", name="李娜", roles=[("community", district.unit("willow"))])
    claim(session, item.id, staff=colleague, now=now)
    with pytest.raises(Conflict) as caught:
        claim(session, item.id, staff=district.person("community"), now=now)
    assert caught.value.code == "task-already-claimed"
    assert "李娜" in str(caught.value)


OVER = [
    # the state of the item, the conflict that a claimer and a releaser read
    (WorkItemState.COMPLETED, "task-already-completed"),
    (WorkItemState.WITHDRAWN, "task-withdrawn"),
]


@pytest.mark.parametrize(("state", "code"), OVER)
def test_an_item_that_is_over_can_neither_be_claimed_nor_released(
    state: WorkItemState, code: str, session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item(state=state, completed_by="李娜", completed_at=now)
    for act in (claim, release):
        with pytest.raises(Conflict) as caught:
            act(session, item.id, staff=district.person("community"), now=now)
        assert caught.value.code == code


REFUSED = [
    # who tries, why not
    ("grid", "task-of-another-unit"),  # another role in the same community
    ("plum-grid", "task-of-another-unit"),  # another community
    ("district-main", "task-of-another-unit"),  # above everybody, and still not the one who does it
]


@pytest.mark.parametrize(("login", "code"), REFUSED)
def test_somebody_without_the_role_in_the_unit_is_refused_with_the_reason(
    login: str, code: str, session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item()
    with pytest.raises(Forbidden) as caught:
        claim(session, item.id, staff=district.person(login), now=now)
    assert caught.value.code == code
    assert "柳园社区" in str(caught.value)
    assert get_item(session, item.id).state == WorkItemState.OPEN


def test_somebody_who_did_an_earlier_round_is_refused(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    me = district.person("community")
    item = make_item(excluded=[str(me.id)])
    with pytest.raises(Forbidden) as caught:
        claim(session, item.id, staff=me, now=now)
    assert caught.value.code == "task-excluded"


def test_an_account_that_was_closed_can_take_nothing(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    me = district.person("community")
    with writing(session):
        me.active = False
    with pytest.raises(Forbidden):
        claim(session, make_item().id, staff=me, now=now)


def test_releasing_puts_the_item_back_and_keeps_its_due_date(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    due = now + timedelta(days=1)
    item = make_item(due_at=due)
    me = district.person("community")
    claim(session, item.id, staff=me, now=now)
    released = release(session, item.id, staff=me, now=now + timedelta(hours=1))
    assert (released.state, released.owner_id, released.due_at) == (WorkItemState.OPEN, None, due)
    assert [event.tag for event in timeline(session, item.case_id)] == [Tag.WORK_ITEM_CLAIMED, Tag.WORK_ITEM_RELEASED]


def test_only_who_holds_an_item_can_release_it(
    session: Session, district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item()
    with pytest.raises(Conflict, match="Nobody holds"):
        release(session, item.id, staff=district.person("community"), now=now)
    claim(session, item.id, staff=district.person("community"), now=now)
    with pytest.raises(Forbidden) as caught:
        release(session, item.id, staff=district.person("grid"), now=now)
    assert caught.value.code == "task-not-yours"


def test_an_unknown_item_is_not_found(session: Session, district: District, now: datetime) -> None:
    with pytest.raises(NotFound):
        claim(session, new_id(), staff=district.person("community"), now=now)


def test_of_many_who_claim_at_once_one_wins(
    session: Session, sessions: sessionmaker[Session], district: District, make_item: MakeItem, now: datetime
) -> None:
    item = make_item()
    people = [make_staff(session, f"racer{n}", roles=[("community", district.unit("willow"))]) for n in range(6)]
    results: list[str] = []
    start = threading.Barrier(len(people))

    def race(number: int) -> None:
        with sessions() as own:
            start.wait()
            try:
                claim(own, item.id, staff=people[number], now=now)
                results.append("won")
            except EngineError as error:
                results.append(error.code)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["task-already-claimed"] * 5 + ["won"]
    assert len(timeline(session, item.case_id)) == 1
