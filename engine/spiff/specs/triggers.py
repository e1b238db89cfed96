"""What events wait for and throw. Each keeps what it must remember in a `store`, a part of the task's internal data."""

import datetime as dt
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition

from engine.errors import reason_of
from engine.spiff import times
from engine.spiff.data import standing
from engine.spiff.specs.token import Token

Store = dict[str, Any]


class Trigger(EventDefinition):
    """What an event waits for or throws."""

    def arm(self, task: Token, store: Store) -> None:
        """The event begins to wait."""


class Message(Trigger):
    """A message, by name, and by the value of its correlation key when it has one."""

    def __init__(self, name: str, correlation_key: str | None = None) -> None:
        super().__init__(name)
        self.correlation_key = correlation_key

    def arm(self, task: Token, store: Store) -> None:
        if self.correlation_key:
            store["correlation"] = task.workflow.script_engine.text_or_value(task, self.correlation_key)

    def accepts(self, store: Store, name: str, correlation: Any) -> bool:
        """Is this the message that was waited for? A message without a key reaches whoever waits for its name."""
        return self.name == name and (
            correlation is None or "correlation" not in store or bool(store["correlation"] == correlation)
        )


class Signal(Trigger):
    """A signal, by name; everybody who waits for it gets it."""


class Scoped(Trigger):
    """An error, escalation or cancellation: goes outwards from where it is thrown to the nearest activity that waits
    for it. SpiffWorkflow's goes to everything that waits, the activities beside it included.
    """

    def __init__(self, name: str = "", code: str | None = None) -> None:
        super().__init__(name)
        self.code = code

    def accepts(self, thrown: "Scoped") -> bool:
        """Does an event that waits for this take what was thrown? Without a code it takes every code."""
        return type(self) is type(thrown) and self.code in (None, thrown.code)


class Error(Scoped):
    """A business error; it ends the activity that threw it."""


class Escalation(Scoped):
    """Something the level above should know."""


class Cancel(Scoped):
    """A transaction is given up."""


class Terminate(Trigger):
    """Ends its process with everything in it."""


class Condition(Trigger):
    """Happens when a condition becomes true of the data as it now stands in the scope.

    SpiffWorkflow's looks at the data as it stood when the event was armed. A condition over data that is not there
    yet is null, which here is not yet true.
    """

    def __init__(self, expression: str) -> None:
        super().__init__()
        self.expression = expression

    def holds(self, task: Token, store: Store) -> bool:
        """Has it become true? One that has happened must become false before it can happen again."""
        engine = task.workflow.script_engine
        now = engine.is_true(task, self.expression, standing(task.workflow), unknown=False)
        if store.get("spent"):
            if not now:
                store.pop("spent")
            return False
        return bool(now)


class Timer(Trigger):
    """A time. Its row in the database is the truth; it happens when the runtime says so.

    Args:
        kind: `timeDate`, `timeDuration` or `timeCycle`.
        expression: FEEL after `=`, else ISO 8601.
        clock, rung: the clock row and rung that it follows, when its whole expression is `=rung("clock", "rung")`.
    """

    def __init__(self, kind: str, expression: str, clock: str | None = None, rung: str | None = None) -> None:
        super().__init__()
        self.kind, self.expression, self.clock, self.rung = kind, expression, clock, rung

    @property
    def is_cycle(self) -> bool:
        """Does it happen again and again?"""
        return self.kind == "timeCycle"

    def arm(self, task: Token, store: Store) -> None:
        if self.clock is not None:
            return
        engine = task.workflow.script_engine
        value, now = engine.text_or_value(task, self.expression), engine.now()
        try:
            if self.kind == "timeDate":
                due = times.instant(value)
            elif self.kind == "timeDuration":
                due = times.later(now, times.duration(value))
            else:
                cycle = times.cycle(value)
                due = cycle.start or times.later(now, cycle.every)
                store["left"] = cycle.times
                store["every"] = [cycle.every.months, cycle.every.rest.total_seconds()]
        except (ValueError, OverflowError) as error:
            engine.fail(task, "timer-value", reason_of(error), self.expression)
        store["due"] = due.astimezone(dt.UTC).isoformat()

    def due(self, store: Store) -> dt.datetime | None:
        """When it is due; None when a clock row says it."""
        return dt.datetime.fromisoformat(store["due"]) if "due" in store else None

    def rearmed(self, store: Store, now: dt.datetime) -> Store | None:
        """What a cycle remembers for its next occurrence; None when it was the last, or is no cycle.

        Occurrences that were missed while nobody looked count, and do not happen one by one.
        """
        due = self.due(store)
        if "every" not in store or due is None:
            return None
        span = times.Duration(months=store["every"][0], rest=dt.timedelta(seconds=store["every"][1]))
        following, passed = times.next_after(due, span, max(now, due))
        left = store["left"]
        if left is not None:
            left -= passed
            if left <= 0:
                return None
        return {"due": following.astimezone(dt.UTC).isoformat(), "left": left, "every": store["every"]}
