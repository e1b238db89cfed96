"""Labels: words stand on nothing else."""

from collections.abc import Iterator
from itertools import combinations

from engine.errors import Phrase
from engine.spiff.document import local
from engine.spiff.layout.drawing import Mark, Plane
from engine.spiff.layout.geometry import Rectangle, meet, pierces, shrink


def check_labels(plane: Plane) -> Iterator[Mark]:
    """Find labels on labels, nodes, lines and borders."""
    for i, j in combinations(sorted(plane.labels), 2):
        if meet(shrink(plane.labels[i], 1), shrink(plane.labels[j], 1)):
            yield _on(i, Phrase("the label of {other}", other=plane.title(j)))
    solid, segments, frames = plane.solid, plane.segments(), plane.frames
    for id in sorted(plane.labels):
        box = shrink(plane.labels[id], 1)
        for node, rectangle in solid.items():
            if meet(box, shrink(rectangle, 4 if node == id else 0)):
                yield _on(id, Phrase("{other}", other=plane.title(node)))
        crossed = {line for line, piece in segments if pierces(piece, box)}
        for line in sorted(line for line in crossed if local(plane.items[line]).endswith("Flow")):
            yield _on(id, Phrase("the line {other}", other=plane.title(line)))
        for frame in sorted(frames):
            if _on_border(box, plane.shapes[frame][0]):
                yield _on(id, Phrase("the border of {other}", other=plane.title(frame)))


def _on(id: str, what: Phrase) -> Mark:
    return Mark(
        code="label", element=id, reason=Phrase("its label stands on {what}", what=what), mend=Phrase("Move the label")
    )


def _on_border(box: Rectangle, frame: Rectangle) -> bool:
    """Does the box stand on the upper or lower border?"""
    left, top, right, bottom = frame
    return any(pierces(((left, y), (right, y)), box) for y in (top, bottom))
