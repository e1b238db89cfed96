"""Co-handlers answer beside the owner; readers read along; urging is not repeated."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from engine.audit import Tag, timeline
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.tasks import WorkItem, WorkItemState, claim
from engine.tasks.co_handling import answer, ask, remove, requests_of, requests_to
from engine.tasks.copying import copy_in, readers, remove_copy
from engine.tasks.urging import INTERVAL, urge
from tests.engine.tasks.conftest import MakeItem
from tests.factories import District


@pytest.fixture
def mine(make_item: MakeItem, session: Session, district: District, now: datetime) -> WorkItem:
    """A task of the water works that their handler has."""
    return claim(session, make_item("handler", "water-works").id, staff=district.person("handler"), now=now)


def test_a_co_handler_answers_and_the_owner_keeps_the_task(
    session: Session, mine: WorkItem, district: District, now: datetime
) -> None:
    handler, other = district.person("handler"), district.person("housing-handler")
    request = ask(session, mine.id, who=other, question="产权归谁？", staff=handler, now=now)
    assert [each.request.id for each in requests_to(session, other.id)] == [request.id]
    answer(session, request.id, text="归业主共有", staff=other, now=now)
    assert requests_to(session, other.id) == []
    (told,) = requests_of(session, mine.id)
    assert (told.who, told.by, told.request.answer) == (other.name, handler.name, "归业主共有")
    session.refresh(mine)
    assert mine.owner_id == handler.id
    events = [event.tag for event in timeline(session, mine.case_id)]
    assert events[-2:] == [Tag.CO_HANDLER_ASKED, Tag.CO_HANDLER_ANSWERED]


def test_nobody_is_asked_twice_at_a_time_but_again_after_an_answer(
    session: Session, mine: WorkItem, district: District, now: datetime
) -> None:
    handler, other = district.person("handler"), district.person("housing-handler")
    first = ask(session, mine.id, who=other, question="一", staff=handler, now=now)
    with pytest.raises(Conflict):
        ask(session, mine.id, who=other, question="二", staff=handler, now=now)
    answer(session, first.id, text="好", staff=other, now=now)
    ask(session, mine.id, who=other, question="二", staff=handler, now=now)
    assert len(requests_of(session, mine.id)) == 2


def test_a_removed_co_handler_has_nothing_to_answer(
    session: Session, mine: WorkItem, district: District, now: datetime
) -> None:
    handler, other = district.person("handler"), district.person("housing-handler")
    request = ask(session, mine.id, who=other, question="一", staff=handler, now=now)
    with pytest.raises(Forbidden):
        remove(session, request.id, staff=district.person("water-lead"), now=now)
    remove(session, request.id, staff=handler, now=now)
    assert requests_of(session, mine.id) == []
    for attempt in (lambda: answer(session, request.id, text="x", staff=other, now=now),
                    lambda: remove(session, request.id, staff=handler, now=now)):  # fmt: skip
        with pytest.raises(Conflict):
            attempt()


@pytest.mark.parametrize(
    ("who", "question"),
    [
        ("handler", "自己"),  # oneself
        ("operator", "技术岗位"),  # a technical role has no part in matters
        ("housing-handler", "  "),  # nothing is asked
    ],
)
def test_who_cannot_answer_is_not_asked(
    session: Session, mine: WorkItem, district: District, now: datetime, who: str, question: str
) -> None:
    with pytest.raises(Invalid):
        ask(session, mine.id, who=district.person(who), question=question, staff=district.person("handler"), now=now)


def test_only_the_owner_asks_and_only_who_was_asked_answers(
    session: Session, mine: WorkItem, district: District, now: datetime
) -> None:
    handler, other = district.person("handler"), district.person("housing-handler")
    with pytest.raises(Forbidden):
        ask(session, mine.id, who=other, question="一", staff=district.person("water-lead"), now=now)
    request = ask(session, mine.id, who=other, question="一", staff=handler, now=now)
    with pytest.raises(NotFound):
        answer(session, request.id, text="冒名", staff=district.person("grid"), now=now)
    mine.state = WorkItemState.WITHDRAWN
    session.commit()
    with pytest.raises(Conflict):
        answer(session, request.id, text="晚了", staff=other, now=now)
    assert requests_to(session, other.id) == []


def test_a_reader_is_copied_in_once_and_out_by_who_did_it(
    session: Session, mine: WorkItem, district: District, now: datetime
) -> None:
    handler, lead, other = (district.person(name) for name in ("handler", "water-lead", "housing-lead"))
    copy = copy_in(session, mine.id, who=other, staff=handler, note="请阅", now=now)
    assert copy_in(session, mine.id, who=other, staff=lead, now=now).id == copy.id
    assert [(each.who, each.by) for each in readers(session, mine.case_id)] == [(other.name, handler.name)]
    with pytest.raises(Forbidden):
        remove_copy(session, copy.id, staff=lead, now=now)
    remove_copy(session, copy.id, staff=handler, now=now)
    assert readers(session, mine.case_id) == []
    with pytest.raises(NotFound):
        remove_copy(session, copy.id, staff=handler, now=now)
    with pytest.raises(Invalid):
        copy_in(session, mine.id, who=district.person("designer"), staff=handler, now=now)


def test_a_task_is_urged_once_in_twelve_hours_whoever_urges(
    session: Session, mine: WorkItem, make_item: MakeItem, district: District, now: datetime
) -> None:
    lead, other = district.person("water-lead"), district.person("supervisor")
    urge(session, mine.id, staff=lead, note="群众在等", now=now)
    with pytest.raises(Conflict) as caught:
        urge(session, mine.id, staff=other, now=now + timedelta(hours=11))
    assert caught.value.facts["until"] == (now + INTERVAL).isoformat()
    urge(session, make_item("handler", "water-works").id, staff=lead, now=now)  # another task of the same case
    urge(session, mine.id, staff=other, now=now + INTERVAL)
    told = [event for event in timeline(session, mine.case_id) if event.tag == Tag.WORK_ITEM_URGED]
    assert [event.data["note"] for event in told] == ["群众在等", "", ""]
