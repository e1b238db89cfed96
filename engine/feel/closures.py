"""Values, names, structures and calls as closures: `closure(scope) -> value`."""

from collections.abc import Callable
from decimal import Decimal
from functools import singledispatch
from typing import TypeAlias

from engine.errors import Phrase
from engine.feel.evaluation import Scope
from engine.feel.functions import BUILTINS, call
from engine.feel.iterate import filter_items, read_path, select
from engine.feel.syntax import (
    Call,
    ContextEntries,
    Filter,
    HalfRange,
    If,
    Lambda,
    ListItems,
    Literal,
    Name,
    Node,
    Path,
    RangeEnds,
)
from engine.feel.values import KINDS, ORDERED, Function, Range, Value, kind

Closure: TypeAlias = Callable[[Scope], Value]


@singledispatch
def compile_node(node: Node) -> Closure:
    """Return the closure of a node."""
    raise AssertionError(f"no closure for {type(node).__name__}")


@compile_node.register
def _(node: Literal) -> Closure:
    value, problem = node.value, node.problem
    if problem is None:
        return lambda scope: value

    def unreadable(scope: Scope) -> Value:
        scope.evaluation.warn(problem)
        return None

    return unreadable


@compile_node.register
def _(node: Name) -> Closure:
    name = node.name
    builtin = BUILTINS.get(name)

    def look_up(scope: Scope) -> Value:
        current: Scope | None = scope
        while current is not None:
            values = current.values
            if name in values:
                return values[name]
            outermost, current = current, current.parent
        try:
            value = outermost.values[name] = outermost.evaluation.read(name)
        except KeyError:
            if builtin is None:
                scope.evaluation.warn(Phrase("there is no variable or function `{name}`", name=name))
            return builtin
        return value

    return look_up


@compile_node.register
def _(node: ListItems) -> Closure:
    items = [compile_node(item) for item in node.items]
    return lambda scope: [item(scope) for item in items]


@compile_node.register
def _(node: ContextEntries) -> Closure:
    entries = [(key, compile_node(value)) for key, value in node.entries]
    repeated = len({key for key, _ in entries}) < len(entries)

    def build(scope: Scope) -> Value:
        if repeated:
            scope.evaluation.warn(Phrase("a context has the same key twice"))
            return None
        made: dict[str, Value] = {}
        inner = scope.inner(made)
        for key, value in entries:
            made[key] = value(inner)
        return made

    return build


@compile_node.register
def _(node: RangeEnds) -> Closure:
    start, end = compile_node(node.start), compile_node(node.end)
    start_included, end_included = node.start_included, node.end_included

    def build(scope: Scope) -> Value:
        low, high = start(scope), end(scope)
        if low is not None and high is not None and (kind(low) != kind(high) or kind(low) not in ORDERED):
            scope.evaluation.warn(Phrase("there is no range from a {low} to a {high}", low=kind(low), high=kind(high)))
            return None
        return Range(low, high, start_included, end_included)

    return build


@compile_node.register
def _(node: HalfRange) -> Closure:
    end, included = compile_node(node.end), "=" in node.sign
    if node.sign[0] == "<":
        return lambda scope: Range(None, end(scope), False, included, True)
    if node.sign[0] == ">":
        return lambda scope: Range(end(scope), None, included, False, True)

    def exactly(scope: Scope) -> Value:
        value = end(scope)
        return Range(value, value, True, True, True)

    return exactly


@compile_node.register
def _(node: If) -> Closure:
    condition, then, otherwise = compile_node(node.condition), compile_node(node.then), compile_node(node.otherwise)
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


@compile_node.register
def _(node: Lambda) -> Closure:
    parameters, types = node.parameters, node.types
    if node.body is None:

        def refuse(arguments: list[Value], caller: Scope) -> Value:
            caller.evaluation.warn(Phrase("an external function names code of the host, which is never run"))
            return None

        return lambda scope: Function(parameters, types, refuse)
    body = compile_node(node.body)

    def build(scope: Scope) -> Value:
        return Function(
            parameters,
            types,
            lambda arguments, caller: body(scope.inner(dict(zip(parameters, arguments, strict=True)))),
        )

    return build


@compile_node.register
def _(node: Path) -> Closure:
    value, name = compile_node(node.value), node.name

    def step(scope: Scope) -> Value:
        found = value(scope)
        if type(found) is dict and name in found:
            return found[name]
        return read_path(found, name, scope)

    return step


@compile_node.register
def _(node: Filter) -> Closure:
    items, condition = compile_node(node.items), compile_node(node.condition)
    if isinstance(node.condition, Literal) and isinstance(node.condition.value, Decimal):
        index = node.condition.value

        def pick(scope: Scope) -> Value:
            found = items(scope)
            return None if found is None else select(found if isinstance(found, list) else [found], index, scope)

        return pick
    return lambda scope: filter_items(items(scope), condition, scope)


#: Functions whose value for a text never changes, so that `duration("P15D")` is read once.
_READERS = frozenset(["date", "time", "date and time", "duration"])


@compile_node.register
def _(node: Call) -> Closure:
    function, names = compile_node(node.function), node.names
    arguments = [compile_node(argument) for argument in node.arguments]
    builtin = BUILTINS.get(node.function.name) if isinstance(node.function, Name) else None
    constant: list[Value] = []
    is_constant = builtin is not None and builtin.name in _READERS and _is_text(node)

    def invoke(scope: Scope) -> Value:
        called = function(scope)
        if builtin is not None and type(called) in KINDS:
            # data called `date` or `count` does not take the function of that name away
            called = builtin
        if constant and called is builtin:
            return constant[0]
        value = call(called, [argument(scope) for argument in arguments], names, scope)
        if is_constant and called is builtin and value is not None:
            constant[:] = [value]
        return value

    return invoke


def _is_text(node: Call) -> bool:
    return len(node.arguments) == 1 and isinstance(node.arguments[0], Literal) and type(node.arguments[0].value) is str
