"""The author's process as plain data, read from the XML as it was drawn: for deploying, showing and checking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Invalid, Phrase
from engine.spiff.document import (
    NODES,
    Node,
    child,
    children,
    condition,
    definition,
    definitions,
    every,
    local,
    names_by_id,
    parse_page,
    q,
    text,
)
from engine.spiff.zeebe import extensions, instances

#: Kinds that somebody has to do.
MANUAL = ("userTask", "manualTask")
TIMER_KINDS = ("timeDate", "timeDuration", "timeCycle")
_NO_ENDS: tuple[list[str], list[str]] = ([], [])


@dataclass(frozen=True, kw_only=True)
class FlowOutline:
    """One sequence flow; `condition` is FEEL after `=`, as written."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class LaneOutline:
    """One lane and its `chuishao:` properties."""

    id: str
    name: str
    element_ids: tuple[str, ...]
    settings: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ElementOutline:
    """One flow node of a process or of a sub-process in it.

    Args:
        kind: its BPMN tag, such as `userTask`.
        lane: id of the lane it is in, or of the lane of the sub-process around it.
        parent_id: the sub-process it is in, or None.
        settings: `chuishao:` properties without the prefix, those of its lane included; its own win.
        timer_expression, timer_kind: of a timer event, as written; the kind is `timeDate`, `timeDuration`, `timeCycle`.
        is_task: somebody has to do it.
    """

    id: str
    name: str
    kind: str
    process_id: str
    lane: str | None
    parent_id: str | None
    settings: Mapping[str, str]
    form_id: str | None
    decision_id: str | None
    result_variable: str | None
    called_process: str | None
    task_type: str | None
    headers: Mapping[str, str]
    assignment: Mapping[str, str]
    multi_instance: bool
    due_date: str | None
    follow_up_date: str | None
    priority: str | None
    documentation: str
    incoming: tuple[str, ...]
    outgoing: tuple[str, ...]
    attached_to: str | None
    interrupting: bool
    trigger: str | None
    timer_kind: str | None
    timer_expression: str | None
    message_name: str | None
    is_task: bool


@dataclass(frozen=True, kw_only=True)
class ProcessOutline:
    """One process: id → name, elements, flows, lanes."""

    id: str
    name: str
    file: str
    executable: bool
    elements: Mapping[str, ElementOutline]
    flows: Mapping[str, FlowOutline]
    lanes: Mapping[str, LaneOutline]
    documentation: str = ""


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """All diagrams of one package."""

    processes: Mapping[str, ProcessOutline]
    #: The XML, for the door itself: file → root, and message, signal, error and escalation ids → name or code.
    documents: Mapping[str, Node] = field(repr=False, default_factory=dict)
    names: Mapping[str, Mapping[str, str | None]] = field(repr=False, default_factory=dict)

    def process_node(self, process_id: str) -> Node:
        """The XML of one process."""
        for root in self.documents.values():
            for node in children(root, "process"):
                if node.get("id") == process_id:
                    return node
        raise KeyError(process_id)


def read_definitions(files: Mapping[str, bytes]) -> Definitions:
    """Read all diagrams of one package.

    Args:
        files: name → bytes; those whose name does not end in `.bpmn` or `.xml` are left alone.

    Raises:
        Invalid: a file cannot be read, two processes have one id, or there is none. `facts["findings"]` lists every
            file's mistake as `{"code", "file", "message"}`.
    """
    documents, findings = {}, []
    for name, content in sorted(files.items()):
        if name.endswith((".bpmn", ".xml")):
            try:
                documents[name] = parse_page(name, content)
            except Invalid as error:
                findings.append({"code": error.code, "file": name, "message": error.message})
    processes: dict[str, ProcessOutline] = {}
    messages = names_by_id(documents, "message")
    for name, root in documents.items():
        for node in children(root, "process"):
            outline = _process(node, name, messages)
            if not outline.id or outline.id in processes:
                message = Phrase("the process {process!r} has no id of its own", process=outline.id)
                findings.append({"code": "process-id", "file": name, "message": message})
            processes[outline.id] = outline
    if not processes and not findings:
        findings.append({"code": "no-process", "file": "", "message": Phrase("there is no process in these files")})
    if findings:
        raise Invalid(
            findings[0]["code"], "{summary}", summary="; ".join(f["message"] for f in findings), findings=findings
        )
    return Definitions(processes=processes, documents=documents, names=_names(documents, messages))


def _names(documents: Mapping[str, Node], messages: dict[str, str | None]) -> dict[str, dict[str, str | None]]:
    subscriptions = {
        node.get("id"): extensions(node).correlation_key
        for root in documents.values()
        for node in children(root, "message")
    }
    return {
        "message": messages,
        "subscription": subscriptions,
        "signal": names_by_id(documents, "signal"),
        "error": names_by_id(documents, "error", "errorCode"),
        "escalation": names_by_id(documents, "escalation", "escalationCode"),
    }


def _process(node: Node, file: str, messages: Mapping[str, str | None]) -> ProcessOutline:
    identifier = node.get("id") or ""
    lanes, lane_of = _lanes(node)
    defaults = {(part.get("id"), part.get("default")) for part in every(node, *NODES)}
    flows = {
        flow.get("id") or "": FlowOutline(
            id=flow.get("id") or "",
            name=flow.get("name") or "",
            source=flow.get("sourceRef") or "",
            target=flow.get("targetRef") or "",
            condition=condition(flow),
            is_default=(flow.get("sourceRef"), flow.get("id")) in defaults,
        )
        for flow in every(node, "sequenceFlow")
    }
    ends = _ends(flows)
    elements = {}
    for part in every(node, *NODES):
        if part.get("id"):
            elements[part.get("id")] = _element(part, node, lanes, lane_of, ends, messages)
    return ProcessOutline(
        id=identifier,
        name=node.get("name") or identifier,
        file=file,
        executable=node.get("isExecutable", "true") == "true",
        elements=elements,
        flows=flows,
        lanes=lanes,
        documentation=text(child(node, "documentation")) or "",
    )


def _ends(flows: Mapping[str, FlowOutline]) -> dict[str, tuple[list[str], list[str]]]:
    """Of every element that a flow touches: the flows that arrive, and those that leave."""
    ends: dict[str, tuple[list[str], list[str]]] = {}
    for flow in flows.values():
        ends.setdefault(flow.target, ([], []))[0].append(flow.id)
        ends.setdefault(flow.source, ([], []))[1].append(flow.id)
    return ends


def _lanes(process: Node) -> tuple[dict[str, LaneOutline], dict[str, str]]:
    """The lanes of a process, and which element is in which; the innermost lane wins and inherits."""
    lanes: dict[str, LaneOutline] = {}
    lane_of: dict[str, str] = {}
    for node in every(process, "lane"):
        outer = node.getparent().getparent()
        inherited = lanes[outer.get("id")].settings if local(outer) == "lane" else {}
        members = tuple((part.text or "").strip() for part in children(node, "flowNodeRef"))
        identifier = node.get("id") or ""
        lanes[identifier] = LaneOutline(
            id=identifier,
            name=node.get("name") or "",
            element_ids=members,
            settings={**inherited, **extensions(node).settings},
        )
        lane_of.update(dict.fromkeys(members, identifier))
    return lanes, lane_of


def _element(
    node: Node,
    process: Node,
    lanes: Mapping[str, LaneOutline],
    lane_of: Mapping[str, str],
    ends: Mapping[str, tuple[list[str], list[str]]],
    messages: Mapping[str, str | None],
) -> ElementOutline:
    identifier, kind, said = node.get("id"), local(node), extensions(node)
    around = [
        part for part in node.iterancestors() if part is not process and local(part).endswith(("rocess", "action"))
    ]
    lane = next((lane_of[part.get("id")] for part in (node, *around) if part.get("id") in lane_of), None)
    timer = definition(node, "timer")
    when = next((part for name in TIMER_KINDS if timer is not None and (part := child(timer, name)) is not None), None)
    triggers = definitions(node)
    return ElementOutline(
        id=identifier,
        name=node.get("name") or "",
        kind=kind,
        process_id=process.get("id") or "",
        lane=lane,
        parent_id=around[0].get("id") if around else None,
        settings={**(lanes[lane].settings if lane else {}), **said.settings},
        form_id=said.form_id,
        decision_id=said.decision_id,
        result_variable=said.result_variable,
        called_process=said.called_process if kind == "callActivity" else None,
        task_type=said.task_type,
        headers=said.headers,
        assignment=said.assignment,
        multi_instance=instances(node) is not None,
        due_date=said.due_date,
        follow_up_date=said.follow_up_date,
        priority=said.priority,
        documentation=text(node.find(q("documentation"))) or "",
        incoming=tuple(ends.get(identifier, _NO_ENDS)[0]),
        outgoing=tuple(ends.get(identifier, _NO_ENDS)[1]),
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("cancelActivity", node.get("isInterrupting", "true")) == "true",
        trigger=local(triggers[0]).removesuffix("EventDefinition") if triggers else None,
        timer_kind=local(when) if when is not None else None,
        timer_expression=text(when),
        message_name=_message(node, messages),
        is_task=kind in MANUAL,
    )


def _message(node: Node, messages: Mapping[str, Any]) -> str | None:
    found = definition(node, "message")
    reference = found.get("messageRef") if found is not None else node.get("messageRef")
    return messages.get(reference) if reference else None
