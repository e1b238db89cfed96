"""A case's process, as the rooms above see it."""

from collections.abc import Mapping
from typing import Any

from engine.errors import Conflict, NotFound
from engine.spiff.compaction import compact
from engine.spiff.data import standing
from engine.spiff.environment import Environment
from engine.spiff.execution import Execution
from engine.spiff.migrating import Outcome, migrate
from engine.spiff.moves import Moves
from engine.spiff.places import around, around_event, is_activity, seen_by, trail
from engine.spiff.ports import Host
from engine.spiff.returnable import Returnable
from engine.spiff.snapshot import read_snapshot, write_snapshot
from engine.spiff.specification import Specification
from engine.spiff.specs.activities import ManualActivity
from engine.spiff.specs.events import EventGateway
from engine.spiff.specs.token import READY, STARTED, WAITING, Token
from engine.spiff.specs.triggers import Message, Timer, Trigger
from engine.spiff.values import payload as checked
from engine.spiff.views import Ending, OpenTask, Passed, Scope, Thrown, TokenView, WaitingMessage, WaitingTimer


class Workflow(Returnable):
    """One running process. Not shared between threads; after a `StepFailed` it must be thrown away."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    @classmethod
    def start(
        cls, specification: Specification, data: Mapping[str, Any], host: Host, start_at: str | None = None
    ) -> "Workflow":
        """Begin a process; call `advance` then.

        Args:
            data: the first data; checked and copied.
            start_at: id of the start event, where there are several. Whatever its trigger, it has now happened.

        Raises:
            Invalid: the data cannot be kept.
            NotFound: there is no such start event.
        """
        execution = Execution(specification.process, dict(specification.inner), Environment(host))
        if start_at is not None and start_at not in execution.spec.start._outputs:
            raise NotFound(
                "no-start-event",
                "{process} has no start event {event}",
                process=specification.process_id,
                event=start_at,
            )
        execution.begin(checked(data), start_at)
        return cls(execution)

    @classmethod
    def restore(cls, specification: Specification, blob: bytes, host: Host) -> "Workflow":
        """Bring a process back from `snapshot`.

        Raises:
            Invalid: the bytes do not fit the specification.
        """
        return cls(read_snapshot(specification.process, dict(specification.inner), blob, Environment(host)))

    def migrated(self, specification: Specification, host: Host, moves: Moves) -> "tuple[Workflow, Outcome]":
        """Return this process on another version of its diagram; call `advance` then. This one is left as it is.

        Args:
            moves: where elements went that have another id there.

        Returns:
            The process, not to be used when there are obstacles, and what moving came to.

        Raises:
            StepFailed: an event that the other version adds cannot begin to wait.
        """
        outcome = migrate(self._execution, specification, host, moves)
        return Workflow(outcome.execution), outcome

    def snapshot(self) -> bytes:
        """Drop finished history and return the state as bytes."""
        compact(self._execution)
        return write_snapshot(self._execution)

    # ---- going on

    def advance(self, limit: int = 10_000) -> None:
        """Run everything automatic, until only people, times and messages are waited for.

        Raises:
            StepFailed: an element failed, or more than `limit` steps were made.
        """
        self._execution.advance(limit)

    def complete(self, task_id: str, data: Mapping[str, Any]) -> None:
        """Complete an open task with the data of its form; call `advance` then.

        Raises:
            NotFound: there is no such task, or it is done and forgotten.
            Conflict: the task is not open.
            Invalid: the data cannot be kept.
            StepFailed: its output mapping failed.
        """
        task = self._task(task_id)
        if not isinstance(task.task_spec, ManualActivity) or task._state != READY:
            raise Conflict("task-not-open", "the task {task} is not open", task=task_id)
        task.data.update(checked(data))
        self._execution.run(task)

    def fire_timer(self, task_id: str) -> None:
        """The row of a timer is due: this event, and no other, happens; call `advance` then.

        Raises:
            NotFound: there is no such timer, or it has happened.
            Conflict: the task is no waiting timer.
        """
        task, index = self._awaited(task_id, Timer, "timer-not-waiting")
        task.task_spec.happen(task, index)

    def receive(self, task_id: str, payload: Mapping[str, Any] | None = None) -> None:
        """Give a message to this event, and to no other that waits for the same name; call `advance` then.

        Args:
            task_id: see `WaitingMessage`.
            payload: becomes data behind the event.

        Raises:
            NotFound: there is no such event, or it has happened.
            Conflict: the task waits for no message, or a time beside it was due before.
        """
        task, index = self._awaited(task_id, Message, "message-not-waiting")
        if isinstance(task.task_spec, EventGateway) and task.task_spec.overdue(task) is not None:
            raise Conflict("message-too-late", "the time for {task} is over", task=task_id)
        task.task_spec.happen(task, index, checked(payload) if payload else None)

    def send_message(self, name: str, payload: Mapping[str, Any] | None = None, correlation: Any = None) -> bool:
        """Give a message to every event that waits for it; call `advance` then.

        Args:
            payload: becomes data behind the event.
            correlation: only events whose correlation key has this value get it; None: all that wait for the name.

        Returns:
            Whether anybody waited.
        """
        return self._execution.deliver(name, checked(payload) if payload else None, correlation)

    def send_signal(self, name: str) -> bool:
        """Give a signal to every event that waits for it; call `advance` then.

        Returns:
            Whether anybody waited.
        """
        return self._execution.give_signal(name)

    def cancel(self) -> None:
        """Give up everything that is under way."""
        self._execution.task_tree.cancel()
        self._execution.completed = True
        self._execution.final_data = self._execution.final_data or dict(self._execution.task_tree.data)

    # ---- looking

    def open_tasks(self) -> list[OpenTask]:
        """The tasks somebody has to do, oldest first."""
        found = []
        for task in self._tasks():
            spec = task.task_spec
            if spec.manual and task._state == READY and spec.about is not None:
                instances, scope_ids = around(task)
                found.append(
                    OpenTask(
                        id=task.id,
                        element_id=spec.about.element_id,
                        process_id=spec.about.process_id,
                        name=spec.about.name,
                        kind=spec.about.kind,
                        data=dict(task.data),
                        instances=instances,
                        scope_ids=scope_ids,
                        trail=trail(task),
                    )
                )
        return found

    def active_scopes(self) -> list[Scope]:
        """The activities under way on which a clock can run: open tasks, sub-processes and calls."""
        return [
            Scope(
                id=task.id,
                element_id=about.element_id,
                process_id=about.process_id,
                name=about.name,
                kind=about.kind,
                data=dict(task.data),
                scope_ids=around(task)[1],
            )
            for task in self._tasks()
            if (about := task.task_spec.about) is not None and is_activity(task)
        ]

    def waiting_timers(self) -> list[WaitingTimer]:
        """The times that are waited for."""
        found = []
        for task, index, trigger, store, about in self._execution.waiting():
            if isinstance(trigger, Timer) and about is not None:
                several = "slots" in task.internal_data
                found.append(
                    WaitingTimer(
                        id=f"{task.id}.{index}" if several else task.id,
                        element_id=about.element_id,
                        process_id=about.process_id,
                        due_at=trigger.due(store),
                        clock=trigger.clock,
                        rung=trigger.rung,
                        cycle=trigger.kind == "timeCycle" and not getattr(task.task_spec, "interrupts", True),
                        remaining=store.get("left"),
                        scope_ids=around_event(task),
                    )
                )
        return found

    def waiting_messages(self) -> list[WaitingMessage]:
        """The messages that are waited for."""
        return [
            WaitingMessage(
                id=f"{task.id}.{index}" if "slots" in task.internal_data else task.id,
                element_id=about.element_id,
                process_id=about.process_id,
                name=trigger.name,
                correlation=store.get("correlation"),
                data=seen_by(task),
            )
            for task, index, trigger, store, about in self._execution.waiting()
            if isinstance(trigger, Message) and about is not None
        ]

    def tokens(self) -> list[TokenView]:
        """Where tokens stand, for a live diagram; events armed on a border are none."""
        counted: dict[tuple[str, str, str], int] = {}
        for task in self._tasks():
            about = task.task_spec.about
            if about is None or task.task_spec.urgent or not task._state & (READY | STARTED | WAITING):
                continue
            key = (about.element_id, about.process_id, "waiting" if task._state == WAITING else "open")
            counted[key] = counted.get(key, 0) + 1
        return [TokenView(element_id=e, process_id=p, state=s, count=n) for (e, p, s), n in counted.items()]

    def recorded(self) -> list[Passed]:
        """What was passed since the last call, in order."""
        passed, self._execution.passed = self._execution.passed, []
        return passed

    def thrown(self) -> list[Thrown]:
        """Messages that nobody here waited for, and signals, thrown since the last call."""
        thrown, self._execution.thrown = self._execution.thrown, []
        return thrown

    @property
    def is_completed(self) -> bool:
        """Has the process ended?"""
        return bool(self._execution.completed)

    @property
    def outcome(self) -> tuple[Ending, ...]:
        """The end events of the process that were reached."""
        return tuple(self._execution.endings)

    @property
    def data(self) -> dict[str, Any]:
        """The data of the process as it now stands; at the end, its final data."""
        if self._execution.completed:
            return dict(self._execution.final_data)
        return standing(self._execution)

    # ---- finding

    def _awaited(self, task_id: str, kind: type[Trigger], code: str) -> tuple[Token, int]:
        """The waiting task of an id, and the position of its trigger, which is of this kind."""
        identifier, _, position = task_id.partition(".")
        task, index = self._task(identifier), int(position) if position.isdigit() else 0
        triggers = task.task_spec.triggers(task) if task.id in self._execution.event_manager.tasks else []
        if task._state != WAITING or index >= len(triggers) or not isinstance(triggers[index][0], kind):
            raise Conflict(code, "nothing waits at {task}", task=task_id)
        return task, index

    def _tasks(self) -> list[Token]:
        return [task for scope in self._execution.scopes() for task in scope.tasks.values()]

    def _task(self, task_id: str) -> Token:
        for scope in self._execution.scopes():
            task: Token | None = scope.tasks.get(task_id)
            if task is not None:
                return task
        raise NotFound("task-unknown", "there is no task {task} in this case", task=task_id)
