"""Equality, order, membership and the logic of three values.

Source: DMN 1.5, 10.3.2.2.1, 10.3.2.13, tables 49 to 52.
"""

import datetime
import operator
from collections.abc import Callable

from engine.feel.evaluation import measure
from engine.feel.far import FAR, far_key
from engine.feel.temporal import day_time, is_aware
from engine.feel.values import ORDERED, Range, Value, kind


def equals(left: Value, right: Value) -> bool | None:
    """Say whether two values are equal; None when their types differ, for null equals null alone."""
    if left is None or right is None:
        return left is None and right is None
    of = kind(left)
    if of != kind(right):
        return None
    if of == "list":
        return _lists_equal(measure(left), measure(right))
    if of == "context":
        measure(left)
        return set(left) == set(right) and all(equals(left[key], right[key]) is True for key in left)
    if of == "range":
        ends = zip(left.endpoints(), right.endpoints(), strict=True)
        return left.unbounded == right.unbounded and all(equals(one, other) is True for one, other in ends)
    if of in ("time", "date and time"):
        if is_aware(left) != is_aware(right):
            return False
        left, right = sort_keys([left, right])
    return bool(left == right)


def _lists_equal(left: list[Value], right: list[Value]) -> bool | None:
    if len(left) != len(right):
        return False
    result: bool | None = True
    for one, other in zip(left, right, strict=True):
        same = equals(one, other)
        if same is False:
            return False
        if same is None:
            result = None
    return result


def same(left: Value, right: Value) -> bool:
    """Say whether two values are equal for certain."""
    return equals(left, right) is True


def sort_keys(values: list[Value]) -> list[Value]:
    """Return what Python can order in the place of values of one kind: moments in UTC, times as time since midnight."""
    if not any(isinstance(value, FAR) for value in values):
        try:
            return [_key(value) for value in values]
        except OverflowError:
            pass  # in UTC, a moment of the first or last day of Python's calendar may lie beyond it
    return [far_key(value) for value in values]


def _key(value: Value) -> Value:
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo is None else value.astimezone(datetime.UTC)
    return day_time(value) if isinstance(value, datetime.time) else value


#: Kinds whose values Python does not always compare as FEEL does.
_MOVING = frozenset(["date", "time", "date and time"])

ORDERINGS: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(sign: str, left: Value, right: Value) -> bool | None:
    """Return `left sign right` for `= != < <= > >=`; None when the two do not compare."""
    if sign == "=":
        return equals(left, right)
    if sign == "!=":
        equal = equals(left, right)
        return None if equal is None else not equal
    of = kind(left)
    if of != kind(right) or of not in ORDERED:
        return None
    if of in ("time", "date and time") and is_aware(left) != is_aware(right):
        return None
    if of in _MOVING:
        left, right = sort_keys([left, right])
    return ORDERINGS[sign](left, right)


def both(left: bool | None, right: bool | None) -> bool | None:
    """Return `left and right` in the logic of true, false and null; anything but a boolean counts as null."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def either(left: bool | None, right: bool | None) -> bool | None:
    """Return `left or right` in the logic of true, false and null; anything but a boolean counts as null."""
    if left is True or right is True:
        return True
    return False if left is False and right is False else None


def inside(value: Value, limits: Range) -> bool | None:
    """Say whether a value lies in a range; None when it does not compare with the range's ends."""
    if not limits.unbounded and (limits.start is None or limits.end is None):
        return None
    above = True if limits.start is None else compare(">=" if limits.start_included else ">", value, limits.start)
    below = True if limits.end is None else compare("<=" if limits.end_included else "<", value, limits.end)
    return both(above, below)


def covers(test: Value, value: Value) -> bool | None:
    """Say whether an evaluated unary test covers `value`: equal to it, in its range, or in its list.

    Source: DMN 1.5, 10.3.2.8 and table 55.
    """
    if isinstance(test, Range):
        return equals(value, test) if isinstance(value, Range) else inside(value, test)
    if isinstance(test, list):
        if isinstance(value, list) and equals(value, test):
            return True
        return any(covers(item, value) is True for item in test)
    return equals(value, test)
