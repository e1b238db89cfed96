"""Decision tables. Source: DMN 1.5, chapter 8."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine.decisions.elements import DecisionTable, Rule
from engine.decisions.policies import combine, nothing, shape
from engine.decisions.trace import TableTrace
from engine.errors import Phrase
from engine.feel import Value, kind, to_text
from engine.feel.evaluation import Scope

if TYPE_CHECKING:
    from engine.decisions.frame import Frame

Test: TypeAlias = Callable[[Value, Scope], "bool | None"]


@dataclass(frozen=True, slots=True)
class PreparedTable:
    """The cells of a table, compiled; None stands for a cell that accepts everything."""

    rules: tuple[tuple[Rule, tuple[Test | None, ...]], ...]


def prepare(table: DecisionTable, names: tuple[str, ...]) -> PreparedTable:
    """Compile the input cells of a table.

    Raises:
        DecisionError: a cell is no unary test.
    """

    def tests(rule: Rule) -> tuple[Test | None, ...]:
        compiled = [cell.test(names) if cell else None for cell in rule.tests]
        return tuple(cell.run if cell is not None and cell.accepts_some_only else None for cell in compiled)

    return PreparedTable(tuple((rule, tests(rule)) for rule in table.rules))


def evaluate_table(table: DecisionTable, scope: Scope, frame: "Frame") -> Value:
    """Return the output of a table and keep how it came about in the frame's trace."""
    values = _inputs(table, scope, frame)
    hits: list[Rule] = []
    failed: list[tuple[int, int]] = []
    output: Value = None
    if values is not None:
        hits, failed = _match(table, values, scope, frame)
        output = _output(table, hits, scope, frame)
    shown = zip((column.label for column in table.inputs), values or (), strict=values is not None)
    frame.session.trace.append(
        TableTrace(
            decision=frame.owner,
            table=table,
            inputs=tuple(shown),
            hits=tuple(rule.number for rule in hits),
            failed=tuple(failed),
            output=output,
        )
    )
    return output


def _inputs(table: DecisionTable, scope: Scope, frame: "Frame") -> list[Value] | None:
    """Return the inputs' values, or None when one is not allowed."""
    values: list[Value] = []
    for column in table.inputs:
        value = frame.evaluate(column.formula, scope)
        value = frame.fit(column.type, value, column.formula.place)
        if column.allowed and frame.test(column.allowed, value, scope) is not True:
            frame.warn(_not_among(column.formula.place, value, column.allowed.text))
            return None
        values.append(value)
    return values


def _match(
    table: DecisionTable, values: list[Value], scope: Scope, frame: "Frame"
) -> tuple[list[Rule], list[tuple[int, int]]]:
    evaluation = scope.evaluation
    scopes = [scope.inner({"?": value}) for value in values]
    first_only = table.policy == "FIRST"
    hits: list[Rule] = []
    failed: list[tuple[int, int]] = []
    for rule, tests in frame.session.prepared(table).rules:
        evaluation.spend()
        warned = len(evaluation.warnings)
        for index, test in enumerate(tests):
            if test is not None and test(values[index], scopes[index]) is not True:
                failed.append((rule.number, index))
                frame.place_warnings(warned, rule.tests[index])
                break
        else:
            hits.append(rule)
            if first_only:
                break
    return hits, failed


def _output(table: DecisionTable, hits: list[Rule], scope: Scope, frame: "Frame") -> Value:
    if not hits:
        if any(column.default for column in table.outputs):
            return shape(table, [frame.evaluate(column.default, scope) for column in table.outputs])
        frame.warn(Phrase("no rule of the table hits, and it has no default output"))
        return nothing(table)
    rows: list[list[Value]] = []
    for rule in hits:
        row = [
            frame.fit(column.type, frame.evaluate(cell, scope), cell.place)
            for column, cell in zip(table.outputs, rule.outputs, strict=False)
        ]
        rows.append(row + [None] * (len(table.outputs) - len(row)))
    for row in rows:
        for column, value in zip(table.outputs, row, strict=True):
            if column.allowed and value is not None and frame.test(column.allowed, value, scope) is not True:
                place = Phrase('output column "{label}"', label=column.label)
                frame.warn(_not_among(place, value, column.allowed.text))
                return None
    return combine(table, rows, scope, frame.session.names)


def _not_among(place: str, value: Value, allowed: str) -> Phrase:
    shown = _shown(value)
    return Phrase("{place}: {value} is not among the values {allowed}", place=place, value=shown, allowed=allowed)


def _shown(value: Value) -> str:
    return "a function" if kind(value) == "function" else to_text(value)[:80]
