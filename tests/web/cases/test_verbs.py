"""Staff pass a task on, ask beside it, urge it and copy others in, all from its page."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions import deploy
from engine.instances.runtime import Runtime
from engine.notices import Notice
from engine.organisation.absences import set_absence
from engine.tasks import WorkItem, claim
from engine.tasks.models import CaseCopy, CoHandler
from tests.factories import District, make_case, make_staff
from tests.web.api.program import FLOW
from tests.web.browsing import send, sign_in


@pytest.fixture
def item(session: Session, district: District, now: datetime, hashed_password: str) -> WorkItem:
    """A task of the water works that their handler has; there is a second handler."""
    works = district.unit("water-works")
    second = make_staff(session, "second", name="二号", roles=[("handler", works)], password_hash=hashed_password)
    district.staff["second"] = second
    deploy(session, FLOW, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    case, runtime = make_case(session, place=district.unit("willow")), Runtime()
    place = {"code": "willow", "community": "willow", "street": "east", "district": "qinghe"}
    runtime.start(
        session, case_id=case.id, jurisdiction="qinghe", key="petition", data={"place": place},
        actor=Actor.resident(), now=now,
    )  # fmt: skip
    first = session.scalars(select(WorkItem)).one()
    community = Actor.staff(district.person("community"))
    (made,) = runtime.complete(session, first.id, {"note": "x"}, actor=community, now=now).next_items
    return claim(session, made.id, staff=district.person("handler"), now=now)


def told(session: Session, district: District, login: str) -> list[str]:
    """The templates of what somebody was told in the application."""
    session.rollback()
    found = select(Notice.template).where(
        Notice.staff_id == district.person(login).id, Notice.channel == "app", Notice.template.not_like("unit%")
    )
    return list(session.scalars(found.order_by(Notice.created_at)))


def test_transfer_offers_only_who_holds_the_role_and_tells_them(
    client: FlaskClient, item: WorkItem, session: Session, district: District
) -> None:
    sign_in(client, "handler")
    page = client.get(f"/tasks/{item.id}").text
    offered = page.partition('id="transfer-to"')[2].partition("</select>")[0]
    assert "二号" in offered
    assert "Handler-Two" in offered  # an office of the same department
    assert "Water-Lead" not in offered
    data = {"to": str(district.person("second").id), "note": "熟悉这一片"}
    after = send(client, f"/tasks/{item.id}/transfer", data, follow_redirects=True).text
    assert "已转给二号" in after
    assert "收回" in after
    session.expire_all()
    assert session.get_one(WorkItem, item.id).owner_id == district.person("second").id
    assert told(session, district, "second") == ["task_transferred"]


def test_transfer_outside_the_role_is_said_and_nothing_changes(
    client: FlaskClient, item: WorkItem, session: Session, district: District
) -> None:
    sign_in(client, "handler")
    data = {"to": str(district.person("housing-handler").id)}
    after = send(client, f"/tasks/{item.id}/transfer", data, follow_redirects=True).text
    assert "没有任何改动" in after
    assert "请先选择交给谁" in send(client, f"/tasks/{item.id}/transfer", follow_redirects=True).text
    session.expire_all()
    assert session.get_one(WorkItem, item.id).owner_id == district.person("handler").id
    assert told(session, district, "housing-handler") == []


def test_a_lead_assigns_what_another_holds_and_a_stranger_cannot(
    app: Flask, item: WorkItem, session: Session, district: District
) -> None:
    lead, stranger = app.test_client(), app.test_client()
    sign_in(lead, "water-lead")
    assert "指派" in lead.get(f"/tasks/{item.id}").text
    send(lead, f"/tasks/{item.id}/transfer", {"to": str(district.person("second").id)})
    assert told(session, district, "second") == ["task_assigned"]
    sign_in(stranger, "plum-grid")
    answer = send(stranger, f"/tasks/{item.id}/transfer", {"to": str(district.person("plum-grid").id)})
    assert answer.status_code == 403


def test_a_delegated_task_is_handed_back_and_confirmed(
    app: Flask, item: WorkItem, session: Session, district: District
) -> None:
    handler, lead = app.test_client(), app.test_client()
    sign_in(handler, "handler")
    send(handler, f"/tasks/{item.id}/delegate", {"to": str(district.person("water-lead").id)})
    sign_in(lead, "water-lead")
    page = lead.get(f"/tasks/{item.id}").text
    assert "交回确认" in page
    assert "办结这一步" not in page
    done = send(lead, f"/tasks/{item.id}", {"_action": "hand-back", "_note": "已核"}, follow_redirects=True)
    assert "已交回" in done.text
    assert told(session, district, "handler") == ["task_handed_back"]
    page = handler.get(f"/tasks/{item.id}").text
    assert "Water-Lead已交回，请核对后办结" in page
    assert "已核" in page
    assert "办结这一步" in page


def test_a_co_handler_sees_the_matter_without_the_person_and_answers(
    app: Flask, item: WorkItem, session: Session, district: District
) -> None:
    handler, other = app.test_client(), app.test_client()
    sign_in(other, "housing-handler")
    assert other.get(f"/tasks/{item.id}").status_code == 403
    sign_in(handler, "handler")
    asked = {"who": "housing-handler", "question": "产权归谁？"}
    assert "已请对方会办" in send(handler, f"/tasks/{item.id}/co-handlers", asked, follow_redirects=True).text
    assert "产权归谁？" in other.get("/inbox").text
    page = other.get(f"/tasks/{item.id}").text
    assert "您的答复" in page
    assert "转办" not in page
    request = session.scalars(select(CoHandler)).one()
    send(other, f"/tasks/{item.id}/co-handlers/{request.id}/answer", {"answer": "归业主共有"})
    assert "归业主共有" in handler.get(f"/tasks/{item.id}").text
    assert told(session, district, "handler") == ["co_handler_answered"]
    assert (
        "没有叫“谁”的同事"
        in send(handler, f"/tasks/{item.id}/co-handlers", {"who": "谁", "question": "?"}, follow_redirects=True).text
    )


def test_a_removed_co_handler_no_longer_sees_the_matter(
    app: Flask, item: WorkItem, session: Session, district: District
) -> None:
    handler, other = app.test_client(), app.test_client()
    sign_in(handler, "handler")
    send(handler, f"/tasks/{item.id}/co-handlers", {"who": "housing-handler", "question": "产权归谁？"})
    request = session.scalars(select(CoHandler)).one()
    assert "已减签" in send(handler, f"/tasks/{item.id}/co-handlers/{request.id}/remove", follow_redirects=True).text
    sign_in(other, "housing-handler")
    assert other.get(f"/tasks/{item.id}").status_code == 403


def test_a_reader_sees_the_matter_and_can_do_nothing_with_the_task(
    app: Flask, item: WorkItem, session: Session, district: District
) -> None:
    handler, other = app.test_client(), app.test_client()
    sign_in(handler, "handler")
    send(handler, f"/tasks/{item.id}/copy", {"who": "Housing-Lead", "note": "请阅"})
    sign_in(other, "housing-lead")
    assert other.get(f"/cases/{item.case_id}").status_code == 200
    assert send(other, f"/tasks/{item.id}/claim").status_code in (403, 409)
    assert told(session, district, "housing-lead") == ["case_copied"]
    copy = session.scalars(select(CaseCopy)).one()
    send(handler, f"/tasks/{item.id}/copy/{copy.id}/remove")
    assert other.get(f"/cases/{item.case_id}").status_code == 403


def test_urging_tells_the_owner_and_their_substitute_once(
    client: FlaskClient, item: WorkItem, session: Session, district: District, now: datetime
) -> None:
    set_absence(
        session, staff=district.person("handler"), substitute=district.person("second"), from_at=now,
        until_at=now + timedelta(days=3), now=now,
    )  # fmt: skip
    sign_in(client, "water-lead")
    page = client.get(f"/tasks/{item.id}").text
    assert "Handler外出至2026年3月21日 星期六，由二号代办" in page
    assert "已催办" in send(client, f"/tasks/{item.id}/urge", {"note": "群众在等"}, follow_redirects=True).text
    assert "可以再催" in send(client, f"/tasks/{item.id}/urge", follow_redirects=True).text
    assert [told(session, district, login) for login in ("handler", "second")] == [["task_urged"], ["task_urged"]]


def test_a_substitute_finds_the_task_in_the_inbox_takes_it_over_and_completes_it(
    client: FlaskClient, item: WorkItem, session: Session, district: District, now: datetime
) -> None:
    set_absence(
        session, staff=district.person("handler"), substitute=district.person("water-lead"), from_at=now,
        until_at=now + timedelta(days=3), now=now,
    )  # fmt: skip
    sign_in(client, "water-lead")
    inbox = client.get("/inbox").text
    assert "代Handler" in inbox
    assert "Handler外出至" in inbox
    page = client.get(f"/tasks/{item.id}").text
    assert "您代Handler办理这一件" in page
    send(client, f"/tasks/{item.id}/claim")
    send(client, f"/tasks/{item.id}", {"request_key": "k" * 20})
    session.expire_all()
    found = session.get_one(WorkItem, item.id)
    assert (found.state, found.completed_by) == ("completed", "Water-Lead")


def test_the_page_says_what_is_withdrawn_before_a_matter_goes_back(
    client: FlaskClient, item: WorkItem, session: Session, district: District
) -> None:
    sign_in(client, "handler")
    page = client.get(f"/tasks/{item.id}").text
    assert "退回到哪一步" in page
    step = session.scalars(select(WorkItem).where(WorkItem.element_id == "register")).one()
    told_before = client.get(f"/tasks/{item.id}/return?step={step.id}").text
    assert "由Community重新办理“register”" in told_before
    assert "其他并行的工作不受影响" in told_before
    assert client.get(f"/tasks/{item.id}/return?step=nonsense").text == ""
    assert (
        "请写明为什么退回"
        in send(client, f"/tasks/{item.id}/return", {"step": str(step.id)}, follow_redirects=True).text
    )
    send(client, f"/tasks/{item.id}/return", {"step": str(step.id), "reason": "地点不对"})
    assert told(session, district, "community") == ["task_returned"]
    again = session.scalars(select(WorkItem).where(WorkItem.state == "claimed")).one()
    sign_in(client, "community")
    page = client.get(f"/tasks/{again.id}").text
    assert "Handler退回" in page
    assert "地点不对" in page
    assert 'value="x"' in page  # what was entered the first time


def test_a_step_that_never_happened_is_said_and_nothing_changes(
    client: FlaskClient, item: WorkItem, session: Session
) -> None:
    sign_in(client, "handler")
    data = {"step": str(item.id), "reason": "没有这一步"}
    assert "没有办过这一步" in send(client, f"/tasks/{item.id}/return", data, follow_redirects=True).text
    session.rollback()
    assert [each.element_id for each in session.scalars(select(WorkItem).where(WorkItem.state == "claimed"))] == [
        "handle"
    ]


def test_a_completion_is_taken_back_from_its_page_until_the_next_one_looked(
    app: Flask, item: WorkItem, session: Session, district: District, now: datetime
) -> None:
    Runtime().send_back(
        session, item.id, session.scalars(select(WorkItem.id).where(WorkItem.element_id == "register")).one(),
        staff=district.person("handler"), reason="x", now=now,
    )  # fmt: skip
    again = session.scalars(select(WorkItem).where(WorkItem.state == "claimed")).one()
    mine, other = app.test_client(), app.test_client()
    sign_in(mine, "community")
    send(mine, f"/tasks/{again.id}", {"note": "写错了", "request_key": "k" * 20})
    assert "撤回这次办结" in mine.get(f"/tasks/{again.id}").text
    after = send(mine, f"/tasks/{again.id}/take-back", follow_redirects=True).text
    assert "已撤回，请继续办理" in after
    assert 'value="写错了"' in after
    session.rollback()
    third = session.scalars(select(WorkItem).where(WorkItem.state == "claimed")).one()
    send(mine, f"/tasks/{third.id}", {"note": "对了", "request_key": "l" * 20})
    session.rollback()
    following = session.scalars(select(WorkItem).where(WorkItem.state == "open")).one()
    sign_in(other, "second")
    other.get(f"/tasks/{following.id}")
    assert "撤回这次办结" not in mine.get(f"/tasks/{third.id}").text
    assert "已被打开" in send(mine, f"/tasks/{third.id}/take-back", follow_redirects=True).text
