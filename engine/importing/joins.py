"""A game of tokens on the drawing, which finds joins that can wait for ever.

Every marking that can be reached is looked at, up to a limit: at each choice each way, at each border each event. Where
nothing can go on and tokens are left at a join, the join waits for a way that was not taken. Source: BPMN 2.0.2, 13.4.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from engine.errors import Phrase
from engine.importing.report import Group, Notes, scopes
from engine.spiff.document import (
    Node,
    children,
    definition,
    definitions,
    flows_by,
    local,
    nodes_of,
    yes,
)

#: So many markings of one scope are looked at; a larger one is left unjudged.
MAX_MARKINGS: Final = 2_000
#: Scopes with more nodes are not looked at.
MAX_NODES: Final = 150
#: So many tokens on one flow are told apart.
_MANY: Final = 3
_JOINS: Final = ("parallelGateway", "inclusiveGateway", "complexGateway")
#: Joins that look at what else is under way.
_LATE: Final = ("inclusiveGateway", "complexGateway")
#: Nodes from which not every flow is taken.
_CHOICES: Final = ("exclusiveGateway", "eventBasedGateway", "inclusiveGateway", "complexGateway")
#: Tokens by flow, in the order of the flows' ids.
Marking: TypeAlias = tuple[tuple[str, int], ...]


def note_waiting_joins(root: Node, notes: Notes) -> None:
    """Note every join of a process or sub-process that can wait for ever, and where one goes round for ever."""
    for scope in scopes(root):
        game = _Game(scope)
        for identifier in game.endless()[:1]:
            notes.miss(
                game.nodes[identifier], "no-way-out", Group.STRUCTURE,
                Phrase("not all that goes on from here can end: it would go round for ever"),
                Phrase("Draw a way out of the loop, behind an exclusive gateway"), required=False,
            )  # fmt: skip
        if any(local(node) in _JOINS and len(game.into[id]) > 1 for id, node in game.nodes.items()):
            for identifier in game.waiting() if len(game.nodes) <= MAX_NODES else ():
                notes.miss(
                    game.nodes[identifier], "join-waits", Group.STRUCTURE,
                    Phrase("it can wait for ever: it needs a way that need not have been taken"),
                    Phrase("Join with an exclusive gateway, or split with the same kind of gateway before it"),
                    required=False,
                )  # fmt: skip


class _Game:
    """The nodes and flows of one scope."""

    def __init__(self, scope: Node) -> None:
        self.nodes = {node.get("id"): node for node in nodes_of(scope)}
        by_source, by_target = flows_by(scope, "sourceRef"), flows_by(scope, "targetRef")
        self.out = {id: [flow.get("id") for flow in by_source.get(id, [])] for id in self.nodes}
        self.into = {
            id: [flow.get("id") for flow in by_target.get(id, []) if flow.get("sourceRef") in self.nodes]
            for id in self.nodes
        }
        self.conditional = {
            flow.get("id") for flow in children(scope, "sequenceFlow") if children(flow, "conditionExpression")
        }
        self.target = {flow: id for id, flows in self.into.items() for flow in flows}
        self.borders: dict[str, list[tuple[str, bool]]] = {}
        for node in children(scope, "boundaryEvent"):
            if definition(node, "compensate") is None:
                event = (node.get("id"), yes(node, "cancelActivity", "true"))
                self.borders.setdefault(node.get("attachedToRef"), []).append(event)
        catches = {
            link.get("name"): node.get("id")
            for node in children(scope, "intermediateCatchEvent")
            if (link := definition(node, "link")) is not None
        }
        for node in children(scope, "intermediateThrowEvent"):
            link = definition(node, "link")
            if link is not None and link.get("name") in catches:
                self.out[node.get("id")] = self.out[catches[link.get("name")]]
        self.ahead: dict[str, set[str]] = {}

    def waiting(self) -> list[str]:
        """Return the joins that hold tokens where nothing can go on; none when there is too much to look at."""
        seen = {self.marking(flow for flow in self.starts() if flow in self.target)}
        todo = list(seen)
        found: set[str] = set()
        while todo:
            marking = todo.pop()
            enabled = [node for node in sorted({self.target[flow] for flow, _ in marking}) if self.may(node, marking)]
            if marking and not enabled:
                found |= {self.target[flow] for flow, _ in marking}
            # a node without a choice can go first: nothing else takes its tokens
            plain = [node for node in enabled if len(list(self.ways(node))) == 1 and self.kind(node) not in _LATE]
            for node in plain[:1] or enabled:
                for after in self.fired(node, marking):
                    if after not in seen:
                        seen.add(after)
                        todo.append(after)
            if len(seen) > MAX_MARKINGS:
                return []
        return sorted(found)

    def endless(self) -> list[str]:
        """Return the nodes from which no end can be reached, in the order of the document; an event can always.

        A task or a parallel gateway takes all of its flows that have no condition: each of them must lead to an end.
        """
        for node in self.nodes.values():
            starts = children(node, "startEvent") if yes(node, "triggeredByEvent", "false") else []
            if any(definitions(start) for start in starts):
                return []
        # whatever ends a whole scope ends its other branches, too: one way there is enough
        one_is_enough = any(self.ends_all(node) for node in self.nodes)
        before: dict[str, set[str]] = {}
        for id in self.nodes:
            for each in (id, *(event for event, _ in self.borders.get(id, ()))):
                for flow in self.out.get(each, ()):
                    before.setdefault(self.target.get(flow, ""), set()).update((id, each))
        ending: set[str] = set()
        todo = list(self.nodes)
        while todo:
            id = todo.pop()
            if id not in ending and self.can_end(id, ending, one_is_enough):
                ending.add(id)
                todo += before.get(id, ())
        return [id for id in self.nodes if id not in ending]

    def can_end(self, node: str, ending: set[str], one_is_enough: bool) -> bool:
        """Can everything that goes on from a node come to an end, as far as is known of those behind it?"""
        ways = [flow for flow in self.out[node] if flow in self.target]
        if not ways:
            return True
        for event, interrupts in self.borders.get(node, ()):
            if (interrupts or one_is_enough) and self.can_end(event, ending, one_is_enough):
                return True
        sure = [flow for flow in ways if flow not in self.conditional]
        if one_is_enough or not sure or self.kind(node) in _CHOICES:
            return any(self.target[flow] in ending for flow in ways)
        return all(self.target[flow] in ending for flow in sure)

    def ends_all(self, node: str) -> bool:
        """Does an event end the other branches of its scope?"""
        kinds = ("terminate", "error", "cancel", "escalation")
        throws = self.kind(node) in ("endEvent", "intermediateThrowEvent")
        return throws and any(definition(self.nodes[node], kind) is not None for kind in kinds)

    def starts(self) -> Iterable[str]:
        """The flows on which the first tokens are put."""
        starts = [id for id, node in self.nodes.items() if local(node) == "startEvent"]
        plain = [id for id in starts if not definitions(self.nodes[id])]
        if not starts:
            events = {event for found in self.borders.values() for event, _ in found}
            return [flow for id in self.nodes if not self.into[id] and id not in events for flow in self.out[id]]
        return self.out[(plain or starts)[0]]

    def kind(self, node: str) -> str:
        return local(self.nodes[node])

    @staticmethod
    def marking(flows: Iterable[str]) -> Marking:
        counted: dict[str, int] = {}
        for flow in flows:
            counted[flow] = min(counted.get(flow, 0) + 1, _MANY)
        return tuple(sorted(counted.items()))

    def may(self, node: str, marking: Marking) -> bool:
        """Can a node take its tokens?"""
        tokens, kind = dict(marking), self.kind(node)
        if kind == "parallelGateway":
            return all(flow in tokens for flow in self.into[node])
        if kind not in _JOINS:
            return True
        empty = {flow for flow in self.into[node] if flow not in tokens}
        return not any(empty & self.reached(flow) for flow in tokens if self.target[flow] != node)

    def reached(self, flow: str) -> set[str]:
        """The flows that a token on this one can come to."""
        if flow not in self.ahead:
            seen: set[str] = set()
            todo = [flow]
            while todo:
                node = self.target[todo.pop()]
                further = [*self.out[node], *(f for event, _ in self.borders.get(node, ()) for f in self.out[event])]
                todo += [each for each in further if each in self.target and each not in seen]
                seen.update(further)
            self.ahead[flow] = seen
        return self.ahead[flow]

    def ways(self, node: str) -> Iterator[list[str]]:
        """The ways on from a node: for each, the flows that get a token."""
        kind, out = self.kind(node), [flow for flow in self.out[node] if flow in self.target]
        if kind in ("exclusiveGateway", "eventBasedGateway") and len(out) > 1:
            yield from ([flow] for flow in out)
        elif kind in ("inclusiveGateway", "complexGateway") and len(out) > 1:
            yield from ([flow] for flow in out)
            yield out
        else:
            yield out
        for event, interrupts in self.borders.get(node, ()):
            yield [*self.out[event], *([] if interrupts else out)]

    def fired(self, node: str, marking: Marking) -> Iterator[Marking]:
        """The markings after a node has taken its tokens and given them on."""
        joins = self.kind(node) in _JOINS
        arrived = [flow for flow, _ in marking if self.target[flow] == node]
        terminates = self.kind(node) == "endEvent" and definition(self.nodes[node], "terminate") is not None
        for taken in [arrived] if joins else [[flow] for flow in arrived]:
            rest = [flow for flow, count in marking for _ in range(count - (flow in taken))]
            for way in self.ways(node):
                yield () if terminates else self.marking([*rest, *(flow for flow in way if flow in self.target)])
