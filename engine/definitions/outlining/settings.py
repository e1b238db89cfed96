"""Reads and sets what is said of a step, a flow or a lane: its name, our settings, its form, decision or condition."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lxml import etree

from engine.definitions.outlining.document import Document, extension_elements
from engine.definitions.outlining.events import named, set_timer, timer_of, trigger_of
from engine.errors import Invalid
from engine.spiff.document import ZEEBE, Node, child, condition, local, q
from engine.spiff.lint.settings import PLACES
from engine.spiff.zeebe import PREFIX, extensions

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
#: field → (extension element, attribute, kinds that have it)
_OWN: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "form_id": ("formDefinition", "formId", ("userTask", "startEvent")),
    "decision_id": ("calledDecision", "decisionId", ("businessRuleTask",)),
    "result_variable": ("calledDecision", "resultVariable", ("businessRuleTask",)),
    "called_process": ("calledElement", "processId", ("callActivity",)),
    "task_type": ("taskDefinition", "type", ("serviceTask", "sendTask")),
    "script": ("script", "expression", ("scriptTask",)),
    "script_result": ("script", "resultVariable", ("scriptTask",)),
}
#: what an event names → its field, and the attribute that it stands in
_NAMED: Final[Mapping[str, tuple[str, str]]] = {
    "message": ("message_name", "name"),
    "error": ("error_code", "errorCode"),
}
_OF_EVENTS: Final = ("timer_kind", "timer_expression", "interrupting", *(field for field, _ in _NAMED.values()))


def rename(content: bytes, identifier: str, name: str) -> bytes:
    """Name a step, flow or lane.

    Raises:
        NotFound: the diagram has no such element.
    """
    document = Document(content)
    node = document.find(identifier)
    if name:
        node.set("name", name)
    else:
        node.attrib.pop("name", None)
    return document.content()


def fields(content: bytes, identifier: str) -> dict[str, str]:
    """Return what can be set of an element, with what it is now; "" where nothing is set. The name comes first.

    Raises:
        NotFound: the diagram has no such element.
    """
    node = Document(content).find(identifier)
    return {"name": node.get("name") or "", **dict(_fields(node))}


def _event_fields(node: Node) -> Iterator[tuple[str, str]]:
    """What an event waits for or throws, and whether one on a border ends what is under way."""
    trigger, root = trigger_of(node), node.getroottree().getroot()
    if trigger == "timer":
        yield from zip(("timer_kind", "timer_expression"), timer_of(node), strict=True)
    if trigger in _NAMED and (what := named(root, node, trigger)) is not None:
        field, attribute = _NAMED[trigger]
        yield field, what.get(attribute) or ""
    if local(node) == "boundaryEvent" and trigger != "error":
        yield "interrupting", "false" if node.get("cancelActivity") == "false" else "true"


def _fields(node: Node) -> Iterator[tuple[str, str]]:
    kind = local(node)
    if kind == "sequenceFlow":
        yield "condition", condition(node) or ""
        yield "is_default", "true" if _source(node).get("default") == node.get("id") else ""
        return
    for name, (element, attribute, kinds) in _OWN.items():
        if kind in kinds:
            found = node.find(f"{q('extensionElements')}/{{{ZEEBE}}}{element}")
            yield name, (found.get(attribute) or "") if found is not None else ""
    if kind.endswith("Event"):
        yield from _event_fields(node)
    said = extensions(node).settings
    for name, kinds in PLACES.items():
        if kind in kinds:
            yield name, said.get(name, "")


def set_values(content: bytes, identifier: str, values: Mapping[str, str]) -> bytes:
    """Set what is said of an element; an empty value takes it away. What is not named stays.

    Raises:
        NotFound: the diagram has no such element.
        Invalid: such an element has no such field.
    """
    document = Document(content)
    node = document.find(identifier)
    known = {"name": "", **dict(_fields(node))}
    for name, value in values.items():
        if name not in known:
            raise Invalid("outline-field", "{element} has no setting {field}.", element=identifier, field=name)
        text = value.strip()
        if name == "name":
            _set(node, "name", text)
        elif name == "condition":
            _set_condition(node, text)
        elif name == "is_default":
            _set_default(node, bool(text))
        elif name in _OF_EVENTS:
            _set_event(node, name, text)
        elif name in _OWN:
            _set_own(node, *_OWN[name][:2], text)
        else:
            _set_property(node, PREFIX + name, text)
    return document.content()


def _set_event(event: Node, name: str, text: str) -> None:
    kind, time = timer_of(event)
    trigger = trigger_of(event)
    if name == "timer_kind":
        set_timer(event, text, time)
    elif name == "timer_expression":
        set_timer(event, kind, text)
    elif name == "interrupting":
        _set(event, "cancelActivity", "false" if text == "false" else "")
    elif (what := named(event.getroottree().getroot(), event, trigger)) is not None:
        what.set(_NAMED[trigger][1], text or what.get("id"))


def _source(flow: Node) -> Any:
    return next((part for part in flow.getparent() if part.get("id") == flow.get("sourceRef")), flow)


def _set(node: Node, attribute: str, text: str) -> None:
    if text:
        node.set(attribute, text)
    else:
        node.attrib.pop(attribute, None)


def _set_condition(flow: Node, text: str) -> None:
    found = child(flow, "conditionExpression")
    if not text:
        if found is not None:
            flow.remove(found)
        return
    if found is None:
        found = etree.SubElement(flow, q("conditionExpression"))
        found.set(f"{{{XSI}}}type", etree.QName(q("tFormalExpression")).localname)
        prefix = next((key for key, uri in flow.nsmap.items() if uri == etree.QName(flow).namespace), None)
        found.set(f"{{{XSI}}}type", f"{prefix}:tFormalExpression" if prefix else "tFormalExpression")
    found.text = text if text.startswith("=") else f"={text}"


def _set_default(flow: Node, on: bool) -> None:
    source = _source(flow)
    if on:
        source.set("default", flow.get("id"))
    elif source.get("default") == flow.get("id"):
        del source.attrib["default"]


def _set_own(node: Node, element: str, attribute: str, text: str) -> None:
    found = node.find(f"{q('extensionElements')}/{{{ZEEBE}}}{element}")
    if found is None:
        if not text:
            return
        found = etree.SubElement(extension_elements(node), f"{{{ZEEBE}}}{element}")
        if element == "calledElement":
            found.set("propagateAllChildVariables", "false")
    _set(found, attribute, text)
    if not found.attrib:
        found.getparent().remove(found)


def _set_property(node: Node, name: str, text: str) -> None:
    holder = node.find(f"{q('extensionElements')}/{{{ZEEBE}}}properties")
    found = next((each for each in holder if each.get("name") == name), None) if holder is not None else None
    if not text:
        if found is not None:
            holder.remove(found)
            if not len(holder):
                holder.getparent().remove(holder)
        return
    if found is None:
        if holder is None:
            holder = etree.SubElement(extension_elements(node), f"{{{ZEEBE}}}properties")
        found = etree.SubElement(holder, f"{{{ZEEBE}}}property", name=name)
    found.set("value", text)
