"""The petition on its pages: what staff see and type, from registration to a department's desk."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.models import Case
from engine.definitions import Package, deploy
from engine.organisation.models import UnitKind
from engine.organisation.service import place_facts
from engine.tasks import WorkItem
from tests.factories import District, make_case, make_staff, make_unit
from tests.web.browsing import send, sign_in
from web import current

PETITION = Path(__file__).parents[3] / "bpmn" / "petition"


@pytest.fixture
def case(app: Flask, session: Session, district: District, now: datetime, hashed_password: str) -> Case:
    """A petition that waits to be registered by the willow community."""
    urban = make_unit(session, UnitKind.DEPARTMENT, "urban", parent=district.unit("qinghe"), name="区城管局")
    district.staff["urban"] = make_staff(session, "urban", roles=[("handler", urban)], password_hash=hashed_password)
    make_staff(session, "urban-lead", roles=[("department_lead", urban)], password_hash=hashed_password)
    case = make_case(session, place=district.unit("willow"), category="noise")
    deploy(session, Package.read_directory(PETITION), author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    facts = {"id": str(case.id), "number": case.number, "kind": "petition", "title": case.title, "category": "noise"}
    data = {
        "case": {**facts, "channel": "portal", "filed_at": now},
        "place": place_facts(session, district.unit("willow")),
    }
    with app.app_context():
        current.runtime().hooks.issue_document = lambda step, order: {"document_number": order.template}
        current.runtime().start(
            session, case_id=case.id, jurisdiction="qinghe", key="petition", data=data, actor=Actor.resident(), now=now
        )
    return case


def item_of(session: Session, element: str) -> WorkItem:
    """Return the live item of an element."""
    session.rollback()  # read what others have committed since
    live = select(WorkItem).where(WorkItem.element_id == element, WorkItem.state.in_(("open", "claimed")))
    return session.scalars(live).one()


def do(app: Flask, session: Session, login: str, element: str, **answers: Any) -> str:
    """Claim a task and complete it as `login` would, by its page; return the page that follows."""
    client = app.test_client()
    sign_in(client, login)
    item = item_of(session, element)
    send(client, f"/tasks/{item.id}/claim")
    answer = send(client, f"/tasks/{item.id}", {**answers, "request_key": "k" * 20}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_task_shows_what_to_do_and_its_form(client: FlaskClient, case: Case, session: Session) -> None:
    sign_in(client, "community")
    item = item_of(session, "record")
    assert "诉求类别" not in client.get(f"/tasks/{item.id}").text
    send(client, f"/tasks/{item.id}/claim")
    page = client.get(f"/tasks/{item.id}").text
    assert "核对类别" in page
    assert "诉求类别" in page
    assert '<option value="noise" selected>' in page
    assert f"/cases/{case.id}/drawing" in page
    assert "登记工单" in page


def test_task_says_why_it_came_and_is_claimed_and_given_back(client: FlaskClient, case: Case, session: Session) -> None:
    sign_in(client, "community")
    item = item_of(session, "record")
    page = client.get(f"/tasks/{item.id}").text
    assert "还没有人认领" in page
    assert "因为诉求地点在柳园社区" in page
    assert "为什么是这一天？" in page
    send(client, f"/tasks/{item.id}/claim")
    assert "放回待办" in client.get(f"/tasks/{item.id}").text
    send(client, f"/tasks/{item.id}/release")
    assert item_of(session, "record").state == "open"


def test_mistake_brings_the_form_back_with_every_word(client: FlaskClient, case: Case, session: Session) -> None:
    sign_in(client, "community")
    item = item_of(session, "record")
    send(client, f"/tasks/{item.id}/claim")
    answer = send(client, f"/tasks/{item.id}", {"category": ""})
    assert answer.status_code == 422
    assert "有 1 处需要更正" in answer.text
    assert "诉求类别" in answer.text.split('class="error-summary"')[1][:800]
    assert item_of(session, "record").state == "claimed"


def test_fields_come_as_an_answer_needs_them(app: Flask, case: Case, session: Session) -> None:
    clerk, other = app.test_client(), app.test_client()
    sign_in(clerk, "community")
    sign_in(other, "urban")
    item = item_of(session, "record")
    send(clerk, f"/tasks/{item.id}/claim")
    plain = send(clerk, f"/tasks/{item.id}/fields", {"category": "noise"}).text
    diverted = send(clerk, f"/tasks/{item.id}/fields", {"category": "noise", "remit": "true"}).text
    assert 'name="competent_body"' not in plain
    assert 'name="competent_body"' in diverted
    assert "is-invalid" not in diverted  # nobody has sent it yet
    assert send(other, f"/tasks/{item.id}/fields", {"remit": "true"}).text == ""


def test_draft_is_kept_for_its_author_alone(app: Flask, case: Case, session: Session) -> None:
    do(app, session, "community", "record", category="noise")
    session.rollback()
    client = app.test_client()
    sign_in(client, "grid")
    item = item_of(session, "verify")
    send(client, f"/tasks/{item.id}/claim")
    assert send(client, f"/tasks/{item.id}/draft", {"facts_found": "写到一半"}).status_code == 204
    assert "写到一半" in client.get(f"/tasks/{item.id}").text
    send(client, f"/tasks/{item.id}", {"_action": "draft", "facts_found": "又写了一些"})
    assert "又写了一些" in client.get(f"/tasks/{item.id}").text
    other = app.test_client()
    sign_in(other, "community")
    assert "又写了一些" not in other.get(f"/tasks/{item.id}").text


def test_second_click_is_the_same_completion_and_a_second_person_is_told(
    app: Flask, case: Case, session: Session
) -> None:
    item = item_of(session, "record")
    do(app, session, "community", "record", category="noise")
    session.rollback()
    client = app.test_client()
    sign_in(client, "community")
    again = send(client, f"/tasks/{item.id}", {"category": "noise", "request_key": "k" * 20})
    assert again.status_code == 303
    late = send(client, f"/tasks/{item.id}", {"category": "noise", "request_key": "another"})
    assert late.status_code == 409
    assert "已由Community于" in late.text
    assert f'href="/cases/{case.id}"' in late.text  # and what became of it


def test_petition_travels_to_a_department_that_may_ask_for_more_time(app: Flask, case: Case, session: Session) -> None:
    do(app, session, "community", "record", category="noise")
    session.rollback()
    do(app, session, "grid", "verify", contacted="yes", facts_found="属实，凌晨仍在施工")
    do(app, session, "grid", "attempt", attempt_result="unsolved", attempt_note="现场劝阻无效")
    do(app, session, "community", "consider", community_can="no")
    do(app, session, "community", "blow", whistle_reason="社区没有执法权", whistle_need="请城管现场处置")
    do(app, session, "centre", "assign", lead_unit="urban", assign_demand="到场核实并处置")
    do(app, session, "urban", "sign", sign_decision="accept")
    do(
        app, session, "urban", "arrive", arrived_at="2026-03-18T10:00", arrival_way="site", resident_contacted="yes",
        arrival_note="已到现场",
    )  # fmt: skip
    client = app.test_client()
    sign_in(client, "urban")
    handle = item_of(session, "handle")
    assert "extension-days" not in client.get(f"/tasks/{handle.id}").text, "only who has the task may ask"
    send(client, f"/tasks/{handle.id}/claim")
    assert "extension-days" in client.get(f"/tasks/{handle.id}").text
    wrong = send(client, f"/tasks/{handle.id}/extension", {"days": "0", "reason": "须等检测报告"})
    assert wrong.status_code == 422
    assert "须等检测报告</textarea>" in wrong.text
    send(client, f"/tasks/{handle.id}/extension", {"days": "3", "reason": "须等检测报告"})
    assert item_of(session, "approve").role == "street_leader"


def test_diagram_has_its_tokens_pages_and_a_table(app: Flask, case: Case, session: Session) -> None:
    do(app, session, "community", "record", category="noise")
    session.rollback()
    client = app.test_client()
    sign_in(client, "grid")
    send(client, f"/tasks/{item_of(session, 'verify').id}/claim")
    assert "办结：登记工单" in client.get(f"/cases/{case.id}").text
    main = client.get(f"/cases/{case.id}/tokens").json
    assert main is not None
    assert main["page"] == "petition"
    assert "register" in {page["id"] for page in main["pages"]}
    busy = next(page for page in main["pages"] if page["tokens"])
    inner = client.get(f"/cases/{case.id}/tokens?page={busy['id']}").json
    assert inner is not None
    assert {"element": "verify", "state": "open", "count": 1}.items() <= inner["tokens"][0].items()
    assert client.get(f"/cases/{case.id}/drawing").mimetype == "application/xml"
    assert client.get(f"/cases/{case.id}/drawing?page=nowhere").status_code == 404


def test_diagram_is_closed_to_who_may_not_see_it(client: FlaskClient, case: Case) -> None:
    sign_in(client, "plum-grid")
    assert client.get(f"/cases/{case.id}/tokens").status_code == 403
    assert client.get(f"/cases/{case.id}/drawing").status_code == 403


def test_a_corrected_category_becomes_the_matter_s_own(
    app: Flask, case: Case, session: Session, district: District
) -> None:
    page = do(app, session, "community", "record", category="sanitation")
    session.rollback()  # read what others have committed since
    session.expire_all()
    assert session.get_one(Case, case.id).category == "sanitation"
    corrected = select(AuditEvent).where(AuditEvent.case_id == case.id, AuditEvent.tag == Tag.CASE_CORRECTED)
    event = session.scalars(corrected).one()
    assert event.data == {"field": "category", "before": "noise", "after": "sanitation"}
    assert event.actor_id == str(district.person("community").id)
    assert "更正了事项内容" in page


def test_a_category_that_was_right_is_no_correction(app: Flask, case: Case, session: Session) -> None:
    do(app, session, "community", "record", category="noise")
    session.rollback()
    corrected = select(AuditEvent).where(AuditEvent.case_id == case.id, AuditEvent.tag == Tag.CASE_CORRECTED)
    assert session.scalars(corrected).all() == []
