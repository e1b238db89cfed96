"""A decision in the making: its session, and the values found so far in its requirement graph.

Source: DMN 1.5, 6.3 (requirements), 10.4 (execution semantics of decision services).
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.decisions.boxed import evaluate_boxed, make_function
from engine.decisions.elements import (
    DecisionNode,
    DecisionTable,
    Element,
    InputData,
    KnowledgeModel,
    Reference,
    Service,
)
from engine.decisions.errors import DecisionError
from engine.decisions.formula import Formula
from engine.decisions.tables import PreparedTable, prepare
from engine.decisions.trace import TableTrace
from engine.errors import Phrase
from engine.feel import FeelLimitError, Value, kind
from engine.feel.evaluation import Evaluation, Scope
from engine.feel.values import Function

if TYPE_CHECKING:
    from engine.decisions.model import Model


@dataclass
class Session:
    """What all frames of one call of `Model.decide` share.

    Attributes:
        names: names with spaces or signs that formulas may contain.
        outermost: scope in which host functions are found, but no data.
        trace: the tables evaluated, in the order in which they finished.
    """

    model: "Model"
    evaluation: Evaluation
    names: tuple[str, ...]
    outermost: Scope
    trace: list[TableTrace] = field(default_factory=list)

    def prepared(self, table: DecisionTable) -> PreparedTable:
        """Return a table with its cells compiled, once for each set of names."""
        key = (id(table), self.names)
        found = self.model.tables.get(key)
        if found is None:
            found = self.model.tables[key] = prepare(table, self.names)
        return found


class Frame:
    """The evaluation of one requirement graph over one set of inputs."""

    def __init__(self, session: Session, model: "Model", inputs: dict[str, Value], owner: str) -> None:
        self.session = session
        self.model = model
        self.inputs = inputs
        self.owner = owner
        self.values: dict[str, Value] = {}
        self._under_way: set[str] = set()

    # what tables and boxed expressions need

    def warn(self, message: Phrase) -> None:
        """Keep a warning with the name of the decision."""
        self.session.evaluation.warn(Phrase("decision `{decision}`, {problem}", decision=self.owner, problem=message))

    def place_warnings(self, since: int, formula: Formula) -> None:
        """Say of the warnings since then where they arose."""
        warnings = self.session.evaluation.warnings
        for index in range(since, len(warnings)):
            if not warnings[index].startswith("decision `"):
                warnings[index] = Phrase(
                    "decision `{decision}`, {place}: {problem}",
                    decision=self.owner,
                    place=formula.place,
                    problem=warnings[index],
                )

    def evaluate(self, formula: Formula, scope: Scope) -> Value:
        """Return the value of a formula; null for an empty one."""
        if not formula:
            return None
        since = len(self.session.evaluation.warnings)
        value = formula.expression(self.session.names).run(scope)
        if len(self.session.evaluation.warnings) > since:
            self.place_warnings(since, formula)
        return value

    def test(self, formula: Formula, value: Value, scope: Scope) -> bool | None:
        """Say whether the tests in a formula cover a value."""
        return formula.test(self.session.names).run(value, scope.inner({"?": value}))

    def fit(self, type_reference: str, value: Value, what: str) -> Value:
        """Return a value as a type wants it, null when it does not fit."""
        fits, fitted = self.model.types.fit(type_reference, value)
        if not fits:
            self.warn(
                Phrase(
                    "{place}: a {kind} is no `{type}`, or has a value that is not allowed",
                    place=what,
                    kind=kind(value),
                    type=type_reference,
                )
            )
        return fitted

    # the requirement graph

    def value_of(self, element: Element) -> Value:
        """Return what an element is in this frame, evaluating it and what it requires once."""
        if element.id in self.values:
            return self.values[element.id]
        if element.id in self._under_way:
            raise DecisionError(
                "decision-cycle",
                "decision `{decision}` requires itself; take one of the arrows of the circle away",
                decision=element.name,
                element=element.id,
            )
        self._under_way.add(element.id)
        outer, self.owner = self.owner, element.name
        value = self._compute(element)
        self.owner = outer
        self._under_way.discard(element.id)
        self.values[element.id] = value
        return value

    def _compute(self, element: Element) -> Value:
        if isinstance(element, InputData):
            value = self.inputs.get(element.variable.name, self.inputs.get(element.name))
            return self.fit(element.variable.type, value, f"input `{element.name}`")
        if isinstance(element, KnowledgeModel):
            return self._knowledge(element)
        if isinstance(element, Service):
            return self._service(element)
        scope = self._scope(element.inputs + element.knowledge)
        if not element.inputs:
            # a modeller may leave the input data out of the drawing; the decision reads the caller's variables then
            scope = Scope(scope.values, Scope(self.inputs, scope.parent, scope.evaluation), scope.evaluation)
        return self.fit(element.variable.type, evaluate_boxed(element.logic, scope, self), "result")

    def _scope(self, references: tuple[Reference, ...]) -> Scope:
        """Return the scope of an element's logic: what it requires, by name, and nothing else of the model."""
        values: dict[str, Value] = {}
        for reference in references:
            self._require(reference, values)
        return Scope(values, self.session.outermost, self.session.evaluation)

    def _require(self, reference: Reference, values: dict[str, Value]) -> None:
        element = self.model.by_id.get(reference.id)
        if element is not None and reference.namespace in ("", self.model.namespace):
            values[element.variable.name] = self.value_of(element)
            return
        for alias, model in self.model.imports:
            element = model.by_id.get(reference.id)
            if element is not None and reference.namespace == model.namespace:
                # an import without a name adds to the names of the model itself
                given = self.inputs.get(alias) if alias else self.inputs
                frame = Frame(self.session, model, given if isinstance(given, dict) else {}, element.name)
                target = values.setdefault(alias, {}) if alias else values
                target[element.variable.name] = frame.value_of(element)
                return
        raise DecisionError(
            "decision-unknown-reference",
            "decision `{decision}` requires `{reference}`, which is neither in the model nor in an imported one",
            decision=self.owner,
            reference=reference.id,
        )

    def _knowledge(self, element: KnowledgeModel) -> Value:
        logic = element.logic
        if logic is None:
            return None
        parameters = tuple(parameter.name for parameter in logic.parameters)
        made: list[Function] = []

        def run(arguments: list[Value], caller: Scope) -> Value:
            # its own requirements are found on the first call, for it may require itself
            if not made:
                made.append(make_function(logic, self._scope(element.knowledge), self, element.variable.type))
            outer, self.owner = self.owner, element.name
            value = made[0].call(arguments, caller)
            self.owner = outer
            return value

        function = Function(parameters, (None,) * len(parameters), run)
        self.values[element.id] = function
        return function

    def _service(self, service: Service) -> Value:
        given = [self._element(each) for each in service.input_decisions + service.inputs]
        outputs = [self._element(each) for each in service.outputs]

        def run(arguments: list[Value], caller: Scope) -> Value:
            inputs = {element.variable.name: value for element, value in zip(given, arguments, strict=True)}
            frame = Frame(self.session, self.model, inputs, service.name)
            for element in given:
                value = inputs[element.variable.name]
                frame.values[element.id] = frame.fit(element.variable.type, value, f"input `{element.name}`")
            results = {element.variable.name: frame.value_of(element) for element in outputs}
            value = next(iter(results.values())) if len(outputs) == 1 else results
            return self.fit(service.variable.type, value, "result")

        return Function(tuple(element.variable.name for element in given), (None,) * len(given), run)

    def _element(self, reference: Reference) -> Element:
        element = self.model.by_id.get(reference.id)
        if element is None:
            raise DecisionError(
                "decision-unknown-reference",
                "`{decision}` refers to `{reference}`, which is not in the model",
                decision=self.owner,
                reference=reference.id,
            )
        return element

    def answer(self, element: Element) -> Value:
        """Return the value that the caller asked for; a service or knowledge model is called with the inputs."""
        try:
            value = self.value_of(element)
            if not isinstance(element, Service | KnowledgeModel) or not isinstance(value, Function):
                return value
            arguments: list[Any] = [self.inputs.get(name) for name in value.parameters]
            return value.call(arguments, self.session.outermost)
        except RecursionError:
            raise FeelLimitError("levels of an evaluation", 60) from None


__all__ = ["DecisionNode", "Frame", "Session"]
