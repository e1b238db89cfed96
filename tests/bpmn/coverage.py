"""Which flows and timers of a package its walks have used."""

from collections.abc import Iterable

from engine.spiff import Definitions
from tests.bpmn.walk import Walk

Way = tuple[str, str]


def flows_of(definitions: Definitions) -> set[Way]:
    """Every sequence flow as (process, flow id)."""
    return {(process.id, flow) for process in definitions.processes.values() for flow in process.flows}


def timers_of(definitions: Definitions) -> set[Way]:
    """Every timer event as (process, element id)."""
    return {
        (process.id, element.id)
        for process in definitions.processes.values()
        for element in process.elements.values()
        if element.timer_kind is not None
    }


def walked(definitions: Definitions, walks: Iterable[Walk]) -> set[Way]:
    """The flows and timers that these walks used.

    An element that passes was entered by the flow from the last of its neighbours that passed before it.
    """
    used: set[Way] = set()
    for walk in walks:
        last: dict[Way, int] = {}
        for moment, passed in enumerate(walk.passed):
            if passed.cancelled:
                continue
            process = definitions.processes[passed.process_id]
            element = process.elements.get(passed.element_id)
            if element is None:
                continue
            if element.timer_kind is not None:
                used.add((process.id, element.id))
            entered = [
                process.flows[flow] for flow in element.incoming if (process.id, process.flows[flow].source) in last
            ]
            if entered:
                used.add((process.id, max(entered, key=lambda flow: last[process.id, flow.source]).id))
            last[process.id, element.id] = moment
    return used
