"""Nodes: overlaps, lanes, and how many there are."""

from collections.abc import Iterator
from itertools import combinations

from engine.errors import Phrase
from engine.spiff.document import NODES, children, local
from engine.spiff.layout.drawing import Mark, Plane
from engine.spiff.layout.geometry import meet

#: More cannot be taken in at one glance.
MAX_ELEMENTS = 35
#: Nodes should be at least this far apart, in pixels.
GAP = 15
#: A longer name does not fit its box.
MAX_NAME = 14


def check_size(plane: Plane) -> Iterator[Mark]:
    """Count the elements, and find what is drawn without being there."""
    visible = sum(1 for id in plane.shapes if local(plane.items[id]) not in ("participant", "lane"))
    if visible > MAX_ELEMENTS:
        yield Mark(
            code="too-many",
            element=plane.name,
            reason=Phrase("{visible} elements are on one page, more than {limit}", visible=visible, limit=MAX_ELEMENTS),
            mend=Phrase("Move a part into a called process with a page of its own"),
        )
    for id in plane.unknown:
        yield Mark(
            code="unknown",
            element=id,
            reason=Phrase("it is drawn and not in the process"),
            mend=Phrase("Save the file again"),
        )


def check_nodes(plane: Plane) -> Iterator[Mark]:
    """Find nodes on or near each other, and long names."""
    solid = plane.solid
    for a, b in combinations(sorted(solid), 2):
        if plane.items[a].get("attachedToRef") == b or plane.items[b].get("attachedToRef") == a:
            continue
        if meet(solid[a], solid[b]):
            yield Mark(
                code="overlap",
                element=a,
                reason=Phrase("it lies on {other}", other=plane.title(b)),
                mend=Phrase("Move one of them away"),
            )
        elif meet(solid[a], solid[b], GAP):
            yield Mark(
                code="narrow",
                element=a,
                reason=Phrase("it is closer than {gap} px to {other}", gap=GAP, other=plane.title(b)),
                mend=Phrase("Move one of them away"),
                note=True,
            )
    for id in solid:
        kind, name = local(plane.items[id]), (plane.items[id].get("name") or "").replace("\n", "")
        if not kind.endswith(("Event", "Gateway", "Annotation")) and len(name) > MAX_NAME:
            yield Mark(
                code="long-name",
                element=id,
                reason=Phrase("its name is longer than {limit} characters", limit=MAX_NAME),
                mend=Phrase("Shorten it to a verb and an object"),
                note=True,
            )


def check_lanes(plane: Plane) -> Iterator[Mark]:
    """Find nodes outside the lane they belong to, or in none."""
    lanes = [item for id, item in plane.items.items() if local(item) == "lane" and id in plane.shapes]
    leaves = [lane for lane in lanes if not children(lane, "childLaneSet")]
    homes = {(part.text or "").strip(): lane for lane in leaves for part in children(lane, "flowNodeRef")}
    divided = {process for lane in lanes for process in lane.iterancestors()}
    for id, (rectangle, _) in plane.shapes.items():
        item = plane.items[id]
        if local(item) not in NODES or local(item) == "boundaryEvent":
            continue
        if id in homes and homes[id].get("id") in plane.shapes:
            room = plane.shapes[homes[id].get("id")][0]
            inside = room[0] <= rectangle[0] and room[1] <= rectangle[1]
            if not (inside and rectangle[2] <= room[2] and rectangle[3] <= room[3]):
                yield Mark(
                    code="outside-lane",
                    element=id,
                    reason=Phrase("it lies outside its lane {other}", other=plane.title(homes[id].get("id"))),
                    mend=Phrase("Move it into the lane, or make the lane larger"),
                )
        elif local(item.getparent()) == "process" and item.getparent() in divided:
            yield Mark(
                code="no-lane", element=id, reason=Phrase("it is in no lane"), mend=Phrase("Move it into a lane")
            )
