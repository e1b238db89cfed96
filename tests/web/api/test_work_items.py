"""Listing, taking, giving back and completing tasks by the API."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.definitions import deploy
from engine.instances.models import Incident
from engine.tasks import WorkItem
from tests.factories import District
from tests.web.api.program import FAILING, FILING, Program, problem
from tests.web.work import make_item

Issue = Callable[[str], Program]


def names(program: Program, query: str = "") -> list[str]:
    """The names of the tasks that a program lists."""
    answer = program.get(f"/work-items{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in (answer.json or {})["items"]]


@pytest.fixture
def item(program: Issue, session: Session, deployed: None) -> WorkItem:
    """The task that registers a fresh matter, for the willow community."""
    assert program("centre").post("/cases", json=FILING).status_code == 201
    return session.scalars(select(WorkItem)).one()


def fresh(session: Session, item: WorkItem) -> WorkItem:
    """Read the item again."""
    session.rollback()
    return session.get_one(WorkItem, item.id, populate_existing=True)


def test_the_list_is_sorted_by_due_date_those_without_one_last(
    program: Issue, district: District, session: Session, now: datetime
) -> None:
    make_item(session, district, now=now, name="undated")
    make_item(session, district, now=now, name="later", due_at=now + timedelta(days=9))
    make_item(session, district, now=now, name="overdue", due_at=now - timedelta(hours=3))
    make_item(session, district, now=now, name="elsewhere", unit="housing", due_at=now)
    assert names(program("handler")) == ["overdue", "later", "undated"]


def test_the_list_can_be_narrowed(program: Issue, district: District, session: Session, now: datetime) -> None:
    me = district.person("handler")
    make_item(session, district, now=now, name="mine", due_at=now + timedelta(days=9), owner_id=me.id, state="claimed")
    make_item(session, district, now=now, name="free", due_at=now - timedelta(hours=3))
    handler = program("handler")
    cases = {
        "?holding=mine": ["mine"],
        "?holding=unclaimed": ["free"],
        "?holding=any": ["free", "mine"],
        "?due=overdue": ["free"],
        "?due=later": ["mine"],
        "?due=today": [],
        "?role=handler": ["free", "mine"],
        "?role=supervision": [],
        "?q=FREE": ["free"],
        "?q=%25": [],  # a per cent sign is no wildcard
        "?holding=mine&due=overdue": [],
    }
    assert {query: names(handler, query) for query in cases} == cases


def test_pages_follow_each_other_without_gap_or_repetition(
    program: Issue, district: District, session: Session, now: datetime
) -> None:
    for number in range(7):
        due = now + timedelta(days=number // 2) if number < 5 else None  # equal dates, and none
        make_item(session, district, now=now, name=f"t{number}", due_at=due)
    handler = program("handler")
    found: list[str] = []
    cursor = ""
    while True:
        page: dict[str, Any] = handler.get(f"/work-items?limit=2{cursor}").json or {}
        found += [item["name"] for item in page["items"]]
        if len(found) == 2:  # what comes in before the cursor does not shift what follows
            make_item(session, district, now=now, name="early", due_at=now - timedelta(days=1))
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(found) == [f"t{number}" for number in range(7)]
    assert found == names(handler)[1:]


def test_who_handles_no_matters_has_no_list(program: Issue) -> None:
    problem(program("operator").get("/work-items"), 403, "not-permitted")


def test_a_task_says_why_it_came_and_once_claimed_what_its_form_takes(program: Issue, item: WorkItem) -> None:
    community = program("community")
    seen = community.get(f"/work-items/{item.id}").json
    assert seen is not None
    assert "柳园社区" in seen["why"]
    assert "inputs" not in seen
    community.post(f"/work-items/{item.id}/claim")
    seen = community.get(f"/work-items/{item.id}").json
    assert seen is not None
    assert [(field["key"], field["required"]) for field in seen["inputs"]] == [("note", True)]
    assert community.get(f"/work-items/{uuid4()}").status_code == 404


def test_claiming_takes_a_task_and_releasing_gives_it_back(
    program: Issue, item: WorkItem, session: Session, district: District
) -> None:
    community = program("community")
    taken = community.post(f"/work-items/{item.id}/claim").json
    assert taken is not None
    assert (taken["state"], taken["owner_id"]) == ("claimed", str(district.person("community").id))
    assert (taken["owner_name"], taken["unit_name"], taken["case_title"]) == ("Community", "柳园社区", FILING["title"])
    assert community.post(f"/work-items/{item.id}/claim").status_code == 200, "what one has one may claim again"
    given = community.post(f"/work-items/{item.id}/release").json
    assert given is not None
    assert (given["state"], given["owner_id"]) == ("open", None)
    problem(community.post(f"/work-items/{item.id}/release"), 409, "task-not-claimed")
    tags = [event.tag for event in timeline(session, item.case_id)]
    assert (tags.count(Tag.WORK_ITEM_CLAIMED), tags.count(Tag.WORK_ITEM_RELEASED)) == (1, 1)


def test_a_task_that_another_holds_says_who_and_since_when(
    program: Issue, district: District, session: Session, now: datetime
) -> None:
    other = district.person("handler-two")
    item = make_item(session, district, now=now, owner_id=other.id, state="claimed", claimed_at=now)
    body = problem(program("handler").post(f"/work-items/{item.id}/claim"), 409, "task-already-claimed")
    assert (body["who"], datetime.fromisoformat(body["when"])) == ("Handler-Two", now)
    problem(program("handler").post(f"/work-items/{item.id}/release"), 403, "task-not-yours")


@pytest.mark.parametrize("step", ["claim", "complete"])
def test_a_task_of_another_unit_is_closed(program: Issue, item: WorkItem, session: Session, step: str) -> None:
    for login in ("handler", "plum-grid", "operator"):
        problem(
            program(login).post(f"/work-items/{item.id}/{step}", json={"data": {"note": "x"}}),
            403,
            "task-of-another-unit",
        )
    assert fresh(session, item).state == "open"


def test_a_task_that_is_none_is_not_found(program: Issue) -> None:
    community = program("community")
    for step in ("claim", "release", "complete"):
        assert community.post(f"/work-items/{uuid4()}/{step}", json={}).status_code == 404


def test_completing_moves_the_process_on(program: Issue, item: WorkItem, session: Session) -> None:
    community = program("community")
    done = community.post(f"/work-items/{item.id}/complete", json={"data": {"note": "已登记"}}).json
    assert done is not None
    assert (done["id"], done["state"], done["instance_status"]) == (str(item.id), "completed", "running")
    (following,) = done["next_items"]
    handler = program("handler")
    (listed,) = (handler.get("/work-items").json or {})["items"]
    assert (listed["id"], listed["name"]) == (following, "handle")
    end = handler.post(f"/work-items/{following}/complete", json={}).json
    assert end is not None
    assert (end["instance_status"], end["next_items"]) == ("completed", [])
    seen = handler.get(f"/cases/{item.case_id}").json
    assert seen is not None
    assert seen["state"] == "solved"
    assert "petitioner" not in seen, "who is done with it sees the person no more"


def test_a_wrong_form_names_each_field_in_the_reader_s_language(
    program: Issue, item: WorkItem, session: Session
) -> None:
    community = program("community")
    path = f"/work-items/{item.id}/complete"
    body = problem(community.post(path, json={"data": {"note": "  "}}), 422, "form-invalid")
    assert body["errors"] == {"note": ["请填写此项。"]}
    answer = community.call("POST", path, json={"data": {"note": 5}}, headers={"Accept-Language": "en"})
    assert problem(answer, 422, "form-invalid")["errors"] == {"note": ["Please enter text."]}
    problem(community.post(path, json={"data": []}), 422, "request-invalid")
    problem(community.post(path, json={"note": "x"}), 422, "request-invalid")
    assert fresh(session, item).state == "open"


def test_a_completed_task_says_who_was_first_and_when(program: Issue, item: WorkItem, now: datetime) -> None:
    community = program("community")
    path = f"/work-items/{item.id}/complete"
    assert community.post(path, json={"data": {"note": "已登记"}}).status_code == 200
    body = problem(community.post(path, json={"data": {"note": "又登记"}}), 409, "task-already-completed")
    assert (body["who"], datetime.fromisoformat(body["when"])) == ("Community", now)
    assert "Community" in body["detail"]
    problem(community.post(f"/work-items/{item.id}/claim"), 409, "task-already-completed")


@pytest.mark.parametrize("key", [None, "one"])
def test_a_step_that_fails_keeps_the_task_and_leaves_an_incident(
    program: Issue, session: Session, district: District, now: datetime, key: str | None
) -> None:
    deploy(session, FAILING, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    assert program("centre").post("/cases", json=FILING).status_code == 201
    item = session.scalars(select(WorkItem)).one()
    community = program("community")
    for tries in (1, 2):  # an error is not remembered: the second time is tried, too
        answer = community.post(f"/work-items/{item.id}/complete", json={"data": {"note": "x"}}, key=key)
        problem(answer, 409, "step-failed")
        assert "Idempotency-Replayed" not in answer.headers
        session.rollback()
        assert session.scalars(select(Incident).execution_options(populate_existing=True)).one().tries == tries
    assert fresh(session, item).state == "open"
