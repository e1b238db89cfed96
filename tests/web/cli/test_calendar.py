"""`chuishao calendar`: what a change moves is shown first; a bad file changes nothing."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Tag
from engine.clock import CHINA
from engine.deadlines import import_year
from engine.deadlines.calendar import NamedDay
from engine.deadlines.models import CalendarVersion, Clock, ClockEvent, DutyHours
from engine.deadlines.notice_file import read_notice
from engine.deadlines.years import Year
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case, make_district
from web.cli import main

Run = Callable[..., tuple[int, str, str]]
#: far enough ahead that no library knows its notice, whenever this runs
YEAR = {
    "year": 2091, "title": "关于2091年部分节假日安排的通知",
    "holidays": [{"name": "元旦", "from": "2091-01-01", "to": "2091-01-03"}],
    "make_up": [{"name": "元旦", "day": "2091-01-06"}],
}  # fmt: skip


@pytest.fixture
def world(session: Session) -> World:
    """A case whose clock of five working days began on Wednesday 27 December 2090."""
    district = make_district(session)
    now = datetime(2090, 12, 27, 10, tzinfo=CHINA)
    days = {date(2090, 10, 1): NamedDay(working=False, name="国庆节")}
    known = Year(year=2090, days=days, source="关于2090年部分节假日安排的通知", provisional=False)
    import_year(session, "qinghe", 2090, now=now, days=known)
    world = World(session, district, make_case(session, place=district.unit("willow")), now)
    work = p.task("work", clock="handle", clock_amount="5", clock_unit="working-days")
    world.start(p.package(p.start(), work, p.end("done"), p.chain("start", "work", "done")))
    session.rollback()
    return world


@pytest.fixture
def run(world: World, database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Call the command on that case's database."""
    environment = str(tmp_path / "x.env")
    main(["init", environment], environ={})
    capsys.readouterr()

    def call(*arguments: str) -> tuple[int, str, str]:
        chosen = {"CHUISHAO_DATABASE_URL": database_url, "CHUISHAO_JURISDICTION": "qinghe"}
        status = main(["--env-file", environment, "calendar", *arguments], environ=chosen)
        world.session.rollback()
        world.session.expire_all()
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "2091.json"
    path.write_text(json.dumps(YEAR, ensure_ascii=False), encoding="utf-8")
    return path


def due(world: World) -> str:
    clock = world.session.scalars(select(Clock).execution_options(populate_existing=True)).one()
    return f"{clock.due_at.astimezone(CHINA):%Y-%m-%d %H:%M}" + (" provisional" if clock.provisional else "")


def versions(world: World) -> list[int]:
    return list(world.session.scalars(select(CalendarVersion.year)))


def test_an_import_shows_first_what_it_moves_and_then_moves_it(run: Run, world: World, notice: Path) -> None:
    assert due(world) == "2091-01-03 17:30 provisional"
    status, out, _ = run("import", str(notice), "--dry-run")
    assert status == 0
    assert "2091-01-01 Mon  working -> off (元旦)" in out
    assert "2091-01-06 Sat  weekend -> make-up working day (元旦)" in out
    assert "1 clock under way would change: 1 date would move, 0 of them would be late at once." in out
    moved = f"{world.case.number}  work (internal)  2091-01-03 17:30 -> 2091-01-06 17:30; no longer provisional"
    assert moved in out
    assert out.endswith("Nothing was changed.\n")
    assert due(world) == "2091-01-03 17:30 provisional"
    assert versions(world) == [2090]

    status, out, _ = run("import", str(notice), "--note", "发文当天导入")
    assert status == 0
    assert moved in out
    assert out.endswith("2091 now holds in version 1.\nCounted anew: 1 clock.\n")
    assert due(world) == "2091-01-06 17:30"
    assert f"{world.items()['work'].due_at.astimezone(CHINA):%m-%d %H:%M}" == "01-06 17:30"
    assert world.tags().count(Tag.CLOCK_RECOMPUTED) == 1
    lines = world.session.scalars(select(ClockEvent).order_by(ClockEvent.seq)).all()
    assert [line.kind for line in lines] == ["started", "recomputed"]
    version = world.session.scalars(select(CalendarVersion).where(CalendarVersion.year == 2091)).one()
    assert (version.author, version.note, version.provisional) == ("command line", "发文当天导入", False)

    _, out, _ = run("import", str(notice))  # again: nothing to do
    assert "That is what holds already." in out
    assert "Counted anew: 0 clocks." in out
    assert world.tags().count(Tag.CLOCK_RECOMPUTED) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"make_up": [{"name": "元旦", "day": "2091-01-02"}]}, "2091-01-02 is a make-up day within a holiday"),
        ({"holidays": [{"name": "元旦", "from": "2090-12-31"}]}, "2090-12-31 is not a day of 2091"),
        ({"title": ""}, "it has no title"),
    ],
)
def test_a_bad_file_changes_nothing(
    run: Run, world: World, notice: Path, changed: dict[str, object], said: str
) -> None:
    notice.write_text(json.dumps(YEAR | changed))
    status, out, err = run("import", str(notice))
    assert (status, out) == (2, "")
    assert err.startswith("chuishao: The calendar file 2091.json cannot be used, and nothing was changed: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert due(world) == "2091-01-03 17:30 provisional"
    assert versions(world) == [2090]


def test_a_notice_that_is_superseded_moves_what_the_first_had_moved(run: Run, world: World, notice: Path) -> None:
    run("import", str(notice))
    notice.write_text(json.dumps(YEAR | {"title": "关于调整的通知", "make_up": []}))
    _, out, _ = run("import", str(notice))
    assert "2091-01-06 Sat  make-up working day (元旦) -> weekend" in out
    assert due(world) == "2091-01-08 17:30"
    _, out, _ = run("show")
    assert "2091 version 2 holds" in out
    assert "2091 version 1 superseded" in out


def test_the_library_is_asked_by_its_year(run: Run, world: World) -> None:
    assert "version 1" in run("import", "2026")[1]
    status, _, err = run("import", "2091")
    assert status == 2
    assert "The calendar library does not know the notice of 2091" in err


def test_a_day_is_put_on_or_off_by_hand_with_a_reason(run: Run, world: World, notice: Path) -> None:
    run("import", str(notice))
    _, out, _ = run("set-day", "2091-01-04", "--off", "--name", "停电检修", "--reason", "全区停电")
    assert "2091-01-04 Thu  working -> off (停电检修)" in out
    assert due(world) == "2091-01-08 17:30"
    assert world.session.scalars(select(CalendarVersion.note).where(CalendarVersion.number == 2)).one() == (
        "2091-01-04: 全区停电"
    )
    _, out, _ = run("set-day", "2091-01-07", "--working", "--reason", "补班")
    assert "2091-01-07 Sun  weekend -> make-up working day (调休上班)" in out
    assert due(world) == "2091-01-07 17:30"
    for arguments, said in (
        (("2091-01-07", "--working", "--reason", "again"), "2091-01-07 is so already"),
        (("2091-02-30", "--off", "--reason", "r"), "2091-02-30 is no day"),
        (("2091-01-08", "--off", "--reason", " "), "Say why"),
    ):
        status, _, err = run("set-day", *arguments)
        assert (status, err.startswith("chuishao: "), said in err) == (2, True, True)
    year = read_notice(run("show", "2091", "--json")[1].encode(), "2091.json")
    assert {day.isoformat() for day, named in year.days.items() if named.working} == {"2091-01-06", "2091-01-07"}


def test_an_office_has_hours_of_its_own(run: Run, world: World, notice: Path) -> None:
    run("import", str(notice))
    _, out, _ = run("hours", "--unit", "willow", "9:00-12:00", "13:00–18:00", "--reason", "夏令时", "--dry-run")
    assert "08:30-12:00 14:00-17:30 -> 09:00-12:00 13:00-18:00" in out
    assert "2091-01-06 17:30 -> 2091-01-06 18:00" in out
    assert due(world) == "2091-01-06 17:30"
    run("hours", "--unit", "willow", "09:00-12:00", "13:00-18:00", "--reason", "夏令时")
    assert due(world) == "2091-01-06 18:00"
    assert "willow (柳园社区): on duty 09:00-12:00 13:00-18:00" in run("show")[1]
    run("hours", "09:00-16:30", "--reason", "全区缩短")  # everybody but the office
    assert due(world) == "2091-01-06 18:00"
    run("hours", "--unit", "willow", "--reason", "恢复")  # those of everybody again
    assert due(world) == "2091-01-06 16:30"
    assert world.session.scalar(select(func.count()).select_from(DutyHours)) == 3
    for arguments, said in (
        (("17:00-09:00",), "are no hours of duty"), (("9-12",), "9-12 is no period"), ((), "needs hours of duty"),
        (("--unit", "nowhere", "09:00-12:00"), "There is no unit nowhere"),
    ):  # fmt: skip
        status, _, err = run("hours", *arguments, "--reason", "because")
        assert (status, said in err) == (2, True)


def test_what_a_stop_left_behind_is_shown_and_counted_later(run: Run, world: World, notice: Path) -> None:
    import_year(world.session, "qinghe", 2091, now=world.now, days=read_notice(notice.read_bytes(), "2091.json"))
    assert "Clocks still have to be counted anew" in run("show")[1]
    assert "1 clock under way would change" in run("recount", "--dry-run")[1]
    assert due(world) == "2091-01-03 17:30 provisional"
    assert run("recount")[:2] == (0, "Counted anew: 1 clock.\n")
    assert due(world) == "2091-01-06 17:30"
    assert "counted anew" not in run("show")[1]
    assert run("recount")[:2] == (0, "Counted anew: 0 clocks.\n")
