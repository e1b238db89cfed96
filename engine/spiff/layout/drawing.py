"""One page as it is drawn: shapes, lines, and where the words of labels stand."""

from dataclasses import dataclass, field
from itertools import pairwise

from engine.errors import Phrase
from engine.spiff.document import BPMN, SUB_PROCESSES, Node, local
from engine.spiff.layout.geometry import Point, Rectangle, Segment

FRAMES = ("participant", "lane", "group")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something seen on a page."""

    code: str
    element: str
    reason: Phrase
    mend: Phrase
    note: bool = False


@dataclass(kw_only=True)
class Plane:
    """One page.

    Attributes:
        items: every BPMN element of the file, by id.
        shapes: rectangle and `isExpanded` of each shape.
        lines: the waypoints of each edge.
        labels: where the words of each outside label stand.
    """

    name: str
    items: dict[str, Node]
    shapes: dict[str, tuple[Rectangle, str | None]] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    labels: dict[str, Rectangle] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    @property
    def drawn(self) -> set[str]:
        """The ids of all that is drawn here."""
        return self.shapes.keys() | self.lines.keys()

    @property
    def frames(self) -> set[str]:
        """Shapes that other shapes lie in."""
        return {
            id
            for id, (_, expanded) in self.shapes.items()
            if local(self.items[id]) in FRAMES or (local(self.items[id]) in SUB_PROCESSES and expanded != "false")
        }

    @property
    def solid(self) -> dict[str, Rectangle]:
        """Shapes that nothing else may lie on."""
        frames = self.frames
        return {id: rectangle for id, (rectangle, _) in self.shapes.items() if id not in frames}

    def segments(self) -> list[tuple[str, Segment]]:
        """The pieces of all lines."""
        return [(id, (a, b)) for id, points in self.lines.items() for a, b in pairwise(points) if a != b]

    def title(self, id: str) -> str:
        """How a message calls an element."""
        name = (self.items[id].get("name") or "").replace("\n", "") if id in self.items else ""
        return f"{name} ({id})" if name else id


def items_of(root: Node) -> dict[str, Node]:
    """Every BPMN element with an id."""
    return {node.get("id"): node for node in root.iter(f"{{{BPMN}}}*") if node.get("id")}


def read_plane(node: Node, items: dict[str, Node]) -> Plane:
    """Read one page; what has no bounds or waypoints is left out and found missing."""
    plane = Plane(name=node.get("bpmnElement") or "", items=items)
    for drawn in node:
        id = drawn.get("bpmnElement") if isinstance(drawn.tag, str) else None
        if id is None:
            continue
        if id not in items:
            plane.unknown.append(id)
        elif local(drawn) == "BPMNShape" and (bounds := _child(drawn, "Bounds")) is not None:
            plane.shapes[id] = (_rectangle(bounds), drawn.get("isExpanded"))
            _read_label(plane, id, drawn)
        elif local(drawn) == "BPMNEdge":
            points = [(_number(p, "x"), _number(p, "y")) for p in drawn if local(p) == "waypoint"]
            if len(points) > 1:
                plane.lines[id] = points
                _read_label(plane, id, drawn)
    return plane


def _child(node: Node, name: str) -> Node | None:
    return next((part for part in node if local(part) == name), None)


def _number(node: Node, name: str) -> float:
    try:
        return float(node.get(name, "0"))
    except ValueError:
        return 0.0


def _rectangle(bounds: Node) -> Rectangle:
    x, y, width, height = (_number(bounds, name) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def _read_label(plane: Plane, id: str, drawn: Node) -> None:
    """Where the words stand: in the stored box, or where a modeler puts them when there is none."""
    item = plane.items[id]
    name = item.get("name")
    if not name or not local(item).endswith(("Event", "Gateway", "Flow", "Reference")):
        return
    label = _child(drawn, "BPMNLabel")
    bounds = _child(label, "Bounds") if label is not None else None
    if bounds is not None:
        plane.labels[id] = text_rectangle(_rectangle(bounds), name)
    elif id in plane.shapes:
        left, _, right, bottom = plane.shapes[id][0]
        middle = (left + right) / 2
        plane.labels[id] = text_rectangle((middle - 45, bottom + 7, middle + 45, bottom + 20), name)


def text_rectangle(box: Rectangle, name: str) -> Rectangle:
    """Where the words of a label stand: centred in the box, wrapped at its width; a Chinese character is 11 px."""
    widest, rows = 0.0, 0
    wrap = max(box[2] - box[0], 22)
    for part in name.split("\n"):
        width = sum(11 if ord(character) > 255 else 6.2 for character in part)
        rows += max(1, -(-int(width) // int(wrap + 1)))
        widest = max(widest, min(width, wrap))
    middle = (box[0] + box[2]) / 2
    return middle - widest / 2, box[1], middle + widest / 2, box[1] + 13 * rows
