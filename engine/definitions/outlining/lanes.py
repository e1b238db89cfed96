"""Lanes: added, taken out, and steps put into another one; the drawing follows."""

from typing import Final

from lxml import etree

from engine.definitions.outlining.document import Document
from engine.definitions.outlining.drawing import Box, Drawing
from engine.definitions.outlining.moving import shift
from engine.errors import Conflict, Invalid
from engine.spiff.document import NODES, Node, child, children, every, local, q

#: The strip at the left of a pool that its name stands in, the height of a new lane, and what stays free in one.
_HEAD: Final = 30
_HEIGHT: Final = 160
_MARGIN: Final = 30


def add_lane(content: bytes, process_id: str, name: str) -> tuple[bytes, str]:
    """Add a lane below the others. The first one of a process takes all of its steps, and a pool is drawn around them.

    Returns:
        the changed file, and the id of the lane.

    Raises:
        NotFound: the diagram has no such process.
    """
    document = Document(content)
    process = document.find(process_id, ("process",))
    drawing = Drawing(document.root, document.by_id)
    lanes = child(process, "laneSet")
    first = lanes is None or not children(lanes, "lane")
    if lanes is None:
        lanes = etree.Element(q("laneSet"), id=document.new_id("lanes"))
        at = [index for index, part in enumerate(process) if local(part) in ("documentation", "extensionElements")]
        process.insert(max(at, default=-1) + 1, lanes)
    lane = etree.SubElement(lanes, q("lane"), id=document.new_id("lane"))
    if name:
        lane.set("name", name)
    document.by_id[lane.get("id")] = lane
    pool_id, pool = _pool(document, drawing, process)
    if first:
        for node in children(process, *NODES):
            document.put_in_lane(node.get("id"), lane)
    if pool is not None:
        place = _inside(pool) if first else _below(drawing, pool_id, pool)
        drawing.add_shape(drawing.plane_of(pool_id), lane.get("id"), place)
        drawing.shapes[lane.get("id")].set("isHorizontal", "true")
    return document.content(), lane.get("id")


def delete_lane(content: bytes, lane_id: str) -> bytes:
    """Take out a lane. Its steps and its room go to the lane above it, else below it; with the last one, all are gone.

    Raises:
        NotFound: the diagram has no such lane.
    """
    document = Document(content)
    lane = document.find(lane_id, ("lane",))
    drawing = Drawing(document.root, document.by_id)
    around = lane.getparent()
    others = children(around, "lane")
    at = others.index(lane)
    heir = others[at - 1] if at else next(iter(others[1:]), None)
    while heir is not None and (inner := _inner(heir)):
        heir = inner[-1] if at else inner[0]
    steps = [(each.text or "").strip() for each in lane.iter(q("flowNodeRef"))]
    room = drawing.box(lane_id)
    for each in every(lane, "lane"):
        drawing.erase(each.get("id"))
    around.remove(lane)
    if heir is None:
        around.getparent().remove(around)
        return document.content()
    for step in dict.fromkeys(steps):
        if step in document.by_id:
            document.put_in_lane(step, heir)
    if room is not None:
        _inherit(drawing, heir, others[at - 1] if at else others[1], room)
    return document.content()


def put_in_lane(content: bytes, step_id: str, lane_id: str) -> bytes:
    """Put a step, with the events on its border, into another lane of its process, and draw it there.

    Raises:
        NotFound: the diagram has no such step or lane.
        Invalid: it lies in a sub-process, is on a border, or the lane has lanes of its own or is of another process.
        Conflict: it is in that lane.
    """
    document = Document(content)
    step, lane = document.node(step_id), document.find(lane_id, ("lane",))
    process = step.getparent()
    if local(process) != "process" or local(step) == "boundaryEvent" or process not in list(lane.iterancestors()):
        raise Invalid("outline-lane-step", "Only a step of the process itself can be put into one of its lanes.")
    if _inner(lane):
        raise Invalid("outline-lane-divided", "This lane is divided: put the step into one of the lanes in it.")
    if document.lane_of(step_id) is lane:
        raise Conflict("outline-lane-same", "The step is in this lane already.")
    moved = [step, *(each for each in children(process, "boundaryEvent") if each.get("attachedToRef") == step_id)]
    for each in moved:
        for reference in [part for part in every(process, "flowNodeRef") if _says(part, each.get("id"))]:
            reference.getparent().remove(reference)
        document.put_in_lane(each.get("id"), lane)
    drawing = Drawing(document.root, document.by_id)
    box, room = drawing.box(step_id), drawing.box(lane_id)
    if box is not None and room is not None:
        top = _free_row(drawing, box, room, {each.get("id") for each in moved})
        _grow(drawing, lane_id, top + box.height + _MARGIN)
        now = drawing.box(step_id) or box  # what grew may have moved it
        shift(document, drawing, moved, top - now.y)
    return document.content()


def _says(reference: Node, identifier: str) -> bool:
    return (reference.text or "").strip() == identifier


def _inner(lane: Node) -> list[Node]:
    inner = child(lane, "childLaneSet")
    return children(inner, "lane") if inner is not None else []


def _pool(document: Document, drawing: Drawing, process: Node) -> tuple[str, Box | None]:
    """Return the pool that a process is drawn in, made where there is none, and where it is drawn."""
    collaboration = child(document.root, "collaboration")
    pools = children(collaboration, "participant") if collaboration is not None else []
    known = next((each for each in pools if each.get("processRef") == process.get("id")), None)
    if known is not None:
        return known.get("id"), drawing.box(known.get("id"))
    boxes = {node.get("id"): box for node in every(process, *NODES) if (box := drawing.box(node.get("id")))}
    if collaboration is None:
        collaboration = etree.Element(q("collaboration"), id=document.new_id("collaboration"))
        children(document.root, "process")[0].addprevious(collaboration)
    pool = etree.SubElement(collaboration, q("participant"), id=document.new_id("pool"))
    pool.set("name", process.get("name") or process.get("id"))
    pool.set("processRef", process.get("id"))
    document.by_id[pool.get("id")] = pool
    if boxes:
        return pool.get("id"), _draw_pool(drawing, pool, collaboration, boxes)
    return pool.get("id"), None


def _draw_pool(drawing: Drawing, pool: Node, collaboration: Node, boxes: dict[str, Box]) -> Box:
    """Draw a pool around the steps of a process that was drawn without one."""
    first, around = next(iter(boxes)), boxes.values()
    left, top = min(box.x for box in around) - _MARGIN - _HEAD, min(box.y for box in around) - 2 * _MARGIN
    right, bottom = max(box.right for box in around) + _MARGIN, max(box.bottom for box in around) + 2 * _MARGIN
    place = Box(x=left - _HEAD, y=top, width=right - left + _HEAD, height=max(bottom - top, _HEIGHT))
    plane = drawing.plane_of(first)
    plane.set("bpmnElement", collaboration.get("id"))
    drawing.add_shape(plane, pool.get("id"), place)
    shape = drawing.shapes[pool.get("id")]
    shape.set("isHorizontal", "true")
    plane.remove(shape)
    plane.insert(0, shape)  # a pool lies behind what is in it
    return place


def _inside(pool: Box) -> Box:
    return Box(x=pool.x + _HEAD, y=pool.y, width=pool.width - _HEAD, height=pool.height)


def _below(drawing: Drawing, pool_id: str, pool: Box) -> Box:
    """Make room for a lane at the lower end of a pool."""
    drawing.make_room("y", pool.bottom, _HEIGHT)
    drawing.place(pool_id, Box(x=pool.x, y=pool.y, width=pool.width, height=pool.height + _HEIGHT))
    return Box(x=pool.x + _HEAD, y=pool.bottom, width=pool.width - _HEAD, height=_HEIGHT)


def _inherit(drawing: Drawing, heir: Node, neighbour: Node, room: Box) -> None:
    """Let the neighbour of a lane that is gone, and the lanes in it at that side, reach over its room."""
    part: Node | None = heir
    while part is not None and local(part) in ("lane", "childLaneSet"):
        box = drawing.box(part.get("id")) if local(part) == "lane" else None
        if box is not None:
            top, bottom = min(box.y, room.y), max(box.bottom, room.bottom)
            drawing.place(part.get("id"), Box(x=box.x, y=top, width=box.width, height=bottom - top))
        part = None if part is neighbour else part.getparent()


def _free_row(drawing: Drawing, box: Box, room: Box, moved: set[str]) -> float:
    """Return where the top of a step comes to lie in a lane: in its middle, else in the next free row."""
    taken = [
        other for each in drawing.shapes
        if each not in moved and not drawing.is_container(each) and (other := drawing.box(each))
    ]  # fmt: skip
    top = room.middle[1] - box.height / 2
    if box.height + 2 * _MARGIN > room.height:
        top = room.y + _MARGIN
    place = Box(x=box.x, y=top, width=box.width, height=box.height)
    while place.y < room.bottom and any(place.meets(each, margin=20) for each in taken):
        place = Box(x=place.x, y=place.y + 20, width=place.width, height=place.height)
    return place.y


def _grow(drawing: Drawing, lane_id: str, bottom: float) -> None:
    """Make a lane reach down to a coordinate."""
    room = drawing.box(lane_id)
    if room is not None and bottom > room.bottom:
        drawing.make_room("y", room.bottom - 1, bottom - room.bottom)
