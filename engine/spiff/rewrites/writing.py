"""Adding nodes and flows to a process."""

from lxml import etree

from engine.spiff.document import OURS, Node, q

#: Marks a node that stands for one of the author's; its value is the author's id.
STANDS_FOR = f"{{{OURS}}}element"
#: Marks a boundary event that sees the data of the scope it hangs on as it stands when the event happens.
SEES_SCOPE = f"{{{OURS}}}seesScope"
#: Marks the sub-process that holds the body of a scope with event sub-processes.
BODY = f"{{{OURS}}}body"

NOTE = f"{{{OURS}}}note"
UNDO = f"{{{OURS}}}undo"
BODY_END = f"{{{OURS}}}bodyEnd"


def add(scope: Node, tag: str, identifier: str, **attributes: str) -> Node:
    """Append a node to a scope; a tag without a namespace is BPMN's."""
    return etree.SubElement(scope, tag if tag.startswith("{") else q(tag), id=identifier, **attributes)


def connect(scope: Node, source: str, target: str, condition: str | None = None) -> Node:
    """Append a sequence flow to a scope."""
    flow = add(scope, "sequenceFlow", f"{source}/to/{target}", sourceRef=source, targetRef=target)
    if condition is not None:
        etree.SubElement(flow, q("conditionExpression")).text = condition
    return flow
