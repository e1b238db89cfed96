"""FEEL where SpiffWorkflow would run Python. Every expression of a process is evaluated here and nowhere else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

from engine import feel
from engine.errors import Phrase, enumerated, reason_of
from engine.spiff.failure import StepFailed
from engine.spiff.ports import Host, ServiceCall
from engine.spiff.values import settled


def expression_of(source: str) -> str:
    """The FEEL of an attribute: what follows the `=`, or all of it where no plain text is allowed."""
    source = source.strip()
    return source[1:].strip() if source.startswith("=") else source


class Environment:
    """Stands where SpiffWorkflow expects its script engine.

    Not derived from it: nothing of SpiffWorkflow that runs Python can be reached.
    """

    def __init__(self, host: Host) -> None:
        self.host = host

    def now(self) -> datetime:
        """The time of the step."""
        return self.host.now()

    def evaluate(self, task: Any, source: str | None, context: Mapping[str, Any] | None = None) -> Any:
        """Evaluate FEEL over the data that `task` sees.

        Raises:
            StepFailed: it cannot be read, or is too large.
        """
        value, _ = self._evaluated(task, source or "", context)
        return value

    def _evaluated(self, task: Any, source: str, context: Mapping[str, Any] | None) -> tuple[Any, list[Phrase]]:
        data = task.data if context is None else context
        objects = task.workflow.data_objects
        if objects:
            data = {**objects, **data}
        functions = self.host.functions()
        try:
            compiled = feel.compile(expression_of(source), feel.special_names(data, functions))
            result = compiled(data, now=self.host.now(), functions=functions)
            return settled(feel.lower(result.value)), list(result.warnings)
        except Exception as error:  # what a function of the host raises is this element's failure too
            self.fail(task, getattr(error, "code", "feel-failed"), reason_of(error), source, cause=error)

    def text_or_value(self, task: Any, source: str) -> Any:
        """Evaluate what begins with `=`; anything else is the text itself."""
        return self.evaluate(task, source) if source.lstrip().startswith("=") else source

    def is_true(
        self, task: Any, source: str, context: Mapping[str, Any] | None = None, *, unknown: bool | None = None
    ) -> bool:
        """Evaluate a condition.

        Args:
            unknown: what null means; None: null is a failure.

        Raises:
            StepFailed: it is neither true nor false. Taking it for false would send a case the wrong way in silence.
        """
        value, warnings = self._evaluated(task, source, context)
        if value is None and unknown is not None:
            return unknown
        if value is not True and value is not False:
            shown = feel.kind(feel.lift(value))
            unknown_because = Phrase("a condition is neither true nor false but {kind}", kind=shown)
            if warnings:
                unknown_because = Phrase(
                    "a condition is neither true nor false but {kind} ({because})",
                    kind=shown,
                    because=enumerated(warnings),
                )
            self.fail(task, "condition-unknown", unknown_because, source)
        return bool(value)

    def decide(self, task: Any, decision_id: str) -> Any:
        """Evaluate a decision through the host."""
        with self.blamed(task, decision_id):
            return settled(feel.lower(self.host.decide(decision_id, task.data)))

    def perform(self, task: Any, call: ServiceCall) -> dict[str, Any] | None:
        """Let the host carry out a service."""
        with self.blamed(task, call.type):
            result = self.host.perform(call)
            return None if result is None else settled(result)

    @contextmanager
    def blamed(self, task: Any, expression: str | None = None) -> Iterator[None]:
        """Say of whatever fails within which element it was."""
        try:
            yield
        except StepFailed:
            raise
        except Exception as error:
            code = getattr(error, "code", "step-failed")
            self.fail(task, code, reason_of(error), expression, cause=error)

    def fail(
        self, task: Any, code: str, reason: Phrase, expression: str | None = None, cause: BaseException | None = None
    ) -> NoReturn:
        """Raise that an element failed; its author's element, or the nearest one before it."""
        blamed = task
        while blamed.task_spec.about is None and blamed.parent is not None:
            blamed = blamed.parent
        about = blamed.task_spec.about
        raise StepFailed(
            code,
            element_id=about.element_id if about else "",
            process_id=task.workflow.spec.process_id,
            task_id=task.id,
            expression=expression,
            reason=reason,
            data_keys=tuple(sorted(task.data)),
        ) from cause
