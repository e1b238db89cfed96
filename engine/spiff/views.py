"""What the door shows of a running process. Plain data; `data` is to be read, never changed: values are shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Trail:
    """Where a task is, or was, in a process.

    Args:
        since: the moment at which it was opened, on the process's own scale.
        way: (id, name, index among several instances or None) of each activity around it, outermost first, itself last.
    """

    since: float
    way: tuple[tuple[str, str, int | None], ...]

    def to_json(self) -> dict[str, Any]:
        """Return what is kept in `work_item.trail`."""
        return {"since": self.since, "way": [list(step) for step in self.way]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Trail":
        """Return what `to_json` made."""
        return cls(since=kept["since"], way=tuple((step[0], step[1], step[2]) for step in kept["way"]))


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """A task that somebody has to do.

    Args:
        id: 32 hex digits, unique everywhere; the same as long as the task is open.
        element_id, process_id, name: the author's element.
        kind: `userTask` or `manualTask`.
        data: what the task sees, its input mapping and its item included.
        instances: (element id, position from 0) of each activity with several instances around it, outermost first,
            itself included.
        scope_ids: the ids of the sub-processes and calls around it, outermost first; see `Scope`.
        trail: where it is; with it the process can be sent back here when it is done.
    """

    id: str
    element_id: str
    process_id: str
    name: str
    kind: str
    data: dict[str, Any]
    instances: tuple[tuple[str, int], ...]
    scope_ids: tuple[str, ...]
    trail: Trail


@dataclass(frozen=True, kw_only=True)
class Scope:
    """An activity under way: a user task, sub-process or call activity. A clock can run on it.

    `scope_ids` are those around it, outermost first.
    """

    id: str
    element_id: str
    process_id: str
    name: str
    kind: str
    data: dict[str, Any]
    scope_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WaitingTimer:
    """A time that is waited for.

    Args:
        id: the task's id, and behind an event gateway a dot and the position of the event.
        element_id, process_id: the author's event.
        due_at: when; None when a clock row says it.
        clock, rung: the clock and rung that it follows, else None.
        cycle: it is a cycle on a non-interrupting event and will be armed again.
        remaining: how often it will still happen, this time included; None for without end, or no cycle.
        scope_ids: the scopes around it, outermost first; last the activity on whose border it is. Of several clocks of
            one name (one for each department, say) it follows the one with which it has most scopes in common.
    """

    id: str
    element_id: str
    process_id: str
    due_at: datetime | None
    clock: str | None = None
    rung: str | None = None
    cycle: bool = False
    remaining: int | None = None
    scope_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WaitingMessage:
    """A message that is waited for.

    Args:
        id: the task's id, and behind an event gateway a dot and the position of the event.
        element_id, process_id: the author's event.
        name: of the message.
        correlation: the value of its key, None when it has no key.
        data: what the event sees; to be read, never changed.
    """

    id: str
    element_id: str
    process_id: str
    name: str
    correlation: Any
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TokenView:
    """Where tokens stand, for a live diagram; `state` is `open` (under way) or `waiting`."""

    element_id: str
    process_id: str
    state: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Passed:
    """An element that was completed, or given up before it was (`cancelled`)."""

    element_id: str
    process_id: str
    kind: str
    name: str
    task_id: str
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class Ending:
    """An end event that was reached, with the value of its `chuishao:outcome`."""

    element_id: str
    process_id: str
    name: str
    outcome: str | None


@dataclass(frozen=True, kw_only=True)
class Thrown:
    """A message that nobody here waited for, or a signal, which others may wait for too."""

    kind: str
    name: str
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Waited:
    """An event on the border of an activity that begins or ceases to be waited for, because the drawing changed."""

    task_id: str
    element_id: str
    process_id: str
    name: str
