"""Gateways. A token at a join is a WAITING task of the join; firing takes the oldest token of each flow."""

from functools import cached_property
from typing import Any

from engine.errors import Phrase
from engine.spiff.data import merged
from engine.spiff.specs.element import Element
from engine.spiff.specs.token import FUTURE, OPEN, READY, WAITING, Token


class TokenJoin(Element):
    """A node where tokens meet.

    SpiffWorkflow counts branches that arrived in an earlier round of a loop, so that the second round of a double
    approval passes with one; and its merge loses data. A subclass says `slot`, the flow a token came by, and
    `may_fire`.
    """

    joins = True
    #: Whether it fires is the same for each of its tokens; so one of them is asked.
    fires_as_one = False

    @cached_property
    def passes_straight(self) -> bool:
        """With one flow there is nothing to wait for."""
        return len(self.sources) == 1

    def _update_hook(self, task: Token) -> bool:
        if task._state == READY:
            return False
        if self.passes_straight:
            task.data = dict(task.parent.data)
            return True
        if task._state != WAITING:
            task._set_state(WAITING)
            task.data = dict(task.parent.data)
        tokens: dict[str, Token] = {}
        arrived = [other for other in task.workflow.joining.values() if other.task_spec is self]
        for other in sorted(arrived, key=lambda other: other.last_state_change):
            tokens.setdefault(self.slot(other), other)
        if task not in tokens.values() or not self.may_fire(task, tokens):
            return False
        if len(tokens) > 1:
            task.data = merged([other.parent for other in tokens.values()])
            for other in tokens.values():
                if other is not task:
                    other.cancel()
        return True

    def slot(self, token: Token) -> str:
        """The flow by which a token came, named by where the flow comes from."""
        return str(token.parent.task_spec.name)

    def may_fire(self, task: Token, tokens: dict[str, Token]) -> bool:
        """Is that enough?"""
        raise NotImplementedError


class ParallelGateway(TokenJoin):
    """Waits for one token of each flow. Source: BPMN 2.0.2, 13.4.1."""

    def may_fire(self, task: Token, tokens: dict[str, Token]) -> bool:
        return tokens.keys() >= self.sources


class Conditional(Element):
    """A node whose flows have conditions.

    Attributes:
        ways: (condition, name of the target), in the order of the document; a way without a condition is always open.
        default: the target taken when nothing else is.
    """

    ways: tuple[tuple[str | None, str], ...] = ()
    default: str | None = None

    def open_ways(self, task: Token) -> list[str]:
        """The names of the targets whose conditions hold, not the default."""
        engine = task.workflow.script_engine
        return [name for condition, name in self.ways if condition is None or engine.is_true(task, condition)]

    def specs(self, names: list[str]) -> list[Any]:
        """The specifications with these names."""
        return [self._wf_spec.task_specs[name] for name in names]

    def fail(self, task: Token) -> None:
        """Raise that no flow can be taken."""
        task.workflow.script_engine.fail(
            task,
            "no-way-out",
            Phrase("none of the conditions on its flows holds and it has no default flow"),
            " | ".join(condition for condition, _ in self.ways if condition) or None,
        )


class ExclusiveGateway(Conditional):
    """Takes the first flow whose condition holds. Source: BPMN 2.0.2, 13.4.2."""

    def choose(self, task: Token) -> list[Any]:
        engine = task.workflow.script_engine
        for condition, name in self.ways:
            if condition is None or engine.is_true(task, condition):
                return self.specs([name])
        if self.default is None:
            self.fail(task)
        return self.specs([str(self.default)])


class InclusiveGateway(TokenJoin, Conditional):
    """Waits for a token elsewhere only if it can reach an empty flow of this join and no full one.

    Source: BPMN 2.0.2, 13.4.3.
    """

    def may_fire(self, task: Token, tokens: dict[str, Token]) -> bool:
        empty = self.sources - tokens.keys()
        if not empty:
            return True
        full = tokens.keys()
        for other in task.workflow.tasks.values():
            if other.task_spec is self or not other._state & (OPEN | FUTURE):
                continue
            reach = self.reachable(other.task_spec)
            if reach & empty and not reach & full:
                return False
        return True

    def reachable(self, spec: Any) -> frozenset[str]:
        """The names of this join's sources that can be reached from `spec` without passing this join."""
        cache: dict[str, frozenset[str]] = self.__dict__.setdefault("_reachable", {})
        if spec.name not in cache:
            seen: set[str] = set()
            stack = [spec]
            while stack:
                step = stack.pop()
                if step is not self and step.name not in seen:
                    seen.add(step.name)
                    stack.extend(step.targets)
            cache[spec.name] = frozenset(seen) & self.sources
        return cache[spec.name]

    def choose(self, task: Token) -> list[Any]:
        names = self.open_ways(task)
        if not names and self.default is None:
            self.fail(task)
        return self.specs(names or [str(self.default)])


class Note(Element):
    """An activity that can be undone was done. Source: BPMN 2.0.2, 13.5.5."""

    handler: str

    def _run_hook(self, task: Token) -> None:
        # A new list: the old one may belong to a snapshot that is still loadable.
        root = task.workflow.task_tree.internal_data
        root["to_undo"] = [*root.get("to_undo", ()), self.handler]


class Undo(Element):
    """Goes to the handler of the last note; with no note left, on.

    Attributes:
        handlers: the handler that a note names → name of the target.
        default: where to go on.
    """

    handlers: dict[str, str]
    default: str

    def choose(self, task: Token) -> list[Any]:
        root = task.workflow.task_tree.internal_data
        notes = list(root.get("to_undo", ()))
        for index in reversed(range(len(notes))):
            if notes[index] in self.handlers:
                name = self.handlers[notes.pop(index)]
                root["to_undo"] = notes
                return [self._wf_spec.task_specs[name]]
        return [self._wf_spec.task_specs[self.default]]
