"""Numbers, and the one function of booleans. Source: DMN 1.5, 10.3.4.2 and 10.3.4.5."""

import datetime
import decimal
from collections.abc import Callable
from decimal import Decimal

from engine.feel.builtins.conversion import whole
from engine.feel.functions import NoResult, standard
from engine.feel.limits import DECIMALS
from engine.feel.values import Value, YearMonthDuration, number

#: The scales that decimal128 can hold.
_SCALES = range(-6111, 6177)


def round_to(value: Decimal, scale: Decimal, rounding: str) -> Value:
    """Round to so many digits after the point, or before it when negative."""
    digits = int(scale)
    if digits not in _SCALES:
        raise NoResult("the scale lies between -6111 and 6176")
    if -digits > value.adjusted() + 34 or digits >= 34 - value.adjusted():
        # beyond the precision: the number has no such digits, or is nothing at that scale
        return value if digits > 0 else Decimal(0)
    return number(value.quantize(Decimal(1).scaleb(-digits, DECIMALS), rounding, DECIMALS))


def _declare_rounding(name: str, rounding: str) -> None:
    def rounded(value: Decimal, scale: Decimal) -> Value:
        return round_to(value, scale, rounding)

    standard(f"{name}(n: number, scale: number)")(rounded)


for _name, _rounding in (
    ("decimal", decimal.ROUND_HALF_EVEN),
    ("round up", decimal.ROUND_UP),
    ("round down", decimal.ROUND_DOWN),
    ("round half up", decimal.ROUND_HALF_UP),
    ("round half down", decimal.ROUND_HALF_DOWN),
):
    _declare_rounding(_name, _rounding)


for _name, _rounding in (("floor", decimal.ROUND_FLOOR), ("ceiling", decimal.ROUND_CEILING)):
    _declare_rounding(_name, _rounding)


@standard("floor(n: number)")
def floor(value: Decimal) -> Value:
    """Round down to a whole number."""
    return round_to(value, Decimal(0), decimal.ROUND_FLOOR)


@standard("ceiling(n: number)")
def ceiling(value: Decimal) -> Value:
    """Round up to a whole number."""
    return round_to(value, Decimal(0), decimal.ROUND_CEILING)


@standard("abs(n: amount)")
def absolute(value: Decimal | YearMonthDuration | datetime.timedelta) -> Value:
    """Return a number or duration without its sign."""
    if isinstance(value, YearMonthDuration):
        return YearMonthDuration(abs(value.months))
    return value.copy_abs() if isinstance(value, Decimal) else abs(value)


@standard("modulo(dividend: number, divisor: number)")
def modulo(dividend: Decimal, divisor: Decimal) -> Value:
    """Return the remainder, with the sign of the divisor."""
    if not divisor:
        raise NoResult("the divisor is 0")
    quotient = DECIMALS.divide(dividend, divisor).to_integral_value(decimal.ROUND_FLOOR)
    return number(DECIMALS.subtract(dividend, DECIMALS.multiply(divisor, quotient)))


def _declare_real(name: str, compute: Callable[[Decimal], Decimal]) -> None:
    standard(f"{name}(number: number)")(lambda value: number(compute(value)))


_declare_real("sqrt", DECIMALS.sqrt)
_declare_real("log", DECIMALS.ln)
_declare_real("exp", DECIMALS.exp)


@standard("odd(number: number)")
def odd(value: Decimal) -> Value:
    """Say whether a whole number is odd."""
    return whole(value) % 2 == 1


@standard("even(number: number)")
def even(value: Decimal) -> Value:
    """Say whether a whole number is even."""
    return whole(value) % 2 == 0


@standard("not(negand: any)")
def negation(value: Value) -> Value:
    """Return the opposite of a boolean."""
    return (not value) if isinstance(value, bool) else None
