"""What a lead does with one escalation: follow its notice, sign its slip, give the work to somebody else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case, CaseSealing, Document, SealingSide
from engine.db import new_id, writing
from engine.deadlines.models import Rung
from engine.definitions import deploy
from engine.instances.models import Instance
from engine.tasks.models import WorkItem
from tests.engine.cases.test_supervising import package
from tests.factories import District
from tests.web.browsing import send, sign_in
from tests.web.escalations.test_views import make_late, rung_of

DEMAND = {"demand": "请主要负责人过问，五日内办结", "by": "2026-04-30"}


@pytest.fixture
def unsigned(session: Session, district: District, now: datetime) -> Callable[..., Case]:
    """A matter of the water works five days late, whose slip waits for a signature."""

    def make(**values: object) -> Case:
        version = deploy(session, package(), author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
        case = make_late(session, district, now, rung="L4", **values)
        with writing(session):
            rung = session.query(Rung).filter_by(case_id=case.id).one()
            rung.name, rung.position = "L3", 3
            rung.rule = {"to": ["main_leader"], "notice": "supervised", "sign": True, "document": "slip", "when":
                         {"after_due": 5, "unit": "working-days"}}  # fmt: skip
            session.query(Instance).filter_by(case_id=case.id).one().version_id = version.id
        return case

    return make


def test_a_notice_leads_a_lead_to_its_very_row(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_late(session, district, now)
    make_late(session, district, now, title="另一件")
    rung_id = rung_of(session, case).id
    sign_in(client, "water-lead")
    answer = client.get(f"/escalations/rungs/{rung_id}")
    assert answer.location == f"/escalations?case={case.id}#rung-{rung_id}"
    page = client.get(answer.location.partition("#")[0]).text
    assert f'id="rung-{rung_id}"' in page
    assert "另一件" not in page


def test_a_notice_leads_a_handler_to_the_own_task(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_late(session, district, now)
    rung = rung_of(session, case)
    with writing(session):
        item = session.query(WorkItem).filter_by(case_id=case.id).one()
        item.owner_id, item.clock_id, item.state = district.person("handler").id, rung.clock_id, "claimed"
    sign_in(client, "handler")
    assert client.get(f"/escalations/rungs/{rung.id}").location == f"/tasks/{item.id}"


def test_a_notice_of_what_is_done_leads_to_the_matter(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_late(session, district, now, state="stopped")
    sign_in(client, "water-lead")
    assert client.get(f"/escalations/rungs/{rung_of(session, case).id}").location == f"/cases/{case.id}"


def test_nobody_is_led_to_what_they_may_not_see(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_late(session, district, now)
    sign_in(client, "housing-lead")
    assert client.get(f"/escalations/rungs/{rung_of(session, case).id}").status_code == 403
    assert client.get(f"/escalations/rungs/{new_id()}").status_code == 404


def test_sealed_matters_are_on_no_desk_but_that_of_their_route(
    client: FlaskClient, session: Session, district: District, now: datetime, unsigned: Callable[..., Case]
) -> None:
    case = unsigned(title="举报")
    with writing(session):
        case = session.get_one(Case, case.id)
        case.sealed = True
        session.add(
            CaseSealing(id=new_id(), case_id=case.id, side=SealingSide.ROUTE, unit_id=district.unit_id("callback"))
        )
    rung_id = rung_of(session, case).id
    for login in ("water-lead", "supervisor", "district-main", "street-leader"):
        sign_in(client, login)
        assert "举报" not in client.get("/escalations").text
        assert client.get(f"/escalations/rungs/{rung_id}").status_code == 404
        assert client.get(f"/escalations/rungs/{rung_id}/sign").status_code == 404


def test_what_waits_for_a_signature_says_so_and_is_counted(client: FlaskClient, unsigned: Callable[..., Case]) -> None:
    case = unsigned()
    sign_in(client, "supervisor")
    page = client.get("/escalations?show=sign").text
    assert case.number in page
    assert "<b>1</b> 件待您签发" in page
    assert "待签发，还没有送达" in page
    assert "去签发" in page
    assert "<dt>handle<span" in page  # which of the matter's clocks it is, as the diagram calls it
    assert "待您知悉" in page  # as a figure: there is nothing to acknowledge yet
    assert 'name="selected"' not in page


def test_who_may_not_sign_sees_that_it_waits_and_no_button(
    client: FlaskClient, session: Session, unsigned: Callable[..., Case]
) -> None:
    case = unsigned()
    sign_in(client, "water-lead")
    page = client.get("/escalations").text
    assert "待签发，还没有送达" in page
    assert "去签发" not in page
    assert client.get(f"/escalations/rungs/{rung_of(session, case).id}/sign").status_code == 403


def test_a_slip_is_read_filled_in_and_signed(
    client: FlaskClient, session: Session, district: District, unsigned: Callable[..., Case]
) -> None:
    case = unsigned()
    url = f"/escalations/rungs/{rung_of(session, case).id}/sign"
    sign_in(client, "supervisor")
    assert "督办要求" in client.get(url).text
    preview = send(client, url, DEMAND | {"_action": "preview"})
    assert (preview.status_code, "五日内办结，\n2026-04-30前" in preview.text) == (200, True)
    assert rung_of(session, case).unsigned  # looking signs nothing
    answer = send(client, url, DEMAND)
    assert answer.location.endswith(f"#rung-{rung_of(session, case).id}")
    rung = rung_of(session, case)
    assert (rung.signed_by, rung.unsigned) == (district.person("supervisor").id, False)
    page = client.get("/escalations").text
    assert "Supervisor 3月18日 10:00 签发" in page
    paper = session.scalars(select(Document)).one()
    assert f'href="/cases/{case.id}/documents/{paper.id}"' in page
    again = send(client, url, DEMAND, follow_redirects=True)
    assert "只签发一次" in again.text


def test_an_incomplete_slip_comes_back_with_what_was_written(
    client: FlaskClient, session: Session, unsigned: Callable[..., Case]
) -> None:
    case = unsigned()
    sign_in(client, "supervisor")
    answer = send(
        client, f"/escalations/rungs/{rung_of(session, case).id}/sign", {"demand": DEMAND["demand"], "by": ""}
    )
    assert answer.status_code == 422
    assert "请选择今天或之后的日期" in answer.text
    assert DEMAND["demand"] in answer.text
    assert rung_of(session, case).unsigned


def test_what_nobody_acknowledged_in_time_says_to_whom_it_went(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_late(session, district, now)
    with writing(session):
        rung = session.query(Rung).filter_by(case_id=case.id).one()
        rung.raised_at, rung.raised_to = now - timedelta(hours=1), ["王局"]
    sign_in(client, "water-lead")
    assert "未按时知悉，已报王局" in client.get("/escalations").text


def item_of(session: Session, case: Case) -> WorkItem:
    session.rollback()
    return session.query(WorkItem).filter_by(case_id=case.id).one()


def held(session: Session, case: Case, holder: UUID) -> WorkItem:
    with writing(session):
        item = session.query(WorkItem).filter_by(case_id=case.id).one()
        item.owner_id, item.state = holder, "claimed"
    return item


def test_work_is_given_to_somebody_of_the_role_after_a_preview(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_late(session, district, now, unit="water")
    item = held(session, case, district.person("handler-two").id)
    handler = district.person("handler")  # of an office of the same department
    sign_in(client, "water-lead")
    url = f"/escalations/items/{item.id}/reassign"
    assert f'href="{url}"' in client.get("/escalations").text
    page = client.get(url).text
    assert "现在由Handler-Two办理" in page
    assert str(district.person("housing-handler").id) not in page  # not of the unit
    preview = send(client, url, {"to": str(handler.id), "_action": "preview"}).text
    assert "改派给Handler会发生什么" in preview
    assert item_of(session, case).owner_id == district.person("handler-two").id
    answer = send(client, url, {"to": str(handler.id), "note": "请接手"})
    assert answer.location == f"/escalations?case={case.id}"
    assert item_of(session, case).owner_id == handler.id


def test_work_is_given_to_nobody_outside_the_unit_and_by_nobody_who_may_not(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case = make_late(session, district, now, unit="water")
    item = held(session, case, district.person("handler-two").id)
    url = f"/escalations/items/{item.id}/reassign"
    sign_in(client, "water-lead")
    answer = send(client, url, {"to": str(district.person("housing-handler").id)})
    assert answer.status_code == 409
    assert send(client, url, {"to": ""}).status_code == 422
    sign_in(client, "housing-lead")
    assert client.get(url).status_code == 403
    assert item_of(session, case).owner_id == district.person("handler-two").id
