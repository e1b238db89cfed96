"""Small processes, drawn in a few characters."""

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
)
ROOTS = (
    '<bpmn:signal id="sg" name="signal"/><bpmn:message id="mg" name="message"/><bpmn:message id="mh" name="other"/>'
    '<bpmn:error id="er" name="error" errorCode="E1"/><bpmn:escalation id="es" name="esc" escalationCode="X1"/>'
)
TERMINATE = "<bpmn:terminateEventDefinition/>"
COMPENSATE = "<bpmn:compensateEventDefinition/>"


def document(body: str, *further: str, roots: str = ROOTS) -> bytes:
    """A file with the process `p`, and further processes as drawn by `process`."""
    processes = "".join((process("p", body), *further))
    return f'<bpmn:definitions {NAMESPACES} id="d" targetNamespace="x">{roots}{processes}</bpmn:definitions>'.encode()


def process(id: str, body: str) -> str:
    return f'<bpmn:process id="{id}" name="{id}" isExecutable="true">{body}</bpmn:process>'


def node(tag: str, id: str, body: str = "", **attributes: str) -> str:
    said = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return f'<bpmn:{tag} id="{id}" name="{id}" {said}>{body}</bpmn:{tag}>'


def extension(content: str) -> str:
    return f"<bpmn:extensionElements>{content}</bpmn:extensionElements>"


def users(*ids: str) -> str:
    return "".join(node("userTask", id) for id in ids)


def script(id: str, result: str, expression: str) -> str:
    said = f'<zeebe:script expression={quoteattr("=" + expression)} resultVariable="{result}"/>'
    return node("scriptTask", id, extension(said))


def gateways(*ids: str, tag: str = "parallelGateway", **attributes: str) -> str:
    return "".join(node(tag, id, **attributes) for id in ids)


def start(id: str = "s", body: str = "") -> str:
    return node("startEvent", id, body)


def end(*ids: str) -> str:
    return "".join(node("endEvent", id) for id in ids or ("e",))


def flows(text: str) -> str:
    """Flows as in `a>b>c; b>d [condition]; x>y #id`."""
    drawn = ""
    for position, part in enumerate(text.split(";")):
        part, _, id = part.partition("#")
        part, _, condition = part.partition("[")
        steps = [step.strip() for step in part.split(">")]
        for source, target in pairwise(steps):
            said = condition.strip().rstrip("]")
            inside = f"<bpmn:conditionExpression>={escape(said)}</bpmn:conditionExpression>" if said else ""
            name = id.strip() or f"f_{source}_{target}_{position}"
            drawn += (
                f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'
            )
    return drawn


def timer(kind: str, expression: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(expression)}</bpmn:{kind}></bpmn:timerEventDefinition>"


def refers(kind: str, id: str) -> str:
    return f'<bpmn:{kind}EventDefinition {kind}Ref="{id}"/>'


def condition(expression: str) -> str:
    said = f"<bpmn:condition>={escape(expression)}</bpmn:condition>"
    return f"<bpmn:conditionalEventDefinition>{said}</bpmn:conditionalEventDefinition>"


def link(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


def boundary(id: str, host: str, trigger: str, *, interrupting: bool = True) -> str:
    return node("boundaryEvent", id, trigger, attachedToRef=host, cancelActivity=str(interrupting).lower())


def event_sub_process(trigger: str, *, interrupting: bool, id: str = "E", body: str | None = None) -> str:
    """An event sub-process `E` with start `Es`, user task `Eh` and end `Ee`."""
    inside = users(f"{id}h") + flows(f"{id}s>{id}h>{id}e") if body is None else body
    begin = node("startEvent", f"{id}s", trigger, isInterrupting=str(interrupting).lower())
    return node("subProcess", id, begin + end(f"{id}e") + inside, triggeredByEvent="true")


def undoable(id: str) -> str:
    """A user task with a compensation handler `<id>u`."""
    return (
        users(id)
        + node("boundaryEvent", f"{id}c", COMPENSATE, attachedToRef=id)
        + node("userTask", f"{id}u", isForCompensation="true")
        + f'<bpmn:association id="{id}as" sourceRef="{id}c" targetRef="{id}u"/>'
    )


#: Two user tasks in a row.
BASE = start() + users("u", "v") + end() + flows("s>u>v>e")
#: Shorter than what `Run.wait` waits.
SOON = timer("timeDuration", "PT12M")
