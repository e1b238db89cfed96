"""Every finding, on a diagram that has it and nothing else."""

import time

import pytest

from engine.errors import Invalid
from engine.spiff import Finding, compile_process, lint, read_definitions
from engine.spiff.lint.settings import wrong_value
from tests.engine.spiff.drawing import (
    BASE,
    COMPENSATE,
    SOON,
    TERMINATE,
    boundary,
    document,
    end,
    event_sub_process,
    extension,
    flows,
    gateways,
    link,
    node,
    process,
    refers,
    start,
    timer,
    undoable,
    users,
)

ENTITY = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
MESSAGE = refers("message", "mg")


def prop(name: str, value: str) -> str:
    return extension(f'<zeebe:properties><zeebe:property name="chuishao:{name}" value="{value}"/></zeebe:properties>')


def findings(body: str | bytes, *further: str, **known: object) -> list[Finding]:
    content = body if isinstance(body, bytes) else document(body, *further)
    return lint({"p.bpmn": content}, **known)  # type: ignore[arg-type]


def codes(body: str | bytes, *further: str, **known: object) -> set[tuple[str, str]]:
    """(code, element) of what is found, without the drawing and the habits that these small diagrams do not have."""
    ignored = ("layout-missing", "role-missing", "form-missing", "gateway-without-default")
    return {(f.code, f.element_id) for f in findings(body, *further, **known) if f.code not in ignored}


REFUSED = {
    "id-duplicate": (start() + users("a") + users("a") + end() + flows("s>a>e"), "a"),
    "id-missing": (start() + end() + node("userTask", "x").replace('id="x"', "") + flows("s>e"), ""),
    "id-not-a-name": (start() + users("a/b") + end() + flows("s>a/b>e"), "a/b"),
    "condition-on-parallel": (start() + gateways("g") + users("a") + end() + flows("s>g; g>a [true]; a>e"), "g"),
    "event-gateway-instantiating": (
        start()
        + node("eventBasedGateway", "g", instantiate="true")
        + node("intermediateCatchEvent", "c", MESSAGE)
        + end()
        + flows("s>g>c>e"),
        "g",
    ),
    "event-gateway-target": (start() + node("eventBasedGateway", "g") + users("a") + end() + flows("s>g>a>e"), "g"),
    "complex-join": (
        start()
        + gateways("g")
        + gateways("c", tag="complexGateway")
        + users("a", "b")
        + end()
        + flows("s>g>a>c; g>b>c; c>e"),
        "c",
    ),
    "several-triggers": (
        start() + node("intermediateCatchEvent", "c", MESSAGE + SOON) + end() + flows("s>c>e"),
        "c",
    ),
    "event-misplaced": (start() + node("intermediateThrowEvent", "t", TERMINATE) + end() + flows("s>t>e"), "t"),
    "event-without-trigger": (start() + node("intermediateCatchEvent", "c") + end() + flows("s>c>e"), "c"),
    "boundary-detached": (BASE + boundary("b", "nothing", MESSAGE) + users("x") + flows("b>x>e"), "b"),
    "ad-hoc": (start() + node("adHocSubProcess", "h", users("a")) + end() + flows("s>h>e"), "h"),
    "several-starts": (
        start()
        + node("subProcess", "sp", start("i1") + start("i2") + end("ie") + flows("i1>ie; i2>ie"))
        + end()
        + flows("s>sp>e"),
        "sp",
    ),
    "link-without-target": (start() + node("intermediateThrowEvent", "t", link("L")) + flows("s>t"), "t"),
    "link-duplicate": (
        start()
        + node("intermediateThrowEvent", "t", link("L"))
        + node("intermediateCatchEvent", "c", link("L"))
        + node("intermediateCatchEvent", "d", link("L"))
        + end()
        + flows("s>t; c>e; d>e"),
        "d",
    ),
    "compensation-across-scopes": (
        start()
        + undoable("z")
        + node("subProcess", "sp", start("is") + undoable("a") + end("ie") + flows("is>a>ie"))
        + node("intermediateThrowEvent", "t", COMPENSATE)
        + end()
        + flows("s>z>sp>t>e"),
        "t",
    ),
    "compensation-of-nothing": (
        start()
        + undoable("a")
        + end()
        + flows("s>a>e")
        + event_sub_process(
            refers("error", "er"),
            interrupting=True,
            body=node("intermediateThrowEvent", "t", COMPENSATE) + flows("Es>t>Ee"),
        ),
        "t",
    ),
    "compensation-handler": (BASE + boundary("c", "u", COMPENSATE), "c"),
    "event-sub-process-starts": (
        BASE + start("s2") + flows("s2>u") + event_sub_process(MESSAGE, interrupting=True),
        "p",
    ),
    "event-sub-process-trigger": (BASE + event_sub_process("", interrupting=True), "E"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_executed_is_refused(code: str) -> None:
    body, element = REFUSED[code]
    assert (code, element) in codes(body)
    content = document(body)
    with pytest.raises(Invalid):
        compile_process(read_definitions({"p.bpmn": content}), "p")


FOUND = {
    # flows
    "flow-nowhere": (BASE + '<bpmn:sequenceFlow id="f" sourceRef="u" targetRef="gone"/>', "f"),
    "no-start": (users("u") + end() + flows("u>e"), "p"),
    "flow-across-scopes": (
        start()
        + node("subProcess", "sp", start("is") + users("iu") + end("ie") + flows("is>iu>ie"))
        + end()
        + flows("s>sp>e; sp>iu #f"),
        "f",
    ),
    "flow-without-condition": (
        start()
        + gateways("g", tag="exclusiveGateway")
        + users("a", "b")
        + end()
        + flows("s>g; g>a [x]; a>e; b>e; g>b #f"),
        "f",
    ),
    "condition-on-default": (
        start()
        + gateways("g", tag="exclusiveGateway", default="f")
        + users("a", "b")
        + end()
        + flows("s>g; g>a [x]; a>e; b>e; g>b [y] #f"),
        "f",
    ),
    "unreachable": (BASE + users("lost") + flows("lost>e") + gateways("m") + flows("m>lost; lost>m"), "lost"),
    # references
    "called-process-missing": (start() + node("callActivity", "c") + end() + flows("s>c>e"), "c"),
    "called-process-unknown": (
        start()
        + node("callActivity", "c", extension('<zeebe:calledElement processId="gone"/>'))
        + end()
        + flows("s>c>e"),
        "c",
    ),
    "message-unknown": (BASE + boundary("b", "u", refers("message", "gone")) + flows("b>e"), "b"),
    "message-missing": (BASE + boundary("b", "u", "<bpmn:messageEventDefinition/>") + flows("b>e"), "b"),
    "signal-unknown": (BASE + boundary("b", "u", refers("signal", "gone")) + flows("b>e"), "b"),
    "script-missing": (
        start() + node("scriptTask", "t", "<bpmn:script>import os</bpmn:script>") + end() + flows("s>t>e"),
        "t",
    ),
    "decision-missing": (start() + node("businessRuleTask", "t") + end() + flows("s>t>e"), "t"),
    "task-type-missing": (start() + node("sendTask", "t") + end() + flows("s>t>e"), "t"),
    "instances-missing": (
        start() + node("userTask", "t", "<bpmn:multiInstanceLoopCharacteristics/>") + end() + flows("s>t>e"),
        "t",
    ),
    "timer-missing": (BASE + boundary("b", "u", "<bpmn:timerEventDefinition/>") + flows("b>e"), "b"),
    "condition-missing": (BASE + boundary("b", "u", "<bpmn:conditionalEventDefinition/>") + flows("b>e"), "b"),
    "error-at-the-top": (start() + node("endEvent", "e", refers("error", "er")) + flows("s>e"), "e"),
    "task-without-type": (start() + node("task", "t") + end() + flows("s>t>e"), "t"),
    # expressions
    "feel-syntax": (
        start()
        + gateways("g", tag="exclusiveGateway", default="d")
        + end()
        + users("a")
        + flows("s>g; g>a [x ==== 1] #f; a>e; g>e #d"),
        "f",
    ),
    "timer-value": (BASE + boundary("b", "u", timer("timeDuration", "5 days")) + flows("b>e"), "b"),
    "script-literal": (
        start()
        + node("scriptTask", "t", extension('<zeebe:script expression="x" resultVariable="y"/>'))
        + end()
        + flows("s>t>e"),
        "t",
    ),
    "script-without-result": (
        start() + node("scriptTask", "t", extension('<zeebe:script expression="=x"/>')) + end() + flows("s>t>e"),
        "t",
    ),
    "mapping-target": (
        start()
        + node("userTask", "t", extension('<zeebe:ioMapping><zeebe:input source="=1" target="a b"/></zeebe:ioMapping>'))
        + end()
        + flows("s>t>e"),
        "t",
    ),
    # settings
    "setting-unknown": (start() + node("userTask", "t", prop("rolle", "handler")) + end() + flows("s>t>e"), "t"),
    "setting-misplaced": (start() + node("userTask", "t", prop("outcome", "solved")) + end() + flows("s>t>e"), "t"),
    "setting-value": (start() + node("endEvent", "e", prop("outcome", "a b")) + flows("s>e"), "e"),
    "clock-without-name": (start() + node("userTask", "t", prop("clock.amount", "5")) + end() + flows("s>t>e"), "t"),
    "clock-incomplete": (start() + node("userTask", "t", prop("clock", "handle")) + end() + flows("s>t>e"), "t"),
    "notice-missing": (
        start() + node("sendTask", "t", extension('<zeebe:taskDefinition type="notify"/>')) + end() + flows("s>t>e"),
        "t",
    ),
}


@pytest.mark.parametrize("code", FOUND)
def test_a_mistake_is_found_with_its_element(code: str) -> None:
    body, element = FOUND[code]
    assert (code, element) in codes(body)


def test_a_clean_diagram_has_no_finding_but_its_missing_drawing() -> None:
    body = start() + node("userTask", "u", prop("role", "handler")) + end() + flows("s>u>e")
    assert [(f.code, f.severity) for f in findings(body)] == [("layout-missing", "error"), ("form-missing", "warning")]
    assert findings(body, strict_layout=False)[0].severity == "warning"


def test_a_role_may_come_from_the_lane() -> None:
    lane = (
        '<bpmn:laneSet id="ls"><bpmn:lane id="l" name="L">'
        + prop("role", "handler")
        + "<bpmn:flowNodeRef>u</bpmn:flowNodeRef>"
        "</bpmn:lane></bpmn:laneSet>"
    )
    body = start() + users("u", "v") + end() + flows("s>u>v>e")
    assert {f.element_id for f in findings(lane + body) if f.code == "role-missing"} == {"v"}


def test_references_into_the_package_are_checked_when_it_is_known() -> None:
    form = extension('<zeebe:formDefinition formId="ask"/>')
    rule = extension('<zeebe:calledDecision decisionId="route" resultVariable="r"/>')
    body = start() + node("userTask", "u", form) + node("businessRuleTask", "d", rule) + end() + flows("s>u>d>e")
    assert codes(body) == set()
    assert codes(body, forms=["ask"], decisions=["route"]) == set()
    assert codes(body, forms=[], decisions=[]) == {("form-unknown", "u"), ("decision-unknown", "d")}


def test_unknown_functions_are_found_when_the_known_are_given() -> None:
    script = extension('<zeebe:script expression="=working days after(now(), 3)" resultVariable="r"/>')
    body = start() + node("scriptTask", "t", script) + end() + flows("s>t>e")
    assert codes(body, functions=["working days after"]) == set()
    wrong = body.replace("working days after", "workdays")
    assert ("function-unknown", "t") in codes(wrong, functions=["working days after"])


def test_a_finding_says_where_in_the_expression() -> None:
    body, _ = FOUND["feel-syntax"]
    found = next(f for f in findings(body) if f.code == "feel-syntax")
    assert "line 1, column" in found.reason
    assert found.mend
    assert found.message.startswith("f: ")


def test_a_chain_of_hundreds_is_refused() -> None:
    names = [f"t{i}" for i in range(405)]
    body = start() + users(*names) + end() + flows("s>" + ">".join(names) + ">e")
    assert "chain-too-long" in {code for code, _ in codes(body)}


def test_deep_nesting_is_refused() -> None:
    body = users("u")
    for level in range(12):
        body = node("subProcess", f"sp{level}", body)
    assert "nested-too-deep" in {code for code, _ in codes(start() + body + end() + flows("s>sp11>e"))}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not xml", "not-xml"),
        (b"<x/>", "not-bpmn"),
        (ENTITY.encode(), "document-type"),
        (b"<x>" + b" " * 2_000_001 + b"</x>", "file-too-large"),
        (document(BASE, process("p", "")), "process-id"),  # two processes with one id
        (
            document(BASE).replace(b"<bpmn:process", b"<bpmn:other").replace(b"</bpmn:process", b"</bpmn:other"),
            "no-process",
        ),
        (
            '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16"),
            "document-type",
        ),
        (document("<bpmn:x>" * 70 + "</bpmn:x>" * 70), "file-too-complex"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_so(content: bytes, code: str) -> None:
    assert [f.code for f in lint({"p.bpmn": content})] == [code]
    with pytest.raises(Invalid) as refused:
        read_definitions({"p.bpmn": content})
    assert refused.value.facts["findings"][0]["file"] in ("p.bpmn", "")


@pytest.mark.parametrize(
    ("setting", "value", "wrong"),
    [
        ("clock.unit", "working-days", False),
        ("clock.unit", "days", True),
        ("clock.amount", "5", False),
        ("clock.amount", "=n", False),
        ("clock.amount", "five", True),
        ("to", "resident; handler@=unit", False),
        ("to", "everybody", True),
        ("exclude", "=handlers", False),
        ("exclude", "42", True),
        ("ladder", "", False),  # no rungs
        ("role", "", True),
        ("extend", "handle; statutory", False),
    ],
)
def test_values_of_settings(setting: str, value: str, wrong: bool) -> None:
    assert (wrong_value(setting, value) is not None) == wrong


def test_file_that_nobody_could_read_is_not_looked_at() -> None:
    began = time.process_time()
    found = findings(start() + "".join(node("userTask", f"t{number}") for number in range(10_000)))
    assert [(each.code, each.element_id) for each in found] == [("process-too-large", "")]
    assert time.process_time() - began < 5
