"""What a drawing says and no engine can do is drawn, in a copy, as the nearest thing that can be done."""

from typing import Final

from lxml import etree

from engine.spiff.document import (
    SCOPES,
    SUB_PROCESSES,
    Node,
    children,
    definition,
    definitions,
    entering,
    every,
    leaving,
    local,
    nodes_of,
    q,
    yes,
)
from engine.spiff.rewrites import refusals

#: Kinds that an event gateway may lead to.
_CATCHING: Final = ("intermediateCatchEvent", "receiveTask")
#: What an event of a kind can neither wait for nor throw, though tools let it be drawn.
_NEVER: Final = {
    "startEvent": ("link",), "endEvent": ("link",), "boundaryEvent": ("link", "terminate"),
    "intermediateThrowEvent": ("error", "cancel", "terminate"), "intermediateCatchEvent": ("compensate", "terminate"),
}  # fmt: skip


def mend(process: Node) -> None:
    """Change what would be refused; the drawing's ids stay."""
    for scope in every(process, *SCOPES):
        _mend_flows(scope)
        _begin_somewhere(scope)
        _mend_starts(scope)
        _mend_handlers(scope)
        _mend_gateways(scope)
        _mend_links(scope)
        _mend_borders(scope)
    if any(found.code.startswith("compensation") for found in refusals(process)):
        for scope in every(process, *SCOPES):
            _leave_out_compensation(scope)


def _mend_flows(scope: Node) -> None:
    """A flow that leaves its process or sub-process, or ends at nothing, is left out."""
    inside = {node.get("id"): local(node) for node in nodes_of(scope)}
    for flow in children(scope, "sequenceFlow"):
        source, target = inside.get(flow.get("sourceRef")), inside.get(flow.get("targetRef"))
        if source is None or target in (None, "boundaryEvent"):
            scope.remove(flow)


def _begin_somewhere(scope: Node) -> None:
    """Where everything goes round and nothing is a beginning, the element drawn first is."""
    nodes = [node for node in nodes_of(scope) if not _waits_to_begin(node)]
    entered = {flow.get("targetRef") for flow in children(scope, "sequenceFlow")}
    if nodes and not children(scope, "startEvent") and all(node.get("id") in entered for node in nodes):
        begin = etree.SubElement(scope, q("startEvent"), id=f"{scope.get('id')}_walk_start")
        _connect(scope, begin, nodes[0])


def _waits_to_begin(node: Node) -> bool:
    handles = yes(node, "triggeredByEvent", "false") or yes(node, "isForCompensation", "false")
    return handles or local(node) == "boundaryEvent" or definition(node, "link") is not None


def _mend_starts(scope: Node) -> None:
    """A sub-process with several starts begins at all of them."""
    starts = children(scope, "startEvent")
    if local(scope) == "process" or len(starts) < 2 or yes(scope, "triggeredByEvent", "false"):
        return
    begin = etree.SubElement(scope, q("startEvent"), id=f"{scope.get('id')}_walk_start")
    for start in starts:
        start.tag = q("intermediateThrowEvent")
        for found in definitions(start):
            start.remove(found)
        _connect(scope, begin, start)


def _mend_handlers(scope: Node) -> None:
    """An event sub-process that could never begin is left out; what has one begins with one start event."""
    handlers = [node for node in children(scope, "subProcess") if yes(node, "triggeredByEvent", "false")]
    if not handlers:
        return
    if len(children(scope, "startEvent")) > 1 and local(scope) == "process":
        for other in children(scope, "startEvent")[1:]:
            other.tag = q("intermediateThrowEvent")
            for found in definitions(other):
                other.remove(found)
    elif not children(scope, "startEvent"):
        entered = {flow.get("targetRef") for flow in children(scope, "sequenceFlow")}
        entries = [
            node
            for node in nodes_of(scope)
            if node.get("id") not in entered and node not in handlers and local(node) != "boundaryEvent"
            and definition(node, "link") is None and not yes(node, "isForCompensation", "false")
        ]  # fmt: skip
        begin = etree.SubElement(scope, q("startEvent"), id=f"{scope.get('id')}_walk_start")
        for node in entries:
            _connect(scope, begin, node)
    for handler in handlers:
        starts = children(handler, "startEvent")
        if entering(handler) or leaving(handler):
            handler.attrib.pop("triggeredByEvent")
        elif len(starts) != 1 or definition(starts[0], "compensate") is not None:
            _leave_out(handler)


def _mend_gateways(scope: Node) -> None:
    """An event gateway waits for what can happen; with anything else behind it, it is a choice."""
    targets = {node.get("id"): node for node in nodes_of(scope)}
    for gateway in children(scope, "exclusiveGateway", "inclusiveGateway", "eventBasedGateway"):
        if not leaving(gateway):
            gateway.tag = q("task")  # where nothing follows there is nothing to choose
    for gateway in children(scope, "eventBasedGateway"):
        gateway.attrib.pop("instantiate", None)
        gateway.attrib.pop("eventGatewayType", None)
        behind = [targets.get(flow.get("targetRef")) for flow in leaving(gateway)]
        if any(
            node is None or local(node) not in _CATCHING or definition(node, "link") is not None
            or len(entering(node)) > 1
            for node in behind
        ):  # fmt: skip
            gateway.tag = q("exclusiveGateway")


def _mend_links(scope: Node) -> None:
    """A link that leads nowhere is an event at which nothing happens."""
    names: set[str] = set()
    for node in children(scope, *_NEVER):
        for kind in _NEVER[local(node)]:
            if (found := definition(node, kind)) is not None:
                node.remove(found)
    for node in children(scope, "intermediateCatchEvent"):
        link = definition(node, "link")
        if link is not None and (link.get("name") in names or not link.get("name")):
            link.set("name", f"walk_{node.get('id')}")
        if link is not None:
            names.add(link.get("name"))
    for node in children(scope, "intermediateThrowEvent"):
        link = definition(node, "link")
        if link is not None and link.get("name") not in names:
            node.remove(link)
        elif link is not None:
            for flow in leaving(node):
                scope.remove(flow)


def _mend_borders(scope: Node) -> None:
    """An event on the border of nothing is left out, with its flows."""
    hosts = {node.get("id") for node in nodes_of(scope) if local(node).endswith(("ask", "rocess", "ctivity", "action"))}
    for event in children(scope, "boundaryEvent"):
        if event.get("attachedToRef") not in hosts:
            _leave_out(event)


def _leave_out_compensation(scope: Node) -> None:
    """Nothing is undone: throwing compensation does nothing, and its handlers are left out."""
    for node in list(nodes_of(scope)):
        found = definition(node, "compensate")
        if found is not None and local(node) == "boundaryEvent":
            _leave_out(node)
        elif found is not None:
            node.remove(found)
        if yes(node, "isForCompensation", "false") and node.getparent() is scope:
            if entering(node) or leaving(node):
                node.attrib.pop("isForCompensation")
            else:
                _leave_out(node)
    if local(scope) in SUB_PROCESSES and local(scope) == "transaction":
        scope.tag = q("subProcess")


def _connect(scope: Node, source: Node, target: Node) -> None:
    etree.SubElement(
        scope, q("sequenceFlow"), id=f"{source.get('id')}_{target.get('id')}", sourceRef=source.get("id"),
        targetRef=target.get("id"),
    )  # fmt: skip


def _leave_out(node: Node) -> None:
    """Take a node out of its scope, with its flows and the events on its border; one that is out already stays so."""
    scope, identifier = node.getparent(), node.get("id")
    if scope is None:
        return
    for part in list(scope):
        kind = local(part)
        joined = identifier in (part.get("sourceRef"), part.get("targetRef"))
        if kind in ("sequenceFlow", "association") and joined:
            scope.remove(part)
        elif kind == "boundaryEvent" and part.get("attachedToRef") == identifier and part is not node:
            _leave_out(part)
    if node.getparent() is scope:
        scope.remove(node)
