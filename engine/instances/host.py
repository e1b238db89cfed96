"""The runtime as the door to SpiffWorkflow sees it: time, functions, decisions and services of the step under way."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from engine.deadlines import WorkCalendar, calendar_for, host_functions
from engine.deadlines.dates import count_events, running_named
from engine.deadlines.ledger import EventKind
from engine.deadlines.models import Clock, ClockState, Rung
from engine.errors import Invalid
from engine.instances.hooks import DocumentOrder, Step
from engine.instances.notifying import notify_task, reaches_residents
from engine.spiff import ServiceCall

#: `zeebe:taskDefinition type` of a send task that notifies people; the runtime carries it out itself.
NOTIFY = "notify"

_RUNNING = (ClockState.RUNNING.value, ClockState.SUSPENDED.value)
_RUNG_DUE = (
    select(Rung.due_at)
    .join(Clock, Clock.id == Rung.clock_id)
    .where(
        Clock.instance_id == bindparam("instance"),
        Clock.name == bindparam("clock"),
        Rung.name == bindparam("rung"),
        Clock.state.in_(_RUNNING),
    )
    .order_by(Clock.started_at.desc())
    .limit(1)
)

#: The calendar's functions as an empty calendar has them: their names and parameters.
_PATTERNS: Final = host_functions(WorkCalendar(), datetime(2026, 1, 1, tzinfo=UTC))
#: The functions that read an instance's clocks, and the method of each.
_OWN: Final = {"clock due": "_clock_due", "extensions": "_extensions", "rung": "_rung"}
_NAMES: Final = (*_PATTERNS, *_OWN)


class _Functions(Mapping[str, Callable[..., Any]]):
    """The functions of a step by name, each made when an expression calls it: most call none."""

    def __init__(self, make: Callable[[str], Callable[..., Any]]) -> None:
        self._make = make

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self._make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


class StepHost:
    """Serves one live process for as long as it is kept; each step puts itself in before it begins."""

    def __init__(self) -> None:
        self._step: Step | None = None
        self._counting: dict[str, Callable[..., Any]] | None = None
        self._functions = _Functions(self._function)

    def enter(self, step: Step) -> None:
        """Serve `step` from now on."""
        self._step, self._counting = step, None
        step.functions = self.functions

    def leave(self) -> None:
        """The step is over; whoever asks before the next one has made a mistake."""
        self._step = self._counting = None

    @property
    def step(self) -> Step:
        """The step under way."""
        if self._step is None:
            raise RuntimeError("a process was moved outside of a step of the runtime")
        return self._step

    def now(self) -> datetime:
        """The time of the step."""
        return self.step.now

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """The calendar's functions, and the dates of this instance's clocks."""
        return self._functions

    def _function(self, name: str) -> Callable[..., Any]:
        if name in _OWN:
            own: Callable[..., Any] = getattr(self, _OWN[name])
            return own
        return self._lazy(name, _PATTERNS[name])

    def _lazy(self, name: str, pattern: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of the calendar that reads the calendar when it is called: most steps never count days."""

        def call(*given: Any, **named: Any) -> Any:
            if self._counting is None:
                step = self.step
                self._counting = host_functions(calendar_for(step.session, step.jurisdiction, at=step.now), step.now)
            return self._counting[name](*given, **named)

        call.__wrapped__ = pattern  # type: ignore[attr-defined]  # its parameters are the pattern's
        return call

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        """Evaluate a decision of the version that the instance runs on."""
        step = self.step
        return step.version.decide(decision_id, data, now=step.now, functions=self.functions()).value

    def perform(self, call: ServiceCall) -> Mapping[str, Any] | None:
        """Carry out a send or service task, and issue the document that it names."""
        step, template = self.step, call.settings.get("document")
        performer = notify_task if call.type == NOTIFY else step.hooks.performers.get(call.type)
        if performer is not notify_task or template:
            step.performed = True
            step.ledger.flush()  # whoever carries it out may write events of the case: these came first
        if performer is None:
            raise Invalid(
                "service-unknown",
                "Nobody carries out tasks of the type {type}. Use one of: {known}.",
                type=call.type,
                known=", ".join(sorted({NOTIFY, *step.hooks.performers})),
            )
        result = dict(performer(step, call) or {})
        if template:
            result |= self._issue(call, template) or {}
        return result or None

    def _issue(self, call: ServiceCall, template: str) -> Mapping[str, Any] | None:
        step = self.step
        order = DocumentOrder(
            template=template,
            element_id=call.element_id,
            process_id=call.process_id,
            data=call.data,
            unit_id=None,
            settings=call.settings,
            served=call.type == NOTIFY and reaches_residents(call.settings.get("to", "")),
        )
        return step.hooks.issue_document(step, order)

    def _clock_due(self, clock: str, unit: str | None = None) -> datetime | None:
        found = running_named(self.step.connection, self.step.held.id, clock, unit)
        return found.due_at if found is not None else None

    def _extensions(self, clock: str, unit: str | None = None) -> int | None:
        found = running_named(self.step.connection, self.step.held.id, clock, unit)
        return count_events(self.step.connection, found.id, EventKind.EXTENDED) if found is not None else None

    def _rung(self, clock: str, rung: str) -> datetime | None:
        return self._instant(_RUNG_DUE, clock=clock, rung=rung)

    def _instant(self, statement: Any, **values: str) -> datetime | None:
        step = self.step
        found: datetime | None = step.connection.execute(statement, {"instance": step.held.id, **values}).scalar()
        return found
