"""What is late, or soon will be, in the units that somebody answers for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.subject import get_case, subject_of
from engine.cases.view import OpenWork, open_work
from engine.deadlines.escalations import acknowledge_rung
from engine.deadlines.models import Clock, ClockState, Rung, RungState
from engine.errors import NotFound
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.policy import Action, Field, Reach, Viewer, may, reach, require, visible_fields

#: A clock that runs out within this time is shown before it does.
SOON: Final = timedelta(days=2)
#: More rows than these nobody reads; the most urgent come first.
_MOST: Final = 60


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """A clock that is late, or soon will be.

    Args:
        rung: the highest one that has fired; None when none has.
        title: None where the viewer may not see it.
        unit: whose clock it is.
        work: the open items of the case, as far as the viewer may know who has them.
        acknowledged_by: name of who has read the rung.
    """

    clock: Clock
    rung: Rung | None
    case: Case
    title: str | None
    unit: str | None
    work: list[OpenWork]
    acknowledged_by: str | None
    may_acknowledge: bool


def escalations(session: Session, viewer: Viewer, *, now: datetime) -> list[Escalation]:
    """Return the late and soon-late clocks within the viewer's reach: the highest rung first, then the longest late.

    Raises:
        Forbidden: the viewer answers for no unit.
    """
    require(viewer, Action.VIEW_ESCALATIONS)
    unit, place = aliased(OrgUnit), aliased(OrgUnit)
    rows = session.execute(
        select(Clock, Case, unit.name)
        .join(Case, Case.id == Clock.case_id)
        .join(place, place.id == Case.place_id)
        .outerjoin(unit, unit.id == Clock.unit_id)
        .where(
            Clock.state == ClockState.RUNNING,
            Clock.due_at <= now + SOON,
            _within(reach(viewer, Action.ACKNOWLEDGE), unit, place),
        )
        .order_by(Clock.due_at)
        .limit(_MOST)
    ).all()
    fired = _fired(session, [clock.id for clock, _, _ in rows])
    found = (_seen(session, viewer, clock, case, name, fired.get(clock.id)) for clock, case, name in rows)
    return sorted(
        (each for each in found if each is not None),
        key=lambda each: (-(each.rung.position if each.rung else -1), each.clock.due_at),
    )


def acknowledge(session: Session, viewer: Viewer, rung_id: UUID, *, actor: Actor, now: datetime) -> Rung:
    """Note that the viewer has read an escalation.

    Raises:
        NotFound: there is no such rung, or the viewer may not know of its case.
        Forbidden: it is not the viewer's to acknowledge.
        Conflict: it has not fired.
    """
    rung = session.get(Rung, rung_id)
    if rung is None:
        raise NotFound("rung-unknown", "There is no escalation {rung}.", rung=str(rung_id))
    require(viewer, Action.ACKNOWLEDGE, subject_of(session, get_case(session, rung.case_id)))
    return acknowledge_rung(session, rung_id, actor=actor, now=now)


def _within(bounds: Reach, unit: type[OrgUnit], place: type[OrgUnit]) -> ColumnElement[bool]:
    paths = [column.path.startswith(scope, autoescape=True) for scope in bounds.scopes for column in (unit, place)]
    mine = or_(unit.id.in_(bounds.unit_ids), *paths)
    return Clock.jurisdiction.in_(bounds.jurisdictions) & mine


def _fired(session: Session, clock_ids: list[UUID]) -> dict[UUID, tuple[Rung, str | None]]:
    """Return the highest rung of each clock that has fired, and who has acknowledged it."""
    rows = session.execute(
        select(Rung, Staff.name)
        .outerjoin(Staff, Staff.id == Rung.acknowledged_by)
        .where(Rung.clock_id.in_(clock_ids), Rung.state == RungState.FIRED)
        .order_by(Rung.position)
    )
    return {rung.clock_id: (rung, name) for rung, name in rows}


def _seen(
    session: Session, viewer: Viewer, clock: Clock, case: Case, unit: str | None, fired: tuple[Rung, str | None] | None
) -> Escalation | None:
    subject = subject_of(session, case)
    if not may(viewer, Action.VIEW_CASE, subject):
        return None
    visible = visible_fields(viewer, subject)
    rung, reader = fired or (None, None)
    return Escalation(
        clock=clock,
        rung=rung,
        case=case,
        title=case.title if Field.TITLE in visible else None,
        unit=unit,
        work=open_work(session, case.id) if Field.OWNER in visible else [],
        acknowledged_by=reader,
        may_acknowledge=rung is not None and may(viewer, Action.ACKNOWLEDGE, subject),
    )
