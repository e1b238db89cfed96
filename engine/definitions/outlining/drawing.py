"""The drawing of a diagram: room is made, shapes are placed, flows are routed; what is not concerned stays."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from engine.spiff.document import BPMNDI, Node, local

DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
#: Between two columns, and from one row to the next.
GAP: Final = 60
ROW: Final = 120
#: A flow that goes back runs so far below what it passes.
BELOW: Final = 40
#: A letter of a label, wide and narrow, and a line of it.
_WIDE: Final = 11
_NARROW: Final = 6
_LINE: Final = 14
#: What grows when room is made in it.
_CONTAINERS: Final = ("participant", "lane", "subProcess", "transaction", "adHocSubProcess")

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Box:
    """The bounds of a shape."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def meets(self, other: "Box", margin: float = 0) -> bool:
        """Whether two boxes lie over each other, or nearer than a margin."""
        return (
            self.x < other.right + margin
            and other.x < self.right + margin
            and self.y < other.bottom + margin
            and other.y < self.bottom + margin
        )


class Drawing:
    """Shapes and edges of a BPMN file by the element that they draw."""

    def __init__(self, root: Node, by_id: dict[str, Node]) -> None:
        self.root, self.by_id = root, by_id
        self.shapes = {part.get("bpmnElement"): part for part in root.iter(f"{{{BPMNDI}}}BPMNShape")}
        self.edges = {part.get("bpmnElement"): part for part in root.iter(f"{{{BPMNDI}}}BPMNEdge")}

    def box(self, identifier: str) -> Box | None:
        """Return where an element is drawn; None when it is not."""
        shape = self.shapes.get(identifier)
        bounds = shape.find(f"{{{DC}}}Bounds") if shape is not None else None
        return _box(bounds) if bounds is not None else None

    def is_container(self, identifier: str) -> bool:
        """Whether an element is drawn around others."""
        shape, node = self.shapes[identifier], self.by_id.get(identifier)
        if node is None or local(node) not in _CONTAINERS:
            return False
        return local(node) in ("participant", "lane") or shape.get("isExpanded") == "true"

    def plane_of(self, identifier: str) -> Node:
        """Return the plane that an element is drawn on; the first one when it is not drawn."""
        shape = self.shapes.get(identifier)
        return shape.getparent() if shape is not None else next(self.root.iter(f"{{{BPMNDI}}}BPMNPlane"))

    def obstacles(self) -> Iterator[Box]:
        """Yield the boxes of all shapes that hold no others."""
        for identifier in self.shapes:
            box = self.box(identifier)
            if box is not None and not self.is_container(identifier):
                yield box

    def container_of(self, box: Box) -> Box | None:
        """Return the smallest container whose area holds the middle of a box."""
        x, y = box.middle
        held = [
            around
            for identifier in self.shapes
            if self.is_container(identifier) and (around := self.box(identifier))
            and around.x < x < around.right and around.y < y < around.bottom
        ]  # fmt: skip
        return min(held, key=lambda each: each.width * each.height, default=None)

    def add_shape(self, plane: Node, identifier: str, box: Box) -> None:
        """Draw an element."""
        shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", id=f"{identifier}_di", bpmnElement=identifier)
        etree.SubElement(shape, f"{{{DC}}}Bounds")
        self.shapes[identifier] = shape
        _set(shape[0], box)

    def place(self, identifier: str, box: Box) -> None:
        """Draw an element that is drawn already somewhere else, or in another size."""
        _set(self.shapes[identifier].find(f"{{{DC}}}Bounds"), box)

    def lower(self, identifier: str, by: float) -> None:
        """Move a shape or a flow down, with its label."""
        for drawn in (self.shapes.get(identifier), self.edges.get(identifier)):
            for part in drawn.iter(f"{{{DC}}}Bounds", f"{{{DI}}}waypoint") if drawn is not None else ():
                part.set("y", _text(float(part.get("y") or 0) + by))

    def label_above(self, identifier: str) -> None:
        """Put the name of a gateway or event above it, where no flow runs that leaves or arrives below."""
        box = self.box(identifier)
        if box is not None:
            self._put_label(identifier, lambda wide: (box.middle[0] - wide / 2, box.y - _LINE - 6))

    def label_beside(self, identifier: str) -> None:
        """Put the name of an event on a border below it, right of a flow that leads down."""
        box = self.box(identifier)
        if box is not None:
            self._put_label(identifier, lambda _: (box.middle[0] + 4, box.bottom + 2))

    def _put_label(self, identifier: str, at: Callable[[float], Point]) -> None:
        name = self.by_id[identifier].get("name")
        if not name:
            return
        shape = self.shapes[identifier]
        label = shape.find(f"{{{BPMNDI}}}BPMNLabel")
        if label is None:
            label = etree.SubElement(shape, f"{{{BPMNDI}}}BPMNLabel")
        for part in list(label):
            label.remove(part)
        wide = sum(_WIDE if ord(letter) > 255 else _NARROW for letter in name)
        left, top = at(wide)
        place = Box(x=left, y=top, width=wide, height=_LINE)
        _set(etree.SubElement(label, f"{{{DC}}}Bounds"), place)

    def draw_flow(self, plane: Node, flow_id: str, points: Sequence[Point]) -> None:
        """Draw a flow, or draw it anew along other points. Its label is placed by whoever shows it."""
        edge = self.edges.get(flow_id)
        if edge is None:
            edge = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge", id=f"{flow_id}_di", bpmnElement=flow_id)
            self.edges[flow_id] = edge
        for part in list(edge):
            if local(part) in ("waypoint", "BPMNLabel"):
                edge.remove(part)
        for position, (x, y) in enumerate(points):
            edge.insert(position, etree.Element(f"{{{DI}}}waypoint", x=_text(x), y=_text(y)))

    def erase(self, identifier: str) -> None:
        """Take an element out of the drawing."""
        for drawn in (self.shapes.pop(identifier, None), self.edges.pop(identifier, None)):
            if drawn is not None:
                drawn.getparent().remove(drawn)

    def route(self, source: str, target: str) -> list[Point]:
        """Return the points of a flow between two drawn elements: right, or down and right, or back below."""
        start, end = self.box(source), self.box(target)
        if start is None or end is None:
            return []
        host = self.box(self._host(source) or "")
        if host is not None and end.bottom <= host.y:
            return _around(host, start, end)
        return _route(start, end, forks=local(self.by_id[source]).endswith("Gateway"))

    def make_room(self, axis: str, at: float, by: float) -> None:
        """Move everything from a coordinate on to the right (`x`) or down (`y`); what lies across it grows or stays."""
        size = "width" if axis == "x" else "height"
        moved: set[str] = set()
        grown: set[str] = set()
        for identifier, shape in self.shapes.items():
            box = self.box(identifier)
            if box is None:
                continue
            begin, length = getattr(box, axis), getattr(box, size)
            if begin >= at:
                moved.add(identifier)
            elif begin + length > at and self.is_container(identifier):
                grown.add(identifier)
            _shift(shape.find(f"{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds"), axis, at, by)
        moved = {each for each in moved if self._follows(each, moved, grown)} | {
            each for each in self.shapes if self._host(each) in moved
        }
        for identifier in moved | grown:
            bounds = self.shapes[identifier].find(f"{{{DC}}}Bounds")
            name = axis if identifier in moved else size
            bounds.set(name, _text(float(bounds.get(name)) + by))
        for flow_id in list(self.edges):
            self._move_edge(flow_id, axis, at, by, moved)

    def _host(self, identifier: str) -> str | None:
        node = self.by_id.get(identifier)
        return node.get("attachedToRef") if node is not None else None

    def _follows(self, identifier: str, moved: set[str], grown: set[str]) -> bool:
        """Whether an event on a border moves: with its host, or by itself on the border of one that grows."""
        host = self._host(identifier)
        return host is None or host in moved or host in grown

    def _move_edge(self, flow_id: str, axis: str, at: float, by: float, moved: set[str]) -> None:
        edge, flow = self.edges[flow_id], self.by_id.get(flow_id)
        points = edge.findall(f"{{{DI}}}waypoint")
        if not points:
            return
        _shift(edge.find(f"{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds"), axis, at, by)
        shifts = [float(point.get(axis)) >= at for point in points]
        source, target = (flow.get("sourceRef"), flow.get("targetRef")) if flow is not None else (None, None)
        ends = [(source, shifts[0]), (target, shifts[-1])]
        drawn = [(end, shift) for end, shift in ends if end in self.shapes and not self.is_container(str(end))]
        if any((end in moved) != shift for end, shift in drawn):
            self.draw_flow(edge.getparent(), flow_id, self.route(str(source), str(target)))
            return
        for point, shift in zip(points, shifts, strict=True):
            if shift:
                point.set(axis, _text(float(point.get(axis)) + by))


def _route(start: Box, end: Box, *, forks: bool) -> list[Point]:
    (sx, sy), (ex, ey) = start.middle, end.middle
    if end.x >= start.right:
        if abs(sy - ey) < 1:
            return [(start.right, sy), (end.x, ey)]
        if forks:
            return [(sx, start.bottom if ey > sy else start.y), (sx, ey), (end.x, ey)]
        between = (start.right + end.x) / 2
        return [(start.right, sy), (between, sy), (between, ey), (end.x, ey)]
    line = ex if start.x <= ex <= start.right else sx
    if start.x <= line <= start.right and end.x <= line <= end.right:
        return [(line, start.bottom), (line, end.y)] if ey > sy else [(line, start.y), (line, end.bottom)]
    below = max(start.bottom, end.bottom) + BELOW
    return [(sx, start.bottom), (sx, below), (ex, below), (ex, end.bottom)]


def _around(host: Box, start: Box, end: Box) -> list[Point]:
    """Return the points of a flow from an event on a lower border to something above, right of its host."""
    (sx, _), (ex, ey) = start.middle, end.middle
    below, beside = start.bottom + BELOW / 2, host.right + BELOW / 2
    points = [(sx, start.bottom), (sx, below), (beside, below)]
    if end.x <= beside <= end.right:
        return [*points, (beside, end.bottom)]
    return [*points, (beside, ey), (end.x if ex > beside else end.right, ey)]


def _box(bounds: Any) -> Box:
    x, y, width, height = (float(bounds.get(name) or 0) for name in ("x", "y", "width", "height"))
    return Box(x=x, y=y, width=width, height=height)


def _set(bounds: Any, box: Box) -> None:
    for name in ("x", "y", "width", "height"):
        bounds.set(name, _text(getattr(box, name)))


def _shift(bounds: Any, axis: str, at: float, by: float) -> None:
    if bounds is not None and float(bounds.get(axis) or 0) >= at:
        bounds.set(axis, _text(float(bounds.get(axis)) + by))


def _text(value: float) -> str:
    return str(round(value)) if abs(value - round(value)) < 0.001 else f"{value:.2f}"
