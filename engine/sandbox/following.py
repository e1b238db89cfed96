"""A recorded case is done again in a sandbox: the same people do the same tasks at the same times."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from engine.errors import EngineError, Invalid, Phrase
from engine.sandbox.answers import Answers
from engine.sandbox.looking import State, Task, look, reason_of_incident
from engine.sandbox.people import actor_of
from engine.sandbox.playing import refused
from engine.sandbox.recorded import Happening, Recorded
from engine.sandbox.running import Run
from engine.sandbox.waiting import Moment, moments
from engine.tasks.models import WorkItem

#: Two timers that are due so close together are the same one.
_SAME: Final = timedelta(seconds=2)
#: Timers that fire between two things that people do.
_MOST: Final = 60


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What a case would meet that was followed.

    Args:
        code: `task-gone`, `form-refuses`, `offer-gone`, `step-fails`, `not-filed`.
        element_id: where.
    """

    code: str
    element_id: str
    sentence: Phrase


@dataclass(kw_only=True)
class Followed:
    """How a case stands that was followed.

    Args:
        waits: ids of the elements at which it waits.
        clocks: name → the dates by which its clocks of that name were due at first, in the order of their start.
    """

    state: str = "running"
    waits: tuple[str, ...] = ()
    clocks: Mapping[str, list[datetime]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def follow(run: Run, recorded: Recorded, *, until: datetime) -> Followed:
    """Do a recorded case again, and return how it then stands.

    Args:
        run: in which nothing was done.
        until: the present, up to which time passes.
    """
    follower = _Follower(run, recorded)
    try:
        run.box.start(recorded.matter)
    except EngineError as error:
        follower.note("not-filed", "", Phrase("The matter cannot be filed: {reason}", reason=refused(error)))
        return follower.found
    for happening in recorded.happenings:
        follower.pass_time(happening.at)
        follower.do(happening)
        if look(run.box).ended is not None:
            break
    follower.pass_time(until)
    return follower.finish()


class _Follower:
    def __init__(self, run: Run, recorded: Recorded) -> None:
        self.box, self.recorded = run.box, recorded
        self.found = Followed()
        self.answers = Answers()

    def note(self, code: str, element: str, sentence: Phrase) -> None:
        self.found.problems.append(Problem(code=code, element_id=element, sentence=sentence))

    # ---- time

    def pass_time(self, until: datetime) -> None:
        """Let timers fire that fired then, and those that are new in the diagram when they are due."""
        for _ in range(_MOST):
            with self.box.sessions() as session:
                due = sorted(
                    (when, each.label, each)
                    for each in moments(session)
                    if each.kind == "timer" and (when := self._fires_at(each)) is not None and when <= until
                )
                if not due:
                    break
                moment, _, timer = due[0]
                self.box.now = max(self.box.now, moment, timer.due_at)
                self.box.runtime.fire_timer(session, timer.id, self.box.now)
        self.box.now = max(self.box.now, until)

    def _fires_at(self, moment: Moment) -> datetime | None:
        """When a timer fires: as the recorded one did; one that is new, when it is due. None: it did not."""
        for alarm in self.recorded.alarms:
            if alarm.element_id == moment.element_id and abs(alarm.due_at - moment.due_at) <= _SAME:
                return alarm.fired_at
        return moment.due_at

    # ---- people

    def do(self, happening: Happening) -> None:
        """Do what was done then."""
        state = look(self.box)
        if happening.kind == "offer":
            self._take(state, happening)
            return
        task = _task(state, happening)
        if task is None:
            self.note("task-gone", happening.element_id, Phrase(
                "{element} was done on {day}; it does not wait there any more.", element=happening.element_id,
                day=happening.at.date().isoformat(),
            ))  # fmt: skip
            return
        submitted = self._entered(task, happening)
        if submitted is not None:
            self._complete(task, submitted, happening)

    def _entered(self, task: Task, happening: Happening) -> dict[str, Any] | None:
        """What was entered then; where the form refuses it, with default answers beside."""
        if task.form is None:
            return {}
        known = dict(happening.data) if happening.data is not None else self.recorded.known(task.form)
        values = task.form.initial({**task.data, **known}, now=self.box.now)
        try:
            task.form.load(values, task.data, now=self.box.now)
        except Invalid as error:
            self.note("form-refuses", task.element_id, Phrase(
                "The form of {element} refuses what was entered: {fields}", element=task.element_id,
                fields=", ".join(sorted(error.facts.get("fields", {}))),
            ))  # fmt: skip
            try:
                return self.answers.answer(task.form, task.data, now=self.box.now, known=known)
            except Invalid:
                return None
        return values

    def _complete(self, task: Task, submitted: Mapping[str, Any], happening: Happening) -> None:
        try:
            with self.box.sessions() as session:
                item = session.get_one(WorkItem, task.id)
                actor = actor_of(session, item, happening.staff_id)
                self.box.runtime.complete(session, task.id, submitted, actor=actor, now=self.box.now)
        except EngineError as error:
            self._failed(task.element_id, error)

    def _take(self, state: State, happening: Happening) -> None:
        event = next((each for each in state.events if each.waiting.element_id == happening.element_id), None)
        if event is None:
            self.note("offer-gone", happening.element_id, Phrase(
                "{element} was taken up on {day}; it is not offered there any more.", element=happening.element_id,
                day=happening.at.date().isoformat(),
            ))  # fmt: skip
            return
        try:
            known = self.recorded.known(event.form) if event.form is not None else {}
            data = (
                self.answers.answer(event.form, event.waiting.data, now=self.box.now, known=known) if event.form else {}
            )
            self.box.send(event.instance_id, event.waiting, data)
        except EngineError as error:
            self._failed(happening.element_id, error)

    def _failed(self, element: str, error: EngineError) -> None:
        reason: Phrase = refused(error)
        if error.code == "step-failed":
            incidents = look(self.box).incidents
            element = incidents[-1].element_id if incidents else element
            reason = reason_of_incident(incidents[-1]) if incidents else reason
        sentence = Phrase("At {element} the case cannot go on: {reason}", element=element, reason=reason)
        self.note("step-fails", element, sentence)

    # ---- the end

    def finish(self) -> Followed:
        """Return how it stands."""
        state = look(self.box)
        own = [each for each in state.clocks if each.case_id == self.box.case_id]
        clocks: dict[str, list[datetime]] = {}
        for clock in own:
            clocks.setdefault(clock.name, []).append(clock.original_due_at)
        self.found.state = state.ended or "running"
        self.found.waits = tuple(sorted(Counter(task.element_id for task in state.tasks).elements()))
        self.found.clocks = clocks
        return self.found


def _task(state: State, happening: Happening) -> Task | None:
    """The open task that was done then: of the same place, else the only one of its element."""
    found = [each for each in state.tasks if each.element_id == happening.element_id]
    exact = [each for each in found if happening.where in (each.unit, each.party, each.role)]
    return next(iter(exact or found), None)
