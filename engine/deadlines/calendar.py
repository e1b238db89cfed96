"""The working-day calendar of a jurisdiction: which days are worked, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

#: half past eight to noon, two to half past five
DUTY_HOURS: Final = ((time(8, 30), time(12)), (time(14), time(17, 30)))
#: no year of holidays is longer: a calendar without a working day in it is wrong
_LONGEST_BREAK: Final = 400
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


class DayKind(StrEnum):
    """Why a day is worked or not."""

    #: Monday to Friday
    WORKING = "working"
    #: a weekend day that a notice made a working day (调休上班日)
    MAKE_UP = "make-up"
    WEEKEND = "weekend"
    #: a holiday that a notice set
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDay:
    """A day that a notice names: a holiday, or a weekend day that is worked. `name` is in Chinese: `国庆节`."""

    working: bool
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a day is worked or not, and the holiday that it belongs to."""

    kind: DayKind
    name: str = ""

    @property
    def working(self) -> bool:
        return self.kind in (DayKind.WORKING, DayKind.MAKE_UP)


@dataclass(frozen=True, kw_only=True)
class WorkCalendar:
    """The days and hours of work, as the notices of some years set them.

    Args:
        named: days that differ from their weekday, and the weekend days within holidays.
        years: for which a notice is out. In any other year Monday to Friday is assumed, provisionally.
        duty_hours: periods of a working day, in order; the end of the last one is the close of business.
        zone: in which days begin and hours are read.
        calendar_id, versions: the rows that this was read from; equal versions mean equal calendars.
    """

    named: Mapping[date, NamedDay] = field(default_factory=lambda: MappingProxyType({}))
    years: frozenset[int] = frozenset()
    duty_hours: tuple[tuple[time, time], ...] = DUTY_HOURS
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    calendar_id: UUID | None = None
    versions: tuple[UUID, ...] = ()

    def with_year(self, year: int, days: Mapping[date, NamedDay], *, provisional: bool = False) -> "WorkCalendar":
        """Return this calendar with other days in a year."""
        named = {day: each for day, each in self.named.items() if day.year != year} | dict(days)
        years = self.years - {year} if provisional else self.years | {year}
        return replace(self, named=named, years=years, versions=())

    def reason(self, day: date) -> Reason:
        """Return why `day` is worked or not."""
        weekend = day.weekday() >= _SATURDAY
        named = self.named.get(day)
        if named is None:
            return Reason(kind=DayKind.WEEKEND if weekend else DayKind.WORKING)
        if not named.working:
            return Reason(kind=DayKind.HOLIDAY, name=named.name)
        return Reason(kind=DayKind.MAKE_UP if weekend else DayKind.WORKING, name=named.name)

    def is_working(self, day: date) -> bool:
        """Say whether `day` is worked."""
        named = self.named.get(day)
        return day.weekday() < _SATURDAY if named is None else named.working

    def is_provisional(self, day: date) -> bool:
        """Say whether the notice for the year of `day` is not out yet."""
        return day.year not in self.years

    def day_of(self, moment: datetime) -> date:
        """Return the day of an instant in the calendar's zone."""
        return moment.astimezone(self.zone).date()

    def at(self, day: date, clock_time: time) -> datetime:
        """Return the instant of a time of day."""
        return datetime.combine(day, clock_time, self.zone)

    def opening(self, day: date) -> datetime:
        """Return when business opens, whether or not `day` is worked."""
        return self.at(day, self.duty_hours[0][0])

    def close(self, day: date) -> datetime:
        """Return the close of business, whether or not `day` is worked."""
        return self.at(day, self.duty_hours[-1][1])

    def end(self, day: date) -> datetime:
        """Return the last second of `day`: 24:00 as an instant that every page still writes as that day."""
        return self.at(day, time(23, 59, 59))

    def first_working(self, day: date) -> date:
        """Return `day` when it is worked, else the next day that is."""
        for offset in range(_LONGEST_BREAK):
            candidate = day + timedelta(days=offset)
            if self.is_working(candidate):
                return candidate
        raise ValueError(f"no working day within {_LONGEST_BREAK} days after {day.isoformat()}")

    def working_days_after(self, day: date, amount: int) -> date:
        """Return the `amount`-th working day after `day`, which itself is not counted."""
        for _ in range(amount):
            day = self.first_working(day + _DAY)
        return day

    def count_working_days(self, after: date, until: date) -> int:
        """Return how many working days lie after `after`, up to and with `until`."""
        return sum(self.is_working(after + timedelta(days=n)) for n in range(1, (until - after).days + 1))

    def duty_periods(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the periods of duty that end after `start`, without end; the first may have begun before."""
        day = self.day_of(start)
        while True:
            day = self.first_working(day)
            for opening, closing in self.duty_hours:
                if self.at(day, closing) > start:
                    yield self.at(day, opening), self.at(day, closing)
            day += _DAY

    def duty_between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much duty time lies between two instants."""
        total = timedelta(0)
        if end <= start:
            return total
        for opening, closing in self.duty_periods(start):
            if opening >= end:
                return total
            total += min(closing, end) - max(opening, start)
        return total

    def after_duty(self, start: datetime, amount: timedelta) -> datetime:
        """Return the instant at which `amount` of duty time has passed since `start`."""
        left = amount
        for opening, closing in self.duty_periods(start):
            begin = max(opening, start)
            if begin + left <= closing:
                return begin + left
            left -= closing - begin
        raise AssertionError("duty periods have no end")

    def on_duty(self, moment: datetime) -> datetime:
        """Return `moment` when it lies in duty hours, both ends included, else the next opening."""
        day = self.day_of(moment)
        if self.is_working(day) and any(self.at(day, a) <= moment <= self.at(day, b) for a, b in self.duty_hours):
            return moment
        return next(max(opening, moment) for opening, _ in self.duty_periods(moment))
