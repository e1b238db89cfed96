"""Dates outside of the years 1 to 9999, which FEEL has and Python's calendar has not.

The Gregorian calendar repeats itself every 400 years (146,097 days, whole weeks). A far date is therefore a date of
the years 2000 to 2399 and the number of times 400 years by which it is off. Zones count as they do in the near year.
Source: DMN 1.5, 10.3.2.3.4 and 10.3.2.3.6 (years from -999,999,999 to 999,999,999).
"""

import datetime
from dataclasses import dataclass
from typing import Any, TypeAlias

_CYCLE_YEARS = 400
_CYCLE = datetime.timedelta(days=146_097)
_FARTHEST = 999_999_999


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date far away: `near` lies in the years 2000 to 2399."""

    near: datetime.date
    cycles: int

    @property
    def year(self) -> int:
        """The year; 0 is the one before 1, and -1 the one before that."""
        return self.near.year + _CYCLE_YEARS * self.cycles

    @property
    def month(self) -> int:
        """The month."""
        return self.near.month

    @property
    def day(self) -> int:
        """The day of the month."""
        return self.near.day

    def isoweekday(self) -> int:
        """Return 1 for a Monday."""
        return self.near.isoweekday()

    def isoformat(self) -> str:
        """Return the date as `-2021-01-01` or `12021-01-01`."""
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04}-{self.near.month:02}-{self.near.day:02}"


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A date and time far away: `near` lies in the years 2000 to 2399."""

    near: datetime.datetime
    cycles: int

    @property
    def year(self) -> int:
        """The year, as in `FarDate`."""
        return self.near.year + _CYCLE_YEARS * self.cycles

    @property
    def month(self) -> int:
        """The month."""
        return self.near.month

    @property
    def day(self) -> int:
        """The day of the month."""
        return self.near.day

    @property
    def hour(self) -> int:
        """The hour."""
        return self.near.hour

    @property
    def minute(self) -> int:
        """The minute."""
        return self.near.minute

    @property
    def second(self) -> int:
        """The second."""
        return self.near.second

    @property
    def microsecond(self) -> int:
        """The fraction of a second."""
        return self.near.microsecond

    @property
    def tzinfo(self) -> datetime.tzinfo | None:
        """The zone, None for a local time."""
        return self.near.tzinfo

    def isoweekday(self) -> int:
        """Return 1 for a Monday."""
        return self.near.isoweekday()

    def utcoffset(self) -> datetime.timedelta | None:
        """Return the offset from UTC, None for a local time."""
        return self.near.utcoffset()

    def timetz(self) -> datetime.time:
        """Return the time of day with its zone."""
        return self.near.timetz()

    def date(self) -> FarDate:
        """Return the date."""
        return FarDate(self.near.date(), self.cycles)


Day: TypeAlias = datetime.date | FarDate
Moment: TypeAlias = datetime.datetime | FarDateTime
FAR = (FarDate, FarDateTime)
MOMENTS = (datetime.datetime, FarDateTime)


def spread(value: Any) -> tuple[Any, int]:
    """Return a date, or date and time, of the years 2000 to 2399 and the number of cycles it is off."""
    if isinstance(value, FAR):
        return value.near, value.cycles
    cycles = (value.year - 2000) // _CYCLE_YEARS
    return value.replace(year=value.year - _CYCLE_YEARS * cycles), cycles


def gather(near: Any, cycles: int) -> Any:
    """Return the date, or date and time, so many cycles away: Python's own when its calendar reaches there.

    Raises:
        OverflowError: the year is beyond FEEL's calendar.
    """
    year = near.year + _CYCLE_YEARS * cycles
    if datetime.MINYEAR <= year <= datetime.MAXYEAR:
        return near.replace(year=year)
    if abs(year) > _FARTHEST:
        raise OverflowError("year out of range")
    further = (near.year - 2000) // _CYCLE_YEARS
    near = near.replace(year=near.year - _CYCLE_YEARS * further)
    kind = FarDateTime if isinstance(near, datetime.datetime) else FarDate
    return kind(near, cycles + further)


def make_date(year: int, month: int, day: int) -> Any:
    """Return a date of any year; raise ValueError when there is no such day."""
    if datetime.MINYEAR <= year <= datetime.MAXYEAR:
        return datetime.date(year, month, day)
    cycles = (year - 2000) // _CYCLE_YEARS
    return gather(datetime.date(year - _CYCLE_YEARS * cycles, month, day), cycles)


def at_time(day: Day, time: datetime.time) -> Any:
    """Join a date and a time."""
    if isinstance(day, FarDate):
        return FarDateTime(datetime.datetime.combine(day.near, time), day.cycles)
    return datetime.datetime.combine(day, time)


def add_elapsed(value: Any, length: datetime.timedelta) -> Any:
    """Return a date and time `length` later by the clock of UTC when it has a zone, in any year."""
    near, cycles = spread(value)
    whole, rest = divmod(length, _CYCLE)
    if near.tzinfo is None:
        return gather(near + rest, cycles + whole)
    return gather((near.astimezone(datetime.UTC) + rest).astimezone(near.tzinfo), cycles + whole)


def elapsed(later: Any, earlier: Any) -> datetime.timedelta:
    """Return the time between two dates and times, both local or both with a zone."""
    (one, one_cycles), (other, other_cycles) = spread(later), spread(earlier)
    if one.tzinfo is not None:
        one, other = one.astimezone(datetime.UTC), other.astimezone(datetime.UTC)
    between: datetime.timedelta = one - other
    return between + _CYCLE * (one_cycles - other_cycles)


def far_key(value: Any) -> tuple[int, Any]:
    """Return what orders a date, or date and time, among others of its kind, far ones included."""
    near, cycles = spread(value)
    if isinstance(near, datetime.datetime) and near.tzinfo is not None:
        near = near.astimezone(datetime.UTC)
        further = (near.year - 2000) // _CYCLE_YEARS
        near, cycles = near.replace(year=near.year - _CYCLE_YEARS * further), cycles + further
    return cycles, near
