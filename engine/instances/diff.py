"""What a step changed: open tasks, timers and clocks of the process before and after, turned into rows.

The rows are an image of the process. Both sides of the comparison come from the process itself, so that a step reads
no rows to know what it has to write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, insert, select, text, update

from engine.audit import Tag
from engine.db import new_id
from engine.deadlines.models import Rung, RungState, Timer, TimerState
from engine.errors import Invalid
from engine.instances import clocks
from engine.instances.assignment import Reader, due, place
from engine.instances.hooks import Step
from engine.prepared import Prepared
from engine.spiff import ElementOutline, OpenTask, Scope, WaitingTimer, Workflow
from engine.tasks.items import follow_clocks, inserting, withdrawing
from engine.tasks.models import WorkItemState

_TIMER: Final = cast(Table, Timer.__table__)
_WAITING: Final = text("state = 'waiting'")
_NEW_TIMER: Final = (
    "id", "jurisdiction", "case_id", "instance_id", "task_id", "element_id", "process_id", "due_at", "state",
    "attempts", "clock_id", "rung",
)  # fmt: skip
_INSERT_TIMERS: Final = Prepared(insert(_TIMER), _NEW_TIMER)
_CANCEL_TIMERS: Final = Prepared(
    update(_TIMER)
    .where(_TIMER.c.instance_id == bindparam("instance"), _TIMER.c.task_id == bindparam("task"), _WAITING)
    .values(state=TimerState.CANCELLED.value)
)
_RUNGS: Final = select(Rung.name, Rung.due_at, Rung.state).where(Rung.clock_id == bindparam("clock"))


@dataclass(frozen=True)
class Image:
    """What of a process shows in rows, by the door's ids."""

    tasks: Mapping[str, OpenTask]
    timers: Mapping[str, WaitingTimer]
    scopes: Mapping[str, Scope]

    @classmethod
    def of(cls, workflow: Workflow, elements: "Elements") -> "Image":
        """Read what is open now; of the scopes, those that a clock runs on."""
        return cls(
            tasks={task.id: task for task in workflow.open_tasks()},
            timers={timer.id: timer for timer in workflow.waiting_timers()},
            scopes={
                scope.id: scope
                for scope in (workflow.active_scopes() if elements.with_clocks else ())
                if (scope.process_id, scope.element_id) in elements.with_clocks
            },
        )


EMPTY: Final = Image({}, {}, {})


class Elements:
    """The elements of a version, by process and id, and which of them carry a clock."""

    def __init__(self, processes: Mapping[str, Any]) -> None:
        self._processes = processes
        # A lane may set a clock for its tasks; on a gateway or an event it means nothing.
        self.with_clocks = frozenset(
            (process.id, element.id)
            for process in processes.values()
            for element in process.elements.values()
            if element.settings.get("clock") and (element.is_task or element.kind in clocks.SCOPES)
        )

    def get(self, process_id: str, element_id: str) -> ElementOutline:
        """Return an element as it was drawn."""
        return cast(ElementOutline, self._processes[process_id].elements[element_id])


class Difference:
    """Writes the rows of one step.

    Args:
        done: id of the task that the step completed; its row is written by the completion itself.
        fired: id of the timer that the step fired, likewise.
    """

    def __init__(
        self,
        step: Step,
        elements: Elements,
        before: Image,
        after: Image,
        *,
        done: str | None = None,
        fired: str | None = None,
    ) -> None:
        self.step, self.elements = step, elements
        self.before, self.after, self.done, self.fired = before, after, done, fired
        self._clocks: list[clocks.RunningClock] | None = None

    def write(self) -> list[dict[str, Any]]:
        """Write every row that differs, at the latest with the ledger; return the rows of the new work items.

        Raises:
            StepFailed: a new task, timer or clock cannot be set up as its element says.
        """
        self._end_items()
        if self.step.performed:
            self.step.ledger.flush()
            follow_clocks(self.step.connection, self.step.held.id)
        self._end_timers()
        self._end_clocks()
        self._begin_clocks()
        self._begin_timers()
        return self._begin_items()

    # ---- what is over

    def _end_items(self) -> None:
        gone = [task for key, task in self.before.tasks.items() if key not in self.after.tasks and key != self.done]
        self.step.ledger.write(withdrawing(self.step.held.id, [task.id for task in gone]))
        for task in gone:
            self.step.ledger.note(Tag.WORK_ITEM_WITHDRAWN, _named(task))

    def _end_timers(self) -> None:
        gone = [key for key in self.before.timers if key not in self.after.timers and key != self.fired]
        self.step.ledger.write(cancelling_timers(self.step.held.id, gone))

    def _end_clocks(self) -> None:
        gone = [scope for key, scope in self.before.scopes.items() if key not in self.after.scopes]
        if gone:
            ending = {scope.id: scope for scope in gone}
            for clock in self.clocks:
                if clock.scope_id in ending and not (self.step.going_back and clock.kind == "statutory"):
                    clocks.end(self.step, clock.id, passed=self._was_passed(ending[clock.scope_id]))
            self._clocks = None
        if self.ended:  # those that ran on when the process was sent back, and were not reached again
            for clock in self.clocks:
                clocks.end(self.step, clock.id, passed=False)
            self._clocks = None

    def _was_passed(self, scope: Scope) -> bool:
        return scope.id == self.done or scope.id in self.passed

    #: ids of activities that this step completed, as opposed to gave up; set by the runtime before `write`
    passed: frozenset[str] = frozenset()
    #: the process has come to its end; set likewise
    ended: bool = False

    # ---- what is new

    def _begin_clocks(self) -> None:
        for key, scope in self.after.scopes.items():
            if key not in self.before.scopes:
                element = self.elements.get(scope.process_id, scope.element_id)
                reader = Reader(self.step, element, scope.id, scope.data)
                if not clocks.runs_on(self.step, reader, scope, self.clocks, self.after.scopes):
                    clocks.begin(self.step, reader, scope)
                self._clocks = None

    def _begin_timers(self) -> None:
        rows = [self._timer_row(timer) for key, timer in self.after.timers.items() if key not in self.before.timers]
        self.step.ledger.write([(_INSERT_TIMERS, row) for row in rows])

    def _timer_row(self, timer: WaitingTimer) -> dict[str, Any]:
        clock_id, due_at = None, timer.due_at
        if timer.clock is not None and timer.rung is not None:
            clock_id, due_at = self._rung(timer)
        held = self.step.held
        return {
            "id": new_id(), "jurisdiction": held.jurisdiction, "case_id": held.case_id, "instance_id": held.id,
            "task_id": timer.id, "element_id": timer.element_id, "process_id": timer.process_id, "due_at": due_at,
            "state": TimerState.WAITING.value, "attempts": 0, "clock_id": clock_id, "rung": timer.rung,
        }  # fmt: skip

    def _rung(self, timer: WaitingTimer) -> tuple[UUID, datetime]:
        """The running clock and the instant of the rung that a timer follows.

        Of several clocks of that name, as with departments side by side, it is the one on the activity that the timer
        waits on or on the nearest around it; else the one whose activity has most scopes in common with the timer, for
        a timer in a branch of its own; else the youngest.
        """
        named = [clock for clock in self.clocks if clock.name == timer.clock]
        clock = max(named, key=lambda each: (*self._nearness(each, timer), each.started_at), default=None)
        if clock is not None:
            rungs = self.step.connection.execute(_RUNGS, {"clock": clock.id}).all()
            for name, due_at, state in rungs:
                if name == timer.rung and state != RungState.CANCELLED:
                    return clock.id, due_at
        element = self.elements.get(timer.process_id, timer.element_id)
        missing = Invalid(
            "rung-unknown",
            "no clock {clock} with a rung {rung} runs where this timer waits; set chuishao:clock and chuishao:ladder "
            "on the activity that it belongs to",
            clock=timer.clock,
            rung=timer.rung,
        )
        raise Reader(self.step, element, timer.id, {}).failure(missing, element.timer_expression)

    def _nearness(self, clock: clocks.RunningClock, timer: WaitingTimer) -> tuple[int, int]:
        """How deep the clock's activity is among those around the timer, and how many scopes are around both."""
        inside = timer.scope_ids.index(clock.scope_id) + 1 if clock.scope_id in timer.scope_ids else 0
        scope = self.after.scopes.get(clock.scope_id)
        around = (*scope.scope_ids, scope.id) if scope is not None else ()
        shared = takewhile(lambda pair: pair[0] == pair[1], zip(around, timer.scope_ids, strict=False))
        return inside, sum(1 for _ in shared)

    def _begin_items(self) -> list[dict[str, Any]]:
        new = [task for key, task in self.after.tasks.items() if key not in self.before.tasks]
        rows = [self._item_row(task) for task in new]
        self.step.ledger.write(inserting(rows))
        for row in rows:
            noted = {"item": str(row["id"]), "element": row["element_id"], "name": row["name"]}
            noted |= {"party": row["party"]} if row["party"] else {}
            due_at = row["due_at"].isoformat() if row["due_at"] else None
            self.step.ledger.note(
                Tag.WORK_ITEM_CREATED, noted | {"role": row["role"], "unit": row["why"]["unit"], "due": due_at}
            )
            if instead_of := row["why"].get("instead_of"):
                told = noted | {"role": row["role"], "unit": row["why"]["unit"], "instead_of": instead_of}
                self.step.ledger.note(Tag.WORK_ITEM_REDIRECTED, told)
        return rows

    def _item_row(self, task: OpenTask) -> dict[str, Any]:
        element = self.elements.get(task.process_id, task.element_id)
        reader = Reader(self.step, element, task.id, task.data)
        where, clock = place(reader), self._clock_of(task)
        held = self.step.held
        return {
            "id": new_id(), "case_id": held.case_id, "instance_id": held.id, "jurisdiction": held.jurisdiction,
            "task_id": task.id, "element_id": task.element_id, "process_id": task.process_id,
            "name": _one_line(task.name), "form_id": element.form_id, "role": where.role, "party": where.party,
            "unit_id": where.unit_id,
            "inbox_key": where.inbox_key, "why": where.why.to_json(), "excluded": list(where.excluded),
            "state": (WorkItemState.CLAIMED if where.owner_id else WorkItemState.OPEN).value,
            "owner_id": where.owner_id, "claimed_at": self.step.now if where.owner_id else None,
            "due_at": due(reader) or (clock.due_at if clock else None),
            "clock_id": clock.id if clock else None, "priority": 0, "created_at": self.step.now,
            "trail": task.trail.to_json() | ({"from": self.done} if self.done else {}),
        }  # fmt: skip

    def _clock_of(self, task: OpenTask) -> clocks.RunningClock | None:
        """The clock that a task follows: its own, else that of the nearest activity around it."""
        if not self.after.scopes:
            return None
        by_scope = {clock.scope_id: clock for clock in self.clocks}
        for scope_id in (task.id, *reversed(task.scope_ids)):
            if scope_id in by_scope:
                return by_scope[scope_id]
        return None

    @property
    def clocks(self) -> list[clocks.RunningClock]:
        """The clocks of the instance that run now."""
        if self._clocks is None:
            self._clocks = clocks.running(self.step)
        return self._clocks


def cancelling_timers(instance_id: UUID, task_ids: Iterable[str]) -> list[tuple[Prepared, dict[str, Any]]]:
    """Return what ends the rows of timers that are waited for no longer."""
    return [(_CANCEL_TIMERS, {"instance": instance_id, "task": key}) for key in task_ids]


def _named(task: OpenTask) -> dict[str, str]:
    return {"task": task.id, "element": task.element_id, "name": _one_line(task.name)}


def _one_line(name: str) -> str:
    """A drawing breaks a name by hand; a list shows it in one line. Between Chinese characters there is no space."""
    parts = name.split()
    if not parts:
        return name
    line = parts[0]
    for part in parts[1:]:
        line += part if line[-1] > "\u2e7f" or part[0] > "\u2e7f" else f" {part}"
    return line
