"""A diagram as a list of steps in the order of its flows, each with its depth: what a screen reader can walk."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.definitions.outlining.document import Document
from engine.definitions.outlining.events import trigger_of
from engine.spiff.document import NODES, SCOPES, Node, children, condition, every, leaving, local, nodes_of


@dataclass(frozen=True, kw_only=True)
class Item:
    """A process, lane, step or flow in the tree.

    Args:
        kind: BPMN tag.
        level: 1 for a process, 2 for its lanes and steps, more inside of a sub-process, on a border, and for flows.
        lane: name of the lane that it is in.
        target: of a flow, the id of where it leads.
        trigger: of an event, `timer`, `message` …; "" for none.
        condition: of a flow; `is_default` for the one that is taken otherwise.
    """

    id: str
    kind: str
    name: str
    level: int
    lane: str = ""
    trigger: str = ""
    target: str = ""
    condition: str = ""
    is_default: bool = False


def items(content: bytes) -> list[Item]:
    """Return a diagram in the order in which it is read: every process, its lanes, its steps from the start on.

    Raises:
        Invalid: it is no BPMN.
    """
    document = Document(content)
    found: list[Item] = []
    for process in children(document.root, "process"):
        found.append(_item(process, 1))
        found += [_item(lane, 2) for lane in every(process, "lane")]
        found += _scope(document, process, 2)
    return found


def _item(node: Node, level: int, lane: str = "") -> Item:
    name = " ".join((node.get("name") or "").split())
    trigger = trigger_of(node) if local(node).endswith("Event") else ""
    return Item(id=node.get("id") or "", kind=local(node), name=name, level=level, lane=lane, trigger=trigger)


def _scope(document: Document, scope: Node, level: int) -> Iterator[Item]:
    """Yield what is in a process or sub-process, along its flows."""
    for node in _in_order(scope):
        lane = document.lane_of(node.get("id") or "")
        yield _item(node, level, (lane.get("name") or "") if lane is not None else "")
        for flow in leaving(node):
            yield Item(
                id=flow.get("id") or "", kind="sequenceFlow", name=flow.get("name") or "", level=level + 1,
                target=flow.get("targetRef") or "", condition=condition(flow) or "",
                is_default=node.get("default") == flow.get("id"),
            )  # fmt: skip
        if local(node) in SCOPES:
            yield from _scope(document, node, level + 1)


def _in_order(scope: Node) -> list[Node]:
    """The steps of a scope: from each start along the flows, an event on a border behind its host, then the rest."""
    nodes = {node.get("id"): node for node in nodes_of(scope) if local(node) in NODES}
    borders: dict[str, list[str]] = {}
    for identifier, node in nodes.items():
        if node.get("attachedToRef"):
            borders.setdefault(node.get("attachedToRef"), []).append(identifier)
    begins = [each for each, node in nodes.items() if local(node) == "startEvent"]
    seen: dict[str, Node] = {}
    for first in [*begins, *nodes]:
        waiting = [first]
        while waiting:
            identifier = waiting.pop()
            if identifier in seen or identifier not in nodes:
                continue
            seen[identifier] = nodes[identifier]
            ahead = [flow.get("targetRef") for flow in leaving(nodes[identifier])]
            waiting += [*reversed(ahead), *reversed(borders.get(identifier, []))]
    return list(seen.values())
