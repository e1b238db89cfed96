"""The sentence that says why a date is what it is."""

from datetime import datetime

import pytest

from engine.clock import CHINA
from engine.deadlines.clocks import due, extend
from engine.deadlines.explain import HOLIDAYS, explain
from engine.deadlines.trace import to_json
from engine.deadlines.years import known_years, national_calendar, national_year

CALENDAR = national_calendar(*range(2019, 2028))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("received", "amount", "unit", "roll", "chinese", "english"),
    [
        (
            "2020-09-25T10:00", 5, "working-days", "none",
            "2020年9月25日（周五）10:00起算；5个工作日，当日不计；9月27日（周日）调休上班；10月1日至8日国庆节放假"
            " → 2020年10月9日（周五）17:30下班前。",
            "Received Fri 25 Sep 2020 10:00; 5 working days, not counting that day; Sun 27 Sep is a make-up "
            "day; 1–8 Oct holiday (National Day) → Fri 9 Oct 2020, close of business (17:30).",
        ),
        (
            "2020-09-18T10:00", 15, "calendar-days", "forward",
            "2020年9月18日（周五）10:00起算；15个自然日，当日不计；10月1日至8日国庆节放假；"
            "最后一日10月3日（周六）不是工作日，顺延至10月9日（周五） → 2020年10月9日（周五）24:00前。",
            "Received Fri 18 Sep 2020 10:00; 15 calendar days, not counting that day; 1–8 Oct holiday (National Day); "
            "the last day, Sat 3 Oct, is not worked, so it moves to Fri 9 Oct → Fri 9 Oct 2020, 24:00.",
        ),
        (
            "2027-01-31T10:00", 1, "calendar-months", "none",
            "2027年1月31日（周日）10:00起算；1个月，当日不计；该月没有对应的日期，取当月最后一日；"
            "最后一日2月28日（周日）不是工作日，办理时限不顺延；2027年放假安排尚未公布，暂按周一至周五计算"
            " → 2027年2月28日（周日）24:00前。",
            "Received Sun 31 Jan 2027 10:00; 1 month, not counting that day; the month has no such day, so its last "
            "one; the last day, Sun 28 Feb, is not worked; the duty does not wait; the holidays of 2027 are not "
            "announced yet, Monday to Friday is assumed → Sun 28 Feb 2027, 24:00.",
        ),
        (
            "2026-03-18T23:00", 2, "hours", "none",
            "2026年3月18日（周三）23:00起算；2小时 → 2026年3月19日（周四）01:00前。",
            "Received Wed 18 Mar 2026 23:00; 2 hours → Thu 19 Mar 2026, 01:00.",
        ),
        (
            "2026-03-18T10:00", 0, "fixed-date", "none",
            "约定日期为3月18日（周三） → 2026年3月18日（周三）17:30下班前。",
            "Agreed for Wed 18 Mar → Wed 18 Mar 2026, close of business (17:30).",
        ),
    ],
)  # fmt: skip
def test_the_sentence(received: str, amount: int, unit: str, roll: str, chinese: str, english: str) -> None:
    trace = due(at(received), amount, unit, calendar=CALENDAR, roll=roll).trace
    assert explain(trace, "zh_CN") == chinese
    assert explain(trace, "en") == english
    assert explain(to_json(trace), "zh_CN") == chinese  # as the clock's row stores it


def test_an_extension_is_told_once_with_its_amount() -> None:
    first = due(at("2026-03-18T10:00"), 5, "working-days", calendar=CALENDAR)
    trace = extend(first, 10, "working-days", calendar=CALENDAR, roll="none").trace
    assert explain(trace) == (
        "2026年3月18日（周三）10:00起算；5个工作日，当日不计；经批准延长10个工作日；4月4日至6日清明节放假"
        " → 2026年4月9日（周四）17:30下班前。"
    )
    assert "extended with approval by 10 working days" in explain(trace, "en")


def test_no_trace_is_no_sentence() -> None:
    assert explain([]) == ""


@pytest.mark.parametrize("year", sorted(known_years()))
def test_every_holiday_of_every_known_year_has_a_name_in_both_languages(year: int) -> None:
    assert {named.name for named in national_year(year).days.values()} <= set(HOLIDAYS)
