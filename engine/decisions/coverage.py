"""Which rules of a decision table overlap, and for which inputs there is no rule.

Only what is certain is said: a cell that computes something may accept anything, so its rule overlaps with nothing and
leaves no gap. Null, which a missing input is, counts as no value of an input. Source: DMN 1.5, section 8.2.8.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from engine.decisions.domains import NotAnalysable, Piece, accepts, constants, pieces, shown
from engine.decisions.elements import DecisionNode, DecisionTable, InputColumn, KnowledgeModel
from engine.decisions.findings import Finding
from engine.decisions.formula import EMPTY, Formula
from engine.decisions.model import Model
from engine.errors import Phrase

#: So many combinations are looked at, and so many overlaps and gaps are told.
MAX_STEPS: Final = 100_000
MAX_TOLD: Final = 50
#: Hit policies in which only one rule may hit, as they are written in files.
_ALONE: Final = ("UNIQUE", "", "ANY")
#: Hit policies for which an input without a rule is a mistake; for the others it is an empty list.
_ANSWERING: Final = ("UNIQUE", "", "ANY", "FIRST", "PRIORITY")


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Rules that hit for the same inputs; `where` says for one such: label of the input → its values."""

    rules: tuple[int, ...]
    ids: tuple[str, ...]
    where: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Inputs for which no rule hits: label → values. An input that is not named may be anything."""

    where: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What is known of one table.

    Args:
        unanalysed: cells that were not looked into: (rule, label of the input, text).
        complete: all combinations were looked at.
    """

    decision: str
    table: str
    policy: str
    overlaps: tuple[Overlap, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unanalysed: tuple[tuple[int, str, str], ...] = ()
    complete: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return it with plain keys."""
        return {
            "decision": self.decision,
            "table": self.table,
            "policy": self.policy,
            "overlaps": [{"rules": list(o.rules), "ids": list(o.ids), "where": o.where} for o in self.overlaps],
            "gaps": [{"where": gap.where} for gap in self.gaps],
            "not_analysed": [{"rule": rule, "input": label, "cell": cell} for rule, label, cell in self.unanalysed],
            "complete": self.complete,
        }


def analyse(model: Model) -> list[Coverage]:
    """Analyse every decision table of a model that is the whole logic of a decision or knowledge model."""
    found = []
    for element in model.elements:
        logic = getattr(element, "logic", None)
        if isinstance(element, KnowledgeModel) and logic is not None:
            logic = logic.body
        if isinstance(element, DecisionNode | KnowledgeModel) and isinstance(logic, DecisionTable):
            found.append(_Analysis(model, element.name, logic).run())
    return found


def findings(model: Model) -> list[Finding]:
    """Return overlaps and gaps as warnings, and say where nothing was looked into."""
    return [finding for each in analyse(model) for finding in _told(each)]


def _told(found: Coverage) -> Iterator[Finding]:
    for overlap in found.overlaps:
        first, *others = overlap.rules
        rules = str(first)
        for each in others:
            rules = Phrase("{rules} and {rule}", rules=rules, rule=each)
        yield Finding.warning(
            "decision-overlap", found.table,
            Phrase(
                "`{decision}`: rules {rules} both hit for {where}, and the hit policy allows one; "
                "narrow one of them, or choose another hit policy",
                decision=found.decision, rules=rules, where=_where(overlap.where),
            ),
        )  # fmt: skip
    for gap in found.gaps:
        yield Finding.warning(
            "decision-gap", found.table,
            Phrase("`{decision}`: no rule hits for {where}; add a rule or a default output", decision=found.decision,
                   where=_where(gap.where)),
        )  # fmt: skip
    if found.unanalysed:
        rule, label, cell = found.unanalysed[0]
        yield Finding.warning(
            "decision-not-analysed", found.table,
            Phrase(
                "`{decision}`: {number} cells compute something and were not looked into for overlaps and gaps, such "
                "as `{cell}` of {label} in rule {rule}; try them with data",
                decision=found.decision, number=len(found.unanalysed), cell=cell, label=label, rule=rule,
            ),
        )  # fmt: skip
    if not found.complete:
        yield Finding.warning(
            "decision-not-analysed", found.table,
            Phrase(
                "`{decision}`: there are too many combinations of its inputs to look at all; not all overlaps and gaps "
                "are told", decision=found.decision,
            ),
        )  # fmt: skip


def _where(where: dict[str, str]) -> Phrase | str:
    return ", ".join(f"{label} {words}" for label, words in where.items()) or Phrase("every input")


@dataclass
class _Column:
    """One input: groups of values that the same rules accept, as bits; rule 1 is the lowest bit."""

    label: str
    #: (values, rules that certainly accept them, rules that may)
    groups: list[tuple[str, int, int]] = field(default_factory=list)


class _Analysis:
    """The analysis of one table."""

    def __init__(self, model: Model, decision: str, table: DecisionTable) -> None:
        self.model, self.decision, self.table = model, decision, table
        self.names = model.names
        self.all = (1 << len(table.rules)) - 1
        self.unanalysed: list[tuple[int, str, str]] = []
        self.overlaps: dict[tuple[int, int], dict[str, str]] = {}
        self.gaps: list[dict[str, str]] = []
        self.steps = 0
        self.stopped = False

    def run(self) -> Coverage:
        columns = [self.column(index, column) for index, column in enumerate(self.table.inputs)]
        columns = [column for column in columns if column.groups]
        if self.table.policy.upper() in _ALONE:
            self.meet(columns, 0, self.all, {})
        if self.table.policy.upper() in _ANSWERING and not any(column.default for column in self.table.outputs):
            self.miss(columns, 0, self.all, {})
        rules = self.table.rules
        return Coverage(
            decision=self.decision,
            table=self.table.id,
            policy=self.table.policy or "UNIQUE",
            overlaps=tuple(
                Overlap(rules=pair, ids=tuple(rules[number - 1].id for number in pair), where=where)
                for pair, where in sorted(self.overlaps.items())
            ),
            gaps=tuple(Gap(where=where) for where in self.gaps),
            unanalysed=tuple(self.unanalysed),
            complete=not self.stopped,
        )

    def column(self, index: int, column: InputColumn) -> _Column:
        """Cut one input; a cell that cannot be looked into may accept anything, and certainly accepts nothing."""
        cells: list[Formula | None] = []
        values: list[Any] = []
        for rule in self.table.rules:
            cell: Formula | None = rule.tests[index] if index < len(rule.tests) else EMPTY
            try:
                values += constants(cell or EMPTY, self.names)
            except NotAnalysable:
                cell = None
            cells.append(cell)
        parts: list[Piece] = []
        try:
            parts = pieces(values, self.allowed(column), self.names) if values else []
        except NotAnalysable:
            cells = [None if cell and cell.test(self.names).accepts_some_only else cell for cell in cells]
        for rule, cell in zip(self.table.rules, cells, strict=True):
            if cell is None:
                self.unanalysed.append((rule.number, column.label, rule.tests[index].text))
        return self.grouped(column.label, parts, cells)

    def allowed(self, column: InputColumn) -> Formula:
        """The values that an input may have: said by the column, else by its type."""
        if column.allowed:
            return column.allowed
        item = next((item for item in self.model.items if item.name == column.type and not item.collection), None)
        return item.allowed if item is not None else EMPTY

    def grouped(self, label: str, parts: list[Piece], cells: list[Formula | None]) -> _Column:
        """Put pieces that the same rules accept together."""
        if not parts:
            certain = sum(1 << bit for bit, cell in enumerate(cells) if cell is not None)
            return _Column(label, [("any", certain, self.all)] if certain != self.all else [])
        alike: dict[str, tuple[Formula, int]] = {}  # cells with one text say the same: asked once
        for bit, cell in enumerate(cells):
            if cell is not None:
                alike[cell.text] = cell, alike.get(cell.text, (cell, 0))[1] | 1 << bit
        unknown = sum(1 << bit for bit, cell in enumerate(cells) if cell is None)
        together: dict[tuple[int, int], list[Piece]] = {}
        for part in parts:
            sure = sum(rules for cell, rules in alike.values() if accepts(cell, self.names, part.sample))
            together.setdefault((sure, sure | unknown), []).append(part)
        return _Column(label, [(shown(group), sure, may) for (sure, may), group in together.items()])

    def spend(self) -> bool:
        self.steps += 1
        self.stopped = self.stopped or self.steps > MAX_STEPS
        return not self.stopped

    def meet(self, columns: list[_Column], index: int, rules: int, where: dict[str, str]) -> None:
        """Look for inputs that two rules certainly accept."""
        if rules & (rules - 1) == 0 or len(self.overlaps) >= MAX_TOLD or not self.spend():
            return
        if index == len(columns):
            numbers = [bit + 1 for bit in range(len(self.table.rules)) if rules >> bit & 1]
            for position, one in enumerate(numbers):
                for other in numbers[position + 1 :]:
                    if self.differ(one, other):
                        self.overlaps.setdefault((one, other), dict(where))
            return
        for words, sure, _ in columns[index].groups:
            self.meet(columns, index + 1, rules & sure, {**where, columns[index].label: words})

    def differ(self, one: int, other: int) -> bool:
        """Under ANY rules may overlap when they say the same."""
        if self.table.policy.upper() != "ANY":
            return True
        texts = [[cell.text for cell in self.table.rules[number - 1].outputs] for number in (one, other)]
        return texts[0] != texts[1]

    def miss(self, columns: list[_Column], index: int, rules: int, where: dict[str, str]) -> None:
        """Look for inputs that no rule can accept."""
        if len(self.gaps) >= MAX_TOLD or not self.spend():
            return
        if rules == 0:
            self.gaps.append(dict(where))
        elif index < len(columns):
            for words, _, may in columns[index].groups:
                self.miss(columns, index + 1, rules & may, {**where, columns[index].label: words})
