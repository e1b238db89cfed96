import html
import re
import sys
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.db import writing
from engine.tasks import WorkItem
from engine.tasks.drafts import save_draft
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


def news(client: FlaskClient, page: str) -> str:
    """The address that an open page asks for what is new."""
    return html.unescape(page.split('data-news="')[1].split('"')[0])


def test_an_open_page_is_told_how_much_has_come_since(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    make_item(session, district, now=now, name="早就有的")
    sign_in(client, "handler")
    address = news(client, client.get("/inbox").text)
    first = client.get(address)
    assert first.json == {"count": 0, "words": ""}
    assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    fresh = make_item(session, district, now=now, name="新来的")
    make_item(session, district, now=now, unit="housing", name="别处的")
    make_item(session, district, now=now, excluded=[str(district.person("handler").id)], name="回避的")
    second = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert second.json == {"count": 1, "words": "1 件新任务"}
    listed = client.get(f"/inbox/list?item={fresh.id}").text
    assert "新来的" in listed
    assert f'value="{fresh.id}" data-select checked' in listed
    assert client.get(news(client, listed)).json == {"count": 0, "words": ""}


def test_what_a_colleague_hands_over_is_new(
    client: FlaskClient, district: District, session: Session, now: datetime, clock: ManualClock
) -> None:
    item = make_item(session, district, now=now)
    sign_in(client, "handler")
    address = news(client, client.get("/inbox").text)
    with writing(session):
        item.state, item.owner_id = "claimed", district.person("handler").id
        item.claimed_at, item.handed = clock.now() + timedelta(minutes=1), {"how": "transferred", "by": "x"}
    assert client.get(address).json == {"count": 1, "words": "1 件新任务"}


def test_a_mark_that_no_page_made_tells_nothing(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    for since in ("", "x", "zz-1", f"{uuid4().hex}-99999999999999999999"):
        assert client.get(f"/inbox/news?since={since}").json == {"count": 0, "words": ""}


def test_each_count_leads_to_what_it_counts(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    me = district.person("handler")
    mine = make_item(session, district, now=now, name="我的", state="claimed", owner_id=me.id, claimed_at=now)
    make_item(session, district, now=now, name="没人的")
    assert_chip = re.compile(
        r'<a class="chip" href="([^"]+)">(?:(?!</a>).)*?(我办的|待认领|有草稿)(?:(?!</a>).)*?>(\d+)<', re.S
    )
    sign_in(client, "handler")
    found = {name: (html.unescape(href), count) for href, name, count in assert_chip.findall(client.get("/inbox").text)}
    assert {name: count for name, (_, count) in found.items()} == {"我办的": "1", "待认领": "1"}
    listed = client.get(found["我办的"][0]).text
    assert "我的</a>" in listed
    assert "没人的" not in listed
    save_draft(session, mine.id, staff=me, data={"x": 1}, now=now)
    found = {name: (html.unescape(href), count) for href, name, count in assert_chip.findall(client.get("/inbox").text)}
    assert found["有草稿"][1] == "1"
    assert "我的</a>" in client.get(found["有草稿"][0]).text


def test_refreshing_by_itself_does_not_keep_a_session_alive(
    client: FlaskClient, district: District, clock: ManualClock
) -> None:
    sign_in(client, "handler")
    for _ in range(3):
        clock.advance(minutes=50)
        client.get("/inbox/news?since=")
    assert client.get("/inbox").status_code == 302
