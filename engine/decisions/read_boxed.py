"""From XML to boxed expressions. Source: DMN 1.5, 10.2."""

from collections.abc import Callable
from typing import Any

from engine.decisions import xml
from engine.decisions.elements import (
    Boxed,
    BoxedContext,
    BoxedFilter,
    BoxedList,
    Conditional,
    DecisionTable,
    FunctionDefinition,
    InputColumn,
    Invocation,
    LiteralExpression,
    Loop,
    OutputColumn,
    Relation,
    Rule,
    Variable,
)
from engine.decisions.errors import DecisionError
from engine.decisions.formula import EMPTY, Formula
from engine.errors import Phrase

#: Boxed expressions within boxed expressions.
_DEEPEST = 40


class BoxedReader:
    """Reads the logic of one decision or knowledge model, whose name its formulas carry."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._depth = 0
        self._readers: dict[str, Callable[[Any, dict[str, str]], Boxed]] = {
            "literalExpression": self._literal,
            "context": self._context,
            "invocation": self._invocation,
            "functionDefinition": self._function,
            "encapsulatedLogic": self._function,
            "list": self._list,
            "relation": self._relation,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._loop,
            "some": self._loop,
            "every": self._loop,
            "decisionTable": self._table,
        }

    def expression(self, element: Any) -> Boxed:
        """Return the boxed expression that an element is.

        Raises:
            DecisionError: `decision-too-deep`.
        """
        self._depth += 1
        if self._depth > _DEEPEST:
            raise DecisionError(
                "decision-too-deep",
                "decision `{decision}` has more than {limit} boxed expressions within each other; split it",
                decision=self.owner,
                limit=_DEEPEST,
            )
        common = {"id": element.get("id") or "", "type": element.get("typeRef") or ""}
        boxed = self._readers[xml.local(element)](element, common)
        self._depth -= 1
        return boxed

    def body(self, element: Any) -> Boxed | None:
        """Return the first boxed expression within an element, or None."""
        found = next(xml.children(element, *self._readers), None)
        return self.expression(found) if found is not None else None

    def _inside(self, element: Any, name: str) -> Boxed | None:
        found = xml.child(element, name)
        return self.body(found) if found is not None else None

    def _formula(self, text: str, place: Phrase, element: Any) -> Formula:
        if not text:
            return EMPTY
        return Formula(text, owner=self.owner, place=place, id=element.get("id") or "")

    def _literal(self, element: Any, common: dict[str, str]) -> Boxed:
        formula = self._formula(xml.text_of(element), Phrase("literal expression"), element)
        return LiteralExpression(**common, formula=formula)

    def _context(self, element: Any, common: dict[str, str]) -> Boxed:
        entries: list[tuple[Variable | None, Boxed | None]] = []
        for entry in xml.children(element, "contextEntry"):
            variable = xml.child(entry, "variable")
            entries.append((_named(variable) if variable is not None else None, self.body(entry)))
        return BoxedContext(**common, entries=tuple(entries))

    def _invocation(self, element: Any, common: dict[str, str]) -> Boxed:
        bindings = tuple(
            (xml.child(binding, "parameter").get("name") or "", self.body(binding))
            for binding in xml.children(element, "binding")
            if xml.child(binding, "parameter") is not None
        )
        return Invocation(**common, function=self.body(element), bindings=bindings)

    def _function(self, element: Any, common: dict[str, str]) -> Boxed:
        parameters = tuple(_named(each) for each in xml.children(element, "formalParameter"))
        kind = element.get("kind") or "FEEL"
        return FunctionDefinition(**common, kind=kind, parameters=parameters, body=self.body(element))

    def _list(self, element: Any, common: dict[str, str]) -> Boxed:
        return BoxedList(**common, items=tuple(map(self.expression, xml.children(element, *self._readers))))

    def _relation(self, element: Any, common: dict[str, str]) -> Boxed:
        rows = tuple(
            tuple(map(self.expression, xml.children(row, *self._readers))) for row in xml.children(element, "row")
        )
        columns = tuple(column.get("name") or "" for column in xml.children(element, "column"))
        return Relation(**common, columns=columns, rows=rows)

    def _conditional(self, element: Any, common: dict[str, str]) -> Boxed:
        return Conditional(
            **common,
            condition=self._inside(element, "if"),
            then=self._inside(element, "then"),
            otherwise=self._inside(element, "else"),
        )

    def _filter(self, element: Any, common: dict[str, str]) -> Boxed:
        return BoxedFilter(**common, items=self._inside(element, "in"), match=self._inside(element, "match"))

    def _loop(self, element: Any, common: dict[str, str]) -> Boxed:
        kind = xml.local(element)
        return Loop(
            **common,
            kind=kind,
            variable=element.get("iteratorVariable") or "",
            items=self._inside(element, "in"),
            body=self._inside(element, "return" if kind == "for" else "satisfies"),
        )

    def _table(self, element: Any, common: dict[str, str]) -> Boxed:
        inputs = tuple(self._input(each, index) for index, each in enumerate(xml.children(element, "input"), 1))
        outputs = tuple(self._output(each, index) for index, each in enumerate(xml.children(element, "output"), 1))
        rules = xml.children(element, "rule")
        return DecisionTable(
            **common,
            label=element.get("outputLabel") or "",
            policy=element.get("hitPolicy") or "UNIQUE",
            aggregation=element.get("aggregation") or "",
            inputs=inputs,
            outputs=outputs,
            rules=tuple(self._rule(each, number, inputs, outputs) for number, each in enumerate(rules, 1)),
        )

    def _input(self, element: Any, index: int) -> InputColumn:
        expression, values = xml.child(element, "inputExpression"), xml.child(element, "inputValues")
        source = xml.text_of(expression)
        label = element.get("label") or source or f"input {index}"
        place = Phrase('input column "{label}"', label=label)
        return InputColumn(
            id=element.get("id") or "",
            label=label,
            type=(expression.get("typeRef") or "") if expression is not None else "",
            formula=self._formula(source, place, element),
            allowed=self._formula(xml.text_of(values), Phrase("{place}, its values", place=place), element),
        )

    def _output(self, element: Any, index: int) -> OutputColumn:
        name = element.get("name") or ""
        label = element.get("label") or name or f"output {index}"
        place = Phrase('output column "{label}"', label=label)
        values, default = xml.child(element, "outputValues"), xml.child(element, "defaultOutputEntry")
        return OutputColumn(
            id=element.get("id") or "",
            name=name,
            label=label,
            type=element.get("typeRef") or "",
            allowed=self._formula(xml.text_of(values), Phrase("{place}, its values", place=place), element),
            default=self._formula(xml.text_of(default), Phrase("{place}, its default", place=place), element),
        )

    def _rule(
        self, element: Any, number: int, inputs: tuple[InputColumn, ...], outputs: tuple[OutputColumn, ...]
    ) -> Rule:
        def cells(name: str, labels: list[str]) -> tuple[Formula, ...]:
            found = list(xml.children(element, name))
            return tuple(
                self._formula(
                    xml.text_of(cell), Phrase('rule {number}, column "{label}"', number=number, label=label), cell
                )
                for cell, label in zip(found, labels, strict=False)
            )

        notes = [xml.text_of(note) for note in xml.children(element, "annotationEntry")]
        return Rule(
            id=element.get("id") or "",
            number=number,
            tests=cells("inputEntry", [column.label for column in inputs]),
            outputs=cells("outputEntry", [column.label for column in outputs]),
            annotations=tuple(filter(None, notes)),
        )


def _named(element: Any) -> Variable:
    return Variable(name=element.get("name") or "", type=element.get("typeRef") or "")
