"""Which flows and timers of a diagram were used, told from the elements that were passed, in order."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from engine.spiff import Definitions, ElementOutline, Passed, ProcessOutline

#: (process, flow) or (process, timer event).
Way: TypeAlias = tuple[str, str]


def flows_of(definitions: Definitions) -> set[Way]:
    """Return every sequence flow as (process, flow id)."""
    return {(process.id, flow) for process in definitions.processes.values() for flow in process.flows}


def timers_of(definitions: Definitions) -> set[Way]:
    """Return every timer event as (process, element id)."""
    return {
        (process.id, element.id)
        for process in definitions.processes.values()
        for element in process.elements.values()
        if element.timer_kind is not None
    }


def walked_ways(definitions: Definitions, passed: Iterable[Passed]) -> set[Way]:
    """Return the flows and timers that were used.

    An element that passes was entered by the flow from the last of its neighbours that passed before it; where tokens
    join, by every flow from a neighbour that passed since the join did.
    """
    used: set[Way] = set()
    last: dict[Way, int] = {}
    for moment, each in enumerate(passed):
        process = definitions.processes.get(each.process_id)
        element = process.elements.get(each.element_id) if process is not None else None
        if process is None or element is None or each.cancelled:
            continue
        if element.timer_kind is not None:
            used.add((process.id, element.id))
        used |= {(process.id, flow) for flow in _entered(process, element, last)}
        last[process.id, element.id] = moment
    return used


def _entered(process: ProcessOutline, element: ElementOutline, last: dict[Way, int]) -> Iterator[str]:
    """The flows by which an element was just entered."""
    before = last.get((process.id, element.id), -1)
    flows = [process.flows[flow] for flow in element.incoming]
    known = [flow for flow in flows if (process.id, flow.source) in last]
    if element.kind in ("parallelGateway", "inclusiveGateway", "complexGateway"):
        since = [flow for flow in known if last[process.id, flow.source] > before]
        if since:
            yield from (flow.id for flow in since)
            return
    if known:
        yield max(known, key=lambda flow: last[process.id, flow.source]).id
