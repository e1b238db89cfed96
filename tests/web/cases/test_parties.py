"""Parties on the pages: a clerk adds one and prints the slip, the party comes in with it, staff enter an answer."""

import re
from datetime import datetime
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag
from engine.cases.models import Case
from engine.cases.party import CaseParty
from engine.cases.party_changes import remove_party
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault
from engine.db import writing
from engine.definitions import deploy
from engine.errors import Conflict
from engine.tasks import WorkItem
from tests.engine.cases.test_parties import INVITING
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in, token_of
from web import current

PDF = b"%PDF-1.4\n%%EOF"
PARTY = {"name": "王五", "phone": "13900139000", "address": "二号楼 302", "role": "respondent"}


@pytest.fixture
def case(app: Flask, session: Session, district: District, now: datetime) -> Case:
    """A dispute whose first step, the invitation, the willow community's clerk has claimed."""
    case = make_case(session, place=district.unit("willow"))
    with writing(session):
        case.personal = Vault(bytes(range(32))).seal({"name": "李四", "phone": "13800138000"}, case.id)
        session.add(case)
    deploy(session, INVITING, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    data = {"case": {"number": case.number}, "place": {"code": "willow", "community": "willow", "name": "柳园社区"}}
    with app.app_context():
        current.runtime().start(
            session, case_id=case.id, jurisdiction="qinghe", key="petition", data=data, actor=Actor.resident(), now=now
        )
    return case


@pytest.fixture
def clerk(app: Flask, session: Session, case: Case) -> FlaskClient:
    client = app.test_client()
    sign_in(client, "community")
    send(client, f"/tasks/{item(session, 'invite').id}/claim")
    return client


def item(session: Session, element: str, party: str | None = None) -> WorkItem:
    session.rollback()
    found = select(WorkItem).where(WorkItem.element_id == element, WorkItem.state.in_(("open", "claimed")))
    return session.scalars(found.where(WorkItem.party.is_not_distinct_from(party))).one()


def slip_of(clerk: FlaskClient, case: Case) -> tuple[str, str, str]:
    """Number, PIN and link of the slip that the clerk prints for the respondent."""
    page = clerk.get(f"/cases/{case.id}").text
    token = re.search(r'name="slip" value="([^"]+)"', page)
    assert token is not None
    slip = send(clerk, f"/cases/{case.id}/parties/p2/slip", {"slip": token[1]}).text
    number, pin = re.search(r"SQ\d{4}-\d{6}-2", slip), re.search(r'receipt-pin">(\d{3}) (\d{3})<', slip)
    link = re.search(r"/t/[A-Z0-9-]+", slip)
    assert number
    assert pin
    assert link
    assert "13900139000" not in slip  # a slip that is lost tells nobody's telephone
    assert "李四" not in slip
    return number[0], pin[1] + pin[2], link[0]


def test_a_clerk_adds_a_party_once_and_mistakes_keep_what_was_typed(
    clerk: FlaskClient, case: Case, session: Session
) -> None:
    assert "加入当事人" in clerk.get(f"/cases/{case.id}").text
    wrong = send(clerk, f"/cases/{case.id}/parties/new", PARTY | {"name": "", "phone": "12"})
    assert wrong.status_code == 422
    assert "二号楼 302" in wrong.text
    assert "电话号码不正确。" in wrong.text
    for _ in range(2):  # a double click
        assert send(clerk, f"/cases/{case.id}/parties/new", PARTY).status_code == 303
    session.rollback()
    assert [each.key for each in session.scalars(select(CaseParty))] == ["p2"]
    page = clerk.get(f"/cases/{case.id}").text
    assert "王五" in page
    assert "13900139000" in page


def test_who_has_no_task_adds_nobody_and_prints_nothing(app: Flask, clerk: FlaskClient, case: Case) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    other = app.test_client()
    sign_in(other, "supervisor")
    page = other.get(f"/cases/{case.id}").text
    assert "/parties/new" not in page
    assert "王五" not in page
    assert send(other, f"/cases/{case.id}/parties/new", PARTY).status_code == 403
    assert send(other, f"/cases/{case.id}/parties/p2/slip").status_code == 403


def test_a_party_comes_in_with_the_slip_and_answers(
    app: Flask, clerk: FlaskClient, case: Case, session: Session
) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    number, pin, link = slip_of(clerk, case)
    send(clerk, f"/tasks/{item(session, 'invite').id}", {"request_key": "k" * 20})
    party = app.test_client()
    token = token_of(party.get("/follow").text)
    assert party.post("/follow", data={"csrf_token": token, "number": number, "pin": pin}).location == "/matter/"
    page = party.get("/matter/").text
    assert "您的身份：被申请人" in page
    assert "李四" in page
    assert "13800138000" not in page  # never how another party is reached
    assert "三号楼</dd>" not in page  # nor where
    assert "13800138000" not in party.get("/matter/copy").text
    petitioners = item(session, "consent")
    assert party.get(f"/matter/tasks/{petitioners.id}").status_code == 404
    own = item(session, "consent", "p2")
    assert f"/matter/tasks/{own.id}" in page
    assert send_to(party, f"/matter/tasks/{own.id}", {"agrees": "true"}) == 302
    assert "您" in party.get("/matter/").text
    assert party.get(link).location == "/matter/"
    token = token_of(party.get("/matter/").text)
    linked = party.post(f"/matter/linked/{case.id}", data={"csrf_token": token})
    assert linked.status_code == 404  # a slip opens this one matter, and only as this party
    assert "您的身份：被申请人" in party.get("/matter/").text


def send_to(client: FlaskClient, path: str, data: dict[str, str]) -> int:
    return client.post(path, data={"csrf_token": token_of(client.get(path).text), **data}).status_code


def test_a_party_refuses_by_its_page_and_the_petitioner_reads_it(
    app: Flask, clerk: FlaskClient, case: Case, session: Session
) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    _, _, link = slip_of(clerk, case)
    send(clerk, f"/tasks/{item(session, 'invite').id}", {"request_key": "k" * 20})
    party = app.test_client()
    party.get(link)
    offer = re.search(r'href="(/matter/offers/[^"]+)"', party.get("/matter/").text)
    assert offer is not None
    assert send_to(party, offer[1], {}) == 302
    assert "提出：refused" in party.get("/matter/").text
    assert "被申请人" in clerk.get(f"/cases/{case.id}").text


def test_staff_enter_an_answer_that_came_by_telephone(clerk: FlaskClient, case: Case, session: Session) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    send(clerk, f"/tasks/{item(session, 'invite').id}", {"request_key": "k" * 20})
    waiting = item(session, "consent", "p2")
    assert f"/tasks/{waiting.id}/assist" in clerk.get(f"/cases/{case.id}").text
    assert "data-claim" not in clerk.get(f"/tasks/{waiting.id}").text  # nobody can take what is a party's
    page = clerk.get(f"/tasks/{waiting.id}/assist").text
    assert "代被申请人登记答复" in page
    assert "13900139000" in page  # somebody has to ring up
    assert "13800138000" not in page
    session.rollback()
    read = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_PERSONAL_READ)).all()
    assert "p2.phone" in {name for event in read for name in event.data["fields"]}
    missing = send(clerk, f"/tasks/{waiting.id}/assist", {"agrees": "true"})
    assert missing.status_code == 422
    assert "请选择本人怎样表示的。" in missing.text
    done = send(clerk, f"/tasks/{waiting.id}/assist", {"agrees": "true", "assisted": "phone"})
    assert done.status_code == 303
    assert clerk.get(f"/tasks/{waiting.id}/assist").status_code == 409


def test_a_paper_is_attached_with_what_staff_enter_and_a_bad_one_changes_nothing(
    clerk: FlaskClient, case: Case, session: Session
) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    send(clerk, f"/tasks/{item(session, 'invite').id}", {"request_key": "k" * 20})
    path = f"/tasks/{item(session, 'consent', 'p2').id}/assist"
    assert "（可不传）" in clerk.get(path).text
    said = {"agrees": "true", "assisted": "paper"}
    refused = send(clerk, path, {**said, "assisted_proof": (BytesIO(b"MZ"), "a.exe")})
    assert refused.status_code == 422
    assert 'id="assisted_proof-problem"' in refused.text
    assert send(clerk, path, {**said, "assisted_proof": (BytesIO(PDF), "同意书.pdf")}).status_code == 303
    assert "同意书.pdf" in clerk.get(f"/cases/{case.id}").text


def test_a_party_is_removed_with_a_reason_and_every_way_in_is_closed(
    app: Flask, clerk: FlaskClient, case: Case, session: Session
) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    number, pin, link = slip_of(clerk, case)
    party = app.test_client()
    assert party.get(link).location == "/matter/"
    assert "被申请人" in party.get("/matter/").text
    send(clerk, f"/cases/{case.id}/parties/p2/remove", {"reason": "  "})
    assert "王五" in clerk.get(f"/cases/{case.id}").text, "without a reason nobody is removed"
    assert send(clerk, f"/cases/{case.id}/parties/p2/remove", {"reason": "登记错了人"}).status_code == 303
    assert "王五" not in clerk.get(f"/cases/{case.id}").text
    assert "被申请人" not in party.get("/matter/", follow_redirects=True).text, "an open page closes at once"
    assert app.test_client().get(link).status_code == 404
    token = token_of(party.get("/follow").text)
    again = party.post("/follow", data={"csrf_token": token, "number": number, "pin": pin})
    assert again.status_code == 422
    session.rollback()
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_PARTY_REMOVED)).one()
    assert event.data == {"party": "p2", "role": "respondent", "reason": "登记错了人"}
    send(clerk, f"/cases/{case.id}/parties/new", PARTY | {"name": "赵六"})
    session.rollback()
    assert [each.key for each in session.scalars(select(CaseParty).order_by(CaseParty.key))] == ["p2", "p3"]


def test_a_party_who_is_still_awaited_and_the_petitioner_are_not_removed(
    clerk: FlaskClient, case: Case, session: Session
) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    send(clerk, f"/tasks/{item(session, 'invite').id}", {"request_key": "k" * 20})
    # who has no task of the matter any more removes nobody
    assert send(clerk, f"/cases/{case.id}/parties/p2/remove", {"reason": "登记错了人"}).status_code == 403
    with pytest.raises(Conflict) as refused:
        remove_party(
            session, case, "p2", "登记错了人", runtime=case_runtime(Vault(bytes(range(32))), site=""),
            actor=Actor.engine(), now=case.filed_at,
        )  # fmt: skip
    assert refused.value.code == "party-awaited"
    session.rollback()
    assert session.scalars(select(CaseParty)).one().removed_at is None
    with pytest.raises(Conflict) as refused:
        remove_party(
            session, case, "p1", "不是诉求人", runtime=case_runtime(Vault(bytes(range(32))), site=""),
            actor=Actor.engine(), now=case.filed_at,
        )  # fmt: skip
    assert refused.value.code == "party-petitioner"


def test_what_is_written_of_a_party_is_corrected_and_the_slip_stays_good(
    app: Flask, clerk: FlaskClient, case: Case, session: Session
) -> None:
    send(clerk, f"/cases/{case.id}/parties/new", PARTY)
    _, _, link = slip_of(clerk, case)
    page = clerk.get(f"/cases/{case.id}/parties/p2/edit").text
    assert "13900139000" in page
    assert send(clerk, f"/cases/{case.id}/parties/p2/edit", PARTY | {"phone": "12"}).status_code == 422
    assert send(clerk, f"/cases/{case.id}/parties/p2/edit", PARTY | {"phone": "13700137000"}).status_code == 303
    assert "13700137000" in clerk.get(f"/cases/{case.id}").text
    assert app.test_client().get(link).location == "/matter/"
    session.rollback()
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CASE_PARTY_CORRECTED)).one()
    assert event.data == {"party": "p2", "fields": ["phone"]}
