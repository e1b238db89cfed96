"""Due dates: a table over nine years, checked twice, and what must hold for every date."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import CHINA
from engine.deadlines.clocks import Roll, Unit, default_roll, due, extend
from engine.deadlines.trace import StepKind, from_json, to_json
from engine.deadlines.years import national_calendar
from engine.errors import Invalid

CALENDAR = national_calendar(*range(2018, 2029))


def at(day: str, clock_time: str = "10:00") -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_time), CHINA)


W, C, M = "working-days", "calendar-days", "calendar-months"
ROWS = [
    # the two rows that every calendar has to get right
    ("2020-09-25", 5, W, "none", "2020-10-09"),  # Sunday 27 is worked, 1–8 October are not
    ("2020-09-18", 15, C, "forward", "2020-10-09"),  # 3 October, rolled over the rest of the holiday
    ("2020-09-18", 15, C, "none", "2020-10-03"),  # the same for an agency: it does not wait
    # 2019: Spring Festival 4–10 February with both weekends worked, Labour Day moved in mid-year
    ("2019-01-31", 2, W, "none", "2019-02-02"),  # a Saturday that is worked
    ("2019-01-25", 10, W, "none", "2019-02-13"),  # two make-up days and a week of holiday
    ("2019-02-01", 15, C, "forward", "2019-02-18"),  # Saturday 16, an ordinary weekend
    ("2019-04-26", 5, W, "none", "2019-05-06"),  # Sunday 28 April and Sunday 5 May are worked
    ("2019-04-30", 1, W, "none", "2019-05-05"),  # a Sunday that is worked
    ("2019-04-30", 5, W, "none", "2019-05-09"),
    ("2019-05-04", 1, W, "none", "2019-05-05"),  # received in the holiday
    ("2019-09-12", 2, W, "none", "2019-09-17"),  # Mid-Autumn on a Friday
    ("2019-09-27", 3, W, "none", "2019-10-08"),  # Sunday 29 September is worked
    ("2019-09-30", 15, C, "none", "2019-10-15"),  # a holiday within, not at the end
    ("2019-12-27", 5, W, "none", "2020-01-06"),  # over New Year's Day
    # 2020: Spring Festival was lengthened to 2 February
    ("2020-01-17", 5, W, "none", "2020-01-23"),  # Sunday 19 is worked
    ("2020-01-23", 1, W, "none", "2020-02-03"),  # the longest break of all
    ("2020-01-23", 5, W, "none", "2020-02-07"),
    ("2020-01-10", 15, C, "forward", "2020-02-03"),  # rolled by nine days
    ("2020-01-31", 1, M, "none", "2020-02-29"),  # a leap year's last day, a Saturday
    ("2020-02-29", 1, M, "none", "2020-03-29"),  # not the last day of March
    ("2020-04-30", 5, W, "none", "2020-05-11"),  # Saturday 9 May is worked
    ("2020-06-19", 5, W, "none", "2020-06-29"),  # Dragon Boat, Sunday 28 worked
    ("2020-06-24", 3, W, "none", "2020-06-30"),
    ("2020-09-27", 3, W, "none", "2020-09-30"),  # received on a make-up day, which is not counted
    # 2021
    ("2021-02-05", 5, W, "none", "2021-02-18"),  # Sunday 7 is worked
    ("2021-02-10", 7, C, "forward", "2021-02-18"),  # the last day of the holiday
    ("2021-02-07", 1, W, "none", "2021-02-08"),
    ("2021-04-25", 5, W, "none", "2021-04-30"),
    ("2021-04-30", 3, W, "none", "2021-05-08"),  # a Saturday that is worked
    ("2021-09-17", 5, W, "none", "2021-09-26"),  # Saturday 18 and Sunday 26 are worked
    ("2021-09-30", 15, W, "none", "2021-10-27"),  # Saturday 9 October is worked
    ("2021-01-31", 1, M, "none", "2021-02-28"),  # P1M from 31 January is not 3 March
    # 2022: the petition regulation's own first days
    ("2022-01-28", 5, W, "none", "2022-02-09"),
    ("2022-03-31", 5, W, "none", "2022-04-08"),  # Saturday 2 April worked, 3–5 not
    ("2022-05-01", 60, C, "none", "2022-06-30"),  # art. 34
    ("2022-05-01", 15, C, "none", "2022-05-16"),  # art. 23
    ("2022-08-10", 30, C, "forward", "2022-09-09"),  # art. 35, the resident's window
    ("2022-09-30", 5, W, "none", "2022-10-12"),  # 8 and 9 October are a worked weekend
    ("2022-12-30", 1, W, "none", "2023-01-03"),
    # 2023
    ("2023-01-20", 3, W, "none", "2023-01-30"),
    ("2023-01-18", 10, W, "none", "2023-02-06"),
    ("2023-04-21", 5, W, "none", "2023-04-27"),  # Sunday 23 is worked
    ("2023-06-21", 2, W, "none", "2023-06-26"),  # Sunday 25 is worked
    ("2023-09-28", 5, W, "none", "2023-10-11"),
    ("2023-09-06", 30, C, "forward", "2023-10-07"),  # Friday 6 is holiday, Saturday 7 is worked
    ("2023-12-29", 15, W, "none", "2024-01-22"),
    # 2024
    ("2024-02-09", 3, W, "none", "2024-02-20"),  # Sunday 18 is worked
    ("2024-02-04", 5, W, "none", "2024-02-09"),
    ("2024-01-31", 1, M, "none", "2024-02-29"),
    ("2024-02-29", 12, M, "none", "2025-02-28"),
    ("2024-04-28", 2, W, "none", "2024-04-30"),
    ("2024-09-13", 3, W, "none", "2024-09-19"),  # Saturday 14 worked, 15–17 not
    ("2024-09-30", 5, W, "none", "2024-10-12"),  # a Saturday that is worked
    ("2024-09-01", 30, C, "forward", "2024-10-08"),  # 1 October
    # 2025
    ("2025-01-24", 5, W, "none", "2025-02-07"),  # Sunday 26 is worked
    ("2025-01-27", 15, C, "forward", "2025-02-11"),
    ("2025-04-27", 5, W, "none", "2025-05-07"),
    ("2025-05-30", 2, W, "none", "2025-06-04"),
    ("2025-09-28", 5, W, "none", "2025-10-11"),  # a Saturday that is worked
    ("2025-12-31", 2, W, "none", "2026-01-05"),  # Sunday 4 January is worked
    # 2026
    ("2026-02-13", 5, W, "none", "2026-02-27"),  # Saturday 14 is worked
    ("2026-02-14", 1, W, "none", "2026-02-24"),
    ("2026-05-09", 0, W, "none", "2026-05-09"),  # the same day, a Saturday that is worked
    ("2026-05-10", 0, W, "none", "2026-05-11"),  # a Sunday that is not
    ("2026-09-20", 5, W, "none", "2026-09-28"),
    ("2026-09-30", 10, W, "none", "2026-10-20"),  # Saturday 10 October is worked
    ("2026-08-31", 6, M, "none", "2027-02-28"),
    ("2026-12-31", 1, W, "none", "2027-01-01"),  # into a year without a notice: Monday to Friday
    # 2027: provisional
    ("2027-01-29", 5, W, "none", "2027-02-05"),
    ("2027-02-26", 15, C, "forward", "2027-03-15"),
    ("2027-02-13", 1, W, "none", "2027-02-15"),
    ("2027-11-30", 3, M, "forward", "2028-02-29"),
]


def is_worked(day: date) -> bool:
    """Ask the library day by day; it knows no year after 2026."""
    return day.weekday() < 5 if day.year > 2026 else chinese_calendar.is_workday(day)


def walk(day: date, amount: int, unit: str, roll: str) -> date:
    """Find the last day one day at a time, without any of the code under test."""
    one = timedelta(days=1)
    if unit == M:
        year, month = day.year, day.month
        for _ in range(amount):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        day = date(year, month, min(day.day, monthrange(year, month)[1]))
    left = 0 if unit == M else amount
    while left:
        day += one
        left -= unit == C or is_worked(day)
    while (roll == "forward" or unit == W) and not is_worked(day):
        day += one
    return day


@pytest.mark.parametrize(("received", "amount", "unit", "roll", "last"), ROWS)
def test_the_last_day_in_the_table(received: str, amount: int, unit: str, roll: str, last: str) -> None:
    found = due(at(received), amount, unit, calendar=CALENDAR, roll=roll)
    assert CALENDAR.day_of(found.due_at).isoformat() == last
    assert walk(date.fromisoformat(received), amount, unit, roll).isoformat() == last
    assert found.provisional == (last > "2026-12-31")


@pytest.mark.parametrize(
    ("received", "amount", "unit", "roll", "ends"),
    [
        (at("2026-03-18"), 3, W, "none", at("2026-03-23", "17:30")),  # close of business
        (at("2026-03-18", "23:50"), 3, W, "none", at("2026-03-23", "17:30")),  # the hour of receipt does not matter
        (at("2026-03-18", "00:05"), 3, W, "none", at("2026-03-23", "17:30")),
        (at("2026-03-18"), 5, C, "none", at("2026-03-23", "17:30")),  # an agency on a working day: close of business
        (at("2026-03-18"), 5, C, "forward", at("2026-03-23", "23:59:59")),  # a resident: 24:00
        (at("2026-03-18"), 3, C, "none", at("2026-03-21", "23:59:59")),  # a Saturday has no close of business
        (at("2026-03-18"), 3, C, "forward", at("2026-03-23", "23:59:59")),
        (at("2026-03-18"), 2, "hours", "none", at("2026-03-18", "12:00")),
        (at("2026-03-20", "17:00"), 24, "hours", "none", at("2026-03-21", "17:00")),  # through the night and weekend
        (at("2026-03-20", "17:00"), 24, "hours", "forward", at("2026-03-21", "17:00")),  # hours do not roll
        (at("2026-03-18", "17:30"), 0, W, "none", at("2026-03-18", "17:30")),  # the very end of the same day
        (at("2026-03-18", "17:31"), 0, W, "none", at("2026-03-19", "17:30")),  # business has closed
        (at("2026-03-20", "18:00"), 0, W, "none", at("2026-03-23", "17:30")),
        (at("2026-03-18", "18:00"), 0, C, "none", at("2026-03-18", "23:59:59")),  # never before it was received
        (at("2026-03-18"), 0, "fixed-date", "none", at("2026-03-18", "17:30")),
        (at("2026-03-21"), 0, "fixed-date", "none", at("2026-03-21", "23:59:59")),
        (at("2026-03-21"), 7, "fixed-date", "forward", at("2026-03-23", "23:59:59")),  # the amount is not read
    ],
)
def test_the_moment_at_which_it_ends(received: datetime, amount: int, unit: str, roll: str, ends: datetime) -> None:
    assert due(received, amount, unit, calendar=CALENDAR, roll=roll).due_at == ends


def test_the_day_is_that_of_the_calendars_zone() -> None:
    late_evening_in_utc = datetime.fromisoformat("2026-03-17T23:00:00+00:00")  # 07:00 on the 18th in China
    assert due(late_evening_in_utc, 1, C, calendar=CALENDAR).due_at == at("2026-03-19", "17:30")


@pytest.mark.parametrize(
    ("unit", "amount", "roll", "code"),
    [
        ("days", 1, "none", "clock-unit"),  # P1D on a working calendar has meant two things
        (W, -1, "none", "clock-amount"),
        (M, 1201, "none", "clock-amount"),
        (C, 1, "backward", "clock-roll"),
    ],
)
def test_what_cannot_be_counted_is_refused(unit: str, amount: int, roll: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        due(at("2026-03-18"), amount, unit, calendar=CALENDAR, roll=roll)
    assert refused.value.code == code


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        due(datetime(2026, 3, 18), 1, W, calendar=CALENDAR)


def test_only_a_residents_window_rolls_by_default() -> None:
    assert default_roll("resident") is Roll.FORWARD
    assert {default_roll("handler"), default_roll(None)} == {Roll.NONE}


def test_an_extension_counts_from_the_old_last_day() -> None:
    first = due(at("2022-05-01"), 60, C, calendar=CALENDAR)
    longer = extend(first, 30, C, calendar=CALENDAR, roll="none")
    assert CALENDAR.day_of(longer.due_at).isoformat() == "2022-07-30"  # 30 June and thirty days, a Saturday
    kinds = [step.kind for step in longer.trace]
    assert kinds.count(StepKind.EXTENDED) == 1
    assert kinds.count(StepKind.RECEIVED) == 1
    with pytest.raises(Invalid, match="not a fixed date"):
        extend(first, 0, "fixed-date", calendar=CALENDAR, roll="none")


MOMENTS = st.datetimes(datetime(2018, 6, 1), datetime(2026, 12, 31)).map(lambda moment: moment.replace(tzinfo=CHINA))
UNITS = st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.CALENDAR_MONTHS, Unit.HOURS])
ROLLS = st.sampled_from(Roll)


@settings(max_examples=150, deadline=None)
@given(received=MOMENTS, amount=st.integers(0, 80), unit=UNITS, roll=ROLLS)
def test_more_is_never_due_earlier_and_nothing_before_it_was_received(
    received: datetime, amount: int, unit: Unit, roll: Roll
) -> None:
    amount = min(amount, 12) if unit is Unit.CALENDAR_MONTHS else amount
    now = due(received, amount, unit, calendar=CALENDAR, roll=roll)
    more = due(received, amount + 1, unit, calendar=CALENDAR, roll=roll)
    assert received.replace(microsecond=0) <= now.due_at <= more.due_at


@settings(max_examples=150, deadline=None)
@given(received=MOMENTS, amount=st.integers(0, 60), unit=UNITS.filter(lambda unit: unit is not Unit.HOURS))
def test_a_rolled_deadline_ends_on_a_working_day_and_as_the_walk_says(
    received: datetime, amount: int, unit: Unit
) -> None:
    amount = min(amount, 12) if unit is Unit.CALENDAR_MONTHS else amount
    last = CALENDAR.day_of(due(received, amount, unit, calendar=CALENDAR, roll="forward").due_at)
    assert CALENDAR.is_working(last)
    if not (unit is Unit.WORKING_DAYS and amount == 0):  # where the hour of receipt matters
        assert last == walk(received.date(), amount, unit, "forward")


@settings(max_examples=60, deadline=None)
@given(received=MOMENTS, amount=st.integers(0, 60), unit=UNITS, roll=ROLLS)
def test_a_trace_survives_storage(received: datetime, amount: int, unit: Unit, roll: Roll) -> None:
    trace = due(received, min(amount, 24), unit, calendar=CALENDAR, roll=roll).trace
    assert tuple(from_json(to_json(trace))) == trace
