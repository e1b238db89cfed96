"""Flows: ends that only the nodes name, flows that lie beside their scope, links that name their target otherwise."""

from engine.errors import Phrase
from engine.importing.report import Notes, scopes
from engine.spiff.document import BPMN, NODES, Node, children, definition, every, q, text


def connect_flows(root: Node, notes: Notes) -> None:
    """Make every flow say where it comes from and goes to, in the scope in which both lie."""
    nodes = {node.get("id"): node for node in every(root, *NODES)}
    ends: dict[tuple[str, str], str] = {}
    for node in nodes.values():
        for name in ("incoming", "outgoing"):
            for reference in children(node, name):
                ends.setdefault((name, (reference.text or "").strip()), node.get("id"))
    for flow in every(root, "sequenceFlow"):
        for attribute, name in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            if flow.get(attribute) not in nodes and (name, flow.get("id")) in ends:
                flow.set(attribute, ends[name, flow.get("id")])
        source, target = nodes.get(flow.get("sourceRef")), nodes.get(flow.get("targetRef"))
        if source is None or target is None:
            continue
        scope = source.getparent()
        if scope is target.getparent() and scope is not flow.getparent():
            flow.tail = None
            scope.append(flow)
        if target.tag == q("boundaryEvent"):
            notes.lose(
                flow, "flow-into-boundary",
                Phrase("it leads into an event on a border, which begins by itself; nothing comes by this way"),
            )  # fmt: skip


def name_links(root: Node) -> None:
    """Let a link and its target have one name: tools refer by id, by the event's name, or in other letters."""
    named: dict[str, str] = {}
    for node in every(root, "intermediateCatchEvent", "intermediateThrowEvent"):
        link = definition(node, "link")
        if link is None:
            continue
        if not (link.get("name") or "").strip():
            link.set("name", (node.get("name") or "").strip() or node.get("id"))
        if link.get("id"):
            named[link.get("id")] = link.get("name")
    for scope in scopes(root):
        targets = {
            " ".join(link.get("name").split()).lower(): link.get("name")
            for node in children(scope, "intermediateCatchEvent")
            if (link := definition(node, "link")) is not None
        }
        for node in children(scope, "intermediateThrowEvent"):
            link = definition(node, "link")
            if link is not None and link.get("name") not in targets.values():
                by_id = named.get(text(link.find(q("target"))) or "", "")
                alike = " ".join(link.get("name").split()).lower()
                link.set("name", by_id if by_id in targets.values() else targets.get(alike, link.get("name")))


def use_shared_definitions(root: Node) -> None:
    """Copy event definitions that stand at the top of the file into the events that refer to them."""
    shared = {
        part.get("id"): part
        for part in root.iterchildren(f"{{{BPMN}}}*")
        if part.get("id") and part.tag.endswith("EventDefinition")
    }
    for reference in list(root.iter(q("eventDefinitionRef"))):
        found = shared.get((reference.text or "").strip())
        event = reference.getparent()
        if found is None or event is root:
            continue
        copy = event.makeelement(found.tag, {key: value for key, value in found.attrib.items() if key != "id"})
        for part in found:
            made = copy.makeelement(part.tag, dict(part.attrib))
            made.text = part.text
            copy.append(made)
        event.replace(reference, copy)
