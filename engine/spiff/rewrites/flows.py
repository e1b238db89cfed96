"""Links, complex gateways, throwing ends, implicit splits, and joins with two flows from one source."""

from lxml import etree

from engine.spiff.document import (
    EVENTS,
    SCOPES,
    TASKS,
    Node,
    children,
    condition,
    definition,
    every,
    flows_by,
    q,
)
from engine.spiff.rewrites.writing import add, connect


def split_complex(root: Node) -> None:
    """Make a complex gateway that splits an inclusive one: that is what it does without an activation rule."""
    for node in every(root, "complexGateway"):
        node.tag = q("inclusiveGateway")


def join_links(root: Node) -> None:
    """Draw each link as the flow it abbreviates. SpiffWorkflow waits for ever at a link target."""
    for scope in every(root, *SCOPES):
        targets = {}
        for node in children(scope, "intermediateCatchEvent"):
            link = definition(node, "link")
            if link is not None:
                targets[link.get("name")] = node
                node.tag = q("intermediateThrowEvent")
                node.remove(link)
        for node in children(scope, "intermediateThrowEvent"):
            link = definition(node, "link")
            if link is not None:
                node.remove(link)
                connect(scope, node.get("id"), targets[link.get("name")].get("id"))


def throw_then_end(root: Node) -> None:
    """A signal or compensation end event is a throw followed by an end. SpiffWorkflow never throws the signal."""
    for node in every(root, "endEvent"):
        if definition(node, "signal") is None and definition(node, "compensate") is None:
            continue
        node.tag = q("intermediateThrowEvent")
        add(node.getparent(), "endEvent", node.get("id") + "/end")
        connect(node.getparent(), node.get("id"), node.get("id") + "/end")


def split_implicitly(root: Node) -> None:
    """Put a gateway after a node that several flows leave, or one flow with a condition.

    Both are legal BPMN for events and activities; SpiffWorkflow refuses the first and ignores the second.
    """
    by_source = {scope: flows_by(scope, "sourceRef") for scope in every(root, *SCOPES)}
    for node in every(root, *EVENTS, *TASKS):
        scope = node.getparent()
        out = by_source.get(scope, {}).get(node.get("id"), [])
        conditional = [flow for flow in out if condition(flow)]
        if len(out) < 2 and not conditional:
            continue
        gate = add(scope, "inclusiveGateway" if conditional else "parallelGateway", node.get("id") + "/split")
        default = node.attrib.pop("default", None)
        if conditional and default:
            gate.set("default", default)
        for flow in out:
            flow.set("sourceRef", gate.get("id"))
            if conditional and flow not in conditional and flow.get("id") != default:
                etree.SubElement(flow, q("conditionExpression")).text = "=true"
        connect(scope, node.get("id"), gate.get("id"))


def tell_flows_apart(root: Node) -> None:
    """Give a join's second flow from one source a step of its own: SpiffWorkflow knows flows by their source."""
    by_target = {scope: flows_by(scope, "targetRef") for scope in every(root, *SCOPES)}
    for node in every(root, "parallelGateway", "inclusiveGateway"):
        seen: set[str] = set()
        for flow in by_target.get(node.getparent(), {}).get(node.get("id"), []):
            source, step = flow.get("sourceRef"), flow.get("id") + "/step"
            if source in seen:
                add(node.getparent(), "intermediateThrowEvent", step)
                flow.set("targetRef", step)
                connect(node.getparent(), step, node.get("id"))
            seen.add(source)
