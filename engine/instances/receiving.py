"""A message that a person sends: somebody takes up what the process offers. The step that they cause."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import connected
from engine.errors import Conflict
from engine.instances import store
from engine.instances.assignment import Reader
from engine.instances.conductor import Conductor
from engine.instances.entering import entered
from engine.instances.incidents import Attempt

#: The message by which a matter is taken back; its event tells so.
WITHDRAWN: Final = "withdrawn"


def receive(
    conductor: Conductor,
    session: Session,
    instance_id: UUID,
    waiting_id: str,
    submitted: Mapping[str, Any],
    *,
    sender: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> bool:
    """Give what a person sends to one waiting event; see `Runtime.receive`."""
    with conductor.attempt(session, now) as attempt:
        held = attempt.held = store.lock(connected(session), instance_id)
        conductor.refuse_stopped(held)
        kept = {"submitted": dict(submitted), "sender": dict(sender)}
        tried = attempt.tried = Attempt("offer", waiting_id, kept, actor)
        step = conductor.begin_step(session, held, actor=actor, now=now)
        live = conductor.live(step)
        before = live.image
        waiting = next((each for each in live.workflow.waiting_messages() if each.id == waiting_id), None)
        if waiting is None:
            conductor.keep(step, live, held.lock_version)
            raise over()
        element = conductor.elements(step.version).get(waiting.process_id, waiting.element_id)
        reader = Reader(step, element, waiting_id, waiting.data)
        payload = entered(reader, element.settings.get("offer.form"), submitted)
        live.workflow.receive(waiting_id, {**payload, "sender": dict(sender)})
        told = {"element": element.id, "name": element.name, "waiting": waiting_id}
        told |= {key: sender[key] for key in ("role", "party", "assisted") if sender.get(key)}
        tag = Tag.CASE_WITHDRAWN if waiting.name == WITHDRAWN else Tag.CASE_OFFER_TAKEN
        step.ledger.note(tag, told)
        conductor.settle(step, live, before=before, tried=tried)
    return attempt.incident_id is None


def over() -> Conflict:
    """Return the conflict of somebody who takes up what is no longer offered."""
    return Conflict(
        "offer-over",
        "This is no longer open: it was done already, its time is over, or the matter went another way. Nothing was"
        " changed; the matter shows where it stands.",
    )
