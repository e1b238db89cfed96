"""Moving a running process to another version of its diagram: every token goes to the element that stands for its own.

The tree of tokens is copied onto the specifications of the other version, so that what was done, the data of every
branch, the counts of several instances and the dates of timers stay what they are. What is only armed follows the new
drawing: an event that it adds to an activity under way begins to wait, one that it lacks waits no longer. So do
sub-processes: one that it has around what is under way is opened, one that it lacks is left. A token whose element is
gone is an obstacle, and so is a join that could never go on; then nothing is moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Conflict, Phrase
from engine.spiff.arming import Destination, arm, under_fork, wait_on
from engine.spiff.environment import Environment
from engine.spiff.execution import Execution, Inside
from engine.spiff.likeness import difference
from engine.spiff.moves import Moves
from engine.spiff.obstacles import element_of, gone, joins_in_vain, name_of, parted, shut, unlike
from engine.spiff.ports import Host
from engine.spiff.regrouping import Branch, regroup
from engine.spiff.specification import Specification
from engine.spiff.specs.activities import Call, SubProcess
from engine.spiff.specs.control import Fork
from engine.spiff.specs.events import BoundaryEvent, Catching
from engine.spiff.specs.token import COMPLETED, OPEN, READY, STARTED, WAITING, Token
from engine.spiff.views import Waited
from engine.spiff.whereabouts import Inwards, Whereabouts, held_by, moved_remains, relocated


@dataclass(kw_only=True)
class Outcome:
    """What moving a process came to.

    Args:
        obstacles: why it cannot be moved, each with the facts `element`, `process` and `name`; then `execution` must
            not be used.
        dropped: events on borders that are waited for no longer.
        armed: events that are waited for from now on.
        entered: sub-processes that what is under way is in from now on.
        left: sub-processes that what is under way is in no longer.
    """

    execution: Execution
    moves: Moves
    obstacles: list[Conflict] = field(default_factory=list)
    dropped: list[Waited] = field(default_factory=list)
    armed: list[Waited] = field(default_factory=list)
    entered: list[Waited] = field(default_factory=list)
    left: list[Waited] = field(default_factory=list)
    #: (id of the sub-process or call around, or "", name) → ids of sub-processes that were opened there
    _opened: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    #: events on borders that the newer version does not have there, by their names in it
    _adrift: dict[str, Token] = field(default_factory=dict)

    def moved_way(self, way: Sequence[tuple[str, str, int | None]]) -> list[tuple[str, str, int | None]] | None:
        """Return a way as in `Trail`, in the newer version; None when it leads nowhere there."""
        top = self.execution
        steps = relocated([name for _, name, _ in way], top.spec, top.subprocess_specs, self.moves)
        if steps is None:
            return None
        found: list[tuple[str, str, int | None]] = []
        for _, name, position in steps:
            opened = self._opened.get((found[-1][0] if found else "", name), [])
            if position is not None:
                found.append((way[position][0], name, way[position][2]))
            else:  # of several, or none, it cannot be said that it is this one
                found.append((opened[0] if len(opened) == 1 else "", name, None))
        return found

    def note_opened(self, token: Token) -> None:
        """Keep that a sub-process was opened."""
        around = getattr(token.workflow, "parent_task", None)
        self._opened.setdefault((around.id if around is not None else "", token.task_spec.name), []).append(token.id)
        if token.task_spec.about is not None:
            self.entered.append(_waited(token, token.task_spec))


def migrate(old: Execution, specification: Specification, host: Host, moves: Moves) -> Outcome:
    """Copy a process onto another version of its diagram; the old one is left as it is."""
    made = Execution(specification.process, dict(specification.inner), Environment(host))
    made.prefix, made.number, made.moment = old.prefix, old.number, old.moment
    made.endings = list(old.endings)
    made.remains = moved_remains(old.remains, made.spec, made.subprocess_specs, moves)
    outcome = Outcome(execution=made, moves=moves)
    scopes = _copy(Destination(old=old, new=made, moves=moves), {}, outcome)
    for scope in scopes:
        outcome.armed += [_waited(token, token.task_spec) for token in arm(scope, outcome._adrift)]
    outcome.dropped += [_waited(task, task.task_spec) for task in outcome._adrift.values()]
    for scope in scopes:
        outcome.obstacles += joins_in_vain(scope.new)
    if not outcome.obstacles:
        for scope in scopes:
            scope.new.update_waiting_tasks()
    return outcome


def _copy(scope: Destination, loses: dict[str, Any], outcome: Outcome) -> list[Destination]:
    """Copy the tokens of a scope, and of the scopes in it; return all of them."""
    old, new, found = scope.old, scope.new, [scope]
    new.data, new.completed, new.final_data, new.terminated = old.data, old.completed, old.final_data, old.terminated
    homes: dict[Branch, Destination] = {}
    shared: dict[Inwards, Destination] = {}
    for branch in regroup(old, scope.there, scope.moves, loses):
        above, home, parent = branch.above, scope, None
        if above is not None:
            home, parent = homes[above], above.token
        if above is not None and parent is not None and len(branch.within) > len(above.within):
            # what parted at the beginning of the scope parts at the beginning of the sub-process
            known = shared.get(branch.within) if above.above is None else None
            opened = [] if known is not None else _enter(home, above, branch, outcome)
            found += opened
            entered = opened[-1] if opened else known
            home, parent = (entered, entered.new.task_tree) if entered is not None else (home, None)
            if entered is not None and above.above is None:
                shared[branch.within] = entered
        homes[branch] = home
        if above is None or parent is not None:
            branch.token = _place(home, branch, parent, outcome)
            found += _copy_inside(home, branch, outcome)
    new.task_tree = next(iter(new.tasks.values()))
    new.last_task = new.tasks.get(old.last_task.id) if old.last_task is not None else None
    return found


def _enter(home: Destination, above: Branch, branch: Branch, outcome: Outcome) -> list[Destination]:
    """Open the sub-processes that a branch is in from now on; none where one of them cannot be opened."""
    way = branch.within[len(above.within) :]
    barrier = home.there.barrier(way)
    if barrier is not None:
        outcome.obstacles.append(shut(branch.task, barrier))
        return []
    opened: list[Destination] = []
    hung = above.token
    for name in way:
        spec = home.new.spec.task_specs[name]
        assert hung is not None
        token = Token(home.new, spec, under_fork(home, spec, hung))
        with home.new.top_workflow.script_engine.blamed(token):
            inside = home.new.top_workflow.open_inside(token, spec.opened(token))
        token._set_state(STARTED)
        outcome.note_opened(token)
        own = {exchange.target.partition(".")[0] for exchange in spec.takes}
        known = {name: token.data[name] for name in own if name in token.data}
        _note_undoing(inside, home.to_undo)
        home = Destination(
            old=home.old, new=inside, moves=home.moves, own={**home.own, **known}, to_undo=list(home.to_undo)
        )
        opened.append(home)
        hung = inside.task_tree
    return opened


def _copy_inside(home: Destination, branch: Branch, outcome: Outcome) -> list[Destination]:
    """Copy what goes on in a sub-process or call."""
    token, task = branch.token, branch.task
    if branch.left:
        if task.task_spec.about is not None:
            outcome.left.append(_waited(task, task.task_spec))
        return []
    inside = home.old.top_workflow.subprocesses.get(task.id)
    if token is None or inside is None or inside.completed or not isinstance(token.task_spec, SubProcess):
        return []
    top = home.new.top_workflow
    opened = top.subprocesses[token.id] = Inside(top.subprocess_specs[token.task_spec.spec], token, top)
    called = isinstance(token.task_spec, Call)
    made = Destination(old=inside, new=opened, moves=home.moves, own={} if called else home.own)
    return _copy(made, {} if called else branch.loses, outcome)


def _place(scope: Destination, branch: Branch, parent: Token | None, outcome: Outcome) -> Token | None:
    """Copy one token; None when it is dropped, or stands in the way."""
    task = branch.task
    spec = scope.new.spec.task_specs.get(branch.name)
    if branch.parted is not None:
        way = (branch.home or ())[len(branch.within) :]
        outcome.obstacles.append(parted(branch.parted.task, scope.there.last_of(way)))
    if branch.left or not task._state & OPEN:
        # what is done only carries data, whatever has become of its element
        return _carry(scope, branch, spec or _stand_in(scope, branch), parent)
    on_border = isinstance(task.task_spec, BoundaryEvent)
    different = difference(task.task_spec, spec) if spec is not None else Phrase("")
    if spec is not None and different is None and not (on_border and not _hangs_on(parent, spec)):
        return _take_over(scope, branch, spec, parent)
    if not on_border:
        outcome.obstacles.append(gone(task) if spec is None else unlike(task, branch.name, different))
        return None
    outcome._adrift[branch.name] = task
    if spec is not None and parent is not None:
        scope.replaced.add((parent.id, spec.name))
    return None


def _hangs_on(parent: Token | None, event: Any) -> bool:
    return parent is not None and isinstance(parent.task_spec, Fork) and event in parent.task_spec.targets


def _stand_in(scope: Destination, branch: Branch) -> Any:
    """What a finished token stands at whose element is not in its scope.

    A join asks where its tokens came from: out of a sub-process that is around the element now, or from the element
    in which a sub-process ended that is no more.
    """
    specs = scope.new.spec.task_specs
    if branch.home is not None and len(branch.home) > len(branch.within):
        return specs[branch.home[len(branch.within)]]
    inner = scope.old.top_workflow.subprocess_specs
    held = held_by(branch.task.task_spec, inner)
    known = Whereabouts(spec=held, inner=inner).names if held is not None else ()
    last = scope.there.exit_of({scope.name(name) for name in known})
    return last or scope.new.spec.start


def _carry(scope: Destination, branch: Branch, spec: Any, parent: Token | None) -> Token:
    task = branch.task
    state = COMPLETED if branch.left else task._state
    token = Token(scope.new, spec, parent, state, task.id)
    token.data, token.last_state_change = scope.known(task.data, branch.loses), task.last_state_change
    token.internal_data = dict(task.internal_data)
    done = [scope.name(handler) for handler in token.internal_data.pop("to_undo", ())]
    scope.to_undo += done
    _note_undoing(scope.new, done)
    return token


def _note_undoing(new: Any, handlers: list[str]) -> None:
    """Keep what can be undone at the root of the scope that its handlers are in."""
    known = [name for name in handlers if name in new.spec.task_specs]
    if known:
        root = next(iter(new.tasks.values())).internal_data
        root["to_undo"] = [*root.get("to_undo", ()), *known]


def _take_over(scope: Destination, branch: Branch, spec: Any, parent: Token | None) -> Token:
    task = branch.task
    if parent is not None and not isinstance(task.task_spec, BoundaryEvent):
        parent = under_fork(scope, spec, parent, task)
    token = _carry(scope, branch, spec, parent)
    if task._state == WAITING:
        if spec.joins:
            scope.new.joining[token.id] = token
        elif isinstance(spec, Catching):
            scope.new.top_workflow.event_manager.tasks[token.id] = token
            wait_on(scope, task, token)
    elif task._state == READY:
        scope.new.top_workflow.became_ready(token)
    return token


def _waited(task: Token, spec: Any) -> Waited:
    return Waited(
        task_id=task.id, element_id=element_of(spec), process_id=task.workflow.spec.process_id, name=name_of(spec)
    )
