"""The only door to SpiffWorkflow 3.2.0: BPMN in the zeebe namespace goes in, running cases come out.

    definitions = read_definitions({"petition.bpmn": content})
    specification = compile_process(definitions, "petition")
    workflow = Workflow.start(specification, {"place": "…"}, host)
    workflow.advance()
    workflow.complete(workflow.open_tasks()[0].id, {"solvable": True})
    workflow.advance()
    blob = workflow.snapshot()
    workflow = Workflow.restore(specification, blob, host)

Nothing of SpiffWorkflow leaves this package. What it does wrong and how the door makes it right stands in
`docs/spiffworkflow.md`.
"""

from engine.spiff.failure import StepFailed
from engine.spiff.findings import Finding
from engine.spiff.lint import lint
from engine.spiff.migrating import Outcome
from engine.spiff.moves import Moves
from engine.spiff.outline import (
    Definitions,
    ElementOutline,
    FlowOutline,
    LaneOutline,
    ProcessOutline,
    read_definitions,
)
from engine.spiff.ports import Host, ServiceCall
from engine.spiff.specification import Specification, compile_process
from engine.spiff.views import Ending, OpenTask, Passed, Scope, Thrown, TokenView, Trail, WaitingMessage, WaitingTimer
from engine.spiff.workflow import Workflow

__all__ = [
    "Definitions",
    "ElementOutline",
    "Ending",
    "Finding",
    "FlowOutline",
    "Host",
    "LaneOutline",
    "Moves",
    "OpenTask",
    "Outcome",
    "Passed",
    "ProcessOutline",
    "Scope",
    "ServiceCall",
    "Specification",
    "StepFailed",
    "Thrown",
    "TokenView",
    "Trail",
    "WaitingMessage",
    "WaitingTimer",
    "Workflow",
    "compile_process",
    "lint",
    "read_definitions",
]
