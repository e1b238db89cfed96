"""Programs pass tasks on, send them back and take completions back, as pages do."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.tasks import WorkItem
from tests.factories import District, make_staff
from tests.web.api.program import FILING, Program, problem

Issue = Callable[[str], Program]


@pytest.fixture
def item(program: Issue, deployed: None, session: Session) -> str:
    """The second task of a matter, which the handler of the water works has."""
    community = program("community")
    community.post("/cases", json=FILING)
    (first,) = session.scalars(select(WorkItem.id))
    community.post(f"/work-items/{first}/complete", json={"data": {"note": "x"}})
    session.rollback()
    second = session.scalars(select(WorkItem.id).where(WorkItem.element_id == "handle")).one()
    program("handler").post(f"/work-items/{second}/claim")
    return str(second)


def said(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def test_a_task_is_transferred_within_its_role_and_taken_back(
    program: Issue, item: str, session: Session, district: District
) -> None:
    make_staff(session, "second", roles=[("handler", district.unit("water-works"))])
    handler = program("handler")
    problem(handler.post(f"/work-items/{item}/transfer", json={"to": "housing-handler"}), 403, "hand-outside-role")
    problem(handler.post(f"/work-items/{item}/transfer", json={"to": "nobody"}), 404, "person-unknown")
    problem(handler.post(f"/work-items/{item}/transfer", json={}), 422, "request-invalid")
    assert said(handler.post(f"/work-items/{item}/transfer", json={"to": "second"}))["owner_name"] == "Second"
    assert said(handler.post(f"/work-items/{item}/recall"))["owner_name"] == "Handler"


def test_a_task_is_delegated_and_handed_back(program: Issue, item: str) -> None:
    handler, lead = program("handler"), program("water-lead")
    said(handler.post(f"/work-items/{item}/delegate", json={"to": "water-lead", "note": "请把关"}))
    problem(lead.post(f"/work-items/{item}/complete", json={"data": {}}), 409, "task-delegated")
    assert said(lead.post(f"/work-items/{item}/hand-back", json={"note": "好"}))["owner_name"] == "Handler"


def test_a_task_is_urged_copied_and_asked_about(program: Issue, item: str) -> None:
    handler, lead = program("handler"), program("water-lead")
    said(lead.post(f"/work-items/{item}/urge", json={"note": "快"}))
    problem(lead.post(f"/work-items/{item}/urge", json={}), 409, "urged-recently")
    copied = said(handler.post(f"/work-items/{item}/copy", json={"to": "housing-lead"}))
    assert program("housing-lead").get(f"/cases/{copied['case_id']}").status_code == 200
    asked = said(handler.post(f"/work-items/{item}/co-handlers", json={"to": "housing-handler", "question": "谁的？"}))
    assert asked["state"] == "asked"
    problem(handler.post(f"/work-items/{item}/extension", json={"days": 3, "reason": "还在等材料"}), 409,
            "extension-not-open")  # fmt: skip


def test_a_task_is_sent_back_with_what_it_withdraws_and_the_completion_taken_back(program: Issue, item: str) -> None:
    handler, community = program("handler"), program("community")
    (step,) = said(handler.get(f"/work-items/{item}/finished-steps"))["items"]
    assert (step["name"], step["completed_by"], step["withdraws"]) == ("register", "Community", [item])
    problem(handler.post(f"/work-items/{item}/return", json={"step": item, "reason": "错"}), 404, "return-unknown")
    moved = said(handler.post(f"/work-items/{item}/return", json={"step": step["id"], "reason": "地点不对"}))
    (again,) = moved["next_items"]
    assert moved["withdrawn_items"] == [item]
    community.post(f"/work-items/{again}/complete", json={"data": {"note": "y"}})
    problem(handler.post(f"/work-items/{again}/take-back"), 403, "take-back-not-yours")
    assert len(said(community.post(f"/work-items/{again}/take-back"))["next_items"]) == 1


def test_a_co_handler_answers_and_what_was_not_answered_is_taken_back(program: Issue, item: str) -> None:
    handler, asked_one = program("handler"), program("housing-handler")
    ask = {"to": "housing-handler", "question": "谁的？"}
    first = said(handler.post(f"/work-items/{item}/co-handlers", json=ask))["id"]
    problem(handler.post(f"/work-items/co-handlers/{first}/answer", json={"text": "我们的"}), 404, "co-handler-unknown")
    problem(asked_one.post(f"/work-items/co-handlers/{first}/answer", json={}), 422, "request-invalid")
    answered = said(asked_one.post(f"/work-items/co-handlers/{first}/answer", json={"text": "我们的"}))
    assert (answered["state"], answered["answer"]) == ("answered", "我们的")
    problem(handler.post(f"/work-items/co-handlers/{first}/remove"), 409, "co-handler-over")
    second = said(handler.post(f"/work-items/{item}/co-handlers", json=ask))["id"]
    problem(asked_one.post(f"/work-items/co-handlers/{second}/remove"), 403, "task-not-yours")
    assert said(handler.post(f"/work-items/co-handlers/{second}/remove"))["state"] == "removed"


def test_who_reads_along_no_longer_does_when_the_copy_is_ended(program: Issue, item: str) -> None:
    handler, reader = program("handler"), program("housing-lead")
    copied = said(handler.post(f"/work-items/{item}/copy", json={"to": "housing-lead"}))
    assert reader.get(f"/cases/{copied['case_id']}").status_code == 200
    problem(reader.post(f"/work-items/copies/{copied['id']}/end"), 403, "copy-not-yours")
    assert said(handler.post(f"/work-items/copies/{copied['id']}/end"))["id"] == copied["id"]
    assert reader.get(f"/cases/{copied['case_id']}").status_code == 403
    problem(handler.post(f"/work-items/copies/{copied['id']}/end"), 404, "copy-unknown")
