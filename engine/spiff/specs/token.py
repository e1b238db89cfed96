"""A SpiffWorkflow task that counts its own moves.

SpiffWorkflow predicts tasks ahead (twelve AND blocks in series predict 32,765 of them), formats log records that nobody
reads on every change of state, walks the tree to find what is ready, and shares nested data between branches. A token
predicts nothing: its children are made when it completes. It tells its workflow when it becomes ready, so that
nothing is searched, and it takes its parent's data without copying what lies deeper: whoever writes replaces values
and never changes them in place.
"""

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

#: States of a task that is neither done nor given up.
OPEN = TaskState.NOT_FINISHED_MASK
WAITING, READY, STARTED = TaskState.WAITING, TaskState.READY, TaskState.STARTED
COMPLETED, CANCELLED, FUTURE = TaskState.COMPLETED, TaskState.CANCELLED, TaskState.FUTURE


class Token(Task):
    """One task of a running process."""

    def __init__(
        self, workflow: Any, task_spec: Any, parent: "Token | None" = None, state: int = FUTURE, id: str | None = None
    ) -> None:
        # Not calling Task.__init__ is meant: it draws a random id and reads the clock for each of hundreds of tasks
        # that a restore makes. The attributes are the same.
        self.workflow = workflow
        self.task_spec = task_spec
        self.id = id or workflow.top_workflow.next_id()
        self._parent = None if parent is None else parent.id
        self._children: list[str] = []
        self._state = state
        self.triggered = False
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = 0.0
        self.before_payload: dict[str, Any] = {}
        workflow.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)

    def _add_child(self, task_spec: Any, state: int = FUTURE) -> "Token":
        return Token(self.workflow, task_spec, self, state)

    def _set_state(self, value: int) -> None:
        before = self._state
        if value == before:
            return
        workflow = self.workflow
        self._state = value
        self.last_state_change = workflow.top_workflow.next_moment()
        if self.task_spec.joins:
            if value == WAITING:
                workflow.joining[self.id] = self
            elif before == WAITING:
                workflow.joining.pop(self.id, None)
        if value == READY:
            workflow.top_workflow.became_ready(self)

    def _inherit_data(self) -> None:
        self.data = dict(self.parent.data)

    def _ready(self) -> None:
        if self._state & TaskState.FINISHED_MASK:
            return
        self._set_state(READY)
        self.task_spec._on_ready_hook(self)

    def run(self) -> bool:
        """Run and complete; a failure leaves as an exception."""
        self.task_spec._run_hook(self)
        self.complete()
        return True

    def complete(self) -> None:
        """Complete, and go on to the next elements."""
        spec = self.task_spec
        chosen = spec.choose(self)
        self._set_state(COMPLETED)
        spec._on_complete_hook(self)
        self.workflow.top_workflow.note_passed(self)
        for child in [self._add_child(following) for following in chosen]:
            if child._state == FUTURE:
                child.task_spec._update(child)
        self.workflow._task_completed_notify(self)

    def cancel(self) -> None:
        """Cancel what is not finished of this task and everything after it. Not recursive: trees are deep."""
        stack = [self]
        while stack:
            token = stack.pop()
            tasks = token.workflow.tasks
            stack.extend(tasks[child] for child in token._children if child in tasks)
            if token._state & OPEN:
                was_active = token._state & (WAITING | READY | STARTED)
                token._set_state(CANCELLED)
                if was_active:
                    token.workflow.top_workflow.note_passed(token)
                token.task_spec._on_cancel(token)
