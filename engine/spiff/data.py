"""What a token knows: data as the sum of the changes made on its way, applied in the order in which they were made.

SpiffWorkflow's own merge lets the branch that arrives last overwrite, with values it never touched, what the others
changed, and drops repeated items of lists.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: The value of a key that is not there.
ABSENT: Any = object()

#: When, which key, its value before and after.
Change = tuple[float, str, Any, Any]


def combined(old: Any, new: Any, now: Any) -> Any:
    """Repeat on `now` what turned `old` into `new`, without changing any of them.

    Dictionaries are combined key by key, a list that only grew gives what it gained; anything else replaces.
    """
    if old is new or old == new:
        return now
    if isinstance(old, dict) and isinstance(new, dict) and isinstance(now, dict):
        result = {key: value for key, value in now.items() if key in new or key not in old}
        for key, value in new.items():
            before = old.get(key, ABSENT)
            if before is ABSENT or key not in now:
                if before is ABSENT or before != value:
                    result[key] = value
            else:
                result[key] = combined(before, value, now[key])
        return result
    if isinstance(old, list) and isinstance(new, list) and isinstance(now, list) and new[: len(old)] == old:
        return now + new[len(old) :]
    return new


def write(data: dict[str, Any], change: Change) -> None:
    """Make one change in `data`; nested values are replaced, never changed."""
    _, key, old, new = change
    if new is ABSENT:
        data.pop(key, None)
    elif key not in data:
        data[key] = new
    elif old is ABSENT:  # two branches made it: objects have the entries of both
        data[key] = {**data[key], **new} if isinstance(new, dict) and isinstance(data[key], dict) else new
    else:
        data[key] = combined(old, new, data[key])


def differences(before: Mapping[str, Any], after: Mapping[str, Any], moment: float) -> Iterator[Change]:
    """What turned `before` into `after`, as changes made at one moment."""
    for key, old in before.items():
        if key not in after:
            yield moment, key, old, ABSENT
    for key, new in after.items():
        old = before.get(key, ABSENT)
        if old is not new and (old is ABSENT or old != new):
            yield moment, key, old, new


def changes(task: Any) -> Iterable[Change]:
    """What `task` changed of its parent's data.

    `seen` marks a copy of what others changed. `when` says for a task that stands for a chain of finished ones (see
    compaction) when each key was changed last.
    """
    internal, parent = task.internal_data, task.parent
    if parent is None or internal.get("seen"):
        return ()
    when = internal.get("when")
    if when is None:
        return differences(parent.data, task.data, task.last_state_change)
    return [(moment, key, *_net(parent.data, task.data, key)) for key, moment in when.items()]


def _net(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> tuple[Any, Any]:
    """The value before and after a chain. One that was changed and changed back was still written at its moment."""
    old, new = before.get(key, ABSENT), after.get(key, ABSENT)
    same = old is new or old == new
    return (ABSENT if same and not isinstance(new, (dict, list)) else old), new


def path(task: Any) -> list[Any]:
    """The tasks from the root to `task`."""
    found, tasks = [], task.workflow.tasks
    while task is not None:
        found.append(task)
        task = tasks.get(task._parent)
    return found[::-1]


def merged(arrived: list[Any]) -> dict[str, Any]:
    """The data of tokens of one process that meet."""
    if len(arrived) == 1:
        return dict(arrived[0].data)
    paths = [path(task) for task in arrived]
    depth = 0
    for level in zip(*paths, strict=False):
        if any(task is not level[0] for task in level):
            break
        depth += 1
    data = dict(paths[0][max(depth - 1, 0)].data)
    steps = {task.id: task for steps in paths for task in steps[depth:]}
    for change in sorted((c for task in steps.values() for c in changes(task)), key=lambda change: change[0]):
        write(data, change)
    return data


def standing(workflow: Any) -> dict[str, Any]:
    """The data as it stands now in a process: that of all its open tokens and of the sub-processes in it."""
    tokens = workflow.live_tokens()
    if not tokens:
        return dict(workflow.last_task.data if workflow.last_task is not None else workflow.data)
    return standing_of(workflow, tokens)


def standing_of(workflow: Any, tokens: list[Any]) -> dict[str, Any]:
    """The data of some open tokens of a process, and of the sub-processes in them."""
    data = merged([task.parent or task for task in tokens])
    for task in tokens:
        if task.task_spec.shares_scope:
            for inner in workflow.top_workflow.scopes_in(task):
                for change in differences(task.data, standing(inner), 0.0):
                    write(data, change)
    return data
