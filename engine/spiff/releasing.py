"""Joins that wait for a way that was not taken: seen, and released with what has arrived."""

from engine.errors import NotFound
from engine.spiff.data import merged
from engine.spiff.execution import Execution
from engine.spiff.specs.control import EndJoin
from engine.spiff.specs.token import WAITING, Token
from engine.spiff.views import TokenView


class Releasable:
    """The part of a workflow that lets a join go on which waits in vain."""

    _execution: Execution

    def waiting_joins(self) -> list[TokenView]:
        """The joins at which tokens wait for others, in the order in which the first of them came."""
        counted: dict[tuple[str, str], int] = {}
        for token in self._held():
            about = token.task_spec.about
            counted[about.element_id, about.process_id] = counted.get((about.element_id, about.process_id), 0) + 1
        return [
            TokenView(element_id=element, process_id=process, state="waiting", count=count)
            for (element, process), count in counted.items()
        ]

    def release(self, element_id: str) -> None:
        """Let a join fire with the tokens that it has; call `advance` then.

        Raises:
            NotFound: no token waits there.
        """
        waiting = [token for token in self._held() if token.task_spec.about.element_id == element_id]
        if not waiting:
            raise NotFound("join-not-waiting", "no token waits at the join {join}", join=element_id)
        first = waiting[0]
        mine = [each for each in waiting if each.workflow is first.workflow and each.task_spec is first.task_spec]
        first.data = merged([each.parent for each in mine])
        for other in mine[1:]:
            other.cancel()
        first._ready()

    def _held(self) -> list[Token]:
        """The tokens that wait at joins of the author's."""
        found = [
            token
            for scope in self._execution.scopes()
            for token in scope.joining.values()
            if token._state == WAITING and not isinstance(token.task_spec, EndJoin) and token.task_spec.about
        ]
        return sorted(found, key=lambda token: token.last_state_change)
