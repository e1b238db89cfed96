"""Rungs that nobody answers in time: a signature is asked for again, what nobody acknowledged goes one up, once."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import connected, writing
from engine.deadlines.escalations import ask
from engine.deadlines.models import Clock, ClockState, Rung
from engine.instances import store
from engine.instances.conductor import MOVABLE, Conductor
from engine.instances.hooks import Step
from engine.instances.rung_claims import FREE
from engine.instances.store import Held
from engine.instances.telling import Audience, said

#: From this reminder on, those above the signers hear that a signature is missing.
LOUDER: Final = 2
_CHASED: Final = (
    select(Rung.id)
    .join(Clock, Clock.id == Rung.clock_id)
    .where(
        text("rung.asked_until IS NOT NULL"),
        Rung.asked_until <= bindparam("now", type_=Rung.asked_until.type),
        Clock.state == ClockState.RUNNING.value,
        *FREE,
    )
    .order_by(Rung.asked_until)
    .limit(bindparam("limit"))
)


def unanswered_rungs(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Return the ids of rungs of running clocks that nobody signed or acknowledged in time, and that nobody has.

    Nothing is locked.
    """
    return list(session.scalars(_CHASED, {"now": now, "limit": limit}))


def chase_rung(conductor: Conductor, session: Session, rung_id: UUID, now: datetime) -> bool:
    """Go on with a rung that nobody answered in time; return whether there was something to do.

    Who may sign is asked again, each time that the time for it runs out; from the second time on, the joint conference
    hears of it too. What nobody acknowledged goes to the next one up, once, and is shown as unacknowledged.
    """
    with writing(session):
        row = store.lock_by_rung(connected(session), rung_id)
        held = Held.of(row)
        rung = session.get_one(Rung, rung_id, populate_existing=True)
        clock = session.get_one(Clock, row.clock_id, populate_existing=True)
        waits = rung.asked_until is not None and rung.asked_until <= now
        if not waits or clock.state != ClockState.RUNNING or held.status not in MOVABLE:
            return False
        step = conductor.begin_step(session, held, actor=Actor.engine(), now=now)
        rung.claims, rung.claimed_until = 0, None
        if rung.unsigned:
            _ask_again(step, clock, rung)
        else:
            _raise(step, clock, rung)
        if step.posted:
            conductor.hooks.announce(session)
        step.ledger.flush()
        session.flush()
        return True


def is_early(rung: Rung, clock: Clock, now: datetime) -> bool:
    """Say whether a clock was extended since a rung after its date fired: it is late no more, so nothing is signed."""
    return "after_due" in rung.rule["when"] and clock.due_at > now


def _ask_again(step: Step, clock: Clock, rung: Rung) -> None:
    if is_early(rung, clock, step.now):
        rung.asked_until = None
        return
    audience = Audience(step, clock, rung)
    rung.chased += 1
    people, _ = audience.signers()
    if rung.chased >= LOUDER:
        above, _ = audience.named(["joint_conference"])
        people = list({each.id: each for each in (*people, *above)}.values())
    asked = said(step, rung.fired_at)
    audience.send(people, template="slip_unsigned", part=f"sign:{rung.chased}", own=True, asked_at=asked)
    _note(step, rung, Tag.RUNG_UNSIGNED, [each.name for each in people])
    ask(step.session, rung, clock, now=step.now)


def _raise(step: Step, clock: Clock, rung: Rung) -> None:
    audience = Audience(step, clock, rung)
    told = audience.told()
    people = audience.next_up({each.id for each in told})
    names = "、".join(each.name for each in told)
    audience.send(people, template="rung_raised", part="up", own=True, told=names)
    rung.chased, rung.asked_until = rung.chased + 1, None
    rung.raised_at, rung.raised_to = step.now, [each.name for each in people]
    _note(step, rung, Tag.RUNG_UNACKNOWLEDGED, rung.raised_to)


def _note(step: Step, rung: Rung, tag: Tag, to: list[str]) -> None:
    step.ledger.note(tag, {"clock": str(rung.clock_id), "rung": rung.name, "to": to})
