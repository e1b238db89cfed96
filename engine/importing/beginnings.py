"""Where a process begins: flags, pools, and the start event that nobody drew."""

from lxml import etree

from engine.errors import Phrase
from engine.importing.report import Group, Notes
from engine.spiff.document import (
    BPMNDI,
    Node,
    children,
    definition,
    definitions,
    every,
    local,
    nodes_of,
    q,
    yes,
)

_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DI = "http://www.omg.org/spec/DD/20100524/DI"
_MODELER = "http://camunda.org/schema/modeler/1.0"
_PLATFORM, _VERSION = "Camunda Cloud", "8.8.0"
#: Size of a start event, and how far it stands before what it starts.
_SIZE, _GAP = 36, 60


def make_executable(root: Node) -> set[str]:
    """Say of every process with something in it that it runs; return the ids of those whose file said so itself."""
    said = set()
    for process in every(root, "process"):
        if process.get("isExecutable") == "true":
            said.add(process.get("id"))
        elif any(True for _ in nodes_of(process)):
            process.set("isExecutable", "true")
    return said


def name_platform(root: Node, notes: Notes) -> None:
    """Say for which platform the file is now, so that the Camunda Modeler shows the settings that are read here."""
    was = root.get(f"{{{_MODELER}}}executionPlatform")
    if was == _PLATFORM:
        return
    if was is not None:
        notes.lose(root, "platform", Phrase("the file was for {platform}; it is for Camunda 8 now", platform=was))
    root.set(f"{{{_MODELER}}}executionPlatform", _PLATFORM)
    root.set(f"{{{_MODELER}}}executionPlatformVersion", _VERSION)


def add_starts(root: Node, notes: Notes) -> None:
    """Give a process without a start event one, and say with which of several it begins."""
    for process in every(root, "process"):
        nodes = list(nodes_of(process))
        starts = [node for node in nodes if local(node) == "startEvent"]
        if len(starts) > 1:
            _choose(starts, notes)
        elif not starts and nodes:
            known = {node.get("id") for node in nodes}
            flows = children(process, "sequenceFlow")
            entered = {flow.get("targetRef") for flow in flows if flow.get("sourceRef") in known}
            entries = [node for node in nodes if node.get("id") not in entered and _is_entry(node)]
            if entries:
                _start(process, entries)


def _is_entry(node: Node) -> bool:
    """Does a token of a process without start events begin here?"""
    if local(node) == "boundaryEvent" or yes(node, "isForCompensation", "false"):
        return False
    return not yes(node, "triggeredByEvent", "false") and definition(node, "link") is None


def _choose(starts: list[Node], notes: Notes) -> None:
    plain = [start for start in starts if not definitions(start)]
    first = (plain or starts)[0]
    for other in starts:
        if other is not first:
            notes.miss(
                other, "several-starts", Group.STRUCTURE,
                Phrase("the process has several start events and begins at {first}, not here", first=first.get("id")),
                Phrase("Keep one start event, or lead this way from an event that the process waits for"),
                required=False,
            )  # fmt: skip


def _start(process: Node, entries: list[Node]) -> None:
    """Add a start event before all entries, in the drawing too."""
    known = {node.get("id") for node in process.getroottree().getroot().iter("{*}*")}
    start = etree.SubElement(process, q("startEvent"), id=_new(f"{process.get('id')}_start", known))
    for node in entries:
        etree.SubElement(
            process, q("sequenceFlow"), id=_new(f"{start.get('id')}_{node.get('id')}", known),
            sourceRef=start.get("id"), targetRef=node.get("id"),
        )  # fmt: skip
    _draw(process, start, entries)
    lane = next((lane for lane in process.iter(q("lane")) if entries[0].get("id") in _members(lane)), None)
    if lane is not None:
        etree.SubElement(lane, q("flowNodeRef")).text = start.get("id")


def _members(lane: Node) -> list[str]:
    return [(part.text or "").strip() for part in children(lane, "flowNodeRef")]


def _new(wanted: str, known: set[str]) -> str:
    number, new = 1, wanted
    while new in known:
        number, new = number + 1, f"{wanted}_{number + 1}"
    known.add(new)
    return new


def _draw(process: Node, start: Node, entries: list[Node]) -> None:
    """Draw the start event to the left of the first entry; without a drawing there is nothing to add to."""
    shapes = {
        shape.get("bpmnElement"): shape for shape in process.getroottree().getroot().iter(f"{{{BPMNDI}}}BPMNShape")
    }
    bounds = {node.get("id"): found for node in entries if (found := _bounds(shapes.get(node.get("id")))) is not None}
    if entries[0].get("id") not in bounds:
        return
    x, y, _, height = bounds[entries[0].get("id")]
    plane = shapes[entries[0].get("id")].getparent()
    left, top = x - _GAP - _SIZE, y + height / 2 - _SIZE / 2
    shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", id=f"{start.get('id')}_di", bpmnElement=start.get("id"))
    size = {"x": left, "y": top, "width": _SIZE, "height": _SIZE}
    etree.SubElement(shape, f"{{{_DC}}}Bounds", {name: f"{value:g}" for name, value in size.items()})
    for flow in children(process, "sequenceFlow"):
        if flow.get("sourceRef") == start.get("id") and flow.get("targetRef") in bounds:
            x, y, _, height = bounds[flow.get("targetRef")]
            edge = etree.SubElement(
                plane, f"{{{BPMNDI}}}BPMNEdge", id=f"{flow.get('id')}_di", bpmnElement=flow.get("id")
            )
            middle = (left + _SIZE, top + _SIZE / 2)
            for point in (
                middle,
                (middle[0] + _GAP / 2, middle[1]),
                (middle[0] + _GAP / 2, y + height / 2),
                (x, y + height / 2),
            ):
                etree.SubElement(edge, f"{{{_DI}}}waypoint", x=f"{point[0]:g}", y=f"{point[1]:g}")


def _bounds(shape: Node | None) -> tuple[float, float, float, float] | None:
    found = shape.find("{*}Bounds") if shape is not None else None
    if found is None:
        return None
    try:
        return tuple(float(found.get(name, "")) for name in ("x", "y", "width", "height"))  # type: ignore[return-value]
    except ValueError:
        return None
