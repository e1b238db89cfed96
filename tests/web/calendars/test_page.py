"""The page of calendars: a change is shown before it is made, and then made for every clock."""

import html
import io
import re
from datetime import date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Tag
from engine.clock import CHINA
from engine.deadlines import import_year
from engine.deadlines.explain import dated
from engine.deadlines.models import CalendarVersion, Clock, DutyHours
from engine.deadlines.notice_file import read_notice
from tests.engine.deadlines.test_notice_file import as_json
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in

#: 1 to 3 January 2027 are off, Saturday 9 is worked
NOTICE = as_json()


@pytest.fixture
def world(session: Session, district: District) -> World:
    """A case whose clock of five working days began on Wednesday 30 December 2026."""
    now = datetime(2026, 12, 30, 10, tzinfo=CHINA)
    import_year(session, "qinghe", 2026, now=now)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    work = p.task("work", clock="handle", clock_amount="5", clock_unit="working-days")
    world.start(p.package(p.start(), work, p.end("done"), p.chain("start", "work", "done")))
    return world


def due(world: World) -> str:
    world.session.rollback()
    clock = world.session.scalars(select(Clock).execution_options(populate_existing=True)).one()
    return f"{clock.due_at.astimezone(CHINA):%m-%d %H:%M}"


def upload(data: bytes = NOTICE, name: str = "2027.json") -> dict[str, object]:
    return {"what": "file", "file": (io.BytesIO(data), name), "reason": "发文当天"}


def confirming(page: str) -> dict[str, object]:
    """The hidden fields of a preview."""
    form = page[page.index('action="/calendars/change"') :]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found if name != "csrf_token"}


@pytest.mark.parametrize(
    ("login", "status"), [("operator", 200), ("admin", 200), ("handler", 403), ("water-lead", 403)]
)
def test_only_who_manages_calendars_sees_the_page(client: FlaskClient, world: World, login: str, status: int) -> None:
    sign_in(client, login)
    assert client.get("/calendars").status_code == status
    assert send(client, "/calendars/change", {"what": "library", "year": "2026"}).status_code == (
        409 if status == 200 else 403
    )
    assert ("/calendars" in client.get("/notices").text) == (status == 200)


def test_a_year_is_readable(client: FlaskClient, world: World) -> None:
    sign_in(client, "admin")
    page = client.get("/calendars?year=2026").text
    assert "2月15日（周日） – 2月23日（周一）" in page  # Spring Festival, nine days
    assert "2月14日（周六）" in page
    assert "国务院办公厅关于2026年部分节假日安排的通知" in page
    assert "暂定" in client.get("/calendars?year=2027").text


def test_an_upload_is_shown_first_and_then_made(client: FlaskClient, world: World) -> None:
    sign_in(client, "operator")
    assert due(world) == "01-06 17:30"
    page = send(client, "/calendars/preview", upload(), content_type="multipart/form-data").text
    assert world.case.number in page
    assert "1月9日（周六）" in page
    assert "1 个时限的日期会移动" in page
    assert due(world) == "01-06 17:30"
    listed = send(client, "/calendars/preview.csv", confirming(page)).text
    assert [line.split(",")[0] for line in listed.splitlines()][1:] == [world.case.number]
    assert "2027-01-06 17:30（暂定）,2027-01-07 17:30," in listed
    assert due(world) == "01-06 17:30"
    answer = send(client, "/calendars/change", confirming(page), follow_redirects=True)
    assert "1 个时限已重新计算" in answer.text
    assert due(world) == "01-07 17:30"
    assert f"{world.items()['work'].due_at.astimezone(CHINA):%m-%d}" == "01-07"
    assert world.tags().count(Tag.CLOCK_RECOMPUTED) == 1
    version = world.session.scalars(select(CalendarVersion).where(CalendarVersion.year == 2027)).one()
    assert (version.author, version.note) == (world.district.person("operator").name, "发文当天")


def test_a_bad_file_is_said_with_line_and_day_and_changes_nothing(client: FlaskClient, world: World) -> None:
    sign_in(client, "admin")
    bad = as_json(make_up=[{"name": "元旦", "day": "2027-01-02"}])
    answer = send(client, "/calendars/preview", upload(bad), content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "调休上班日 2027-01-02 落在放假期间" in answer.text
    assert world.session.scalars(select(CalendarVersion.year)).all() == [2026]


def test_a_preview_that_somebody_overtook_is_shown_again(client: FlaskClient, world: World) -> None:
    sign_in(client, "operator")
    page = send(client, "/calendars/preview", upload(), content_type="multipart/form-data").text
    days = read_notice(as_json(make_up=[]), "2027.json")
    import_year(world.session, "qinghe", 2027, now=world.now, days=days)
    answer = send(client, "/calendars/change", confirming(page))
    assert answer.status_code == 409
    assert "别人改了日历" in answer.text
    assert send(client, "/calendars/change", confirming(answer.text)).status_code == 303


def test_a_day_and_hours_are_changed_by_hand(client: FlaskClient, world: World) -> None:
    sign_in(client, "operator")
    asked = {"what": "day", "day": "2027-01-04", "state": "off", "title": "台风停工", "reason": "红色预警"}
    page = send(client, "/calendars/preview", asked).text
    assert "放假 · 台风停工" in page
    send(client, "/calendars/change", confirming(page))
    assert due(world) == "01-07 17:30"
    asked = {"what": "hours", "unit": "willow", "hours": "09:00-12:00 13:00-18:00", "reason": "夏令时"}
    page = send(client, "/calendars/preview", asked).text
    send(client, "/calendars/change", confirming(page))
    assert due(world) == "01-07 18:00"
    assert "夏令时" in client.get("/calendars").text
    assert world.session.scalars(select(DutyHours.author)).one() == world.district.person("operator").name
    for wrong in ({"what": "day", "day": "", "state": "off", "reason": "because"}, {"what": "hours", "hours": "9-12",
                  "reason": "because"}, {"what": "hours", "hours": "09:00-12:00", "reason": ""}, {"what": "file"},
                  {"what": "library", "year": "2199"}):  # fmt: skip
        assert send(client, "/calendars/preview", wrong).status_code == 422


def test_what_a_stop_left_behind_is_counted_from_the_page(client: FlaskClient, world: World) -> None:
    sign_in(client, "operator")
    assert "还有时限没有重新计算" not in client.get("/calendars").text
    import_year(world.session, "qinghe", 2027, now=world.now, days=read_notice(NOTICE, "2027.json"))
    assert "还有时限没有重新计算" in client.get("/calendars").text
    send(client, "/calendars/recount")
    assert due(world) == "01-07 17:30"
    assert "还有时限没有重新计算" not in client.get("/calendars").text


@pytest.mark.parametrize("path", ["/inbox", "/tasks/{item}", "/cases/{case}"])
def test_a_date_of_a_year_without_a_notice_is_marked_until_it_comes(
    client: FlaskClient, world: World, path: str
) -> None:
    sign_in(client, "community")
    path = path.format(item=world.items()["work"].id, case=world.case.id)
    world.session.rollback()
    assert "暂定" in client.get(path).text
    sign_out = client.delete_cookie
    sign_out("session")
    sign_in(client, "operator")
    page = send(client, "/calendars/preview", upload(), content_type="multipart/form-data").text
    send(client, "/calendars/change", confirming(page))
    sign_out("session")
    sign_in(client, "community")
    assert "暂定" not in client.get(path).text


def test_documents_mark_a_provisional_date() -> None:
    moment = datetime.combine(date(2027, 1, 8), datetime.min.time(), CHINA)
    assert dated(moment, CHINA, provisional=False) == "2027-01-08 00:00"
    assert dated(moment, CHINA, provisional=True) == "2027-01-08 00:00（暂定）"
