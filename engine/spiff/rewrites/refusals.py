"""What no rewrite can make right, said with element, reason and mend."""

import re
from collections.abc import Iterator

from engine.errors import Invalid, Phrase
from engine.spiff.document import (
    NODES,
    SCOPES,
    SUB_PROCESSES,
    TASKS,
    Node,
    child,
    children,
    condition,
    definition,
    definitions,
    entering,
    every,
    leaving,
    local,
    q,
    yes,
)
from engine.spiff.rewrites.refusing import Refusal, refusal

#: XML ids hold none of these; the door names what it adds with a slash.
FORBIDDEN_IN_ID = re.compile(r"[\s/:<>\"']")


def refuse(root: Node) -> None:
    """Raise the first refusal of a process, if there is one."""
    for found in refusals(root):
        raise Invalid(
            found.code,
            "{element} {name} cannot be executed: {reason}. {mend}.",
            element=found.element_id,
            name=found.element_name,
            reason=found.reason,
            mend=found.mend,
        )


def refusals(root: Node) -> Iterator[Refusal]:
    """All refusals of one process, in the order of the document."""
    for rule in (_ids, _gateways, _events, _triggers, _activities, _links, _compensation, _event_sub_processes):
        yield from rule(root)


def _ids(root: Node) -> Iterator[Refusal]:
    seen = set()
    for node in every(root, *NODES, "sequenceFlow"):
        identifier = node.get("id")
        if not identifier:
            yield refusal("id-missing", node, Phrase("this {name} has no id", name=local(node)), Phrase("Give it one"))
        elif identifier in seen:
            yield refusal(
                "id-duplicate", node, Phrase("another element has the same id"), Phrase("Give one of them another id")
            )
        elif FORBIDDEN_IN_ID.search(identifier):
            yield refusal(
                "id-not-a-name", node, Phrase("its id holds a space, a slash, a colon or a quote"), Phrase("Rename it")
            )
        seen.add(identifier)


def _gateways(root: Node) -> Iterator[Refusal]:
    for node in every(root, "parallelGateway", "eventBasedGateway"):
        if any(condition(flow) for flow in leaving(node)):
            yield refusal(
                "condition-on-parallel",
                node,
                Phrase("a flow that leaves it has a condition, which this gateway never looks at"),
                Phrase("Use an inclusive or exclusive gateway, or remove the condition"),
            )
    for node in every(root, "eventBasedGateway"):
        if yes(node, "instantiate", "false") or node.get("eventGatewayType") == "Parallel":
            yield refusal(
                "event-gateway-instantiating",
                node,
                Phrase("an event gateway that starts the process or waits for all of its events is not supported"),
                Phrase("Start with a start event and use the exclusive event gateway"),
            )
        nodes = {part.get("id"): part for part in node.getparent() if part.get("id")}
        for flow in leaving(node):
            target = nodes.get(flow.get("targetRef"))
            if target is None or local(target) not in ("intermediateCatchEvent", "receiveTask"):
                yield refusal(
                    "event-gateway-target",
                    node,
                    Phrase("a flow from it leads to something that is no catching event"),
                    Phrase("Lead every flow to an intermediate catching event or a receive task"),
                )
    for node in every(root, "complexGateway"):
        if len(entering(node)) > 1:
            yield refusal(
                "complex-join",
                node,
                Phrase("a complex gateway that joins has no portable meaning"),
                Phrase("Join with a parallel or inclusive gateway"),
            )


def _events(root: Node) -> Iterator[Refusal]:
    for node in every(
        root, "startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent"
    ):
        kinds = definitions(node)
        if len(kinds) > 1:
            yield refusal(
                "several-triggers",
                node,
                Phrase("it has several event definitions"),
                Phrase("Draw one event for each, behind an event gateway or a parallel gateway"),
            )
        if local(node) in ("boundaryEvent", "intermediateCatchEvent") and not kinds:
            yield refusal(
                "event-without-trigger",
                node,
                Phrase("it waits for nothing"),
                Phrase("Say what it waits for: a time, a message …"),
            )
        if local(node) == "boundaryEvent" and not any(
            part.get("id") == node.get("attachedToRef") for part in children(node.getparent(), *TASKS)
        ):
            yield refusal(
                "boundary-detached",
                node,
                Phrase("it hangs on no activity of its scope"),
                Phrase("Attach it to an activity"),
            )


#: Kind of an event → what it can neither wait for nor throw.
_NEVER = {
    "boundaryEvent": ("link", "terminate"),
    "intermediateCatchEvent": ("error", "escalation", "cancel", "compensate", "terminate"),
    "intermediateThrowEvent": ("error", "cancel", "terminate"),
    "endEvent": ("link",),
}


def _triggers(root: Node) -> Iterator[Refusal]:
    for node in every(root, *_NEVER):
        if any(definition(node, kind) is not None for kind in _NEVER[local(node)]):
            yield refusal(
                "event-misplaced",
                node,
                Phrase("an event of this kind can neither wait for this nor throw it"),
                Phrase("Draw it as another kind of event, or choose another trigger"),
            )


def _activities(root: Node) -> Iterator[Refusal]:
    for node in every(root, "adHocSubProcess"):
        yield refusal(
            "ad-hoc",
            node,
            Phrase("an ad-hoc sub-process has no order that a case could follow"),
            Phrase("Draw it as a sub-process"),
        )
    for node in every(root, *SUB_PROCESSES, "process"):
        if local(node) == "adHocSubProcess":
            continue
        if local(node) != "process" and len(children(node, "startEvent")) > 1:
            yield refusal(
                "several-starts",
                node,
                Phrase("a sub-process begins once and has several start events"),
                Phrase("Keep one start event and a parallel gateway after it"),
            )


def _links(root: Node) -> Iterator[Refusal]:
    for scope in every(root, *SCOPES):
        targets: set[str] = set()
        for node in children(scope, "intermediateCatchEvent"):
            link = definition(node, "link")
            if link is not None and link.get("name") in targets:
                yield refusal(
                    "link-duplicate",
                    node,
                    Phrase("two link targets have the same name"),
                    Phrase("Rename one of the links"),
                )
            elif link is not None:
                targets.add(link.get("name"))
        for node in children(scope, "intermediateThrowEvent"):
            link = definition(node, "link")
            if link is not None and link.get("name") not in targets:
                yield refusal(
                    "link-without-target",
                    node,
                    Phrase("its link has no target in its own process or sub-process"),
                    Phrase("Add a catching link event with the same name"),
                )


def _compensation(root: Node) -> Iterator[Refusal]:
    for scope in every(root, *SCOPES):
        handlers = set()
        for event in children(scope, "boundaryEvent"):
            if definition(event, "compensate") is not None:
                handlers.add(event.get("attachedToRef"))
                yield from _handler(scope, event)
        throws = [
            node
            for node in children(scope, "intermediateThrowEvent", "endEvent")
            if definition(node, "compensate") is not None
        ]
        inner = [
            node
            for inside in scope.iter(*[q(name) for name in SCOPES])
            if inside is not scope
            for node in inside
            if definition(node, "compensate") is not None
        ]
        if throws and not handlers:
            yield refusal(
                "compensation-of-nothing",
                throws[0],
                Phrase("nothing in its own process or sub-process can be compensated"),
                Phrase("Throw compensation where the activities with compensation handlers are"),
            )
        elif throws and inner:
            yield refusal(
                "compensation-across-scopes",
                throws[0],
                Phrase("compensating what happened inside a sub-process is not supported"),
                Phrase("Throw compensation inside the sub-process"),
            )
        for throw in throws:
            only = next(part for part in definitions(throw)).get("activityRef")
            if handlers and only and only not in handlers:
                yield refusal(
                    "compensation-of-nothing",
                    throw,
                    Phrase("{only!r} has no compensation handler", only=only),
                    Phrase("Attach a compensation event to it or name another activity"),
                )
        cancels = any(definition(node, "cancel") is not None for node in children(scope, "endEvent"))
        if handlers and local(scope) == "transaction" and cancels:
            yield refusal(
                "compensation-on-cancel",
                scope,
                Phrase("compensation on cancelling a transaction is not supported"),
                Phrase("Throw compensation before the cancel end event"),
            )


def _handler(scope: Node, event: Node) -> Iterator[Refusal]:
    links = [part for part in children(scope, "association") if part.get("sourceRef") == event.get("id")]
    node = None
    if len(links) == 1:
        node = next((part for part in scope if part.get("id") == links[0].get("targetRef")), None)
    if node is None or local(node) not in TASKS or local(node) in SCOPES:
        yield refusal(
            "compensation-handler",
            event,
            Phrase("it does not lead by one association to a single task or call of the same scope"),
            Phrase("Draw one association from it to its handler"),
        )


def _event_sub_processes(root: Node) -> Iterator[Refusal]:
    for scope in every(root, *SCOPES):
        handlers = [node for node in children(scope, "subProcess") if yes(node, "triggeredByEvent", "false")]
        if handlers and len(children(scope, "startEvent")) != 1:
            yield refusal(
                "event-sub-process-starts",
                scope,
                Phrase("a process with event sub-processes needs exactly one start event"),
                Phrase("Keep one start event"),
            )
        for handler in handlers:
            starts = children(handler, "startEvent")
            if len(starts) != 1 or not definitions(starts[0]):
                yield refusal(
                    "event-sub-process-trigger",
                    handler,
                    Phrase("an event sub-process needs one start event with a trigger"),
                    Phrase("Give it one start event and say what triggers it"),
                )
            elif definition(starts[0], "compensate") is not None:
                yield refusal(
                    "event-sub-process-compensation",
                    handler,
                    Phrase("a compensation event sub-process is not supported"),
                    Phrase("Use compensation boundary events"),
                )
            if child(handler, "incoming") is not None or entering(handler):
                yield refusal(
                    "event-sub-process-flow",
                    handler,
                    Phrase("a flow leads into an event sub-process"),
                    Phrase("Remove the flow, or make it a plain sub-process"),
                )
