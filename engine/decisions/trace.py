"""Which rules of a table hit, and at which cell the others failed."""

from dataclasses import dataclass
from typing import Any

from engine.decisions.elements import DecisionTable
from engine.feel import Value, jsonable, kind, to_text


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A rule that did not hit.

    Attributes:
        rule: its number, from 1.
        rule_id: its id in the file.
        column: label of the first input whose cell failed.
        cell: what stands in that cell.
        value: what the input was.
    """

    rule: int
    rule_id: str
    column: str
    cell: str
    value: Value


@dataclass(frozen=True, kw_only=True)
class TableTrace:
    """How a decision table came to its output.

    Attributes:
        decision: name of the decision or knowledge model the table belongs to.
        table: the table.
        inputs: label and value of each input.
        hits: numbers of the rules that hit, in the order of the table.
        failed: rule number and index of the first failed input, for each rule that was tried and did not hit.
        output: the result.
    """

    decision: str
    table: DecisionTable
    inputs: tuple[tuple[str, Value], ...]
    hits: tuple[int, ...]
    failed: tuple[tuple[int, int], ...]
    output: Value

    @property
    def hit_ids(self) -> tuple[str, ...]:
        """The ids of the rules that hit."""
        return tuple(self.table.rules[number - 1].id for number in self.hits)

    @property
    def misses(self) -> tuple[Miss, ...]:
        """The rules that were tried and did not hit."""
        return tuple(
            Miss(
                rule=number,
                rule_id=self.table.rules[number - 1].id,
                column=self.table.inputs[index].label,
                cell=self.table.rules[number - 1].tests[index].text,
                value=self.inputs[index][1],
            )
            for number, index in self.failed
        )

    def as_json(self) -> dict[str, Any]:
        """Return the trace with plain values, to be stored or shown.

        Returns:
            `decision`, `table`, `policy`, `inputs` (label to value), `hits` (rule, id, annotations),
            `misses` (rule, id, column, cell, value) and `output`.
        """
        rules = self.table.rules
        return {
            "decision": self.decision,
            "table": self.table.id,
            "policy": self.table.policy,
            "inputs": {label: _plain(value) for label, value in self.inputs},
            "hits": [
                {"rule": number, "id": rules[number - 1].id, "annotations": list(rules[number - 1].annotations)}
                for number in self.hits
            ],
            "misses": [
                {
                    "rule": miss.rule,
                    "id": miss.rule_id,
                    "column": miss.column,
                    "cell": miss.cell,
                    "value": _plain(miss.value),
                }
                for miss in self.misses
            ],
            "output": _plain(self.output),
        }

    def lines(self) -> list[str]:
        """Return the trace as sentences, the rules that hit first."""
        shown = ", ".join(f"{label} = {to_text(value)}" for label, value in self.inputs)
        lines = [f"decision `{self.decision}` with {shown or 'no inputs'} gives {to_text(self.output)}"]
        for number in self.hits:
            notes = self.table.rules[number - 1].annotations
            lines.append(f"  rule {number} hits" + (f" ({'; '.join(notes)})" if notes else ""))
        for miss in self.misses:
            lines.append(f"  rule {miss.rule} fails at {miss.column} = {to_text(miss.value)}: `{miss.cell}`")
        return lines


def _plain(value: Value) -> Any:
    return None if kind(value) == "function" else jsonable(value)
