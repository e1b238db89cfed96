"""Tasks change hands: who may give them to whom, and what stays as it was."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.errors import Conflict, EngineError, Forbidden
from engine.instances.runtime import Runtime
from engine.organisation.models import Staff
from engine.tasks import WorkItem, WorkItemState, claim, load_draft, note_opened, release
from engine.tasks.handing import Handing, delegate, hand_back, handing, recall, transfer
from tests.engine.tasks.conftest import MakeItem
from tests.factories import District, make_staff


@pytest.fixture
def mine(make_item: MakeItem, session: Session, district: District, now: datetime) -> WorkItem:
    """A task of the water works that their handler has, due in two days."""
    item = make_item("handler", "water-works", due_at=now + timedelta(days=2))
    return claim(session, item.id, staff=district.person("handler"), now=now)


@pytest.fixture
def colleague(session: Session, district: District) -> Staff:
    """A second handler of the water works."""
    return make_staff(session, "colleague", roles=[("handler", district.unit("water-works"))])


def tags(session: Session, item: WorkItem) -> list[str]:
    return [event.tag for event in timeline(session, item.case_id)]


def test_a_transferred_task_is_the_other_ones_and_due_as_before(
    session: Session, mine: WorkItem, district: District, colleague: Staff, now: datetime
) -> None:
    due = mine.due_at
    item = transfer(session, mine.id, to=colleague, staff=district.person("handler"), note="熟悉", now=now)
    assert (item.state, item.owner_id, item.due_at) == (WorkItemState.CLAIMED, colleague.id, due)
    assert handing(item) is Handing.TRANSFERRED
    assert tags(session, item)[-1] == Tag.WORK_ITEM_TRANSFERRED


def test_a_task_that_moves_to_another_office_of_the_department_lies_in_its_inbox(
    session: Session, mine: WorkItem, district: District, now: datetime
) -> None:
    item = transfer(session, mine.id, to=district.person("handler-two"), staff=district.person("handler"), now=now)
    assert (item.unit_id, item.inbox_key) == (district.unit_id("water"), "handler@water")


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("housing-handler", "hand-outside-role"),  # the same role of another department
        ("water-lead", "hand-outside-role"),  # the same department in another role
        ("handler", "hand-to-holder"),  # who has it already
    ],
)
def test_a_task_goes_to_nobody_outside_its_role_and_nothing_changes(
    session: Session, mine: WorkItem, district: District, now: datetime, to: str, code: str
) -> None:
    before = len(tags(session, mine))
    with pytest.raises(EngineError) as caught:
        transfer(session, mine.id, to=district.person(to), staff=district.person("handler"), now=now)
    assert caught.value.code == code
    session.refresh(mine)
    assert (mine.owner_id, len(tags(session, mine))) == (district.person("handler").id, before)


def test_who_did_an_earlier_round_is_not_given_this_one(
    session: Session, mine: WorkItem, district: District, colleague: Staff, now: datetime
) -> None:
    mine.excluded = [str(colleague.id)]
    session.commit()
    with pytest.raises(Forbidden, match="earlier round"):
        transfer(session, mine.id, to=colleague, staff=district.person("handler"), now=now)


def test_only_the_holder_gives_a_task_away_but_a_lead_assigns_it(
    session: Session, mine: WorkItem, district: District, colleague: Staff, now: datetime
) -> None:
    lead = district.person("water-lead")
    with pytest.raises(Forbidden, match="not with you"):
        transfer(session, mine.id, to=colleague, staff=lead, now=now)
    item = transfer(session, mine.id, to=colleague, staff=lead, now=now, lead=True)
    assert (item.owner_id, tags(session, item)[-1]) == (colleague.id, Tag.WORK_ITEM_ASSIGNED)


def test_who_could_take_an_open_task_may_give_it_straight_on(
    session: Session, make_item: MakeItem, district: District, colleague: Staff, now: datetime
) -> None:
    item = make_item("handler", "water-works")
    with pytest.raises(Forbidden):
        transfer(session, item.id, to=colleague, staff=district.person("grid"), now=now)
    assert transfer(session, item.id, to=colleague, staff=district.person("handler"), now=now).owner_id == colleague.id


def test_a_transfer_is_taken_back_until_it_was_opened(
    session: Session, mine: WorkItem, district: District, colleague: Staff, now: datetime
) -> None:
    handler = district.person("handler")
    transfer(session, mine.id, to=district.person("handler-two"), staff=handler, now=now)
    item = recall(session, mine.id, staff=handler, now=now)
    assert (item.owner_id, item.inbox_key, item.handed) == (handler.id, "handler@water-works", None)
    transfer(session, mine.id, to=colleague, staff=handler, now=now)
    note_opened(session, item, handler, now)  # the one who gave it looks: that is no opening
    assert item.opened_at is None
    note_opened(session, item, colleague, now)
    with pytest.raises(Conflict) as caught:
        recall(session, mine.id, staff=handler, now=now)
    assert (caught.value.code, caught.value.facts["when"]) == ("task-opened", now.isoformat())


def test_a_delegated_task_comes_back_with_what_was_filled_in(
    session: Session, mine: WorkItem, district: District, now: datetime
) -> None:
    handler, lead = district.person("handler"), district.person("water-lead")
    item = delegate(session, mine.id, to=lead, staff=handler, note="请把关", now=now)
    assert (item.owner_id, handing(item)) == (lead.id, Handing.DELEGATED)
    item = hand_back(session, mine.id, data={"reply": "已修"}, staff=lead, note="好了", now=now)
    assert (item.owner_id, handing(item), item.state) == (handler.id, Handing.HANDED_BACK, WorkItemState.CLAIMED)
    draft = load_draft(session, mine.id, staff=handler)
    assert draft is not None
    assert draft.data == {"reply": "已修"}
    assert load_draft(session, mine.id, staff=lead) is None
    assert tags(session, item)[-2:] == [Tag.WORK_ITEM_DELEGATED, Tag.WORK_ITEM_HANDED_BACK]


def test_a_delegated_task_goes_nowhere_but_back(
    session: Session, mine: WorkItem, district: District, colleague: Staff, now: datetime
) -> None:
    handler = district.person("handler")
    delegate(session, mine.id, to=colleague, staff=handler, now=now)
    for attempt in (
        lambda: transfer(session, mine.id, to=handler, staff=colleague, now=now),
        lambda: delegate(session, mine.id, to=handler, staff=colleague, now=now),
        lambda: release(session, mine.id, staff=colleague, now=now),
        lambda: Runtime().complete(session, mine.id, {}, actor=Actor.staff(colleague), now=now),
    ):
        with pytest.raises(Conflict) as caught:
            attempt()
        assert caught.value.code == "task-delegated"
    note_opened(session, mine, colleague, now)
    assert recall(session, mine.id, staff=handler, now=now).owner_id == handler.id  # opened or not: it is still theirs


@pytest.mark.parametrize("to", ["housing-handler", "grid"])
def test_a_task_is_not_delegated_outside_the_department(
    session: Session, mine: WorkItem, district: District, now: datetime, to: str
) -> None:
    with pytest.raises(Forbidden) as caught:
        delegate(session, mine.id, to=district.person(to), staff=district.person("handler"), now=now)
    assert caught.value.code == "delegate-outside-unit"


def test_nothing_is_taken_back_that_was_not_given(
    session: Session, mine: WorkItem, district: District, colleague: Staff, now: datetime
) -> None:
    handler = district.person("handler")
    with pytest.raises(Conflict):
        recall(session, mine.id, staff=handler, now=now)
    with pytest.raises(Conflict):
        hand_back(session, mine.id, data={}, staff=handler, now=now)
    transfer(session, mine.id, to=colleague, staff=handler, now=now)
    with pytest.raises(Forbidden):
        recall(session, mine.id, staff=district.person("water-lead"), now=now)


def test_a_task_that_is_over_changes_no_hands(
    session: Session, mine: WorkItem, district: District, colleague: Staff, now: datetime
) -> None:
    mine.state, mine.completed_at, mine.completed_by = WorkItemState.COMPLETED, now, "Handler"
    session.commit()
    for attempt in (transfer, delegate):
        with pytest.raises(Conflict, match="was completed by"):
            attempt(session, mine.id, to=colleague, staff=district.person("handler"), now=now)


def test_a_residents_task_is_given_to_nobody(
    session: Session, make_item: MakeItem, district: District, now: datetime
) -> None:
    item = make_item("resident", "willow", unit_id=None, inbox_key="resident@x")
    with pytest.raises(Forbidden):
        transfer(
            session, item.id, to=district.person("grid"), staff=district.person("street-leader"), now=now, lead=True
        )
