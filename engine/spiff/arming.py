"""Moving what waits to another drawing: what is only armed follows it, and dates stay what they are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.spiff.data import ABSENT
from engine.spiff.likeness import difference
from engine.spiff.moves import Moves, moved_name
from engine.spiff.specs.events import EventGateway
from engine.spiff.specs.instances import index_of
from engine.spiff.specs.token import COMPLETED, WAITING, Token
from engine.spiff.specs.triggers import Message, Timer, Trigger
from engine.spiff.whereabouts import Whereabouts


@dataclass(kw_only=True, eq=False)
class Destination:
    """A process or sub-process of the newer version, with what stood for it, or around it, in the older one.

    Args:
        forks: tokens of forks in the new one, each with the names of the events that need no arming.
        replaced: (fork's token, event) that waited for something else before.
        own: variables of sub-processes that the newer version has around it and the older one had not.
        to_undo: the handlers of what was done in the older one and can be undone.
    """

    old: Any
    new: Any
    moves: Moves
    own: dict[str, Any] = field(default_factory=dict)
    to_undo: list[str] = field(default_factory=list)
    forks: list[tuple[Token, set[str]]] = field(default_factory=list)
    replaced: set[tuple[str, str]] = field(default_factory=set)

    @property
    def there(self) -> Whereabouts:
        """Where elements are in it."""
        return Whereabouts(spec=self.new.spec, inner=self.new.top_workflow.subprocess_specs)

    def name(self, old: str) -> str:
        """The name in the newer version of a specification of the older one."""
        return moved_name(self.old.spec.process_id, old, self.moves)

    def known(self, data: dict[str, Any], loses: dict[str, Any]) -> dict[str, Any]:
        """The data of a token: without what ended with sub-processes that it left, with what is their own here."""
        found = {**data, **{name: value for name, value in loses.items() if value is not ABSENT}, **self.own}
        for name, value in loses.items():
            if value is ABSENT and name not in self.own:
                found.pop(name, None)
        return found


def under_fork(scope: Destination, spec: Any, parent: Token, task: Token | None = None) -> Token:
    """The token of the fork that arms the events on the border of an activity; made where there was none.

    Args:
        task: of the activity in the older version; None when it begins now.
    """
    if task is not None and index_of(task) is not None:
        return parent
    fork = scope.new.spec.task_specs.get(f"{spec.name}/fork")
    if fork is None or (parent.task_spec is fork and task is not None):
        if fork is not None and task is not None:
            had = task.parent.task_spec
            scope.forks.append((parent, {scope.name(each.name) for each in had.targets}))
        return parent
    made = Token(scope.new, fork, parent, COMPLETED)
    made.data, made.last_state_change = dict(parent.data), parent.last_state_change
    scope.forks.append((made, set()))
    return made


def wait_on(scope: Destination, task: Token, token: Token) -> None:
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


def arm(scope: Destination, adrift: dict[str, Token]) -> Iterator[Token]:
    """Let the events wait that the new drawing has on the border of an activity under way and the old one had not.

    Args:
        adrift: events that waited on the border of something else, by their names here; those that wait on are taken
            out.

    Yields:
        The tokens of those that begin to wait.
    """
    for token, had in scope.forks:
        waiting = {child.task_spec.name for child in token.children if child._state == WAITING}
        for event in token.task_spec.targets:
            happened = event.name in had and (token.id, event.name) not in scope.replaced
            if event.name == token.task_spec.main or event.name in waiting or happened:
                continue
            was = adrift.get(event.name)
            if was is not None and difference(was.task_spec, event) is None:
                _wait_elsewhere(scope, adrift.pop(event.name), token, event)
                continue
            child = token._add_child(event)
            with scope.new.top_workflow.script_engine.blamed(child):
                child.task_spec._update(child)
            yield child


def _wait_elsewhere(scope: Destination, task: Token, fork: Token, event: Any) -> None:
    """Let an event that is on the border of another activity now wait on with its date."""
    token = Token(scope.new, event, fork, WAITING, task.id)
    token.data, token.last_state_change = dict(fork.data), task.last_state_change
    token.internal_data = dict(task.internal_data)
    scope.new.top_workflow.event_manager.tasks[token.id] = token
    wait_on(scope, task, token)
