"""How two points or ranges lie to each other. Source: DMN 1.5, 10.3.4.10 and table 78."""

from collections.abc import Callable
from typing import TypeAlias

from engine.feel.compare import compare
from engine.feel.functions import NoResult, standard
from engine.feel.values import Range, Value

#: Start, end, whether each is included.
Ends: TypeAlias = tuple[Value, Value, bool, bool]


def _ends(value: Value) -> Ends:
    return value.endpoints() if isinstance(value, Range) else (value, value, True, True)


def _decide(sign: str, left: Value, right: Value) -> bool:
    result = compare(sign, left, right)
    if result is None:
        raise NoResult("the two do not compare")
    return result


def _less(left: Value, right: Value) -> bool:
    return _decide("<", left, right)


def _equal(left: Value, right: Value) -> bool:
    return _decide("=", left, right)


@standard("before(point1: value, point2: value)")
@standard("before(point: value, range: value)")
@standard("before(range: value, point: value)")
@standard("before(range1: value, range2: value)")
def before(left: Value, right: Value) -> Value:
    """Say whether the first ends before the second starts."""
    (_, end, _, end_in), (start, _, start_in, _) = _ends(left), _ends(right)
    return _less(end, start) or (_equal(end, start) and not (end_in and start_in))


@standard("after(point1: value, point2: value)")
@standard("after(point: value, range: value)")
@standard("after(range: value, point: value)")
@standard("after(range1: value, range2: value)")
def after(left: Value, right: Value) -> Value:
    """Say whether the first starts after the second ends."""
    return before(right, left)


def _meets(a: Ends, b: Ends) -> bool:
    return _equal(a[1], b[0]) and a[3] and b[2]


def _overlaps(a: Ends, b: Ends) -> bool:
    starts_within = _less(b[0], a[1]) or (_equal(b[0], a[1]) and a[3] and b[2])
    return starts_within and (_less(a[0], b[1]) or (_equal(a[0], b[1]) and a[2] and b[3]))


def _overlaps_before(a: Ends, b: Ends) -> bool:
    starts_first = _less(a[0], b[0]) or (_equal(a[0], b[0]) and a[2] and not b[2])
    reaches = _less(b[0], a[1]) or (_equal(b[0], a[1]) and a[3] and b[2])
    return starts_first and reaches and (_less(a[1], b[1]) or (_equal(a[1], b[1]) and (not a[3] or b[3])))


def _finishes(a: Ends, b: Ends) -> bool:
    if not (_equal(a[1], b[1]) and a[3] == b[3]):
        return False
    return _less(b[0], a[0]) or (_equal(b[0], a[0]) and (not a[2] or b[2]))


def _includes(a: Ends, b: Ends) -> bool:
    starts_first = _less(a[0], b[0]) or (_equal(a[0], b[0]) and (a[2] or not b[2]))
    return starts_first and (_less(b[1], a[1]) or (_equal(b[1], a[1]) and (a[3] or not b[3])))


def _starts(a: Ends, b: Ends) -> bool:
    if not (_equal(a[0], b[0]) and a[2] == b[2]):
        return False
    return _less(a[1], b[1]) or (_equal(a[1], b[1]) and (not a[3] or b[3]))


def _coincides(a: Ends, b: Ends) -> bool:
    return _equal(a[0], b[0]) and _equal(a[1], b[1]) and a[2] == b[2] and a[3] == b[3]


def _declare(name: str, relation: Callable[[Ends, Ends], bool], first: str, second: str) -> None:
    def judge(left: Value, right: Value) -> Value:
        return relation(_ends(left), _ends(right))

    standard(f"{name}({first}: value, {second}: value)")(judge)


def _declare_mirrored(name: str, relation: Callable[[Ends, Ends], bool], first: str, second: str) -> None:
    _declare(name, lambda left, right: relation(right, left), first, second)


_declare("meets", _meets, "range1", "range2")
_declare_mirrored("met by", _meets, "range1", "range2")
_declare("overlaps", _overlaps, "range1", "range2")
_declare("overlaps before", _overlaps_before, "range1", "range2")
_declare_mirrored("overlaps after", _overlaps_before, "range1", "range2")
_declare("finishes", _finishes, "range1", "range2")
_declare("finishes", _finishes, "point", "range")
_declare_mirrored("finished by", _finishes, "range1", "range2")
_declare_mirrored("finished by", _finishes, "range", "point")
_declare("includes", _includes, "range1", "range2")
_declare("includes", _includes, "range", "point")
_declare_mirrored("during", _includes, "range1", "range2")
_declare_mirrored("during", _includes, "point", "range")
_declare("starts", _starts, "range1", "range2")
_declare("starts", _starts, "point", "range")
_declare_mirrored("started by", _starts, "range1", "range2")
_declare_mirrored("started by", _starts, "range", "point")
_declare("coincides", _coincides, "range1", "range2")
_declare("coincides", _coincides, "point1", "point2")
