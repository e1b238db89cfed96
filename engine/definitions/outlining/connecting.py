"""Connects steps, and takes steps and flows out; where one way led through a step, it leads past it then."""

from engine.definitions.outlining.document import Document
from engine.definitions.outlining.drawing import Drawing
from engine.errors import Conflict, Invalid
from engine.spiff.document import NODES, Node, entering, leaving, local, q


def connect(content: bytes, source_id: str, target_id: str) -> tuple[bytes, str]:
    """Let a flow lead from one step to another.

    Returns:
        the changed file, and the id of the flow.

    Raises:
        NotFound: the diagram has no such step.
        Invalid: they are not in one scope; it begins at an end, or ends at a start or an event on a border.
        Conflict: a flow leads there already.
    """
    document = Document(content)
    source, target = document.node(source_id), document.node(target_id)
    if source.getparent() is not target.getparent():
        raise Invalid("outline-scopes", "A flow does not cross the border of a sub-process.")
    if local(source) == "endEvent" or local(target) in ("startEvent", "boundaryEvent") or source is target:
        raise Invalid("outline-ends", "A flow cannot lead from here to there.")
    if any(flow.get("targetRef") == target_id for flow in leaving(source)):
        raise Conflict("outline-connected", "A flow leads there already.")
    flow = document.add_flow(source, target)
    drawing = Drawing(document.root, document.by_id)
    points = drawing.route(source_id, target_id)
    if points:
        drawing.draw_flow(drawing.plane_of(source_id), flow.get("id"), points)
        if local(target).endswith("Event") and points[-2][1] > points[-1][1]:
            drawing.label_above(target_id)  # the flow arrives where the name stood
    return document.content(), flow.get("id")


def delete(content: bytes, identifier: str) -> bytes:
    """Take out a flow, or a step with what hangs on it. A step with one way in and one way out is closed over.

    Raises:
        NotFound: the diagram has no such element.
        Invalid: it is neither a step nor a flow.
    """
    document = Document(content)
    drawing = Drawing(document.root, document.by_id)
    found = document.find(identifier)
    if local(found) == "sequenceFlow":
        _remove_flow(document, drawing, found)
    elif local(found) in NODES:
        _remove_node(document, drawing, found)
    else:
        raise Invalid("outline-element-kind", "Only steps and flows can be taken out here.")
    return document.content()


def _remove_node(document: Document, drawing: Drawing, node: Node) -> None:
    for event in [
        each for each in node.getparent() if each.get("attachedToRef") == node.get("id") and local(each) in NODES
    ]:
        _remove_node(document, drawing, event)
    ways_in, ways_out = entering(node), leaving(node)
    if len(ways_in) == 1 and len(ways_out) == 1 and ways_in[0] is not ways_out[0]:
        _close_over(document, drawing, ways_in[0], ways_out[0])
        ways_in = []
    for flow in {each.get("id"): each for each in [*ways_in, *ways_out]}.values():
        if flow.getparent() is not None:
            _remove_flow(document, drawing, flow)
    inside = {part.get("id") for part in node.iter() if isinstance(part.tag, str) and part.get("id")}
    for reference in list(document.root.iter(q("flowNodeRef"))):
        if (reference.text or "").strip() in inside:
            reference.getparent().remove(reference)
    for identifier in inside:
        drawing.erase(identifier)
    node.getparent().remove(node)


def _close_over(document: Document, drawing: Drawing, before: Node, after: Node) -> None:
    """Let the flow that led into a step lead to where the step led."""
    target = document.node(after.get("targetRef"))
    if any(flow.get("sourceRef") == before.get("sourceRef") for flow in entering(target)):
        _remove_flow(document, drawing, before)
        return
    before.set("targetRef", target.get("id"))
    document.name_flow(target, "incoming", before.get("id"))
    points = drawing.route(before.get("sourceRef"), target.get("id"))
    if points:
        drawing.draw_flow(drawing.plane_of(target.get("id")), before.get("id"), points)


def _remove_flow(document: Document, drawing: Drawing, flow: Node) -> None:
    identifier = flow.get("id")
    for end, way in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
        node = document.by_id.get(flow.get(end))
        if node is not None:
            document.forget_flow(node, way, identifier)
            if node.get("default") == identifier:
                del node.attrib["default"]
    drawing.erase(identifier)
    flow.getparent().remove(flow)
