"""Walks a diagram from its start to its end with default answers: every task is done, every event happens when asked.

It shows that the drawing can come to an end, which ways it then went, and where it cannot. The engine is the real one;
what the drawing does not say is answered by `engine.sandbox.filling`.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from engine.errors import EngineError, Invalid, Phrase
from engine.sandbox.choosing import Walker
from engine.sandbox.filling import fill, ways
from engine.sandbox.flows import Way, walked_ways
from engine.spiff import Definitions, Specification, StepFailed, Workflow, compile_process, read_definitions

_FILE: Final = "drawing.bpmn"
#: After so many steps of a round events are let happen that nothing waits for: one may be the only way out of a loop.
_LONG: Final = 150
#: What becomes of a walk that begins more branches than end.
_ENDLESS: Final = ("process-does-not-start", "too-many-steps", "too-many-branches", "too-long", "too-slow")
#: More branches under way than this become more and more.
_BRANCHES: Final = 100


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
    drawn = _read(content)
    if drawn is None:
        missing = Phrase("there is no process in the file")
        stuck = Stuck(code="no-process", process_id="", element_id="", reason=missing)
        return Outcome(ended=False, stuck=(stuck,))
    tour = _Tour(content, limits, drawn)
    tour.walk_all(each.id for each in drawn.processes.values() if each.elements)
    endless = {each.process_id for each in tour.stuck if each.code in _ENDLESS}
    if endless:
        second = _Tour(content, limits, drawn, loose=True)
        second.walk_all(endless)
        tour.stuck = [each for each in tour.stuck if each.process_id not in endless] + second.stuck
        tour.walked |= second.walked
        tour.released += second.released
        tour.steps += second.steps
    return Outcome(
        ended=not tour.stuck, walked=frozenset(tour.walked), stuck=tuple(tour.stuck), released=tuple(tour.released),
        steps=tour.steps,
    )  # fmt: skip


def _read(content: bytes) -> Definitions | None:
    try:
        return read_definitions({_FILE: content})
    except Invalid as error:
        if error.code != "no-process":
            raise
        return None


class _Tour:
    """All walks of one diagram."""

    def __init__(self, content: bytes, limits: Limits, drawn: Definitions, *, loose: bool = False) -> None:
        filled = fill(content, loose=loose)
        self.definitions, self.limits, self.drawn = read_definitions({_FILE: filled}), limits, drawn
        self.walker = Walker(ways(filled), self.definitions)
        self.walked: set[Way] = set()
        self.stuck: list[Stuck] = []
        self.released: list[Way] = []
        self.steps = 0
        self._until = time.monotonic() + limits.seconds

    def walk_all(self, processes: Iterable[str]) -> None:
        """Walk these processes."""
        for process_id in processes:
            self.walk(process_id)

    def walk(self, process_id: str) -> None:
        """Walk one process as often as the limits say."""
        try:
            specification = compile_process(self.definitions, process_id)
        except EngineError as error:
            self._note(error.code, process_id, str(error.facts.get("element", "")), error.message)
            return
        for number in range(self.limits.rounds):
            if number and time.monotonic() > self._until:
                return
            self.walker.chosen.clear()
            self.walker.asked_here.clear()
            workflow = Workflow.start(specification, {}, self.walker, start_at=self._start(process_id, specification))
            passed = self._round(workflow, process_id, explore=number > 0)
            self.walked |= walked_ways(self.drawn, passed)

    def _start(self, process_id: str, specification: Specification) -> str | None:
        elements = self.definitions.processes[process_id].elements.values()
        first = {spec.name for spec in specification.process.start.targets}
        starts = [each.id for each in elements if each.kind == "startEvent" and each.id in first]
        return self.walker.rarest(starts) if len(starts) > 1 else None

    def _round(self, workflow: Workflow, process_id: str, *, explore: bool) -> list[Any]:
        passed: list[Any] = []
        try:
            for step in range(self.limits.steps):
                workflow.advance(self.limits.automatic)
                passed += workflow.recorded()
                if workflow.is_completed:
                    return passed
                if time.monotonic() > self._until:
                    break
                if step % 10 == 9 and sum(each.count for each in workflow.tokens()) > _BRANCHES:
                    self._note("too-many-branches", process_id, *self._where(workflow))
                    return passed
                if not self._act(workflow, explore=explore, leave=step >= _LONG and step % 10 == 0):
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

    def _act(self, workflow: Workflow, *, explore: bool, leave: bool) -> bool:
        """Do one thing that somebody or the world could do; say whether there was any.

        Args:
            explore: events that did not happen yet happen first.
            leave: so does any event on a border.
        """
        messages = {each.id: each for each in workflow.waiting_messages()}
        borders = {
            key: each.element_id
            for key, each in messages.items()
            if self._kind(each.process_id, each.element_id) in ("boundaryEvent", "startEvent")
        }
        fresh = [key for key, element in borders.items() if not self.walker.taken[element]]
        tasks = workflow.open_tasks()
        if (explore or leave) and fresh:
            return self._send(workflow, fresh[0], borders[fresh[0]])
        if tasks and not (leave and borders):
            workflow.complete(tasks[0].id, {})
            return True
        events = {key: each.element_id for key, each in messages.items() if key not in borders}
        for waiting in (borders, events) if leave else (events, borders):
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
