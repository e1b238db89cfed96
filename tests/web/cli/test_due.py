"""`chuishao due`: a date, why it is that date, and what cannot be counted."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.db import connect, sessions, writing
from engine.deadlines import import_year
from tests.engine.deadlines.test_notice_file import AS_CSV, as_json
from web.cli import main

Said = tuple[int, str, str]
RECEIVED = "2020-09-25T10:00+08:00"


@pytest.fixture
def due(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Call the command on a terminal that speaks Chinese."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    def call(received: str, amount: str | None, unit: str, *more: str) -> Said:
        counted = [] if amount is None else ["--amount", amount]
        status = main(["due", "--received", received, *counted, "--unit", unit, *more], environ={})
        return status, *capsys.readouterr()

    return call


@pytest.mark.parametrize(
    ("received", "amount", "unit", "more", "expected"),
    [
        # a make-up Sunday counts, the October holiday does not
        (RECEIVED, "5", "working-days", [], "2020-10-09T17:30:00+08:00"),
        # 3 October rolls over the holiday; a window that rolls ends with the day
        ("2020-09-18T10:00+08:00", "15", "calendar-days", ["--roll", "forward"], "2020-10-09T23:59:59+08:00"),
        ("2020-09-18T10:00+08:00", "15", "calendar-days", ["--roll"], "2020-10-09T23:59:59+08:00"),
        ("2020-09-18T10:00+08:00", "15", "calendar-days", ["--roll", "none"], "2020-10-03T23:59:59+08:00"),
        ("2020-09-18T10:00+08:00", "15", "calendar-days", [], "2020-10-03T23:59:59+08:00"),
        # the month has no 31st
        ("2021-01-31T10:00+08:00", "1", "calendar-months", ["--roll", "none"], "2021-02-28T23:59:59+08:00"),
        # over midnight and into a holiday, to the second
        ("2020-09-30T23:30:15+08:00", "2", "hours", [], "2020-10-01T01:30:15+08:00"),
        # another zone's evening is the next morning here
        ("2020-09-24T22:00:00Z", "5", "working-days", [], "2020-10-09T17:30:00+08:00"),
        # days are counted from a day, without an hour
        ("2020-09-25", "5", "working-days", [], "2020-10-09T17:30:00+08:00"),
        ("2020-10-09", None, "fixed-date", [], "2020-10-09T17:30:00+08:00"),
    ],
)
def test_json_has_the_date_as_an_aware_instant_and_the_trace(due, received, amount, unit, more, expected) -> None:  # type: ignore[no-untyped-def]
    status, out, err = due(received, amount, unit, *more, "--json")
    assert (status, err) == (0, "")
    shown = json.loads(out)
    assert shown["due"] == expected
    assert datetime.fromisoformat(shown["due"]).tzinfo is not None
    assert isinstance(shown["trace"], list)
    assert shown["trace"][-1]["kind"] == "ends"
    assert shown["provisional"] is False


def test_text_is_the_sentence_of_the_page_in_the_terminals_language(due, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert due(RECEIVED, "5", "working-days")[1] == (
        "2020-10-09 17:30 周五\n"
        "2020年9月25日（周五）10:00起算；5个工作日，当日不计；9月27日（周日）调休上班；10月1日至8日国庆节放假 → "
        "2020年10月9日（周五）17:30下班前。\n"
    )
    english = (
        "2020-10-09 17:30 Fri\n"
        "Received Fri 25 Sep 2020 10:00; 5 working days, not counting that day; Sun 27 Sep is a make-up day; "
        "1–8 Oct holiday (National Day) → Fri 9 Oct 2020, close of business (17:30).\n"
    )
    assert due(RECEIVED, "5", "working-days", "--language", "en")[1] == english
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert due(RECEIVED, "5", "working-days")[1] == english


@pytest.mark.parametrize(
    ("received", "amount", "unit", "more", "said"),
    [
        ("2020-09-25T10:00", "5", "working-days", [], "does not say in which zone"),  # a naive instant
        ("2020-09-25", "5", "hours", [], "does not say in which zone"),  # hours of which day's hour?
        ("soon", "5", "hours", [], "soon is no instant"),
        ("2020-02-30T10:00+08:00", "5", "hours", [], "is no instant"),
        (RECEIVED, "-1", "working-days", [], "A deadline of -1 working-days cannot be counted"),
        (RECEIVED, "1.5", "hours", [], "1.5 is no whole number"),
        (RECEIVED, "five", "hours", [], "five is no whole number"),
        (RECEIVED, "", "hours", [], "is no whole number"),
        (RECEIVED, None, "hours", [], "is no whole number"),
        (RECEIVED, "9" * 5000, "hours", [], "Give a whole number from 0 to 876600"),
        (RECEIVED, "36526", "working-days", [], "Give a whole number from 0 to 36525"),
        (RECEIVED, "5", "days", [], "days is not a unit of time"),  # P1D has meant two things
        (RECEIVED, "5", "working-days", ["--roll", "back"], "back is not a way to roll"),
        ("9999-12-30T10:00+08:00", "5", "working-days", [], "outside the calendar"),
        ("0001-01-01T00:00+08:00", "5", "hours", [], "outside the calendar"),
        (RECEIVED, "5", "working-days", ["--calendar", "nowhere.json"], "nowhere.json"),
    ],
)
def test_what_cannot_be_counted_is_one_line_and_exit_2(due, received, amount, unit, more, said) -> None:  # type: ignore[no-untyped-def]
    status, out, err = due(received, amount, unit, *more, "--json")
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_date_in_a_year_without_a_notice_is_marked(due, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = due("2027-01-06T10:00+08:00", "3", "working-days")
    assert out.startswith("2027-01-11 17:30 周一（暂定）\n")
    assert "2027年放假安排尚未公布" in out
    for name, data in (("2027.json", as_json()), ("2027.csv", AS_CSV.encode())):  # Saturday 9 January is worked
        (tmp_path / name).write_bytes(data)
        _, out, _ = due("2027-01-06T10:00+08:00", "3", "working-days", "--calendar", str(tmp_path / name))
        assert out.startswith("2027-01-09 17:30 周六\n")


def test_several_files_count_together_with_the_library(due, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "2027.json").write_bytes(as_json())
    files = ["--calendar", "national", "--calendar", str(tmp_path / "2027.json")]
    _, out, _ = due("2026-12-30T10:00+08:00", "2", "working-days", *files)
    assert out.startswith("2027-01-04 17:30 周一\n")


def test_a_jurisdiction_of_the_database_counts_with_its_own_calendar(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    environment = str(tmp_path / "x.env")
    main(["init", environment], environ={})
    main(["--env-file", environment, "db", "upgrade"], environ={})
    capsys.readouterr()

    def call(name: str) -> Said:
        asked = ["due", "--received", RECEIVED, "--amount", "5", "--unit", "working-days", "--calendar", name]
        return main(["--env-file", environment, *asked, "--json"], environ={}), *capsys.readouterr()

    status, _, err = call("district")
    assert (status, err) == (2, "chuishao: There is neither a file nor a jurisdiction's calendar called district.\n")
    url = next(
        line.partition("=")[2] for line in Path(environment).read_text().splitlines() if "DATABASE_URL" in line
    )  # fmt: skip
    with sessions(connect(url))() as session, writing(session):
        import_year(session, "district", 2020, now=datetime.now(UTC))
    status, out, _ = call("district")
    assert (status, json.loads(out)["due"]) == (0, "2020-10-09T17:30:00+08:00")
