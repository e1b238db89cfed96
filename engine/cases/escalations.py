"""What is late, or soon will be, in the units that somebody answers for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text, true
from sqlalchemy.orm import Session, aliased

from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.subject import get_case, subject_of, subjects_of
from engine.cases.view import OpenWork, open_work_of
from engine.deadlines.escalations import acknowledge_rung
from engine.deadlines.models import Clock, Rung, RungState
from engine.errors import NotFound
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.policy import Action, CaseSubject, Field, Viewer, may, reach, require, visible_fields
from engine.organisation.sealing import knows
from engine.tasks.models import LIVE, WorkItem

#: A clock that runs out within this time is shown before it does; so is one of which a rung has fired.
SOON: Final = timedelta(days=2)
#: More clocks than these nobody reads; those that ran out first come first.
MOST: Final = 200
#: Whom the lower rungs remind: they act, they do not acknowledge.
_DOERS: Final = frozenset({"owner", "handler"})
#: Spelled out: SQLite uses the partial index only for a condition without parameters.
RUNNING: Final = text("clock.state = 'running'")


@dataclass(frozen=True, kw_only=True)
class LateClock:
    """A clock that is late, or soon will be.

    Args:
        rung: the highest one that has fired; None when none has.
        unit: whose clock it is; None for one that runs over the whole matter.
        read_by: name of who has acknowledged the rung.
        to_sign: the highest one that a person has still to sign.
        signed_by: name of who has signed the rung.
    """

    clock: Clock
    rung: Rung | None
    unit: str | None
    read_by: str | None
    to_sign: Rung | None = None
    signed_by: str | None = None

    @property
    def waits(self) -> bool:
        """Whether a lead is still to acknowledge it; what only reminds the handler asks nothing of a lead."""
        if self.rung is None or self.rung.unsigned or self.rung.acknowledged_at is not None:
            return False
        return bool(set(self.rung.rule["to"]) - _DOERS)


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """A matter with its late clocks.

    Args:
        clocks: the one that ran out, or runs out, first comes first.
        title: None where the viewer may not see it; so is `place`.
        work: the open items of the matter, as far as the viewer may know who has them.
    """

    case: Case
    clocks: tuple[LateClock, ...]
    title: str | None
    place: str | None
    work: tuple[OpenWork, ...]
    may_acknowledge: bool
    may_sign: bool = False
    may_reassign: bool = False

    @property
    def rung(self) -> str | None:
        """The name of the highest rung that has fired."""
        # a ladder's rungs are named L0, L1 …; positions of different ladders do not compare, names do
        return max((each.rung.name for each in self.clocks if each.rung), default=None)

    @property
    def due_at(self) -> datetime:
        """When the first of its clocks runs out, or ran out."""
        return self.clocks[0].clock.due_at

    @property
    def waiting(self) -> tuple[UUID, ...]:
        """The rungs that the viewer can acknowledge."""
        return tuple(each.rung.id for each in self.clocks if each.rung and each.waits and self.may_acknowledge)

    @property
    def to_sign(self) -> tuple[UUID, ...]:
        """The rungs that the viewer can sign: of clocks that are late still."""
        if not self.may_sign:
            return ()
        return tuple(each.to_sign.id for each in self.clocks if each.to_sign)

    @property
    def read(self) -> bool:
        """Whether everything that asked for it has been acknowledged, and something did."""
        return not any(each.waits for each in self.clocks) and any(each.read_by for each in self.clocks)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a lead has before them.

    Args:
        matters: the highest rung first, then the longest late.
        cut_off: there is more than is shown; what is missing runs out later.
    """

    matters: tuple[Escalation, ...]
    cut_off: bool


def escalations(session: Session, viewer: Viewer, *, now: datetime, case_id: UUID | None = None) -> Desk:
    """Return the matters within the viewer's reach that are late or soon will be.

    Args:
        case_id: only this matter, whatever time its clocks have left.

    Raises:
        Forbidden: the viewer answers for no unit.
    """
    require(viewer, Action.VIEW_ESCALATIONS)
    unit, place = aliased(OrgUnit), aliased(OrgUnit)
    fired = select(Rung.id).where(Rung.clock_id == Clock.id, Rung.state == RungState.FIRED).exists()
    urgent = Clock.case_id == case_id if case_id else or_(Clock.due_at <= now + SOON, fired)
    rows = session.execute(
        select(Clock, Case, unit.name, place.name)
        .join(Case, Case.id == Clock.case_id)
        .join(place, place.id == Case.place_id)
        .outerjoin(unit, unit.id == Clock.unit_id)
        .where(RUNNING, urgent, within(viewer, unit, place))
        .order_by(Clock.due_at, Clock.id)
        .limit(MOST + 1)
    ).all()
    cut_off, rows = len(rows) > MOST, rows[:MOST]
    known = _fired(session, [clock.id for clock, *_ in rows])
    unsigned = _unsigned(session, [clock.id for clock, *_ in rows if clock.due_at <= now])
    cases = {case.id: (case, where) for _, case, _, where in rows}
    clocks: dict[UUID, list[LateClock]] = {}
    for clock, _, name, _ in rows:
        rung, reader, signer = known.get(clock.id, (None, None, None))
        late = LateClock(
            clock=clock, rung=rung, unit=name, read_by=reader, signed_by=signer, to_sign=unsigned.get(clock.id)
        )
        clocks.setdefault(clock.case_id, []).append(late)
    subjects = subjects_of(session, [case for case, _ in cases.values()])
    work = open_work_of(session, list(cases))
    seen = (
        _seen(viewer, case, where, subjects[case.id], clocks[case.id], work.get(case.id, []))
        for case, where in cases.values()
    )
    return Desk(matters=tuple(sorted((each for each in seen if each), key=_urgency, reverse=True)), cut_off=cut_off)


def late_count(session: Session, viewer: Viewer, *, now: datetime) -> int:
    """Return how many matters within the viewer's reach are late: the number beside the link to this page."""
    unit, place = aliased(OrgUnit), aliased(OrgUnit)
    statement = (
        select(func.count(Clock.case_id.distinct()))
        .join(Case, Case.id == Clock.case_id)
        .join(place, place.id == Case.place_id)
        .outerjoin(unit, unit.id == Clock.unit_id)
        .where(RUNNING, Clock.due_at <= now, within(viewer, unit, place))
    )
    return session.scalar(statement) or 0


def by_rung(matters: Iterable[Escalation]) -> Iterator[tuple[str | None, list[Escalation]]]:
    """Yield matters that are in the order of a desk in groups of the same rung; last, with None, where none fired."""
    for name, group in groupby(matters, key=lambda each: each.rung):
        yield name, list(group)


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


def _urgency(each: Escalation) -> tuple[str, float]:
    return each.rung or "", -each.due_at.timestamp()


def within(viewer: Viewer, unit: type[OrgUnit], place: type[OrgUnit]) -> ColumnElement[bool]:
    """Narrow to clocks of units in reach, of matters that lie there, and of matters that are worked on there now."""
    bounds = reach(viewer, Action.ACKNOWLEDGE)

    def covered(each: type[OrgUnit]) -> list[ColumnElement[bool]]:
        return [each.path.startswith(scope, autoescape=True) for scope in bounds.scopes]

    worker = aliased(OrgUnit)
    worked_on = (
        select(WorkItem.id)
        .join(worker, worker.id == WorkItem.unit_id)
        .where(
            WorkItem.case_id == Clock.case_id,
            WorkItem.state.in_(LIVE),
            or_(worker.id.in_(bounds.unit_ids), *covered(worker)),
        )
        .exists()
    )
    mine = or_(unit.id.in_(bounds.unit_ids), *covered(unit), *covered(place), worked_on)
    open_to = knows(Clock.case_id, viewer.staff_id) if viewer.staff_id else true()
    return Clock.jurisdiction.in_(bounds.jurisdictions) & mine & open_to


def _fired(session: Session, clock_ids: list[UUID]) -> dict[UUID, tuple[Rung, str | None, str | None]]:
    """Return the highest rung of each clock that has fired, who has acknowledged it, and who has signed it."""
    signer = aliased(Staff)
    rows = session.execute(
        select(Rung, Staff.name, signer.name)
        .outerjoin(Staff, Staff.id == Rung.acknowledged_by)
        .outerjoin(signer, signer.id == Rung.signed_by)
        .where(Rung.clock_id.in_(clock_ids), Rung.state == RungState.FIRED)
        .order_by(Rung.position)
    )
    return {rung.clock_id: (rung, name, signed) for rung, name, signed in rows}


def _unsigned(session: Session, clock_ids: list[UUID]) -> dict[UUID, Rung]:
    """Return the highest rung of each clock that waits for a signature; a higher one need not be signed itself."""
    waiting = select(Rung).where(Rung.clock_id.in_(clock_ids), Rung.state == RungState.FIRED, Rung.signed_at.is_(None))
    return {rung.clock_id: rung for rung in session.scalars(waiting.order_by(Rung.position)) if rung.unsigned}


def _seen(
    viewer: Viewer, case: Case, place: str, subject: CaseSubject, clocks: list[LateClock], work: list[OpenWork]
) -> Escalation | None:
    visible = visible_fields(viewer, subject)
    if not may(viewer, Action.VIEW_CASE, subject) or Field.CLOCKS not in visible:
        return None
    return Escalation(
        case=case,
        clocks=tuple(clocks),
        title=case.title if Field.TITLE in visible else None,
        place=place if Field.PLACE in visible else None,
        work=tuple(work) if Field.OWNER in visible else (),
        may_acknowledge=may(viewer, Action.ACKNOWLEDGE, subject),
        may_sign=may(viewer, Action.SIGN, subject),
        may_reassign=may(viewer, Action.ASSIGN, subject),
    )
