"""Instants and durations of timers.

SpiffWorkflow evaluates timers by the host's clock with one fixed offset for naive times, adds `P1M` to 31 January as
31 days, and lets a cycle catch up all missed occurrences at once. Here now is handed in, a naive time is one of the
jurisdiction's zone, a month ends with its last day, and a cycle that was missed happens once.
"""

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass
from typing import Any

from engine.clock import CHINA
from engine.errors import Phrase
from engine.feel import YearMonthDuration

#: A duration as ISO 8601 writes it; weeks beside days, as FEEL and Camunda allow.
DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
CYCLE = re.compile(r"R(?P<times>\d*)/(?P<rest>.+)")
#: No timer is further away than this.
MAX_DAYS = 366 * 100


@dataclass(frozen=True, kw_only=True)
class Duration:
    """Months and seconds; they cannot be turned into each other."""

    months: int
    rest: dt.timedelta

    @property
    def empty(self) -> bool:
        """Does no time pass?"""
        return self.months <= 0 and self.rest <= dt.timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """A recurring interval: how often (None: without end), when first (None: one interval from now), and how long."""

    times: int | None
    start: dt.datetime | None
    every: Duration


def duration(value: Any) -> Duration:
    """Read a duration.

    Args:
        value: ISO 8601 text, a `timedelta`, or FEEL's years and months duration.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, dt.timedelta):
        return _limited(Duration(months=0, rest=value))
    if isinstance(value, YearMonthDuration):
        return _limited(Duration(months=value.months, rest=dt.timedelta(0)))
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or value.strip().endswith(("P", "T")):
        raise ValueError(Phrase("{value} is no duration such as P5D or PT1H", value=_quoted(value)))
    part = {name: float(number) for name, number in found.groupdict().items() if number and name != "sign"}
    sign = -1 if found["sign"] else 1
    months = int(part.pop("years", 0)) * 12 + int(part.pop("months", 0))
    try:
        return _limited(Duration(months=sign * months, rest=sign * dt.timedelta(**part)))
    except OverflowError as error:
        raise ValueError(Phrase("{value} is too long", value=_quoted(value))) from error


def _limited(value: Duration) -> Duration:
    if abs(value.months) * 31 + abs(value.rest.days) > MAX_DAYS:
        raise ValueError(Phrase("a timer is at most a hundred years away"))
    return value


def instant(value: Any) -> dt.datetime:
    """Read an instant, aware; a date is its first moment, a time without zone is the jurisdiction's.

    Args:
        value: ISO 8601 text, a `datetime` or a `date`.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip().partition("[")[0])
        except ValueError as error:
            raise _no_instant(value) from error
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=CHINA)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=CHINA)
    raise _no_instant(value)


def _no_instant(value: Any) -> ValueError:
    return ValueError(Phrase("{value} is no instant such as 2026-05-01T09:00:00+08:00", value=_quoted(value)))


def _quoted(value: Any) -> str:
    return f'"{str(value)[:60]}"'


def cycle(value: Any) -> Cycle:
    """Read a recurring interval such as `R3/PT1H`, `R/P1D` or `R5/2026-05-01T09:00:00+08:00/P1W`.

    Raises:
        ValueError: it is none, or no time passes between two occurrences.
    """
    if not isinstance(value, str):
        every, times, start = duration(value), None, None
    else:
        found = CYCLE.fullmatch(value.strip())
        if found is None:
            raise ValueError(Phrase("{value} is no cycle such as R3/PT1H", value=_quoted(value)))
        times = int(found["times"]) if found["times"] else None
        first, _, second = found["rest"].rpartition("/")
        every, start = duration(second), instant(first) if first else None
    if every.empty:
        raise ValueError(Phrase("{value} is a cycle in which no time passes", value=_quoted(value)))
    return Cycle(times=times, start=start, every=every)


def later(moment: dt.datetime, span: Duration) -> dt.datetime:
    """Add a duration by the jurisdiction's calendar; 31 January and a month is the last day of February."""
    here = moment.astimezone(CHINA)
    if span.months:
        months = here.year * 12 + here.month - 1 + span.months
        year, month = months // 12, months % 12 + 1
        here = here.replace(year=year, month=month, day=min(here.day, monthrange(year, month)[1]))
    return (here + span.rest).astimezone(dt.UTC)


def next_after(first: dt.datetime, span: Duration, now: dt.datetime) -> tuple[dt.datetime, int]:
    """The first occurrence after `now`, and how many have passed by then, at most the first thousand counted."""
    moment, passed = first, 0
    if not span.months and moment <= now:
        passed = (now - moment) // span.rest + 1
        return moment + span.rest * passed, passed
    while moment <= now:
        passed += 1
        moment = later(first, Duration(months=span.months * passed, rest=span.rest * passed))
    return moment, passed
