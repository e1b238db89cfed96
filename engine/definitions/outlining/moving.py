"""Moves steps up or down in the drawing: what is in them goes along, flows that connect them are routed anew."""

from collections.abc import Iterable

from engine.definitions.outlining.document import Document
from engine.definitions.outlining.drawing import Drawing
from engine.spiff.document import Node


def shift(document: Document, drawing: Drawing, nodes: Iterable[Node], by: float) -> None:
    """Move steps with everything in them down by so many pixels, up when it is negative."""
    inside = {part.get("id") for node in nodes for part in node.iter() if isinstance(part.tag, str) and part.get("id")}
    for identifier in inside & drawing.shapes.keys():
        drawing.lower(identifier, by)
    for flow_id, edge in list(drawing.edges.items()):
        flow = document.by_id.get(flow_id)
        if flow is None:
            continue
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        if source in inside and target in inside:
            drawing.lower(flow_id, by)
        elif (source in inside or target in inside) and (points := drawing.route(source, target)):
            drawing.draw_flow(edge.getparent(), flow_id, points)
