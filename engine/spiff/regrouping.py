"""Which tokens of a scope go into a sub-process, or come out of one, when it is moved to another drawing.

A sub-process that the newer drawing has around elements under way is entered where their tokens first came to what is
in it; branches that parted inside it share one. One that the newer drawing lacks is left, and what goes on in it goes
on around it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.spiff.data import ABSENT
from engine.spiff.moves import Moves, moved_name
from engine.spiff.specs.activities import Call
from engine.spiff.specs.control import EndJoin
from engine.spiff.specs.instances import index_of
from engine.spiff.specs.token import OPEN, STARTED, WAITING, Token
from engine.spiff.whereabouts import Inwards, Whereabouts


@dataclass(kw_only=True, eq=False)
class Branch:
    """A token on its way.

    Args:
        task: in the older version.
        above: what it hangs on; None for the root of the scope.
        name: of its specification in the newer version.
        home: where the newer version has that, from the scope; None when nowhere.
        left: it is a sub-process that is left, or the beginning of one.
        loses: variables of sub-processes that are left → their value outside, or `ABSENT`.
        within: the sub-processes that it goes into.
        parted: what came of it and would be inside a sub-process around it, where something else is outside by now.
        leader: what is under way of it: itself, or the first that came of it.
        token: in the newer version, once it is made.
    """

    task: Token
    above: "Branch | None"
    name: str
    home: Inwards | None
    left: bool = False
    loses: dict[str, Any] = field(default_factory=dict)
    within: Inwards = ()
    parted: "Branch | None" = None
    leader: "Branch | None" = None
    token: Token | None = None

    @property
    def leads(self) -> bool:
        """Is it under way by itself? An event on a border follows its activity, and what has ended waits for others."""
        armed = self.task._state == WAITING and self.task.task_spec.urgent
        return bool(self.task._state & OPEN) and not (armed or self.left or isinstance(self.task.task_spec, EndJoin))


def regroup(old: Any, there: Whereabouts, moves: Moves, loses: dict[str, Any]) -> list[Branch]:
    """Return the tokens of a scope and of those sub-processes in it that are left, each after what it hangs on.

    Args:
        old: the scope in the older version.
        there: what stands for it in the newer one.
        loses: what it loses already, see `Branch`.
    """
    branches = list(_branches(old, there, moves, None, loses))
    below: dict[Branch | None, list[Branch]] = {}
    for branch in reversed(branches):
        _settle(branch, below.get(branch, []))
        if branch.leads or branch in below:
            below.setdefault(branch.above, []).append(branch)
    for branch in branches:
        if branch.above is not None and not branch.leads and branch not in below:
            branch.within = branch.above.within  # nothing comes of it any more
    return branches


def _branches(
    old: Any, there: Whereabouts, moves: Moves, above: Branch | None, loses: dict[str, Any]
) -> Iterator[Branch]:
    found: dict[str, Branch] = {}
    for task in old.tasks.values():
        name = moved_name(old.spec.process_id, task.task_spec.name, moves)
        hung = found.get(task._parent) if task._parent is not None else above
        inside = old.top_workflow.subprocesses.get(task.id)
        leaving = inside is not None and not inside.completed and _is_left(task, inside, there, moves)
        lost = {**_own(task), **loses} if leaving else loses
        beginning = task._parent is None and above is not None
        found[task.id] = branch = Branch(
            task=task, above=hung, name=name, home=there.find(name), left=leaving or beginning, loses=lost
        )
        yield branch
        if leaving:
            yield from _branches(inside, there, moves, branch, lost)


def _own(task: Token) -> dict[str, Any]:
    """The variables that a sub-process has for itself, with what they are around it."""
    names = {exchange.target.partition(".")[0] for exchange in task.task_spec.takes}
    return {name: task.parent.data.get(name, ABSENT) for name in names}


def _is_left(task: Token, inside: Any, there: Whereabouts, moves: Moves) -> bool:
    """Does what goes on in a sub-process go on outside of it?"""
    spec = task.task_spec
    if task._state != STARTED or isinstance(spec, Call) or index_of(task) is not None:
        return False
    home = there.find(moved_name(inside.spec.process_id, spec.name, moves))
    if home is None:
        return True
    ways = [
        there.find(moved_name(inside.spec.process_id, each.task_spec.name, moves))
        for each in inside.live_tokens()
        if not isinstance(each.task_spec, EndJoin)
    ]
    here = (*home, moved_name(inside.spec.process_id, spec.name, moves))
    return bool(ways) and all(way is not None and way[: len(here)] != here for way in ways)


def _settle(branch: Branch, below: list[Branch]) -> None:
    """Say into which sub-processes a token goes, once that is known of those that came of it."""
    if branch.above is None:
        return
    ways = [each.within for each in below]
    home = branch.home
    branch.leader = branch if branch.leads else below[0].leader if below else None
    if branch.leads:
        branch.within = home or ()
        return
    if not below:
        return
    branch.within = _common([*ways, home] if home is not None and not branch.left else ways)
    inside = [way for way in ways if home and way[: len(home)] == home]
    if home and not branch.left and len(inside) < len(ways):
        branch.parted = next((each.leader for each in below if each.within in inside), None)


def _common(ways: list[Inwards]) -> Inwards:
    """The part of the ways that they share from outside."""
    found = ways[0]
    for way in ways[1:]:
        same = 0
        while same < min(len(found), len(way)) and found[same] == way[same]:
            same += 1
        found = found[:same]
    return found
