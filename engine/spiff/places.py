"""Where a task is: the sub-processes, calls and instances around it."""

from typing import Any

from engine.spiff.data import standing
from engine.spiff.specs.activities import SubProcess
from engine.spiff.specs.control import Fork
from engine.spiff.specs.events import BoundaryEvent
from engine.spiff.specs.instances import Repeated, index_of
from engine.spiff.specs.token import READY, STARTED, Token
from engine.spiff.views import Trail


def is_activity(task: Token) -> bool:
    """Is it an activity under way on which a clock can run?"""
    spec = task.task_spec
    if spec.manual:
        return bool(task._state == READY)
    return isinstance(spec, SubProcess) and bool(task._state & (STARTED | READY))


def around(task: Token) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...]]:
    """The instances and the scopes around a task, outermost first."""
    instances: list[tuple[str, int]] = []
    scopes: list[str] = []
    step: Token | None = task
    while step is not None:
        index = index_of(step)
        about = step.task_spec.about
        if index is not None and about is not None and isinstance(step.parent.task_spec, Repeated):
            instances.insert(0, (about.element_id, index))
        step = getattr(step.workflow, "parent_task", None)
        if step is not None and step.task_spec.about is not None:
            scopes.insert(0, step.id)
    return tuple(instances), tuple(scopes)


def around_event(task: Token) -> tuple[str, ...]:
    """The scopes around an event, outermost first; last the activity on whose border it is."""
    scopes = around(task)[1]
    fork = task.parent
    if task.task_spec.urgent and isinstance(fork.task_spec, Fork):
        main = fork.task_spec.main_task(fork)
        if main is not None and main.task_spec.about is not None:
            return (*scopes, main.id)
    return scopes


def seen_by(task: Token) -> dict[str, Any]:
    """The data that a waiting event sees: on the border of a sub-process, those that now stand inside."""
    spec = task.task_spec
    if isinstance(spec, BoundaryEvent) and spec.sees_scope:
        main = task.parent.task_spec.main_task(task.parent)
        inside = task.workflow.top_workflow.get_subprocess(main) if main is not None else None
        if inside is not None:
            return standing(inside)
    return dict(task.data)


def trail(task: Token) -> Trail:
    """Where a task is."""
    way: list[tuple[str, str, int | None]] = []
    step: Token | None = task
    while step is not None:
        wrapper = step.parent
        several = index_of(step) is not None and isinstance(wrapper.task_spec, Repeated)
        name = wrapper.task_spec.name if several else step.task_spec.name
        way.insert(0, (step.id, name, index_of(step)))
        step = getattr(step.workflow, "parent_task", None)
    return Trail(since=task.last_state_change, way=tuple(way))
