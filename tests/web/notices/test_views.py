import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.db import new_id, writing
from engine.notices.models import Notice, NoticeState
from tests.factories import District
from tests.web.browsing import send, sign_in


def make_notice(
    session: Session, district: District, login: str, now: datetime, link: str = "", **values: Any
) -> Notice:
    with writing(session):
        notice = Notice(
            **{
                "id": new_id(), "key": f"test:{uuid4()}", "jurisdiction": "qinghe", "template": "overdue",
                "channel": "app", "address": "", "staff_id": district.person(login).id, "subject": "有一件已超期",
                "body": "请尽快办理。", "link": link, "facts": {}, "state": NoticeState.SENT, "next_try_at": now,
                "created_at": now,
            } | values
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
    page = client.get("/notices").text
    assert "都读过了" in page
    assert 'class="nav-count' not in page


def test_everything_is_marked_as_read_at_once(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    for _ in range(3):
        make_notice(session, district, "water-lead", now, "")
    sign_in(client, "water-lead")
    assert "有 3 条未读" in client.get("/notices").text
    send(client, "/notices/read")
    assert "都读过了" in client.get("/notices").text


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


def test_newest_notice_comes_first_and_older_ones_are_a_page_away(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    for days in range(32):
        make_notice(session, district, "water-lead", now - timedelta(days=days), subject=f"第 {days} 天前的")
    sign_in(client, "water-lead")
    page = client.get("/notices").text
    assert page.index("第 0 天前的") < page.index("第 29 天前的")
    assert "第 30 天前的" not in page
    further = re.search(r'href="(/notices\?after=[^"]+)"', page)
    assert further
    rest = client.get(further.group(1)).text
    assert "第 31 天前的" in rest
    assert "第 29 天前的" not in rest
    assert "没有更多了" in rest


def test_unread_ones_can_be_shown_alone(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    make_notice(session, district, "water-lead", now, subject="读过的", read_at=now)
    make_notice(session, district, "water-lead", now, subject="没读的")
    sign_in(client, "water-lead")
    page = client.get("/notices?show=unread").text
    assert "没读的" in page
    assert "读过的" not in page.replace("读过的通知", "")


@pytest.mark.parametrize(("state", "words"), [("sent", "已发送"), ("pending", "待发送"), ("dead", "发送失败")])
def test_notice_says_whether_the_mail_went_out(
    client: FlaskClient, district: District, session: Session, now: datetime, state: str, words: str
) -> None:
    make_notice(session, district, "water-lead", now)
    make_notice(session, district, "water-lead", now, channel="email", address="lead@qinghe.example", state=state)
    make_notice(session, district, "water-lead", now - timedelta(hours=1), channel="email", state="sending")
    sign_in(client, "water-lead")
    page = client.get("/notices").text
    assert words in page
    assert page.count("邮件") == 1
    assert "lead@qinghe.example" not in page


def test_without_notices_the_page_says_where_they_will_appear(client: FlaskClient, district: District) -> None:
    sign_in(client, "operator")
    assert "没有通知" in client.get("/notices").text
    assert client.get("/notices?after=nonsense").status_code == 422
