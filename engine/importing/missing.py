"""What the linter finds at an imported diagram, as a list of things to do."""

from collections.abc import Iterable, Mapping
from typing import Final

from engine.errors import Invalid, Phrase
from engine.importing.report import Group, Notes, ToDo, shown
from engine.spiff.document import BPMN, Node
from engine.spiff.findings import Finding, Severity
from engine.spiff.lint import lint
from engine.spiff.outline import read_definitions
from engine.spiff.specification import compile_process

#: Under which name the linter sees it.
FILE: Final = "drawing.bpmn"
#: Kind of a finding, or how it begins → where it belongs; the first that fits.
_GROUPS: Final = (
    ("role-", Group.ASSIGNMENTS),
    ("form-", Group.FORMS),
    ("flow-without-condition", Group.CONDITIONS),
    ("gateway-without-default", Group.CONDITIONS),
    ("condition-", Group.CONDITIONS),
    ("timer-", Group.TIMERS),
    ("rung-", Group.TIMERS),
    ("clock-", Group.TIMERS),
    ("message-", Group.EVENTS),
    ("signal-", Group.EVENTS),
    ("error-", Group.EVENTS),
    ("escalation-", Group.EVENTS),
    ("event-", Group.EVENTS),
    ("several-triggers", Group.EVENTS),
    ("boundary-", Group.EVENTS),
    ("link-", Group.EVENTS),
    ("compensation", Group.EVENTS),
    ("task-", Group.WORK),
    ("script-", Group.WORK),
    ("decision-", Group.WORK),
    ("called-", Group.WORK),
    ("setting-", Group.WORK),
    ("notice-", Group.WORK),
    ("mapping-", Group.WORK),
    ("instances-", Group.LOOPS),
    ("result-", Group.LOOPS),
)
#: Warnings that say nothing about running it.
_SILENT: Final = ("io-specification", "error-at-the-top")
#: Warnings without whose mend a case would pass as if nothing were there.
_REQUIRED: Final = ("task-without-type",)


def note_missing(root: Node, content: bytes, notes: Notes) -> None:
    """Add what the linter says of the normalised file, but what is noted of an element already.

    Args:
        content: the normalised file.
    """
    processes = {node.get("id"): node for node in root.iter(f"{{{BPMN}}}process")}
    empty = {each.process for each in notes.lossy if each.kind == "empty-process"}
    of_element = _processes_by_element(processes)
    names = {node.get("id"): shown(node) for node in root.iter(f"{{{BPMN}}}*") if node.get("id")}
    noted = {(each.element, each.group) for each in notes.todo if each.required}
    findings = lint({FILE: content}, layout=False)
    for found in findings:
        process = of_element.get(found.element_id, "")
        if found.code in _SILENT or found.severity == Severity.NOTE:
            continue
        if process in empty or found.element_id in empty or (found.code == "no-process" and not processes):
            continue
        group = _group(found)
        if (found.element_id, group) in noted:
            continue
        notes.todo.append(
            ToDo(
                process=process, element=found.element_id, name=names.get(found.element_id, ""), kind=found.code,
                group=group, missing=found.reason, mend=found.mend,
                required=found.severity == Severity.ERROR or found.code in _REQUIRED,
            )
        )  # fmt: skip
    if processes and any(found.severity == Severity.ERROR for found in findings):
        _try(content, set(processes) - empty, notes)


def _try(content: bytes, processes: Iterable[str], notes: Notes) -> None:
    """Start every process that seems to lack nothing. The linter does so only where it has found no error at all."""
    stuck = {each.process for each in notes.todo if each.required}
    if "" in stuck:
        return
    definitions = read_definitions({FILE: content})
    for identifier in sorted(set(processes) - stuck):
        try:
            compile_process(definitions, identifier)
        except Invalid as error:
            name = definitions.processes[identifier].name
            notes.todo.append(
                ToDo(
                    process=identifier, element=identifier, name=name, kind=error.code, group=Group.STRUCTURE,
                    missing=error.message.rstrip("."), mend=Phrase("Mend the element that is named"),
                )
            )  # fmt: skip


def _processes_by_element(processes: Mapping[str, Node]) -> dict[str, str]:
    """Id of an element → id of its process."""
    return {
        part.get("id"): identifier
        for identifier, process in processes.items()
        for part in process.iter(f"{{{BPMN}}}*")
        if part.get("id")
    }


def _group(found: Finding) -> Group:
    if found.code.startswith("feel") or found.code == "function-unknown":
        conditions = found.reason.startswith("its condition")
        return Group.CONDITIONS if conditions else Group.TIMERS if found.reason.startswith("its time") else Group.WORK
    return next((group for start, group in _GROUPS if found.code.startswith(start)), Group.STRUCTURE)
