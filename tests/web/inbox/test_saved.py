"""Saved filters on the page: saved, found again, shared, and never a way to see more."""

import html
import re
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.tasks.models import SavedFilter
from tests.factories import District
from tests.web.browsing import send, sign_in
from tests.web.work import make_item


def saved_id(session: Session) -> str:
    session.expire_all()
    return str(session.scalars(select(SavedFilter.id)).one())


def test_a_filter_is_saved_and_opens_the_inbox(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    make_item(session, district, now=now, name="后办的", due_at=now + timedelta(days=9))
    make_item(session, district, now=now, name="超期的", due_at=now - timedelta(hours=3))
    sign_in(client, "handler")
    assert "保存当前筛选" not in client.get("/inbox").text
    assert "保存当前筛选" in client.get("/inbox?due=overdue").text
    answer = send(client, "/inbox/filters", {"name": "急的", "back": "/inbox?holding=any&due=overdue&evil=1"})
    assert answer.location == "/inbox?holding=any&due=overdue"
    page = client.get(answer.location).text
    assert "已保存筛选“急的”" in page
    assert re.search(r'href="/inbox\?holding=any&amp;due=overdue" aria-current="true">(?:(?!</a>).)*急的', page, re.S)
    send(client, f"/inbox/filters/{saved_id(session)}/default")
    opened = client.get("/inbox", follow_redirects=True).text
    assert "超期的" in opened
    assert "后办的" not in opened
    assert "后办的" in client.get("/inbox?holding=any").text  # and all is one step away
    send(client, f"/inbox/filters/{saved_id(session)}/default", {"off": "1"})
    assert "后办的" in client.get("/inbox").text


def test_a_shared_filter_shows_everybody_their_own(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    make_item(session, district, now=now, name="水务的", due_at=now - timedelta(days=1))
    make_item(session, district, now=now, name="房管的", unit="housing", due_at=now - timedelta(days=1))
    sign_in(client, "water-lead")
    send(client, "/inbox/filters", {"name": "超期", "back": "/inbox?due=overdue"})
    assert f'value="{district.unit_id("water")}"' in client.get("/inbox").text
    send(client, f"/inbox/filters/{saved_id(session)}/share", {"unit": str(district.unit_id("water"))})
    sign_in(client, "handler")
    page = client.get("/inbox").text
    lead = district.person("water-lead").name
    assert f"超期（{lead}共享）" in page
    (address,) = set(re.findall(r'href="(/inbox\?[^"]*due=overdue)"[^>]*>(?=(?:(?!</a>).)*共享)', page, re.S))
    listed = client.get(html.unescape(address)).text
    assert "水务的" in listed
    assert "房管的" not in listed
    assert "您没有这个筛选" in send(
        client, f"/inbox/filters/{saved_id(session)}/delete", follow_redirects=True
    ).text  # fmt: skip
    sign_in(client, "community")
    assert "超期（" not in client.get("/inbox").text


def test_what_cannot_be_saved_is_said_and_nothing_is_lost(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    answer = send(client, "/inbox/filters", {"name": "", "back": "/inbox?due=today"})
    assert answer.location == "/inbox?holding=any&due=today"
    assert "名称要有 1 到 20 个字" in client.get(answer.location).text
    for name in ("一", "一"):
        answer = send(client, "/inbox/filters", {"name": name, "back": "/inbox?due=today"})
    assert "您已有筛选“一”" in client.get(answer.location).text


def test_a_filter_is_renamed_and_deleted(client: FlaskClient, district: District, session: Session) -> None:
    sign_in(client, "handler")
    send(client, "/inbox/filters", {"name": "旧名", "back": "/inbox?due=today"})
    send(client, f"/inbox/filters/{saved_id(session)}/rename", {"name": "新名"})
    assert "新名" in client.get("/inbox").text
    send(client, f"/inbox/filters/{saved_id(session)}/delete")
    client.get("/inbox")  # reads the message
    assert "新名" not in client.get("/inbox").text


def test_who_handles_no_matters_saves_nothing(client: FlaskClient, district: District, session: Session) -> None:
    sign_in(client, "operator")
    assert send(client, "/inbox/filters", {"name": "急的", "back": "/inbox?due=today"}).status_code == 403
    assert session.scalars(select(SavedFilter)).all() == []
