"""Boxed expressions other than tables. Source: DMN 1.5, 10.2."""

from functools import singledispatch
from typing import TYPE_CHECKING

from engine.decisions.elements import (
    Boxed,
    BoxedContext,
    BoxedFilter,
    BoxedList,
    Conditional,
    DecisionTable,
    FunctionDefinition,
    Invocation,
    LiteralExpression,
    Loop,
    Relation,
)
from engine.decisions.tables import evaluate_table
from engine.errors import Phrase
from engine.feel import Value, kind
from engine.feel.compare import both, either
from engine.feel.evaluation import Scope, charge
from engine.feel.functions import call
from engine.feel.iterate import filter_items, iterate
from engine.feel.values import Function

if TYPE_CHECKING:
    from engine.decisions.frame import Frame


def evaluate_boxed(boxed: Boxed | None, scope: Scope, frame: "Frame") -> Value:
    """Return the value of a boxed expression, fitted to the type it names; None for logic left out."""
    if boxed is None:
        return None
    scope.evaluation.spend()
    value = _evaluate(boxed, scope, frame)
    if not boxed.type or isinstance(boxed, FunctionDefinition):
        return value
    return frame.fit(boxed.type, value, "boxed expression")


@singledispatch
def _evaluate(boxed: Boxed, scope: Scope, frame: "Frame") -> Value:
    raise AssertionError(f"no evaluation for {type(boxed).__name__}")


@_evaluate.register(LiteralExpression)
def _(boxed: LiteralExpression, scope: Scope, frame: "Frame") -> Value:
    return frame.evaluate(boxed.formula, scope)


@_evaluate.register(DecisionTable)
def _(boxed: DecisionTable, scope: Scope, frame: "Frame") -> Value:
    return evaluate_table(boxed, scope, frame)


@_evaluate.register(BoxedContext)
def _(boxed: BoxedContext, scope: Scope, frame: "Frame") -> Value:
    made: dict[str, Value] = {}
    inner = scope.inner(made)
    for variable, logic in boxed.entries:
        value = evaluate_boxed(logic, inner, frame)
        if variable is None:
            return value
        made[variable.name] = frame.fit(variable.type, value, f"context entry `{variable.name}`")
    return made


@_evaluate.register(Invocation)
def _(boxed: Invocation, scope: Scope, frame: "Frame") -> Value:
    function = evaluate_boxed(boxed.function, scope, frame)
    if kind(function) != "function" or function is None:
        frame.warn(Phrase("an invocation has no function to call"))
        return None
    names = tuple(name for name, _ in boxed.bindings)
    return call(function, [evaluate_boxed(logic, scope, frame) for _, logic in boxed.bindings], names, scope)


@_evaluate.register(FunctionDefinition)
def _(boxed: FunctionDefinition, scope: Scope, frame: "Frame") -> Value:
    return make_function(boxed, scope, frame)


def make_function(definition: FunctionDefinition, scope: Scope, frame: "Frame", result: str = "") -> Function:
    """Return the function that a definition describes; its result is fitted to the type `result`."""
    parameters = tuple(parameter.name for parameter in definition.parameters)
    types = (None,) * len(parameters)
    if definition.kind != "FEEL":

        def refuse(arguments: list[Value], caller: Scope) -> Value:
            frame.warn(Phrase("a function in {kind} is not run", kind=definition.kind))

        return Function(parameters, types, refuse)

    def run(arguments: list[Value], caller: Scope) -> Value:
        fitted = {
            parameter.name: frame.fit(parameter.type, value, f"parameter `{parameter.name}`")
            for parameter, value in zip(definition.parameters, arguments, strict=True)
        }
        return frame.fit(result, evaluate_boxed(definition.body, scope.inner(fitted), frame), "result")

    return Function(parameters, types, run)


@_evaluate.register(BoxedList)
def _(boxed: BoxedList, scope: Scope, frame: "Frame") -> Value:
    return [evaluate_boxed(item, scope, frame) for item in boxed.items]


@_evaluate.register(Relation)
def _(boxed: Relation, scope: Scope, frame: "Frame") -> Value:
    return [
        {name: evaluate_boxed(cell, scope, frame) for name, cell in zip(boxed.columns, row, strict=False)}
        for row in boxed.rows
    ]


@_evaluate.register(Conditional)
def _(boxed: Conditional, scope: Scope, frame: "Frame") -> Value:
    condition = evaluate_boxed(boxed.condition, scope, frame)
    if condition is not None and not isinstance(condition, bool):
        frame.warn(Phrase("a condition is a boolean, not a {kind}", kind=kind(condition)))
        return None
    return evaluate_boxed(boxed.then if condition is True else boxed.otherwise, scope, frame)


@_evaluate.register(BoxedFilter)
def _(boxed: BoxedFilter, scope: Scope, frame: "Frame") -> Value:
    items = evaluate_boxed(boxed.items, scope, frame)
    return filter_items(items, lambda inner: evaluate_boxed(boxed.match, inner, frame), scope)


@_evaluate.register(Loop)
def _(boxed: Loop, scope: Scope, frame: "Frame") -> Value:
    items = evaluate_boxed(boxed.items, scope, frame)
    rounds = iterate([(boxed.variable, lambda _: items, None)], scope)
    results: list[Value] = []
    for inner in rounds:
        if inner is None:
            return None
        if boxed.kind == "for":
            scope.evaluation.spend(len(results) >> 3)
            inner.values["partial"] = results.copy()
        results.append(evaluate_boxed(boxed.body, inner, frame))
    if boxed.kind == "for":
        return charge(results, scope.evaluation)
    return _quantify(boxed, results, frame)


def _quantify(boxed: Loop, results: list[Value], frame: "Frame") -> Value:
    answer: bool | None = boxed.kind == "every"
    for result in results:
        if result is not None and not isinstance(result, bool):
            frame.warn(Phrase("`satisfies` needs a boolean, not a {kind}", kind=kind(result)))
            return None
        answer = both(answer, result) if boxed.kind == "every" else either(answer, result)
    return answer
