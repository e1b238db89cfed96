"""Edges: straight, docked, around nodes, and not on each other."""

from collections.abc import Iterator
from itertools import combinations, pairwise

from engine.errors import Phrase
from engine.spiff.document import SUB_PROCESSES, children, local
from engine.spiff.layout.drawing import Mark, Plane
from engine.spiff.layout.geometry import SLACK, Point, Rectangle, at, crosses, meet, pierces, shared, shrink


def ends_of(plane: Plane, id: str) -> tuple[str | None, str | None]:
    """The ids of what an edge connects."""
    item = plane.items[id]
    ends: list[str | None] = []
    for name in ("sourceRef", "targetRef"):
        inner = children(item, name)
        ends.append(item.get(name) or ((inner[0].text or "").strip() if inner else None))
    return ends[0], ends[1]


def check_edges(plane: Plane) -> Iterator[Mark]:
    """Find slanted and undocked edges, and those that pass through a node."""
    for id, points in plane.lines.items():
        ends = ends_of(plane, id)
        if local(plane.items[id]) in ("sequenceFlow", "messageFlow"):
            yield from _course(plane, id, points, ends)
        yield from _through_nodes(plane, id, points, ends)
        yield from _through_frames(plane, id, points, ends)


def _course(plane: Plane, id: str, points: list[Point], ends: tuple[str | None, str | None]) -> Iterator[Mark]:
    if any(abs(a[0] - b[0]) > 1 and abs(a[1] - b[1]) > 1 for a, b in pairwise(points)):
        yield Mark(
            code="slanted",
            element=id,
            reason=Phrase("a part of it is slanted"),
            mend=Phrase("Lead it along the axes"),
        )
    for end, point in zip(ends, (points[0], points[-1]), strict=True):
        if end in plane.shapes:
            rectangle = plane.shapes[end][0]
            if not meet(at(point), rectangle, 3) or meet(at(point), shrink(rectangle, 3)):
                yield Mark(
                    code="undocked",
                    element=id,
                    reason=Phrase("it does not end on the border of {other}", other=plane.title(end)),
                    mend=Phrase("Pull its end onto the border"),
                )


def _through_nodes(plane: Plane, id: str, points: list[Point], ends: tuple[str | None, str | None]) -> Iterator[Mark]:
    pieces = list(pairwise(points))
    for node, rectangle in plane.solid.items():
        cut = [number for number, piece in enumerate(pieces) if pierces(piece, shrink(rectangle, 2))]
        if node == ends[0]:
            cut = [number for number in cut if number > 0] or (cut if _inside(points[1], rectangle) else [])
        elif node == ends[1]:
            cut = [number for number in cut if number < len(points) - 2]
        if cut and (local(plane.items[node]) != "textAnnotation" or node not in ends):
            yield Mark(
                code="through-node",
                element=id,
                reason=Phrase("it passes through {other}", other=plane.title(node)),
                mend=Phrase("Lead it around"),
            )


def _inside(point: Point, rectangle: Rectangle) -> bool:
    return meet(at(point), shrink(rectangle, 3))


def _through_frames(plane: Plane, id: str, points: list[Point], ends: tuple[str | None, str | None]) -> Iterator[Mark]:
    for frame in plane.frames:
        item = plane.items[frame]
        if local(item) not in SUB_PROCESSES or frame in ends or item in plane.items[id].iterancestors():
            continue
        rectangle = shrink(plane.shapes[frame][0], 2)
        if any(pierces(piece, rectangle) for piece in pairwise(points)):
            yield Mark(
                code="through-node",
                element=id,
                reason=Phrase("it passes through the sub-process {other}", other=plane.title(frame)),
                mend=Phrase("Lead it around"),
            )


def check_lines(plane: Plane) -> Iterator[Mark]:
    """Find edges that lie on each other, and count crossings."""
    crossings = set()
    for (i, p), (j, q) in combinations(plane.segments(), 2):
        if i == j:
            continue
        length = shared(p, q)
        if length > SLACK:
            yield Mark(
                code="on-edge",
                element=i,
                reason=Phrase("it lies for {length:.0f} px on {other}", length=length, other=plane.title(j)),
                mend=Phrase("Lead one of them elsewhere"),
            )
        elif crosses(p, q):
            crossings.add((i, j))
    for i, j in sorted(crossings):
        yield Mark(
            code="crossing",
            element=i,
            reason=Phrase("it crosses {other}", other=plane.title(j)),
            mend=Phrase("Lead one of them around"),
            note=True,
        )
