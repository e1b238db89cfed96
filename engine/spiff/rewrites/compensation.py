"""Compensation by notes: what was done is written down, and undone last first. SpiffWorkflow knows no compensation."""

from copy import deepcopy

from engine.spiff.document import SCOPES, Node, children, definition, every, flows, leaving
from engine.spiff.rewrites.writing import NOTE, STANDS_FOR, UNDO, add, connect


def undo_in_reverse(root: Node) -> None:
    """After a compensable activity a note of it is kept; a throw takes the notes, last first, to their handlers."""
    for scope in every(root, *SCOPES):
        handlers = _take_handlers(scope)
        throws = [
            node for node in children(scope, "intermediateThrowEvent") if definition(node, "compensate") is not None
        ]
        for activity, handler in handlers.items():
            _keep_note(scope, activity, handler.get("id"))
        for index, throw in enumerate(throws):
            _undo(scope, throw, handlers, copy=index > 0)


def _take_handlers(scope: Node) -> dict[str, Node]:
    """Remove compensation events and their associations; return activity id → its handler."""
    handlers = {}
    for event in children(scope, "boundaryEvent"):
        if definition(event, "compensate") is None:
            continue
        (link,) = [part for part in children(scope, "association") if part.get("sourceRef") == event.get("id")]
        handlers[event.get("attachedToRef")] = next(part for part in scope if part.get("id") == link.get("targetRef"))
        scope.remove(event)
        scope.remove(link)
    return handlers


def _keep_note(scope: Node, activity: str, handler: str) -> None:
    note = add(scope, NOTE, activity + "/note", handler=handler)
    for flow in flows(scope):
        if flow.get("sourceRef") == activity:
            flow.set("sourceRef", note.get("id"))
    connect(scope, activity, note.get("id"))
    if not leaving(note):
        add(scope, "endEvent", activity + "/end")
        connect(scope, note.get("id"), activity + "/end")


def _undo(scope: Node, throw: Node, handlers: dict[str, Node], *, copy: bool) -> None:
    """Turn a throw into a loop over the handlers. A second throw needs handlers of its own: flows lead back to it."""
    what = definition(throw, "compensate")
    assert what is not None
    only = what.get("activityRef")
    (out,) = leaving(throw)
    throw.tag = UNDO
    throw.remove(what)
    throw.set("default", out.get("id"))
    for activity, original in handlers.items():
        if only not in (None, activity):
            continue
        handler = original
        if copy:
            handler = deepcopy(original)
            handler.set("id", f"{original.get('id')}/{throw.get('id')}")
            handler.set(STANDS_FOR, original.get("id"))
            scope.append(handler)
        connect(scope, throw.get("id"), handler.get("id"), original.get("id"))
        connect(scope, handler.get("id"), throw.get("id"))
