"""One diagram in two dialects: ours (`zeebe:`, FEEL) and stock SpiffWorkflow's (Python).

Twelve user tasks, a clarification loop whose rounds are chosen, gateways of both kinds, three non-interrupting timers,
parallel instances, a called process, a script: what a petition has, at the size of one.
"""

import json
from dataclasses import dataclass, field
from itertools import pairwise

_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_ZEEBE = "http://camunda.org/schema/zeebe/1.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: Components of the one form that every task has; `again` sends the clarification loop round once more.
FORM_ID = "step"


@dataclass
class Dialect:
    """How one engine wants to be told."""

    ours: bool
    _nodes: list[str] = field(default_factory=list)
    _flows: list[str] = field(default_factory=list)

    def node(self, tag: str, name: str, body: str = "", **attributes: str) -> str:
        """Add a node and return its id."""
        listed = "".join(f' {key}="{value}"' for key, value in attributes.items())
        self._nodes.append(f'<bpmn:{tag} id="{name}" name="{name}"{listed}>{body}</bpmn:{tag}>')
        return name

    def task(self, name: str, inside: str = "") -> None:
        """Add a user task."""
        extension = ""
        if self.ours:
            extension = (
                "<bpmn:extensionElements><zeebe:userTask/>"
                f'<zeebe:formDefinition formId="{FORM_ID}"/><zeebe:properties>'
                '<zeebe:property name="chuishao:role" value="community"/>'
                '<zeebe:property name="chuishao:unit" value="=place.community"/>'
                "</zeebe:properties></bpmn:extensionElements>"
            )
        self.node("userTask", name, extension + inside)

    def flow(self, source: str, target: str, condition: str = "", name: str = "") -> None:
        """Connect two nodes; a condition is written as FEEL or Python, which agree on a name."""
        said = ""
        if condition:
            text = f"={condition}" if self.ours else condition
            said = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{text}</bpmn:conditionExpression>'
        name = name or f"{source}_{target}"
        self._flows.append(
            f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{said}</bpmn:sequenceFlow>'
        )

    def chain(self, *names: str) -> None:
        """Connect nodes one after the other."""
        for source, target in pairwise(names):
            self.flow(source, target)

    def script(self, name: str, result: str, feel: str, python: str) -> None:
        """Add a script task that writes one variable."""
        if self.ours:
            body = (
                f'<bpmn:extensionElements><zeebe:script expression="={feel}" resultVariable="{result}"/>'
                "</bpmn:extensionElements>"
            )
        else:
            body = f"<bpmn:script>{result} = {python}</bpmn:script>"
        self.node("scriptTask", name, body)

    def timer(self, name: str, host: str, duration: str, handler: str) -> None:
        """Add a non-interrupting timer with what it starts."""
        text = duration if self.ours else f'"{duration}"'
        body = (
            f'<bpmn:timerEventDefinition id="{name}_d"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{text}'
            "</bpmn:timeDuration></bpmn:timerEventDefinition>"
        )
        self.node("boundaryEvent", name, body, attachedToRef=host, cancelActivity="false")
        self.script(handler, f"reminded_{host}", "true", "True")
        self.node("endEvent", f"{handler}_end")
        self.chain(name, handler, f"{handler}_end")

    def instances(self) -> str:
        """Return the markup of one instance for each department."""
        if self.ours:
            return (
                "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
                '<zeebe:loopCharacteristics inputCollection="=departments" inputElement="department" '
                'outputCollection="opinions" outputElement="=text"/>'
                "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
            )
        return (
            "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>departments</bpmn:loopDataInputRef>"
            "<bpmn:loopDataOutputRef>opinions</bpmn:loopDataOutputRef>"
            '<bpmn:inputDataItem id="department" name="department"/><bpmn:outputDataItem id="view" name="view"/>'
            "</bpmn:multiInstanceLoopCharacteristics>"
        )

    def call(self, name: str, process: str) -> None:
        """Add a call of another process."""
        if self.ours:
            body = f'<bpmn:extensionElements><zeebe:calledElement processId="{process}"/></bpmn:extensionElements>'
            self.node("callActivity", name, body)
        else:
            self.node("callActivity", name, calledElement=process)

    def process(self, name: str) -> str:
        """Return what was added as one process, and begin anew."""
        content = "".join(self._nodes) + "".join(self._flows)
        self._nodes, self._flows = [], []
        return f'<bpmn:process id="{name}" name="{name}" isExecutable="true">{content}</bpmn:process>'


def build(*, ours: bool) -> bytes:
    """Return the diagram in one of the two dialects."""
    draw = Dialect(ours)
    main, drafting = _main(draw), _drafting(draw)
    head = (
        f'<bpmn:definitions xmlns:bpmn="{_BPMN}" xmlns:xsi="{_XSI}" xmlns:zeebe="{_ZEEBE}" '
        'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="bench" id="bench_file">'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}{main}{drafting}</bpmn:definitions>'.encode()


def _main(draw: Dialect) -> str:
    draw.node("startEvent", "start")
    draw.task("register")
    draw.script("check", "valid", "string length(subject) > 0".replace(">", "&gt;"), "len(subject) &gt; 0")
    draw.node("exclusiveGateway", "is_valid", default="accepted")
    draw.task("correct")
    draw.task("verify")
    draw.timer("verify_late", "verify", "P3D", "remind_verify")
    draw.task("whistle")
    draw.chain("start", "register", "check", "is_valid")
    draw.flow("is_valid", "correct", "invalid")
    draw.flow("is_valid", "verify", name="accepted")
    draw.flow("correct", "check")
    draw.chain("verify", "whistle", "ask")
    draw.node("exclusiveGateway", "ask")
    draw.task("question")
    draw.timer("question_late", "question", "P10D", "remind_question")
    draw.task("answer")
    draw.node("exclusiveGateway", "asked", default="clear")
    draw.chain("ask", "question", "answer", "asked")
    draw.flow("asked", "ask", "again")
    draw.flow("asked", "split", name="clear")
    draw.node("parallelGateway", "split")
    draw.task("visit")
    draw.task("measure")
    draw.node("parallelGateway", "join")
    for branch in ("visit", "measure"):
        draw.chain("split", branch, "join")
    draw.task("opinion", draw.instances())
    draw.call("draft", "drafting")
    draw.task("decide")
    draw.timer("decide_late", "decide", "P15D", "remind_decide")
    draw.task("reply")
    draw.task("call_back")
    draw.node("endEvent", "end")
    draw.chain("join", "opinion", "draft", "decide", "reply", "call_back", "end")
    return draw.process("bench")


def _drafting(draw: Dialect) -> str:
    draw.node("startEvent", "draft_start")
    draw.task("write")
    draw.task("sign")
    draw.node("endEvent", "draft_end")
    draw.chain("draft_start", "write", "sign", "draft_end")
    return draw.process("drafting")


def form() -> bytes:
    """Return the form of every task: a text and a box."""
    components = [
        {"id": "field_text", "key": "text", "type": "textarea", "label": "Text", "validate": {"required": True}},
        {"id": "field_again", "key": "again", "type": "checkbox", "label": "Again"},
    ]
    return json.dumps({"id": FORM_ID, "type": "default", "schemaVersion": 18, "components": components}).encode()


def first_data(place: str) -> dict[str, object]:
    """Return about two kilobytes of data that a process starts with."""
    return {
        "case": {
            "id": "0" * 32,
            "number": "SQ2026-000123",
            "kind": "petition",
            "title": "路灯不亮",
            "channel": "portal",
        },
        "place": {"code": place, "name": "柳园社区", "community": place, "street": "east", "district": "qinghe"},
        "subject": "lorem ipsum dolor " * 55,
        "departments": ["water", "housing", "roads"],
        "photos": [
            {"id": f"photo-{n}", "name": f"file{n}.jpg", "size": 12345 + n, "sha256": "ab" * 32} for n in range(4)
        ],
        "tags": ["a", "b", "c"],
        "again": False,
        "invalid": False,
    }
