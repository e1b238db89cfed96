"""A drawing for processes that have none: a tool that only writes what happens leaves nothing to look at.

Elements stand in columns by how far they are from the start, and in rows within a column. It is a beginning for a
designer, not a beautiful drawing.
"""

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from engine.errors import Phrase
from engine.importing.report import Notes
from engine.spiff.document import (
    BPMNDI,
    EVENTS,
    GATEWAYS,
    SUB_PROCESSES,
    Node,
    children,
    every,
    flows_by,
    local,
    nodes_of,
)

_DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
_DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
_EVENT, _GATEWAY, _TASK = (36, 36), (50, 50), (100, 80)
#: Between columns and rows, around the content of a sub-process, and where the first element stands.
_GAP, _ROW, _PADDING, _ORIGIN = 60, 40, 30, 100
#: A process with more elements is not drawn: nobody could read it.
MAX_NODES: Final = 1_000


@dataclass
class _Layout:
    """Where everything of one scope stands: (x, y, width, height) from its upper left corner."""

    places: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    inner: dict[str, "_Layout"] = field(default_factory=dict)
    width: float = 0
    height: float = 0


def draw_missing(root: Node, notes: Notes) -> None:
    """Draw every process of which nothing is drawn."""
    drawn = {shape.get("bpmnElement") for shape in root.iter(f"{{{BPMNDI}}}BPMNShape")}
    for process in every(root, "process"):
        ids = [node.get("id") for node in nodes_of(process)]
        if not ids or len(ids) > MAX_NODES or any(identifier in drawn for identifier in ids):
            continue
        diagram = etree.SubElement(root, f"{{{BPMNDI}}}BPMNDiagram", nsmap={"bpmndi": BPMNDI, "dc": _DC, "di": _DI})
        diagram.set("id", f"{process.get('id')}_diagram")
        plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane", bpmnElement=process.get("id"))
        plane.set("id", f"{process.get('id')}_plane")
        _draw(plane, process, _arranged(process), _ORIGIN, _ORIGIN)
        notes.lose(process, "drawn-anew", Phrase("there was no drawing of it; it was drawn in columns"))


def _arranged(scope: Node) -> _Layout:
    """Put the nodes of a scope into columns and rows."""
    layout = _Layout()
    nodes = {node.get("id"): node for node in nodes_of(scope)}
    for identifier, node in nodes.items():
        if local(node) in SUB_PROCESSES and any(True for _ in nodes_of(node)):
            layout.inner[identifier] = _arranged(node)
    columns: dict[int, list[str]] = {}
    for identifier, rank in _ranks(scope, nodes).items():
        columns.setdefault(rank, []).append(identifier)
    x = 0.0
    for rank in sorted(columns):
        sizes = {identifier: _size(nodes[identifier], layout) for identifier in columns[rank]}
        width, y = max(size[0] for size in sizes.values()), 0.0
        for identifier, (wide, high) in sizes.items():
            row = max(high, _TASK[1])
            layout.places[identifier] = (x + (width - wide) / 2, y + (row - high) / 2, wide, high)
            y += row + _ROW
        x, layout.height = x + width + _GAP, max(layout.height, y - _ROW)
    layout.width = max(x - _GAP, 0)
    _borders(nodes, layout)
    return layout


def _size(node: Node, layout: _Layout) -> tuple[float, float]:
    inner = layout.inner.get(node.get("id"))
    if inner is not None:
        return max(inner.width + 2 * _PADDING, _TASK[0]), max(inner.height + 2 * _PADDING, _TASK[1])
    return _EVENT if local(node) in EVENTS else _GATEWAY if local(node) in GATEWAYS else _TASK


def _ranks(scope: Node, nodes: dict[str, Node]) -> dict[str, int]:
    """How far each node is from where tokens begin; an event on a border stands with its host."""
    by_source, entered = flows_by(scope, "sourceRef"), flows_by(scope, "targetRef")
    borders: dict[str, list[str]] = {}
    for identifier, node in nodes.items():
        if node.get("attachedToRef") in nodes:
            borders.setdefault(node.get("attachedToRef"), []).append(identifier)
    attached = {event for events in borders.values() for event in events}
    ranks: dict[str, int] = {}
    for first in [*(each for each in nodes if each not in entered and each not in attached), *nodes]:
        queue = [(first, 0)] if first not in ranks and first not in attached else []
        for here, rank in queue:
            if here in ranks:
                continue
            ranks[here] = rank
            for source in (here, *borders.get(here, ())):
                for flow in by_source.get(source, []):
                    target = flow.get("targetRef")
                    if target in nodes and target not in ranks and target not in attached:
                        queue.append((target, rank + 1))
    return ranks


def _borders(nodes: dict[str, Node], layout: _Layout) -> None:
    """Put events on the lower border of their hosts, side by side."""
    count: dict[str, int] = {}
    for identifier, node in nodes.items():
        host = node.get("attachedToRef")
        if identifier not in layout.places and host in layout.places:
            x, y, _, height = layout.places[host]
            step = count[host] = count.get(host, 0) + 1
            layout.places[identifier] = (x + 12 + (step - 1) * 42, y + height - 18, *_EVENT)


def _draw(plane: Node, scope: Node, layout: _Layout, left: float, top: float) -> None:
    """Write shapes and edges of a scope and of what is inside of it."""
    for identifier, (x, y, width, height) in layout.places.items():
        shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", id=f"{identifier}_shape", bpmnElement=identifier)
        if identifier in layout.inner:
            shape.set("isExpanded", "true")
        bounds = {"x": left + x, "y": top + y, "width": width, "height": height}
        etree.SubElement(shape, f"{{{_DC}}}Bounds", {name: f"{value:g}" for name, value in bounds.items()})
    for flow in children(scope, "sequenceFlow"):
        source, target = layout.places.get(flow.get("sourceRef")), layout.places.get(flow.get("targetRef"))
        if source is None or target is None:
            continue
        edge = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge", id=f"{flow.get('id')}_edge", bpmnElement=flow.get("id"))
        start = (left + source[0] + source[2], top + source[1] + source[3] / 2)
        end = (left + target[0], top + target[1] + target[3] / 2)
        middle = start[0] + _GAP / 2
        for x, y in (start, (middle, start[1]), (middle, end[1]), end):
            etree.SubElement(edge, f"{{{_DI}}}waypoint", x=f"{x:g}", y=f"{y:g}")
    nodes = {node.get("id"): node for node in nodes_of(scope)}
    for identifier, inner in layout.inner.items():
        x, y, _, _ = layout.places.get(identifier, (0, 0, 0, 0))
        _draw(plane, nodes[identifier], inner, left + x + _PADDING, top + y + _PADDING)
