"""What several hits of a decision table amount to. Source: DMN 1.5, 8.2.8 to 8.2.10 (hit policies, aggregation)."""

from decimal import Decimal

from engine.decisions.elements import DecisionTable
from engine.errors import Phrase
from engine.feel import BUILTINS, Value, compile
from engine.feel.compare import equals, same
from engine.feel.evaluation import Scope
from engine.feel.functions import call

#: Policies by the spelling of the file.
POLICIES = frozenset(["UNIQUE", "FIRST", "ANY", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"])
AGGREGATIONS = frozenset(["SUM", "MIN", "MAX", "COUNT"])


def shape(table: DecisionTable, row: list[Value]) -> Value:
    """Return a rule's output: the value of a single column, else a context by the columns' names."""
    if len(table.outputs) == 1:
        return row[0]
    return {column.name: value for column, value in zip(table.outputs, row, strict=True)}


def combine(table: DecisionTable, rows: list[list[Value]], scope: Scope, names: tuple[str, ...]) -> Value:
    """Return the output of a table for the outputs of the rules that hit, of which there is at least one."""
    policy = table.policy
    if policy == "UNIQUE" and len(rows) > 1:
        scope.evaluation.warn(Phrase("{count} rules hit, but the hit policy UNIQUE allows one", count=len(rows)))
        return None
    if policy == "ANY" and any(equals(shape(table, row), shape(table, rows[0])) is not True for row in rows[1:]):
        scope.evaluation.warn(Phrase("rules that hit have different outputs, which the hit policy ANY forbids"))
        return None
    if policy in ("UNIQUE", "FIRST", "ANY"):
        return shape(table, rows[0])
    if policy in ("PRIORITY", "OUTPUT ORDER"):
        ordered = _by_priority(table, rows, scope, names)
        return shape(table, ordered[0]) if policy == "PRIORITY" else [shape(table, row) for row in ordered]
    if policy == "COLLECT" and table.aggregation:
        return _aggregate(table, rows, scope)
    return [shape(table, row) for row in rows]


def nothing(table: DecisionTable) -> Value:
    """Return the output of a table without defaults when no rule hits."""
    return Decimal(0) if table.policy == "COLLECT" and table.aggregation == "COUNT" else None


def _by_priority(
    table: DecisionTable, rows: list[list[Value]], scope: Scope, names: tuple[str, ...]
) -> list[list[Value]]:
    orders = [
        compile(f"[{column.allowed.text}]", names).run(scope) if column.allowed else [] for column in table.outputs
    ]

    def rank(row: list[Value]) -> list[int]:
        return [
            next((index for index, allowed in enumerate(order) if same(allowed, value)), len(order))
            for order, value in zip(orders, row, strict=True)
        ]

    return sorted(rows, key=rank)


def _aggregate(table: DecisionTable, rows: list[list[Value]], scope: Scope) -> Value:
    if table.aggregation == "COUNT":
        return Decimal(len(rows))
    function = BUILTINS[table.aggregation.lower()]
    if len(table.outputs) == 1:
        return call(function, [[row[0] for row in rows]], (), scope)
    return {
        column.name: call(function, [[row[index] for row in rows]], (), scope)
        for index, column in enumerate(table.outputs)
    }
