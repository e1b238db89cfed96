"""The values of one input of a decision table, cut where any of its cells cuts them.

Within a piece every cell says the same of every value, so that one value stands for all of them. A cell is looked at
when it compares the input with constants; the engine itself then says whether it accepts the value.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from engine.decisions.errors import DecisionError
from engine.decisions.formula import Formula
from engine.feel import Expression, FeelError, UnaryTest, kind, to_text
from engine.feel.syntax import Call, HalfRange, ListItems, Literal, Name, RangeEnds, UnaryTests

#: Functions whose result is a constant when their arguments are.
_CONSTANT: Final = ("date", "date and time", "time", "duration", "number")
#: Kinds whose values have an order with room between any two, or steps.
_ORDERED: Final = ("number", "date", "date and time", "time", "days and time duration")
#: An input with more constants is a list of values, and is compared as one.
MAX_CONSTANTS: Final = 400


class NotAnalysable(Exception):
    """A cell computes something, or an input mixes kinds of values."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Values of which every cell says the same.

    Args:
        sample: one of them.
        low, high: the ends in the order of the kind; None: without end. Both are None for texts and truth values.
        point: it is a single value.
        words: how it is shown when it stands alone.
    """

    sample: Any
    words: str
    low: Any = None
    high: Any = None
    point: bool = True
    ordered: bool = False


def constants(cell: Formula, names: tuple[str, ...]) -> list[Any]:
    """Return the constants that a cell compares its input with; none for a cell that accepts everything.

    Raises:
        NotAnalysable: it does something else.
    """
    if not cell:
        return []
    try:
        tree = cell.test(names).tree
    except DecisionError as problem:
        raise NotAnalysable from problem
    if not isinstance(tree, UnaryTests) or any(test.reads_value for test in tree.tests):
        raise NotAnalysable
    return [value for test in tree.tests for value in _values(test.operand)]


def _values(node: Any) -> Iterator[Any]:
    match node:
        case Literal(problem=None):
            yield node.value
        case RangeEnds():
            yield from (*_values(node.start), *_values(node.end))
        case HalfRange():
            yield from _values(node.end)
        case ListItems():
            for item in node.items:
                yield from _values(item)
        case Call(function=Name(name=name)) if name in _CONSTANT and all(
            isinstance(a, Literal) for a in node.arguments
        ):
            try:
                yield Expression("", node)().value
            except FeelError as problem:
                raise NotAnalysable from problem
        case _:
            raise NotAnalysable


def accepts(cell: Formula, names: tuple[str, ...], value: Any) -> bool:
    """Does a cell accept a value? One that accepts everything does."""
    if not cell:
        return True
    test: UnaryTest = cell.test(names)
    return not test.accepts_some_only or test(value).value is True


def pieces(values: Sequence[Any], allowed: Formula, names: tuple[str, ...]) -> list[Piece]:
    """Cut the values of an input at these constants; those that are not allowed are left out.

    Raises:
        NotAnalysable: the constants are of several kinds, or of one without pieces.
    """
    known = [value for value in values if value is not None]
    listed: list[Any] = []
    try:
        listed = [value for value in constants(allowed, names) if value is not None]
    except NotAnalysable:
        allowed = Formula("")
    kinds = {kind(value) for value in (*known, *listed)}
    if len(kinds) != 1 or len({*known, *listed}) > MAX_CONSTANTS:
        raise NotAnalysable
    of = kinds.pop()
    if of == "boolean":
        found = [Piece(sample=value, words=to_text(value)) for value in (True, False)]
    elif of == "string":
        found = list(_texts({*known, *listed}))
    elif of in _ORDERED:
        found = list(_ordered(sorted({*known, *listed})))
    else:
        raise NotAnalysable
    return [piece for piece in found if accepts(allowed, names, piece.sample)]


def _texts(values: Iterable[str]) -> Iterator[Piece]:
    known = sorted(values)
    for value in known:
        yield Piece(sample=value, words=to_text([value])[1:-1])
    other = "other"
    while other in known:
        other += "_"
    yield Piece(sample=other, words="any other text")


def _ordered(values: list[Any]) -> Iterator[Piece]:
    yield Piece(sample=_beside(values[0], -1), words="", high=values[0], point=False, ordered=True)
    for index, value in enumerate(values):
        yield Piece(sample=value, words="", low=value, high=value, ordered=True)
        following = values[index + 1] if index + 1 < len(values) else None
        sample = _beside(value, 1) if following is None else _between(value, following)
        if sample is not None:
            yield Piece(sample=sample, words="", low=value, high=following, point=False, ordered=True)


def _step(value: Any) -> Any:
    if isinstance(value, Decimal | int):
        return Decimal(1)
    return datetime.timedelta(days=1) if not isinstance(value, datetime.timedelta) else datetime.timedelta(seconds=1)


def _beside(value: Any, direction: int) -> Any:
    """A value before or after one, beyond all constants."""
    if isinstance(value, datetime.time):
        raise NotAnalysable  # a clock goes round: there is no beyond
    try:
        return value + _step(value) * direction
    except OverflowError as problem:
        raise NotAnalysable from problem


def _between(low: Any, high: Any) -> Any:
    """A value between two; None when there is none, as between two days that follow each other."""
    if isinstance(low, datetime.date) and not isinstance(low, datetime.datetime):
        return low + datetime.timedelta(days=1) if (high - low).days > 1 else None
    return low + (high - low) / 2


def shown(parts: Sequence[Piece]) -> str:
    """Say which values pieces hold, those that touch joined: `< 3, [5..8)`."""
    words: list[str] = []
    run: list[Piece] = []
    for part in [*parts, None]:
        if run and (part is None or not part.ordered or part.low is None or part.low != run[-1].high
                    or part.point == run[-1].point):  # fmt: skip
            words.append(_interval(run))
            run = []
        if part is None:
            break
        if part.ordered:
            run.append(part)
        else:
            words.append(part.words)
    return ", ".join(words)


def _interval(run: Sequence[Piece]) -> str:
    first, last = run[0], run[-1]
    if len(run) == 1 and first.point:
        return to_text(first.low)
    if first.low is None and last.high is None:
        return "any"
    if first.low is None:
        return f"{'<=' if last.point else '<'} {to_text(last.high)}"
    if last.high is None:
        return f"{'>=' if first.point else '>'} {to_text(first.low)}"
    return f"{'[' if first.point else '('}{to_text(first.low)}..{to_text(last.high)}{']' if last.point else ')'}"
