"""`+ - * / **` on every pair of types that has them. Source: DMN 1.5, 10.3.2.5 and tables 53 to 57."""

import datetime
from decimal import Decimal

from engine.feel.far import MOMENTS, Day, Moment, add_elapsed, elapsed
from engine.feel.limits import DECIMALS
from engine.feel.temporal import add_months, day_time, is_aware, midnight
from engine.feel.values import Value, YearMonthDuration, kind, number

_MONTHS, _DAYS = "years and months duration", "days and time duration"
_MILLION = Decimal(10**6)
_NONE = datetime.timedelta(0)


def add(left: Value, right: Value) -> Value:
    """Return the sum, the text of both strings, the moment later by a duration; None for any other pair."""
    kinds = kind(left), kind(right)
    if kinds == ("number", "number"):
        return number(DECIMALS.add(left, right))
    if kinds in (("string", "string"), (_DAYS, _DAYS)):
        return left + right
    if kinds == (_MONTHS, _MONTHS):
        return YearMonthDuration(left.months + right.months)
    if kinds[0] in (_MONTHS, _DAYS):
        left, right = right, left
    return _move(left, right)


def _move(moment: Value, duration: Value) -> Value:
    of, by = kind(moment), kind(duration)
    if by == _MONTHS and of in ("date", "date and time"):
        return add_months(moment, duration.months)
    if by != _DAYS:
        return None
    if of == "date and time":
        return add_length(moment, duration)
    if of == "date":
        return add_length(midnight(moment), duration).date()
    if of == "time":
        turned = datetime.datetime.combine(datetime.date(2000, 1, 1), moment.replace(tzinfo=None))
        turned += datetime.timedelta(seconds=duration.seconds, microseconds=duration.microseconds)
        return turned.time().replace(tzinfo=moment.tzinfo)
    return None


def add_length(moment: Moment, length: datetime.timedelta) -> Value:
    """Return the moment `length` of elapsed time later, in its own zone, across changes of the clock."""
    if isinstance(moment, datetime.datetime):
        try:
            if moment.tzinfo is None:
                return moment + length
            return (moment.astimezone(datetime.UTC) + length).astimezone(moment.tzinfo)
        except OverflowError:
            pass  # beyond the year 9999, or before the year 1
    return add_elapsed(moment, length)


def subtract(left: Value, right: Value) -> Value:
    """Return the difference; of two moments, the duration between them. A local and a zoned one have none."""
    kinds = kind(left), kind(right)
    if kinds == ("number", "number"):
        return number(DECIMALS.subtract(left, right))
    if kinds[0] in ("date", "date and time") and kinds[1] in ("date", "date and time"):
        return _between(left, right)
    if kinds == ("time", "time"):
        return day_time(left) - day_time(right) if is_aware(left) == is_aware(right) else None
    if kinds[1] not in (_MONTHS, _DAYS) or (kinds[0] in (_MONTHS, _DAYS) and kinds[0] != kinds[1]):
        return None
    return add(left, negate(right))


def _between(left: Day, right: Day) -> datetime.timedelta | None:
    later = left if isinstance(left, MOMENTS) else midnight(left)
    earlier = right if isinstance(right, MOMENTS) else midnight(right)
    return elapsed(later, earlier) if is_aware(later) == is_aware(earlier) else None


def negate(value: Value) -> Value:
    """Return minus a number or duration, None for anything else."""
    if isinstance(value, Decimal):
        return DECIMALS.minus(value)
    if isinstance(value, YearMonthDuration):
        return YearMonthDuration(-value.months)
    return -value if isinstance(value, datetime.timedelta) else None


def seconds_of(length: datetime.timedelta) -> Decimal:
    """Return a duration in seconds, exactly."""
    micros = Decimal((length.days * 86_400 + length.seconds) * 10**6 + length.microseconds)
    return DECIMALS.divide(micros, _MILLION)


def length_of(seconds: Decimal) -> datetime.timedelta:
    """Return the duration of so many seconds; raise OverflowError when there is none so long."""
    return datetime.timedelta(microseconds=int(DECIMALS.multiply(seconds, _MILLION)))


def _months(count: Decimal) -> YearMonthDuration:
    # no calendar reaches further than a billion years
    if count.adjusted() > 10:
        raise OverflowError("duration too long")
    return YearMonthDuration(int(count))


def multiply(left: Value, right: Value) -> Value:
    """Return the product of two numbers, or of a duration and a number."""
    kinds = kind(left), kind(right)
    if kinds == ("number", "number"):
        return number(DECIMALS.multiply(left, right))
    if kinds[0] == "number":
        left, right = right, left
    if kind(right) != "number":
        return None
    if kind(left) == _MONTHS:
        return _months(DECIMALS.multiply(Decimal(left.months), right))
    return length_of(DECIMALS.multiply(seconds_of(left), right)) if kind(left) == _DAYS else None


def divide(left: Value, right: Value) -> Value:
    """Return the quotient: of two numbers, of a duration and a number, or of two durations of one kind."""
    kinds = kind(left), kind(right)
    if kinds == ("number", "number"):
        return number(DECIMALS.divide(left, right)) if right else None
    if kinds == (_MONTHS, "number"):
        return _months(DECIMALS.divide(Decimal(left.months), right)) if right else None
    if kinds == (_DAYS, "number"):
        return length_of(DECIMALS.divide(seconds_of(left), right)) if right else None
    if kinds == (_MONTHS, _MONTHS):
        return DECIMALS.divide(Decimal(left.months), Decimal(right.months)) if right.months else None
    if kinds == (_DAYS, _DAYS):
        return DECIMALS.divide(seconds_of(left), seconds_of(right)) if right != _NONE else None
    return None


def power(left: Value, right: Value) -> Value:
    """Return a number raised to another."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return number(DECIMALS.power(left, right))
    return None
