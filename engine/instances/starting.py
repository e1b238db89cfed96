"""Starting the process of a case: the first step, which makes the row that all others move."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from sqlalchemy.orm.instrumentation import manager_of_class

from engine.audit import Actor, Tag
from engine.db import connected, new_id, writing
from engine.definitions import active_version_id, load
from engine.instances import store
from engine.instances.conductor import Conductor
from engine.instances.diff import EMPTY
from engine.instances.hooks import Step
from engine.instances.incidents import Attempt
from engine.instances.ledger import Ledger
from engine.instances.models import Instance, InstanceStatus
from engine.instances.store import Held


def start(
    conductor: Conductor,
    session: Session,
    *,
    case_id: UUID,
    jurisdiction: str,
    key: str,
    data: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    version_id: UUID | None = None,
) -> Instance:
    """Start the process of a case; see `Runtime.start`.

    A first step that works writes the instance's row once, as it stands then. One that fails is rolled back, and the
    row with it, which is then written as it was before.
    """
    with conductor.attempt(session, now, lenient=True) as attempt:
        version = load(session, version_id or active_version_id(session, key))
        held = attempt.held = Held(
            id=new_id(),
            case_id=case_id,
            jurisdiction=jurisdiction,
            version_id=version.id,
            key=key,
            status=InstanceStatus.RUNNING.value,
            lock_version=0,
            state=b"",
            started_at=now,
        )
        attempt.tried = Attempt("start", "", data, actor)
        step = conductor.begin_step(session, held, actor=actor, now=now)
        store.add(step.ledger, held)
        make_first_step(conductor, step, data, attempt.tried)
        return _copy(held, step.saved)
    with writing(session):
        ledger = Ledger(connected(session), case_id=case_id, jurisdiction=jurisdiction, actor=actor, at=now)
        store.add(ledger, held)
        ledger.flush()
        conductor.record_failure(session, attempt, now)
    return _copy(held, {"status": InstanceStatus.INCIDENT.value})


def begin(
    conductor: Conductor, session: Session, held: Held, data: Mapping[str, Any], *, actor: Actor, now: datetime
) -> bool:
    """Make the first step of an instance whose row is there; return whether it worked."""
    with conductor.attempt(session, now) as attempt:
        attempt.held = held
        attempt.tried = Attempt("start", "", data, actor)
        step = conductor.begin_step(session, held, actor=actor, now=now)
        make_first_step(conductor, step, data, attempt.tried)
    return attempt.incident_id is None


def make_first_step(conductor: Conductor, step: Step, data: Mapping[str, Any], tried: Attempt) -> None:
    """Move a process from nothing to where people, times and messages are waited for.

    Raises:
        StepFailed: an element failed.
        Invalid: the data cannot be kept.
    """
    live = conductor.new_live(step, data)
    step.ledger.note(Tag.INSTANCE_STARTED, {"key": step.held.key, "version": step.version.number})
    conductor.settle(step, live, before=EMPTY, tried=tried)


def _copy(held: Held, saved: Mapping[str, Any]) -> Instance:
    """Return the row of a new instance as it was written, without reading it."""
    made: Instance = manager_of_class(Instance).new_instance()  # its constructor would take note of every column
    vars(made).update(store.row_of(held), **saved)
    return made
