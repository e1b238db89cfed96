"""A running process: SpiffWorkflow's workflow with a queue for searches, and events that go where BPMN sends them.

SpiffWorkflow finds ready tasks by walking a tree that ends at depth 1,000, runs a task that was cancelled in the same
batch, wakes every waiting event after every task, and sends errors to everybody.
"""

from collections import deque
from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from engine.errors import Phrase
from engine.spiff.environment import Environment
from engine.spiff.moments import Moments
from engine.spiff.record import Record
from engine.spiff.specs.control import Fork
from engine.spiff.specs.element import About
from engine.spiff.specs.events import BoundaryEvent
from engine.spiff.specs.instances import Repeated
from engine.spiff.specs.token import COMPLETED, FUTURE, OPEN, READY, WAITING, Token
from engine.spiff.specs.triggers import Condition, Error, Escalation, Message, Scoped, Signal
from engine.spiff.views import Thrown

#: How deep processes may call each other.
MAX_CALLS = 30


class Flat:
    """What the process and the sub-processes in it have in common."""

    tasks: dict[str, Token]
    spec: Any
    last_task: Token | None
    completed: bool
    top_workflow: "Execution"

    def prepare(self) -> None:
        """Set what SpiffWorkflow's constructor does not."""
        #: Tokens that wait at joins.
        self.joining: dict[str, Token] = {}
        self.terminated = False
        self.raised: Token | None = None
        self.final_data: dict[str, Any] = {}

    def begin(self, data: dict[str, Any], start_at: str | None = None) -> None:
        """Put the first token at the beginning."""
        self.task_tree = Token(self, self.spec.start, None, FUTURE)
        self.task_tree.data = data
        if start_at is not None:
            self.task_tree.internal_data["start_at"] = start_at
        self.task_tree._ready()

    def live_tokens(self) -> list[Token]:
        """All open tasks but events that are armed on a border; and the one that has just thrown an error."""
        live = [
            task
            for task in self.tasks.values()
            if task._state & OPEN and not (task._state == WAITING and task.task_spec.urgent)
        ]
        return [*live, self.raised] if self.raised is not None else live

    def _task_completed_notify(self, task: Token) -> None:
        if self.completed:
            return
        self.last_task = task
        if task.task_spec is self.spec.finish:
            self.end_with(task)
        elif self.joining:
            self.update_waiting_tasks()

    def update_waiting_tasks(self) -> None:
        """Let the joins look again; nothing else depends on another task's completion."""
        asked = set()
        for task in list(self.joining.values()):
            join = task.task_spec
            if task._state == WAITING and join not in asked:
                join._update(task)
                if join.fires_as_one:
                    asked.add(join)

    def end_with(self, task: Token) -> None:
        """The process ends with the data of `task`."""
        self.completed = True
        self.final_data = task.data

    def terminate(self, task: Token) -> None:
        """A terminate end event was reached: nothing else goes on."""
        self.terminated = True
        self.task_tree.cancel()
        self.last_task = task
        self.end_with(task)

    def is_completed(self) -> bool:
        """Has it ended?"""
        return self.completed


class Inside(Flat, BpmnSubWorkflow):
    """A sub-process or called process under way."""

    def __init__(self, spec: Any, parent_task: Token, top: "Execution") -> None:
        self.parent_task = parent_task
        self.prepare()
        super().__init__(spec, parent_task.id, top, deserializing=True)

    @property
    def parent_workflow(self) -> Any:
        return self.parent_task.workflow

    def _task_removed_notify(self, task: Token) -> None:
        """Nobody listens."""

    def end_with(self, task: Token) -> None:
        super().end_with(task)
        if self.parent_task._state & OPEN:
            self.parent_task.task_spec.inside_completed(self, self.parent_task)


class Execution(Flat, Moments, Record, BpmnWorkflow):
    """The process of a case."""

    def __init__(self, spec: Any, inner_specs: dict[str, Any], environment: Environment) -> None:
        self.prepare()
        self.prepare_moments()
        self.ready: deque[Token] = deque()
        self.urgent: deque[Token] = deque()
        self.prepare_record()
        super().__init__(spec, inner_specs, environment, deserializing=True)

    # ---- sub-processes

    def begin_inside(self, task: Token, data: dict[str, Any]) -> None:
        """Start what a sub-process or call activity holds."""
        spec = self.subprocess_specs[task.task_spec.spec]
        inside = self.subprocesses[task.id] = Inside(spec, task, self)
        if inside.depth > MAX_CALLS:
            self.script_engine.fail(
                task, "calls-too-deep", Phrase("processes call each other more than {most} deep", most=MAX_CALLS)
            )
        inside.begin(data)

    def open_inside(self, task: Token, data: dict[str, Any]) -> Inside:
        """Open what a sub-process or call activity holds without a token at its beginning."""
        spec = self.subprocess_specs[task.task_spec.spec]
        inside = self.subprocesses[task.id] = Inside(spec, task, self)
        inside.task_tree = Token(inside, inside.spec.start, None, FUTURE)
        inside.task_tree.data = data
        inside.task_tree._set_state(COMPLETED)
        return inside

    def cancel_inside(self, task: Token) -> None:
        """Cancel what a sub-process or call activity holds."""
        inside = self.subprocesses.get(task.id)
        if inside is not None and not inside.completed:
            inside.completed = True
            inside.task_tree.cancel()

    def scopes_in(self, task: Token) -> list[Inside]:
        """What goes on inside a task."""
        inside = self.subprocesses.get(task.id)
        return [inside] if inside is not None and not inside.completed else []

    def scopes(self) -> list[Any]:
        """The process and everything that goes on inside it."""
        return [self, *(inside for inside in self.subprocesses.values() if not inside.completed)]

    # ---- steps

    def became_ready(self, task: Token) -> None:
        """Queue a task that nobody has to do."""
        spec = task.task_spec
        if spec.urgent:
            self.urgent.append(task)
        elif not spec.manual:
            self.ready.append(task)

    def advance(self, limit: int) -> None:
        """Run what is ready, until only people, times and messages are waited for.

        Raises:
            StepFailed: an element failed, or more than `limit` steps were made.
        """
        steps = 0
        while True:
            self.refresh_conditions()
            queue = self.urgent or self.ready
            if not queue:
                return
            task = queue.popleft()
            # It may have been cancelled since it was queued.
            if task._state != READY or task.workflow.completed:
                continue
            steps += 1
            if steps > limit:
                self.script_engine.fail(
                    task, "too-many-steps", Phrase("more than {most} steps without anybody asked", most=limit)
                )
            self.run(task)

    def run(self, task: Token) -> None:
        """Run one task; whatever fails is said with its element."""
        with self.script_engine.blamed(task):
            task.run()

    def refresh_conditions(self) -> None:
        """Let the conditional events look at the data."""
        for task in list(self.event_manager.tasks.values()):
            spec = task.task_spec
            if spec.conditional and task._state == WAITING:
                for index, (trigger, store, _) in enumerate(spec.triggers(task)):
                    if isinstance(trigger, Condition) and trigger.holds(task, store):
                        spec.happen(task, index)
                        break

    # ---- events

    def waiting(self) -> list[tuple[Token, int, Any, dict[str, Any], About | None]]:
        """Everything that is waited for: task, index of the trigger, trigger, what it remembers, the element."""
        return [
            (task, index, trigger, store, about)
            for task in list(self.event_manager.tasks.values())
            if task._state == WAITING
            for index, (trigger, store, about) in enumerate(task.task_spec.triggers(task))
        ]

    def deliver(self, name: str, payload: dict[str, Any] | None, correlation: Any) -> bool:
        """Give a message to everybody who waits for it; say whether anybody did."""
        found = [
            (task, index)
            for task, index, trigger, store, _ in self.waiting()
            if isinstance(trigger, Message) and trigger.accepts(store, name, correlation)
        ]
        for task, index in found:
            if task._state == WAITING:
                task.task_spec.happen(task, index, payload)
        return bool(found)

    def throw_message(self, task: Token, message: Message) -> None:
        """A message event throws: to this process if it waits for it, else outside."""
        if not self.deliver(message.name, None, None):
            self.thrown.append(Thrown(kind="message", name=message.name, data=dict(task.data)))

    def broadcast(self, signal: Signal) -> None:
        """A signal event throws: to everything that waits, here and outside."""
        self.give_signal(signal.name)
        self.thrown.append(Thrown(kind="signal", name=signal.name, data={}))

    def give_signal(self, name: str) -> bool:
        """Give a signal to everything here that waits for it; say whether anything did."""
        taken = False
        for task, index, trigger, _, _ in self.waiting():
            if isinstance(trigger, Signal) and trigger.name == name and task._state == WAITING:
                task.task_spec.happen(task, index)
                taken = True
        return taken

    def throw_outwards(self, task: Token, thrown: Scoped) -> None:
        """Give an error, escalation or cancellation to the nearest activity around it that waits for it.

        Raises:
            StepFailed: nobody waits for an error.
        """
        if not isinstance(thrown, Escalation):
            task.workflow.raised = task
        scope = task.workflow
        while scope is not self:
            activity = scope.parent_task
            if isinstance(activity.parent.task_spec, Repeated):
                activity = activity.parent
            catchers = [event for event in self.armed_on(activity) if event.task_spec.trigger.accepts(thrown)]
            if catchers:
                # The one that names the code is nearer than the one that takes them all.
                catcher = max(catchers, key=lambda event: event.task_spec.trigger.code is not None)
                catcher.task_spec.happen(catcher)
                return
            scope = activity.workflow
        if isinstance(thrown, Error):
            self.script_engine.fail(
                task,
                "error-uncaught",
                Phrase("nobody catches the error {error}", error=thrown.code or repr(thrown.name)),
            )

    def armed_on(self, activity: Token) -> list[Token]:
        """The error, escalation and cancel events that wait on the border of an activity."""
        fork = activity.parent
        if fork is None or not isinstance(fork.task_spec, Fork):
            return []
        return [
            event
            for event in fork.children
            if event._state == WAITING
            and isinstance(event.task_spec, BoundaryEvent)
            and isinstance(event.task_spec.trigger, Scoped)
        ]
