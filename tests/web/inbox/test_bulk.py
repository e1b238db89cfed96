"""Several tasks are given to somebody at once."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.tasks import WorkItem
from tests.factories import District, make_staff
from tests.web.browsing import send, sign_in
from tests.web.work import make_item


def test_selected_tasks_are_given_and_those_that_cannot_be_are_said(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    second = make_staff(session, "second", name="二号", roles=[("handler", district.unit("water-works"))])
    mine = [make_item(session, district, now=now) for _ in range(2)]
    barred = make_item(session, district, now=now, excluded=[str(second.id)], name="换人办的")
    sign_in(client, "handler")
    assert "二号" in client.get("/inbox").text
    chosen = {"item": [str(each.id) for each in [*mine, barred]], "to": str(second.id), "back": "/inbox?due=none"}
    answer = send(client, "/inbox/give", chosen)
    assert answer.location == "/inbox?due=none"
    page = client.get("/inbox").text
    assert "已交给二号 2 件" in page
    assert "二号办过“换人办的”的上一轮" in page
    session.expire_all()
    assert [session.get_one(WorkItem, each.id).owner_id for each in mine] == [second.id] * 2


def test_a_lead_assigns_what_others_hold(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    second = make_staff(session, "second", name="二号", roles=[("handler", district.unit("water-works"))])
    held = make_item(
        session, district, now=now, state="claimed", owner_id=district.person("handler").id, claimed_at=now
    )
    sign_in(client, "water-lead")
    send(client, "/inbox/give", {"item": [str(held.id)], "to": str(second.id)})
    session.expire_all()
    assert session.get_one(WorkItem, held.id).owner_id == second.id


def test_nothing_chosen_is_said(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    assert "请先勾选待办" in send(client, "/inbox/give", follow_redirects=True).text
