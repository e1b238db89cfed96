"""A value as text: what `string()` returns, and what goes into JSON."""

import datetime
import re
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.errors import FeelLimitError
from engine.feel.evaluation import measure
from engine.feel.far import FAR, MOMENTS, FarDate, Moment
from engine.feel.limits import LIMITS
from engine.feel.values import Range, Value, YearMonthDuration, lower


def to_text(value: Value) -> str:
    """Return what FEEL's `string(value)` returns: bare for a string, FEEL's own notation for the rest.

    Raises:
        FeelLimitError: the text would be longer than a string may be.
    """
    pieces: list[str] = []
    _write(measure(value), pieces, [0], quoted=False)
    return "".join(pieces)


def _put(piece: str, pieces: list[str], length: list[int]) -> None:
    length[0] += len(piece)
    if length[0] > LIMITS.text:
        raise FeelLimitError("characters of a string", LIMITS.text)
    pieces.append(piece)


def _write(value: Value, pieces: list[str], length: list[int], *, quoted: bool) -> None:
    if isinstance(value, list):
        _put("[", pieces, length)
        for index, item in enumerate(value):
            if index:
                _put(", ", pieces, length)
            _write(item, pieces, length, quoted=True)
        _put("]", pieces, length)
    elif isinstance(value, dict):
        _put("{", pieces, length)
        for index, (key, item) in enumerate(value.items()):
            name = key if re.fullmatch(r"\w+", key) else _quote(key)
            _put(f", {name}: " if index else f"{name}: ", pieces, length)
            _write(item, pieces, length, quoted=True)
        _put("}", pieces, length)
    elif isinstance(value, Range):
        _put(_range_text(value), pieces, length)
    elif isinstance(value, str):
        _put(_quote(value) if quoted else value, pieces, length)
    else:
        _put(scalar_text(value), pieces, length)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _range_text(value: Range) -> str:
    if value.unbounded and (value.start is None) != (value.end is None):
        if value.start is None:
            return ("<=" if value.end_included else "<") + _end_text(value.end)
        return (">=" if value.start_included else ">") + _end_text(value.start)
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{_end_text(value.start)}..{_end_text(value.end)}{closing}"


def _end_text(value: Value) -> str:
    return _quote(value) if isinstance(value, str) else scalar_text(value)


def scalar_text(value: Value) -> str:
    """Return the text of anything that is neither string, range nor container."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, MOMENTS):
        return f"{value.date().isoformat()}T{clock_text(value)}{zone_text(value.tzinfo)}"
    if isinstance(value, datetime.date | FarDate):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return clock_text(value) + zone_text(value.tzinfo)
    if isinstance(value, YearMonthDuration):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return duration_text(value)
    return "function"


def number_text(value: Decimal) -> str:
    """Return a number without exponent and without trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def clock_text(value: Moment | datetime.time) -> str:
    """Return hours, minutes, seconds and, when there are any, fractions of a second."""
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return f"{value.hour:02}:{value.minute:02}:{value.second:02}{fraction}"


def zone_text(zone: datetime.tzinfo | None) -> str:
    """Return `Z`, `+08:00`, `@Asia/Shanghai`, or nothing for a local time."""
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = zone.utcoffset(None)
    if not offset:
        return "Z"
    seconds = int(offset.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")


def duration_text(value: datetime.timedelta) -> str:
    """Return the ISO 8601 form of a duration in days and time, such as `P1DT2H` or `PT0S`."""
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    text = (f"{length.days}D" if length.days else "") + (f"T{clock}" if clock else "")
    return ("-" if value < datetime.timedelta(0) else "") + "P" + (text or "T0S")


def jsonable(value: Value) -> Any:
    """Turn a FEEL value into what JSON has: dates, times, durations and ranges become their text.

    Returns:
        int, float (for a number with decimals), str, bool, None, list or dict.

    Raises:
        FeelEvaluationError: a function has no JSON.
    """
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, FAR):
        return to_text(value)
    plain = lower(value)
    if isinstance(plain, Decimal):
        return float(plain)
    return plain if plain is None or isinstance(plain, bool | int | str) else to_text(plain)
