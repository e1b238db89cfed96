"""What a drawing does not say is answered by default, so that it can be walked: a copy of it, never the drawing itself.

Ways are chosen by whoever walks (`way taken`), events happen when they are told to, and nothing is carried out by
services. What a drawing cannot mean is drawn as the nearest thing that it can.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from engine.sandbox.mending import mend
from engine.spiff.document import (
    NODES,
    SCOPES,
    SUB_PROCESSES,
    Node,
    children,
    condition,
    definition,
    definitions,
    every,
    flows_by,
    local,
    parse_document,
    q,
    yes,
)
from engine.spiff.zeebe import extensions

#: FEEL function by which a flow asks whether it is taken: element, flow.
WAY_TAKEN: Final = "way taken"
#: Tasks that something carries out, which here need nothing to be carried out.
_CARRIED_OUT: Final = ("serviceTask", "scriptTask", "businessRuleTask", "sendTask")
#: What an activity says of its data and of how often it runs.
_SILENCED: Final = (
    "extensionElements", "ioSpecification", "dataInputAssociation", "dataOutputAssociation", "property",
    "standardLoopCharacteristics", "multiInstanceLoopCharacteristics",
)  # fmt: skip
#: Events that come from outside; an error, escalation or cancellation is thrown by the process itself.
_OUTSIDE: Final = ("message", "timer", "signal", "conditional")
_THROWN: Final = ("error", "escalation", "cancel")


def fill(content: bytes, *, loose: bool = False) -> bytes:
    """Return a copy of a diagram that can be walked.

    Args:
        content: BPMN 2.0, as `engine.importing` normalises it.
        loose: of several ways one is taken at a time, also where all would be: all at once would begin more than ends.

    Raises:
        Invalid: it is no diagram, or larger than one.
    """
    root = parse_document("drawing.bpmn", content)
    for process in every(root, "process"):
        for node in every(process, *NODES):
            if local(node.getparent()) not in SCOPES:
                node.getparent().remove(node)  # a task holds no elements
        _name_called(process, root)
        for scope in every(process, *SCOPES):
            _simplify(scope)
        for scope in every(process, *SUB_PROCESSES):
            _empty_to_task(scope)
        mend(process)
        for scope in every(process, *SCOPES):
            _wait_for_the_walker(scope, root)
            _linger(scope)
            _ask_for_ways(scope, loose=loose)
    filled: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return filled


def ways(content: bytes) -> dict[str, list[str]]:
    """Return the flows that `way taken` is asked of, by element, in the order in which they are.

    Raises:
        Invalid: it is no diagram.
    """
    found: dict[str, list[str]] = {}
    for flow in every(parse_document("drawing.bpmn", content), "sequenceFlow"):
        if (condition(flow) or "").startswith(f"={WAY_TAKEN}("):
            found.setdefault(flow.get("sourceRef"), []).append(flow.get("id"))
    return found


def _name_called(process: Node, root: Node) -> None:
    """Let calls go to processes of the same file, unless they lead back; any other call is a task."""
    calls = {
        each.get("id"): [
            called for call in every(each, "callActivity") if (called := extensions(call).called_process) is not None
        ]
        for each in every(root, "process")
    }
    for call in every(process, "callActivity"):
        called = extensions(call).called_process
        if called is not None and called in calls and process.get("id") not in _reached(called, calls):
            call.set("calledElement", called)
        else:
            call.tag = q("task")
            call.attrib.pop("calledElement", None)


def _reached(start: str, calls: dict[str, list[str]]) -> set[str]:
    seen, todo = {start}, [start]
    while todo:
        for following in calls.get(todo.pop(), ()):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def _simplify(scope: Node) -> None:
    """Leave of every node what the walk needs: what kind it is, and where its flows go."""
    for node in scope:
        kind = local(node)
        if kind not in NODES:
            continue
        for name in _SILENCED:
            for part in children(node, name):
                node.remove(part)
        if kind in _CARRIED_OUT:
            node.tag = q("task")
        elif kind == "adHocSubProcess":
            node.tag = q("subProcess")
        elif kind == "complexGateway":
            node.tag = q("inclusiveGateway")
        for extra in definitions(node)[1:]:
            node.remove(extra)


def _empty_to_task(scope: Node) -> None:
    """A sub-process in which nothing is drawn is one task."""
    if any(local(node) in NODES for node in scope):
        return
    if yes(scope, "triggeredByEvent", "false"):
        scope.getparent().remove(scope)
        return
    scope.tag = q("task")
    for part in list(scope):
        if local(part) not in ("incoming", "outgoing"):
            scope.remove(part)


def _wait_for_the_walker(scope: Node, root: Node) -> None:
    """Let every event from outside be a message of its own, which the walker sends."""
    thrown = _thrown_inside(scope)
    for node in list(scope):
        kind = local(node)
        if kind == "receiveTask":
            node.set("messageRef", _message(root, node))
        elif kind in ("intermediateCatchEvent", "boundaryEvent"):
            if definition(node, "link") is None and definition(node, "compensate") is None:
                inside = thrown.get(node.get("attachedToRef") or "", set())
                what = _what(node)
                if what not in _THROWN or what not in inside:
                    _become_message(node, root)
                else:
                    definitions(node)[0].attrib.pop(f"{what}Ref", None)
        elif kind == "startEvent" and yes(scope, "triggeredByEvent", "false"):
            _become_message(node, root)
        elif kind in ("endEvent", "intermediateThrowEvent"):
            _throw_what_is_caught(scope, node)


def _linger(scope: Node) -> None:
    """Let a task take time on whose border, or around which, an event is waited for: it may be the only way on."""
    hosts = {event.get("attachedToRef") for event in children(scope, "boundaryEvent")}
    around = any(yes(node, "triggeredByEvent", "false") for node in children(scope, "subProcess"))
    for node in children(scope, "task"):
        if around or node.get("id") in hosts:
            node.tag = q("userTask")


def _what(node: Node) -> str:
    found = definitions(node)
    return local(found[0]).removesuffix("EventDefinition") if found else ""


def _thrown_inside(scope: Node) -> dict[str, set[str]]:
    """What the sub-processes of a scope throw outwards, by their id."""
    return {
        part.get("id"): {_what(node) for node in every(part, "endEvent", "intermediateThrowEvent")} & {*_THROWN}
        for part in children(scope, *SUB_PROCESSES)
    }


def _throw_what_is_caught(scope: Node, node: Node) -> None:
    """What nobody here waits for is not thrown. An error that nobody around catches just ends everything."""
    what = _what(node)
    if what in _OUTSIDE:
        for found in definitions(node):
            node.remove(found)
    if what not in ("error", "cancel") or _is_caught(scope, what):
        return
    found = definitions(node)[0]
    if local(node) == "endEvent":
        found.tag = q("terminateEventDefinition")
        found.attrib.clear()
    else:
        node.remove(found)


def _is_caught(scope: Node, what: str) -> bool:
    while local(scope) in SUB_PROCESSES:
        around = scope.getparent()
        for event in children(around, "boundaryEvent"):
            if event.get("attachedToRef") == scope.get("id") and _what(event) == what:
                return True
        scope = around
    return False


def _become_message(node: Node, root: Node) -> None:
    for found in definitions(node):
        node.remove(found)
    etree.SubElement(node, q("messageEventDefinition"), messageRef=_message(root, node))


def _message(root: Node, node: Node) -> str:
    """The id of the message of one event; it is made when it is not there."""
    identifier = f"walk_{node.get('id')}"
    if not any(each.get("id") == identifier for each in children(root, "message")):
        root.insert(0, etree.Element(q("message"), id=identifier, name=identifier))
    return identifier


def _ask_for_ways(scope: Node, *, loose: bool) -> None:
    """Let the walker choose at every gateway and wherever a flow has a condition."""
    by_source = flows_by(scope, "sourceRef")
    for node in scope:
        if local(node) not in NODES:
            continue
        out = by_source.get(node.get("id"), [])
        if loose and local(node) in ("parallelGateway", "inclusiveGateway") and len(out) > 1:
            node.tag = q("exclusiveGateway")
        kind = local(node)
        if kind in ("exclusiveGateway", "inclusiveGateway") and len(out) > 1:
            asked: Iterable[Node] = out
        elif kind.endswith("Gateway"):
            asked = ()
        elif len(out) > 1 and (loose or _leads_back(node, by_source)):
            asked = out  # drawn without a gateway; both at once would never end
        else:
            asked = [flow for flow in out if condition(flow) or flow.get("id") == node.get("default")]
        node.attrib.pop("default", None)
        for flow in out:
            for part in children(flow, "conditionExpression", "extensionElements"):
                flow.remove(part)
        for flow in asked:
            said = etree.SubElement(flow, q("conditionExpression"))
            said.text = f'={WAY_TAKEN}("{node.get("id")}", "{flow.get("id")}")'


def _leads_back(node: Node, by_source: Mapping[str, list[Node]]) -> bool:
    """Can a token that leaves a node come to it again?"""
    seen: set[str] = set()
    todo = [node.get("id")]
    while todo:
        for flow in by_source.get(todo.pop(), ()):
            target = flow.get("targetRef")
            if target == node.get("id"):
                return True
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return False
