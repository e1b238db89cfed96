"""From one type to another. Source: DMN 1.5, 10.3.4.1."""

import datetime
import re
from decimal import Decimal

from engine.feel.far import MOMENTS, Day, at_time, make_date
from engine.feel.functions import NoResult, standard
from engine.feel.limits import DECIMALS
from engine.feel.render import to_text
from engine.feel.temporal import midnight, parse_date, parse_datetime, parse_duration, parse_time
from engine.feel.values import Value, YearMonthDuration, number

_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def whole(value: Decimal) -> int:
    """Return a number that has to be whole as `int`; raise ValueError for any other."""
    if value.adjusted() > 20 or value != value.to_integral_value():
        raise ValueError("not a whole number")
    return int(value)


def _quoted(text: str) -> str:
    """Show a value between quotes, by which whoever keeps the message knows what not to keep."""
    return '"' + text[:60].replace('"', '\\"') + '"'


def _read(text: str, what: str, value: Value) -> Value:
    if value is None:
        raise NoResult("{text} is no {kind}", text=_quoted(text), kind=what)
    return value


@standard("date(from: string)")
def date_from_text(text: str) -> Value:
    """Read a date."""
    return _read(text, "date such as 2026-03-01", parse_date(text))


@standard("date(from: day)")
def date_of(moment: Day) -> Value:
    """Return the date of a date and time."""
    return moment.date() if isinstance(moment, MOMENTS) else moment


@standard("date(year: number, month: number, day: number)")
def date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> Value:
    """Make a date."""
    return make_date(whole(year), whole(month), whole(day))


@standard("date and time(from: string)")
def datetime_from_text(text: str) -> Value:
    """Read a date and time; a bare date means its midnight."""
    return _read(text, "date and time such as 2026-03-01T09:30:00", parse_datetime(text))


@standard("date and time(from: date and time)")
def datetime_of(moment: datetime.datetime) -> Value:
    """Return a date and time as it is."""
    return moment


@standard("date and time(from: date)")
def datetime_of_date(day: Day) -> Value:
    """Return the midnight in UTC with which a date begins."""
    return midnight(day)


@standard("date and time(date: day, time: time)")
def datetime_from_parts(day: Day, time: datetime.time) -> Value:
    """Join a date and a time."""
    return at_time(day.date() if isinstance(day, MOMENTS) else day, time)


@standard("time(from: string)")
def time_from_text(text: str) -> Value:
    """Read a time."""
    return _read(text, "time such as 09:30:00", parse_time(text))


@standard("time(from: moment)")
def time_of(moment: Day | datetime.time) -> Value:
    """Return the time of a date and time; a date has midnight in UTC."""
    if isinstance(moment, datetime.time):
        return moment
    return moment.timetz() if isinstance(moment, MOMENTS) else datetime.time(tzinfo=datetime.UTC)


@standard("time(hour: number, minute: number, second: number, offset?: days and time duration)")
def time_from_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: datetime.timedelta | None = None) -> Value:
    """Make a time, with an offset from UTC when given."""
    if offset is not None and abs(offset) > datetime.timedelta(hours=18):
        raise NoResult("an offset is at most 18 hours")
    full = int(second)
    micros = int(DECIMALS.multiply(DECIMALS.subtract(second, Decimal(full)), Decimal(10**6)))
    zone = None if offset is None else datetime.timezone(offset)
    return datetime.time(whole(hour), whole(minute), full, micros, zone)


@standard("number(from: string, grouping separator?: string, decimal separator?: string)")
def number_from_text(text: str, grouping: str | None = None, point: str | None = None) -> Value:
    """Read a number that may be written with separators."""
    if grouping is not None and (grouping not in (" ", ",", ".") or grouping == point):
        raise NoResult("the grouping separator is a space, a comma or a point, and not the decimal separator")
    if point is not None and point not in (".", ","):
        raise NoResult("the decimal separator is a point or a comma")
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(point, ".") if point else plain
    if not _NUMBER.fullmatch(plain):
        raise NoResult("{text} is no {kind}", text=_quoted(text), kind="number")
    return number(DECIMALS.create_decimal(plain))


@standard("number(from: number)")
def number_of(value: Decimal) -> Value:
    """Return a number as it is."""
    return value


@standard("string(from: any)")
def text_of(value: Value) -> Value:
    """Return a value as text; null has none."""
    return None if value is None else to_text(value)


@standard("duration(from: string)")
def duration_from_text(text: str) -> Value:
    """Read a duration of either kind."""
    return _read(text, "duration such as P15D or PT4H", parse_duration(text))


@standard("duration(from: duration)")
def duration_of(value: Value) -> Value:
    """Return a duration as it is."""
    return value


@standard("years and months duration(from: day, to: day)")
def months_between(start: Day, end: Day) -> Value:
    """Return the whole months between two days, negative when the second comes first."""
    if isinstance(start, datetime.datetime) and isinstance(end, datetime.datetime) and start.tzinfo and end.tzinfo:
        end = end.astimezone(start.tzinfo)
    first, last, sign = _parts(start), _parts(end), 1
    if first > last:
        first, last, sign = last, first, -1
    months = (last[0] - first[0]) * 12 + last[1] - first[1]
    # a month is whole once the same day is reached, whatever the hour
    return YearMonthDuration(sign * (months - (last[2] < first[2])))


def _parts(day: Day) -> tuple[int, ...]:
    clock = (day.hour, day.minute, day.second, day.microsecond) if isinstance(day, MOMENTS) else (0, 0, 0, 0)
    return (day.year, day.month, day.day, *clock)
