"""Lists. Source: DMN 1.5, 10.3.4.4 and 10.3.4.6."""

import functools
from decimal import Decimal

from engine.feel.builtins.statistics import orderable
from engine.feel.compare import same, sort_keys
from engine.feel.errors import FeelLimitError
from engine.feel.evaluation import Scope, measure, spend
from engine.feel.functions import NoResult, call, standard
from engine.feel.limits import LIMITS
from engine.feel.values import Value, kind


def _place(items: list[Value], position: Decimal) -> int:
    """Return the Python index of a position counted from 1, or from -1 at the end."""
    place = int(position)
    if place == 0 or abs(place) > len(items):
        raise NoResult("there is no position {place} in a list of {length}", place=place, length=len(items))
    return place - 1 if place > 0 else len(items) + place


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


@standard("list contains(list: list, element: any)")
def list_contains(items: list[Value], element: Value) -> Value:
    """Say whether an item equals `element`."""
    return any(same(item, element) for item in items)


@standard("count(list: list)")
def count(items: list[Value]) -> Value:
    """Return the number of items."""
    return len(items)


@standard("is empty(list: list)")
def is_empty(items: list[Value]) -> Value:
    """Say whether there are no items (Camunda)."""
    return not items


@standard("sublist(list: list, start position: number, length?: number)")
def sublist(items: list[Value], start: Decimal, length: Decimal | None = None) -> Value:
    """Return part of a list."""
    first = _place(items, start)
    if length is None:
        return items[first:]
    end = first + int(length)
    if length < 1 or end > len(items):
        raise NoResult("the list has {length} items", length=len(items))
    return items[first:end]


@standard("append(*items)")
def append(first: Value, *items: Value) -> Value:
    """Return a list with more items at its end."""
    if first is None or not items:
        raise NoResult("it needs a list and an item")
    return [*_listed(first), *items]


@standard("concatenate(*lists)")
def concatenate(*lists: Value) -> Value:
    """Return all items of several lists."""
    if any(each is None for each in lists):
        raise NoResult("one of the lists is null")
    return [item for each in lists for item in _listed(each)]


@standard("union(*lists)")
def union(*lists: Value) -> Value:
    """Return all items of several lists, each once."""
    return distinct_values([item for each in lists for item in _listed(each)])


@standard("distinct values(list: list)")
def distinct_values(items: list[Value]) -> list[Value]:
    """Return each item once, in the order of first appearance."""
    kept: list[Value] = []
    seen: set[tuple[str, Value]] = set()
    for item in items:
        if item is None or isinstance(item, Decimal | str | bool):
            key = (kind(item), item)
            if key in seen:
                continue
            seen.add(key)
        else:
            spend(len(kept))
            if any(same(item, other) for other in kept):
                continue
        kept.append(item)
    return kept


@standard("duplicate values(list: list)")
def duplicate_values(items: list[Value]) -> Value:
    """Return the items that appear more than once, each once (Camunda)."""
    spend(len(items) * len(items))
    return distinct_values([item for item in items if sum(same(item, other) for other in items) > 1])


@standard("insert before(list: list, position: number, newItem: any)")
def insert_before(items: list[Value], position: Decimal, item: Value) -> Value:
    """Return a list with one more item before a position."""
    place = _place(items, position)
    return [*items[:place], item, *items[place:]]


@standard("remove(list: list, position: number)")
def remove(items: list[Value], position: Decimal) -> Value:
    """Return a list without the item at a position."""
    place = _place(items, position)
    return items[:place] + items[place + 1 :]


@standard("reverse(list: list)")
def reverse(items: list[Value]) -> Value:
    """Return a list backwards."""
    return items[::-1]


@standard("index of(list: list, match: any)")
def index_of(items: list[Value], match: Value) -> Value:
    """Return the positions of the items that equal `match`."""
    return [Decimal(index) for index, item in enumerate(items, 1) if same(item, match)]


@standard("flatten(list: list)")
def flatten(items: list[Value]) -> Value:
    """Return the items of all lists within a list."""
    return _flat(measure(items), 0)


def _flat(items: list[Value], depth: int) -> list[Value]:
    if depth > LIMITS.nesting:
        raise FeelLimitError("levels of nested data", LIMITS.nesting)
    flat: list[Value] = []
    for item in items:
        if isinstance(item, list):
            flat.extend(_flat(item, depth + 1))
        else:
            flat.append(item)
    return flat


@standard("partition(list: list, size: number)")
def partition(items: list[Value], size: Decimal) -> Value:
    """Return a list cut into lists of at most `size` items (Camunda)."""
    length = int(size)
    if length < 1:
        raise NoResult("the size is at least 1")
    return [items[start : start + length] for start in range(0, len(items), length)]


@standard("sort(list: list, precedes?: function)", scoped=True)
def sort(scope: Scope, items: list[Value], precedes: Value = None) -> Value:
    """Sort by a function that says whether its first argument comes before its second, or in natural order."""
    spend(len(items))
    if precedes is None:
        if items and not orderable(items):
            raise NoResult("without a function it needs values of one type that have an order")
        keys = sort_keys(items)
        return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)]

    def order(left: Value, right: Value) -> int:
        if call(precedes, [left, right], (), scope) is True:
            return -1
        return 1 if call(precedes, [right, left], (), scope) is True else 0

    _need_two_parameters(precedes)
    return sorted(items, key=functools.cmp_to_key(order))


def _need_two_parameters(function: Value) -> None:
    if len(getattr(function, "parameters", ())) != 2:
        raise NoResult("the function must take two arguments")


@standard("list replace(list: list, position: number, newItem: any)")
def list_replace_at(items: list[Value], position: Decimal, item: Value) -> Value:
    """Return a list with another item at a position."""
    place = _place(items, position)
    return [*items[:place], item, *items[place + 1 :]]


@standard("list replace(list: list, match: function, newItem: any)", scoped=True)
def list_replace_where(scope: Scope, items: list[Value], match: Value, item: Value) -> Value:
    """Return a list with another item in place of those for which `match(old item, new item)` is true."""
    _need_two_parameters(match)
    replaced: list[Value] = []
    for old in items:
        hit = call(match, [old, item], (), scope)
        if not isinstance(hit, bool):
            raise NoResult("the function must return a boolean")
        replaced.append(item if hit else old)
    return replaced
