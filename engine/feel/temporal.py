"""Dates, times and durations: reading their ISO 8601 text, and their properties."""

import calendar
import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

from engine.feel.far import Day, FarDate, FarDateTime, Moment, add_elapsed, at_time, make_date
from engine.feel.limits import DECIMALS
from engine.feel.render import zone_text
from engine.feel.values import Value, YearMonthDuration, kind

# Source: DMN 1.5, 10.3.2.3.4 to 10.3.2.3.8, which refers to XML Schema 1.1; ASCII digits only.
_DATE = re.compile(r"(-?(?:[1-9]\d{4,8}|\d{4}))-(\d\d)-(\d\d)", re.ASCII)
_ZONE = r"([Zz]|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z_]+(?:/[\w+-]+)*)?"
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?" + _ZONE, re.ASCII)
_MONTHS = re.compile(r"(-)?P(?:(\d{1,18})Y)?(?:(\d{1,18})M)?", re.ASCII)
_DAYS = re.compile(r"(-)?P(?:(\d+)W)?(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d*))?S)?)?", re.ASCII)

#: Offsets beyond 18 hours exist nowhere on earth (the standard's own model, java.time, has the same bound).
_FARTHEST = datetime.timedelta(hours=18)

#: What a wrong text, a day that does not exist or an overflow raises in Python; each of them is null in FEEL.
TEMPORAL_ERRORS = (ValueError, OverflowError, KeyError, OSError)


def parse_zone(text: str | None) -> datetime.tzinfo | None:
    """Return the zone of `Z`, `+08:00` or `@Asia/Shanghai`; raise ValueError or KeyError when there is no such."""
    if not text:
        return None
    if text in ("Z", "z", "@Z", "@UTC"):
        return datetime.UTC
    if text.startswith("@"):
        return ZoneInfo(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    offset = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    if offset > _FARTHEST or minutes > 59:
        raise ValueError("offset out of range")
    return datetime.timezone(-offset if text[0] == "-" else offset)


def parse_date(text: str) -> Day | None:
    """Return the date of `2026-03-01`."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    return cast(Day, make_date(int(match[1]), int(match[2]), int(match[3])))


def parse_time(text: str) -> datetime.time | None:
    """Return the time of `09:30:00`, with fraction and zone when given."""
    match = _TIME.fullmatch(text.removeprefix("T"))
    if not match:
        return None
    micros = int(((match[4] or "") + "000000")[:6])
    return datetime.time(int(match[1]), int(match[2]), int(match[3]), micros, parse_zone(match[5]))


def parse_datetime(text: str) -> Moment | None:
    """Return the date and time of `2026-03-01T09:30:00+08:00`; a bare date means midnight."""
    day_text, separator, clock = text.partition("T")
    day = parse_date(day_text)
    if day is None:
        return None
    if not separator:
        return cast(Moment, at_time(day, datetime.time()))
    if clock.startswith("24:00:00"):
        day = add_elapsed(at_time(day, datetime.time()), datetime.timedelta(days=1)).date()
        clock = "00" + clock[2:]
    time = None if clock.startswith("T") else parse_time(clock)
    return at_time(day, time) if time is not None else None


def parse_duration(text: str) -> YearMonthDuration | datetime.timedelta | None:
    """Return the duration of `P1Y2M` or of `P1DT2H3M4.5S`."""
    match = _MONTHS.fullmatch(text)
    if match and (match[2] or match[3]):
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearMonthDuration(-months if match[1] else months)
    match = _DAYS.fullmatch(text)
    if not match or match[4] == "T" or not any(match.group(2, 3, 5, 6, 7)):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 3, 5, 6, 7))
    micros = int(((match[8] or "") + "000000")[:6])
    length = datetime.timedelta(
        weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micros
    )
    return -length if match[1] else length


def parse_at(text: str) -> Value:
    """Return what `@"…"` means: the date, date and time, time or duration in the text, or None."""
    readers: tuple[Callable[[str], Value], ...] = (parse_date, parse_datetime, parse_time, parse_duration)
    for read in readers:
        try:
            value = read(text)
        except TEMPORAL_ERRORS:
            continue
        if value is not None:
            return value
    return None


def add_months(day: Day | Moment, months: int) -> Value:
    """Return the same day `months` later, or the last day of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    # leap years repeat every 400 years
    longest = calendar.monthrange(2000 + year % 400, month + 1)[1]
    if datetime.MINYEAR <= year <= datetime.MAXYEAR and not isinstance(day, FarDate | FarDateTime):
        return day.replace(year=year, month=month + 1, day=min(day.day, longest))
    moved = make_date(year, month + 1, min(day.day, longest))
    return at_time(moved, day.timetz()) if isinstance(day, datetime.datetime | FarDateTime) else moved


def midnight(day: Day) -> Moment:
    """Return a date as the standard compares it: its midnight in UTC. Source: DMN 1.5, 10.3.2.3.6."""
    date = day if isinstance(day, FarDate) else datetime.date(day.year, day.month, day.day)
    return cast(Moment, at_time(date, datetime.time(tzinfo=datetime.UTC)))


def day_time(time: datetime.time) -> datetime.timedelta:
    """Return the time since midnight, in UTC for a time that has a zone.

    A named zone has no offset without a date; the winter of 2000 stands in, so that the answer never depends on today.
    """
    since = datetime.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond)
    if time.tzinfo is None:
        return since
    offset = datetime.datetime.combine(datetime.date(2000, 1, 1), time).utcoffset()
    return since - (offset or datetime.timedelta(0))


def is_aware(value: Moment | datetime.time) -> bool:
    """Say whether a date and time, or a time, has a zone."""
    return value.tzinfo is not None


def _second(value: Moment | datetime.time) -> Decimal:
    if not value.microsecond:
        return Decimal(value.second)
    return DECIMALS.add(Decimal(value.second), DECIMALS.scaleb(Decimal(value.microsecond), -6))


def _zone_name(value: Moment | datetime.time) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else zone_text(value.tzinfo) or None


def _signed(part: Callable[[datetime.timedelta], int]) -> Callable[[datetime.timedelta], Decimal]:
    def read(value: datetime.timedelta) -> Decimal:
        return Decimal(part(abs(value)) * (1 if value >= datetime.timedelta(0) else -1))

    return read


_DAY_PROPERTIES: dict[str, Callable[[Value], Value]] = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
    "weekday": lambda value: Decimal(value.isoweekday()),
}
_CLOCK_PROPERTIES: dict[str, Callable[[Value], Value]] = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": _second,
    "time offset": lambda value: value.utcoffset(),
    "timezone": _zone_name,
}

#: What can be read after a dot. Source: DMN 1.5, 10.3.2.15, tables 65 to 68.
PROPERTIES: dict[str, dict[str, Callable[[Value], Value]]] = {
    "date": _DAY_PROPERTIES,
    "date and time": _DAY_PROPERTIES | _CLOCK_PROPERTIES,
    "time": _CLOCK_PROPERTIES,
    "years and months duration": {
        "years": lambda value: Decimal(int(value.months / 12)),
        "months": lambda value: Decimal(value.months - 12 * int(value.months / 12)),
    },
    "days and time duration": {
        "days": _signed(lambda value: value.days),
        "hours": _signed(lambda value: value.seconds // 3600),
        "minutes": _signed(lambda value: value.seconds % 3600 // 60),
        "seconds": _signed(lambda value: value.seconds % 60),
    },
    "range": {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": lambda value: value.start_included,
        "end included": lambda value: value.end_included,
    },
}


def read_property(value: Value, name: str) -> tuple[bool, Value]:
    """Return whether a value of this kind has the property `name`, and the property."""
    read = PROPERTIES.get(kind(value), {}).get(name)
    return (True, read(value)) if read is not None else (False, None)
