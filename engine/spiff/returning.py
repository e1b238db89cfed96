"""Sending a process back: a new token at a step that was done, in place of all that came of it.

What came of a step is what descends from it in the tree of tokens. The tokens of a branch know by their moments what
came after the step; the nearest one before it stays, and the new token hangs on it, with the data as they are now.
Siblings that parted before that stay, those that parted after it are given up. Where the step lies in a parallel block
that has closed meanwhile, the block's other branches are done: the join gets a token for each, and waits for the new
one alone.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

from engine.errors import Conflict
from engine.spiff.data import standing_of
from engine.spiff.specs.activities import SubProcess
from engine.spiff.specs.control import Fork
from engine.spiff.specs.gateways import ParallelGateway
from engine.spiff.specs.instances import Repeated, index_of
from engine.spiff.specs.token import COMPLETED, FUTURE, OPEN, STARTED, WAITING, Token
from engine.spiff.views import Trail
from engine.spiff.whereabouts import relocated


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a process is sent back.

    Args:
        scope: the process or sub-process in which the new token goes.
        first: the first token that came of the step; it and all that descends from it are given up.
        way: from `scope` to the step: (id, name, index) of each activity around it, the step last.
    """

    scope: Any
    first: Token
    way: tuple[tuple[str, str, int | None], ...]

    @property
    def given_up(self) -> list[Token]:
        """The open tokens of `scope` that are given up."""
        return [task for task in descendants(self.first) if task._state & OPEN]


def plan(task: Token, target: Trail) -> Plan:
    """Return how the branch of an open token can be sent back to a step that was done.

    Raises:
        Conflict: `return-elsewhere`: the step was done in another branch, or is under way.
    """
    steps = [task]
    while (around := getattr(steps[0].workflow, "parent_task", None)) is not None:
        steps.insert(0, around)
    depth = 0
    while depth < min(len(steps), len(target.way)) - 1 and steps[depth].id == target.way[depth][0]:
        depth += 1
    here, way = steps[depth], target.way[depth:]
    scope = here.workflow
    top = scope.top_workflow
    if relocated([name for _, name, _ in way], scope.spec, top.subprocess_specs, {}) is None:
        raise elsewhere()  # another version of the diagram, to which the process was moved, does not have it
    known = scope.tasks.get(way[0][0])
    wrapper = here.parent if index_of(here) is not None else None
    same = wrapper is not None and wrapper.task_spec.name == way[0][1]
    if here.id == way[0][0] or same or (known is not None and known._state & OPEN):
        raise elsewhere()
    line = [step for step in _line(here) if step.last_state_change > target.since]
    if not line or line[0].parent is None or not _came_of(line[0], wrapper or here, way[0][1]):
        raise elsewhere()
    return Plan(scope=scope, first=line[0], way=way)


def elsewhere() -> Conflict:
    """Return the conflict that says that a step is not behind a branch."""
    return Conflict("return-elsewhere", "This step lies in another branch, or is under way: nothing can be sent there.")


def _line(task: Token) -> list[Token]:
    """The tokens from the root down to a token, without the root."""
    found: list[Token] = []
    step: Token | None = task
    while step is not None and step.parent is not None:
        found.append(step)
        step = step.parent
    return found[::-1]


def _came_of(first: Token, here: Token, name: str) -> bool:
    """Does a branch come of the step `name`, and not of one beside it?

    Where live branches parted above, the step must lead here without passing the place where they parted.
    """
    root = first.workflow.task_tree
    above = [root.id, *(step.id for step in _line(first.parent))] if first.parent is not None else [root.id]
    given_up = {task.id for task in descendants(first)}
    parted: set[str] = set()
    for task in first.workflow.tasks.values():
        if task._state & OPEN and task.id not in given_up:
            step = task
            while step.id not in above:
                step = step.parent
            parted.add(step.id)
    nearest = next((first.workflow.tasks[step] for step in reversed(above) if step in parted), None)
    barred = {nearest.task_spec.name} if nearest is not None else set()
    return here.task_spec.name in reachable(_entry(first.workflow.spec.task_specs, name), barred)


def descendants(task: Token) -> list[Token]:
    """A token and all that hang on it."""
    found, stack, tasks = [], [task], task.workflow.tasks
    while stack:
        step = stack.pop()
        found.append(step)
        stack.extend(tasks[child] for child in step._children if child in tasks)
    return found


def reachable(spec: Any, barred: set[str] | frozenset[str]) -> set[str]:
    """The names of what can be reached from a specification, itself included, without passing those `barred`."""
    seen: set[str] = set()
    stack = [spec]
    while stack:
        step = stack.pop()
        if step.name not in seen and step.name not in barred:
            seen.add(step.name)
            stack.extend(step.targets)
    return seen


def _entry(specs: dict[str, Any], name: str) -> Any:
    """Where a token comes in to an element: its fork, where events are on its border."""
    return specs.get(f"{name}/fork") or specs[name]


def send_back(made: Plan) -> None:
    """Give up what came of a step, and put a new token there."""
    scope, above = made.scope, made.first.parent
    data = standing_of(scope, [task for task in made.given_up if not _armed(task)])
    made.first.cancel()
    carrier = Token(scope, scope.spec.start, above, FUTURE)
    carrier.data = data
    carrier._set_state(COMPLETED)
    _enter(scope, carrier, made.way)


def _armed(task: Token) -> bool:
    return bool(task._state == WAITING and task.task_spec.urgent)


def _fill_joins(scope: Any, carrier: Token, entry: Any) -> None:
    """Give each parallel join behind the new token what no token is left to bring, the nearest join first."""
    specs = scope.spec.task_specs
    for join in _joins_ahead(entry):
        there = {join.slot(task) for task in scope.joining.values() if task.task_spec is join}
        for source in sorted(join.sources - passable(scope, entry, join) - there):
            done = Token(scope, specs[source], carrier, FUTURE)
            done.data = dict(carrier.data)
            done._set_state(COMPLETED)
            waiting = Token(scope, join, done, FUTURE)
            waiting.data = dict(carrier.data)
            waiting._set_state(WAITING)


def _joins_ahead(entry: Any) -> list[Any]:
    """The parallel joins that can be reached from a specification, by their distance."""
    seen, found, queue = {entry.name}, [], deque([entry])
    while queue:
        step = queue.popleft()
        if _joins_in_parallel(step):
            found.append(step)
        for target in step.targets:
            if target.name not in seen:
                seen.add(target.name)
                queue.append(target)
    return found


def _joins_in_parallel(spec: Any) -> bool:
    return isinstance(spec, ParallelGateway) and not spec.passes_straight


def passable(scope: Any, entry: Any, barred: Any) -> set[str]:
    """The names of what tokens may pass, the new one at `entry` included, as long as the join `barred` does not fire.

    A parallel join is passed only where a token may come by each of its flows.
    """
    live = [task for task in scope.tasks.values() if task._state & OPEN]
    there: dict[str, set[str]] = {}
    for task in live:
        if _joins_in_parallel(task.task_spec):
            there.setdefault(task.task_spec.name, set()).add(task.task_spec.slot(task))
    passed: set[str] = set()
    stack = [entry, *(task.task_spec for task in live if not _joins_in_parallel(task.task_spec))]
    while stack:
        step = stack.pop()
        if step is barred or step.name in passed:
            continue
        if _joins_in_parallel(step) and step.sources - passed - there.get(step.name, set()):
            continue
        passed.add(step.name)
        stack.extend(step.targets)
    return passed


def _enter(scope: Any, parent: Token, way: tuple[tuple[str, str, int | None], ...]) -> None:
    """Put a token at the first element of `way`, and go on inside of it to the last."""
    name = way[0][1]
    spec = _entry(scope.spec.task_specs, name)
    _fill_joins(scope, parent, spec)
    if len(way) == 1:
        child = parent._add_child(spec)
        child.task_spec._update(child)
        return
    if not isinstance(spec, Fork):
        _resume(parent._add_child(spec), way)
        return
    fork = parent._add_child(spec)
    fork.data = dict(parent.data)
    fork._set_state(COMPLETED)
    children = [fork._add_child(target) for target in spec.targets]
    for child in children:
        if child.task_spec.name == spec.main:
            _resume(child, way)
        else:
            child.task_spec._update(child)


def _resume(task: Token, way: tuple[tuple[str, str, int | None], ...]) -> None:
    """Open a sub-process, call or one of several instances again, not at its beginning but on the way to a step."""
    spec = task.task_spec
    if isinstance(spec, Repeated):
        _resume(spec.reopen(task, way[0][2] or 0), way)
        return
    if not isinstance(spec, SubProcess):
        raise elsewhere()
    inside = task.workflow.top_workflow.open_inside(task, spec.reopened(task))
    task._set_state(STARTED)
    _enter(inside, inside.task_tree, way[1:])


def followers(execution: Any, target: Trail) -> list[Token]:
    """Return the open tokens that may have come of a step that was done, the first first."""
    scope = execution
    for identifier, _, _ in target.way[:-1]:
        activity = scope.tasks.get(identifier)
        inside = execution.subprocesses.get(identifier)
        if activity is None or not activity._state & OPEN or inside is None or inside.completed:
            break
        scope = inside
    live = [task for task in scope.live_tokens() if task.last_state_change > target.since]
    return sorted(live, key=lambda task: task.last_state_change)
