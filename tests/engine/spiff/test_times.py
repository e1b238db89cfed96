"""Durations, instants and cycles of timers."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from engine.clock import CHINA
from engine.feel import YearMonthDuration
from engine.spiff.times import Duration, cycle, duration, instant, later, next_after


@pytest.mark.parametrize(
    ("value", "months", "rest"),
    [
        ("P5D", 0, timedelta(days=5)),
        ("PT1H30M", 0, timedelta(hours=1, minutes=30)),
        ("P1Y2M3DT4S", 14, timedelta(days=3, seconds=4)),
        ("P2W", 0, timedelta(weeks=2)),
        ("PT0.5S", 0, timedelta(milliseconds=500)),
        ("-P1D", 0, timedelta(days=-1)),
        (timedelta(hours=2), 0, timedelta(hours=2)),
        (YearMonthDuration(3), 3, timedelta(0)),
    ],
)
def test_durations(value: object, months: int, rest: timedelta) -> None:
    assert duration(value) == Duration(months=months, rest=rest)


@pytest.mark.parametrize("value", ["P", "PT", "5 days", "P5DT", 5, None, "P200Y", "P1H", timedelta(days=10**6)])
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError):
        duration(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-01T09:00:00+08:00", datetime(2026, 5, 1, 1, tzinfo=UTC)),
        ("2026-05-01T09:00:00", datetime(2026, 5, 1, 1, tzinfo=UTC)),  # naive: the jurisdiction's zone
        ("2026-05-01T09:00:00+08:00[Asia/Shanghai]", datetime(2026, 5, 1, 1, tzinfo=UTC)),
        (date(2026, 5, 1), datetime(2026, 4, 30, 16, tzinfo=UTC)),
        (datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=8))), datetime(2026, 5, 1, 1, tzinfo=UTC)),
    ],
)
def test_instants(value: object, expected: datetime) -> None:
    assert instant(value) == expected


@pytest.mark.parametrize("value", ["soon", 5, None])
def test_what_is_no_instant(value: object) -> None:
    with pytest.raises(ValueError):
        instant(value)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (datetime(2026, 1, 31, 9, tzinfo=CHINA), 1, datetime(2026, 2, 28, 9, tzinfo=CHINA)),
        (datetime(2028, 1, 31, 9, tzinfo=CHINA), 1, datetime(2028, 2, 29, 9, tzinfo=CHINA)),
        (datetime(2026, 12, 15, 9, tzinfo=CHINA), 1, datetime(2027, 1, 15, 9, tzinfo=CHINA)),
        (datetime(2026, 3, 31, 9, tzinfo=CHINA), -1, datetime(2026, 2, 28, 9, tzinfo=CHINA)),
    ],
)
def test_a_month_ends_with_its_last_day(start: datetime, months: int, expected: datetime) -> None:
    assert later(start, Duration(months=months, rest=timedelta(0))) == expected


def test_cycles() -> None:
    assert cycle("R3/PT1H").times == 3
    assert cycle("R/P1D").times is None
    assert cycle("R2/2026-05-01T09:00:00+08:00/P1W").start == datetime(2026, 5, 1, 1, tzinfo=UTC)
    assert cycle(timedelta(days=1)).every.rest == timedelta(days=1)


@pytest.mark.parametrize("value", ["R3", "R3/PT0S", "PT1H/R3", "R-1/PT1H", ""])
def test_what_is_no_cycle(value: str) -> None:
    with pytest.raises(ValueError):
        cycle(value)


def test_missed_occurrences_are_counted_and_skipped() -> None:
    first = datetime(2026, 1, 31, 9, tzinfo=CHINA)
    hourly, monthly = duration("PT1H"), duration("P1M")
    assert next_after(first, hourly, first + timedelta(minutes=150)) == (first + timedelta(hours=3), 3)
    following, passed = next_after(first, monthly, datetime(2026, 3, 1, tzinfo=CHINA))
    assert (following, passed) == (datetime(2026, 3, 31, 9, tzinfo=CHINA), 2)
