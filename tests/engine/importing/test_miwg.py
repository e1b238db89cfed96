"""The reference diagrams of the BPMN Model Interchange Working Group, each as drawn by one vendor's modeller."""

from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from engine.importing import Group, import_diagram
from engine.sandbox import play_to_end
from engine.spiff import Specification, compile_process, read_definitions
from engine.spiff.document import BPMN, BPMNDI, ZEEBE

_ROOT = Path(__file__).resolve().parents[3]
#: Where they are looked for: a folder `shared/bpmn-miwg` beside the repository or one of its parents' neighbours.
_PLACES = [parent / "shared" / "bpmn-miwg" for parent in (_ROOT.parent, _ROOT.parent.parent)]
FOLDER = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
FILES = sorted(FOLDER.glob("*.bpmn"))
pytestmark = pytest.mark.skipif(not FILES, reason="the diagrams of the BPMN MIWG are not beside the checkout")


def foreign(root: etree._Element) -> Counter[bytes]:
    """Every extension element and every foreign attribute, in canonical XML."""
    found: Counter[bytes] = Counter()
    for node in root.iter(etree.Element):
        space = etree.QName(node).namespace
        if space == BPMN:
            found.update(f"{node.get('id')} {k}={v}".encode() for k, v in node.attrib.items() if k.startswith("{"))
        elif node.getparent().tag == f"{{{BPMN}}}extensionElements" and space != ZEEBE:
            found[etree.tostring(node, method="c14n", exclusive=True, with_tail=False)] += 1
    return found


def drawn(root: etree._Element) -> list[bytes]:
    """Every plane with its shapes, edges and labels, in canonical XML."""
    return [etree.tostring(node, method="c14n", exclusive=True) for node in root.iter(f"{{{BPMNDI}}}BPMNDiagram")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_layout_and_every_foreign_extension_stay(path: Path) -> None:
    before = etree.parse(path).getroot()
    imported = import_diagram(path.name, path.read_bytes())
    after = read_definitions({path.name: imported.content}).documents[path.name]
    assert drawn(after) == drawn(before)
    assert foreign(before) - foreign(after) == Counter()
    assert [node.get("id") for node in before.iter(f"{{{BPMN}}}*") if node.get("id")] == [
        node.get("id") for node in after.iter(f"{{{BPMN}}}*") if node.get("id")
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_lacks_nothing_starts_and_what_lacks_something_says_what(path: Path) -> None:
    imported = import_diagram(path.name, path.read_bytes())
    definitions = read_definitions({path.name: imported.content})
    assert imported.processes
    for process in imported.processes:
        required = [each for each in imported.todo if each.required and each.process in (process.id, "")]
        assert process.runs is (process.elements > 0 and not required)
        if process.runs:
            assert isinstance(compile_process(definitions, process.id), Specification)
    ids = {node.get("id") for node in definitions.documents[path.name].iter(f"{{{BPMN}}}*")}
    for each in imported.todo:
        assert each.element in ids
        assert each.missing
        assert each.mend
    groups = [list(Group).index(each.group) for each in imported.todo if each.required]
    assert groups == sorted(groups)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_process_ends_with_default_answers(path: Path) -> None:
    imported = import_diagram(path.name, path.read_bytes())
    outcome = play_to_end(imported.content)
    assert outcome.ended, outcome.stuck
    told = {each.element for each in imported.todo if each.kind == "join-waits"}
    assert {join for _, join in outcome.released} <= told


def test_every_open_end_of_an_invoice_is_listed() -> None:
    path = FOLDER / "C.1.0.bpmn"
    found = import_diagram(path.name, path.read_bytes())
    assert Counter((each.group.value, each.kind) for each in found.todo if each.required) == {
        ("assignments", "role-missing"): 3,
        ("timers", "timer-missing"): 1,
        ("events", "message-missing"): 3,
        ("work", "task-code"): 1,
        ("work", "task-without-type"): 4,
    }
    conditions = {
        flow.condition
        for flow in read_definitions({"x.bpmn": found.content}).processes["bpmn-miwg-test-case-c.1.0"].flows.values()
    }
    assert conditions - {None} == {"=approved", "=not(approved)", '=clarified = "yes"', '=clarified = "no"'}
