"""Adds a step after another one, and draws it where there is room."""

from collections.abc import Mapping
from typing import Final

from lxml import etree

from engine.definitions.outlining.document import Document, extension_elements
from engine.definitions.outlining.drawing import GAP, ROW, Box, Drawing
from engine.definitions.outlining.events import define
from engine.errors import Invalid
from engine.spiff.document import GATEWAYS, ZEEBE, Node, children, leaving, local, q

#: What can be added: tag, and for an event its trigger → (stem of its id, width, height)
KINDS: Final[Mapping[str, tuple[str, int, int]]] = {
    "userTask": ("task", 100, 80),
    "sendTask": ("send", 100, 80),
    "businessRuleTask": ("decide", 100, 80),
    "scriptTask": ("compute", 100, 80),
    "serviceTask": ("service", 100, 80),
    "callActivity": ("call", 100, 80),
    "subProcess": ("scope", 280, 140),
    "exclusiveGateway": ("choice", 50, 50),
    "parallelGateway": ("parallel", 50, 50),
    "intermediateCatchEvent:timer": ("wait", 36, 36),
    "intermediateCatchEvent:message": ("await", 36, 36),
    "intermediateThrowEvent": ("passed", 36, 36),
    "endEvent": ("end", 36, 36),
    "endEvent:error": ("failed", 36, 36),
    "endEvent:terminate": ("stop", 36, 36),
}
#: Tag → width and height.
_SIZES: Final = {kind.partition(":")[0]: (width, height) for kind, (_, width, height) in KINDS.items()}
#: From the border of a lane to what is drawn in it.
_MARGIN: Final = 20


def add_after(content: bytes, after: str, kind: str, name: str) -> tuple[bytes, str]:
    """Add a step after a step, or on a flow.

    After a step that goes on, the new one comes between it and the next; what lies behind moves to the right. After a
    gateway it begins a branch of its own.

    Args:
        after: id of a node or of a sequence flow.
        kind: one of `KINDS`.

    Returns:
        the changed file, and the id of the new step.

    Raises:
        NotFound: the diagram has no such element.
        Invalid: nothing comes after an end, and an end comes between nothing; or the kind is unknown.
    """
    if kind not in KINDS:
        raise Invalid("outline-kind", "There is no kind of step {kind}.", kind=kind)
    document = Document(content)
    drawing = Drawing(document.root, document.by_id)
    found = document.find(after)
    if local(found) == "sequenceFlow":
        flow, source = found, document.node(found.get("sourceRef"))
    else:
        source = document.node(after)
        ways = leaving(source)
        flow = ways[0] if ways and local(source) not in GATEWAYS else None
    if local(source) == "endEvent":
        raise Invalid("outline-after-end", "Nothing comes after an end.")
    if flow is not None and kind.startswith("endEvent"):
        raise Invalid("outline-end-between", "An end has nothing behind it: add it after a gateway.")
    made = _make(document, source, kind, name)
    if flow is None:
        _branch(document, drawing, source, made)
    else:
        _between(document, drawing, flow, made)
    return document.content(), made.get("id")


def _make(document: Document, source: Node, kind: str, name: str) -> Node:
    identifier, (tag, _, trigger) = document.new_id(KINDS[kind][0]), kind.partition(":")
    made = etree.SubElement(source.getparent(), q(tag), id=identifier)
    if name:
        made.set("name", name)
    if kind == "userTask":
        etree.SubElement(extension_elements(made), f"{{{ZEEBE}}}userTask")
    if kind == "sendTask":
        etree.SubElement(extension_elements(made), f"{{{ZEEBE}}}taskDefinition", type="notify")
    document.by_id[identifier] = made
    if trigger:
        define(document, made, trigger, name)
    if kind == "subProcess":
        _fill(document, made)
    lane = document.lane_of(source.get("id"))
    if lane is not None:
        document.put_in_lane(identifier, lane)
    return made


def _fill(document: Document, scope: Node) -> None:
    """Begin and end a new sub-process."""
    ends = [etree.SubElement(scope, q(tag), id=document.new_id(f"{scope.get('id')}_{stem}"))
            for tag, stem in (("startEvent", "start"), ("endEvent", "end"))]  # fmt: skip
    document.by_id |= {each.get("id"): each for each in ends}
    document.add_flow(ends[0], ends[1])


def _draw(drawing: Drawing, plane: Node, made: Node, place: Box) -> None:
    """Draw a new element, and what a sub-process has in it."""
    drawing.add_shape(plane, made.get("id"), place)
    _label(drawing, made)
    if local(made) != "subProcess":
        return
    drawing.shapes[made.get("id")].set("isExpanded", "true")
    line = place.y + place.height / 2 - 18
    begin, end = children(made, "startEvent")[0], children(made, "endEvent")[0]
    drawing.add_shape(plane, begin.get("id"), Box(x=place.x + 40, y=line, width=36, height=36))
    drawing.add_shape(plane, end.get("id"), Box(x=place.right - 76, y=line, width=36, height=36))
    flow = children(made, "sequenceFlow")[0].get("id")
    drawing.draw_flow(plane, flow, drawing.route(begin.get("id"), end.get("id")))


def _fit(drawing: Drawing, beside: Box, place: Box) -> None:
    """Let the container of a step grow around a place."""
    container = drawing.container_of(beside)
    if container is None:
        return
    if place.bottom + _MARGIN > container.bottom:
        drawing.make_room("y", container.bottom - 1, place.bottom + _MARGIN - container.bottom)
    if place.right + _MARGIN > container.right:
        drawing.make_room("x", container.right - 1, place.right + _MARGIN - container.right)


def _between(document: Document, drawing: Drawing, flow: Node, made: Node) -> None:
    """Put a node on a flow: the flow ends at it, and a new one leads on."""
    source, target = document.node(flow.get("sourceRef")), document.node(flow.get("targetRef"))
    document.forget_flow(target, "incoming", flow.get("id"))
    flow.set("targetRef", made.get("id"))
    document.name_flow(made, "incoming", flow.get("id"))
    on = document.add_flow(made, target)
    begin, end = drawing.box(source.get("id")), drawing.box(target.get("id"))
    if begin is None or end is None:
        return  # a diagram that is not drawn stays so
    plane, (width, height) = drawing.plane_of(source.get("id")), _SIZES[local(made)]
    _, line = begin.middle
    left = begin.right + GAP
    if end.x >= begin.right:
        lacking = left + width + GAP - end.x
        if lacking > 0:
            drawing.make_room("x", begin.right + 1, lacking)
    wanted = Box(x=left, y=line - height / 2, width=width, height=height)
    place = _free(drawing, wanted)
    _fit(drawing, begin, place)
    _draw(drawing, plane, made, place)
    for each, one, other in ((flow, source, made), (on, made, target)):
        drawing.draw_flow(plane, each.get("id"), drawing.route(one.get("id"), other.get("id")))


def _branch(document: Document, drawing: Drawing, source: Node, made: Node) -> None:
    """Begin a branch behind a node."""
    flow = document.add_flow(source, made)
    begin = drawing.box(source.get("id"))
    if begin is None:
        return
    width, height = _SIZES[local(made)]
    wanted = Box(x=begin.right + GAP, y=begin.middle[1] - height / 2, width=width, height=height)
    if local(source) == "boundaryEvent":  # what an event on a border starts stands below it
        wanted = Box(x=begin.middle[0] - width / 2, y=begin.bottom + GAP, width=width, height=height)
    place = _free(drawing, wanted)
    _fit(drawing, begin, place)
    plane = drawing.plane_of(source.get("id"))
    _draw(drawing, plane, made, place)
    drawing.draw_flow(plane, flow.get("id"), drawing.route(source.get("id"), made.get("id")))


def _label(drawing: Drawing, made: Node) -> None:
    """The question stands above its diamond; what is written below others stays clear of their flows."""
    if local(made) in GATEWAYS:
        drawing.label_above(made.get("id"))


def _free(drawing: Drawing, wanted: Box) -> Box:
    """Return the wanted place, or the next row below it in which nothing lies."""
    taken = list(drawing.obstacles())
    place = wanted
    while any(place.meets(each, margin=10) for each in taken):
        place = Box(x=place.x, y=place.y + ROW, width=place.width, height=place.height)
    return place
