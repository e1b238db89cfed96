"""Rungs that are due: each fires once, and a clock that is far behind fires only its highest."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import writing
from engine.deadlines.calendars import calendar_for
from engine.deadlines.ladder import answer_by
from engine.deadlines.models import Clock, ClockState, Rung, RungState
from engine.errors import Conflict, NotFound

#: Duty hours in which a rung is to be signed, where its ladder does not say.
SIGN_HOURS: Final = 8
_WAITING: Final = Rung.state == RungState.WAITING


def claim_due_rungs(session: Session, now: datetime, limit: int) -> list[Rung]:
    """Return the rungs to fire now, at most one of a clock, the longest due first.

    When several rungs of a clock are due at once (the server was down, a calendar changed), only the highest is
    returned; `mark_rung_fired` passes the lower ones over. On PostgreSQL the clocks stay locked until the transaction
    ends, and clocks that somebody else has locked are left out; end the transaction before firing, because firing
    locks the instance first. Whoever comes second to a rung finds it fired.

    Args:
        limit: the most clocks to look at.
    """
    late = (
        select(Rung.clock_id, func.min(Rung.due_at).label("since"))
        .join(Clock, Clock.id == Rung.clock_id)
        .where(_WAITING, Rung.due_at <= now, Clock.state == ClockState.RUNNING)
        .group_by(Rung.clock_id)
        .order_by(func.min(Rung.due_at))
        .limit(limit)
        .subquery()
    )
    clocks = session.scalars(
        select(Clock.id)
        .join(late, late.c.clock_id == Clock.id)
        .order_by(late.c.since)
        .with_for_update(of=Clock, skip_locked=True)
    ).all()
    due = session.scalars(
        select(Rung)
        .where(Rung.clock_id.in_(clocks), _WAITING, Rung.due_at <= now)
        .order_by(Rung.position)
        .execution_options(populate_existing=True)
    )
    highest = {rung.clock_id: rung for rung in due}
    return [highest[clock_id] for clock_id in clocks if clock_id in highest]


def mark_rung_fired(session: Session, rung_id: UUID, *, now: datetime, actor: Actor | None = None) -> Rung | None:
    """Mark a rung as fired, in the transaction that puts its notices in the outbox; pass lower ones over.

    The dates of rungs that are passed over are kept. Whoever calls holds the lock of the instance.

    Returns:
        The rung, or None when it has nothing to fire any more: somebody else fired it, its clock ended or moved on.
    """
    with writing(session):
        rung = session.scalars(
            select(Rung)
            .join(Clock, Clock.id == Rung.clock_id)
            .where(Rung.id == rung_id, _WAITING, Rung.due_at <= now, Clock.state == ClockState.RUNNING)
            .with_for_update(of=Rung)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if rung is None:
            return None
        rung.state, rung.fired_at = RungState.FIRED.value, aware(now)
        session.flush()
        passed = session.execute(
            update(Rung)
            .where(Rung.clock_id == rung.clock_id, Rung.position < rung.position, _WAITING)
            .values(state=RungState.SKIPPED.value)
            .returning(Rung.name, Rung.due_at)
        ).all()
        for name, due_at in passed:
            _record(session, rung, Tag.RUNG_SKIPPED, actor, now, name=name, due_at=due_at)
        _record(session, rung, Tag.RUNG_FIRED, actor, now, name=rung.name, due_at=rung.due_at)
        return rung


def acknowledge_rung(session: Session, rung_id: UUID, *, actor: Actor, now: datetime) -> Rung:
    """Note that somebody has read an escalation. A second time changes nothing: the first reader stands.

    Args:
        actor: a member of staff.

    Raises:
        NotFound: there is no such rung.
        Conflict: it has not fired, or nobody has signed it yet.
    """
    with writing(session):
        rung = _lock(session, rung_id)
        if rung.state != RungState.FIRED:
            raise Conflict("rung-not-fired", "Escalation {rung} has not been sent ({state}), there is nothing to "
                           "acknowledge.", rung=rung.name, state=str(rung.state))  # fmt: skip
        if rung.unsigned:
            raise Conflict("rung-unsigned", "Escalation {rung} is still to be signed. It is acknowledged by those on "
                           "whom it is served then.", rung=rung.name)  # fmt: skip
        if rung.acknowledged_at is None:
            rung.asked_until = None
            rung.acknowledged_at = aware(now)
            rung.acknowledged_by = UUID(actor.id) if actor.id else None
            session.flush()
            _record(session, rung, Tag.RUNG_ACKNOWLEDGED, actor, now, name=rung.name, due_at=rung.due_at)
        return rung


def sign_rung(session: Session, rung_id: UUID, *, actor: Actor, now: datetime) -> Rung:
    """Note that a person has signed a rung that waits for it. What goes out by that is the caller's.

    Args:
        actor: a member of staff.

    Raises:
        NotFound: there is no such rung.
        Conflict: `rung-not-to-sign`: it has not fired, or needs no signature; `rung-signed`: somebody has.
    """
    with writing(session):
        rung = _lock(session, rung_id)
        if rung.signed_at is not None:
            raise Conflict("rung-signed", "Escalation {rung} was signed at {when}. It is signed once.",
                           rung=rung.name, when=rung.signed_at.isoformat())  # fmt: skip
        if not rung.unsigned:
            raise Conflict("rung-not-to-sign", "Escalation {rung} does not wait for a signature.", rung=rung.name)
        rung.signed_at, rung.asked_until, rung.chased = aware(now), None, 0
        rung.signed_by = UUID(actor.id) if actor.id else None
        session.flush()
        _record(session, rung, Tag.RUNG_SIGNED, actor, now, name=rung.name, due_at=rung.due_at)
        return rung


def ask(session: Session, rung: Rung, clock: Clock, *, now: datetime) -> None:
    """Say until when a rung that has just spoken is to be signed or acknowledged, and ask no more for lower ones."""
    with writing(session):
        rung.claims, rung.claimed_until = 0, None
        hours = rung.rule.get("acknowledge_hours") or (SIGN_HOURS if rung.unsigned else None)
        if hours is not None:
            calendar = calendar_for(session, clock.jurisdiction, unit_id=clock.unit_id)
            rung.asked_until = answer_by(aware(now), hours, clock.started_at, clock.due_at, calendar)
        session.flush()
        lower = update(Rung).where(Rung.clock_id == clock.id, Rung.position < rung.position)
        session.execute(lower.where(Rung.asked_until.is_not(None)).values(asked_until=None))


def _lock(session: Session, rung_id: UUID) -> Rung:
    found = session.scalars(
        select(Rung).where(Rung.id == rung_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("rung-unknown", "There is no escalation {rung}.", rung=str(rung_id))
    return found


def _record(
    session: Session, rung: Rung, tag: Tag, actor: Actor | None, now: datetime, *, name: str, due_at: datetime
) -> None:
    record(
        session, tag=tag, actor=actor or Actor.engine(), at=now, jurisdiction=rung.jurisdiction, case_id=rung.case_id,
        data={"clock": str(rung.clock_id), "rung": name, "due_at": aware(due_at).isoformat()},
    )  # fmt: skip
