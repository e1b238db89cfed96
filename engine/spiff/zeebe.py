"""What the `zeebe:` extension elements of one BPMN element say.

Source: Camunda 8 documentation, "Modeler, BPMN"; the schema of zeebe-bpmn-moddle 1.x.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.spiff.document import ZEEBE, Node, child, children, local, text, yes

#: Names of our own settings begin with this; see docs for the list.
PREFIX = "chuishao:"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One line of an input or output mapping: `target` gets the value of `source` (FEEL after `=`, else text)."""

    source: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Instances:
    """How often an activity runs: once for each item of a collection, a number of times, or while a condition holds.

    Args:
        sequential: one after the other.
        collection: FEEL list; each instance sees its item as `item`.
        cardinality: FEEL number, when there is no collection.
        item: name of the variable that holds the item.
        results: name of the list that collects `result` of each instance, in the order of the collection.
        result: FEEL, seen by the instance when it ends.
        enough: FEEL condition that ends the rest.
        repeat: `while` condition of a standard loop, looked at after each round (before it when `test_first`).
        maximum: rounds of a standard loop.
    """

    sequential: bool = False
    collection: str | None = None
    cardinality: str | None = None
    item: str | None = None
    results: str | None = None
    result: str | None = None
    enough: str | None = None
    repeat: str | None = None
    maximum: int | None = None
    test_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """All extension elements of one BPMN element that the engine or the rooms above it read."""

    properties: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Exchange, ...] = ()
    outputs: tuple[Exchange, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    form_id: str | None = None
    decision_id: str | None = None
    result_variable: str | None = None
    script: str | None = None
    task_type: str | None = None
    called_process: str | None = None
    passes_parent: bool = True
    returns_child: bool = True
    assignment: Mapping[str, str] = field(default_factory=dict)
    due_date: str | None = None
    follow_up_date: str | None = None
    priority: str | None = None
    correlation_key: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """Our own properties, without their prefix."""
        return {name.removeprefix(PREFIX): value for name, value in self.properties.items() if name.startswith(PREFIX)}


def parts(node: Node) -> dict[str, Node]:
    """The zeebe extension elements of a node, by name."""
    found = child(node, "extensionElements")
    if found is None:
        return {}
    return {local(part): part for part in found.iterchildren(f"{{{ZEEBE}}}*")}


def extensions(node: Node) -> Extensions:
    """Read the extension elements of a node."""
    part = parts(node)
    get = {name: dict(element.attrib) for name, element in part.items()}
    form, decision = get.get("formDefinition", {}), get.get("calledDecision", {})
    called, script = get.get("calledElement", {}), get.get("script", {})
    schedule, mapping = get.get("taskSchedule", {}), part.get("ioMapping")
    return Extensions(
        properties=_pairs(part.get("properties"), "name"),
        inputs=_exchanges(mapping, "input"),
        outputs=_exchanges(mapping, "output"),
        headers=_pairs(part.get("taskHeaders"), "key"),
        form_id=form.get("formId") or form.get("formKey"),
        decision_id=decision.get("decisionId"),
        result_variable=decision.get("resultVariable") or script.get("resultVariable"),
        script=script.get("expression"),
        task_type=get.get("taskDefinition", {}).get("type"),
        called_process=called.get("processId") or node.get("calledElement"),
        passes_parent=called.get("propagateAllParentVariables", "true") == "true",
        returns_child=called.get("propagateAllChildVariables", "true") == "true",
        assignment=get.get("assignmentDefinition", {}),
        due_date=schedule.get("dueDate"),
        follow_up_date=schedule.get("followUpDate"),
        priority=get.get("priorityDefinition", {}).get("priority"),
        correlation_key=get.get("subscription", {}).get("correlationKey"),
    )


def instances(node: Node) -> Instances | None:
    """Read how often an activity runs; None when it runs once."""
    loop = child(node, "standardLoopCharacteristics")
    if loop is not None:
        maximum = loop.get("loopMaximum")
        return Instances(
            sequential=True,
            repeat=text(child(loop, "loopCondition")),
            maximum=int(maximum) if maximum and maximum.isdigit() else None,
            test_first=yes(loop, "testBefore", "false"),
        )
    loop = child(node, "multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    said = parts(loop).get("loopCharacteristics")
    get = dict(said.attrib) if said is not None else {}
    return Instances(
        sequential=yes(loop, "isSequential", "false"),
        collection=get.get("inputCollection") or text(child(loop, "loopDataInputRef")),
        cardinality=text(child(loop, "loopCardinality")),
        item=get.get("inputElement") or _item(loop, "inputDataItem"),
        results=get.get("outputCollection") or text(child(loop, "loopDataOutputRef")),
        result=get.get("outputElement") or _item(loop, "outputDataItem"),
        enough=text(child(loop, "completionCondition")),
    )


def _item(loop: Node, name: str) -> str | None:
    found = child(loop, name)
    return (found.get("name") or found.get("id")) if found is not None else None


def _pairs(element: Node | None, key: str) -> dict[str, str]:
    if element is None:
        return {}
    return {part.get(key): part.get("value") or "" for part in element if part.get(key)}


def _exchanges(mapping: Node | None, name: str) -> tuple[Exchange, ...]:
    if mapping is None:
        return ()
    return tuple(
        Exchange(source=part.get("source") or "", target=part.get("target") or "") for part in children(mapping, name)
    )
