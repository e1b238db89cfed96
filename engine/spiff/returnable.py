"""Sending a process back, as the rooms above see it."""

from engine.errors import Conflict
from engine.spiff.execution import Execution
from engine.spiff.releasing import Releasable
from engine.spiff.returning import followers, plan, send_back
from engine.spiff.specs.token import OPEN, READY, Token
from engine.spiff.views import Trail


class Returnable(Releasable):
    """The part of a workflow that goes back to what was done."""

    _execution: Execution

    def _task(self, task_id: str) -> Token:
        raise NotImplementedError

    def may_send_back(self, task_id: str, target: Trail) -> bool:
        """Say whether `send_back` would be let do it."""
        try:
            plan(self._task(task_id), target)
        except Conflict:
            return False
        return True

    def given_up(self, task_id: str, target: Trail) -> list[str]:
        """The ids of the open tasks that `send_back` would give up.

        Raises:
            Conflict: see `send_back`.
        """
        top, found = self._execution, []
        stack = list(plan(self._task(task_id), target).given_up)
        while stack:
            step = stack.pop()
            if step.task_spec.manual and step._state == READY:
                found.append(step.id)
            for inside in top.scopes_in(step):
                stack.extend(task for task in inside.tasks.values() if task._state & OPEN)
        return found

    def send_back(self, task_id: str, target: Trail) -> None:
        """Put a token at a step that was done, with the data as they are now, and give up what came of it.

        Branches beside stay, unless they parted after the step. Call `advance` then.

        Args:
            task_id: an open task, or what `follower` returned: its branch is sent back.
            target: of the step, from when it was open.

        Raises:
            NotFound: there is no such task.
            Conflict: `return-elsewhere`: the step lies in another branch or is under way; nothing was changed.
            StepFailed: an activity around the step cannot be opened again.
        """
        made = plan(self._task(task_id), target)
        with self._execution.script_engine.blamed(made.first):
            send_back(made)

    def follower(self, target: Trail) -> str | None:
        """Return an open token that came of a step that was done, to send back; None when nothing is left of it."""
        for task in followers(self._execution, target):
            if self.may_send_back(task.id, target):
                return str(task.id)
        return None
