"""A clock's ladder: who is told when, once each."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import writing
from engine.deadlines import mark_rung_fired
from engine.deadlines.models import Clock, ClockState, Rung, RungState
from engine.errors import EngineError
from engine.events import after_commit
from engine.instances import store
from engine.instances.conductor import MOVABLE, Conductor
from engine.instances.hooks import Step
from engine.instances.incidents import Attempt, raise_incident
from engine.instances.notifying import case_facts, of_staff, post
from engine.instances.store import Held
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.service import addressees
from engine.spiff import StepFailed
from engine.tasks.models import LIVE, WorkItem

_WAITING: Final = text("rung.state = 'waiting'")
_DUE: Final = (
    select(Rung.id)
    .where(Rung.clock_id == bindparam("clock"), _WAITING, Rung.due_at <= bindparam("now", type_=Rung.due_at.type))
    .order_by(Rung.position)
)
_LIST_DUE: Final = (
    select(Rung.id)
    .join(Clock, Clock.id == Rung.clock_id)
    .where(
        _WAITING,
        Rung.due_at <= bindparam("now", type_=Rung.due_at.type),
        Clock.state == ClockState.RUNNING.value,
    )
    .order_by(Rung.due_at)
    .limit(bindparam("limit"))
)
_OLDEST: Final = (
    select(func.min(Rung.due_at))
    .join(Clock, Clock.id == Rung.clock_id)
    .where(_WAITING, Clock.state == ClockState.RUNNING.value)
)
_HOLDER: Final = (
    select(WorkItem)
    .where(WorkItem.clock_id == bindparam("clock"), WorkItem.state.in_(LIVE))
    .order_by(WorkItem.created_at.desc())
    .limit(1)
)


def due_rungs(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Return the ids of rungs that are due on running clocks, the longest due first. Nothing is locked."""
    return list(session.scalars(_LIST_DUE, {"now": now, "limit": limit}))


def fire_rung(conductor: Conductor, session: Session, rung_id: UUID, now: datetime) -> str | None:
    """Fire the highest due rung of a clock, once.

    When several are due (the system was down, or a calendar changed), only the highest speaks and the others are passed
    over: nobody gets three mails about one matter at once.

    Returns:
        The rung's name; None when none of the clock's rungs is due any more.
    """
    with writing(session):
        row = store.lock_by_rung(session.connection(), rung_id)
        held = Held.of(row)
        clock = session.get_one(Clock, row.clock_id, populate_existing=True)
        due = list(session.scalars(_DUE, {"clock": clock.id, "now": now}))
        if not due or clock.state != ClockState.RUNNING or held.status not in MOVABLE:
            return None
        fired = mark_rung_fired(session, due[-1], now=now)
        if fired is None:
            return None
        step = conductor.begin_step(session, held, actor=Actor.engine(), now=now)
        _tell(step, clock, fired)
        if step.posted:
            after_commit(session, conductor.hooks.wake)
        step.ledger.flush()
        return fired.name


def give_up(conductor: Conductor, session: Session, rung_id: UUID, error: Exception, now: datetime) -> None:
    """Raise the incident of a rung that could not be fired at all (a bug, a broken row). It stays due."""
    with writing(session):
        row = store.lock_by_rung(session.connection(), rung_id)
        step = conductor.begin_step(session, Held.of(row), actor=Actor.engine(), now=now)
        rung = session.get_one(Rung, rung_id, populate_existing=True)
        reason = error if isinstance(error, EngineError) else EngineError("unexpected", type(error).__name__)
        _raise_incident(step, session.get_one(Clock, rung.clock_id), rung, [reason])


def oldest_due(session: Session) -> datetime | None:
    """Return when the first waiting rung of a running clock is due, None when none waits."""
    return session.scalar(_OLDEST)


def tell_again(conductor: Conductor, session: Session, rung_id: UUID, now: datetime) -> bool:
    """Tell whom a rung could not reach; return whether all were reached now."""
    with writing(session):
        row = store.lock_by_rung(session.connection(), rung_id)
        if row.state == RungState.WAITING:
            return fire_rung(conductor, session, rung_id, now) is not None
        step = conductor.begin_step(session, Held.of(row), actor=Actor.engine(), now=now)
        rung = session.get_one(Rung, rung_id, populate_existing=True)
        reached = _tell(step, session.get_one(Clock, rung.clock_id), rung)
        step.ledger.flush()
        return reached


def _tell(step: Step, clock: Clock, rung: Rung) -> bool:
    """Put the rung's notices in the outbox; whom it cannot reach becomes an incident, not a silence.

    A rung that names nobody and no notice is only there for the timers of the diagram that follow it.
    """
    if not rung.rule["to"] and not rung.rule["notice"]:
        return True
    session, missed = step.session, list[EngineError]()
    item = session.scalars(_HOLDER, {"clock": clock.id}).first()
    unit = session.get(OrgUnit, clock.unit_id) if clock.unit_id else None
    facts = _facts(step, clock, rung, item, unit)
    found: dict[UUID, Staff] = {}
    for relation in rung.rule["to"]:
        try:
            for staff in addressees(
                session,
                jurisdiction=step.jurisdiction,
                relation=relation,
                unit_code=unit.code if unit else facts["place"]["code"],
                owner_id=item.owner_id if item else None,
                role=item.role if item else clock.role,
            ):
                found[staff.id] = staff
        except EngineError as error:
            missed.append(error)
    try:
        post(
            step,
            key=f"rung:{rung.id.hex}",
            template=rung.rule["notice"],
            facts=facts,
            recipients=of_staff(list(found.values())),
            rung=rung.name,
        )
    except EngineError as error:
        missed.append(error)
    told = {"clock": clock.name, "rung": rung.name, "to": [each.name for each in found.values()]}
    step.ledger.note(Tag.NOTICE_QUEUED, told | {"template": rung.rule["notice"]})
    if missed or not found:
        _raise_incident(step, clock, rung, missed)
    return not missed and bool(found)


def _facts(step: Step, clock: Clock, rung: Rung, item: WorkItem | None, unit: OrgUnit | None) -> dict[str, Any]:
    process = step.version.definitions.processes.get(clock.process_id)
    element = process.elements.get(clock.element_id) if process else None
    owner = step.session.get(Staff, item.owner_id) if item and item.owner_id else None
    return case_facts(step.session, step.case_id) | {
        "element": item.name if item else " ".join((element.name if element else clock.name).split()),
        "clock": {"name": clock.name, "kind": clock.kind},
        "due": f"{clock.due_at.astimezone(step.zone):%Y-%m-%d %H:%M}",
        "overdue": clock.due_at < step.now,
        "unit": unit.name if unit else "",
        "owner": owner.name if owner else (unit.name if unit else ""),
        "rung": rung.name,
        "sign": bool(rung.rule.get("sign")),
    }


def _raise_incident(step: Step, clock: Clock, rung: Rung, missed: list[EngineError]) -> None:
    reason = "; ".join(error.message for error in missed) or f"rung {rung.name} of {clock.name} is addressed to nobody"
    failure = StepFailed(
        missed[0].code if missed else "rung-unaddressed",
        element_id=clock.element_id,
        process_id=clock.process_id,
        task_id=clock.scope_id,
        reason=reason,
    )
    step.ledger.flush()
    attempt = Attempt("rung", str(rung.id), {}, Actor.engine())
    raise_incident(step.connection, step.held, attempt, failure, element=None, now=step.now)
