"""Filing and reading cases by the API."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Tag, timeline
from engine.cases.models import Case
from engine.cases.vault import Vault
from engine.instances.models import Instance
from engine.tasks import WorkItem
from tests.factories import District
from tests.web.api.program import FILING, Program, problem
from web import current

Issue = Callable[[str], Program]
PERSONAL = ("周女士", "13800000000")


@pytest.fixture
def case(program: Issue, session: Session, deployed: None) -> Case:
    """A matter that a street centre's program has filed."""
    answer = program("centre").post("/cases", json=FILING)
    assert answer.status_code == 201, answer.text
    return session.scalars(select(Case)).one()


@pytest.mark.parametrize(
    "sent",
    [{"name": "周" * 60 + " "}, {"title": "灯" * 80 + "\0"}, {"channel": " hotline"}, {"reach": "sms "},
     {"kind": "petition "}, {"parties": [{"name": "吴" * 60 + " "}]}],
    ids=lambda sent: next(iter(sent)),
)  # fmt: skip
def test_what_breaks_the_description_is_refused_even_where_white_space_would_go(
    program: Issue, session: Session, deployed: None, sent: dict[str, object]
) -> None:
    answer = program("centre").post("/cases", json=FILING | sent)
    assert answer.status_code == 422
    assert session.scalars(select(Case)).all() == []


def test_white_space_around_what_was_typed_goes(program: Issue, session: Session, deployed: None) -> None:
    assert program("centre").post("/cases", json=FILING | {"title": " 路灯不亮 "}).status_code == 201
    assert session.scalars(select(Case)).one().title == "路灯不亮"


def test_filing_makes_a_case_with_its_process_and_a_receipt(program: Issue, session: Session, deployed: None) -> None:
    answer = program("centre").post("/cases", json=FILING | {"channel": "hotline"})
    assert answer.status_code == 201
    made = answer.json
    assert made is not None
    case = session.scalars(select(Case)).one()
    assert (made["id"], made["number"]) == (str(case.id), case.number)
    assert (case.title, case.channel, case.state) == (FILING["title"], "hotline", "running")
    assert session.scalars(select(Instance)).one().case_id == case.id
    assert answer.headers["Location"] == f"/api/v1/cases/{case.id}"
    assert program("community").get(f"/cases/{case.id}").status_code == 200


def test_the_receipt_opens_the_resident_s_page(app: Flask, program: Issue, deployed: None) -> None:
    made = program("centre").post("/cases", json=FILING).json
    assert made is not None
    page = app.test_client().get(f"/t/{made['tracking_code']}", follow_redirects=True)
    assert made["number"] in page.text


def test_two_filings_are_two_cases(program: Issue, session: Session, deployed: None) -> None:
    centre = program("centre")
    assert {centre.post("/cases", json=FILING).status_code for _ in range(2)} == {201}
    assert session.scalar(select(func.count()).select_from(Case)) == 2


def test_an_unknown_place_is_said_at_its_field_and_files_nothing(
    program: Issue, session: Session, deployed: None
) -> None:
    for place in ("nowhere", "water"):  # none of that code; a department is no place
        body = problem(program("centre").post("/cases", json=FILING | {"place": place}), 422, "place-unknown")
        assert list(body["errors"]) == ["place"]
    assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_filing_needs_a_role_that_takes_matters_in(program: Issue, session: Session, deployed: None) -> None:
    problem(program("handler").post("/cases", json=FILING), 403, "not-permitted")
    assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_filing_without_a_process_says_to_deploy_one(program: Issue, session: Session) -> None:
    problem(program("centre").post("/cases", json=FILING), 404, "process-not-active")
    assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_who_has_the_work_sees_the_person_and_that_is_recorded(program: Issue, case: Case, session: Session) -> None:
    seen = program("community").get(f"/cases/{case.id}").json
    assert seen is not None
    assert seen["petitioner"] == {"name": "周女士", "phone": "13800000000"}
    assert (seen["number"], seen["title"], seen["place"], seen["text"]) == (
        case.number, FILING["title"], "柳园社区", FILING["text"],
    )  # fmt: skip
    assert [work["name"] for work in seen["open_work"]] == ["register"]
    read = [event for event in timeline(session, case.id) if event.tag == Tag.CASE_PERSONAL_READ]
    assert [(event.actor_name, event.data) for event in read] == [("Community", {"fields": ["name", "phone"]})]


@pytest.mark.parametrize("login", ["centre", "street-leader", "supervisor", "grid"])
def test_who_only_looks_on_sees_no_person(program: Issue, case: Case, login: str) -> None:
    answer = program(login).get(f"/cases/{case.id}")
    assert answer.status_code == 200
    assert "petitioner" not in (answer.json or {})
    assert not any(each in answer.text for each in PERSONAL)


def test_a_card_from_above_has_no_text(program: Issue, case: Case) -> None:
    shift = program("shift")
    seen = shift.get(f"/cases/{case.id}").json
    assert seen is not None
    assert seen["title"] == FILING["title"]
    assert not {"text", "address", "channel", "clocks", "petitioner"} & set(seen)
    assert shift.get(f"/cases/{case.id}/timeline").json == {"events": []}


@pytest.mark.parametrize(
    "login",
    [
        "housing-handler",  # another department
        "plum-grid",  # another community
        "operator",  # mends the machine and sees no matter
        "designer",  # draws processes
        "admin",  # gives roles
    ],
)
def test_others_read_neither_the_case_nor_its_timeline_nor_its_tasks(
    program: Issue, case: Case, session: Session, login: str
) -> None:
    other = program(login)
    item = session.scalars(select(WorkItem)).one()
    for path in (f"/cases/{case.id}", f"/cases/{case.id}/timeline", f"/work-items/{item.id}"):
        answer = other.get(path)
        problem(answer, 403, "not-permitted")
        assert not any(each in answer.text for each in (*PERSONAL, FILING["title"]))


def test_the_timeline_tells_what_happened_without_the_person(program: Issue, case: Case) -> None:
    community = program("community")
    answer = community.get(f"/cases/{case.id}/timeline")
    events = (answer.json or {})["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["tag"] for event in events][:2] == ["case:filed", "instance:started"]
    assert events[0]["actor_name"] == "Centre"
    assert not any(each in answer.text for each in PERSONAL)
    assert community.get(f"/cases/{case.id}/timeline").text == answer.text, "nobody read who the resident is"


def test_the_timeline_of_an_onlooker_leaves_out_steps_among_staff(program: Issue, case: Case) -> None:
    community, colleague = program("community"), program("grid")
    item = (community.get("/work-items").json or {})["items"][0]["id"]
    assert community.post(f"/work-items/{item}/claim").status_code == 200
    assert community.post(f"/work-items/{item}/complete", json={"data": {"note": "已登记"}}).status_code == 200

    def tags(program: Program) -> set[str]:
        return {event["tag"] for event in (program.get(f"/cases/{case.id}/timeline").json or {})["events"]}

    assert {"work_item:created", "work_item:claimed"} <= tags(community)
    assert tags(colleague) == {"case:filed", "work_item:completed"}


def test_an_unknown_case_is_not_found(program: Issue, district: District) -> None:
    problem(program("community").get("/cases/00000000-0000-7000-8000-000000000000"), 404, "case-unknown")


def test_what_identifies_the_resident_is_sealed(app: Flask, case: Case, now: datetime) -> None:
    assert case.personal is not None
    assert "周女士".encode() not in case.personal
    with app.app_context():
        vault: Vault = current.vault()
    assert vault.open(case.personal, case.id)["name"] == "周女士"
