"""The drawing: each mistake alone, on two tasks in a row."""

import time
from pathlib import Path
from typing import Any

import pytest

from engine.definitions import Package
from engine.definitions.check import FUNCTIONS
from engine.spiff import Finding, lint
from tests.engine.spiff.drawing import NAMESPACES, end, flows, node, process, start

DI = (
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
)
SHAPES = {"s": (100, 122, 36, 36), "u": (200, 100, 100, 80), "v": (360, 100, 100, 80), "e": (520, 122, 36, 36)}
EDGES = {
    "f1": [(136, 140), (200, 140)],
    "f2": [(300, 140), (360, 140)],
    "f3": [(460, 140), (520, 140)],
}
LABELS: dict[str, tuple[int, int, int, int]] = {"s": (90, 165, 56, 14), "e": (510, 165, 56, 14)}


def findings(
    shapes: dict[str, tuple[int, int, int, int]] | None = None,
    edges: dict[str, list[tuple[int, int]]] | None = None,
    labels: dict[str, tuple[int, int, int, int]] | None = None,
    more: str = "",
) -> list[Finding]:
    """What is said of the drawing."""

    def bounds(box: tuple[int, int, int, int]) -> str:
        return '<dc:Bounds x="{}" y="{}" width="{}" height="{}"/>'.format(*box)

    def label(id: str) -> str:
        return f"<bpmndi:BPMNLabel>{bounds(labelled[id])}</bpmndi:BPMNLabel>" if id in labelled else ""

    labelled = {**LABELS, **(labels or {})}
    body = start() + node("userTask", "u") + node("userTask", "v") + end() + more
    body += flows("s>u #f1; u>v #f2; v>e #f3")
    plane = "".join(
        f'<bpmndi:BPMNShape id="{id}_di" bpmnElement="{id}">{bounds(box)}{label(id)}</bpmndi:BPMNShape>'
        for id, box in {**SHAPES, **(shapes or {})}.items()
        if box
    )
    for id, points in {**EDGES, **(edges or {})}.items():
        way = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
        plane += f'<bpmndi:BPMNEdge id="{id}_di" bpmnElement="{id}">{way}</bpmndi:BPMNEdge>'
    page = f'<bpmndi:BPMNPlane id="P" bpmnElement="p">{plane}</bpmndi:BPMNPlane>'
    content = process("p", body) + f'<bpmndi:BPMNDiagram id="D">{page}</bpmndi:BPMNDiagram>'
    root = f'<bpmn:definitions {NAMESPACES} {DI} id="d" targetNamespace="x">{content}</bpmn:definitions>'
    return [each for each in lint({"p.bpmn": root.encode()}) if each.code.startswith("layout-")]


def drawn(*shapes: Any, **changed: Any) -> set[str]:
    """The codes of what is wrong with the drawing, notes left out."""
    return {each.code for each in findings(*shapes, **changed) if each.severity != "note"}


def test_a_clean_drawing_has_no_finding() -> None:
    assert drawn() == set()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"shapes": {"v": (280, 100, 100, 80)}}, "overlap"),
        ({"edges": {"f2": [(300, 140), (330, 150), (360, 140)]}}, "slanted"),
        ({"edges": {"f2": [(310, 140), (350, 140)]}}, "undocked"),
        ({"edges": {"f3": [(410, 100), (410, 60), (250, 60), (250, 200), (538, 200), (538, 158)]}}, "through-node"),
        ({"edges": {"f3": [(300, 140), (360, 140)]}}, "on-edge"),
        ({"labels": {"s": (150, 134, 40, 14)}}, "label"),
        ({"labels": {"s": (510, 165, 56, 14)}}, "label"),  # on the label of the end
        ({"labels": {"s": (220, 130, 40, 14)}}, "label"),  # on a task
        ({"shapes": {"gone": (0, 0, 10, 10)}}, "unknown"),
        ({"more": node("userTask", "w")}, "not-drawn"),
    ],
)
def test_a_mistake_of_the_drawing_is_found(changed: dict[str, object], code: str) -> None:
    assert f"layout-{code}" in drawn(**changed)  # type: ignore[arg-type]


def test_more_than_35_elements_are_too_many() -> None:
    ids = [f"x{i}" for i in range(36)]
    shapes = {id: (100 + 140 * i, 400, 100, 80) for i, id in enumerate(ids)}
    assert "layout-too-many" in drawn(shapes=shapes, more="".join(node("userTask", id) for id in ids))


def test_nodes_outside_their_lane_are_found() -> None:
    lanes = (
        '<bpmn:laneSet id="ls"><bpmn:lane id="l" name="L">'
        + "".join(f"<bpmn:flowNodeRef>{id}</bpmn:flowNodeRef>" for id in "suv")
        + "</bpmn:lane></bpmn:laneSet>"
    )
    assert drawn(shapes={"l": (60, 60, 560, 60)}, more=lanes) == {"layout-outside-lane", "layout-no-lane"}


def test_our_own_drawings_are_clean() -> None:
    folder = Path(__file__).parents[3] / "bpmn"
    for package in sorted(path.parent for path in folder.glob("*/package.json")):
        files = Package.read_directory(package).diagrams
        assert files
        assert [f.message for f in lint(files, functions=FUNCTIONS) if f.severity != "note"] == []


def test_page_that_nobody_could_read_is_only_counted() -> None:
    beside = {f"t{number}": (number * 10, 400, 100, 80) for number in range(1_000)}
    more = "".join(node("userTask", id) for id in beside)
    began = time.process_time()
    assert drawn(beside, more=more) == {"layout-too-many"}
    assert time.process_time() - began < 5
