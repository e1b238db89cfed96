"""Walking lists: `for`, `some`, `every`, filters and paths. Source: DMN 1.5, 10.3.2.14 and 10.3.2.15."""

import datetime
from collections.abc import Callable
from collections.abc import Iterator as PythonIterator
from decimal import Decimal
from typing import TypeAlias

from engine.errors import Phrase
from engine.feel.errors import FeelLimitError
from engine.feel.evaluation import Scope
from engine.feel.limits import LIMITS
from engine.feel.temporal import PROPERTIES, read_property
from engine.feel.values import Range, Value, kind

#: A variable, what it runs over, and the end of a range written `x in a..b`.
Loop: TypeAlias = tuple[str, Callable[[Scope], Value], Callable[[Scope], Value] | None]


def iterate(loops: list[Loop], scope: Scope, index: int = 0) -> PythonIterator[Scope | None]:
    """Yield a scope for each combination of the loops' values, the last loop running fastest.

    Yields:
        None, once, when something cannot be walked; the whole expression is null then.
    """
    name, items, end = loops[index]
    values = _walked(items(scope), end(scope) if end is not None else None, end is not None)
    if values is None:
        scope.evaluation.warn(
            Phrase("`{name} in …` has nothing to run over: it needs a list or a range of whole numbers", name=name)
        )
        yield None
        return
    last = index == len(loops) - 1
    for value in values:
        scope.evaluation.spend()
        inner = scope.inner({name: value})
        if last:
            yield inner
        else:
            yield from iterate(loops, inner, index + 1)


def _walked(first: Value, end: Value, is_range: bool) -> "list[Value] | map[Value] | None":
    if is_range:
        return _span(first, end)
    if isinstance(first, Range):
        return _span_of_range(first)
    if first is None:
        return None
    return first if isinstance(first, list) else [first]


def _whole(value: Value) -> bool:
    return isinstance(value, Decimal) and value.adjusted() < 34 and value == value.to_integral_value()


def _is_date(value: Value) -> bool:
    return type(value) is datetime.date


def _span(start: Value, end: Value) -> "map[Value] | None":
    if _whole(start) and _whole(end):
        return _count(int(start), int(end), Decimal)
    if _is_date(start) and _is_date(end):
        return _count(start.toordinal(), end.toordinal(), datetime.date.fromordinal)
    return None


def _span_of_range(limits: Range) -> "list[Value] | map[Value] | None":
    start, end = limits.start, limits.end
    below, above = int(not limits.start_included), int(not limits.end_included)
    if _whole(start) and _whole(end):
        low, high = int(start) + below, int(end) - above
        return _count(low, high, Decimal) if low <= high else None
    if _is_date(start) and _is_date(end):
        low, high = start.toordinal() + below, end.toordinal() - above
        return _count(low, high, datetime.date.fromordinal) if low <= high else None
    return None


def _count(start: int, end: int, make: Callable[[int], Value]) -> "map[Value]":
    if abs(end - start) > LIMITS.items:
        raise FeelLimitError("items of a range to walk", LIMITS.items)
    return map(make, range(start, end + 1) if start <= end else range(start, end - 1, -1))


def filter_items(items: Value, condition: Callable[[Scope], Value], scope: Scope) -> Value:
    """Return the items for which the condition is true, or the one item whose number it is.

    Within the condition `item` is the item, and the entries of an item that is a context are variables.
    """
    if items is None:
        return None
    walked = items if isinstance(items, list) else [items]
    kept: list[Value] = []
    # an empty list runs the condition once all the same: the answer to an index differs from that to a condition
    for item in walked or [None]:
        scope.evaluation.spend()
        inner = scope.inner({"item": item})
        if isinstance(item, dict):
            inner = inner.inner(item)
        result = condition(inner)
        if isinstance(result, Decimal):
            return select(walked, result, scope)
        if result is True:
            if walked:
                kept.append(item)
        elif result is not None and result is not False:
            scope.evaluation.warn(Phrase("a filter needs a boolean or a number, not a {kind}", kind=kind(result)))
            return None
    return kept


def select(items: list[Value], index: Decimal, scope: Scope) -> Value:
    """Return the item with the number `index`, from 1, or from -1 at the end; null when there is none."""
    if _whole(index):
        place = int(index)
        if 0 < place <= len(items):
            return items[place - 1]
        if -len(items) <= place < 0:
            return items[place]
    scope.evaluation.warn(Phrase("there is no item {index} in a list of {length}", index=index, length=len(items)))
    return None


def read_path(value: Value, name: str, scope: Scope, depth: int = 0) -> Value:
    """Return `value.name`: an entry of a context, a property of a value, or the list of these for a list."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        scope.evaluation.warn(_no_entry(value, name))
        return None
    if isinstance(value, list):
        if depth > LIMITS.nesting:
            raise FeelLimitError("levels of nested data", LIMITS.nesting)
        scope.evaluation.spend(len(value))
        return [read_path(item, name, scope, depth + 1) for item in value]
    known, found = read_property(value, name)
    if known:
        return found
    of = kind(value)
    if value is None:
        scope.evaluation.warn(Phrase("null has no `{name}`", name=name))
    else:
        scope.evaluation.warn(_no_property(of, name))
    return None


def _no_property(of: str, name: str) -> Phrase:
    properties = ", ".join(PROPERTIES.get(of, {}))
    if not properties:
        return Phrase("a {kind} has no `{name}`", kind=of, name=name)
    return Phrase("a {kind} has no `{name}`, only {known}", kind=of, name=name, known=properties)


def _no_entry(value: dict[str, Value], name: str) -> Phrase:
    if not value:
        return Phrase("the context has no entry `{name}`, it is empty", name=name)
    known = ", ".join(list(value)[:8]) + (" …" if len(value) > 8 else "")
    return Phrase("the context has no entry `{name}`, only {known}", name=name, known=known)
