"""Walks a process package on the door, in memory: real FEEL, real decisions, real forms, and a clock that jumps.

    walk = Walk(read_package("petition"), case={...}, place={...})
    walk.do("verify", contacted="yes", facts_found="...")      # the form is checked, the task completed
    walk.until("unassigned")                                   # time passes, what falls due fires, in order
    walk.take("withdrawn")                                     # somebody takes up what the process offers
    assert walk.ended == "withdrawn"

Nothing is replaced but the database: clocks, rungs and timers are kept here as the rows would keep them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from engine import feel
from engine.cases.documents import render
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.clocks import due
from engine.deadlines.dates import unit_of
from engine.deadlines.functions import host_functions
from engine.deadlines.ladder import PlannedRung, rungs
from engine.deadlines.years import national_calendar
from engine.definitions import LoadedVersion, Package, assemble
from engine.notices.texts import Written
from engine.spiff import ElementOutline, OpenTask, Passed, ServiceCall, WaitingTimer, Workflow

#: How a due date reads in texts.
DUE = "2026-03-16 17:30"
PACKAGES = Path(__file__).parents[2] / "bpmn"


@cache
def read_package(key: str) -> LoadedVersion:
    """Read and compile the package of the folder `key`, as if it had been deployed."""
    return assemble(Package.read_directory(PACKAGES / key), version_id=UUID(int=0), key=key, number=1)


@cache
def _calendar() -> WorkCalendar:
    return national_calendar(2025, 2026)


@dataclass
class Running:
    """A clock that runs on an activity."""

    name: str
    started_at: datetime
    due_at: datetime
    ladder: list[PlannedRung]
    unit: str | None = None
    told: set[str] = field(default_factory=set)
    extensions: int = 0


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notice: from a send task, or from a rung."""

    notice: str
    to: str
    element_id: str


class Walk:
    """One case under way. It is the host of the door as well.

    Args:
        now: when it is filed; a working morning unless said otherwise.
        persist: snapshot and restore after every step, as a server does.
        services: who carries out services beside `notify` and `extend`, by type; `performed` keeps every call.
    """

    def __init__(
        self,
        version: LoadedVersion,
        *,
        case: Mapping[str, Any],
        place: Mapping[str, Any],
        now: datetime,
        persist: bool = True,
        services: Mapping[str, Callable[[ServiceCall], Mapping[str, Any] | None]] | None = None,
    ) -> None:
        self.version, self._now, self._persist, self._services = version, now, persist, services or {}
        self.performed: list[tuple[str, Mapping[str, Any]]] = []
        self.clocks: dict[str, Running] = {}
        self.told: list[Told] = []
        self.written: list[Written] = []
        self.issued: dict[str, str] = {}
        self.extended: list[Mapping[str, Any]] = []
        self.passed: list[Passed] = []
        self.steps: list[list[Passed]] = []
        self.workflow = Workflow.start(version.specification, {"case": dict(case), "place": dict(place)}, self)
        self._settle()

    # ---- when

    def do(
        self, element_id: str, *, by: str = "anna", unit: str | None = None, party: str | None = None, **answers: Any
    ) -> None:
        """Complete an open task: its form is checked as a page would send it."""
        task = self.task(element_id, unit=unit, party=party)
        form_id = self.outline(task.process_id, element_id).form_id
        assert form_id is not None, f"{element_id} has no form"
        form = self.version.form(form_id)
        shown = form.initial(task.data, now=self._now)
        entered = form.load({**shown, **answers}, task.data, now=self._now)
        if document := self.outline(task.process_id, element_id).settings.get("document"):
            self._issue(document, {**task.data, **entered})
        self.workflow.complete(task.id, {**entered, "completed_by": by})
        self._settle()

    def until(self, timer: str, *, unit: str | None = None) -> None:
        """Let time pass until this timer has fired; what falls due before it fires first."""
        for _ in range(100):
            waiting = sorted((self._due(each), each.id, each) for each in self.workflow.waiting_timers())
            wanted = [each for _, _, each in waiting if each.element_id == timer]
            assert wanted, f"no timer {timer} waits, only {[each.element_id for _, _, each in waiting]}"
            moment, _, first = waiting[0]
            self._now = max(self._now, moment)
            self.workflow.fire_timer(first.id)
            self._settle()
            if first.element_id == timer:
                return
        raise AssertionError(f"{timer} never fired")

    def pass_time(self, until: datetime) -> None:
        """Let time pass without looking at timers."""
        assert until >= self._now
        self._now = until
        self._tell()

    def send(self, name: str, payload: Mapping[str, Any] | None = None) -> None:
        """Send a message to the case."""
        assert self.workflow.send_message(name, payload), f"nobody waits for {name}"
        self._settle()

    # ---- then

    def take(self, element_id: str, **answers: Any) -> None:
        """Take up what the process offers: the offer's form is checked, the message sent to that event alone."""
        waiting = [each for each in self.workflow.waiting_messages() if each.element_id == element_id]
        assert len(waiting) == 1, f"{len(waiting)} offers {element_id}; offered are {self.offered}"
        form = self.outline(waiting[0].process_id, element_id).settings.get("offer.form")
        assert form is not None or not answers, f"{element_id} has no form"
        entered = self.version.form(form).load(answers, waiting[0].data, now=self._now) if form else {}
        self.workflow.receive(waiting[0].id, entered)
        self._settle()

    @property
    def offered(self) -> list[str]:
        """The ids of the events that somebody may take up now, sorted."""
        return sorted(
            each.element_id
            for each in self.workflow.waiting_messages()
            if "offer" in self.outline(each.process_id, each.element_id).settings
        )

    @property
    def open(self) -> list[str]:
        """The ids of the open tasks, sorted."""
        return sorted(task.element_id for task in self.workflow.open_tasks())

    @property
    def ended(self) -> str | None:
        """The outcome that the case ended with; None while it runs."""
        if not self.workflow.is_completed:
            return None
        return self.workflow.outcome[-1].outcome

    @property
    def notices(self) -> list[str]:
        """Keys of the notices so far, in order."""
        return [each.notice for each in self.told]

    def task(self, element_id: str, *, unit: str | None = None, party: str | None = None) -> OpenTask:
        """The open task of an element; with several, that of `unit`, or of the party with this key."""
        found = [task for task in self.workflow.open_tasks() if task.element_id == element_id]
        if unit is not None:
            found = [task for task in found if task.data["assignment"]["unit"] == unit]
        if party is not None:
            found = [task for task in found if task.data["party"]["key"] == party]
        assert len(found) == 1, f"{len(found)} open tasks {element_id}; open are {self.open}"
        return found[0]

    def setting(self, element_id: str, name: str, *, unit: str | None = None, party: str | None = None) -> Any:
        """The value of a `chuishao:` setting of an open task."""
        task = self.task(element_id, unit=unit, party=party)
        return self._read(self.outline(task.process_id, element_id).settings.get(name), task.data)

    def due(self, clock: str, unit: str | None = None) -> datetime:
        """When the clock of this name is due; of several, that of `unit`."""
        return self._running(clock, unit).due_at

    def outline(self, process_id: str, element_id: str) -> ElementOutline:
        """The author's element."""
        return self.version.definitions.processes[process_id].elements[element_id]

    # ---- the host of the door

    def now(self) -> datetime:
        return self._now

    def functions(self) -> Mapping[str, Any]:
        def clock_due(clock: str, unit: str | None = None) -> datetime:
            return self.due(clock, unit)

        def extensions(clock: str, unit: str | None = None) -> int:
            return self._running(clock, unit).extensions

        return host_functions(_calendar(), self._now) | {"clock due": clock_due, "extensions": extensions}

    def decide(self, decision_id: str, data: Mapping[str, Any]) -> Any:
        return self.version.decide(decision_id, data, now=self._now).value

    def perform(self, call: ServiceCall) -> Mapping[str, Any] | None:
        if call.type == "extend":
            read = {name: self._read(call.settings[name], call.data) for name in call.settings if "extend" in name}
            self.extended.append(read)
            running = {clock.name for clock in self.clocks.values()}
            for name in running.intersection(each.strip() for each in str(read["extend"]).split(";")):
                self._running(name, unit_of(call.data)).extensions += 1
            return None
        if call.type != "notify":
            assert call.type in self._services, f"nobody carries out {call.type}"
            self.performed.append(
                (call.type, {name: self._read(call.settings[name], call.data) for name in call.settings})
            )
            return self._services[call.type](call)
        dates = {clock.name: DUE for clock in self.clocks.values()}
        self._write(call.settings["notice"], {**call.data, "due": DUE, "clocks": dates})
        self.told.append(Told(notice=call.settings["notice"], to=call.settings["to"], element_id=call.element_id))
        if document := call.settings.get("document"):
            self._issue(document, call.data)
        return None

    # ---- inside

    def _issue(self, document: str, facts: Mapping[str, Any]) -> None:
        """Fill a document, as it would be issued now."""
        more = {"due": DUE, "number": "1", "body": "东街道", "issued_at": self._now}
        self.issued[document] = render(self.version.document(document), {**facts, **more}, kind=document)

    def _write(self, notice: str, facts: Mapping[str, Any]) -> None:
        """Fill a notice for a reader of each language."""
        for locale in ("zh_CN", "en"):
            written = self.version.notice_texts(notice).write(facts, locale)
            self.written.append(written)
            assert written.subject
            assert written.body

    def _settle(self) -> None:
        self.workflow.advance()
        step = self.workflow.recorded()
        self.steps.append(step)
        self.passed += step
        if self.workflow.is_completed:
            self.clocks.clear()
            return
        if self._persist:
            self.workflow = Workflow.restore(self.version.specification, self.workflow.snapshot(), self)
        self._keep_clocks()
        self._tell()

    def _keep_clocks(self) -> None:
        scopes = {scope.id: scope for scope in self.workflow.active_scopes()}
        self.clocks = {key: clock for key, clock in self.clocks.items() if key in scopes}
        for key, scope in scopes.items():
            settings = self.outline(scope.process_id, scope.element_id).settings
            if "clock" in settings and key not in self.clocks:
                self.clocks[key] = self._start(settings, scope.data)

    def _start(self, settings: Mapping[str, str], data: Mapping[str, Any]) -> Running:
        read = {name: self._read(value, data) for name, value in settings.items() if name.startswith("clock")}
        started = read.get("clock.start") or self._now
        ends = due(
            started, int(read["clock.amount"]), read["clock.unit"], calendar=_calendar(), roll=read["clock.roll"]
        )
        rows = [_plain(row) for row in self.decide(settings["ladder"], data)] if settings.get("ladder") else []
        ladder = rungs(rows, started, ends.due_at, _calendar())
        unit = unit_of(data)
        return Running(name=read["clock"], started_at=started, due_at=ends.due_at, ladder=ladder, unit=unit)

    def _running(self, clock: str, unit: str | None = None) -> Running:
        named = [each for each in self.clocks.values() if each.name == clock]
        return next((each for each in named if each.unit == unit), named[0])

    def _tell(self) -> None:
        for clock in self.clocks.values():
            for rung in clock.ladder:
                if rung.due_at <= self._now and rung.name not in clock.told:
                    clock.told.add(rung.name)
                    if not rung.rule["notice"]:
                        continue  # it is only there for timers
                    known = self.workflow.data
                    self._write(
                        rung.rule["notice"],
                        {"case": known["case"], "place": known["place"], "element": clock.name, "due": DUE},
                    )
                    self.told.append(
                        Told(notice=rung.rule["notice"], to="; ".join(rung.rule["to"]), element_id=clock.name)
                    )

    def _due(self, timer: WaitingTimer) -> datetime:
        if timer.clock is None:
            assert timer.due_at is not None
            return timer.due_at
        clock = next(
            self.clocks[scope]
            for scope in reversed(timer.scope_ids)
            if scope in self.clocks and self.clocks[scope].name == timer.clock
        )
        return next(rung.due_at for rung in clock.ladder if rung.name == timer.rung)

    def _read(self, source: str | None, data: Mapping[str, Any]) -> Any:
        if source is None or not source.startswith("="):
            return source
        functions = self.functions()
        compiled = feel.compile(source[1:], feel.special_names(data, functions))
        return feel.lower(compiled(data, now=self._now, functions=functions).value)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: int(value) if isinstance(value, Decimal) and value == int(value) else value for name, value in row.items()
    }
