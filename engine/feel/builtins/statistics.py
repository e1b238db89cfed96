"""Functions that make one value of a list. Source: DMN 1.5, 10.3.4.4."""

import functools
from decimal import Decimal

from engine.feel.arithmetic import add, divide
from engine.feel.compare import compare
from engine.feel.functions import NoResult, standard
from engine.feel.limits import DECIMALS
from engine.feel.values import ORDERED, Value, kind

_SUMMABLE = frozenset(["number", "years and months duration", "days and time duration"])


def orderable(items: list[Value]) -> bool:
    """Say whether a list has items, all of one kind that `<` compares, and all or none of them with a zone."""
    if not items or kind(items[0]) not in ORDERED:
        return False
    of, zoned = kind(items[0]), getattr(items[0], "tzinfo", None) is None
    return all(kind(item) == of and (getattr(item, "tzinfo", None) is None) == zoned for item in items)


def _numbers(items: list[Value]) -> list[Decimal]:
    if not items or not all(isinstance(item, Decimal) for item in items):
        raise NoResult("it needs a list of numbers")
    return items


def _best(items: list[Value], sign: str) -> Value:
    if not orderable(items):
        raise NoResult("it needs values of one type that have an order")
    best = items[0]
    for item in items[1:]:
        if compare(sign, item, best) is True:
            best = item
    return best


@standard("min(list...)")
def minimum(items: list[Value]) -> Value:
    """Return the smallest."""
    return _best(items, "<")


@standard("max(list...)")
def maximum(items: list[Value]) -> Value:
    """Return the largest."""
    return _best(items, ">")


@standard("sum(list...)")
def total(items: list[Value]) -> Value:
    """Return the sum of numbers, or of durations of one kind."""
    if not items or kind(items[0]) not in _SUMMABLE or any(kind(item) != kind(items[0]) for item in items):
        raise NoResult("it needs a list of numbers, or of durations of one kind")
    return functools.reduce(add, items)


@standard("mean(list...)")
def mean(items: list[Value]) -> Value:
    """Return the average."""
    result = total(items)
    return None if result is None else divide(result, Decimal(len(items)))


@standard("product(list...)")
def product(items: list[Value]) -> Value:
    """Return the product."""
    result = functools.reduce(DECIMALS.multiply, _numbers(items))
    return result if result.is_finite() else None


@standard("median(list...)")
def median(items: list[Value]) -> Value:
    """Return the middle one, or the mean of the two in the middle."""
    ordered = sorted(_numbers(items))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return DECIMALS.divide(DECIMALS.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@standard("stddev(list...)")
def standard_deviation(items: list[Value]) -> Value:
    """Return the standard deviation of a sample."""
    numbers = _numbers(items)
    if len(numbers) < 2:
        raise NoResult("it needs at least two numbers")
    average = DECIMALS.divide(total(numbers), Decimal(len(numbers)))
    squares = [DECIMALS.power(DECIMALS.subtract(item, average), Decimal(2)) for item in numbers]
    return DECIMALS.sqrt(DECIMALS.divide(total(squares), Decimal(len(numbers) - 1)))


@standard("mode(list...)")
def mode(items: list[Value]) -> Value:
    """Return the most frequent numbers, smallest first."""
    if not items:
        return []
    counts: dict[Decimal, int] = {}
    for item in _numbers(items):
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(item for item, count in counts.items() if count == most)


@standard("all(list...)")
def all_true(items: list[Value]) -> bool | None:
    """Join booleans by `and`; anything else counts as null."""
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


@standard("any(list...)")
def any_true(items: list[Value]) -> bool | None:
    """Join booleans by `or`; anything else counts as null."""
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None
