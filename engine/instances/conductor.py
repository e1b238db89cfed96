"""What every step has in common: the live process, the rows that follow from it, and what becomes of a failure."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import connected, is_writing, writing
from engine.deadlines.models import Clock, Rung, Timer
from engine.definitions import LoadedVersion, load
from engine.errors import Conflict, EngineError, Invalid
from engine.events import after_commit
from engine.instances import store
from engine.instances.diff import Difference, Elements, Image
from engine.instances.hooks import Ended, Hooks, Step
from engine.instances.host import StepHost
from engine.instances.incidents import Attempt, raise_incident, resolve_worked
from engine.instances.ledger import Ledger, Together
from engine.instances.models import Incident, Instance, InstanceStatus
from engine.instances.store import Held, LiveCache
from engine.spiff import StepFailed, Workflow
from engine.tasks.models import WorkItem

#: An instance in one of these can be moved.
MOVABLE: Final = (InstanceStatus.RUNNING.value, InstanceStatus.INCIDENT.value)
#: Elements that no person does and that a timeline tells of; gateways and plain events are only drawn.
_TOLD: Final = frozenset({"businessRuleTask", "serviceTask", "sendTask", "scriptTask", "endEvent"})
#: What the statements of a step change behind the session's back.
_STEPPED: Final = (WorkItem, Instance, Timer, Clock, Rung, Incident)


@dataclass
class Live:
    """A process as an object, with what of it shows in rows."""

    workflow: Workflow
    host: StepHost
    image: Image


@dataclass
class Trial:
    """A step being tried: enough to tell of it when it fails."""

    held: Held | None = None
    tried: Attempt | None = None
    incident_id: UUID | None = None
    #: the failure is dealt with by whoever tries; no incident
    lenient: bool = False
    failure: StepFailed | None = None
    #: what the step is called that failed, for people
    blamed: str = ""


@dataclass
class Conductor:
    """Begins steps, settles them, and keeps what failed."""

    hooks: Hooks
    cache_size: int
    cache: LiveCache[Live] = field(init=False)
    _elements: dict[UUID, Elements] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cache = LiveCache(self.cache_size)

    # ---- a step

    def begin_step(
        self, session: Session, held: Held, *, actor: Actor, now: datetime, together: Together | None = None
    ) -> Step:
        """Gather what a step of a locked instance works with; `together` writes for several at their end."""
        connection = connected(session)
        return Step(
            session=session,
            connection=connection,
            held=held,
            version=load(session, held.version_id),
            hooks=self.hooks,
            actor=actor,
            now=now,
            ledger=Ledger(
                connection, case_id=held.case_id, jurisdiction=held.jurisdiction, actor=actor, at=now, together=together
            ),
            reached=together.reached if together else {},
            case=together.cases.get(held.case_id) if together else None,
        )

    def elements(self, version: LoadedVersion) -> Elements:
        """Return the elements of a version; versions never change."""
        found = self._elements.get(version.id)
        if found is None:
            found = self._elements[version.id] = Elements(version.definitions.processes)
        return found

    def live(self, step: Step) -> Live:
        """Return the process of a step, from the cache or from the snapshot."""
        found = self.cache.take(step.held)
        if found is None:
            host = StepHost()
            workflow = Workflow.restore(step.version.specification, step.held.state, host)
            found = Live(workflow, host, Image.of(workflow, self.elements(step.version)))
        found.host.enter(step)
        return found

    def new_live(self, step: Step, data: Mapping[str, Any]) -> Live:
        """Return a process that has just begun."""
        host = StepHost()
        host.enter(step)
        workflow = Workflow.start(step.version.specification, data, host)
        return Live(workflow, host, Image({}, {}, {}))

    def settle(
        self,
        step: Step,
        live: Live,
        *,
        before: Image,
        done: str | None = None,
        fired: str | None = None,
        tried: Attempt | None = None,
        cancelled: bool = False,
    ) -> list[dict[str, Any]]:
        """Advance, write every row that follows, and save the instance; return the rows of the new work items.

        Args:
            done, fired: the task or timer that the step itself has dealt with.
            tried: an open incident of the same attempt is resolved.

        Raises:
            StepFailed: an element failed, or a new task, timer or clock cannot be set up.
        """
        workflow, elements = live.workflow, self.elements(step.version)
        if not cancelled:
            workflow.advance()
        after = Image.of(workflow, elements)
        self.hooks.on_passed(step, passed := workflow.recorded())
        difference = Difference(step, elements, before, after, done=done, fired=fired)
        difference.passed = frozenset(each.task_id for each in passed if not each.cancelled)
        for each in passed:
            if each.kind in _TOLD and not each.cancelled:
                told = {"element": each.element_id, "kind": each.kind, "name": each.name}
                step.ledger.note(Tag.INSTANCE_STEP_DONE, told)
        difference.ended = cancelled or workflow.is_completed
        rows = difference.write()
        status = step.status = self._status(step, live, cancelled=cancelled, tried=tried)
        ended = None if status.value in MOVABLE else step.now
        endings = [each.outcome for each in workflow.outcome if each.outcome]
        step.saved = store.save(
            step.ledger,
            step.held,
            state=workflow.snapshot(),
            status=status,
            ended_at=ended,
            outcome=endings[-1] if endings and ended else None,
        )
        if step.session.new or step.session.dirty:
            step.ledger.flush()  # what is to be written after it may name rows of it
        else:
            step.ledger.finish()
        live.image = after
        if ended is None:
            self.keep(step, live, step.saved["lock_version"])
        else:
            live.host.leave()
        if step.posted:
            self.hooks.announce(step.session)
        step.session.flush()
        for known in list(step.session):
            if isinstance(known, _STEPPED):
                step.session.expire(known)
        return rows

    def keep(self, step: Step, live: Live, version: int) -> None:
        """Put a live process into the cache once the transaction holds."""
        live.host.leave()
        instance_id = step.held.id
        after_commit(step.session, lambda: self.cache.put(instance_id, version, live))

    def _status(self, step: Step, live: Live, *, cancelled: bool, tried: Attempt | None) -> InstanceStatus:
        ended, left = cancelled or live.workflow.is_completed, False
        if step.held.status == InstanceStatus.INCIDENT:
            left = resolve_worked(
                step.connection,
                step.held,
                None if ended else tried or Attempt("", "", {}, step.actor),
                step.ledger,
                by=step.actor.name,
                now=step.now,
            )
        if cancelled:
            return InstanceStatus.CANCELLED
        if ended:
            self._end(step, live)
            return InstanceStatus.COMPLETED
        return InstanceStatus.INCIDENT if left or step.troubled else InstanceStatus.RUNNING

    def _end(self, step: Step, live: Live) -> None:
        endings = live.workflow.outcome
        telling = [each for each in endings if each.outcome] or list(endings)
        last = telling[-1] if telling else None
        outcome = last.outcome if last else None
        step.ledger.note(Tag.INSTANCE_COMPLETED, {"outcome": outcome, "element": last.element_id if last else None})
        step.ledger.flush()  # the case's own event of its end comes after
        ended = Ended(outcome=outcome, element_id=last.element_id if last else "", data=live.workflow.data)
        try:
            self.hooks.on_end(step, ended)
        except EngineError as error:
            raise StepFailed(
                error.code,
                element_id=ended.element_id,
                process_id=step.version.main_process,
                task_id="",
                reason=error.message,
                data_keys=tuple(sorted(ended.data)),
            ) from error

    # ---- failures

    def refuse_stopped(self, held: Held) -> None:
        """Raise the conflict that says that an instance does not move, when that is so."""
        if held.status not in MOVABLE:
            raise Conflict(
                "instance-stopped",
                "The process of this matter is {status}: nothing can be done in it. Open the case to see why.",
                status=held.status,
                instance=str(held.id),
            )

    @contextmanager
    def attempt(self, session: Session, now: datetime, *, lenient: bool = False) -> Iterator[Trial]:
        """Try a step in a transaction of its own, or in a savepoint of the caller's.

        A step that fails is rolled back; then its incident is written. What is not a failure of the process (a form
        that is wrong, somebody who may not) passes through. So does an `Invalid` that names fields, wherever in the
        step it was found: whoever entered them can mend it.

        Raises:
            Conflict: `step-failed`, where the transaction was the step's own.
        """
        trial, nested = Trial(lenient=lenient), is_writing(session)
        try:
            if nested:
                with session.begin_nested():
                    yield trial
            else:
                with writing(session):
                    yield trial
        except StepFailed as failure:
            mistake = _mistake_of(failure)
            if mistake is not None:
                raise mistake from failure
            if trial.held is None:
                raise
            trial.failure = failure
        if trial.failure is None or lenient:
            return
        self.record_failure(session, trial, now)
        if not nested:
            raise self.step_failed(trial) from trial.failure

    def record_failure(self, session: Session, trial: Trial, now: datetime) -> None:
        """Write the incident of a step that failed."""
        assert trial.held is not None
        assert trial.tried is not None
        assert trial.failure is not None
        with writing(session):
            held = store.lock(connected(session), trial.held.id)
            process = load(session, held.version_id).definitions.processes.get(trial.failure.process_id)
            element = process.elements.get(trial.failure.element_id) if process else None
            trial.blamed = (element.name.replace("\n", "") if element else "") or trial.failure.element_id
            trial.incident_id = raise_incident(
                connected(session), held, trial.tried, trial.failure, element=element, now=now
            )

    def step_failed(self, trial: Trial) -> Conflict:
        """Return what somebody reads whose step failed."""
        return Conflict(
            "step-failed",
            "The process could not go on from here ({element}). What you entered is kept, and the people who run the "
            "system see it; you need not do it again.",
            element=trial.blamed,
            incident=str(trial.incident_id),
        )


def _mistake_of(failure: StepFailed) -> Invalid | None:
    """Return the mistake in what was entered that a step failed of, when that is why it failed."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, Invalid) and "fields" in cause.facts:
            return cause
        cause = cause.__cause__
    return None
