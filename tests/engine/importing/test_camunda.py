import pytest

from engine.importing import import_diagram
from engine.spiff import ElementOutline, read_definitions
from engine.spiff.document import child
from engine.spiff.zeebe import Extensions, extensions, instances
from tests.engine.importing.drawings import CAMUNDA, END, START, drawing, flow


def element(drawn: str, namespace: str = CAMUNDA) -> tuple[ElementOutline, Extensions, list[str]]:
    """Import one element with the id `t`; return how the engine reads it, and what is to do."""
    content = drawing(START + drawn + END + flow("1", "s", "t") + flow("2", "t", "e"))
    imported = import_diagram("x.bpmn", content.replace(CAMUNDA.encode(), namespace.encode()))
    definitions = read_definitions({"x.bpmn": imported.content})
    node = next(each for each in definitions.process_node("P") if each.get("id") == "t")
    return definitions.processes["P"].elements["t"], extensions(node), [each.kind for each in imported.todo]


@pytest.mark.parametrize("namespace", [CAMUNDA, "http://activiti.org/bpmn", "http://flowable.org/bpmn"])
def test_assignment_is_mapped_for_all_relatives(namespace: str) -> None:
    drawn = '<b:userTask id="t" camunda:assignee="${who}" camunda:candidateGroups="handler" camunda:dueDate="${due}"/>'
    outline, said, todo = element(drawn, namespace)
    assert said.assignment == {"assignee": "=who", "candidateGroups": "handler"}
    assert (outline.settings["role"], outline.due_date) == ("handler", "=due")
    assert "role-missing" not in todo
    assert "assignment-drawn" in todo


@pytest.mark.parametrize(
    ("drawn", "form", "kind"),
    [
        ('camunda:formRef="approve"', "approve", None),
        ('camunda:formKey="embedded:app:forms/approve.html"', "approve", "form-key"),
        ('camunda:formKey="approve"', "approve", "form-key"),
    ],
)
def test_forms_keep_their_name(drawn: str, form: str, kind: str | None) -> None:
    outline, _, todo = element(f'<b:userTask id="t" {drawn}/>')
    assert outline.form_id == form
    assert kind is None or kind in todo


def test_fields_of_a_generated_form_are_named() -> None:
    fields = (
        '<camunda:formData><camunda:formField id="a" label="Amount"/><camunda:formField id="b"/></camunda:formData>'
    )
    content = drawing(f'<b:userTask id="t"><b:extensionElements>{fields}</b:extensionElements></b:userTask>')
    (found,) = [each for each in import_diagram("x.bpmn", content).todo if each.kind == "form-fields"]
    assert found.missing == "its form had the fields Amount, b"


@pytest.mark.parametrize(
    ("drawn", "attribute", "value", "kind"),
    [
        ('serviceTask id="t" camunda:expression="${a + 1}" camunda:resultVariable="n"', "script", "=a + 1", None),
        ('serviceTask id="t" camunda:type="external" camunda:topic="pay"', "task_type", "pay", "task-topic"),
        ('businessRuleTask id="t" camunda:decisionRef="tax" camunda:resultVariable="x"', "decision_id", "tax", None),
        ('serviceTask id="t" camunda:class="org.acme.Pay"', "task_type", None, "task-code"),
        ('serviceTask id="t" camunda:delegateExpression="${pay}"', "task_type", None, "task-code"),
        ('serviceTask id="t" camunda:expression="${pay.now()}"', "script", None, "task-code"),
    ],
)
def test_work_is_mapped_or_asked_for(drawn: str, attribute: str, value: str | None, kind: str | None) -> None:
    _, said, todo = element(f"<b:{drawn}/>")
    assert getattr(said, attribute) == value
    assert [each for each in todo if each in ("task-topic", "task-code")] == ([kind] if kind else [])


def test_call_keeps_what_goes_in_and_out() -> None:
    lines = '<camunda:in source="a" target="b"/><camunda:in sourceExpression="${a + 1}" target="c"/>'
    lines += '<camunda:out variables="all"/>'
    _, said, _ = element(
        f'<b:callActivity id="t" calledElement="Q"><b:extensionElements>{lines}</b:extensionElements></b:callActivity>'
    )
    assert [(each.source, each.target) for each in said.inputs] == [("=a", "b"), ("=a + 1", "c")]
    assert (said.called_process, said.passes_parent, said.returns_child) == ("Q", False, True)


def test_instances_run_for_each_of_a_list() -> None:
    loop = '<b:multiInstanceLoopCharacteristics camunda:collection="${people}" camunda:elementVariable="each"/>'
    content = drawing(f'<b:userTask id="t">{loop}</b:userTask>')
    node = read_definitions({"x.bpmn": import_diagram("x.bpmn", content).content}).process_node("P")
    how = instances(next(each for each in node if each.get("id") == "t"))
    assert how is not None
    assert (how.collection, how.item) == ("=people", "each")


def test_listeners_are_lost_and_kept() -> None:
    listener = '<b:extensionElements><camunda:taskListener event="create" class="X"/></b:extensionElements>'
    imported = import_diagram("x.bpmn", drawing(f'<b:userTask id="t">{listener}</b:userTask>'))
    assert [(each.element, each.kind) for each in imported.lossy if each.kind != "drawn-anew"] == [("t", "listener")]
    assert b'<camunda:taskListener event="create" class="X"/>' in imported.content


def test_settings_of_camunda_8_are_left_alone() -> None:
    own = '<z:assignmentDefinition xmlns:z="http://camunda.org/schema/zeebe/1.0" assignee="=me"/>'
    drawn = f'<b:userTask id="t" camunda:assignee="x"><b:extensionElements>{own}</b:extensionElements></b:userTask>'
    imported = import_diagram("x.bpmn", drawing(drawn))
    node = read_definitions({"x.bpmn": imported.content}).process_node("P")
    task = next(each for each in node if each.get("id") == "t")
    assert len(child(task, "extensionElements")) == 1
    assert extensions(task).assignment == {"assignee": "=me"}
