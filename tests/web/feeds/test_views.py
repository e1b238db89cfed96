"""The calendar of one's own due dates: what is in it, who can read it, and how its address is taken back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case, CaseSealing, SealingSide
from engine.db import new_id, writing
from engine.deadlines import extend_clock, import_year, recompute_clocks, start_clock, stop_clock
from engine.deadlines.models import Clock
from engine.deadlines.service import ClockSpec
from engine.tasks.models import WorkItem
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in
from tests.web.work import make_item
from web.feeds.models import CalendarFeed


def make_own(
    session: Session,
    district: District,
    now: datetime,
    *,
    owner: str = "handler",
    name: str = "现场\n办理",
    **values: object,
) -> tuple[Case, Clock]:
    """A task that somebody holds, and the clock that it follows: due on 25 March at 17:30 in China."""
    case = make_case(session, place=district.unit("willow"), title="邻居张三噪音扰民", **values)
    item = make_item(session, district, now=now, case=case)
    clock = start_clock(
        session, spec=ClockSpec(name="handle", amount=5, unit="working-days"), case_id=case.id,
        instance_id=item.instance_id, jurisdiction="qinghe", scope_id="0" * 32, element_id="handle",
        process_id="petition", unit_id=item.unit_id, role="handler", now=now,
    )  # fmt: skip
    with writing(session):
        held = session.get_one(WorkItem, item.id)
        held.owner_id, held.state, held.clock_id, held.name = district.person(owner).id, "claimed", clock.id, name
    return case, clock


def subscribe(client: FlaskClient, login: str = "handler") -> str:
    """Sign in, make an address, and return its path."""
    sign_in(client, login)
    page = send(client, "/account/calendar").text
    found = re.search(r'value="[^"]*(/calendar/[^"]+\.ics)"', page)
    assert found is not None
    return found.group(1)


def events(client: FlaskClient, path: str) -> list[Event]:
    answer = client.get(path)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.data).walk("VEVENT"))


def test_own_due_dates_are_events_in_universal_time(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    import_year(session, "qinghe", 2026, now=now)
    case, clock = make_own(session, district, now)
    make_own(session, district, now, owner="handler-two")  # somebody else's
    path = subscribe(client)
    (event,) = events(client.application.test_client(), path)  # who reads it has not signed in
    assert event["uid"] == f"{clock.id}@chuishao"
    assert event["dtstart"].dt == datetime(2026, 3, 25, 9, 30, tzinfo=UTC)
    assert event["summary"] == f"{case.number} 现场办理"
    assert str(event["url"]).endswith(f"/tasks/{session.query(WorkItem).filter_by(clock_id=clock.id).one().id}")
    raw = client.get(path).data
    assert b"DTSTART:20260325T093000Z" in raw
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert "张三".encode() not in raw


def test_long_and_odd_names_are_folded_and_escaped(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    name = "核对，补正; 再答复, \\ 并由部门负责人审签后送达诉求人以及各有关单位并归档备查（含附件与照片）"
    make_own(session, district, now, name=name)
    path = subscribe(client)
    raw = client.get(path).data
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75  # octets, RFC 5545 section 3.1
    assert b"\\;" in raw.replace(b"\r\n ", b"")
    assert str(events(client, path)[0]["summary"]).endswith(f"{name}（暂定）")


def test_a_date_of_a_year_without_a_notice_is_tentative_until_it_comes(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    make_own(session, district, now)
    path = subscribe(client)
    (before,) = events(client, path)
    assert (str(before["status"]), str(before["summary"]).endswith("（暂定）")) == ("TENTATIVE", True)
    import_year(session, "qinghe", 2026, now=now)
    recompute_clocks(session, "qinghe", reason="2026 年的通知", now=now)
    (after,) = events(client, path)
    assert (str(after["status"]), "暂定" in after["summary"]) == ("CONFIRMED", False)
    assert int(after["sequence"]) > int(before["sequence"])


def test_the_same_dates_are_the_same_bytes_and_an_extension_moves_the_event(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    _, clock = make_own(session, district, now)
    path = subscribe(client)
    first = client.get(path)
    tag = first.headers["ETag"]
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    before = events(client, path)[0]
    extend_clock(
        session, clock.id, amount=3, unit="working-days", reason="等配件", now=now,
        approved_by=Actor.staff(district.person("water-lead")),
    )  # fmt: skip
    (after,) = events(client, path)
    assert (after["uid"], int(before["sequence"]), int(after["sequence"])) == (before["uid"], 0, 1)
    assert after["dtstart"].dt > before["dtstart"].dt
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_what_is_done_or_given_away_leaves_the_calendar(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    _, clock = make_own(session, district, now)
    _, other = make_own(session, district, now)
    path = subscribe(client)
    assert len(events(client, path)) == 2
    stop_clock(session, clock.id, now=now)
    with writing(session):
        session.query(WorkItem).filter_by(clock_id=other.id).one().owner_id = district.person("handler-two").id
    assert events(client, path) == []


def test_a_sealed_matter_says_nothing_of_itself(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case, _ = make_own(session, district, now, sealed=True)
    item = session.query(WorkItem).filter_by(case_id=case.id).one()
    with writing(session):
        session.add(CaseSealing(id=new_id(), case_id=case.id, side=SealingSide.ROUTE, unit_id=item.unit_id))
    path = subscribe(client)
    (event,) = events(client, path)
    assert event["summary"] == "办理期限（暂定）"
    raw = client.get(path).data
    assert case.number.encode() not in raw
    assert "现场".encode() not in raw


def test_who_may_no_longer_know_of_a_matter_has_it_no_longer(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    case, _ = make_own(session, district, now)
    path = subscribe(client)
    with writing(session):
        accused = CaseSealing(id=new_id(), case_id=case.id, side=SealingSide.ACCUSED, unit_id=district.unit_id("water"))
        session.add(accused)
    assert events(client, path) == []


def test_a_new_address_closes_the_old_and_a_closed_one_opens_nothing(
    client: FlaskClient, session: Session, district: District
) -> None:
    first = subscribe(client)
    second = subscribe(client)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    send(client, "/account/calendar/close")
    assert client.get(second).status_code == 404
    send(client, "/account/calendar/close")  # again: nothing to do
    assert session.query(CalendarFeed).all() == []


def test_the_address_is_kept_as_a_hash_and_shown_once(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    path = subscribe(client)
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) >= 43  # 256 bits
    (feed,) = session.query(CalendarFeed).all()
    assert token not in feed.token_sha256
    page = client.get("/account/calendar").text
    assert token not in page
    assert "还没有程序读取过" in page
    client.get(path)
    session.rollback()  # a new transaction: what was written is seen
    assert session.query(CalendarFeed).one().read_at == now


def test_a_closed_account_has_no_calendar(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    make_own(session, district, now)
    path = subscribe(client)
    with writing(session):
        district.person("handler").active = False
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 43, "%2e%2e", "a" * 5000])
def test_a_guessed_address_opens_nothing(client: FlaskClient, district: District, token: str) -> None:
    assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_the_page_says_who_can_read_it(client: FlaskClient, district: District) -> None:
    sign_in(client, "handler")
    page = client.get("/account/calendar").text
    assert "任何知道地址的人和程序" in page
    assert 'href="/account/calendar"' in client.get("/account").text


def test_reading_is_noted_once_an_hour_and_cached_by_nobody_else(
    client: FlaskClient, session: Session, district: District, now: datetime
) -> None:
    path = subscribe(client)
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    with writing(session):
        session.query(CalendarFeed).one().read_at = now - timedelta(minutes=5)
    client.get(path)
    session.rollback()
    assert session.query(CalendarFeed).one().read_at == now - timedelta(minutes=5)
