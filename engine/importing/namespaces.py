"""Namespaces: drafts of the standard had others, and some tools name none or forget to declare theirs."""

from typing import Final

from lxml import etree

from engine.errors import Phrase
from engine.importing.report import Loss, Notes
from engine.spiff.document import BPMNDI, Node, local, q

#: Under what a prefix is declared that the file does not declare.
UNDECLARED: Final = "urn:undeclared:"
_DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
_DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
#: The namespace of the drawing's elements, by their name.
_DRAWING: Final = {
    **dict.fromkeys(("BPMNDiagram", "BPMNPlane", "BPMNShape", "BPMNEdge", "BPMNLabel", "BPMNLabelStyle"), BPMNDI),
    **dict.fromkeys(("Bounds", "Font"), _DC),
    "waypoint": _DI,
}
#: What only a BPMN file has below its root.
_CONTENT: Final = frozenset(("process", "collaboration", "choreography", "conversation"))
#: Whose elements are never read as BPMN, though their root has its name.
_FOREIGN: Final = ("/dmn/", "/cmmn/", "wsdl")


def use_namespaces(root: Node, notes: Notes) -> None:
    """Put the elements of a BPMN file that names another namespace, or none, where the standard has them."""
    space = _space(root)
    if root.tag == q("definitions") or local(root) != "definitions" or any(each in space.lower() for each in _FOREIGN):
        return
    if not any(local(node) in _CONTENT and _space(node) == space for node in root):
        return
    for node in root.iter(etree.Element):
        here = _space(node)
        drawing = _DRAWING.get(local(node))
        if drawing is not None and (here in ("", space) or here.startswith(UNDECLARED)):
            node.tag = f"{{{drawing}}}{local(node)}"
        elif here == space:
            node.tag = q(local(node))
    if not space or space.startswith(UNDECLARED):
        what = Phrase("the file names no namespace; it was read as BPMN 2.0")
    else:
        what = Phrase("the file names the namespace {namespace}; it was read as BPMN 2.0", namespace=space[:200])
    notes.lossy.append(Loss(process="", element="", name="", kind="namespace", what=what))


def _space(node: Node) -> str:
    return etree.QName(node).namespace or "" if isinstance(node.tag, str) else ""
