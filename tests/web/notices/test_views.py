from datetime import datetime
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.db import new_id, writing
from engine.notices.models import Notice, NoticeState
from tests.factories import District
from tests.web.browsing import send, sign_in


def make_notice(session: Session, district: District, login: str, now: datetime, link: str) -> Notice:
    with writing(session):
        notice = Notice(
            id=new_id(), key=f"test:{uuid4()}", jurisdiction="qinghe", template="overdue", channel="app", address="",
            staff_id=district.person(login).id, subject="有一件已超期", body="请尽快办理。", link=link, facts={},
            state=NoticeState.SENT, next_try_at=now, created_at=now,
        )  # fmt: skip
        session.add(notice)
    return notice


def test_unread_notices_are_counted_until_opened(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    notice = make_notice(session, district, "water-lead", now, "/escalations")
    sign_in(client, "water-lead")
    assert 'class="nav-count">1<' in client.get("/escalations").text.replace("nav-count ", "nav-count")
    answer = send(client, f"/notices/{notice.id}/open")
    assert answer.location == "/escalations"
    assert "未读" not in client.get("/notices").text


def test_everything_is_marked_as_read_at_once(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    for _ in range(3):
        make_notice(session, district, "water-lead", now, "")
    sign_in(client, "water-lead")
    send(client, "/notices/read")
    assert "未读" not in client.get("/notices").text


def test_notice_of_somebody_else_is_not_found(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    notice = make_notice(session, district, "supervisor", now, "/escalations")
    sign_in(client, "water-lead")
    assert send(client, f"/notices/{notice.id}/open").status_code == 404
    session.expire_all()
    assert session.get_one(Notice, notice.id).read_at is None


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_notice_never_leads_off_the_site(
    client: FlaskClient, district: District, session: Session, now: datetime, link: str
) -> None:
    notice = make_notice(session, district, "water-lead", now, link)
    sign_in(client, "water-lead")
    assert send(client, f"/notices/{notice.id}/open").location == "/notices"
