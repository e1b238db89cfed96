"""What an expression reads and calls, found without running it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass

from engine.feel.syntax import (
    Call,
    ContextEntries,
    Filter,
    For,
    Lambda,
    Literal,
    Name,
    Node,
    Quantified,
    UnaryTests,
)
from engine.feel.syntax import Iterator as Loop
from engine.feel.values import Value

#: Names that the language itself binds: the tested value, the results so far, the item of a filter.
_LANGUAGE = frozenset(["?", "partial", "item"])


@dataclass
class Reading:
    """What was found.

    Attributes:
        names: variables read that the expression does not define itself; functions called are not among them.
        filter_names: names read only within filters, where they may be variables or entries of the items.
        calls: functions called by name that the expression does not define itself, with their arguments when all
            of these are literals, else None.
        positions: the first offset of each name and of each function called.
    """

    names: set[str] = field(default_factory=set)
    filter_names: set[str] = field(default_factory=set)
    calls: list[tuple[str, tuple[Value, ...] | None]] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)


def analyse(node: Node | UnaryTests) -> Reading:
    """Find what an expression or a cell of a decision table reads and calls."""
    reading = Reading()
    _visit(node, _LANGUAGE, reading, in_filter=False)
    reading.filter_names -= reading.names
    return reading


def _visit(node: object, bound: frozenset[str], reading: Reading, *, in_filter: bool) -> None:
    if isinstance(node, Name):
        if node.name not in bound:
            (reading.filter_names if in_filter else reading.names).add(node.name)
            reading.positions.setdefault(node.name, node.position)
    elif isinstance(node, Call):
        _visit_call(node, bound, reading, in_filter=in_filter)
    elif isinstance(node, For | Quantified):
        for loop in node.iterators:
            _visit_loop(loop, bound, reading, in_filter=in_filter)
            bound = bound | {loop.name}
        _visit(node.body if isinstance(node, For) else node.condition, bound, reading, in_filter=in_filter)
    elif isinstance(node, Lambda):
        _visit(node.body, bound | set(node.parameters), reading, in_filter=in_filter)
    elif isinstance(node, ContextEntries):
        for key, value in node.entries:
            _visit(value, bound, reading, in_filter=in_filter)
            bound = bound | {key}
    elif isinstance(node, Filter):
        _visit(node.items, bound, reading, in_filter=in_filter)
        _visit(node.condition, bound, reading, in_filter=True)
    else:
        for child in children(node):
            _visit(child, bound, reading, in_filter=in_filter)


def _visit_loop(loop: Loop, bound: frozenset[str], reading: Reading, *, in_filter: bool) -> None:
    _visit(loop.items, bound, reading, in_filter=in_filter)
    _visit(loop.end, bound, reading, in_filter=in_filter)


def _visit_call(node: Call, bound: frozenset[str], reading: Reading, *, in_filter: bool) -> None:
    function = node.function
    if isinstance(function, Name):
        if function.name not in bound:
            literal = all(isinstance(argument, Literal) for argument in node.arguments)
            values = tuple(argument.value for argument in node.arguments if isinstance(argument, Literal))
            reading.calls.append((function.name, values if literal else None))
            reading.positions.setdefault(function.name, function.position)
    else:
        _visit(function, bound, reading, in_filter=in_filter)
    for argument in node.arguments:
        _visit(argument, bound, reading, in_filter=in_filter)


def children(node: object) -> Iterator[object]:
    """Yield the nodes directly below a node."""
    if not is_dataclass(node):
        return
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, tuple):
            for item in value:
                # the right side of a chain of operators is a pair of sign and operand
                yield item[1] if isinstance(item, tuple) and len(item) == 2 else item
        else:
            yield value


def reads_name(node: object, name: str) -> bool:
    """Say whether a name is read anywhere below a node, whatever it means there."""
    if isinstance(node, Name):
        return node.name == name
    return any(reads_name(child, name) for child in children(node))
