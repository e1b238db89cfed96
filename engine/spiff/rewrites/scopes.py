"""Event sub-processes as boundary events on the body of their scope.

SpiffWorkflow runs an event sub-process when the process starts, and an interrupting one never interrupts. A boundary
event on a sub-process that holds the body means the same by the standard, and that SpiffWorkflow can do.
"""

from engine.spiff.document import (
    NODES,
    SCOPES,
    Node,
    children,
    definitions,
    every,
    local,
    yes,
)
from engine.spiff.rewrites.writing import BODY, BODY_END, SEES_SCOPE, STANDS_FOR, add, connect


def wrap_scopes(root: Node) -> None:
    """Wrap every scope that has event sub-processes, innermost first."""
    for scope in reversed(every(root, *SCOPES)):
        handlers = [node for node in children(scope, "subProcess") if yes(node, "triggeredByEvent", "false")]
        if handlers:
            _wrap(scope, handlers)


def _wrap(scope: Node, handlers: list[Node]) -> None:
    identifier = scope.get("id")
    moved = [part for part in scope if local(part) in (*NODES, "sequenceFlow", "note", "undo") and part not in handlers]
    add(scope, "startEvent", f"{identifier}/start")
    body = add(scope, "subProcess", f"{identifier}/body")
    body.set(BODY, "true")
    for part in moved:
        body.append(part)
    add(scope, BODY_END, f"{identifier}/done")
    add(scope, "endEvent", f"{identifier}/end")
    for source, target in (("start", "body"), ("body", "done"), ("done", "end")):
        connect(scope, f"{identifier}/{source}", f"{identifier}/{target}")
    for handler in handlers:
        _hang(scope, handler)


def _hang(scope: Node, handler: Node) -> None:
    """Make an event sub-process a plain one behind a boundary event of the body, which takes its trigger."""
    identifier = scope.get("id")
    (trigger,) = children(handler, "startEvent")
    event = add(
        scope,
        "boundaryEvent",
        handler.get("id") + "/on",
        attachedToRef=f"{identifier}/body",
        cancelActivity=trigger.get("isInterrupting", "true"),
    )
    event.set("name", trigger.get("name") or handler.get("name") or "")
    event.set(SEES_SCOPE, "true")
    event.set(STANDS_FOR, trigger.get("id"))
    for part in definitions(trigger):
        event.append(part)
    extensions = next((part for part in trigger if local(part) == "extensionElements"), None)
    if extensions is not None:
        event.append(extensions)
    handler.attrib.pop("triggeredByEvent")
    trigger.attrib.pop("isInterrupting", None)
    connect(scope, event.get("id"), handler.get("id"))
    connect(scope, handler.get("id"), f"{identifier}/end")
