"""An evaluation under way: what it may still spend, what it warned of, and what its names mean."""

import datetime
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from engine.clock import CHINA
from engine.errors import Phrase
from engine.feel.errors import FeelLimitError
from engine.feel.limits import LIMITS
from engine.feel.values import HostFunction, Value, lift

#: The evaluation under way in this thread. Comparing and copying spend from it without every operator being handed it.
_thread = threading.local()


class Evaluation:
    """The budget, warnings, clock and host data of one evaluation."""

    __slots__ = (
        "_previous",
        "calls",
        "context",
        "deadline",
        "functions",
        "moment",
        "seconds",
        "steps",
        "steps_allowed",
        "types",
        "warnings",
    )

    def __init__(
        self,
        context: Mapping[str, Any] | None = None,
        *,
        now: datetime.datetime | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        steps: int = LIMITS.steps,
        seconds: float = LIMITS.seconds,
    ) -> None:
        self.context: Mapping[str, Any] = context if context is not None else {}
        self.moment = now
        self.functions: Mapping[str, Callable[..., Any]] = functions if functions is not None else {}
        self.steps = 0
        self.steps_allowed = steps
        self.calls = 0
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self.warnings: list[Phrase] = []
        #: finds the check of a type that is none of FEEL's own, such as an item definition of a decision model
        self.types: Callable[[str], Callable[[Value], bool] | None] | None = None
        self._previous: Evaluation | None = None

    def __enter__(self) -> "Evaluation":
        self._previous = getattr(_thread, "evaluation", None)
        _thread.evaluation = self
        return self

    def __exit__(self, *_: object) -> None:
        _thread.evaluation = self._previous

    def now(self) -> datetime.datetime:
        """Return the moment that `now()` means: handed in, or the host's clock read once in the zone of China."""
        if self.moment is None:
            self.moment = datetime.datetime.now(CHINA)
        return self.moment

    def spend(self, steps: int = 1) -> None:
        """Pay for work.

        Raises:
            FeelLimitError: the steps or the time are used up.
        """
        before = self.steps
        self.steps = after = before + steps
        if after > self.steps_allowed:
            raise FeelLimitError("steps", self.steps_allowed)
        # reading the clock costs more than a step, hence only every 64 steps
        if before >> 6 != after >> 6 and time.monotonic() > self.deadline:
            raise FeelLimitError("seconds of computing", self.seconds)

    def warn(self, message: Phrase) -> None:
        """Keep why a value became null."""
        if len(self.warnings) < LIMITS.warnings and message not in self.warnings:
            self.warnings.append(message)

    def read(self, name: str) -> Value:
        """Return what the host means by `name`: data first, then a function; raise KeyError for neither."""
        if name in self.context:
            return lift(self.context[name])
        return HostFunction(name, self.functions[name])


class Scope:
    """Names and their values, and the scope around them. The outermost one fills itself from the host's data."""

    __slots__ = ("evaluation", "parent", "values")

    def __init__(self, values: dict[str, Value], parent: "Scope | None", evaluation: Evaluation) -> None:
        self.values = values
        self.parent = parent
        self.evaluation = evaluation

    def inner(self, values: dict[str, Value]) -> "Scope":
        """Return a scope inside this one in which `values` hide the names around them."""
        return Scope(values, self, self.evaluation)


def spend(steps: int) -> None:
    """Pay for work of the evaluation under way in this thread, if there is one."""
    evaluation = getattr(_thread, "evaluation", None)
    if evaluation is not None:
        evaluation.spend(steps)


def find_type(name: str) -> Callable[[Value], bool] | None:
    """Return the check of a type by a name that is none of FEEL's own; None, with a warning, when there is none."""
    evaluation = getattr(_thread, "evaluation", None)
    found: Callable[[Value], bool] | None = None
    if evaluation is not None and evaluation.types is not None:
        found = evaluation.types(name)
    if found is None:
        warn(Phrase("there is no type `{name}`", name=name))
    return found


def warn(message: Phrase) -> None:
    """Keep a warning for the evaluation under way in this thread, if there is one."""
    evaluation = getattr(_thread, "evaluation", None)
    if evaluation is not None:
        evaluation.warn(message)


def measure(value: Value, limit: int = LIMITS.items) -> Value:
    """Return `value`, unless it is small in memory but huge when walked, such as ten lists of ten times the same list.

    Raises:
        FeelLimitError: walking it meets more than `limit` items.
    """
    if not isinstance(value, list | dict):
        return value
    stack, items = [value], 0
    while stack:
        current = stack.pop()
        items += len(current)
        if items > limit:
            raise FeelLimitError("items of a value", limit)
        inner = current.values() if isinstance(current, dict) else current
        stack.extend(item for item in inner if isinstance(item, list | dict))
    spend(items >> 2)
    return value


def charge(value: Value, evaluation: Evaluation) -> Value:
    """Return a value just made, having paid for its size, so that a loop cannot pile up big ones.

    Raises:
        FeelLimitError: the string or container is larger than one may be.
    """
    if isinstance(value, str):
        if len(value) > LIMITS.text:
            raise FeelLimitError("characters of a string", LIMITS.text)
    elif isinstance(value, list | dict):
        if len(value) > LIMITS.items:
            raise FeelLimitError("items of a list or context", LIMITS.items)
    else:
        return value
    evaluation.spend(len(value) >> 4)
    return value
