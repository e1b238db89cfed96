"""A run in a sandbox: every step is made on the engine and written down."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from engine.definitions import Package
from engine.definitions.models import ProcessVersion
from engine.errors import Conflict, Invalid, NotFound
from engine.sandbox.box import Matter, Sandbox
from engine.sandbox.district import District, invented
from engine.sandbox.flows import Way, walked_ways
from engine.sandbox.looking import Event, State, Task, look
from engine.sandbox.recording import MAX_STEPS, End, Scenario, Step
from engine.sandbox.waiting import Moment, pass_to_next, pass_until, pass_until_timer

#: One run has at most so many steps: what a person plays by hand is far shorter.
_MOST: Final = MAX_STEPS


class Run:
    """One matter played from its filing, with everything that was done.

    Args:
        district: None for the invented one.
        others: versions of other processes that this one may call for.
        image: see `Sandbox`.
    """

    def __init__(
        self, package: Package, *, now: datetime, district: District | None = None,
        others: tuple[ProcessVersion, ...] = (), image: bytes | None = None,
    ) -> None:  # fmt: skip
        self.given, self.began_at = district, now
        self.box = Sandbox(package, district or invented(package), now=now, others=others, image=image)
        self.matter = Matter()
        self.steps: list[Step] = []
        self._state: State | None = None

    def close(self) -> None:
        """Forget everything."""
        self.box.close()

    # ---- looking

    @property
    def state(self) -> State:
        """How it stands."""
        if self._state is None:
            self._state = look(self.box)
        return self._state

    @property
    def walked(self) -> set[Way]:
        """The flows and timers of the package that were used."""
        return walked_ways(self.box.version.definitions, self.box.passed)

    def task(self, element: str, where: str = "", nth: int = 0) -> Task:
        """Return an open task; the first where there are not so many.

        Raises:
            NotFound: there is none.
        """
        found = [task for task in self.state.tasks if task.element_id == element]
        exact = [task for task in found if where and where in (task.unit, task.party, task.role)]
        if not found or (where and not exact and len(found) > 1):
            raise NotFound(
                "sandbox-no-task", "“{element}” does not wait there; waiting are: {waiting}.", element=element,
                waiting=", ".join(self.state.said) or "-",
            )  # fmt: skip
        alike = exact or found
        return alike[nth] if nth < len(alike) else alike[0]

    def event(self, element: str, nth: int = 0) -> Event:
        """Return an event that is waited for; the first where there are not so many.

        Raises:
            NotFound: there is none.
        """
        found = [each for each in self.state.events if each.waiting.element_id == element]
        if found:
            return found[nth] if nth < len(found) else found[0]
        raise NotFound(
            "sandbox-no-event", "The event “{element}” is not waited for there; waited for are: {waiting}.",
            element=element, waiting=", ".join(each.waiting.element_id for each in self.state.events) or "-",
        )  # fmt: skip

    # ---- doing

    def start(self, matter: Matter) -> None:
        """File the matter.

        Raises:
            EngineError: see `Sandbox.start`.
        """
        self.box.start(matter)
        self.matter, self._state = matter, None

    def answer(self, task: Task, submitted: Mapping[str, Any]) -> None:
        """Complete a task.

        Raises:
            EngineError: see `Sandbox.answer`; nothing was changed.
        """
        self._make(
            lambda: self.box.answer(task.id, submitted),
            do="answer", process=task.process_id, element=task.element_id,
            where=task.where, nth=task.nth, data=submitted,
        )  # fmt: skip

    def send(self, event: Event, submitted: Mapping[str, Any]) -> None:
        """Let an event happen.

        Raises:
            EngineError: see `Sandbox.send`; nothing was changed.
        """
        waiting = event.waiting
        self._make(
            lambda: self.box.send(event.instance_id, waiting, submitted),
            do="send", process=waiting.process_id, element=waiting.element_id, nth=event.nth, data=submitted,
        )  # fmt: skip

    def release(self, element: str) -> None:
        """Let a join go on that waits in vain.

        Raises:
            NotFound: no token waits there.
        """
        found = next((each for each in self.state.joins if each.element_id == element), None)
        if found is None:
            raise NotFound("join-not-waiting", "no token waits at the join {join}", join=element)
        self._make(
            lambda: self.box.release(found.instance_id, element),
            do="release", process=found.process_id, element=element,
        )  # fmt: skip

    def wait_next(self) -> list[Moment]:
        """Let time pass until something falls due.

        Raises:
            Conflict: nothing does.
        """
        return self._wait(lambda: pass_to_next(self.box), None)

    def wait_for(self, timer_id: UUID) -> list[Moment]:
        """Let time pass until a timer or rung has come. It is written down as so much time."""
        before = self.box.now
        happened = pass_until_timer(self.box, timer_id)
        return self._wait(lambda: happened, (self.box.now - before).total_seconds())

    def wait(self, time: timedelta) -> list[Moment]:
        """Let so much time pass.

        Raises:
            Invalid: it is negative, or too long.
        """
        return self._wait(lambda: pass_until(self.box, self.box.now + time), time.total_seconds())

    def _wait(self, act: Callable[[], list[Moment]], seconds: float | None) -> list[Moment]:
        self._refuse_more()
        happened = act()
        self._state = None
        self.steps.append(Step(
            do="wait", seconds=seconds, happened=tuple(each.said for each in happened), then=tuple(self.state.said)
        ))  # fmt: skip
        return happened

    def _make(self, act: Callable[[], None], **said: Any) -> None:
        self._refuse_more()
        act()
        self._state = None
        self.steps.append(Step(**said, then=tuple(self.state.said)))

    def _refuse_more(self) -> None:
        if self.box.case_id is None:
            raise Conflict("sandbox-not-started", "File the matter first.")
        if len(self.steps) >= _MOST:
            raise Invalid("sandbox-too-long", "This run has {steps} steps, the most that one may have. Begin anew.",
                          steps=_MOST)  # fmt: skip

    # ---- keeping

    def scenario(self, name: str, note: str = "") -> Scenario:
        """Return what was done as a scenario."""
        return Scenario(
            name=name, key=self.box.key, begins_at=self.began_at, matter=self.matter, steps=tuple(self.steps),
            end=End.of(self.state), walked=tuple(sorted(self.walked)), district=self.given, note=note,
        )  # fmt: skip
