"""An operator tries a failed step again."""

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.audit import Actor, ActorKind, Tag
from engine.db import writing
from engine.errors import Conflict, EngineError, NotFound
from engine.instances import completion, escalation, starting, store, timers
from engine.instances.clocks import lay_again
from engine.instances.host import StepHost
from engine.instances.incidents import Attempt, mark_deadly, resolve_obsolete
from engine.instances.ledger import Ledger
from engine.instances.models import Incident, IncidentState
from engine.instances.store import Held
from engine.instances.sweeping import MOST_CLAIMS

if TYPE_CHECKING:
    from engine.instances.runtime import Runtime

#: In what was tried: how many tries of the engine's own were begun and not answered.
BEGUN: Final = "begun"
#: What says that a step no longer has to be done: the matter went another way meanwhile.
_OBSOLETE = frozenset(
    {
        "rung-told",
        "ladder-laid",
        "task-already-completed",
        "task-withdrawn",
        "instance-stopped",
        "timer-not-waiting",
        "offer-over",
    }
)


def retry(runtime: "Runtime", session: Session, incident_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Try again what an incident tells of; see `Runtime.retry`."""
    if actor.kind is not ActorKind.ENGINE:
        return _retry(runtime, session, incident_id, actor, now)
    tries = _begin(session, incident_id)
    if tries is None:
        return False
    try:
        return _retry(runtime, session, incident_id, actor, now)
    finally:
        with contextlib.suppress(DBAPIError):  # the database is away: the try counts as one that was not answered
            _answer(session, incident_id, tries)


def _begin(session: Session, incident_id: UUID) -> int | None:
    """Count a try of the engine's own before it is made, for it may end the process; None when it did too often."""
    with writing(session):
        row = store.lock_by_incident(session.connection(), incident_id)
        begun = row.attempt.get(BEGUN, 0)
        if begun >= MOST_CLAIMS:
            mark_deadly(session, incident_id, begun)
            return None
        _write(session, incident_id, attempt=row.attempt | {BEGUN: begun + 1}, tries=row.tries)
        return int(row.tries)


def _answer(session: Session, incident_id: UUID, tries: int) -> None:
    """A try was answered: nobody died of it. One that failed without an incident of its own counts, too."""
    with writing(session):
        row = store.lock_by_incident(session.connection(), incident_id)
        kept = {name: value for name, value in row.attempt.items() if name != BEGUN}
        _write(session, incident_id, attempt=kept, tries=max(row.tries, tries + 1))


def _write(session: Session, incident_id: UUID, **values: Any) -> None:
    mine = (Incident.id == incident_id, Incident.state == IncidentState.OPEN)
    session.execute(update(Incident).where(*mine).values(**values).execution_options(synchronize_session=False))


def _retry(runtime: "Runtime", session: Session, incident_id: UUID, actor: Actor, now: datetime) -> bool:
    held, attempt = _note(session, incident_id, actor, now)
    try:
        return _again(runtime, session, held, attempt, now)
    except (Conflict, NotFound) as error:
        if error.code == "step-failed":
            return False
        if error.code not in _OBSOLETE:
            raise
    _close(session, incident_id, actor, now)
    return True


def _note(session: Session, incident_id: UUID, actor: Actor, now: datetime) -> tuple[Held, Attempt]:
    """Write who tries again, whatever comes of it."""
    with writing(session):
        row = store.lock_by_incident(session.connection(), incident_id)
        if row.state != IncidentState.OPEN:
            raise Conflict(
                "incident-resolved",
                "This incident was resolved at {when}. Nothing is left to try.",
                when=row.resolved_at.isoformat() if row.resolved_at else "",
            )
        held = Held.of(row)
        ledger = _ledger(session, held, actor, now)
        ledger.note(Tag.INCIDENT_RETRIED, {"incident": str(incident_id), "element": row.element_id})
        ledger.flush()
        return held, Attempt.from_json(row.attempt)


def _again(runtime: "Runtime", session: Session, held: Held, attempt: Attempt, now: datetime) -> bool:
    conductor, data = runtime.conductor, attempt.data
    match attempt.do:
        case "complete":
            done = completion.complete(
                conductor, session, UUID(attempt.target), data, actor=attempt.actor, now=now, trusted=True
            )
            return done.incident_id is None
        case "timer":
            fired = timers.fire_timer(conductor, session, UUID(attempt.target), now, again=True)
            if fired is timers.Fired.GONE:
                raise Conflict("timer-not-waiting", "The timer is no longer waited for.")
            return fired is timers.Fired.FIRED
        case "message":
            return runtime.send_message(
                session, held.id, attempt.target, data["payload"], actor=attempt.actor, now=now,
                correlation=data["correlation"],
            )  # fmt: skip
        case "offer":
            sent = {"sender": data["sender"], "actor": attempt.actor, "now": now}
            return runtime.receive(session, held.id, attempt.target, data["submitted"], **sent)
        case "rung":
            if escalation.tell_again(conductor, session, UUID(attempt.target), now):
                raise Conflict("rung-told", "Everybody was reached.")  # nothing is left to be done
            return False
        case "ladder":
            if _lay_again(runtime, session, held, attempt, now):
                raise Conflict("ladder-laid", "The clock has its rungs.")  # nothing is left to be done
            return False
        case "start":
            return starting.begin(conductor, session, held, data, actor=attempt.actor, now=now)
        case unknown:
            raise Conflict("attempt-unknown", "An attempt of the kind {kind} cannot be repeated.", kind=unknown)


def _lay_again(runtime: "Runtime", session: Session, held: Held, attempt: Attempt, now: datetime) -> bool:
    """Lay the rungs of a clock whose ladder could not be used; say whether it can be now."""
    try:
        with writing(session):
            row = store.lock(session.connection(), held.id)
            step = runtime.conductor.begin_step(session, row, actor=attempt.actor, now=now)
            StepHost().enter(step)  # the ladder may count days
            lay_again(step, UUID(attempt.target), attempt.data)
    except EngineError:
        return False
    return True


def _close(session: Session, incident_id: UUID, actor: Actor, now: datetime) -> None:
    with writing(session):
        held = Held.of(store.lock_by_incident(session.connection(), incident_id))
        ledger = _ledger(session, held, actor, now)
        resolve_obsolete(session.connection(), held, incident_id, ledger, now=now)
        ledger.flush()


def _ledger(session: Session, held: Held, actor: Actor, now: datetime) -> Ledger:
    return Ledger(session.connection(), case_id=held.case_id, jurisdiction=held.jurisdiction, actor=actor, at=now)
