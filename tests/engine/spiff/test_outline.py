"""What other rooms read of a diagram without running it."""

from pathlib import Path

import pytest

from engine.definitions import Package
from engine.errors import Invalid
from engine.spiff import compile_process, read_definitions
from tests.engine.spiff.drawing import document, end, extension, flows, node, process, refers, start, timer, users


def prop(**settings: str) -> str:
    said = "".join(f'<zeebe:property name="chuishao:{name}" value="{value}"/>' for name, value in settings.items())
    return f"<zeebe:properties>{said}<zeebe:property name='other' value='x'/></zeebe:properties>"


LANES = (
    '<bpmn:laneSet id="ls"><bpmn:lane id="l" name="Street">'
    + extension(prop(role="street_centre", unit="=place.street"))
    + "<bpmn:flowNodeRef>u</bpmn:flowNodeRef><bpmn:flowNodeRef>sp</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
)
TASK = extension(
    prop(unit="=unit", document="reply")
    + '<zeebe:formDefinition formId="ask"/><zeebe:taskSchedule dueDate="=due" followUpDate="=soon"/>'
    '<zeebe:assignmentDefinition candidateGroups="street"/><zeebe:priorityDefinition priority="60"/>'
)


def test_a_task_inherits_from_its_lane_and_its_own_settings_win() -> None:
    inside = node("subProcess", "sp", start("is") + users("iu") + end("ie") + flows("is>iu>ie"))
    event = node("boundaryEvent", "b", timer("timeDuration", "P3D"), attachedToRef="u", cancelActivity="false")
    message = node("boundaryEvent", "w", refers("message", "mg"), attachedToRef="sp")
    body = LANES + start() + node("userTask", "u", TASK) + inside + event + message + end()
    (outline,) = read_definitions({"p.bpmn": document(body + flows("s>u>sp>e; b>e; w>e"))}).processes.values()
    task = outline.elements["u"]
    assert task.settings == {"role": "street_centre", "unit": "=unit", "document": "reply"}
    assert (task.lane, task.form_id, task.due_date, task.follow_up_date) == ("l", "ask", "=due", "=soon")
    assert (task.assignment, task.priority) == ({"candidateGroups": "street"}, "60")
    assert (task.is_task, task.multi_instance, task.parent_id) == (True, False, None)
    inner = outline.elements["iu"]
    assert (inner.lane, inner.parent_id, inner.settings["role"]) == ("l", "sp", "street_centre")
    late = outline.elements["b"]
    assert (late.attached_to, late.interrupting, late.timer_kind, late.timer_expression) == (
        "u",
        False,
        "timeDuration",
        "P3D",
    )
    assert outline.elements["w"].message_name == "message"
    assert [outline.flows[flow].target for flow in task.outgoing] == ["sp"]
    assert outline.lanes["l"].name == "Street"


def test_called_processes_are_found_in_the_other_files_of_the_package() -> None:
    call = node("callActivity", "c", extension('<zeebe:calledElement processId="q"/>'))
    main = document(start() + call + end() + flows("s>c>e"))
    page = document(start("x")).replace(b'id="p"', b'id="unused"')
    called = document("", process("q", start("qs") + users("w") + end("qe") + flows("qs>w>qe"))).replace(
        b'<bpmn:process id="p" name="p" isExecutable="true"></bpmn:process>', b""
    )
    definitions = read_definitions({"main.bpmn": main, "page.bpmn": page, "q.bpmn": called, "notes.txt": b"no XML"})
    assert definitions.processes["q"].file == "q.bpmn"
    assert definitions.processes["p"].elements["c"].called_process == "q"
    assert compile_process(definitions, "p").process_id == "p"
    with pytest.raises(Invalid) as missing:
        compile_process(read_definitions({"main.bpmn": main}), "p")
    assert missing.value.code == "process-unknown"


def test_a_process_that_never_waits_is_refused() -> None:
    merge = node("exclusiveGateway", "m")
    body = start() + merge + node("task", "a") + flows("s>m>a>m")
    with pytest.raises(Invalid) as refused:
        compile_process(read_definitions({"p.bpmn": document(body)}), "p")
    assert refused.value.code == "process-does-not-start"


def test_our_own_processes_can_be_executed() -> None:
    folder = Path(__file__).parents[3] / "bpmn"
    for package in (path.parent for path in folder.glob("*/package.json")):
        definitions = read_definitions(Package.read_directory(package).diagrams)
        for name in definitions.processes:
            assert compile_process(definitions, name).process_id == name
