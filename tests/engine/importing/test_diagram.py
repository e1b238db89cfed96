from collections import Counter

import pytest
from lxml import etree

from engine.importing import Imported, import_diagram
from engine.spiff import compile_process, read_definitions
from engine.spiff.document import BPMNDI
from tests.engine.importing.drawings import END, START, TASK, WHOLE, condition, drawing, flow

SHAPE = '<di:BPMNShape xmlns:di="%s" id="d%s" bpmnElement="%s"><Bounds xmlns="http://www.omg.org/spec/DD/20100524/DC" '
SHAPE += 'x="200" y="80" width="100" height="80"/></di:BPMNShape>'


def imported(body: str, **more: str) -> Imported:
    return import_diagram("x.bpmn", drawing(body, **more))


def kinds(found: Imported) -> Counter[str]:
    return Counter(each.kind for each in found.todo)


SCRIPT = '<b:scriptTask id="t"><b:script>x=1</b:script></b:scriptTask>'
CALL = '<b:callActivity id="c" calledElement="Other"/>'
AD_HOC = '<b:adHocSubProcess id="c"><b:manualTask id="m"/></b:adHocSubProcess>'
DAILY = "<b:timerEventDefinition><b:timeCycle>R/P1D</b:timeCycle></b:timerEventDefinition>"


@pytest.mark.parametrize(
    ("body", "todo", "lossy"),
    [
        (WHOLE, {}, {}),
        ("", {}, {"empty-process": 1}),
        (START + TASK + flow("1", "s", "t"), {"role-missing": 1, "form-missing": 1}, {}),
        (START + '<b:task id="t"/>' + flow("1", "s", "t"), {"task-without-type": 1}, {}),
        (START + '<b:serviceTask id="t"/>' + flow("1", "s", "t"), {"task-type-missing": 1}, {}),
        (START + SCRIPT + flow("1", "s", "t"), {"script-missing": 1}, {}),
        (START + '<b:startEvent id="z"/>' + END + flow("1", "s", "e") + flow("2", "z", "e"), {"several-starts": 1}, {}),
        # a start event that nobody drew is added; ends need none
        ('<b:parallelGateway id="g"/><b:endEvent id="e"/>' + flow("1", "g", "e"), {}, {}),
        (START + CALL + flow("1", "s", "c"), {"called-process-unknown": 1}, {}),
        (START + AD_HOC + flow("1", "s", "c"), {"ad-hoc": 1}, {}),
        (START + END + flow("1", "s", "nowhere"), {"flow-nowhere": 1, "unreachable": 1}, {}),
        (START + '<b:subProcess id="x"><b:manualTask id="p"/></b:subProcess>' + flow("1", "s", "p"),
         {"flow-across-scopes": 1}, {}),
        (START + END + '<b:dataStoreReference id="d"/>' + flow("1", "s", "e"), {}, {"data-store": 1}),
        (f'<b:startEvent id="s">{DAILY}</b:startEvent>' + END + flow("1", "s", "e"), {}, {"start-trigger": 1}),
        # nobody is asked anything, round and round: the trial says so
        (START + '<b:exclusiveGateway id="g"/><b:exclusiveGateway id="h"/>' + flow("1", "s", "g") + flow("2", "g", "h")
         + flow("3", "h", "g"), {"process-does-not-start": 1, "no-way-out": 1}, {}),
        # people go round and round
        (START + '<b:manualTask id="t"/>' + flow("1", "s", "t") + flow("2", "t", "t"), {"no-way-out": 1}, {}),
        # an event that waits for what nobody can throw to it
        (START + '<b:intermediateCatchEvent id="c"><b:terminateEventDefinition/></b:intermediateCatchEvent>'
         + flow("1", "s", "c"), {"event-misplaced": 1}, {}),
        # an element within a task
        (START + '<b:manualTask id="t"><b:manualTask id="u"/></b:manualTask>' + flow("1", "s", "t"),
         {"unreachable": 1}, {"misplaced": 1}),
    ],
)  # fmt: skip
def test_what_a_drawing_lacks_is_said(body: str, todo: dict[str, int], lossy: dict[str, int]) -> None:
    found = imported(body)
    assert kinds(found) == todo
    assert Counter(each.kind for each in found.lossy if each.kind != "drawn-anew") == lossy


@pytest.mark.parametrize(
    ("drawn", "kind", "text"),
    [
        ("${ok}", None, "=ok"),
        ("a > 5", None, "=a > 5"),
        ("yes", "condition", "yes"),  # kept as drawn, and asked for
        ("${bean.ok()}", "condition", "${bean.ok()}"),
    ],
)
def test_conditions_are_translated_or_asked_for(drawn: str, kind: str | None, text: str) -> None:
    found = imported(
        START + '<b:exclusiveGateway id="g" default="3"/>' + END + flow("1", "s", "g")
        + flow("2", "g", "e", condition(drawn)) + flow("3", "g", "e")
    )  # fmt: skip
    assert [(each.element, each.kind) for each in found.todo] == ([("2", kind)] if kind else [])
    assert read_definitions({"x.bpmn": found.content}).processes["P"].flows["2"].condition == text


def test_what_only_a_flow_from_nothing_leads_to_is_where_it_starts() -> None:
    found = imported(WHOLE.replace(START, ""))
    assert [(each.kind, each.required) for each in found.todo] == [("flow-nowhere", True)]
    assert b'sourceRef="P_start" targetRef="g"' in found.content


def test_condition_behind_a_parallel_gateway_moves_to_the_documentation() -> None:
    found = imported(WHOLE.replace(flow("h", "g", "e"), flow("h", "g", "e", condition("x"))))
    assert [each.kind for each in found.lossy] == ["condition-unused", "drawn-anew"]
    assert b"Condition as drawn: x" in found.content
    assert found.processes[0].runs


@pytest.mark.parametrize(
    ("drawn", "kind", "text"),
    [
        ("P3D", None, "P3D"),
        ("'P3D'", None, "P3D"),
        ("${due}", None, "=due"),
        ("${now()}", "timer-expression", "${now()}"),
        ("3 days", "timer-value", "3 days"),
    ],
)
def test_times_are_translated_or_asked_for(drawn: str, kind: str | None, text: str) -> None:
    timer = f"<b:timerEventDefinition><b:timeDuration>{drawn}</b:timeDuration></b:timerEventDefinition>"
    event = f'<b:intermediateCatchEvent id="c">{timer}</b:intermediateCatchEvent>'
    found = imported(START + event + END + flow("1", "s", "c") + flow("2", "c", "e"))
    assert [each.kind for each in found.todo] == ([kind] if kind else [])
    assert read_definitions({"x.bpmn": found.content}).processes["P"].elements["c"].timer_expression == text


def test_ids_are_given_told_apart_and_made_fit() -> None:
    body = START + "<b:manualTask/>" + '<b:manualTask id="a b"/>' + '<b:manualTask id="s"/>' + flow("1", "s", "a b")
    found = imported(body)
    process = read_definitions({"x.bpmn": found.content}).processes["P"]
    assert found.renamed == {"a_b": "a b", "s_2": "s"}
    assert set(process.elements) == {"s", "manualTask", "a_b", "s_2"}
    assert process.flows["1"].target == "a_b"


def test_one_id_in_two_processes_keeps_both_whole() -> None:
    second = '<b:process id="Q">' + WHOLE + "</b:process>"
    found = imported(WHOLE, beside=second)
    processes = read_definitions({"x.bpmn": found.content}).processes
    assert [each.runs for each in found.processes] == [True, True]
    assert {flow.source for flow in processes["Q"].flows.values()} == {"s_2", "g_2"}
    compile_process(read_definitions({"x.bpmn": found.content}), "Q")


def test_references_with_a_prefix_are_resolved() -> None:
    event = '<b:intermediateCatchEvent id="c"><b:messageEventDefinition messageRef="tns:m"/></b:intermediateCatchEvent>'
    found = imported(START + event + flow("1", "s", "c"), beside='<b:message id="m" name="paid"/>')
    assert found.todo == ()
    assert read_definitions({"x.bpmn": found.content}).processes["P"].elements["c"].message_name == "paid"


def test_flows_are_found_by_what_their_nodes_say() -> None:
    body = '<b:startEvent id="s"><b:outgoing>1</b:outgoing></b:startEvent>'
    body += '<b:endEvent id="e"><b:incoming>1</b:incoming></b:endEvent><b:sequenceFlow id="1"/>'
    assert imported(body).processes[0].runs


def test_links_are_joined_by_id_and_in_other_letters() -> None:
    def link(kind: str, id: str, name: str) -> str:
        return (
            f'<b:intermediate{kind}Event id="{id}"><b:linkEventDefinition name="{name}"/></b:intermediate{kind}Event>'
        )

    body = START + link("Throw", "a", "Go  On") + link("Catch", "c", "go on") + END
    found = imported(body + flow("1", "s", "a") + flow("2", "c", "e"))
    assert found.processes[0].runs


def test_start_event_that_is_added_is_drawn_where_it_belongs() -> None:
    plane = f'<di:BPMNDiagram xmlns:di="{BPMNDI}"><di:BPMNPlane id="p" bpmnElement="P">{SHAPE % (BPMNDI, 1, "m")}'
    found = imported('<b:manualTask id="m"/>', beside=plane + "</di:BPMNPlane></di:BPMNDiagram>")
    root = etree.fromstring(found.content)
    drawn = {shape.get("bpmnElement"): shape[0] for shape in root.iter(f"{{{BPMNDI}}}BPMNShape")}
    assert (drawn["P_start"].get("x"), drawn["P_start"].get("y")) == ("104", "102")
    (edge,) = root.iter(f"{{{BPMNDI}}}BPMNEdge")
    assert [(point.get("x"), point.get("y")) for point in edge][-1] == ("200", "120")


@pytest.mark.parametrize(
    ("beside", "kind"),
    [
        ('<b:collaboration id="c"><b:participant id="p" name="Customer"/></b:collaboration>', "black-box"),
        ('<b:choreography id="c"><b:choreographyTask id="t"/></b:choreography>', "choreography"),
        ('<b:collaboration id="c"><b:conversation id="t"/></b:collaboration>', "conversation"),
    ],
)
def test_what_is_shown_and_does_not_run_is_said(beside: str, kind: str) -> None:
    assert {each.kind for each in imported(WHOLE, beside=beside).lossy} == {kind, "drawn-anew"}


def test_file_without_a_process_is_kept_and_said() -> None:
    content = drawing("").replace(b'<b:process id="P" isExecutable="true"></b:process>', b'<b:choreography id="c"/>')
    found = import_diagram("x.bpmn", content)
    assert (found.processes, [each.kind for each in found.todo]) == ((), ["no-process"])


def test_process_that_was_only_drawn_becomes_executable() -> None:
    found = imported(WHOLE, attributes='id="P" isExecutable="false"')
    assert (found.processes[0].drawn_executable, found.processes[0].runs) == (False, True)
    assert read_definitions({"x.bpmn": found.content}).processes["P"].executable


@pytest.mark.parametrize(("drawn", "lossy"), [("", []), ("Camunda Platform", ["platform"]), ("Camunda Cloud", [])])
def test_camunda_modeler_shows_what_is_read_here(drawn: str, lossy: list[str]) -> None:
    modeler = 'xmlns:m="http://camunda.org/schema/modeler/1.0"'
    said = f'{modeler} m:executionPlatform="{drawn}"' if drawn else modeler
    found = import_diagram("x.bpmn", drawing(WHOLE).replace(b"targetNamespace", said.encode() + b" targetNamespace"))
    assert b'm:executionPlatform="Camunda Cloud"' in found.content
    assert [each.kind for each in found.lossy if each.kind != "drawn-anew"] == lossy


def test_importing_again_changes_nothing() -> None:
    first = imported('<b:manualTask/><b:manualTask id="a b"/>' + flow("1", "a b", "manualTask"))
    assert import_diagram("x.bpmn", first.content).content == first.content
