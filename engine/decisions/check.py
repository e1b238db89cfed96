"""What is wrong with a model, found without asking it anything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.decisions.check_logic import LogicChecker
from engine.decisions.elements import (
    DecisionNode,
    Element,
    InputData,
    ItemDefinition,
    KnowledgeModel,
    Reference,
    Service,
)
from engine.decisions.errors import DecisionError
from engine.decisions.findings import Finding
from engine.decisions.model import Model
from engine.errors import Phrase


def check(model: Model, functions: Iterable[str] = ()) -> list[Finding]:
    """Return the mistakes in a model.

    Args:
        model: the model.
        functions: names of the functions that the caller of `Model.decide` hands in.

    Returns:
        Findings with code, level (`error` or `warning`), id of the element and message. With an error some decision
        fails whatever the data are; with a warning it may do something else than was meant.
    """
    checker = _Checker(model, tuple(functions))
    return list(checker.run())


@dataclass(frozen=True)
class _Checker:
    model: Model
    functions: tuple[str, ...]

    def run(self) -> Iterator[Finding]:
        for namespace in self.model.missing_imports:
            yield Finding.error(
                "decision-missing-import",
                self.model.id,
                Phrase("the imported model `{namespace}` is not there; add its file", namespace=namespace),
            )
        yield from self._repeated_names()
        for item in self.model.items:
            yield from self._item(item)
        for element in self.model.elements:
            yield from self._element(element)

    def _repeated_names(self) -> Iterator[Finding]:
        seen: set[str] = set()
        for element in self.model.elements:
            if element.name in seen:
                message = Phrase("two elements are called `{name}`; give one of them another name", name=element.name)
                yield Finding.warning("decision-name-twice", element.id, message)
            seen.add(element.name)

    def _item(self, item: ItemDefinition) -> Iterator[Finding]:
        if item.type and not self.model.types.knows(item.type):
            message = Phrase("type `{name}` is made of `{type}`, which is no type", name=item.name, type=item.type)
            yield Finding.error("decision-unknown-type", item.name, message)
        for formula in (item.allowed, item.constraint):
            try:
                formula.test(self.model.names)
            except DecisionError as problem:
                yield Finding.error(
                    problem.code,
                    formula.id,
                    Phrase("type `{decision}`, {place}: {problem} in `{text}`", **problem.facts),
                )
        for component in item.components:
            yield from self._item(component)

    def _element(self, element: Element) -> Iterator[Finding]:
        if element.variable.type and not self.model.types.knows(element.variable.type):
            message = Phrase(
                "`{name}` has the type `{type}`, which is no type", name=element.name, type=element.variable.type
            )
            yield Finding.error("decision-unknown-type", element.id, message)
        if isinstance(element, InputData):
            return
        for reference in self._references(element):
            if self._resolve(reference) is None:
                message = Phrase(
                    "`{name}` refers to `{id}`, which is not in the model; draw the arrow again",
                    name=element.name,
                    id=reference.id,
                )
                yield Finding.error("decision-unknown-reference", element.id, message)
        if self._in_circle(element):
            message = Phrase("`{name}` requires itself; take one of the arrows of the circle away", name=element.name)
            yield Finding.error("decision-cycle", element.id, message)
        if isinstance(element, Service):
            if not element.outputs:
                yield Finding.error(
                    "decision-no-output",
                    element.id,
                    Phrase("service `{name}` has no output decision", name=element.name),
                )
            return
        if element.logic is None:
            message = Phrase(
                "`{name}` has no logic, so it is always null; add a table or an expression", name=element.name
            )
            yield Finding.warning("decision-no-logic", element.id, message)
            return
        reads_all = isinstance(element, DecisionNode) and not element.inputs
        checker = LogicChecker(self.model, element, self.functions, reads_all=reads_all)
        yield from checker.run(element.logic, self._names_in_scope(element))

    def _references(self, element: Element) -> tuple[Reference, ...]:
        if isinstance(element, DecisionNode):
            return element.inputs + element.knowledge
        if isinstance(element, KnowledgeModel):
            return element.knowledge
        return element.outputs + element.input_decisions + element.inputs if isinstance(element, Service) else ()

    def _resolve(self, reference: Reference) -> Element | None:
        if reference.namespace in ("", self.model.namespace):
            return self.model.by_id.get(reference.id)
        for _, model in self.model.imports:
            if reference.namespace == model.namespace:
                return model.by_id.get(reference.id)
        return None

    def _names_in_scope(self, element: Element) -> frozenset[str]:
        names = {resolved.variable.name for each in self._references(element) if (resolved := self._resolve(each))}
        return frozenset(names | {alias for alias, _ in self.model.imports})

    def _in_circle(self, element: Element) -> bool:
        """Say whether a decision requires itself; knowledge models and services may."""
        if not isinstance(element, DecisionNode):
            return False
        seen: set[str] = set()
        waiting = [each.id for each in element.inputs]
        while waiting:
            current = waiting.pop()
            if current == element.id:
                return True
            found = self.model.by_id.get(current)
            if current not in seen and isinstance(found, DecisionNode):
                seen.add(current)
                waiting.extend(each.id for each in found.inputs)
        return False
