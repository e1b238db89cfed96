"""Due dates from 2019 to 2027, each found a second time by walking the calendar a day at a time.

What is typed here is the notices' own text, not the library that the calendars are read from, and the walk shares no
line with the code under test: it takes one step a day (or an hour) and asks of each day whether it is worked.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import CHINA
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.clocks import Due, due, exclude, extend, stood_still
from engine.deadlines.notice_file import read_notice
from engine.deadlines.years import calendar_of, known_years, national_year

W, C, M, H, F = "working-days", "calendar-days", "calendar-months", "hours", "fixed-date"
NONE, FORWARD = "none", "forward"

#: 国务院办公厅关于…年部分节假日安排的通知: days off, and after the bar the weekend days that are worked
NOTICES = {
    "2018 end": "12.30-12.31 | 12.29",  # in the notice of 2019
    "2019": "1.1 2.4-2.10 4.5-4.7 5.1-5.4 6.7-6.9 9.13-9.15 10.1-10.7 | 2.2 2.3 4.28 5.5 9.29 10.12",
    "2020": "1.1 1.24-2.2 4.4-4.6 5.1-5.5 6.25-6.27 10.1-10.8 | 1.19 4.26 5.9 6.28 9.27 10.10",
    "2021": "1.1-1.3 2.11-2.17 4.3-4.5 5.1-5.5 6.12-6.14 9.19-9.21 10.1-10.7 | 2.7 2.20 4.25 5.8 9.18 9.26 10.9",
    "2022": "1.1-1.3 1.31-2.6 4.3-4.5 4.30-5.4 6.3-6.5 9.10-9.12 10.1-10.7 12.31 | 1.29 1.30 4.2 4.24 5.7 10.8 10.9",
    "2023": "1.1-1.2 1.21-1.27 4.5 4.29-5.3 6.22-6.24 9.29-10.6 12.30-12.31 | 1.28 1.29 4.23 5.6 6.25 10.7 10.8",
    "2024": "1.1 2.10-2.17 4.4-4.6 5.1-5.5 6.10 9.15-9.17 10.1-10.7 | 2.4 2.18 4.7 4.28 5.11 9.14 9.29 10.12",
    "2025": "1.1 1.28-2.4 4.4-4.6 5.1-5.5 5.31-6.2 10.1-10.8 | 1.26 2.8 4.27 9.28 10.11",
    "2026": "1.1-1.3 2.15-2.23 4.4-4.6 5.1-5.5 6.19-6.21 9.25-9.27 10.1-10.7 | 1.4 2.14 2.28 5.9 9.20 10.10",
}
#: before they were rewritten: Labour Day of 2019 was one day (March 2019), Spring Festival of 2020 ended on 30 January
FIRST_NOTICES = {
    "2019": "1.1 2.4-2.10 4.5-4.7 5.1 6.7-6.9 9.13-9.15 10.1-10.7 | 2.2 2.3 9.29 10.12",
    "2020": "1.1 1.24-1.30 4.4-4.6 5.1-5.5 6.25-6.27 10.1-10.8 | 1.19 2.1 4.26 5.9 6.28 9.27 10.10",
}
#: made up: a year whose notice has not come yet
INVENTED = {"2027": "1.1-1.3 2.5-2.11 4.3-4.5 5.1-5.5 6.9 9.15 10.1-10.7 | 1.9 2.14 2.20 5.8 9.26 10.9"}


# ---- the walk


class Days:
    """Says of a day whether it is worked, as the notices' text says."""

    def __init__(self, notices: Mapping[str, str]) -> None:
        self.off: set[date] = set()
        self.worked: set[date] = set()
        for title, text in notices.items():
            off, worked = text.split("|")
            for found, into in ((off, self.off), (worked, self.worked)):
                for part in found.split():
                    first, _, last = part.partition("-")
                    day, until = (self._day(title, each) for each in (first, last or first))
                    while day <= until:
                        into.add(day)
                        day += timedelta(days=1)

    @staticmethod
    def _day(title: str, text: str) -> date:
        month, day = text.split(".")
        return date(int(title[:4]), int(month), int(day))

    def is_worked(self, day: date) -> bool:
        return day in self.worked or (day not in self.off and day.strftime("%a") not in ("Sat", "Sun"))


class Walker:
    """Finds a due date one step at a time."""

    def __init__(self, days: Days) -> None:
        self.days = days

    def walk(self, received: datetime, amount: int, unit: str, roll: str, then: tuple[Any, ...] = ()) -> datetime:
        self.unit, self.roll = unit, roll
        moment = self._leg(received, amount, unit)
        for what, *rest in then:
            go_on = self._leg if what == "extend" else self._not_counted
            moment = go_on(moment, *rest)
        return moment

    def _leg(self, start: datetime, amount: int, unit: str) -> datetime:
        if unit == H:
            for _ in range(amount):
                start = start + timedelta(hours=1)
            self.before_roll = start.date()
            return start
        day = start.date()
        if unit == W:
            day = self._worked_days_on(day, amount) if amount else self._open_day(start)
            return self._at(day, "17:30:00")
        if unit == M:
            day = self._months_on(day, amount)
        if unit == C:
            for _ in range(amount):
                day = day + timedelta(days=1)
        return self._end(day, start, unit)

    def _end(self, day: date, start: datetime, unit: str) -> datetime:
        self.before_roll = day
        if self.roll == FORWARD:
            while not self.days.is_worked(day):
                day = day + timedelta(days=1)
            return self._at(day, "23:59:59")
        still_open = unit == F or start <= self._at(day, "17:30:00")
        return self._at(day, "17:30:00" if self.days.is_worked(day) and still_open else "23:59:59")

    def _not_counted(self, moment: datetime, since: str, until: str) -> datetime:
        began, ended = at(since), at(until)
        if self.unit == H:
            while began + timedelta(hours=1) <= ended:
                began, moment = began + timedelta(hours=1), moment + timedelta(hours=1)
            return moment
        missed, day = 0, began.date()
        while day < ended.date():
            day = day + timedelta(days=1)
            missed += self.unit != W or self.days.is_worked(day)
        if not missed:
            return moment
        if self.unit == W:
            return self._at(self._worked_days_on(moment.date(), missed), "17:30:00")
        last = self.before_roll
        for _ in range(missed):
            last = last + timedelta(days=1)
        return self._end(last, self._at(self.before_roll, "17:30:00"), self.unit)

    def _worked_days_on(self, day: date, amount: int) -> date:
        while amount:
            day = day + timedelta(days=1)
            amount -= self.days.is_worked(day)
        self.before_roll = day
        return day

    def _open_day(self, start: datetime) -> date:
        day = start.date()
        if start > self._at(day, "17:30:00"):
            day = day + timedelta(days=1)
        while not self.days.is_worked(day):
            day = day + timedelta(days=1)
        return day

    @staticmethod
    def _months_on(day: date, amount: int) -> date:
        first, wanted = day.replace(day=1), day.day
        for _ in range(amount):
            month = first.month
            while first.month == month:
                first = first + timedelta(days=1)
        found = first
        while found.day < wanted and (found + timedelta(days=1)).month == first.month:
            found = found + timedelta(days=1)
        return found

    @staticmethod
    def _at(day: date, clock_time: str) -> datetime:
        return at(f"{day.isoformat()} {clock_time}")


def at(text: str) -> datetime:
    """Read a time in China; without one, ten in the morning."""
    return datetime.fromisoformat(text if " " in text else f"{text} 10:00").replace(tzinfo=CHINA)


# ---- the code under test, on the library's calendar or on files of notices


def as_file(title: str, text: str) -> bytes:
    """Write a notice's text as a file that can be imported."""
    off, worked = text.split("|")
    lines = [f"year,{title}", "title,关于部分节假日安排的通知"]
    for part in off.split():
        first, _, last = part.partition("-")
        lines.append(f"holiday,{_iso(title, first)},{_iso(title, last or first)},节日")
    lines += [f"make-up,{_iso(title, day)},节日" for day in worked.split()]
    return "\n".join(lines).encode()


def _iso(year: str, day: str) -> str:
    month, number = day.split(".")
    return f"{year}-{int(month):02}-{int(number):02}"


LIBRARY = [national_year(year) for year in sorted(known_years())]
CALENDARS = {
    "now": calendar_of(LIBRARY),
    "first": calendar_of([*LIBRARY, *(read_notice(as_file(*each), "n.csv") for each in FIRST_NOTICES.items())]),
    "2027": calendar_of([*LIBRARY, *(read_notice(as_file(*each), "n.csv") for each in INVENTED.items())]),
}
WALKERS = {
    "now": Walker(Days(NOTICES)),
    "first": Walker(Days(NOTICES | FIRST_NOTICES)),
    "2027": Walker(Days(NOTICES | INVENTED)),
}


def count(calendar: WorkCalendar, received: datetime, amount: int, unit: str, roll: str, then: tuple[Any, ...]) -> Due:
    """Count with the code under test."""
    found = due(received, amount, unit, calendar=calendar, roll=roll)
    for what, *rest in then:
        if what == "extend":
            found = extend(found, *rest, calendar=calendar, roll=roll)
        else:
            missed = stood_still(at(rest[0]), at(rest[1]), unit, calendar)
            found = exclude(found, *missed, calendar=calendar, roll=roll)
    return found


def extension(amount: int, unit: str) -> tuple[str, int, str]:
    return ("extend", amount, unit)


def hearing(since: str, until: str) -> tuple[str, str, str]:
    return ("hearing", since, until)


Row = tuple[str, int, str, str, tuple[Any, ...], str]
ROWS: dict[str, list[Row]] = {
    "now": [
        # the two rows that every calendar has to get right
        # Sunday 27 is worked, 1–8 October are off; Monday to Friday arithmetic says 2 October
        ("2020-09-25", 5, W, NONE, (), "2020-10-09 17:30"),
        ("2020-09-18", 15, C, FORWARD, (), "2020-10-09 23:59:59"),  # 3 October rolls over the rest of the holiday
        ("2020-09-18", 15, C, NONE, (), "2020-10-03 23:59:59"),  # an agency does not wait for it
        # 2019
        ("2018-12-28", 1, W, NONE, (), "2018-12-29 17:30"),  # Saturday 29 December is worked
        ("2018-12-29", 1, W, NONE, (), "2019-01-02 17:30"),  # and the holiday lasts to 1 January
        ("2018-12-28", 5, C, FORWARD, (), "2019-01-02 23:59:59"),  # the day after the holiday
        ("2019-01-30", 3, W, NONE, (), "2019-02-02 17:30"),  # the weekend of 2 and 3 February is worked
        ("2019-02-01", 2, W, NONE, (), "2019-02-03 17:30"),
        ("2019-02-03", 1, W, NONE, (), "2019-02-11 17:30"),  # received on a Sunday that is worked
        # the first day of Spring Festival rolls over all of it
        ("2019-01-20", 15, C, FORWARD, (), "2019-02-11 23:59:59"),
        ("2019-01-20", 15, C, NONE, (), "2019-02-04 23:59:59"),
        ("2019-02-10", 0, W, NONE, (), "2019-02-11 17:30"),  # received on the last day of the holiday
        ("2019-02-10", 1, W, NONE, (), "2019-02-11 17:30"),
        ("2019-04-04", 1, W, NONE, (), "2019-04-08 17:30"),  # Tomb-Sweeping Day is a Friday
        ("2019-04-26", 1, W, NONE, (), "2019-04-28 17:30"),  # Sunday 28 April is worked
        ("2019-04-30", 2, W, NONE, (), "2019-05-06 17:30"),  # Sunday 5 May is worked
        ("2019-04-30", 4, C, FORWARD, (), "2019-05-05 23:59:59"),  # Saturday 4 May is off, Sunday 5 is worked
        ("2019-06-06", 1, W, NONE, (), "2019-06-10 17:30"),
        ("2019-08-14", 30, C, FORWARD, (), "2019-09-16 23:59:59"),  # Mid-Autumn on a Friday
        ("2019-09-27", 5, W, NONE, (), "2019-10-10 17:30"),
        ("2019-09-30", 5, W, NONE, (), "2019-10-12 17:30"),  # Saturday 12 October is worked
        ("2019-10-11", 1, W, NONE, (), "2019-10-12 17:30"),
        ("2019-12-31", 1, W, NONE, (), "2020-01-02 17:30"),
        # 2020: Spring Festival was lengthened by the epidemic
        ("2020-01-17", 1, W, NONE, (), "2020-01-19 17:30"),  # Sunday 19 is worked
        ("2020-01-23", 1, W, NONE, (), "2020-02-03 17:30"),  # the longest break of all
        ("2020-01-23", 0, W, NONE, (), "2020-01-23 17:30"),
        ("2020-01-23 17:31", 0, W, NONE, (), "2020-02-03 17:30"),  # a minute after business closed, before ten days off
        ("2020-01-16", 10, C, FORWARD, (), "2020-02-03 23:59:59"),
        ("2020-01-24", 10, C, NONE, (), "2020-02-03 17:30"),  # Monday 3 February is worked again
        ("2020-04-03", 1, W, NONE, (), "2020-04-07 17:30"),
        ("2020-04-24", 2, W, NONE, (), "2020-04-27 17:30"),  # Sunday 26 April is worked
        ("2020-04-30", 4, W, NONE, (), "2020-05-09 17:30"),  # Saturday 9 May is worked
        ("2020-06-24", 1, W, NONE, (), "2020-06-28 17:30"),  # Sunday 28 June is worked
        ("2020-06-24", 2, W, NONE, (), "2020-06-29 17:30"),
        ("2020-09-30", 2, W, NONE, (), "2020-10-10 17:30"),  # Saturday 10 October is worked
        ("2020-07-31", 60, C, NONE, (), "2020-09-29 17:30"),  # sixty days of handling
        ("2020-07-31", 60, C, FORWARD, (), "2020-09-29 23:59:59"),
        ("2020-08-02", 60, C, FORWARD, (), "2020-10-09 23:59:59"),  # ends on 1 October
        # 2021
        ("2020-12-31", 1, W, NONE, (), "2021-01-04 17:30"),
        ("2021-02-05", 2, W, NONE, (), "2021-02-08 17:30"),  # Sunday 7 February is worked
        ("2021-02-10", 3, W, NONE, (), "2021-02-20 17:30"),  # Saturday 20 is worked
        ("2021-02-10", 2, C, FORWARD, (), "2021-02-18 23:59:59"),
        ("2021-04-02", 1, W, NONE, (), "2021-04-06 17:30"),
        ("2021-04-23", 3, W, NONE, (), "2021-04-27 17:30"),  # Sunday 25 April is worked
        ("2021-04-30", 5, W, NONE, (), "2021-05-11 17:30"),  # Saturday 8 May is worked
        ("2021-06-11", 1, W, NONE, (), "2021-06-15 17:30"),
        ("2021-09-17", 2, W, NONE, (), "2021-09-22 17:30"),  # Saturday 18 is worked
        ("2021-09-24", 3, W, NONE, (), "2021-09-28 17:30"),  # Sunday 26 is worked
        ("2021-09-30", 2, W, NONE, (), "2021-10-09 17:30"),  # Saturday 9 October is worked
        ("2021-09-06", 30, C, FORWARD, (), "2021-10-08 23:59:59"),  # within National Day
        ("2021-12-31", 2, W, NONE, (), "2022-01-05 17:30"),
        # 2022: the petition regulation is in force from 1 May
        ("2022-01-28", 2, W, NONE, (), "2022-01-30 17:30"),  # a weekend of two worked days
        ("2022-01-29", 2, W, NONE, (), "2022-02-07 17:30"),  # received on the first of them
        ("2022-04-01", 2, W, NONE, (), "2022-04-06 17:30"),  # Saturday 2 April is worked
        ("2022-04-22", 2, W, NONE, (), "2022-04-25 17:30"),  # Sunday 24 April is worked
        ("2022-05-01", 15, C, NONE, (), "2022-05-16 17:30"),  # art. 23, received on the first day, a holiday
        ("2022-05-01", 60, C, NONE, (), "2022-06-30 17:30"),  # art. 34
        ("2022-06-02", 1, W, NONE, (), "2022-06-06 17:30"),
        ("2022-08-12", 30, C, FORWARD, (), "2022-09-13 23:59:59"),  # art. 35: the window ends in Mid-Autumn
        # the window ends in National Day, 8 October is a Saturday that is worked
        ("2022-09-01", 30, C, FORWARD, (), "2022-10-08 23:59:59"),
        ("2022-09-30", 1, W, NONE, (), "2022-10-08 17:30"),
        ("2022-09-30", 3, W, NONE, (), "2022-10-10 17:30"),
        ("2022-12-30", 2, W, NONE, (), "2023-01-04 17:30"),
        # 2023
        ("2022-12-30", 1, C, FORWARD, (), "2023-01-03 23:59:59"),
        ("2023-01-20", 1, W, NONE, (), "2023-01-28 17:30"),  # Saturday 28 January is worked
        ("2023-01-20", 2, W, NONE, (), "2023-01-29 17:30"),  # and Sunday 29
        ("2023-04-04", 1, W, NONE, (), "2023-04-06 17:30"),  # a holiday in the middle of the week
        ("2023-04-21", 1, W, NONE, (), "2023-04-23 17:30"),
        ("2023-04-28", 3, W, NONE, (), "2023-05-06 17:30"),  # Saturday 6 May is worked
        ("2023-06-21", 1, W, NONE, (), "2023-06-25 17:30"),  # Sunday 25 June is worked
        ("2023-09-28", 2, W, NONE, (), "2023-10-08 17:30"),  # 7 and 8 October are worked
        ("2023-09-28", 1, C, FORWARD, (), "2023-10-07 23:59:59"),  # rolled over eight days
        ("2023-12-29", 1, W, NONE, (), "2024-01-02 17:30"),
        # 2024
        ("2024-02-02", 2, W, NONE, (), "2024-02-05 17:30"),  # Sunday 4 February is worked
        ("2024-02-09", 1, W, NONE, (), "2024-02-18 17:30"),  # Sunday 18 is worked
        ("2024-02-08", 5, C, FORWARD, (), "2024-02-18 23:59:59"),
        ("2024-04-03", 1, W, NONE, (), "2024-04-07 17:30"),  # Sunday 7 April is worked
        ("2024-04-26", 2, W, NONE, (), "2024-04-29 17:30"),
        ("2024-04-30", 6, W, NONE, (), "2024-05-11 17:30"),  # Saturday 11 May is worked
        ("2024-06-07", 1, W, NONE, (), "2024-06-11 17:30"),
        ("2024-09-13", 1, W, NONE, (), "2024-09-14 17:30"),  # Saturday 14 is worked
        ("2024-09-27", 2, W, NONE, (), "2024-09-30 17:30"),
        ("2024-09-30", 4, W, NONE, (), "2024-10-11 17:30"),
        ("2024-09-30", 10, W, NONE, (), "2024-10-18 17:30"),
        # 2025
        ("2024-12-31", 1, W, NONE, (), "2025-01-02 17:30"),
        ("2025-01-24", 3, W, NONE, (), "2025-02-05 17:30"),  # Sunday 26 January is worked
        ("2025-01-27", 1, W, NONE, (), "2025-02-05 17:30"),
        ("2025-01-27", 4, W, NONE, (), "2025-02-08 17:30"),  # Saturday 8 February is worked
        ("2025-01-13", 15, C, FORWARD, (), "2025-02-05 23:59:59"),  # the first day of Spring Festival
        ("2025-04-03", 1, W, NONE, (), "2025-04-07 17:30"),
        ("2025-04-25", 2, W, NONE, (), "2025-04-28 17:30"),
        ("2025-05-30", 1, W, NONE, (), "2025-06-03 17:30"),
        ("2025-09-26", 4, W, NONE, (), "2025-10-09 17:30"),  # Sunday 28 is worked, then eight days off
        ("2025-09-30", 3, W, NONE, (), "2025-10-11 17:30"),  # Saturday 11 October is worked
        ("2025-09-08", 30, C, FORWARD, (), "2025-10-09 23:59:59"),  # the last day of eight
        # 2026
        ("2025-12-31", 1, W, NONE, (), "2026-01-04 17:30"),  # Sunday 4 January is worked
        ("2026-02-13", 2, W, NONE, (), "2026-02-24 17:30"),  # Saturday 14 is worked, then nine days off
        ("2026-02-13", 6, W, NONE, (), "2026-02-28 17:30"),  # Saturday 28 is worked
        ("2026-02-01", 15, C, FORWARD, (), "2026-02-24 23:59:59"),
        ("2026-04-30", 4, W, NONE, (), "2026-05-09 17:30"),  # Saturday 9 May is worked
        ("2026-05-09", 1, W, NONE, (), "2026-05-11 17:30"),  # received on it
        ("2026-06-18", 1, W, NONE, (), "2026-06-22 17:30"),
        ("2026-09-18", 1, W, NONE, (), "2026-09-20 17:30"),  # Sunday 20 is worked
        ("2026-09-24", 2, W, NONE, (), "2026-09-29 17:30"),
        ("2026-09-30", 3, W, NONE, (), "2026-10-10 17:30"),  # Saturday 10 October is worked
        ("2026-11-20", 10, W, NONE, (), "2026-12-04 17:30"),
        # 2027: no notice yet, Monday to Friday
        ("2026-12-31", 1, W, NONE, (), "2027-01-01 17:30"),  # New Year's Day is a Friday like any other
        ("2026-12-31", 5, W, NONE, (), "2027-01-07 17:30"),
        ("2027-02-04", 3, W, NONE, (), "2027-02-09 17:30"),
        ("2027-01-22", 15, C, FORWARD, (), "2027-02-08 23:59:59"),  # Saturday 6 February
        ("2027-04-30", 5, W, NONE, (), "2027-05-07 17:30"),
        ("2026-12-18", 15, C, FORWARD, (), "2027-01-04 23:59:59"),
        ("2026-12-18", 15, C, NONE, (), "2027-01-02 23:59:59"),
        ("2027-09-30", 5, W, NONE, (), "2027-10-07 17:30"),
        ("2026-11-30", 3, M, FORWARD, (), "2027-03-01 23:59:59"),  # a Sunday
        ("2026-12-31 22:00", 5, H, NONE, (), "2027-01-01 03:00"),  # no calendar is asked
        # what the hour of receipt does, and does not
        ("2021-03-10 00:00", 3, W, NONE, (), "2021-03-15 17:30"),
        ("2021-03-10 23:59", 3, W, NONE, (), "2021-03-15 17:30"),
        ("2021-03-10 17:30", 0, W, NONE, (), "2021-03-10 17:30"),  # the close of business is still in time
        ("2021-03-10 17:31", 0, W, NONE, (), "2021-03-11 17:30"),
        ("2021-03-12 18:00", 0, W, NONE, (), "2021-03-15 17:30"),  # a Friday evening
        ("2021-03-10 18:00", 0, C, NONE, (), "2021-03-10 23:59:59"),  # never before it was received
        ("2021-03-10 09:00", 0, C, NONE, (), "2021-03-10 17:30"),
        ("2021-03-10 09:00", 0, C, FORWARD, (), "2021-03-10 23:59:59"),
        ("2021-03-13 09:00", 0, C, FORWARD, (), "2021-03-15 23:59:59"),  # a Saturday
        # months: the same day, or the last one of a month that lacks it
        ("2019-01-31", 1, M, NONE, (), "2019-02-28 17:30"),
        ("2020-01-31", 1, M, NONE, (), "2020-02-29 23:59:59"),  # a leap year; a Saturday
        ("2020-01-31", 1, M, FORWARD, (), "2020-03-02 23:59:59"),
        ("2020-02-29", 1, M, NONE, (), "2020-03-29 23:59:59"),  # a Sunday: not the last day of March
        ("2020-02-29", 12, M, NONE, (), "2021-02-28 23:59:59"),  # no such day in 2021
        ("2020-02-29", 48, M, NONE, (), "2024-02-29 17:30"),  # four years on there is
        ("2021-01-29", 1, M, NONE, (), "2021-02-28 23:59:59"),  # 28 February
        ("2021-03-31", 1, M, NONE, (), "2021-04-30 17:30"),
        ("2021-03-31", 6, M, FORWARD, (), "2021-09-30 23:59:59"),
        ("2021-10-31", 4, M, NONE, (), "2022-02-28 17:30"),  # over the end of the year
        ("2021-12-31", 2, M, FORWARD, (), "2022-02-28 23:59:59"),
        ("2022-08-31", 1, M, NONE, (), "2022-09-30 17:30"),
        ("2022-09-01", 1, M, FORWARD, (), "2022-10-08 23:59:59"),  # 1 October
        ("2022-09-01", 1, M, NONE, (), "2022-10-01 23:59:59"),
        ("2023-08-31", 6, M, NONE, (), "2024-02-29 17:30"),  # 29 February
        ("2023-12-15", 2, M, FORWARD, (), "2024-02-18 23:59:59"),  # in Spring Festival
        ("2024-02-29", 36, M, NONE, (), "2027-02-28 23:59:59"),
        ("2024-03-31", 1, M, NONE, (), "2024-04-30 17:30"),
        ("2025-05-31", 0, M, FORWARD, (), "2025-06-03 23:59:59"),  # no months at all, on a day off
        ("2025-08-31", 13, M, FORWARD, (), "2026-09-30 23:59:59"),
        ("2026-01-30", 1, M, NONE, (), "2026-02-28 17:30"),
        # hours run through nights, weekends and holidays
        ("2019-04-30 23:30", 2, H, NONE, (), "2019-05-01 01:30"),
        ("2020-02-28 23:00", 26, H, NONE, (), "2020-03-01 01:00"),  # over a leap day
        ("2020-02-29 00:00", 24, H, NONE, (), "2020-03-01 00:00"),
        ("2020-09-30 17:29", 24, H, NONE, (), "2020-10-01 17:29"),  # into the holiday
        ("2021-12-31 23:59", 1, H, NONE, (), "2022-01-01 00:59"),  # over New Year
        ("2022-01-28 12:00", 72, H, NONE, (), "2022-01-31 12:00"),
        ("2023-03-31 22:15", 2, H, FORWARD, (), "2023-04-01 00:15"),  # hours never roll
        ("2024-02-28 12:00", 48, H, NONE, (), "2024-03-01 12:00"),
        ("2025-06-30 10:00", 0, H, NONE, (), "2025-06-30 10:00"),
        ("2026-03-28 01:30", 3, H, NONE, (), "2026-03-28 04:30"),  # no summer time here
        # agreed days
        ("2023-04-28", 0, F, NONE, (), "2023-04-28 17:30"),
        ("2023-04-29", 0, F, NONE, (), "2023-04-29 23:59:59"),  # a holiday
        ("2023-04-29", 9, F, FORWARD, (), "2023-05-04 23:59:59"),  # the amount is not read
        ("2024-02-10", 0, F, FORWARD, (), "2024-02-18 23:59:59"),
        # extensions are counted from the last day so far
        ("2019-08-01", 60, C, NONE, (extension(30, C),), "2019-10-30 17:30"),  # art. 34: ninety days in all
        ("2020-07-20", 60, C, NONE, (extension(15, W),), "2020-10-15 17:30"),  # over National Day
        ("2020-09-25", 5, W, NONE, (extension(1, W),), "2020-10-10 17:30"),  # Saturday 10 October
        ("2020-09-18", 15, C, FORWARD, (extension(15, C),), "2020-10-26 23:59:59"),  # from the day that it rolled to
        # twice, over Spring Festival
        (
            "2021-01-20",
            10,
            W,
            NONE,
            (
                extension(5, W),
                extension(5, W),
            ),
            "2021-02-22 17:30",
        ),
        ("2022-04-20", 5, W, NONE, (extension(3, W),), "2022-04-29 17:30"),
        ("2022-05-01", 60, C, NONE, (extension(30, C),), "2022-07-30 23:59:59"),  # a Saturday
        ("2022-05-01", 60, C, FORWARD, (extension(30, C),), "2022-08-01 23:59:59"),
        ("2023-09-22", 3, W, NONE, (extension(10, W),), "2023-10-17 17:30"),
        ("2024-01-31", 1, M, NONE, (extension(1, M),), "2024-03-29 17:30"),  # 29 March, not 31
        ("2024-01-31", 1, M, NONE, (extension(2, W),), "2024-03-04 17:30"),
        ("2025-09-29 16:00", 24, H, NONE, (extension(24, H),), "2025-10-01 16:00"),
        # to the close of the next working day
        ("2025-09-29 16:00", 24, H, NONE, (extension(1, W),), "2025-10-09 17:30"),
        ("2026-12-25", 4, W, NONE, (extension(3, W),), "2027-01-05 17:30"),  # into a year without a notice
        # a hearing's days are not counted: 信访工作条例 art. 36
        # within a day: nothing to add
        ("2022-06-01", 30, C, NONE, (hearing("2022-06-10 09:00", "2022-06-10 17:00"),), "2022-07-01 17:30"),
        ("2022-06-01", 30, C, NONE, (hearing("2022-06-10 09:00", "2022-06-13 17:00"),), "2022-07-04 17:30"),
        # into National Day
        ("2022-09-01", 30, C, NONE, (hearing("2022-09-20 09:00", "2022-09-29 12:00"),), "2022-10-10 17:30"),
        # the holiday is not passed twice
        ("2022-09-01", 30, C, FORWARD, (hearing("2022-09-20 09:00", "2022-09-22 12:00"),), "2022-10-08 23:59:59"),
        # days are added to months
        ("2023-03-01", 1, M, NONE, (hearing("2023-03-20 14:00", "2023-03-24 14:00"),), "2023-04-05 23:59:59"),
        # Sunday 23 April is worked, Saturday 22 is not
        ("2023-04-17", 10, W, NONE, (hearing("2023-04-21 09:00", "2023-04-24 09:00"),), "2023-05-05 17:30"),
        # a holiday is no time lost
        ("2023-04-17", 10, W, NONE, (hearing("2023-04-29 09:00", "2023-05-03 09:00"),), "2023-04-28 17:30"),
        # twice
        (
            "2024-05-01",
            30,
            C,
            NONE,
            (
                hearing("2024-05-10 09:00", "2024-05-15 09:00"),
                hearing("2024-05-20 09:00", "2024-05-22 09:00"),
            ),
            "2024-06-07 17:30",
        ),
        # whole hours only
        ("2025-03-03 09:00", 48, H, NONE, (hearing("2025-03-03 22:00", "2025-03-04 01:45"),), "2025-03-05 12:00"),
        # after an extension
        (
            "2025-03-03",
            30,
            C,
            NONE,
            (
                extension(10, C),
                hearing("2025-03-20 09:00", "2025-03-27 09:00"),
            ),
            "2025-04-19 23:59:59",
        ),
        # before one
        (
            "2025-03-03",
            30,
            C,
            NONE,
            (
                hearing("2025-03-20 09:00", "2025-03-27 09:00"),
                extension(10, C),
            ),
            "2025-04-19 23:59:59",
        ),
        # over a worked Sunday
        (
            "2026-09-01",
            10,
            W,
            NONE,
            (
                hearing("2026-09-10 09:00", "2026-09-14 09:00"),
                extension(5, W),
            ),
            "2026-09-23 17:30",
        ),
    ],
    "first": [
        # Labour Day of 2019 as it was first announced: one day, no make-up days
        ("2019-04-26", 1, W, NONE, (), "2019-04-29 17:30"),  # Sunday 28 April was not to be worked
        ("2019-04-26", 5, W, NONE, (), "2019-05-06 17:30"),
        ("2019-04-30", 1, W, NONE, (), "2019-05-02 17:30"),  # Thursday 2 May
        ("2019-04-30", 2, W, NONE, (), "2019-05-03 17:30"),
        ("2019-04-02", 30, C, FORWARD, (), "2019-05-02 23:59:59"),  # 2 May was to be worked
        ("2019-04-19", 12, C, FORWARD, (), "2019-05-02 23:59:59"),  # 1 May alone
        # Spring Festival of 2020 as it was first announced: to 30 January, with 1 February worked
        ("2020-01-23", 1, W, NONE, (), "2020-01-31 17:30"),
        ("2020-01-23", 2, W, NONE, (), "2020-02-01 17:30"),  # Saturday 1 February
        ("2020-01-21", 5, W, NONE, (), "2020-02-03 17:30"),
        ("2020-01-16", 15, C, FORWARD, (), "2020-01-31 23:59:59"),  # 31 January
        ("2020-01-20", 5, W, NONE, (extension(3, W),), "2020-02-05 17:30"),
        ("2020-01-20", 10, W, NONE, (hearing("2020-01-21 09:00", "2020-01-31 09:00"),), "2020-02-12 17:30"),
    ],
    "2027": [
        # an invented notice of 2027 takes the place of Monday to Friday
        ("2026-12-31", 1, W, NONE, (), "2027-01-04 17:30"),  # the first day after New Year's holiday
        ("2026-12-31", 5, W, NONE, (), "2027-01-08 17:30"),  # Saturday 9 January is worked
        ("2027-02-04", 3, W, NONE, (), "2027-02-15 17:30"),  # Sunday 14 February is worked
        ("2027-01-22", 15, C, FORWARD, (), "2027-02-12 23:59:59"),  # Saturday 6 February lies in Spring Festival
        ("2027-04-30", 5, W, NONE, (), "2027-05-11 17:30"),
        ("2026-12-18", 15, C, FORWARD, (), "2027-01-04 23:59:59"),
        ("2027-09-30", 5, W, NONE, (), "2027-10-13 17:30"),  # Saturday 9 October is worked
        ("2026-12-25", 4, W, NONE, (extension(3, W),), "2027-01-06 17:30"),
        ("2027-02-05", 1, M, FORWARD, (), "2027-03-05 23:59:59"),
        ("2027-03-05", 1, M, FORWARD, (), "2027-04-06 23:59:59"),  # 5 April is off
        ("2027-12-31", 1, W, NONE, (), "2028-01-03 17:30"),  # out of the year again
    ],
}


@pytest.mark.parametrize(
    ("calendar", "received", "amount", "unit", "roll", "then", "ends"),
    [(name, *row) for name, rows in ROWS.items() for row in rows],
)
def test_the_due_date(
    calendar: str, received: str, amount: int, unit: str, roll: str, then: tuple[Any, ...], ends: str
) -> None:
    walked = WALKERS[calendar].walk(at(received), amount, unit, roll, then)
    counted = count(CALENDARS[calendar], at(received), amount, unit, roll, then).due_at
    assert f"{walked:%Y-%m-%d %H:%M:%S}".removesuffix(":00") == ends
    assert counted == walked


def test_the_table_has_every_kind_of_case_of_every_year() -> None:
    rows = [row for rows in ROWS.values() for row in rows]
    assert len(rows) >= 150
    assert {row[5][:4] for row in rows} >= {str(year) for year in range(2019, 2028)}
    kinds = {(W, NONE), (C, NONE), (C, FORWARD), (M, NONE), (M, FORWARD), (H, NONE), (F, NONE), (F, FORWARD)}
    assert {(row[2], row[3]) for row in rows} >= kinds


def test_the_library_says_of_every_day_what_the_notices_say() -> None:
    calendar, days = CALENDARS["now"], Days(NOTICES)
    day, wrong = date(2018, 12, 29), []
    while day.year < 2028:
        if calendar.is_working(day) != days.is_worked(day):
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []


@pytest.mark.parametrize("row", ROWS["first"], ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_a_rewritten_notice_moves_the_date_as_the_walk_says(row: Row) -> None:
    received, amount, unit, roll, then, _ = row
    anew = count(CALENDARS["now"], at(received), amount, unit, roll, then)
    assert anew.due_at == WALKERS["now"].walk(at(received), amount, unit, roll, then)
    assert not anew.provisional


@pytest.mark.parametrize("row", [row for row in ROWS["now"] if row[5] > "2027"], ids=lambda row: f"{row[0]} {row[1]}")
def test_a_year_without_a_notice_is_provisional_until_it_comes(row: Row) -> None:
    received, amount, unit, roll, then, _ = row
    assert count(CALENDARS["now"], at(received), amount, unit, roll, then).provisional == (unit != H)
    assert not count(CALENDARS["2027"], at(received), amount, unit, roll, then).provisional


# ---- for every date

MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2027, 6, 30)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=CHINA)
)
AMOUNTS = {W: 60, C: 90, M: 12, H: 200}
CASES = st.sampled_from([W, C, M, H]).flatmap(lambda unit: st.tuples(st.just(unit), st.integers(0, AMOUNTS[unit])))
ROLLS = st.sampled_from([NONE, FORWARD])
EXTENSIONS = st.builds(extension, st.integers(1, 30), st.sampled_from([W, C]))


@settings(max_examples=120, deadline=None)
@given(received=MOMENTS, case=CASES, roll=ROLLS, then=st.lists(EXTENSIONS, max_size=2).map(tuple))
def test_any_date_is_what_the_walk_finds(
    received: datetime, case: tuple[str, int], roll: str, then: tuple[Any, ...]
) -> None:
    unit, amount = case
    counted = count(CALENDARS["now"], received, amount, unit, roll, then)
    assert counted.due_at == WALKERS["now"].walk(received, amount, unit, roll, then)


@settings(max_examples=60, deadline=None)
@given(received=MOMENTS, case=CASES, roll=ROLLS, wait=st.integers(0, 240), lasts=st.integers(0, 500))
def test_time_that_is_not_counted_is_what_the_walk_leaves_out(
    received: datetime, case: tuple[str, int], roll: str, wait: int, lasts: int
) -> None:
    unit, amount = case
    since = received + timedelta(hours=wait)
    then = (hearing(f"{since:%Y-%m-%d %H:%M}", f"{since + timedelta(hours=lasts):%Y-%m-%d %H:%M}"),)
    counted = count(CALENDARS["now"], received, amount, unit, roll, then)
    assert counted.due_at == WALKERS["now"].walk(received, amount, unit, roll, then)
    assert counted.due_at >= due(received, amount, unit, calendar=CALENDARS["now"], roll=roll).due_at


@settings(max_examples=60, deadline=None)
@given(received=MOMENTS, later=st.integers(0, 400), case=CASES, roll=ROLLS)
def test_more_time_and_a_later_start_are_never_due_earlier(
    received: datetime, later: int, case: tuple[str, int], roll: str
) -> None:
    unit, amount = case
    calendar = CALENDARS["now"]
    one = due(received, amount, unit, calendar=calendar, roll=roll).due_at
    assert one <= due(received, amount + 1, unit, calendar=calendar, roll=roll).due_at
    assert one <= due(received + timedelta(hours=later), amount, unit, calendar=calendar, roll=roll).due_at


@settings(max_examples=60, deadline=None)
@given(received=MOMENTS, case=CASES.filter(lambda case: case[0] != H))
def test_a_date_that_rolls_is_never_a_day_off(received: datetime, case: tuple[str, int]) -> None:
    found = due(received, case[1], case[0], calendar=CALENDARS["now"], roll=FORWARD).due_at
    assert Days(NOTICES).is_worked(found.astimezone(CHINA).date())
