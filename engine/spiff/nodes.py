"""One node of a corrected process becomes one specification."""

import re
from typing import TYPE_CHECKING, Any

from engine.errors import Invalid
from engine.spiff.document import SUB_PROCESSES, Node, child, children, definitions, local, text, yes
from engine.spiff.outline import TIMER_KINDS
from engine.spiff.rewrites.writing import SEES_SCOPE
from engine.spiff.specs import activities, events, gateways
from engine.spiff.specs.control import BodyEnd, Pass, ProcessSpec
from engine.spiff.specs.triggers import (
    Cancel,
    Condition,
    Error,
    Escalation,
    Message,
    Signal,
    Terminate,
    Timer,
    Trigger,
)
from engine.spiff.zeebe import Extensions, extensions

if TYPE_CHECKING:
    from engine.spiff.building import Builder

#: A timer that follows a clock row.
RUNG = re.compile(r'=\s*rung\(\s*"(?P<clock>[^"]+)"\s*,\s*"(?P<rung>[^"]+)"\s*\)\s*')

SIMPLE = {
    "task": activities.Plain,
    "userTask": activities.ManualActivity,
    "manualTask": activities.ManualActivity,
    "exclusiveGateway": gateways.ExclusiveGateway,
    "inclusiveGateway": gateways.InclusiveGateway,
    "parallelGateway": gateways.ParallelGateway,
    "eventBasedGateway": events.EventGateway,
    "bodyEnd": BodyEnd,
    "undo": gateways.Undo,
    "subProcess": activities.SubProcess,
    "transaction": activities.SubProcess,
}


def make_spec(builder: "Builder", spec: ProcessSpec, node: Node, name: str) -> Any:
    """Make the specification of one node.

    Raises:
        Invalid: the node cannot be executed.
    """
    kind = local(node)
    if kind in SIMPLE:
        return SIMPLE[kind](spec, name)
    said = extensions(node)
    match kind:
        case "startEvent":
            made = Pass(spec, name)
            made.is_start, made.triggered = True, bool(definitions(node))
        case "endEvent" | "intermediateThrowEvent" | "sendTask" if not said.task_type:
            made = (events.EndEvent if kind == "endEvent" else events.Throwing)(spec, name)
            made.trigger = trigger(builder, node, said)
            if kind == "sendTask" and made.trigger is None:
                raise Invalid("task-type-missing", "{task} does not say what it sends", task=node.get("id"))
        case "intermediateCatchEvent" | "boundaryEvent" | "receiveTask":
            made = _catching(builder, spec, node, name, said)
        case "note":
            made = gateways.Note(spec, name)
            made.handler = node.get("handler")
        case "callActivity":
            made = _call(builder, spec, node, name, said)
        case _:
            made = _working(spec, node, name, said)
    return made


def _catching(builder: "Builder", spec: ProcessSpec, node: Node, name: str, said: Extensions) -> Any:
    boundary = local(node) == "boundaryEvent"
    made = (events.BoundaryEvent if boundary else events.Catching)(spec, name)
    made.trigger = trigger(builder, node, said)
    if made.trigger is None:
        raise Invalid("event-without-trigger", "{event} waits for nothing", event=node.get("id"))
    made.conditional = isinstance(made.trigger, Condition)
    if boundary:
        made.interrupts = yes(node, "cancelActivity", "true")
        host = next(part for part in node.getparent() if part.get("id") == node.get("attachedToRef"))
        made.sees_scope = node.get(SEES_SCOPE) == "true" or local(host) in SUB_PROCESSES
    return made


def _call(builder: "Builder", spec: ProcessSpec, node: Node, name: str, said: Extensions) -> Any:
    called = said.called_process
    if not called or called.startswith("="):
        raise Invalid("called-process", "{call} does not name the process it calls", call=node.get("id"))
    made = activities.Call(spec, name)
    made.spec = called
    made.passes_parent, made.isolated = said.passes_parent, not said.returns_child
    builder.called.add(called)
    return made


def _working(spec: ProcessSpec, node: Node, name: str, said: Extensions) -> Any:
    """A task that the engine carries out: script, decision, or service."""
    if said.script is not None:
        script = activities.Script(spec, name)
        script.expression, script.result = said.script, said.result_variable
        return script
    if said.decision_id is not None:
        decision = activities.Decision(spec, name)
        decision.decision_id, decision.result = said.decision_id, said.result_variable
        return decision
    if said.task_type is not None:
        service = activities.Service(spec, name)
        service.type, service.headers, service.result = (
            said.task_type,
            dict(said.headers),
            said.headers.get("resultVariable"),
        )
        return service
    raise Invalid(
        "task-type-missing",
        "{task} does not say what it does: it has no FEEL script, no decision and no task definition",
        task=node.get("id"),
    )


def trigger(builder: "Builder", node: Node, said: Extensions) -> Trigger | None:
    """What an event waits for or throws."""
    found = definitions(node)
    names = builder.definitions.names
    if local(node) in ("receiveTask", "sendTask"):
        reference = node.get("messageRef")
        return _message(builder, node, reference, said) if reference else None
    if not found:
        return None
    what = found[0]
    match local(what).removesuffix("EventDefinition"):
        case "message":
            return _message(builder, node, what.get("messageRef"), said)
        case "signal":
            return Signal(names["signal"].get(what.get("signalRef")) or node.get("name") or "")
        case "error":
            return Error(what.get("errorRef") or "", names["error"].get(what.get("errorRef")))
        case "escalation":
            return Escalation(what.get("escalationRef") or "", names["escalation"].get(what.get("escalationRef")))
        case "cancel":
            return Cancel()
        case "terminate":
            return Terminate()
        case "conditional":
            expression = text(child(what, "condition"))
            if not expression:
                raise Invalid("condition-missing", "{event} has no condition", event=node.get("id"))
            return Condition(expression)
        case "timer":
            return _timer(node, what)
    raise Invalid("event-unsupported", "{event} has a trigger that is not supported", event=node.get("id"))


def _message(builder: "Builder", node: Node, reference: str | None, said: Extensions) -> Message:
    names = builder.definitions.names
    name = names["message"].get(reference or "") or node.get("name")
    if not name:
        raise Invalid("message-missing", "{event} does not name its message", event=node.get("id"))
    return Message(name, said.correlation_key or names["subscription"].get(reference or ""))


def _timer(node: Node, what: Node) -> Timer:
    for kind in TIMER_KINDS:
        for part in children(what, kind):
            expression = text(part)
            if expression:
                follows = RUNG.fullmatch(expression)
                if follows:
                    return Timer(kind, expression, follows["clock"], follows["rung"])
                return Timer(kind, expression)
    raise Invalid("timer-missing", "{event} does not say when", event=node.get("id"))
