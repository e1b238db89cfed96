"""Which days are worked, and duty time."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import CHINA
from engine.deadlines.calendar import DayKind, NamedDay, WorkCalendar
from engine.deadlines.years import national_calendar

CALENDAR = national_calendar(2020, 2026)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        ("2020-09-25", DayKind.WORKING, ""),
        ("2020-09-26", DayKind.WEEKEND, ""),
        ("2020-09-27", DayKind.MAKE_UP, "国庆节"),
        ("2020-10-01", DayKind.HOLIDAY, "国庆节"),
        ("2020-10-03", DayKind.HOLIDAY, "国庆节"),  # a Saturday within the holiday
        ("2027-01-01", DayKind.WORKING, ""),  # no notice yet
    ],
)
def test_why_a_day_is_worked_or_not(day: str, kind: DayKind, name: str) -> None:
    reason = CALENDAR.reason(date.fromisoformat(day))
    assert (reason.kind, reason.name) == (kind, name)
    assert reason.working == CALENDAR.is_working(date.fromisoformat(day))


def test_a_year_without_notice_is_provisional() -> None:
    assert not CALENDAR.is_provisional(date(2026, 12, 31))
    assert CALENDAR.is_provisional(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("start", "end", "duty"),
    [
        ("2026-03-18T10:00", "2026-03-18T11:00", timedelta(hours=1)),
        ("2026-03-18T11:00", "2026-03-18T15:00", timedelta(hours=2)),  # over lunch
        ("2026-03-18T07:00", "2026-03-18T20:00", timedelta(hours=7)),  # a whole day
        ("2026-03-20T17:00", "2026-03-23T09:00", timedelta(hours=1)),  # over a weekend
        ("2026-03-21T08:00", "2026-03-22T20:00", timedelta(0)),  # a weekend
        ("2026-03-18T12:00", "2026-03-18T14:00", timedelta(0)),  # lunch
        ("2020-09-26T00:00", "2020-09-28T00:00", timedelta(hours=7)),  # a Sunday that is worked
        ("2026-03-18T11:00", "2026-03-18T10:00", timedelta(0)),  # backwards
    ],
)
def test_duty_time_between(start: str, end: str, duty: timedelta) -> None:
    assert CALENDAR.duty_between(at(start), at(end)) == duty


@pytest.mark.parametrize(
    ("moment", "next_on_duty"),
    [
        ("2026-03-18T10:00", "2026-03-18T10:00"),
        ("2026-03-18T17:30", "2026-03-18T17:30"),  # the close of business still counts
        ("2026-03-18T17:31", "2026-03-19T08:30"),
        ("2026-03-18T12:30", "2026-03-18T14:00"),
        ("2026-03-20T20:00", "2026-03-23T08:30"),
        ("2026-03-18T03:00", "2026-03-18T08:30"),
    ],
)
def test_the_next_moment_on_duty(moment: str, next_on_duty: str) -> None:
    assert CALENDAR.on_duty(at(moment)) == at(next_on_duty)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(lambda moment: moment.replace(tzinfo=CHINA))


@settings(max_examples=100, deadline=None)
@given(start=MOMENTS, minutes=st.integers(1, 5000))
def test_duty_time_adds_up(start: datetime, minutes: int) -> None:
    amount = timedelta(minutes=minutes)
    end = CALENDAR.after_duty(start, amount)
    assert CALENDAR.duty_between(start, end) == amount
    assert CALENDAR.on_duty(end) == end


def test_a_calendar_that_never_works_is_an_error_and_not_an_endless_loop() -> None:
    days = (date(2026, 1, 1) + timedelta(days=n) for n in range(800))
    never = WorkCalendar(named={day: NamedDay(working=False) for day in days})
    with pytest.raises(ValueError, match="no working day"):
        never.first_working(date(2026, 1, 1))


def test_the_last_period_ends_business() -> None:
    calendar = WorkCalendar(duty_hours=((time(9), time(12)), (time(13), time(18))))
    assert calendar.close(date(2026, 3, 18)) == at("2026-03-18T18:00")
    assert calendar.opening(date(2026, 3, 18)) == at("2026-03-18T09:00")
