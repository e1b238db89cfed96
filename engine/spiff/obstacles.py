"""Why a running process cannot be moved to another drawing: each with the facts `element`, `process` and `name`."""

from collections.abc import Iterator
from typing import Any

from engine.errors import Conflict, Phrase
from engine.spiff.moves import authors_id
from engine.spiff.returning import passable
from engine.spiff.specs.control import EndJoin
from engine.spiff.specs.gateways import ParallelGateway
from engine.spiff.specs.instances import Repeated
from engine.spiff.specs.token import Token


def element_of(spec: Any) -> str:
    """Return the id of the author's element behind a specification."""
    return str(spec.about.element_id if spec.about is not None else authors_id(spec.name))


def name_of(spec: Any) -> str:
    """Return what the author's element behind a specification is called."""
    return (spec.about.name if spec.about is not None else "") or element_of(spec)


def _facts(task: Token) -> dict[str, str]:
    spec = task.task_spec
    return {"element": element_of(spec), "process": task.workflow.spec.process_id, "name": name_of(spec)}


def gone(task: Token) -> Conflict:
    """The newer drawing has no element for a token."""
    if isinstance(task.task_spec, Repeated) or task.task_spec.name.endswith(" [child]"):
        return Conflict(
            "migration-instances-gone",
            "“{name}” runs several times, and the new version has no element for it. Say in the plan which element it "
            "goes to, or let the case pass this place before it is moved.",
            **_facts(task),
        )
    return Conflict(
        "migration-element-gone",
        "“{name}” is under way, and the new version has no element for it. Say in the plan which element it goes to.",
        **_facts(task),
    )


def unlike(task: Token, target: str, difference: Phrase | None) -> Conflict:
    """A token would have to go to an element of another kind."""
    return Conflict(
        "migration-element-unlike",
        "“{name}” is under way, and cannot go to {target}: {difference}. Say in the plan which element it goes to.",
        **_facts(task), target=target, difference=difference,
    )  # fmt: skip


def shut(task: Token, around: Any) -> Conflict:
    """A token would have to go into a sub-process into which nothing can be put."""
    facts = _facts(task) | {"around": name_of(around)}
    if isinstance(around, Repeated):
        return Conflict(
            "migration-into-instances",
            "“{name}” is under way, and in the new version it is in “{around}”, which runs several times: how often "
            "is counted when it begins. Let the case pass this place before it is moved.",
            **facts,
        )
    return Conflict(
        "migration-into-event",
        "“{name}” is under way, and in the new version it is in “{around}”, which only begins when its event happens. "
        "Let the case pass this place before it is moved.",
        **facts,
    )


def parted(task: Token, around: Any) -> Conflict:
    """A branch would have to be in a sub-process that another branch, which came of the same step, has left."""
    return Conflict(
        "migration-branch-outside",
        "“{name}” is under way, and in the new version it is in “{around}”, which would have to end before the case "
        "is where another of its branches is by now. Let the case pass this place before it is moved.",
        **_facts(task), around=name_of(around),
    )  # fmt: skip


def joins_in_vain(scope: Any) -> Iterator[Conflict]:
    """Find joins at which tokens wait for ever in the new drawing."""
    for join in {task.task_spec for task in scope.joining.values()}:
        if isinstance(join, EndJoin) or join.passes_straight:
            continue
        arrived = {join.slot(task) for task in scope.joining.values() if task.task_spec is join}
        facts = {"element": element_of(join), "process": scope.spec.process_id, "name": name_of(join)}
        if arrived - join.sources:
            yield Conflict(
                "migration-branch-gone",
                "At “{name}” a branch waits that came by a flow which the new version does not have. Let the case "
                "pass this place before it is moved, or keep the flow.",
                **facts,
            )
        elif isinstance(join, ParallelGateway) and join.sources - arrived - passable(scope, join, join):
            yield Conflict(
                "migration-join-starved",
                "“{name}” would wait for ever: the new version adds a branch before it that this case has passed. "
                "Let the case pass this place before it is moved, or begin the branch elsewhere.",
                **facts,
            )
