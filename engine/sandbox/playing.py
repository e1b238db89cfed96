"""Plays what it is given to its end, with default answers."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from engine.cases.kinds import start_context, start_form
from engine.definitions import Package
from engine.definitions.models import ProcessVersion
from engine.errors import EngineError, Invalid, Phrase
from engine.sandbox.answers import Answers
from engine.sandbox.box import Matter
from engine.sandbox.district import District
from engine.sandbox.flows import Way
from engine.sandbox.looking import Event, Task, reason_of_incident
from engine.sandbox.running import Run
from engine.sandbox.touring import Limits, Outcome, Stuck, play_diagram

#: When a package is played that nobody plays at a moment of their own: a Monday morning.
BEGINS_AT: Final = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
#: A form that a rule of its step refuses is answered otherwise so often.
_TRIES: Final = 6
_DEFAULTS: Final = Limits()


def play_to_end(
    what: bytes | Package, limits: Limits = _DEFAULTS, *, district: District | None = None,
    others: Iterable[ProcessVersion] = (),
) -> Outcome:  # fmt: skip
    """Play a diagram or a package to its end with default answers.

    Args:
        what: a BPMN 2.0 diagram, as `engine.importing` normalises it, of which every process is played; or a package,
            which is played on the whole engine, forms, deadlines and notices included.
        district: where a package is played; None for an invented one.
        others: versions of other processes that a package may call for.

    Raises:
        Invalid: it is no diagram, or the package cannot be compiled.
    """
    if isinstance(what, bytes):
        return play_diagram(what, limits)
    return Player(what, limits, district, tuple(others)).play()


class Player:
    """Plays a package, round after round; later rounds go where the earlier ones did not."""

    def __init__(
        self, package: Package, limits: Limits = _DEFAULTS, district: District | None = None,
        others: tuple[ProcessVersion, ...] = (), now: datetime = BEGINS_AT,
    ) -> None:  # fmt: skip
        self.package, self.limits, self.district, self.others, self.now = package, limits, district, others, now
        self.answers = Answers()
        self.walked: set[Way] = set()
        self.stuck: list[Stuck] = []
        self.released: list[Way] = []
        self.outcomes: list[str] = []
        self.sent: Counter[str] = Counter()
        self.steps = 0
        self._until = time.monotonic() + limits.seconds

    def play(self) -> Outcome:
        """Play every round."""
        for number in range(self.limits.rounds):
            if number and time.monotonic() > self._until:
                break
            run = Run(self.package, now=self.now, district=self.district, others=self.others)
            try:
                self.play_run(run, explore=number > 0)
            finally:
                self.walked |= run.walked
                run.close()
        return Outcome(
            ended=not self.stuck, walked=frozenset(self.walked), stuck=tuple(self.stuck),
            released=tuple(self.released), steps=self.steps, outcomes=tuple(self.outcomes),
        )  # fmt: skip

    def play_run(self, run: Run, *, explore: bool = False) -> None:
        """Play one matter to its end, from where it stands."""
        try:
            if run.box.case_id is None:
                run.start(default_matter(run, self.answers))
            for _ in range(self.limits.steps):
                if run.state.ended is not None:
                    self.outcomes.append(run.state.ended)
                    return
                if run.state.incidents:
                    incident = run.state.incidents[0]
                    self._note(incident.code, incident.process_id, incident.element_id, reason_of_incident(incident))
                    return
                if time.monotonic() > self._until:
                    self._note("too-slow", "", "", Phrase("it had not ended after {seconds} seconds",
                                                          seconds=self.limits.seconds))  # fmt: skip
                    return
                if not self._act(run, explore=explore):
                    return
                self.steps += 1
            self._note("too-long", "", "", Phrase("it had not ended after {steps} steps", steps=self.limits.steps))
        except EngineError as error:
            self._note(error.code, "", "", error.message)

    def _act(self, run: Run, *, explore: bool) -> bool:
        """Do one thing; say whether there was any that could be done."""
        state = run.state
        fresh = [each for each in state.events if each.offered and not self.sent[each.waiting.element_id]]
        timers = [each for each in state.moments if each.kind == "timer"]
        unwalked = [each for each in timers if (each.process_id, each.element_id) not in self.walked | run.walked]
        if explore and unwalked and self.steps % 2:
            run.wait_for(unwalked[0].id)
        elif explore and fresh and not self.steps % 3:
            return self._send(run, fresh[0])
        elif state.tasks:
            return self._answer(run, state.tasks[0])
        elif state.moments:
            run.wait_next()
        elif state.events:
            return self._send(run, min(state.events, key=lambda each: self.sent[each.waiting.element_id]))
        elif state.joins:
            self.released.append((state.joins[0].process_id, state.joins[0].element_id))
            run.release(state.joins[0].element_id)
        else:
            self._note("nothing-to-do", "", "", Phrase("nobody and nothing can go on"))
            return False
        return True

    def _answer(self, run: Run, task: Task) -> bool:
        for attempt in range(_TRIES):
            try:
                data = self.answers.answer(task.form, task.data, now=run.box.now) if task.form is not None else {}
                run.answer(task, data)
            except Invalid as error:
                if attempt + 1 < _TRIES and error.code == "check-failed":
                    continue
                self._note(error.code, task.process_id, task.element_id, refused(error))
                return False
            return True
        return False

    def _send(self, run: Run, event: Event) -> bool:
        waiting = event.waiting
        self.sent[waiting.element_id] += 1
        try:
            run.send(event, self.answers.answer(event.form, waiting.data, now=run.box.now) if event.form else {})
        except EngineError as error:
            self._note(error.code, waiting.process_id, waiting.element_id, refused(error))
            return False
        return True

    def _note(self, code: str, process_id: str, element_id: str, reason: Phrase) -> None:
        self.stuck.append(Stuck(code=code, process_id=process_id, element_id=element_id, reason=reason))


def default_matter(run: Run, answers: Answers) -> Matter:
    """Return an invented matter of the process, with its start form answered by default.

    Raises:
        Invalid: no default answer was found for the start form.
    """
    box, form = run.box, start_form(run.box.version)
    start = {}
    if form is not None:
        with box.sessions() as session:
            context = start_context(session, box.district.jurisdiction)
        start = answers.answer(form, context, now=box.now)
    return Matter(start=start, parties=box.default_parties())


def refused(error: EngineError) -> Phrase:
    """Return what an error says, with the fields that it names."""
    fields = error.facts.get("fields")
    if not fields:
        return error.message
    named = "; ".join(f"{name}: {' '.join(map(str, said))}" for name, said in sorted(fields.items()))
    return Phrase("{reason} ({fields})", reason=error.message, fields=named)
