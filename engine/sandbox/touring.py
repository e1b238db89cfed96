"""Walks a diagram from its start to its end with default answers: every task is done, every event happens when asked.

It shows that the drawing can come to an end, which ways it then went, and where it cannot. The engine is the real one;
what the drawing does not say is answered by `engine.sandbox.filling`.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from engine.errors import EngineError, Invalid, Phrase
from engine.sandbox.filling import WAY_TAKEN, fill, ways
from engine.sandbox.flows import Way, walked_ways
from engine.spiff import Definitions, ServiceCall, StepFailed, Workflow, compile_process, read_definitions

_FILE: Final = "drawing.bpmn"
#: Any moment will do: nothing of a walked drawing looks at it.
_NOW: Final = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long something is played.

    Args:
        steps: what people and the world outside do, of one round.
        seconds: of all rounds.
        rounds: how often each process is walked; later rounds go where the earlier ones did not.
        automatic: steps of the engine between two of a person.
    """

    steps: int = 400
    seconds: float = 20.0
    rounds: int = 1
    automatic: int = 2_000


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """Why something did not come to its end.

    Args:
        code: stable kebab-case name.
        process_id, element_id: where; "" when no element is to blame.
        reason: a sentence.
    """

    code: str
    process_id: str
    element_id: str
    reason: Phrase


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What playing came to.

    Args:
        ended: everything that was begun came to its end.
        walked: (process, flow) and (process, timer event) that were used.
        stuck: why it did not end.
        released: (process, join) that waited in vain and were let go.
        steps: what people and the world outside did.
        outcomes: the end states that were reached, of a package's main process.
    """

    ended: bool
    walked: frozenset[Way] = frozenset()
    stuck: tuple[Stuck, ...] = ()
    released: tuple[Way, ...] = ()
    steps: int = 0
    outcomes: tuple[str, ...] = ()


def play_diagram(content: bytes, limits: Limits = Limits()) -> Outcome:
    """Play every process of a diagram to its end with default answers.

    Args:
        content: BPMN 2.0, as `engine.importing` normalises it; what it lacks is answered by default.

    Raises:
        Invalid: it is no diagram.
    """
    filled = fill(content)
    try:
        definitions, asked = read_definitions({_FILE: filled}), ways(filled)
    except Invalid as error:
        if error.code != "no-process":
            raise
        return Outcome(ended=False, stuck=(Stuck(code=error.code, process_id="", element_id="",
                                                 reason=Phrase("there is no process in the file")),))  # fmt: skip
    tour = _Tour(definitions, asked, limits, read_definitions({_FILE: content}))
    for process in definitions.processes.values():
        if process.elements:
            tour.walk(process.id)
    return Outcome(
        ended=not tour.stuck, walked=frozenset(tour.walked), stuck=tuple(tour.stuck), released=tuple(tour.released),
        steps=tour.steps,
    )  # fmt: skip


@dataclass
class _Walker:
    """The host of a walk: it says which way is taken, the one least taken so far."""

    asked: Mapping[str, list[str]]
    exclusive: frozenset[str]
    taken: Counter[str] = field(default_factory=Counter)
    chosen: dict[str, str] = field(default_factory=dict)

    def now(self) -> datetime:
        return _NOW

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        return {WAY_TAKEN: self.way_taken}

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        return None

    def perform(self, call: ServiceCall) -> Mapping[str, Any] | None:
        return None

    def way_taken(self, element: str, flow: str) -> bool:
        """Is this flow taken? A choice holds until nobody asks any more: after the last flow, and where only one is
        taken, after that."""
        flows = self.asked[element]
        if element not in self.chosen:
            self.chosen[element] = self.rarest(flows)
        taken = self.chosen[element] == flow
        if flow == flows[-1] or (taken and element in self.exclusive):
            del self.chosen[element]
        return taken

    def rarest(self, options: list[str]) -> str:
        """Return the option that was taken least often, the first of several, and count it."""
        found = min(options, key=lambda option: self.taken[option])
        self.taken[found] += 1
        return found


class _Tour:
    """All walks of one diagram."""

    def __init__(
        self, definitions: Definitions, asked: Mapping[str, list[str]], limits: Limits, drawn: Definitions
    ) -> None:
        self.definitions, self.limits, self.drawn = definitions, limits, drawn
        self.walker = _Walker(asked, _exclusive(definitions))
        self.walked: set[Way] = set()
        self.stuck: list[Stuck] = []
        self.released: list[Way] = []
        self.steps = 0
        self._until = time.monotonic() + limits.seconds

    def walk(self, process_id: str) -> None:
        """Walk one process as often as the limits say."""
        try:
            specification = compile_process(self.definitions, process_id)
        except EngineError as error:
            self._note(error.code, process_id, "", error.message)
            return
        for number in range(self.limits.rounds):
            if number and time.monotonic() > self._until:
                return
            self.walker.chosen.clear()
            start = self._start(process_id)
            workflow = Workflow.start(specification, {}, self.walker, start_at=start)
            passed = self._round(workflow, process_id, explore=number > 0)
            self.walked |= walked_ways(self.drawn, passed)

    def _start(self, process_id: str) -> str | None:
        elements = self.definitions.processes[process_id].elements.values()
        starts = [each.id for each in elements if each.kind == "startEvent" and each.parent_id is None]
        return self.walker.rarest(starts) if len(starts) > 1 else None

    def _round(self, workflow: Workflow, process_id: str, *, explore: bool) -> list[Any]:
        passed: list[Any] = []
        try:
            for _ in range(self.limits.steps):
                workflow.advance(self.limits.automatic)
                passed += workflow.recorded()
                if workflow.is_completed:
                    return passed
                if time.monotonic() > self._until:
                    break
                if not self._act(workflow, explore=explore):
                    self._note("nothing-to-do", process_id, *self._where(workflow))
                    return passed
                self.steps += 1
            else:
                self._note("too-long", process_id, "", Phrase("it had not ended after {steps} steps",
                                                              steps=self.limits.steps))  # fmt: skip
                return passed
            self._note("too-slow", process_id, "", Phrase("it had not ended after {seconds} seconds",
                                                          seconds=self.limits.seconds))  # fmt: skip
        except StepFailed as failure:
            self._note(failure.code, failure.process_id, failure.element_id, failure.reason)
        return [*passed, *workflow.recorded()]

    def _act(self, workflow: Workflow, *, explore: bool) -> bool:
        """Do one thing that somebody or the world could do; say whether there was any."""
        messages = {each.id: each for each in workflow.waiting_messages()}
        borders = {
            key: each.element_id
            for key, each in messages.items()
            if self._kind(each.process_id, each.element_id) in ("boundaryEvent", "startEvent")
        }
        fresh = [key for key, element in borders.items() if not self.walker.taken[element]]
        tasks = workflow.open_tasks()
        if explore and fresh:
            return self._send(workflow, fresh[0], borders[fresh[0]])
        if tasks:
            workflow.complete(tasks[0].id, {})
            return True
        events = {key: each.element_id for key, each in messages.items() if key not in borders}
        for waiting in (events, borders):
            if waiting:
                key = min(waiting, key=lambda each: self.walker.taken[waiting[each]])
                return self._send(workflow, key, waiting[key])
        return self._release(workflow)

    def _send(self, workflow: Workflow, key: str, element: str) -> bool:
        self.walker.taken[element] += 1
        workflow.receive(key)
        return True

    def _release(self, workflow: Workflow) -> bool:
        joins = workflow.waiting_joins()
        if joins:
            self.released.append((joins[0].process_id, joins[0].element_id))
            workflow.release(joins[0].element_id)
        return bool(joins)

    def _kind(self, process_id: str, element_id: str) -> str:
        return self.definitions.processes[process_id].elements[element_id].kind

    def _where(self, workflow: Workflow) -> tuple[str, Phrase]:
        tokens = workflow.tokens()
        standing = ", ".join(sorted({each.element_id for each in tokens}))
        reason = Phrase("nobody and nothing can go on; tokens stand at {elements}", elements=standing or "-")
        return (tokens[0].element_id if tokens else ""), reason

    def _note(self, code: str, process_id: str, element_id: str, reason: str) -> None:
        said = reason if isinstance(reason, Phrase) else Phrase("{reason}", reason=str(reason))
        self.stuck.append(Stuck(code=code, process_id=process_id, element_id=element_id, reason=said))


def _exclusive(definitions: Definitions) -> frozenset[str]:
    return frozenset(
        element.id
        for process in definitions.processes.values()
        for element in process.elements.values()
        if element.kind == "exclusiveGateway"
    )
