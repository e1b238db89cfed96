"""A decision model: read once, asked often."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.decisions import xml
from engine.decisions.elements import DecisionNode, Element, InputData, Service
from engine.decisions.errors import DecisionError
from engine.decisions.frame import Frame, Session
from engine.decisions.read import read_elements, read_items
from engine.decisions.tables import PreparedTable
from engine.decisions.trace import TableTrace
from engine.decisions.types import Types
from engine.errors import Phrase
from engine.feel import Functions, Value, lift, names_in, special_names
from engine.feel.evaluation import Evaluation, Scope

#: A model may take more work than one expression.
_STEPS, _SECONDS = 1_000_000, 5.0
#: Compiled tables kept, for one table may be compiled for several sets of names.
_TABLES_KEPT = 256

#: Elements whose `name` formulas may contain.
_NAMED = (
    "itemDefinition",
    "itemComponent",
    "decision",
    "inputData",
    "businessKnowledgeModel",
    "decisionService",
    "variable",
    "formalParameter",
    "parameter",
    "output",
    "column",
    "import",
)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a decision gave.

    Attributes:
        value: a FEEL value as `engine.feel.values` describes it.
        warnings: why values became null, with decision, rule and column.
        trace: how each decision table came to its output, in the order in which they finished.
    """

    value: Value
    warnings: tuple[Phrase, ...]
    trace: tuple[TableTrace, ...]


@dataclass(frozen=True, kw_only=True)
class DecisionInfo:
    """A decision that may be asked for.

    Attributes:
        id: its id in the file.
        name: its name.
        inputs: names of the input data that it needs, through all decisions that it requires.
        service: whether it is a decision service.
    """

    id: str
    name: str
    inputs: tuple[str, ...]
    service: bool


class Model:
    """A DMN model. It is not changed once read, so threads may share it."""

    def __init__(self, xml_bytes: bytes, root: Any, imports: Mapping[str, "Model"]) -> None:
        self.xml = xml_bytes
        self.id: str = root.get("id") or ""
        self.name: str = root.get("name") or ""
        self.namespace: str = root.get("namespace") or ""
        self.version = xml.version(root)
        self.imports, self.missing_imports = _resolve_imports(root, imports)
        self.elements = read_elements(root)
        self.by_id: dict[str, Element] = {element.id: element for element in self.elements}
        self.items = read_items(root)
        self.names = self._special_names(root)
        self.text = "\n".join("".join(element.itertext()) for element in root.iter() if xml.local(element) == "text")
        self.types: Types = Types(self.items, [(alias, model.types) for alias, model in self.imports], self.names)
        self.tables: dict[tuple[int, tuple[str, ...]], PreparedTable] = {}

    @classmethod
    def read(cls, xml_bytes: bytes, imports: Mapping[str, "Model"] | None = None) -> "Model":
        """Read a DMN file of version 1.1 to 1.5.

        Args:
            xml_bytes: the file.
            imports: models that it may import, by namespace.

        Raises:
            DecisionError: the file is too large, no XML, has a DOCTYPE, or is no DMN.
        """
        return cls(xml_bytes, xml.parse(xml_bytes), imports or {})

    def _special_names(self, root: Any) -> tuple[str, ...]:
        found = {element.get("name") for element in root.iter() if xml.local(element) in _NAMED}
        for _, model in self.imports:
            found.update(model.names)
        return special_names(dict.fromkeys(filter(None, found)))

    def _names_with(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Return the model's names and those of the data that its formulas may mean."""
        if not given or set(given) <= set(self.names):
            return self.names
        names = tuple(sorted({*self.names, *names_in(self.text, given)}))
        if len(self.tables) > _TABLES_KEPT:
            self.tables.clear()
        return names

    @property
    def decisions(self) -> tuple[DecisionInfo, ...]:
        """The decisions and decision services of the model, in the order of the file."""
        return tuple(
            DecisionInfo(
                id=element.id,
                name=element.name,
                inputs=tuple(self._inputs_of(element, set())),
                service=isinstance(element, Service),
            )
            for element in self.elements
            if isinstance(element, DecisionNode | Service)
        )

    def _inputs_of(self, element: Element, seen: set[str]) -> list[str]:
        if element.id in seen:
            return []
        seen.add(element.id)
        if isinstance(element, InputData):
            return [element.variable.name]
        if isinstance(element, Service):
            given = [self.by_id.get(each.id) for each in element.input_decisions + element.inputs]
            return [each.variable.name for each in given if each is not None]
        if not isinstance(element, DecisionNode):
            return []
        required = [self.by_id[each.id] for each in element.inputs if each.id in self.by_id]
        return [name for each in required for name in self._inputs_of(each, seen)]

    def find(self, id_or_name: str) -> Element:
        """Return the element with an id, or else with a name.

        Raises:
            DecisionError: `decision-unknown`.
        """
        found = self.by_id.get(id_or_name)
        if found is None:
            found = next((element for element in self.elements if element.name == id_or_name), None)
        if found is None:
            known = ", ".join(info.name for info in self.decisions)
            raise DecisionError(
                "decision-unknown",
                "model `{model}` has no decision `{decision}`, only {known}",
                model=self.name,
                decision=id_or_name,
                known=known,
            )
        return found

    def decide(
        self,
        id_or_name: str,
        context: Mapping[str, Any],
        *,
        now: datetime.datetime | None = None,
        functions: Functions | None = None,
    ) -> Decision:
        """Make a decision.

        Args:
            id_or_name: id or name of a decision, decision service or knowledge model.
            context: the input data by name, as Python values. A decision that requires no input data reads any of it.
            now: aware moment that `now()` and `today()` mean.
            functions: further functions that formulas may call, by name.

        Raises:
            DecisionError: there is no such decision, it requires itself, or a formula that it needs does not parse.
            FeelLimitError: the budget is used up.
        """
        element = self.find(id_or_name)
        evaluation = Evaluation({}, now=now, functions=functions, steps=_STEPS, seconds=_SECONDS)
        names = self._names_with(special_names(context, functions or ()))
        evaluation.types = self.types.named
        with evaluation:
            session = Session(self, evaluation, names, Scope({}, None, evaluation))
            inputs = {name: lift(value) for name, value in context.items()}
            value = Frame(session, self, inputs, element.name).answer(element)
        return Decision(value=value, warnings=tuple(evaluation.warnings), trace=tuple(session.trace))


def _resolve_imports(root: Any, models: Mapping[str, Model]) -> tuple[list[tuple[str, Model]], tuple[str, ...]]:
    """Return the imported models with their aliases, and the namespaces of DMN models that were not handed in."""
    found: list[tuple[str, Model]] = []
    missing: list[str] = []
    for element in xml.children(root, "import"):
        namespace = element.get("namespace") or ""
        if namespace in models:
            found.append((element.get("name") or "", models[namespace]))
        elif "/DMN/" in (element.get("importType") or ""):
            missing.append(namespace)
    return found, tuple(missing)
