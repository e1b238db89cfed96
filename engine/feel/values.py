"""The values of FEEL, as Python has them.

| FEEL | Python |
|---|---|
| number | `decimal.Decimal`, finite, 34 digits |
| string, boolean, null | `str`, `bool`, `None` |
| date, time, date and time | `datetime.date`, `datetime.time`, `datetime.datetime`; aware or naive, microseconds |
| days and time duration | `datetime.timedelta` |
| years and months duration | `YearMonthDuration` |
| a date beyond the years 1 to 9999 | `far.FarDate`, `far.FarDateTime`; these cannot be stored |
| range | `Range` |
| list, context | `list`, `dict` with `str` keys |
| function | `Function`, `Builtin` or `HostFunction`; these never leave an evaluation |

Nothing else gets in: whatever `lift` does not know becomes null, so an expression cannot reach a host object.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from engine.feel.errors import FeelEvaluationError, FeelLimitError
from engine.feel.far import FAR, FarDate, FarDateTime
from engine.feel.limits import DECIMALS, LIMITS

if TYPE_CHECKING:
    from engine.feel.evaluation import Scope

#: Any FEEL value. Python has no sum type that mypy could use without a cast in every line, hence the alias.
Value: TypeAlias = Any
Type: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True, order=True)
class YearMonthDuration:
    """A number of months, which no `timedelta` can be: a month has no fixed length."""

    months: int

    def isoformat(self) -> str:
        """Return the ISO 8601 form, such as `P1Y2M` or `-P3M`."""
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        return f"{sign}P" + (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")


@dataclass(frozen=True, slots=True)
class Range:
    """What lies between two values. An end that is None with `unbounded` has no limit there (`< 10`)."""

    start: Value
    end: Value
    start_included: bool
    end_included: bool
    unbounded: bool = False

    def endpoints(self) -> tuple[Value, Value, bool, bool]:
        """Return start, end and whether each is included, as the range functions want them."""
        return self.start, self.end, self.start_included, self.end_included


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function written in FEEL, or the logic of a decision model that behaves like one."""

    parameters: tuple[str, ...]
    types: tuple[Type | None, ...]
    call: Callable[[list[Value], "Scope"], Value]


@dataclass(frozen=True, slots=True, eq=False)
class HostFunction:
    """A Python callable that the caller of an evaluation hands in under `name`."""

    name: str
    call: Callable[..., Any]


KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    datetime.datetime: "date and time",
    datetime.date: "date",
    FarDate: "date",
    FarDateTime: "date and time",
    datetime.time: "time",
    datetime.timedelta: "days and time duration",
    YearMonthDuration: "years and months duration",
    Range: "range",
    list: "list",
    dict: "context",
}

#: Kinds that `<` can compare with themselves.
ORDERED = frozenset(
    [
        "number",
        "string",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    ]
)


def kind(value: Value) -> str:
    """Name the FEEL type of a value, such as `date and time`."""
    return KINDS.get(type(value), "function")


def number(value: Decimal) -> Decimal | None:
    """Return a finite number, or None for what overflowed or has no value."""
    return value if value.is_finite() else None


#: Types that need no lifting. The standard functions add theirs.
AS_IS: set[type] = {
    type(None),
    bool,
    str,
    datetime.date,
    datetime.datetime,
    FarDate,
    FarDateTime,
    datetime.time,
    datetime.timedelta,
    YearMonthDuration,
    Range,
    Function,
    HostFunction,
}


def lift(value: object, depth: int = 0) -> Value:
    """Turn a Python value into a FEEL value; containers are copied, so an evaluation never changes the host's data.

    Args:
        value: int, float, Decimal, str, bool, None, date, time, datetime, timedelta, UUID, mapping-like `dict`, list,
            tuple, set, or a FEEL value. Subclasses (enumerations among them) count as what they extend.
            Anything else, and a number that is not finite, becomes null.

    Raises:
        FeelLimitError: the value is nested too deeply.
    """
    exact = type(value)
    if exact in AS_IS:
        return value
    if exact is Decimal:
        return number(DECIMALS.plus(value))  # type: ignore[arg-type]
    if exact is int:
        return _whole(value)  # type: ignore[arg-type]
    if depth > LIMITS.nesting:
        raise FeelLimitError("levels of nested data", LIMITS.nesting)
    if isinstance(value, dict):
        return {str(key): lift(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [lift(item, depth + 1) for item in value]
    return _lift_rare(value)


def _whole(value: int) -> Decimal | None:
    # converting a number of many thousand digits takes time that grows with its square
    return DECIMALS.create_decimal(value) if value.bit_length() < 20_000 else None


def _lift_rare(value: object) -> Value:
    if isinstance(value, float):
        return number(DECIMALS.create_decimal(repr(float(value))))
    if isinstance(value, int):
        return _whole(int(value))
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        return number(DECIMALS.plus(value))
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime.datetime):
        return datetime.datetime.combine(value.date(), value.timetz())
    if isinstance(value, datetime.date):
        return datetime.date(value.year, value.month, value.day)
    return None


def lower(value: Value) -> Any:
    """Turn a FEEL value into what a process stores: whole numbers become `int`, the rest keeps its type.

    Returns:
        int, Decimal, str, bool, None, date, time, datetime, timedelta, YearMonthDuration, Range, list or dict.

    Raises:
        FeelEvaluationError: `feel-function-as-data` or `feel-year-out-of-range`.
    """
    if isinstance(value, bool | int | str):
        return value  # what was lowered before stays as it is
    if isinstance(value, Decimal):
        # a number such as 1E+6000 stays as it is: written out it would be a text of six thousand digits
        return int(value) if value.adjusted() < 34 and value == value.to_integral_value() else value
    if isinstance(value, list):
        return [lower(item) for item in value]
    if isinstance(value, dict):
        return {key: lower(item) for key, item in value.items()}
    if isinstance(value, FAR):
        raise FeelEvaluationError(
            "feel-year-out-of-range", "a date in the year {year} cannot be stored, only 1 to 9999", year=value.year
        )
    if kind(value) == "function":
        raise FeelEvaluationError(
            "feel-function-as-data", "a function cannot be stored; call it, and store what it returns"
        )
    return value
