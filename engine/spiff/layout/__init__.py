"""Judging the drawing of a BPMN file: can a person read it?

Errors: an element without a shape, overlapping nodes, an edge through a node or on another edge, a slanted or undocked
edge, a label on a node, line or label, a node outside its lane, more than 35 elements on a page. Crossings, narrow
gaps and long names are notes.
"""

from collections.abc import Iterator

from engine.errors import Phrase
from engine.spiff.document import BPMNDI, NODES, Node, local
from engine.spiff.findings import Finding, Severity, finding
from engine.spiff.layout.drawing import Mark, items_of, read_plane
from engine.spiff.layout.edges import check_edges, check_lines
from engine.spiff.layout.labels import check_labels
from engine.spiff.layout.nodes import check_lanes, check_nodes, check_size

ARTIFACTS = ("participant", "lane", "textAnnotation", "dataObjectReference", "dataStoreReference", "group")
EDGES = ("sequenceFlow", "messageFlow", "association", "dataInputAssociation", "dataOutputAssociation")
RULES = (check_size, check_nodes, check_lanes, check_edges, check_lines, check_labels)
#: Shapes and lines of one page that are compared with each other; beyond, its size is all that is said.
MAX_DRAWN = 200
DRAWN = frozenset(NODES) | set(ARTIFACTS) | set(EDGES)


def check_layout(file: str, root: Node, severity: Severity) -> Iterator[Finding]:
    """Check the drawing of one file.

    Args:
        file: its name.
        root: its root element.
        severity: of what check calls an error: error for our own packages, warning for foreign files.
    """
    items = items_of(root)
    planes = [node for node in root.iter(f"{{{BPMNDI}}}BPMNPlane") if len(node)]
    if not planes:
        yield finding(
            severity, "layout-missing", file, "", "", Phrase("it has no diagram"), Phrase("Draw it in a modeler")
        )
        return
    drawn: set[str] = set()
    for node in planes:
        plane = read_plane(node, items)
        drawn |= plane.drawn
        for rule in RULES if len(plane.drawn) <= MAX_DRAWN else (check_size,):
            for mark in rule(plane):
                yield _finding(file, plane.items, mark, severity)
    for identifier, item in items.items():
        if local(item) in DRAWN and identifier not in drawn:
            mark = Mark(
                code="not-drawn",
                element=identifier,
                reason=Phrase("it is not drawn"),
                mend=Phrase("Draw it, or remove it"),
            )
            yield _finding(file, items, mark, severity)


def _finding(file: str, items: dict[str, Node], mark: Mark, severity: Severity) -> Finding:
    item = items.get(mark.element)
    name = (item.get("name") or "") if item is not None else ""
    how_bad = Severity.NOTE if mark.note else severity
    return finding(how_bad, f"layout-{mark.code}", file, mark.element, name, mark.reason, mark.mend)
