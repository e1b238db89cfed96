"""What Camunda 7 and its relatives write beside the diagram, as `zeebe:` settings. Their own settings stay in the file.

Source: Camunda Platform 7.21, BPMN 2.0 extension elements and attributes; Camunda 8, zeebe-bpmn-moddle 1.x.
"""

from typing import Final

from engine.errors import Phrase
from engine.importing.extending import add, map_variable, set_property, zeebe
from engine.importing.juel import to_feel
from engine.importing.report import Group, Notes
from engine.spiff.document import Node, child, children, every, local
from engine.spiff.lint.settings import ROLE

#: One vocabulary, four engines.
NAMESPACES: Final = (
    "http://camunda.org/schema/1.0/bpmn",
    "http://activiti.org/bpmn",
    "http://flowable.org/bpmn",
    "http://operaton.org/schema/1.0/bpmn",
)
_WORKERS: Final = ("serviceTask", "sendTask", "businessRuleTask", "scriptTask")
_THROWS: Final = ("intermediateThrowEvent", "endEvent")
_CODE: Final = ("class", "delegateExpression", "expression", "type")


def map_camunda(root: Node, notes: Notes) -> None:
    """Map the settings of every activity and event."""
    for node in every(root, "userTask", "manualTask"):
        _assignment(node, notes)
        _form(node, notes)
        _schedule(node)
    for node in every(root, "startEvent"):
        _form(node, notes)
    for node in every(root, *_WORKERS, *_THROWS):
        _work(node, notes)
    for node in every(root, "callActivity"):
        _call(node, notes)
    for node in root.iter("{*}multiInstanceLoopCharacteristics"):
        _instances(node)
    for node in every(root, "userTask", "serviceTask", "sendTask", "businessRuleTask", "callActivity", "subProcess"):
        _mappings(node, notes)


def said(node: Node, name: str) -> str | None:
    """A setting of one of these engines at an element, or None."""
    for namespace in NAMESPACES:
        if (value := node.get(f"{{{namespace}}}{name}")) is not None:
            return str(value).strip() or None
    return None


def parts(node: Node, name: str) -> list[Node]:
    """The extension elements of one of these engines at an element."""
    around = child(node, "extensionElements")
    return [
        part for part in (around if around is not None else ())
        if local(part) == name and part.tag.rpartition("}")[0].lstrip("{") in NAMESPACES
    ]  # fmt: skip


def _translated(node: Node, value: str, kind: str, group: Group, notes: Notes) -> str | None:
    """Translate a value; note where it stays Java."""
    translated = to_feel(value)
    if translated is None:
        notes.miss(
            node, kind, group, Phrase("{drawn} is no FEEL", drawn=value[:120]),
            Phrase("Write it in FEEL, beginning with ="), required=False,
        )  # fmt: skip
    return translated


def _assignment(node: Node, notes: Notes) -> None:
    groups = said(node, "candidateGroups")
    if groups and ROLE.fullmatch(groups) and "$" not in groups:
        set_property(node, "role", groups)
    attributes = {}
    for name in ("assignee", "candidateGroups", "candidateUsers"):
        value = said(node, name)
        if value and (translated := _translated(node, value, "assignment-expression", Group.ASSIGNMENTS, notes)):
            attributes[name] = translated
    if attributes:
        add(node, "assignmentDefinition", attributes)
    for name in ("candidateGroups", "candidateUsers", "assignee"):
        if name in attributes:
            notes.miss(
                node, "assignment-drawn", Group.ASSIGNMENTS,
                Phrase("it was given to {drawn} ({setting})", drawn=said(node, name) or "", setting=name),
                Phrase("Choose the role and the unit that do it here"), required=False,
            )  # fmt: skip
            break


def _form(node: Node, notes: Notes) -> None:
    reference, key = said(node, "formRef"), said(node, "formKey")
    data = [field.get("label") or field.get("id") or "" for form in parts(node, "formData") for field in form]
    if reference:
        add(node, "formDefinition", {"formId": reference})
    elif key:
        name = key.rpartition("/")[2].rpartition(":")[2].rpartition(".")
        add(node, "formDefinition", {"formId": name[0] or name[2]})
        notes.miss(
            node, "form-key", Group.FORMS, Phrase("its form {drawn} was a page of another program", drawn=key[:120]),
            Phrase("Draw the form and choose it"), required=False,
        )  # fmt: skip
    if data:
        notes.miss(
            node, "form-fields", Group.FORMS,
            Phrase("its form had the fields {fields}", fields=", ".join(data)[:300]),
            Phrase("Draw a form with these fields and choose it"), required=False,
        )  # fmt: skip


def _schedule(node: Node) -> None:
    found = {}
    for name in ("dueDate", "followUpDate"):
        value = said(node, name)
        translated = to_feel(value) if value else None
        if translated:
            found[name] = translated
    if found:
        add(node, "taskSchedule", found)
    if (priority := said(node, "priority")) and (translated := to_feel(priority)):
        add(node, "priorityDefinition", {"priority": translated})


def _work(node: Node, notes: Notes) -> None:
    """What the engine carries out: a topic stays a job type, code is to be named anew, decisions and values map."""
    event = next((part for part in node if local(part) == "messageEventDefinition"), None)
    carrier = node if any(said(node, name) for name in (*_CODE, "decisionRef")) or event is None else event
    result = said(carrier, "resultVariable")
    if zeebe(node, "taskDefinition") is not None or zeebe(node, "script") is not None:
        return
    if decision := said(carrier, "decisionRef"):
        translated = to_feel(decision)
        if translated:
            add(node, "calledDecision", {"decisionId": translated, "resultVariable": result or "result"})
        return
    if topic := said(carrier, "topic"):
        add(node, "taskDefinition", {"type": topic})
        notes.miss(
            node, "task-topic", Group.WORK,
            Phrase("the topic {topic} was done by a program outside", topic=topic),
            Phrase("Choose what the engine does: notify, convert, extend …"), required=False,
        )  # fmt: skip
        return
    expression = said(carrier, "expression")
    if expression and local(node) == "serviceTask" and (feel := to_feel(expression)) and feel.startswith("="):
        add(node, "script", {"expression": feel, "resultVariable": result or "result"})
        return
    code = next((value for name in _CODE if (value := said(carrier, name))), None)
    if code:
        notes.miss(
            node, "task-code", Group.WORK, Phrase("the program {code} is not run", code=code[:120]),
            Phrase("Choose what the engine does here: a script in FEEL, a decision, or a task definition"),
        )  # fmt: skip


def _call(node: Node, notes: Notes) -> None:
    called = node.get("calledElement") or said(node, "calledElement")
    if not called:
        return
    lines: list[tuple[str, str, str]] = []
    everything = {"in": "false", "out": "false"}
    for name, direction in (("in", "input"), ("out", "output")):
        for part in parts(node, name):
            if part.get("variables") == "all":
                everything[name] = "true"
            elif part.get("target"):
                source = part.get("sourceExpression") or (f"={part.get('source')}" if part.get("source") else "")
                translated = _translated(node, source, "mapping-expression", Group.WORK, notes) if source else None
                if translated:
                    lines.append((direction, translated, part.get("target")))
    if zeebe(node, "calledElement") is None and (parts(node, "in") or parts(node, "out")):
        passed = {"propagateAllParentVariables": everything["in"], "propagateAllChildVariables": everything["out"]}
        add(node, "calledElement", {"processId": called, **passed})
        for direction, source, target in lines:
            map_variable(node, direction, source, target)


def _instances(loop: Node) -> None:
    collection, item = said(loop, "collection"), said(loop, "elementVariable")
    translated = to_feel(collection) if collection else None
    if not translated:
        return
    attributes = {"inputCollection": translated if translated.startswith("=") else f"={translated}"}
    if item:
        attributes["inputElement"] = item
    add(loop, "loopCharacteristics", attributes)


def _mappings(node: Node, notes: Notes) -> None:
    if zeebe(node, "ioMapping") is not None and local(node) != "callActivity":
        return
    for around in parts(node, "inputOutput"):
        for part in around:
            direction = {"inputParameter": "input", "outputParameter": "output"}.get(local(part))
            target, value = part.get("name"), (part.text or "").strip()
            if direction is None or not target:
                continue
            inner = children(part, "script", "list", "map")
            if inner:
                notes.lose(
                    node, "mapping", Phrase("its parameter {name} is a {kind}, which is not read", name=target,
                                            kind=local(inner[0])),
                )  # fmt: skip
            elif value and (translated := _translated(node, value, "mapping-expression", Group.WORK, notes)):
                map_variable(node, direction, translated, target)
