"""Flows: where nothing leads, where nothing leads on, and what has no end."""

from collections.abc import Iterator

from engine.errors import Phrase
from engine.spiff.findings import Finding, Severity
from engine.spiff.lint.context import Page
from engine.spiff.outline import ElementOutline

#: A longer chain cannot be read, and is refused.
MAX_CHAIN = 400
#: Sub-processes nested deeper cannot be read, and are refused.
MAX_NESTING = 10


def check_flows(page: Page) -> Iterator[Finding]:
    """Check the flows of one process."""
    yield from _ends(page)
    yield from _conditions(page)
    yield from _reach(page)
    yield from _depth(page)


def _ends(page: Page) -> Iterator[Finding]:
    elements = page.process.elements
    for flow in page.process.flows.values():
        if flow.source not in elements or flow.target not in elements:
            yield page.say(
                Severity.ERROR,
                "flow-nowhere",
                flow.id,
                flow.name,
                Phrase("the flow does not connect two elements"),
                Phrase("Connect both of its ends, or remove it"),
            )
        elif elements[flow.source].parent_id != elements[flow.target].parent_id:
            yield page.say(
                Severity.ERROR,
                "flow-across-scopes",
                flow.id,
                flow.name,
                Phrase("the flow crosses the border of a sub-process"),
                Phrase("End it at the sub-process, or start a flow at an event on its border"),
            )
    if not any(element.kind == "startEvent" and element.parent_id is None for element in elements.values()):
        yield page.say(
            Severity.ERROR,
            "no-start",
            page.process.id,
            page.process.name,
            Phrase("the process has no start event"),
            Phrase("Add one"),
        )


def _conditions(page: Page) -> Iterator[Finding]:
    flows = page.process.flows
    for element in page.process.elements.values():
        out = [flows[flow] for flow in element.outgoing]
        if element.kind in ("exclusiveGateway", "inclusiveGateway", "complexGateway") and len(out) > 1:
            bare = [flow for flow in out if not flow.condition and not flow.is_default]
            for flow in bare:
                yield page.say(
                    Severity.ERROR,
                    "flow-without-condition",
                    flow.id,
                    flow.name or element.name,
                    Phrase("the flow leaves a gateway without a condition and is not its default"),
                    Phrase("Give it a condition, or make it the default flow"),
                )
            if not bare and not any(flow.is_default for flow in out):
                yield page.warning(
                    "gateway-without-default",
                    element,
                    Phrase("it has no default flow, so a case stops here when no condition holds"),
                    Phrase("Make one of its flows the default flow"),
                )
        for flow in out:
            if flow.is_default and flow.condition:
                yield page.say(
                    Severity.WARNING,
                    "condition-on-default",
                    flow.id,
                    flow.name,
                    Phrase("the default flow has a condition, which is never looked at"),
                    Phrase("Remove the condition"),
                )


def _beginnings(page: Page) -> list[ElementOutline]:
    """Where tokens come from: start events, and activities that nothing leads to in a scope without one."""
    elements = page.process.elements.values()
    started = {element.parent_id for element in elements if element.kind == "startEvent"}
    return [
        element
        for element in elements
        if element.kind == "startEvent" or (element.parent_id not in started and not element.incoming)
    ]


def _reach(page: Page) -> Iterator[Finding]:
    process = page.process
    events: dict[str, list[str]] = {}
    for element in process.elements.values():
        if element.attached_to:
            events.setdefault(element.attached_to, []).append(element.id)
    links = {e.name: e.id for e in process.elements.values() if e.trigger == "link" and "Catch" in e.kind}
    seen: set[str] = set()
    stack = [element.id for element in _beginnings(page)]
    while stack:
        here = stack.pop()
        if here in seen or here not in process.elements:
            continue
        seen.add(here)
        element = process.elements[here]
        stack += [process.flows[flow].target for flow in element.outgoing] + events.get(here, [])
        if element.trigger == "link":
            stack += list(links.values())
    undoing = {a.get("targetRef") for a in page.node.iter("{*}association")}
    for element in process.elements.values():
        in_event_scope = element.kind == "subProcess" and not element.incoming and not element.outgoing
        if element.id not in seen and element.id not in undoing and not in_event_scope:
            yield page.error(
                "unreachable",
                element,
                Phrase("no way leads here from a start event"),
                Phrase("Connect it, or remove it"),
            )


def _depth(page: Page) -> Iterator[Finding]:
    elements = page.process.elements
    for element in elements.values():
        nesting, around = 0, element.parent_id
        while around is not None and nesting <= MAX_NESTING:
            nesting, around = nesting + 1, elements[around].parent_id
        if nesting > MAX_NESTING:
            yield page.error(
                "nested-too-deep",
                element,
                Phrase("it lies in more than {limit} sub-processes", limit=MAX_NESTING),
                Phrase("Make a called process of some of them"),
            )
    longest = _longest_chain(page)
    if longest is not None:
        yield page.error(
            "chain-too-long",
            longest,
            Phrase("more than {limit} elements follow each other up to here", limit=MAX_CHAIN),
            Phrase("Split the process into called processes"),
        )


def _longest_chain(page: Page) -> ElementOutline | None:
    """The element at which a chain gets too long; the shortest way to it counts, so loops do no harm."""
    process = page.process
    distance = {element.id: 0 for element in _beginnings(page)}
    queue = list(distance)
    for here in queue:
        for flow in process.elements[here].outgoing:
            target = process.flows[flow].target
            if target in process.elements and target not in distance:
                distance[target] = distance[here] + 1
                if distance[target] >= MAX_CHAIN:
                    return process.elements[target]
                queue.append(target)
    return None
