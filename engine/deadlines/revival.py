"""Clocks that run again because what ended them was taken back. The date stays what it was: nobody gains time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import writing
from engine.deadlines import ledger
from engine.deadlines.ledger import EventKind
from engine.deadlines.models import Clock, ClockState, Rung, RungState
from engine.deadlines.service import lock_clock, record_change


def revive_clock(session: Session, clock_id: UUID, *, now: datetime, actor: Actor | None = None) -> bool:
    """Let a clock run that had stopped, with the date that it had; its rungs wait again, those that fired stay so.

    Returns:
        False when it had not stopped.

    Raises:
        NotFound: there is no such clock.
    """
    with writing(session):
        clock = lock_clock(session, clock_id)
        if clock.state != ClockState.STOPPED:
            return False
        session.execute(
            update(Clock).where(Clock.id == clock_id).values(state=ClockState.RUNNING.value, stopped_at=None)
        )
        waiting = update(Rung).where(Rung.clock_id == clock_id, Rung.state == RungState.CANCELLED)
        session.execute(waiting.values(state=RungState.WAITING.value))
        ledger.enter(session, clock, EventKind.REVIVED, now, {})
        record_change(session, clock, Tag.CLOCK_RESUMED, actor, now, {"due_at": clock.due_at.isoformat()})
        return True


def rebind_clock(session: Session, clock_id: UUID, scope_id: str) -> None:
    """Let a clock that runs measure another activity: the same one, begun again."""
    session.execute(update(Clock).where(Clock.id == clock_id).values(scope_id=scope_id))
