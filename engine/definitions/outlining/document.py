"""The BPMN file that an outline changes: found, written back, elements made in the order of the standard."""

from collections.abc import Iterable
from typing import Final

from lxml import etree

from engine.errors import Invalid, NotFound
from engine.spiff.document import BPMN, NODES, Node, children, local, parse_document, q

#: What comes before an element's own content. Source: BPMN 2.0.2, tBaseElement and tFlowNode of Semantic.xsd.
_FIRST: Final = ("documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef")
#: How often an id is tried with another number before the file is given up.
_TRIES: Final = 10_000


class Document:
    """A BPMN file under change."""

    def __init__(self, content: bytes) -> None:
        self.root: Node = parse_document("diagram", content)
        self.by_id: dict[str, Node] = {
            node.get("id"): node
            for node in self.root.iter()
            if isinstance(node.tag, str) and node.tag.startswith(f"{{{BPMN}}}") and node.get("id")
        }

    def content(self) -> bytes:
        """Return the file as it is now."""
        written: bytes = etree.tostring(self.root.getroottree(), xml_declaration=True, encoding="UTF-8")
        return written + b"\n"

    def find(self, identifier: str, kinds: Iterable[str] = ()) -> Node:
        """Return an element.

        Raises:
            NotFound: the diagram has none of this id, or it is of none of these kinds.
        """
        node = self.by_id.get(identifier)
        if node is None or (kinds and local(node) not in tuple(kinds)):
            raise NotFound("outline-element", "The diagram has no element {element}.", element=identifier)
        return node

    def node(self, identifier: str) -> Node:
        """Return a step, event or gateway."""
        return self.find(identifier, NODES)

    def new_id(self, stem: str) -> str:
        """Return an id that nothing in the diagram has."""
        taken = {node.get("id") for node in self.root.iter() if isinstance(node.tag, str)}
        found = next((each for number in range(1, _TRIES) if (each := f"{stem}_{number}") not in taken), None)
        if found is None:
            raise Invalid("outline-ids", "The diagram has too many elements called {stem}.", stem=stem)
        return found

    def add_flow(self, source: Node, target: Node) -> Node:
        """Add a sequence flow between two nodes of one scope, and name it at both."""
        flow = etree.SubElement(source.getparent(), q("sequenceFlow"))
        flow.set("id", self.new_id("flow"))
        flow.set("sourceRef", source.get("id"))
        flow.set("targetRef", target.get("id"))
        self.by_id[flow.get("id")] = flow
        self.name_flow(source, "outgoing", flow.get("id"))
        self.name_flow(target, "incoming", flow.get("id"))
        return flow

    def name_flow(self, node: Node, way: str, flow_id: str) -> None:
        """Write at a node that a flow comes in or goes out."""
        made = etree.Element(q(way))
        made.text = flow_id
        before = (*_FIRST, "incoming", "outgoing") if way == "outgoing" else (*_FIRST, "incoming")
        node.insert(_position(node, before), made)

    def forget_flow(self, node: Node, way: str, flow_id: str) -> None:
        """Take the name of a flow from a node."""
        for each in children(node, way):
            if (each.text or "").strip() == flow_id:
                node.remove(each)

    def lane_of(self, identifier: str) -> Node | None:
        """Return the innermost lane that an element is in."""
        found = [
            reference.getparent()
            for reference in self.root.iter(q("flowNodeRef"))
            if (reference.text or "").strip() == identifier
        ]
        return found[-1] if found else None

    def put_in_lane(self, identifier: str, lane: Node) -> None:
        """Write an element into a lane and the lanes around it that name their elements."""
        around = [part for part in lane.iterancestors(q("lane")) if children(part, "flowNodeRef")]
        for each in (lane, *around):
            reference = etree.Element(q("flowNodeRef"))
            reference.text = identifier
            each.insert(_position(each, (*_FIRST, "partitionElement", "flowNodeRef")), reference)


def _position(node: Node, before: tuple[str, ...]) -> int:
    """Return where a new child stands: after the last of these."""
    return max((index + 1 for index, part in enumerate(node) if local(part) in before), default=0)


def extension_elements(node: Node) -> Node:
    """Return the extension elements of an element, made where there are none."""
    found = node.find(q("extensionElements"))
    if found is None:
        found = etree.Element(q("extensionElements"))
        node.insert(_position(node, ("documentation",)), found)
    return found
