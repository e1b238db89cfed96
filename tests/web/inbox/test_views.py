import html
import sys
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.tasks import WorkItem
from tests.factories import District
from tests.fakes import ManualClock
from tests.web.browsing import send, sign_in
from tests.web.work import make_item


def test_inbox_shows_what_is_mine_the_most_urgent_first(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    make_item(session, district, now=now, name="后办的", due_at=now + timedelta(days=9))
    make_item(session, district, now=now, name="超期的", due_at=now - timedelta(hours=3))
    make_item(session, district, now=now, name="别处的", unit="housing", due_at=now)
    sign_in(client, "handler")
    page = client.get("/inbox").text
    assert page.index("超期的") < page.index("后办的")
    assert "别处的" not in page
    assert "已超期" in page


def test_filters_stand_in_the_address(client: FlaskClient, district: District, session: Session, now: datetime) -> None:
    make_item(session, district, now=now, name="后办的", due_at=now + timedelta(days=9))
    make_item(session, district, now=now, name="超期的", due_at=now - timedelta(hours=3))
    sign_in(client, "handler")
    page = client.get("/inbox?due=overdue").text
    assert "超期的" in page
    assert "后办的" not in page
    assert "没有符合条件的待办" in client.get("/inbox?q=没有这个").text
    assert client.get("/inbox?due=nonsense&holding=nonsense").status_code == 200


def test_a_search_that_stopped_can_go_on(
    client: FlaskClient, district: District, session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["engine.tasks.inbox"], "SCAN_LIMIT", 1)
    make_item(session, district, now=now, name="先到期的", due_at=now + timedelta(days=1))
    make_item(session, district, now=now, name="要找的", due_at=now + timedelta(days=2))
    sign_in(client, "handler")
    page = client.get("/inbox?q=要找的").text
    assert "没有符合条件的待办" not in page
    assert "继续往后找" in page
    onward = html.unescape(page.split('rel="next" href="')[1].split('"')[0])
    assert "要找的</a>" in client.get(onward).text


def test_broken_cursor_is_said(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    assert client.get("/inbox?after=broken").status_code == 422


def test_empty_inbox_says_what_comes_next(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    assert "没有待办" in client.get("/inbox").text


def test_who_handles_no_matters_has_no_inbox(client: FlaskClient, district: District) -> None:
    sign_in(client, "operator")
    assert client.get("/inbox").status_code == 403


def test_claiming_one_takes_it_and_keeps_the_filters(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    item = make_item(session, district, now=now)
    sign_in(client, "handler")
    answer = send(client, "/inbox/claim", {"claim": str(item.id), "back": "/inbox?due=none"})
    assert answer.location == "/inbox?due=none"
    session.expire_all()
    found = session.get_one(WorkItem, item.id)
    assert (found.state, found.owner_id) == ("claimed", district.person("handler").id)


def test_claiming_several_takes_those_that_can_be_taken_and_says_the_others(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    mine = [make_item(session, district, now=now) for _ in range(3)]
    other = make_item(session, district, now=now, unit="housing", name="别处的")
    sign_in(client, "handler")
    answer = send(client, "/inbox/claim", {"item": [str(item.id) for item in [*mine, other]]}, follow_redirects=True)
    assert "已认领 3 件" in answer.text
    assert "您不担任这一岗位" in answer.text


def test_claiming_nothing_or_nonsense_is_said(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    assert "没有选中任何待办" in send(client, "/inbox/claim", follow_redirects=True).text
    assert send(client, "/inbox/claim", {"claim": "nonsense"}).status_code == 422
    assert "没有这件待办" in send(client, "/inbox/claim", {"claim": str(uuid4())}, follow_redirects=True).text


def test_going_back_never_leaves_the_site(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    answer = send(client, "/inbox/claim", {"back": "https://evil.example/?due=none"})
    assert answer.location == "/inbox?due=none"


def test_list_comes_again_only_when_something_changed(
    client: FlaskClient, district: District, session: Session, now: datetime, clock: ManualClock
) -> None:
    make_item(session, district, now=now)
    sign_in(client, "handler")
    page = client.get("/inbox/news").text
    seen = page.split("seen=")[1].split("&")[0]
    assert client.get(f"/inbox/news?seen={seen}").status_code == 204
    item = make_item(session, district, now=now, name="新来的")
    fresh = client.get(f"/inbox/news?seen={seen}&item={item.id}").text
    assert "新来的" in fresh
    assert f'value="{item.id}" data-select checked' in fresh


def test_refreshing_by_itself_does_not_keep_a_session_alive(
    client: FlaskClient, district: District, clock: ManualClock
) -> None:
    sign_in(client, "handler")
    for _ in range(3):
        clock.advance(minutes=50)
        client.get("/inbox/news")
    assert client.get("/inbox").status_code == 302
