"""A BPMN file as an XML tree: read with every guard on, and the few words in which the door speaks about nodes."""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from engine.errors import Invalid, misread

#: An lxml element; the library has no types of its own.
Node = Any

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
#: What the door writes into its own copy of a document; never read from a file.
OURS = "urn:chuishao:door"

#: The largest file, in bytes, and what may be in it. A page of 35 elements has about 1,500 XML elements and is 12 deep.
MAX_BYTES = 2_000_000
MAX_ELEMENTS = 50_000
MAX_DEPTH = 60
#: Flow nodes and flows of one file.
MAX_PARTS = 5_000

SCOPES = ("process", "subProcess", "transaction", "adHocSubProcess")
GATEWAYS = ("exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway")
EVENTS = ("startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent")
SUB_PROCESSES = ("subProcess", "transaction", "adHocSubProcess")
TASKS = (
    "task",
    "userTask",
    "manualTask",
    "scriptTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "businessRuleTask",
    "callActivity",
    *SUB_PROCESSES,
)
NODES = GATEWAYS + EVENTS + TASKS


def parse_document(name: str, content: bytes) -> Node:
    """Parse one foreign file.

    Args:
        name: the file's name, for the message.
        content: the bytes of the file.

    Returns:
        The root element, `bpmn:definitions`.

    Raises:
        Invalid: too large, not XML, with a document type, too many or too deep elements, or not BPMN 2.0.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(
            "file-too-large", "{file} is larger than {limit} bytes; split it into pages", file=name, limit=MAX_BYTES
        )
    # A document type can define entities that expand without end or read files of the server.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Invalid("document-type", "{file} has a document type, which BPMN does not use; remove it", file=name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Invalid(
            "not-xml",
            "{file} is not well-formed XML: {reason}",
            file=name,
            reason=misread(error),
        ) from error
    if root.getroottree().docinfo.doctype:  # an encoding may have hidden it from the look above
        raise Invalid("document-type", "{file} has a document type, which BPMN does not use; remove it", file=name)
    if root.tag != f"{{{BPMN}}}definitions":
        raise Invalid("not-bpmn", "{file} is not a BPMN 2.0 file: its root is {root}", file=name, root=str(root.tag))
    check_size(name, root)
    return root


def parse_page(name: str, content: bytes) -> Node:
    """Parse one foreign file that is to be looked at element by element.

    Raises:
        Invalid: as of `parse_document`; or it has more flow nodes and flows than are looked at.
    """
    root = parse_document(name, content)
    if count_parts(root) > MAX_PARTS:
        raise Invalid(
            "process-too-large",
            "{file} has more than {limit} elements and flows; split it into called processes",
            file=name,
            limit=MAX_PARTS,
        )
    return root


def count_parts(root: Node) -> int:
    """How much there is to look at in a file: its elements, flows, pools and lanes; a process counts as five."""
    return len(every(root, *NODES, "sequenceFlow", "participant", "lane")) + 5 * len(every(root, "process"))


def check_size(name: str, root: Node) -> None:
    """Refuse a tree with more or deeper elements than any diagram has."""
    count, depth = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise Invalid(
                "file-too-complex",
                "{file} has more than {elements} elements or is nested deeper than {depth}; split it into pages",
                file=name,
                elements=MAX_ELEMENTS,
                depth=MAX_DEPTH,
            )


def q(name: str) -> str:
    """The full tag of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def local(node: Node) -> str:
    """The tag of `node` without its namespace; empty for comments and processing instructions."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(node: Node, *names: str) -> list[Node]:
    """The direct children of `node` with one of these tags."""
    return list(node.iterchildren(*[f"{{*}}{name}" for name in names])) if names else []


def child(node: Node, name: str) -> Node | None:
    """The first BPMN child of `node` with this tag."""
    return node.find(q(name))


def every(root: Node, *names: str) -> list[Node]:
    """`root` and all that lies in it, with one of these tags, in the order of the document."""
    return list(root.iter(*[q(name) for name in names]))


def text(node: Node | None) -> str | None:
    """The stripped text of `node`, or None when there is none."""
    return (node.text or "").strip() or None if node is not None else None


def flows(scope: Node) -> list[Node]:
    """The sequence flows of one process or sub-process."""
    return children(scope, "sequenceFlow")


def leaving(node: Node) -> list[Node]:
    """The sequence flows that leave `node`."""
    return [flow for flow in flows(node.getparent()) if flow.get("sourceRef") == node.get("id")]


def entering(node: Node) -> list[Node]:
    """The sequence flows that arrive at `node`."""
    return [flow for flow in flows(node.getparent()) if flow.get("targetRef") == node.get("id")]


def flows_by(scope: Node, end: str) -> dict[str, list[Node]]:
    """The sequence flows of a scope by one end, `sourceRef` or `targetRef`: for whoever asks of every node."""
    found: dict[str, list[Node]] = {}
    for flow in flows(scope):
        found.setdefault(flow.get(end) or "", []).append(flow)
    return found


def definition(node: Node, kind: str) -> Node | None:
    """The event definition of this kind in `node`, such as `timer`."""
    return node.find(q(kind + "EventDefinition"))


def definitions(node: Node) -> list[Node]:
    """All event definitions of an event."""
    return [part for part in node if local(part).endswith("EventDefinition")]


def yes(node: Node, name: str, default: str) -> bool:
    """Is this attribute true?"""
    return bool(node.get(name, default) == "true")


def condition(flow: Node) -> str | None:
    """The text of a flow's condition, or None."""
    return text(child(flow, "conditionExpression"))


def nodes_of(scope: Node) -> Iterator[Node]:
    """The flow nodes of one scope, not those of the sub-processes in it."""
    return (part for part in scope if local(part) in NODES)


def names_by_id(roots: Mapping[str, Node], tag: str, attribute: str = "name") -> dict[str, str | None]:
    """Of all root elements with this tag, such as `message`: id → attribute."""
    return {
        part.get("id"): part.get(attribute) for root in roots.values() for part in children(root, tag) if part.get("id")
    }
