"""Moving a running process to another version of its diagram: every token goes to the element that stands for its own.

The tree of tokens is copied onto the specifications of the other version, so that what was done, the data of every
branch, the counts of several instances and the dates of timers stay what they are. What is only armed follows the new
drawing: an event that it adds to an activity under way begins to wait, one that it lacks waits no longer. A token whose
element is gone is an obstacle, and so is a join that could never go on; then nothing is moved.
"""

from dataclasses import dataclass, field
from typing import Any

from engine.errors import Conflict, Phrase
from engine.spiff.environment import Environment
from engine.spiff.execution import Execution, Inside
from engine.spiff.likeness import difference
from engine.spiff.moves import Moves, authors_id, moved_name
from engine.spiff.ports import Host
from engine.spiff.remains import moved_remains
from engine.spiff.returning import passable
from engine.spiff.specification import Specification
from engine.spiff.specs.activities import SubProcess
from engine.spiff.specs.control import EndJoin, Fork
from engine.spiff.specs.events import BoundaryEvent, Catching, EventGateway
from engine.spiff.specs.gateways import ParallelGateway
from engine.spiff.specs.instances import index_of
from engine.spiff.specs.token import COMPLETED, OPEN, READY, WAITING, Token
from engine.spiff.specs.triggers import Message, Timer, Trigger
from engine.spiff.views import Waited


@dataclass(kw_only=True)
class Outcome:
    """What moving a process came to.

    Args:
        obstacles: why it cannot be moved, each with the facts `element`, `process` and `name`; then `execution` must
            not be used.
        dropped: events on borders that are waited for no longer.
        armed: events that are waited for from now on.
    """

    execution: Execution
    obstacles: list[Conflict] = field(default_factory=list)
    dropped: list[Waited] = field(default_factory=list)
    armed: list[Waited] = field(default_factory=list)


def migrate(old: Execution, specification: Specification, host: Host, moves: Moves) -> Outcome:
    """Copy a process onto another version of its diagram; the old one is left as it is."""
    made = Execution(specification.process, dict(specification.inner), Environment(host))
    made.prefix, made.number, made.moment = old.prefix, old.number, old.moment
    made.endings = list(old.endings)
    made.remains = moved_remains(old.remains, moves)
    outcome = Outcome(execution=made)
    scopes = _copy(old, made, moves, outcome)
    for scope in scopes:
        _arm(scope, outcome)
    for scope in scopes:
        _check_joins(scope.new, outcome)
    if not outcome.obstacles:
        for scope in scopes:
            scope.new.update_waiting_tasks()
    return outcome


@dataclass(kw_only=True)
class _Scope:
    """One process or sub-process on its way.

    Args:
        forks: tokens of forks in the new one, each with the names of the events that need no arming.
    """

    old: Any
    new: Any
    moves: Moves
    forks: list[tuple[Token, set[str]]] = field(default_factory=list)
    #: (fork's token, event) that waited for something else before
    replaced: set[tuple[str, str]] = field(default_factory=set)

    def name(self, old: str) -> str:
        """The name in the newer version of a specification of the older one."""
        return moved_name(self.old.spec.process_id, old, self.moves)

    def spec(self, task: Token) -> Any:
        """The specification that stands for a token's own; None when there is none."""
        return self.new.spec.task_specs.get(self.name(task.task_spec.name))


def _copy(old: Any, new: Any, moves: Moves, outcome: Outcome) -> list[_Scope]:
    """Copy the tokens of a scope, and of the scopes in it; return all of them."""
    scope = _Scope(old=old, new=new, moves=moves)
    new.data, new.completed, new.final_data, new.terminated = old.data, old.completed, old.final_data, old.terminated
    found = [scope]
    for task in old.tasks.values():
        token = _place(scope, task, outcome)
        inside = old.top_workflow.subprocesses.get(task.id)
        if token is None or inside is None or inside.completed or not isinstance(token.task_spec, SubProcess):
            continue
        top = new.top_workflow
        opened = top.subprocesses[token.id] = Inside(top.subprocess_specs[token.task_spec.spec], token, top)
        found += _copy(inside, opened, moves, outcome)
    new.task_tree = next(iter(new.tasks.values()))
    new.last_task = new.tasks.get(old.last_task.id) if old.last_task is not None else None
    return found


def _place(scope: _Scope, task: Token, outcome: Outcome) -> Token | None:
    """Copy one token; None when it is dropped, or stands in the way."""
    parent = scope.new.tasks.get(task._parent) if task._parent is not None else None
    if task._parent is not None and parent is None:
        return None
    spec = scope.spec(task)
    if not task._state & OPEN:
        # what is done only carries data, whatever has become of its element
        return _take_over(scope, task, spec or scope.new.spec.start, parent)
    on_border = isinstance(task.task_spec, BoundaryEvent)
    unlike = difference(task.task_spec, spec) if spec is not None else Phrase("")
    if spec is not None and unlike is None and not (on_border and not _hangs_on(parent, spec)):
        return _take_over(scope, task, spec, parent)
    if not on_border:
        outcome.obstacles.append(_gone(scope, task) if spec is None else _unlike(scope, task, unlike))
        return None
    outcome.dropped.append(_waited(task, task.task_spec))
    if spec is not None:
        scope.replaced.add((str(task._parent), spec.name))
    return None


def _hangs_on(parent: Token | None, event: Any) -> bool:
    return parent is not None and isinstance(parent.task_spec, Fork) and event in parent.task_spec.targets


def _take_over(scope: _Scope, task: Token, spec: Any, parent: Token | None) -> Token:
    if task._state & OPEN and parent is not None and not isinstance(task.task_spec, BoundaryEvent):
        parent = _under_fork(scope, task, spec, parent)
    token = Token(scope.new, spec, parent, task._state, task.id)
    token.data, token.last_state_change = dict(task.data), task.last_state_change
    token.internal_data = dict(task.internal_data)
    if "to_undo" in token.internal_data:
        known = [scope.name(handler) for handler in token.internal_data["to_undo"]]
        token.internal_data["to_undo"] = [handler for handler in known if handler in scope.new.spec.task_specs]
    if task._state == WAITING:
        if spec.joins:
            scope.new.joining[token.id] = token
        elif isinstance(spec, Catching):
            scope.new.top_workflow.event_manager.tasks[token.id] = token
            _wait_on(scope, task, token)
    elif task._state == READY:
        scope.new.top_workflow.became_ready(token)
    return token


def _under_fork(scope: _Scope, task: Token, spec: Any, parent: Token) -> Token:
    """The token of the fork that arms the events on the border of an activity; made where there was none."""
    if index_of(task) is not None:
        return parent
    fork = scope.new.spec.task_specs.get(f"{spec.name}/fork")
    if fork is None or parent.task_spec is fork:
        if fork is not None:
            had = task.parent.task_spec
            scope.forks.append((parent, {scope.name(each.name) for each in had.targets}))
        return parent
    made = Token(scope.new, fork, parent, COMPLETED)
    made.data, made.last_state_change = dict(parent.data), parent.last_state_change
    scope.forks.append((made, set()))
    return made


def _wait_on(scope: _Scope, task: Token, token: Token) -> None:
    """Let an event go on waiting: a date stays, unless the new drawing takes it from a clock, or no longer does."""
    spec = token.task_spec
    if not isinstance(spec, EventGateway):
        _keep_store(token, task.task_spec.trigger, spec.trigger, token.internal_data)
        return
    before = {
        scope.name(about.element_id): (trigger, store)
        for trigger, store, about in task.task_spec.triggers(task)
        if about is not None
    }
    slots: list[dict[str, Any]] = []
    for trigger, about in spec.awaited:
        was, store = before.get(about.element_id, (None, {})) if about is not None else (None, {})
        slots.append(dict(store) if type(was) is type(trigger) else {})
        _keep_store(token, was, trigger, slots[-1])
    token.internal_data["slots"] = slots


def _keep_store(token: Token, was: Trigger | None, trigger: Trigger | None, store: dict[str, Any]) -> None:
    if trigger is None:
        return
    anew = type(was) is not type(trigger)
    if isinstance(was, Timer) and isinstance(trigger, Timer):
        anew = was.clock is not None or trigger.clock is not None or was.is_cycle != trigger.is_cycle
        for key in ("due", "left", "every") if anew else ():
            store.pop(key, None)
    elif isinstance(trigger, Message):
        anew = anew or ("correlation" not in store)
    if anew:
        trigger.arm(token, store)


def _arm(scope: _Scope, outcome: Outcome) -> None:
    """Let the events wait that the new drawing has on the border of an activity under way and the old one had not."""
    for token, had in scope.forks:
        waiting = {child.task_spec.name for child in token.children if child._state == WAITING}
        for event in token.task_spec.targets:
            happened = event.name in had and (token.id, event.name) not in scope.replaced
            if event.name == token.task_spec.main or event.name in waiting or happened:
                continue
            child = token._add_child(event)
            with scope.new.top_workflow.script_engine.blamed(child):
                child.task_spec._update(child)
            outcome.armed.append(_waited(child, event))


def _check_joins(scope: Any, outcome: Outcome) -> None:
    """Find joins at which tokens wait for ever in the new drawing."""
    for join in {task.task_spec for task in scope.joining.values()}:
        if isinstance(join, EndJoin) or join.passes_straight:
            continue
        arrived = {join.slot(task) for task in scope.joining.values() if task.task_spec is join}
        facts = {"element": _element(join), "process": scope.spec.process_id, "name": _name(join)}
        if arrived - join.sources:
            outcome.obstacles.append(
                Conflict(
                    "migration-branch-gone",
                    "At “{name}” a branch waits that came by a flow which the new version does not have. Let the case "
                    "pass this place before it is moved, or keep the flow.",
                    **facts,
                )
            )
        elif isinstance(join, ParallelGateway) and join.sources - arrived - passable(scope, join, join):
            outcome.obstacles.append(
                Conflict(
                    "migration-join-starved",
                    "“{name}” would wait for ever: the new version adds a branch before it that this case has passed. "
                    "Let the case pass this place before it is moved, or begin the branch elsewhere.",
                    **facts,
                )
            )


def _gone(scope: _Scope, task: Token) -> Conflict:
    name, process = scope.name(task.task_spec.name), scope.old.spec.process_id
    elsewhere = any(
        name in spec.task_specs
        for spec in scope.new.top_workflow.subprocess_specs.values()
        if spec.process_id == process
    )
    if elsewhere:
        return Conflict(
            "migration-element-elsewhere",
            "“{name}” is under way, and in the new version it is in another sub-process, or an event sub-process was "
            "added beside it. Let the case pass this place before it is moved.",
            **_facts(scope, task),
        )
    return Conflict(
        "migration-element-gone",
        "“{name}” is under way, and the new version has no element for it. Say in the plan which element it goes to.",
        **_facts(scope, task),
    )


def _unlike(scope: _Scope, task: Token, difference: Phrase | None) -> Conflict:
    return Conflict(
        "migration-element-unlike",
        "“{name}” is under way, and cannot go to {target}: {difference}. Say in the plan which element it goes to.",
        **_facts(scope, task), target=scope.name(task.task_spec.name), difference=difference,
    )  # fmt: skip


def _facts(scope: _Scope, task: Token) -> dict[str, str]:
    spec = task.task_spec
    return {"element": _element(spec), "process": scope.old.spec.process_id, "name": _name(spec)}


def _element(spec: Any) -> str:
    return str(spec.about.element_id if spec.about is not None else authors_id(spec.name))


def _name(spec: Any) -> str:
    return (spec.about.name if spec.about is not None else "") or _element(spec)


def _waited(task: Token, spec: Any) -> Waited:
    return Waited(
        task_id=task.id, element_id=_element(spec), process_id=task.workflow.spec.process_id, name=_name(spec)
    )
