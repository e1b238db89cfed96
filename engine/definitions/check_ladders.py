"""Checks the ladders of a package row by row, as far as their cells can be read without a case.

A cell with an expression over data is left to the moment at which the clock starts: what is wrong then is an incident.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from lxml import etree

from engine import feel
from engine.deadlines.ladder import LONGEST_NAME, UNITS, ladder_of
from engine.errors import Phrase
from engine.organisation.relations import RELATIONS
from engine.spiff.findings import Finding, Severity, finding, one_of

#: Output columns that every ladder has; `after_due` and `fraction_left` may each be missing where it is not used.
_COLUMNS: Final = ("rung", "to", "notice")
_COLLECTING: Final = ("RULE ORDER", "COLLECT", "OUTPUT ORDER")
#: A cell that depends on data: it is not known before a clock starts.
_OPEN: Final = object()
#: Hours that a unit of an amount has at least and at most, for rows that count in different units.
_SPAN: Final = {"hours": (1, 1), "calendar-days": (24, 24), "working-days": (24, 24 * 12)}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A rule of a ladder's table.

    Args:
        number: its place in the table, 1 first.
        when: the texts of its input cells, `-` where any value will do.
        cells: what its output cells say, by column; `_OPEN` for one that depends on data.
    """

    number: int
    rule_id: str
    when: tuple[str, ...]
    cells: dict[str, Any] = field(default_factory=dict)

    def get(self, column: str) -> Any:
        return self.cells.get(column)

    @property
    def label(self) -> Phrase:
        """How people find it: `row 3 (L2)`."""
        name = self.get("rung")
        if isinstance(name, str) and name:
            return Phrase("row {number} ({name})", number=self.number, name=name)
        return Phrase("row {number}", number=self.number)

    def meets(self, other: "_Row") -> bool:
        """Whether one case can have both rows, as far as their conditions' texts tell."""
        return all("-" in (mine, theirs) or mine == theirs for mine, theirs in zip(self.when, other.when, strict=True))


def check_ladders(
    file: str, xml: bytes, *, named: Collection[str], notices: Collection[str], documents: Collection[str]
) -> Iterator[Finding]:
    """Find what is wrong with the ladders of a DMN file.

    Args:
        named: decisions that a diagram names as ladder. A table with a column `rung` is one whether it is named or not.
        notices, documents: templates of the package.
    """
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    for decision in root.iter("{*}decision"):
        name, table = decision.get("id") or "", decision.find("{*}decisionTable")
        ladder = _Ladder(file, name, table if table is not None else decision)
        if table is not None and (is_ladder(table) or ladder_of(name) in named):
            yield from ladder.check_table(notices, documents)
        elif table is None and ladder_of(name) in named:
            yield from ladder.check_list(_text(decision.find("{*}literalExpression")), notices, documents)


def is_ladder(table: Any) -> bool:
    """Say whether a decision table gives rungs."""
    return any(column.get("name") == "rung" for column in table.findall("{*}output"))


@dataclass(frozen=True)
class _Ladder:
    file: str
    name: str
    #: the decision table, or the decision of one that is an expression
    table: Any

    def check_list(self, source: str, notices: Collection[str], documents: Collection[str]) -> Iterator[Finding]:
        """Check a ladder that is one FEEL list; one that depends on data is left to the clock."""
        found = _value(source)
        if isinstance(found, list) and all(isinstance(row, dict) for row in found):
            rows = [_Row(number=number, rule_id="", when=(), cells=row) for number, row in enumerate(found, 1)]
            yield from self._check_rows(rows, notices, documents)
        elif found is not _OPEN:
            mend = Phrase("Make it a decision table that collects its rows")
            yield self._wrong(None, "ladder-no-list", Phrase("it gives no list of rungs"), mend)

    def check_table(self, notices: Collection[str], documents: Collection[str]) -> Iterator[Finding]:
        """Check a decision table: its policy, its columns, its rows."""
        columns = [column.get("name") or "" for column in self.table.findall("{*}output")]
        policy = self.table.get("hitPolicy") or "UNIQUE"
        if policy not in _COLLECTING or self.table.get("aggregation"):
            yield self._wrong(
                None, "ladder-hit-policy",
                Phrase("its hit policy {policy} does not give a list of rungs", policy=policy),
                Phrase("Choose RULE ORDER, or COLLECT without an aggregation"),
            )  # fmt: skip
        missing = [name for name in _COLUMNS if name not in columns]
        if not {"fraction_left", "after_due"} & set(columns):
            missing.append(Phrase("fraction_left or after_due"))
        for name in missing:
            yield self._wrong(
                None, "ladder-column", Phrase("it has no output column {name}", name=name), Phrase("Add the column")
            )
        if not missing:
            rows = [_read(number, rule, columns) for number, rule in enumerate(self.table.findall("{*}rule"), 1)]
            yield from self._check_rows(rows, notices, documents)

    def _check_rows(
        self, rows: Sequence[_Row], notices: Collection[str], documents: Collection[str]
    ) -> Iterator[Finding]:
        for position, row in enumerate(rows):
            yield from self._check_name(row, rows[:position])
            yield from self._check_amount(row)
            yield from self._check_people(row, notices, documents)
            yield from self._check_order(row, rows[:position])

    def _wrong(self, row: _Row | None, code: str, reason: Phrase, mend: Phrase) -> Finding:
        if row:
            reason = Phrase("{row}: {reason}", row=row.label, reason=reason)
        element = (row.rule_id if row else "") or self.table.get("id") or ""
        return finding(
            Severity.ERROR,
            code,
            self.file,
            element,
            f"ladder {self.name}",
            reason,
            mend,
        )

    def _check_name(self, row: _Row, above: Sequence[_Row]) -> Iterator[Finding]:
        name = row.get("rung")
        if name is _OPEN:
            return
        if not isinstance(name, str) or not name or len(name) > LONGEST_NAME:
            mend = Phrase(
                "Give it one of at most {limit} characters, such as L{number}",
                limit=LONGEST_NAME,
                number=row.number - 1,
            )
            yield self._wrong(row, "ladder-rung-name", Phrase("the rung has no name that can be used"), mend)
        for other in above:
            if other.get("rung") == name and other.meets(row):
                yield self._wrong(
                    row, "ladder-rung-twice",
                    Phrase("row {number} is called {name!r} too, and one case can have both", number=other.number,
                           name=name),
                    Phrase("Give one of them another name, or let their conditions exclude each other"),
                )  # fmt: skip

    def _check_amount(self, row: _Row) -> Iterator[Finding]:
        fraction, after, unit = row.get("fraction_left"), row.get("after_due"), row.get("unit")
        if (fraction is None) == (after is None) and _OPEN not in (fraction, after):
            what = Phrase("has no amount") if fraction is None else Phrase("has both fraction_left and after_due")
            mend = Phrase(
                "Fill in fraction_left (0 to 1, before the date) or after_due with a unit, and null in the other"
            )
            yield self._wrong(row, "ladder-rung-when", Phrase("the rung {what}", what=what), mend)
            return
        if fraction not in (None, _OPEN) and (not _is_number(fraction) or not 0 <= fraction <= 1):
            mend = Phrase("Write a number from 0 to 1: 0.30 is when 30 % of the time is left")
            yield self._wrong(
                row, "ladder-rung-fraction", Phrase("fraction_left is {fraction}", fraction=fraction), mend
            )
        if after is None:
            return
        if after is not _OPEN and (not _is_number(after) or after != int(after) or after < 0):
            yield self._wrong(
                row,
                "ladder-rung-after",
                Phrase("after_due is {after}", after=after),
                Phrase("Write a whole number, 0 or more"),
            )
        if unit is not _OPEN and unit not in UNITS:
            said = Phrase("after_due has no unit") if unit is None else Phrase("the unit is {unit!r}", unit=unit)
            yield self._wrong(row, "ladder-rung-unit", said, Phrase("Write one of: {names}", names=", ".join(UNITS)))

    def _check_people(self, row: _Row, notices: Collection[str], documents: Collection[str]) -> Iterator[Finding]:
        for column in ("to", "next"):
            for name in _names(row.get(column)):
                if name not in RELATIONS:
                    mend = Phrase("Write one of: {names}", names=", ".join(sorted(RELATIONS)))
                    yield self._wrong(
                        row,
                        "ladder-relation",
                        Phrase("nobody is meant by {name!r} in {column}", name=name, column=column),
                        mend,
                    )
        told, notice = row.get("to"), row.get("notice")
        if bool(_names(told)) != bool(notice) and _OPEN not in (told, notice):
            said = (
                Phrase("it tells somebody and names no notice")
                if _names(told)
                else Phrase("it names a notice and nobody to tell")
            )
            yield self._wrong(row, "ladder-notice", said, Phrase("Fill in both `to` and `notice`, or `[]` and null"))
        if isinstance(notice, str) and notice and notice not in notices:
            yield self._wrong(
                row, "notice-unknown", Phrase("the package has no notice {notice!r}", notice=notice), one_of(notices)
            )
        paper, hours = row.get("document"), row.get("acknowledge_hours")
        if isinstance(paper, str) and paper and paper not in documents:
            yield self._wrong(
                row,
                "document-unknown",
                Phrase("the package has no document {document!r}", document=paper),
                one_of(documents),
            )
        if paper not in (None, "") and row.get("sign") in (None, False):
            mend = Phrase("Write true in sign, or take the document away")
            yield self._wrong(row, "ladder-document", Phrase("it has a document and nobody signs it"), mend)
        if hours not in (None, _OPEN) and (not _is_number(hours) or hours != int(hours) or hours < 1):
            mend = Phrase("Write a whole number of duty hours, 1 or more, or null")
            yield self._wrong(row, "ladder-rung-hours", Phrase("acknowledge_hours is {hours}", hours=hours), mend)
        urgent = row.get("urgent")
        if urgent is not _OPEN and urgent not in (None, True, False):
            mend = Phrase("Write true, false, or null: escalations from L2 on go out in quiet hours")
            yield self._wrong(row, "ladder-rung-urgent", Phrase("urgent is {urgent}", urgent=urgent), mend)

    def _check_order(self, row: _Row, above: Sequence[_Row]) -> Iterator[Finding]:
        for other in above:
            if other.meets(row) and _surely_later(other, row):
                yield self._wrong(
                    row, "ladder-order", Phrase("it is due before {label}, which stands above it", label=other.label),
                    Phrase("Put the rows in the order of their times, or correct the amount"),
                )  # fmt: skip
                return


def _surely_later(above: _Row, below: _Row) -> bool:
    """Whether the rung above is due after the one below, whatever the case; False where that depends on the case."""
    first, second = above.get("fraction_left"), below.get("fraction_left")
    if _is_number(first) and _is_number(second):
        return bool(first < second)
    if _is_number(second):  # before the date, and the one above is not
        return first is None and _is_number(above.get("after_due"))
    if not (_is_number(above.get("after_due")) and _is_number(below.get("after_due"))):
        return False
    if above.get("unit") == below.get("unit"):
        return bool(above.get("after_due") > below.get("after_due"))
    least, most = _SPAN.get(above.get("unit"), (0, 0))[0], _SPAN.get(below.get("unit"), (0, 10**9))[1]
    return bool(above.get("after_due") * least > below.get("after_due") * most)


def _read(number: int, rule: Any, columns: Sequence[str]) -> _Row:
    tests = [_text(cell) or "-" for cell in rule.findall("{*}inputEntry")]
    cells = [_value(_text(cell)) for cell in rule.findall("{*}outputEntry")]
    said = dict(zip(columns, cells, strict=False))
    return _Row(number=number, rule_id=rule.get("id") or "", when=tuple(tests), cells=said)


def _text(cell: Any) -> str:
    return "" if cell is None else (cell.findtext("{*}text") or "").strip()


def _value(source: str) -> Any:
    """What an output cell says: its value, None for null or an empty cell, `_OPEN` where only data can tell."""
    if source in ("", "null", "-"):
        return None
    try:
        found = feel.evaluate(source, {})
    except feel.FeelError:
        return _OPEN  # told as a mistake of the decision
    return _OPEN if found.warnings else feel.lower(found.value)


def _names(told: Any) -> list[str]:
    each = told.split(";") if isinstance(told, str) else told if isinstance(told, list) else []
    return [name for one in each if (name := str(one).strip())]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
