"""Values as they live in a process: JSON's, and the typed ones of FEEL, which survive a snapshot.

A whole number (of 63 bits) is an `int` and any other number a `Decimal`, so that forms and JSON get what they expect
and nothing is rounded.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from engine.errors import Invalid
from engine.feel import YearMonthDuration

#: How deep a value may be nested.
MAX_DEPTH = 40
#: Whole numbers from here on are decimals: JSON writers have 64 bits.
JSON_LIMIT = 2**63
#: A typed value in JSON is an object with this one key; no key of a payload may begin with it.
TAG = "\u0000"
#: Types whose values stay what they are.
_KEPT: Final = frozenset({type(None), str, bool, dt.date, dt.timedelta, dt.time, YearMonthDuration})


def settled(value: Any, depth: int = 0) -> Any:
    """Return a deep copy of `value` in the types that a process keeps.

    Raises:
        Invalid: a type that cannot be kept, a key that is no text, or too deep.
    """
    kind = type(value)
    if kind in _KEPT:
        return value
    if kind is int:
        return value if -JSON_LIMIT < value < JSON_LIMIT else Decimal(value)
    if kind is Decimal:
        whole = value.is_finite() and -JSON_LIMIT < value < JSON_LIMIT and value == value.to_integral_value()
        return int(value) if whole else value
    if kind is float:
        return settled(Decimal(repr(value)))
    if depth > MAX_DEPTH:
        raise Invalid("data-too-deep", "the data is nested deeper than {limit} levels", limit=MAX_DEPTH)
    if isinstance(value, dt.datetime):
        return value
    if kind is dict or isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or key[:1] == TAG:
                raise Invalid("data-key", "{key} cannot be the name of a value", key=repr(key))
        below = depth + 1
        return {key: item if type(item) in _KEPT else settled(item, below) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        below = depth + 1
        return [item if type(item) in _KEPT else settled(item, below) for item in value]
    if isinstance(value, (str, int)):  # a subclass, such as an enumeration of texts
        return str(value) if isinstance(value, str) else int(value)
    raise Invalid("data-type", "a value of the type {type} cannot be kept in a process", type=kind.__name__)


def payload(data: Mapping[str, Any]) -> dict[str, Any]:
    """Check and deep-copy data that comes from outside: a form, a message, the start of a case.

    Raises:
        Invalid: it is no object, too deep, or holds what cannot be kept.
    """
    if not isinstance(data, Mapping):
        raise Invalid("data-no-object", "the data of a step must be an object of names and values")
    copy: dict[str, Any] = settled(data)
    return copy


def assign(data: dict[str, Any], target: str, value: Any) -> None:
    """Set the value at a dotted path. Nested objects are replaced, never changed: others may share them."""
    name, _, rest = target.partition(".")
    if rest:
        inner = data.get(name)
        copy = dict(inner) if isinstance(inner, dict) else {}
        assign(copy, rest, value)
        value = copy
    data[name] = value


def _encoded(value: Any) -> Any:
    """What orjson writes for a type of its own it does not know."""
    if isinstance(value, Decimal):
        return {TAG: ["n", str(value)]}
    if isinstance(value, dt.datetime):
        zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
        return {TAG: ["dt", value.isoformat(), zone]}
    if isinstance(value, dt.date):
        return {TAG: ["d", value.isoformat()]}
    if isinstance(value, dt.time):
        return {TAG: ["t", value.isoformat()]}
    if isinstance(value, dt.timedelta):
        return {TAG: ["td", value.days, value.seconds, value.microseconds]}
    if isinstance(value, YearMonthDuration):
        return {TAG: ["ym", value.months]}
    raise TypeError(f"a {type(value).__name__} cannot be kept in a process")


def dumps(value: Any) -> tuple[bytes, bool]:
    """Write JSON; say whether it holds typed values, which `loads` must look for."""
    typed = False

    def encode(item: Any) -> Any:
        nonlocal typed
        typed = True
        return _encoded(item)

    options = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS
    return orjson.dumps(value, default=encode, option=options), typed


def written(value: Any) -> Any:
    """Return a value as JSON that `decoded` reads; None for nothing."""
    return orjson.loads(dumps(settled(value))[0]) if value else None


def decoded(value: Any) -> Any:
    """Put typed values back, in place of their JSON objects."""
    if isinstance(value, dict):
        if TAG in value:
            return _typed(*value[TAG])
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                value[key] = decoded(item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                value[index] = decoded(item)
    return value


def _typed(kind: str, *parts: Any) -> Any:
    match kind:
        case "n":
            return Decimal(parts[0])
        case "d":
            return dt.date.fromisoformat(parts[0])
        case "t":
            return dt.time.fromisoformat(parts[0])
        case "td":
            return dt.timedelta(*parts)
        case "ym":
            return YearMonthDuration(parts[0])
        case "dt":
            moment = dt.datetime.fromisoformat(parts[0])
            return moment.astimezone(ZoneInfo(parts[1])) if parts[1] else moment
    raise ValueError(f"unknown kind of value {kind!r}")
