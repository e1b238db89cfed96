"""Which way a walk takes: the one least taken so far, and after some rounds of a loop the one that leads out of it."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from engine.sandbox.filling import WAY_TAKEN
from engine.spiff import Definitions, ServiceCall

#: Any moment will do: nothing of a walked drawing looks at it.
_NOW: Final = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@dataclass
class Walker:
    """The host of a walk: it says which way is taken, the one least taken so far."""

    asked: Mapping[str, list[str]]
    definitions: Definitions
    taken: Counter[str] = field(default_factory=Counter)
    chosen: dict[str, str] = field(default_factory=dict)
    #: how often a choice was made in this round
    asked_here: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.exclusive = _exclusive(self.definitions)
        self.far = _far(self.definitions)

    def now(self) -> datetime:
        return _NOW

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        return {WAY_TAKEN: self.way_taken}

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        return None

    def perform(self, call: ServiceCall) -> Mapping[str, Any] | None:
        return None

    def way_taken(self, element: str, flow: str) -> bool:
        """Is this flow taken? A choice holds until nobody asks any more: after the last flow, and where only one is
        taken, after that."""
        flows = self.asked[element]
        if element not in self.chosen:
            self.asked_here[element] += 1
            # every way once and more; who comes again and again goes where it ends
            again = self.asked_here[element] > 2 * len(flows)
            nearest = min((self.far[each] for each in flows if each in self.far), default=None) if again else None
            near = [each for each in flows if nearest is not None and self.far.get(each) == nearest]
            self.chosen[element] = self.rarest(near or flows)
        taken = self.chosen[element] == flow
        if flow == flows[-1] or (taken and element in self.exclusive):
            del self.chosen[element]
        return taken

    def rarest(self, options: list[str]) -> str:
        """Return the option that was taken least often, the first of several, and count it."""
        found = min(options, key=lambda option: self.taken[option])
        self.taken[found] += 1
        return found


def _exclusive(definitions: Definitions) -> frozenset[str]:
    return frozenset(
        element.id
        for process in definitions.processes.values()
        for element in process.elements.values()
        if element.kind == "exclusiveGateway"
    )


def _far(definitions: Definitions) -> dict[str, int]:
    """Return for each flow how many others lie between it and the nearest element that nothing follows."""
    found: dict[str, int] = {}
    for process in definitions.processes.values():
        into: dict[str, list[str]] = {}
        sources = {flow.source for flow in process.flows.values()}
        for flow in process.flows.values():
            into.setdefault(flow.target, []).append(flow.id)
        queue = deque((element, 0) for element in process.elements if element not in sources)
        while queue:
            element, distance = queue.popleft()
            for flow_id in into.get(element, ()):
                if flow_id not in found:
                    found[flow_id] = distance
                    queue.append((process.flows[flow_id].source, distance + 1))
    return found
