"""Files of a year's notice: two forms that say the same, and everything that is refused."""

import json
from datetime import date
from typing import Any

import pytest

from engine.deadlines.calendar import NamedDay
from engine.deadlines.notice_file import read_notice, to_file
from engine.deadlines.years import national_year
from engine.errors import Invalid

NOTICE = {
    "format": "chuishao-calendar/1",
    "year": 2027,
    "title": "关于2027年部分节假日安排的通知",
    "number": "国办发明电〔2026〕9号",
    "holidays": [
        {"name": "元旦", "from": "2027-01-01", "to": "2027-01-03"},
        {"name": "清明节", "from": "2027-04-05"},
    ],
    "make_up": [{"name": "元旦", "day": "2027-01-09"}],
}
AS_CSV = """\
# 国务院办公厅
year,2027
title,关于2027年部分节假日安排的通知
number,国办发明电〔2026〕9号

holiday,2027-01-01,2027-01-03,元旦
holiday,2027-04-05,,清明节
make-up,2027-01-09,元旦
"""


def as_json(**changed: Any) -> bytes:
    return json.dumps(NOTICE | changed, ensure_ascii=False, indent=1).encode()


def holidays(*ranges: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": "节", "from": first, "to": last} for first, last in ranges]


def make_up(*days: str) -> list[dict[str, str]]:
    return [{"name": "节", "day": day} for day in days]


def test_both_forms_say_the_same() -> None:
    year = read_notice(as_json(), "2027.json")
    assert year == read_notice(AS_CSV.encode(), "2027.csv")
    assert (year.year, year.provisional) == (2027, False)
    assert year.source == "关于2027年部分节假日安排的通知（国办发明电〔2026〕9号）"
    off = NamedDay(working=False, name="元旦")
    assert year.days == {
        date(2027, 1, 1): off, date(2027, 1, 2): off, date(2027, 1, 3): off,
        date(2027, 1, 9): NamedDay(working=True, name="元旦"),
        date(2027, 4, 5): NamedDay(working=False, name="清明节"),
    }  # fmt: skip


@pytest.mark.parametrize("year", range(2018, 2027))
def test_a_year_is_written_as_a_file_that_says_the_same(year: int) -> None:
    known = national_year(year)
    assert read_notice(to_file(known).encode(), f"{year}.json") == known


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_notice(b"\xef\xbb\xbf" + AS_CSV.encode(), "2027.CSV").year == 2027


@pytest.mark.parametrize(
    ("data", "said"),
    [
        # days that cannot be
        (as_json(holidays=holidays(("2027-02-30", "2027-02-30"))), "2027-02-30 is no day of the calendar"),
        (as_json(holidays=holidays(("2027-10-01", "soon"))), "soon is no day"),
        (as_json(holidays=holidays(("20271001", "2027-10-03"))), "20271001 is no day"),
        (as_json(holidays=[{"name": "节"}]), "is no day"),
        (as_json(holidays=holidays(("2027-10-07", "2027-10-01"))), "ends on 2027-10-01, before it begins"),
        (as_json(holidays=holidays(("2027-01-01", "2027-11-01"))), "longer than 31 days"),
        # days of another year
        (as_json(holidays=holidays(("2026-12-31", "2027-01-02"))), "2026-12-31 is not a day of 2027"),
        (as_json(make_up=make_up("2028-01-08")), "2028-01-08 is not a day of 2027"),
        # days that are named twice
        (as_json(holidays=holidays(("2027-10-01", "2027-10-07"), ("2027-10-07", "2027-10-08"))),
         "2027-10-07 is a holiday already (line "),
        (as_json(make_up=make_up("2027-01-09", "2027-01-09")), "2027-01-09 is a make-up day already"),
        (as_json(make_up=make_up("2027-01-02")), "2027-01-02 is a make-up day within a holiday (line 9)"),
        (as_json(make_up=make_up("2027-01-12")), "2027-01-12 is no weekend day and is worked anyway"),
        # no notice at all
        (as_json(holidays=[], make_up=[]), "names no holiday"),
        (as_json(holidays=[], make_up=make_up("2027-01-09")), "names no holiday"),
        (as_json(title=" "), "no title"),
        (as_json(year="27"), "its year is 27"),
        (as_json(year="२०२७"), "its year is"),
        (as_json(year=None), "its year is"),
        (as_json(format="ics"), "its format is not chuishao-calendar/1"),
        (as_json(holiday=[]), "the key holiday is not known"),
        (as_json(holidays={}), "holidays is no list"),
        (as_json(holidays=[["2027-10-01"]]), "holidays, entry 1 is no object"),
        (as_json(make_up=[{"day": "2027-01-09", "to": "2027-01-10"}]), "make_up, entry 1 is no object of day, name"),
        (as_json(holidays=[{"name": "", "from": "2027-10-01"}]), "2027-10-01 needs a name"),
        (b"[]", "no JSON object"),
        (b'{"year": 2027,\n "title"', "line 2 is no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * 300_000, "larger than"),
        # a spreadsheet saved it in the encoding of the machine
        ('{"year": 2027,\n "title": "国庆节放假"}'.encode("gb18030"), "line 2 is not UTF-8"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_line_and_day(data: bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_notice(data, "2027.json")
    assert refused.value.code == "calendar-file"
    assert refused.value.message.startswith("The calendar file 2027.json cannot be used, and nothing was changed: ")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("holidays,2027-10-01,2027-10-07,国庆节", "line 9 begins with holidays; begin it with year, title"),
        ("holiday,2027-01-03,2027-01-04,节", "line 9: 2027-01-03 is a holiday already (line 6)"),
        ("make-up,2027-01-02,节", "line 9: 2027-01-02 is a make-up day within a holiday (line 6)"),
        ("make-up,2027-13-02,节", "line 9: 2027-13-02 is no day"),
        ("make-up,,节", "line 9: “” is no day"),
        ("year,2028", "2027-01-01 is not a day of 2028"),
        ('holiday,"2027-10-01', "2027-10-01 needs a name"),  # a quote that is not closed
        ("\0", "line 9"),
    ],
)
def test_a_bad_line_of_a_spreadsheet_is_named(line: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_notice(f"{AS_CSV}{line}\n".encode(), "2027.csv")
    assert said in refused.value.message


def test_every_fault_is_named_at_once_but_not_without_end() -> None:
    days = [f"2027-03-{day:02}" for day in range(1, 32)]
    with pytest.raises(Invalid) as refused:
        read_notice(as_json(make_up=make_up(*days)), "2027.json")
    problems = refused.value.facts["problems"]
    assert len(problems) == 13
    assert problems[-1] == "11 more places are wrong"
    assert all(problem in refused.value.message for problem in problems)
