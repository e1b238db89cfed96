"""Dropping finished history, so that the hundredth round of a loop costs what the first did.

What is kept: the root, every open task and its parent, and every task where the ways to two open tasks part (joins
merge the changes made since there). A chain of finished tasks between two that are kept becomes its last one, which
remembers in `when` at what moment each key was last changed, so that a later merge comes to the same result: for whole
values always, for objects entry by entry. Only where two branches change the same entry of one object, or one list, may
the order of the two changes be another than without a snapshot between.
"""

from typing import Any

from engine.spiff.data import changes, path, write
from engine.spiff.specs.control import EndJoin
from engine.spiff.specs.token import OPEN, Token


def compact(execution: Any) -> None:
    """Drop what is finished in a process and in the sub-processes in it."""
    for task_id, inside in list(execution.subprocesses.items()):
        if inside.completed or not inside.parent_task._state & OPEN or task_id not in inside.parent_task.workflow.tasks:
            del execution.subprocesses[task_id]
    for scope in execution.scopes():
        if not scope.completed:
            compact_scope(scope)


def compact_scope(scope: Any) -> None:
    """Drop what is finished in one process or sub-process."""
    root, tasks = scope.task_tree, scope.tasks
    if root._state & OPEN:
        return
    fold_ends(scope)
    kept, ways = _kept(scope)
    if len(kept) == len(tasks):
        return
    for task in [tasks[identifier] for identifier in kept]:
        if task is not root:
            _contract(task, kept, ways)
    scope.tasks = {identifier: task for identifier, task in tasks.items() if identifier in kept}
    for task in scope.tasks.values():
        task._children = []
    for task in scope.tasks.values():
        if task is not root:
            scope.tasks[task._parent]._children.append(task.id)
    if scope.last_task is not None and scope.last_task.id not in scope.tasks:
        scope.last_task = None
    _hoist(scope)


def _kept(scope: Any) -> tuple[set[str], dict[str, int]]:
    """Which tasks stay; and for each task how many of its children lead to one that does."""
    tasks, root = scope.tasks, scope.task_tree
    kept = {root.id}
    ways: dict[str, int] = {}
    reached: set[str] = set()
    for task in tasks.values():
        if not task._state & OPEN:
            continue
        kept.add(task.id)
        if task._parent is not None:
            kept.add(task._parent)
        step = task
        while step._parent is not None and step.id not in reached:
            reached.add(step.id)
            ways[step._parent] = ways.get(step._parent, 0) + 1
            step = tasks[step._parent]
    for identifier in reached:
        if ways.get(identifier, 0) > 1 or tasks[identifier].internal_data.get("seen"):
            kept.add(identifier)
            if tasks[identifier].internal_data.get("seen"):
                kept.add(tasks[identifier]._parent)
    return kept, ways


def _contract(task: Token, kept: set[str], ways: dict[str, int]) -> None:
    """Hang a task on the nearest kept one above it."""
    tasks = task.workflow.tasks
    above = tasks[task._parent]
    if above.id in kept:
        return
    when: dict[str, float] = {}
    for moment, key, _, _ in changes(task):
        when[key] = moment
    while above.id not in kept:
        for moment, key, _, _ in changes(above):
            when.setdefault(key, moment)
            when[key] = max(when[key], moment)
        above = tasks[above._parent]
    task._parent = above.id
    task.internal_data = {**task.internal_data, "when": when}


def _hoist(scope: Any) -> None:
    """With one way from the root, nothing can merge above the first task: the root takes its data, so that it is
    stored once.
    """
    root = scope.task_tree
    if len(root._children) != 1:
        return
    first = scope.tasks[root._children[0]]
    if first._state & OPEN:
        return
    root.data = first.data
    first.internal_data = {key: value for key, value in first.internal_data.items() if key not in ("when", "seen")}


def fold_ends(scope: Any) -> None:
    """Make one of all tokens that wait at the end: a reminder that was sent in each of a hundred rounds leaves a
    hundred, and with each the round it was sent in.

    Their changes are carried up to where the ways to them part, and merged from there when the process ends.
    """
    waiting = [task for task in scope.joining.values() if isinstance(task.task_spec, EndJoin)]
    if len(waiting) < 2:
        return
    tasks = scope.tasks
    above = _parting(waiting)
    data, when = dict(above.data), {}
    for change in sorted(_own_changes(waiting, above), key=lambda change: change[0]):
        write(data, change)
        when[change[1]] = change[0]
    newest = waiting[-1]
    for task in waiting[:-1]:
        tasks.pop(task.id)
        scope.joining.pop(task.id)
        tasks[task._parent]._children.remove(task.id)
    # What leads to an end leads nowhere else, so the parent belongs to this token alone.
    parent = tasks[newest._parent]
    tasks[parent._parent]._children.remove(parent.id)
    parent._parent, parent.data, parent.internal_data = above.id, data, {"when": when}
    newest.data = dict(data)
    above._children.append(parent.id)


def _parting(waiting: list[Token]) -> Token:
    """The deepest task that leads to all of these tokens, and to others."""
    common: Token = waiting[0].workflow.task_tree
    for level in zip(*(path(task) for task in waiting), strict=False):
        if any(task is not level[0] for task in level) or not _shared(level[0], waiting):
            break
        common = level[0]
    return common


def _own_changes(waiting: list[Token], above: Token) -> list[Any]:
    """What was changed on the ways from `above` to these tokens, where no token under way comes by too."""
    found: dict[str, Token] = {}
    for task in waiting:
        step = task
        while step is not above and step.id not in found and not _shared(step, waiting):
            found[step.id] = step
            step = step.parent
    return [change for step in found.values() for change in changes(step)]


def _shared(task: Token, waiting: list[Token]) -> bool:
    """Does this task also lead to an open one that is not among `waiting`?"""
    stack, tasks = [task], task.workflow.tasks
    while stack:
        step = stack.pop()
        if step._state & OPEN and step not in waiting:
            return True
        stack.extend(tasks[child] for child in step._children)
    return False
