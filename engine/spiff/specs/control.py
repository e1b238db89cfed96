"""What nobody drew: the beginning and end of a process, and the fork before an activity with boundary events."""

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from engine.spiff.specs.element import Element
from engine.spiff.specs.gateways import TokenJoin
from engine.spiff.specs.token import OPEN, WAITING, Token

#: Names no XML id can have, so that the author may call elements Start, End or Root.
BEGIN, JOIN, FINISH = "<begin>", "<join>", "<finish>"


class Begin(Element):
    """The root of a process."""

    def choose(self, task: Token) -> list[Any]:
        """Take the named start event, else those without a trigger, else all there are.

        The start events of a called process and of a sub-process are never triggered from outside: a process is
        started by starting it.
        """
        wanted = task.internal_data.pop("start_at", None)
        if wanted is not None:
            return [spec for spec in self.targets if spec.name == wanted]
        plain = [spec for spec in self.targets if not spec.triggered]
        return plain[:1] or self.targets[:1] if all(s.is_start for s in self.targets) else self.targets


class Pass(Element):
    """A start event, a task without a type, or a throwing event that throws nothing."""


class Finish(Element):
    """The last task of a process."""


class EndJoin(TokenJoin):
    """Where all tokens of a process meet; takes every token once nothing else is left."""

    #: Several tokens may come by one flow.
    passes_straight = False
    fires_as_one = True

    def slot(self, token: Token) -> str:
        return str(token.id)

    def may_fire(self, task: Token, tokens: dict[str, Token]) -> bool:
        return not any(other._state & OPEN and other.task_spec is not self for other in task.workflow.tasks.values())


class Fork(Element):
    """Before an activity with boundary events: arms them and starts the activity.

    SpiffWorkflow has a join after the activity too, which waits for branches that may never come; here the activity
    disarms its events when it completes, and an interrupting event cancels the activity.
    """

    #: The name of the activity's specification.
    main: str

    def main_task(self, task: Token) -> Token | None:
        """The activity among the children of a fork's token, unless it is finished and forgotten."""
        for child in task.children:
            if child.task_spec.name == self.main:
                return child  # type: ignore[no-any-return]
        return None

    def disarm(self, task: Token) -> None:
        """The activity of this fork's token is done: its events can no longer happen."""
        for child in task.children:
            if child._state == WAITING and child.task_spec.name != self.main:
                child.cancel()


class BodyEnd(Element):
    """After the body of a wrapped scope (see rewrites.scopes): if the body was terminated, the scope is too."""

    def body_was_terminated(self, task: Token) -> bool:
        """Did the body end by a terminate end event?"""
        return bool(task.parent.internal_data.get("terminated"))

    def choose(self, task: Token) -> list[Any]:
        return [] if self.body_was_terminated(task) else self.targets

    def _on_complete_hook(self, task: Token) -> None:
        super()._on_complete_hook(task)
        if self.body_was_terminated(task):
            task.workflow.terminate(task)


class ProcessSpec(BpmnProcessSpec):
    """One process or sub-process.

    Not calling BpmnProcessSpec.__init__ is meant: it makes the specifications that EndJoin and its like replace.
    """

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.io_specification = None
        self.svg = None
        #: The author's process; `name` is another one for a sub-process.
        self.process_id = name
        #: It holds the body of a wrapped scope; see rewrites.scopes.
        self.is_body = False
        self.start = Begin(self, BEGIN)
        self.end = EndJoin(self, JOIN)
        self.finish = Finish(self, FINISH)
        self.end.connect(self.finish)
