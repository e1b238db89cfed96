"""Small process packages, written as one reads a diagram: nodes, then flows."""

import json
from collections.abc import Iterable
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from engine.definitions import Package

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'targetNamespace="tests" id="file"><bpmn:message id="message_withdraw" name="withdraw"/>'
)


def extension(*parts: str, **settings: str) -> str:
    """Return extension elements with our own properties (`clock_unit` becomes `chuishao:clock.unit`)."""
    properties = "".join(
        f'<zeebe:property name="chuishao:{name.replace("_", ".")}" value={quoteattr(value)}/>'
        for name, value in settings.items()
    )
    listed = f"<zeebe:properties>{properties}</zeebe:properties>" if settings else ""
    return f"<bpmn:extensionElements>{''.join(parts)}{listed}</bpmn:extensionElements>"


def task(name: str, *, form: str = "", outputs: Iterable[tuple[str, str]] = (), loop: str = "", **settings: str) -> str:
    """A user task of the community unless the settings say otherwise."""
    said = {"role": "community", "unit": "=place.community"} | settings
    parts = ["<zeebe:userTask/>"]
    if form:
        parts.append(f'<zeebe:formDefinition formId="{form}"/>')
    if outputs:
        lines = "".join(f"<zeebe:output source={quoteattr(s)} target={quoteattr(t)}/>" for s, t in outputs)
        parts.append(f"<zeebe:ioMapping>{lines}</zeebe:ioMapping>")
    return f'<bpmn:userTask id="{name}" name="{name}">{extension(*parts, **said)}{loop}</bpmn:userTask>'


def send(name: str, kind: str = "notify", **settings: str) -> str:
    """A send task."""
    definition = f'<zeebe:taskDefinition type="{kind}"/>'
    return f'<bpmn:sendTask id="{name}" name="{name}">{extension(definition, **settings)}</bpmn:sendTask>'


def script(name: str, expression: str, result: str) -> str:
    """A script task that writes one variable."""
    said = f"<zeebe:script expression={quoteattr('=' + expression)} resultVariable={quoteattr(result)}/>"
    return f'<bpmn:scriptTask id="{name}" name="{name}">{extension(said)}</bpmn:scriptTask>'


def start(name: str = "start") -> str:
    """A start event."""
    return f'<bpmn:startEvent id="{name}"/>'


def end(name: str = "end", outcome: str = "") -> str:
    """An end event, with what the case comes to."""
    said = extension(outcome=outcome) if outcome else ""
    return f'<bpmn:endEvent id="{name}" name="{name}">{said}</bpmn:endEvent>'


def choice(name: str, default: str, label: str = "") -> str:
    """An exclusive gateway."""
    return f'<bpmn:exclusiveGateway id="{name}" name="{label}" default="{default}"/>'


def both(name: str) -> str:
    """A parallel gateway."""
    return f'<bpmn:parallelGateway id="{name}"/>'


def timer(name: str, host: str, *, interrupting: bool, date: str = "", duration: str = "", **settings: str) -> str:
    """A timer on the border of an activity."""
    kind, text = ("timeDate", date) if date else ("timeDuration", duration)
    return (
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="{str(interrupting).lower()}">'
        f"{extension(**settings) if settings else ''}"
        f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{text.replace("<", "&lt;")}'
        f"</bpmn:{kind}></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )


_WAITS = '<bpmn:messageEventDefinition messageRef="message_withdraw"/>'


def message(name: str, host: str, *, interrupting: bool = True, **settings: str) -> str:
    """A message on the border of an activity: the resident withdraws."""
    border = f'attachedToRef="{host}" cancelActivity="{str(interrupting).lower()}"'
    return (
        f'<bpmn:boundaryEvent id="{name}" name="{name}" {border}>{extension(**settings)}{_WAITS}</bpmn:boundaryEvent>'
    )


def catch(name: str, **settings: str) -> str:
    """A message that is waited for on the way."""
    said = extension(**settings)
    return f'<bpmn:intermediateCatchEvent id="{name}" name="{name}">{said}{_WAITS}</bpmn:intermediateCatchEvent>'


def catch_time(name: str, duration: str) -> str:
    """A time that is waited for on the way."""
    time = f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{duration}</bpmn:timeDuration>'
    event = f"<bpmn:timerEventDefinition>{time}</bpmn:timerEventDefinition>"
    return f'<bpmn:intermediateCatchEvent id="{name}">{event}</bpmn:intermediateCatchEvent>'


def first_of(name: str) -> str:
    """An event-based gateway."""
    return f'<bpmn:eventBasedGateway id="{name}"/>'


def decision(name: str, expression: str) -> tuple[str, bytes]:
    """A DMN file with one expression."""
    text = expression.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"decisions/{name}.dmn", (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        f'<decision id="{name}" name="{name}"><variable name="{name}"/><literalExpression><text>{text}</text>'
        "</literalExpression></decision></definitions>"
    ).encode()


def inside(name: str, *content: str, **settings: str) -> str:
    """A sub-process."""
    said = extension(**settings) if settings else ""
    return f'<bpmn:subProcess id="{name}" name="{name}">{said}{"".join(content)}</bpmn:subProcess>'


def flow(source: str, target: str, condition: str = "", name: str = "") -> str:
    """A sequence flow."""
    said = ""
    if condition:
        escaped = condition.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        said = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">={escaped}</bpmn:conditionExpression>'
    return (
        f'<bpmn:sequenceFlow id="{name or f"{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{said}'
        "</bpmn:sequenceFlow>"
    )


def chain(*names: str) -> str:
    """Flows from one node to the next."""
    return "".join(flow(source, target) for source, target in pairwise(names))


def form(name: str, *components: dict[str, object]) -> tuple[str, bytes]:
    """A form file."""
    schema = {"id": name, "type": "default", "schemaVersion": 18, "components": list(components)}
    return f"forms/{name}.form", json.dumps(schema).encode()


def text_field(key: str, *, required: bool = False) -> dict[str, object]:
    """A line of text."""
    return {"id": f"field_{key}", "key": key, "type": "textfield", "label": key, "validate": {"required": required}}


def box(key: str) -> dict[str, object]:
    """A box to tick."""
    return {"id": f"field_{key}", "key": key, "type": "checkbox", "label": key}


def package(*content: str, key: str = "petition", files: Iterable[tuple[str, bytes]] = ()) -> Package:
    """A package with one process."""
    process = f'<bpmn:process id="{key}" isExecutable="true">{"".join(content)}</bpmn:process>'
    manifest = json.dumps({"format": 1, "key": key, "main": key, "name": {"zh_CN": key}}).encode()
    outcomes = {name: {"zh_CN": name} for name in ("solved", "explained", "withdrawn", "raised")}
    found = {"texts.json": json.dumps({"outcomes": outcomes}).encode()}
    found |= {"package.json": manifest, "process.bpmn": f"{_HEAD}{process}</bpmn:definitions>".encode()}
    return Package(files=found | dict(files))
