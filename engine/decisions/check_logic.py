"""What is wrong with the logic of a decision or knowledge model: its formulas, names, and tables."""

from collections.abc import Iterable, Iterator

from engine.decisions.elements import (
    Boxed,
    BoxedContext,
    BoxedFilter,
    BoxedList,
    Conditional,
    DecisionNode,
    DecisionTable,
    FunctionDefinition,
    Invocation,
    KnowledgeModel,
    LiteralExpression,
    Loop,
    Relation,
)
from engine.decisions.errors import DecisionError
from engine.decisions.findings import Finding
from engine.decisions.formula import Formula
from engine.decisions.model import Model
from engine.decisions.policies import AGGREGATIONS, POLICIES
from engine.errors import Phrase
from engine.feel import BUILTINS, Expression, UnaryTest, special_names


class LogicChecker:
    """Checks the logic of one element.

    Args:
        model: the model.
        element: the decision or knowledge model.
        functions: names of functions that the host hands in.
        reads_all: whether the logic reads the caller's variables, so that any name may be known.
    """

    def __init__(
        self,
        model: Model,
        element: DecisionNode | KnowledgeModel,
        functions: Iterable[str],
        *,
        reads_all: bool,
    ) -> None:
        self.model = model
        self.element = element
        self.functions = frozenset(functions)
        self.reads_all = reads_all
        self.names = tuple(sorted({*model.names, *special_names(dict.fromkeys(self.functions))}))

    def run(self, logic: Boxed | None, known: frozenset[str]) -> Iterator[Finding]:
        """Yield the findings about a boxed expression in which the names `known` have a meaning."""
        if logic is None:
            return
        if logic.type and not self.model.types.knows(logic.type):
            message = Phrase("decision `{name}`: `{type}` is no type", name=self.element.name, type=logic.type)
            yield Finding.error("decision-unknown-type", logic.id, message)
        if isinstance(logic, LiteralExpression):
            yield from self._expression(logic.formula, known)
        elif isinstance(logic, DecisionTable):
            yield from self._table(logic, known)
        elif isinstance(logic, FunctionDefinition):
            if logic.kind != "FEEL":
                message = Phrase(
                    "decision `{name}`: a function in {kind} is not run; write it in FEEL",
                    name=self.element.name,
                    kind=logic.kind,
                )
                yield Finding.warning("decision-foreign-function", logic.id, message)
            else:
                yield from self.run(logic.body, known | {parameter.name for parameter in logic.parameters})
        elif isinstance(logic, BoxedContext):
            for variable, inner in logic.entries:
                yield from self.run(inner, known)
                known = known | {variable.name} if variable is not None else known
        elif isinstance(logic, Loop):
            yield from self.run(logic.items, known)
            yield from self.run(logic.body, known | {logic.variable})
        else:
            yield from self._parts(logic, known)

    def _parts(
        self, logic: Invocation | BoxedList | Relation | Conditional | BoxedFilter, known: frozenset[str]
    ) -> Iterator[Finding]:
        parts: list[Boxed | None]
        if isinstance(logic, Invocation):
            parts = [logic.function, *(argument for _, argument in logic.bindings)]
        elif isinstance(logic, BoxedList):
            parts = list(logic.items)
        elif isinstance(logic, Relation):
            parts = [cell for row in logic.rows for cell in row]
        elif isinstance(logic, Conditional):
            parts = [logic.condition, logic.then, logic.otherwise]
        else:
            yield from self.run(logic.items, known)
            inner = LogicChecker(self.model, self.element, self.functions, reads_all=True)
            yield from inner.run(logic.match, known)
            return
        for part in parts:
            yield from self.run(part, known)

    def _expression(self, formula: Formula, known: frozenset[str]) -> Iterator[Finding]:
        if not formula:
            return
        try:
            compiled = formula.expression(self.names)
        except DecisionError as problem:
            yield Finding.error(problem.code, formula.id, problem.message)
        else:
            yield from self._names(compiled, formula, known)

    def _tests(self, formula: Formula, known: frozenset[str]) -> Iterator[Finding]:
        if not formula:
            return
        try:
            compiled = formula.test(self.names)
        except DecisionError as problem:
            yield Finding.error(problem.code, formula.id, problem.message)
        else:
            yield from self._names(compiled, formula, known)

    def _names(self, compiled: Expression | UnaryTest, formula: Formula, known: frozenset[str]) -> Iterator[Finding]:
        place = Phrase("decision `{name}`, {place}", name=self.element.name, place=formula.place)
        if not self.reads_all:
            for name in sorted(compiled.free_names - known - self.functions):
                message = Phrase(
                    "{place}: `{name}` is not known here; draw an arrow from what it means, or correct the name",
                    place=place,
                    name=name,
                )
                yield Finding.error("decision-unknown-name", formula.id, message)
        for name, _ in compiled.calls:
            if name not in BUILTINS and name not in known and name not in self.functions and not self.reads_all:
                message = Phrase("{place}: there is no function `{name}`", place=place, name=name)
                yield Finding.error("decision-unknown-function", formula.id, message)

    def _table(self, table: DecisionTable, known: frozenset[str]) -> Iterator[Finding]:
        yield from self._shape(table)
        for column in table.inputs:
            if not column.formula:
                message = Phrase(
                    "decision `{name}`, {label}: the column has no input expression",
                    name=self.element.name,
                    label=column.label,
                )
                yield Finding.error("decision-no-input-expression", column.id, message)
            yield from self._expression(column.formula, known)
            yield from self._tests(column.allowed, known)
        for output in table.outputs:
            yield from self._tests(output.allowed, known)
            yield from self._expression(output.default, known)
        for rule in table.rules:
            for cell in rule.tests:
                yield from self._tests(cell, known)
            for cell in rule.outputs:
                yield from self._expression(cell, known)

    def _shape(self, table: DecisionTable) -> Iterator[Finding]:
        place = Phrase("decision `{name}`", name=self.element.name)
        yield from _policy(table, place)
        if not table.outputs:
            message = Phrase("{place}: the table has no output column", place=place)
            yield Finding.error("decision-no-output", table.id, message)
        if not table.rules:
            message = Phrase("{place}: the table has no rules, so it never hits", place=place)
            yield Finding.warning("decision-no-rules", table.id, message)
        if len(table.outputs) > 1 and any(not column.name for column in table.outputs):
            message = Phrase("{place}: each of several output columns needs a name", place=place)
            yield Finding.error("decision-no-output-name", table.id, message)
        for rule in table.rules:
            if len(rule.tests) != len(table.inputs) or len(rule.outputs) != len(table.outputs):
                message = Phrase(
                    "{place}, rule {number}: it has not as many cells as the table has columns",
                    place=place, number=rule.number,
                )  # fmt: skip
                yield Finding.error("decision-cells", rule.id, message)


def _policy(table: DecisionTable, place: Phrase) -> Iterator[Finding]:
    """What is wrong with the hit policy of a table and with what it asks for."""
    if table.policy not in POLICIES:
        message = Phrase("{place}: there is no hit policy `{policy}`", place=place, policy=table.policy)
        yield Finding.error("decision-policy", table.id, message)
    if table.aggregation and table.aggregation not in AGGREGATIONS:
        message = Phrase("{place}: there is no aggregation `{aggregation}`", place=place, aggregation=table.aggregation)
        yield Finding.error("decision-policy", table.id, message)
    if table.aggregation and table.policy != "COLLECT":
        message = Phrase(
            "{place}: only the hit policy COLLECT aggregates, `{aggregation}` has no effect",
            place=place, aggregation=table.aggregation,
        )  # fmt: skip
        yield Finding.warning("decision-policy", table.id, message)
    for column in table.outputs if table.policy in ("PRIORITY", "OUTPUT ORDER") else ():
        if not column.allowed:
            message = Phrase(
                '{place}: output column "{label}" lists no values, whose order the hit policy {policy} goes '
                "by; list them, highest priority first",
                place=place, label=column.label, policy=table.policy,
            )  # fmt: skip
            yield Finding.error("decision-no-output-order", column.id, message)
