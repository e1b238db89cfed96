"""Service tasks that let a clock of their process stand still, and run on: `suspend` and `resume`."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from engine.deadlines import resume_clock, suspend_clock
from engine.deadlines.models import LIVE, Clock
from engine.errors import Invalid
from engine.instances.hooks import Hooks, Step
from engine.spiff import ServiceCall

#: zeebe:taskDefinition types.
SUSPEND: Final = "suspend"
RESUME: Final = "resume"


def register_suspension(hooks: Hooks) -> None:
    """Let the runtime carry out `suspend` and `resume`."""
    hooks.register_performer(SUSPEND, suspend)
    hooks.register_performer(RESUME, resume)


def suspend(step: Step, call: ServiceCall) -> Mapping[str, Any] | None:
    """Let the clocks that a task names stand still; one that somebody has stopped already goes on standing.

    Settings: `suspend` (names, separated by `;`), `suspend.reason` (the rule that does not count the time).

    Raises:
        Invalid: no clock of a name runs.
    """
    reason = call.settings.get("suspend.reason", "")
    _each(
        step, call, SUSPEND,
        lambda clock: suspend_clock(step.session, clock, reason=reason, now=step.now, actor=step.actor),
    )  # fmt: skip
    return None


def resume(step: Step, call: ServiceCall) -> Mapping[str, Any] | None:
    """Let the clocks that a task names run on, their dates moved by the time in which they stood still.

    Settings: `resume` (names, separated by `;`).

    Raises:
        Invalid: no clock of a name runs or stands still.
    """
    _each(
        step, call, RESUME,
        lambda clock: resume_clock(step.session, clock, now=step.now, actor=step.actor),
    )  # fmt: skip
    return None


def _each(step: Step, call: ServiceCall, setting: str, change: Callable[[UUID], bool]) -> None:
    names = [name.strip() for name in call.settings.get(setting, "").split(";") if name.strip()]
    for name in names or [""]:
        found = step.session.scalars(
            select(Clock.id).where(Clock.instance_id == step.held.id, Clock.name == name, Clock.state.in_(LIVE))
        ).all()
        if not found:
            raise Invalid(
                f"{setting}-no-clock",
                "The task {element} is to {what} the clock {clock}, and none of this name runs. "
                "Name the clock of an activity around it.",
                element=call.element_id, what=setting, clock=name,
            )  # fmt: skip
        for clock_id in found:
            change(clock_id)
