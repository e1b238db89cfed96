"""A diagram as a list of steps in the order of its flows, each with its depth: what a screen reader can walk."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.definitions.outlining.document import Document
from engine.definitions.outlining.events import trigger_of
from engine.spiff.document import NODES, SCOPES, Node, children, condition, entering, every, leaving, local, nodes_of, q


@dataclass(frozen=True, kw_only=True)
class Item:
    """A process, lane, step or flow in the tree.

    Args:
        kind: BPMN tag.
        level: 1 for a process, 2 for its lanes and steps, more inside of a sub-process or lane, and for flows.
        lane, lane_id: name and id of the lane that it is in.
        within: name of the sub-process that it lies in; "" at the level of the process.
        after: name of what leads to it; where it has no name itself, this tells it from others.
        target: of a flow, the id of where it leads.
        trigger: of an event, `timer`, `message` …; "" for none.
        condition: of a flow; `is_default` for the one that is taken otherwise.
    """

    id: str
    kind: str
    name: str
    level: int
    lane: str = ""
    lane_id: str = ""
    within: str = ""
    after: str = ""
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
        found += [_item(lane, 2 + sum(1 for _ in lane.iterancestors(q("lane")))) for lane in every(process, "lane")]
        found += _scope(document, process, 2)
    return found


def _item(node: Node, level: int, lane: Node | None = None, within: str = "", after: str = "") -> Item:
    return Item(
        id=node.get("id") or "", kind=local(node), name=_name(node), level=level, within=within, after=after,
        lane=_name(lane) if lane is not None else "", lane_id=(lane.get("id") or "") if lane is not None else "",
        trigger=trigger_of(node) if local(node).endswith("Event") else "",
    )  # fmt: skip


def _name(node: Node) -> str:
    return " ".join((node.get("name") or "").split())


def _scope(document: Document, scope: Node, level: int) -> Iterator[Item]:
    """Yield what is in a process or sub-process, along its flows."""
    within = "" if local(scope) == "process" else _name(scope)
    for node in _in_order(scope):
        sources = [document.by_id.get(flow.get("sourceRef") or "") for flow in entering(node)]
        after = next((said for each in sources if each is not None and (said := _name(each))), "")
        yield _item(node, level, document.lane_of(node.get("id") or ""), within, after)
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
