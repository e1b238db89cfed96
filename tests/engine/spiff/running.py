"""A process under test: kept in memory, or brought back from its snapshot after every step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.spiff import Passed, ServiceCall, Workflow, compile_process, read_definitions
from tests.engine.spiff.drawing import document
from tests.fakes import ManualClock


@dataclass
class FakeHost:
    """The runtime's side: a clock that stands, decisions and services that answer as they are told."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 3, 2, 1, tzinfo=UTC)))
    decisions: dict[str, Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)
    services: dict[str, Callable[[ServiceCall], Any]] = field(default_factory=dict)
    further: dict[str, Callable[..., Any]] = field(default_factory=dict)
    calls: list[ServiceCall] = field(default_factory=list)

    def now(self) -> datetime:
        return self.clock.now()

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        return self.further

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        return self.decisions[decision_id](data)

    def perform(self, call: ServiceCall) -> Any:
        self.calls.append(call)
        return self.services[call.type](call) if call.type in self.services else None


class Run:
    """One process, driven by the ids of its elements."""

    persists = False

    def __init__(
        self, body: str | bytes, data: Mapping[str, Any] | None = None, host: FakeHost | None = None, process: str = "p"
    ) -> None:
        content = body if isinstance(body, bytes) else document(body)
        self.host = host or FakeHost()
        self.specification = compile_process(read_definitions({"p.bpmn": content}), process)
        self.workflow = Workflow.start(self.specification, data or {}, self.host)
        self.passed: list[Passed] = []
        self.step()

    def step(self) -> None:
        self.workflow.advance()
        self.passed += self.workflow.recorded()
        if self.persists:
            self.workflow = Workflow.restore(self.specification, self.workflow.snapshot(), self.host)

    def ready(self) -> list[str]:
        return sorted(task.element_id for task in self.workflow.open_tasks())

    def task(self, element: str) -> Any:
        return next(task for task in self.workflow.open_tasks() if task.element_id == element)

    def do(self, element: str, **data: Any) -> None:
        self.workflow.complete(self.task(element).id, data)
        self.step()

    def send(self, name: str = "message", correlation: Any = None, **payload: Any) -> bool:
        taken = self.workflow.send_message(name, payload, correlation)
        self.step()
        return taken

    def signal(self, name: str = "signal") -> None:
        self.workflow.send_signal(name)
        self.step()

    def wait(self, minutes: float = 15) -> None:
        """Let time pass; what is due then happens, the earliest first."""
        now = self.host.clock.advance(minutes=minutes)
        while True:
            due = [t for t in self.workflow.waiting_timers() if t.due_at is not None and t.due_at <= now]
            if not due:
                return
            self.workflow.fire_timer(min(due, key=lambda timer: timer.due_at or now).id)
            self.step()

    def data(self) -> dict[str, Any]:
        return self.workflow.data

    def done(self) -> bool:
        return self.workflow.is_completed

    def count(self, element: str) -> int:
        return sum(1 for passed in self.passed if passed.element_id == element and not passed.cancelled)


class Kept(Run):
    """Kept in memory."""


class Persisted(Run):
    """Brought back from its snapshot after every step."""

    persists = True
