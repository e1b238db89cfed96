from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.db import new_id, writing
from engine.deadlines.models import Clock, Rung, RungState
from tests.factories import District
from tests.web.browsing import send, sign_in
from tests.web.work import make_item


@pytest.fixture
def late(session: Session, district: District, now: datetime) -> Rung:
    """A matter of the water works, a day late, whose rung L1 has fired."""
    item = make_item(session, district, now=now)
    with writing(session):
        clock = Clock(
            id=new_id(), jurisdiction=item.jurisdiction, case_id=item.case_id, instance_id=item.instance_id,
            scope_id="0" * 32, element_id="handle", process_id="petition", name="handle", kind="internal",
            unit_id=item.unit_id, role="handler", started_at=now - timedelta(days=3), amount=2, unit="working-days",
            roll="none", due_at=now - timedelta(days=1), original_due_at=now - timedelta(days=1), trace=[],
        )  # fmt: skip
        session.add(clock)
        session.flush()
        rung = Rung(
            id=new_id(), clock_id=clock.id, case_id=item.case_id, jurisdiction=item.jurisdiction, name="L1", position=1,
            due_at=now - timedelta(days=1), rule={}, state=RungState.FIRED, fired_at=now - timedelta(hours=20),
        )  # fmt: skip
        session.add(rung)
    return rung


def test_lead_sees_what_is_late_in_the_department_and_acknowledges_it(
    client: FlaskClient, late: Rung, session: Session, district: District
) -> None:
    sign_in(client, "water-lead")
    page = client.get("/escalations").text
    assert "路灯不亮" in page
    assert "有 1 条提醒等您确认知悉" in page
    send(client, f"/escalations/{late.id}/acknowledge")
    session.expire_all()
    found = session.get_one(Rung, late.id)
    assert found.acknowledged_by == district.person("water-lead").id
    assert "没有等您确认的提醒" in client.get("/escalations").text


def test_lead_of_another_department_sees_nothing_and_cannot_acknowledge(client: FlaskClient, late: Rung) -> None:
    sign_in(client, "housing-lead")
    assert "没有超期的事项" in client.get("/escalations").text
    assert send(client, f"/escalations/{late.id}/acknowledge").status_code == 403


@pytest.mark.parametrize("login", ["supervisor", "district-main"])
def test_who_stands_above_sees_it_too(client: FlaskClient, late: Rung, login: str) -> None:
    sign_in(client, login)
    assert "SQ2026" in client.get("/escalations").text


def test_handler_has_no_escalations(client: FlaskClient, late: Rung) -> None:
    sign_in(client, "handler")
    assert client.get("/escalations").status_code == 403
    assert "/escalations" not in client.get("/inbox").text
