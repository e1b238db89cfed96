"""Which flows and timers of a package its walks have used."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

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


def paths(tests: Mapping[str, Any]) -> Iterator[tuple[Callable[..., None], dict[str, Any]]]:
    """The tests of a file with the arguments of each of their cases, but those that count what the others walked.

    Args:
        tests: the names of the file, as `globals()` has them; `test_every_…` are left out.
    """
    for name, test in list(tests.items()):
        if not name.startswith("test_") or name.startswith("test_every_flow"):
            continue
        marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
        if not marks:
            yield test, {}
        for mark in marks:
            names, rows = mark.args
            for row in rows:
                given = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
                yield test, {given[0]: row} if len(given) == 1 else dict(zip(given, row, strict=True))
