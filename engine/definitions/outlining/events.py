"""What makes an event one: its trigger, the message or error that it names, and events on the border of a step."""

from typing import Final

from lxml import etree

from engine.definitions.outlining.document import Document, extension_elements
from engine.definitions.outlining.drawing import Box, Drawing
from engine.errors import Invalid
from engine.spiff.document import SCOPES, TASKS, ZEEBE, Node, child, children, local, q

#: What an event on a border can wait for.
BORDERS: Final = ("timer", "message", "error")
#: An event's width and height, and from one event on a border to the next.
_SIZE: Final = 36
_STEP: Final = 44
#: Parts of a timer, as the standard names them.
TIMES: Final = ("timeDuration", "timeDate", "timeCycle")


def add_border(
    content: bytes, host_id: str, trigger: str, name: str, *, interrupting: bool = True
) -> tuple[bytes, str]:
    """Put an event on the border of a task or sub-process.

    Args:
        trigger: one of `BORDERS`.
        interrupting: whether it ends what is under way; an error always does.

    Returns:
        the changed file, and the id of the event.

    Raises:
        NotFound: the diagram has no such element.
        Invalid: it has no border to put one on, or there is no such trigger.
    """
    document = Document(content)
    host = document.node(host_id)
    if trigger not in BORDERS:
        raise Invalid("outline-kind", "There is no kind of step {kind}.", kind=trigger)
    if local(host) not in (*TASKS, *SCOPES) or host.get("triggeredByEvent") == "true":
        raise Invalid("outline-border", "An event can be put on the border of tasks, calls and sub-processes only.")
    drawing = Drawing(document.root, document.by_id)
    others = [each for each in children(host.getparent(), "boundaryEvent") if each.get("attachedToRef") == host_id]
    made = etree.SubElement(host.getparent(), q("boundaryEvent"), id=document.new_id(trigger), attachedToRef=host_id)
    if not interrupting and trigger != "error":
        made.set("cancelActivity", "false")
    if name:
        made.set("name", name)
    document.by_id[made.get("id")] = made
    define(document, made, trigger, name)
    lane = document.lane_of(host_id)
    if lane is not None:
        document.put_in_lane(made.get("id"), lane)
    box = drawing.box(host_id)
    if box is not None:
        x = max(box.right - _SIZE - 12 - _STEP * len(others), box.x - _SIZE / 2)
        place = Box(x=x, y=box.bottom - _SIZE / 2, width=_SIZE, height=_SIZE)
        drawing.add_shape(drawing.plane_of(host_id), made.get("id"), place)
        drawing.label_beside(made.get("id"))
    return document.content(), made.get("id")


def define(document: Document, event: Node, trigger: str, name: str) -> None:
    """Say what triggers an event, or what it triggers; a message or error is made for it."""
    what = etree.SubElement(event, q(f"{trigger}EventDefinition"))
    if trigger in ("message", "error"):
        made = etree.Element(q(trigger), id=document.new_id(f"{trigger}_of_{event.get('id')}"))
        made.set("name", name or event.get("id"))
        if trigger == "error":
            made.set("errorCode", name or event.get("id"))
        else:  # a message finds the case that waits for it
            etree.SubElement(extension_elements(made), f"{{{ZEEBE}}}subscription", correlationKey="=case.id")
        first = child(document.root, "process")
        (document.root.append if first is None else first.addprevious)(made)
        document.by_id[made.get("id")] = made
        what.set(f"{trigger}Ref", made.get("id"))


def trigger_of(event: Node) -> str:
    """Return what triggers an event, "" for none: `timer`, `message`, `error` …"""
    suffix = "EventDefinition"
    return next((local(part).removesuffix(suffix) for part in event if local(part).endswith(suffix)), "")


def named(root: Node, event: Node, trigger: str) -> Node | None:
    """Return the message or error that an event names."""
    what = child(event, f"{trigger}EventDefinition")
    wanted = what.get(f"{trigger}Ref") if what is not None else None
    return next((each for each in children(root, trigger) if each.get("id") == wanted), None)


def timer_of(event: Node) -> tuple[str, str]:
    """Return the part that a timer's time stands in, and the time; "" where it has none."""
    what = child(event, "timerEventDefinition")
    found = next((part for part in what if local(part) in TIMES), None) if what is not None else None
    return (local(found), (found.text or "").strip()) if found is not None else ("", "")


def set_timer(event: Node, kind: str, text: str) -> None:
    """Set the time of a timer.

    Args:
        kind: one of `TIMES`; "": what the time looks like.

    Raises:
        Invalid: there is no such kind of time.
    """
    if kind not in ("", *TIMES):
        raise Invalid("outline-time", "A timer has one of: {names}.", names=", ".join(TIMES))
    what = child(event, "timerEventDefinition")
    if what is None:
        return
    for part in [part for part in what if local(part) in TIMES]:
        what.remove(part)
    if text:
        guessed = "timeCycle" if text.startswith("R") else "timeDate" if text[:1].isdigit() else "timeDuration"
        made = etree.SubElement(what, q(kind or guessed))
        made.text = text
