"""What sub-processes and called processes knew of their own when they ended, for whoever is sent back into them.

Of a process with a mapping of its own only what the mapping names comes out; the rest would be gone. One that runs
again, in a round of a loop or because somebody was sent back, leaves its last state alone.
"""

import re
from typing import Any, Final

from engine.spiff.specs.instances import index_of
from engine.spiff.specs.token import Token
from engine.spiff.values import assign
from engine.spiff.zeebe import Exchange

#: Where an activity is: (process id, name of the specification, which of several instances or -1), outermost first.
Place = tuple[tuple[str, str, int], ...]

#: An output mapping that only renames: what it gave can be given back.
_NAME: Final = re.compile(r"=\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*")


def place_of(task: Token) -> Place:
    """Return where an activity is, whatever token stands for it now."""
    found: list[tuple[str, str, int]] = []
    step: Token | None = task
    while step is not None:
        index = index_of(step)
        found.append((step.workflow.spec.process_id, step.task_spec.name, -1 if index is None else index))
        step = getattr(step.workflow, "parent_task", None)
    return tuple(found[::-1])


def remember(task: Token, known: dict[str, Any]) -> None:
    """Keep what the inside of an activity knows as it ends, as far as it would be lost.

    Args:
        task: the activity around it.
        known: the data inside.
    """
    spec, kept = task.task_spec, task.workflow.top_workflow.remains
    passed = spec.passed(task)
    lost = {name: value for name, value in known.items() if name not in passed or passed[name] != value}
    if spec.gives:
        for exchange in spec.gives:
            lost.pop(_renamed(exchange) or "", None)
    elif not spec.isolated and spec.passes_parent:  # all but its own variables comes out
        own = {exchange.target.partition(".")[0] for exchange in spec.takes} | set(task.internal_data.get("own") or ())
        lost = {name: value for name, value in lost.items() if name in own}
    kept.pop(place_of(task), None)
    if lost:
        kept[place_of(task)] = lost


def recall(task: Token, inside: dict[str, Any]) -> None:
    """Let the inside of an activity that is opened again know what it knew, and what it has given since.

    Args:
        task: the activity around it, with the data as they are now.
        inside: what the inside starts with; it is changed.
    """
    spec, outside = task.task_spec, task.data
    inside |= task.workflow.top_workflow.remains.get(place_of(task), {})
    for exchange in spec.gives:
        renamed = _renamed(exchange)
        found: Any = outside
        for part in exchange.target.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if renamed and found is not None:
            assign(inside, renamed, found)


def _renamed(exchange: Exchange) -> str | None:
    """The variable that an output mapping gives as it is; None when it computes something."""
    renamed = _NAME.fullmatch(exchange.source)
    return renamed[1] if renamed else None
