"""Where a notice of a rung leads: to its row on the desk, or to the work itself."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine.cases.escalations import RUNNING, within
from engine.cases.models import Case
from engine.cases.subject import get_case, subject_of
from engine.deadlines.models import Clock, Rung
from engine.errors import NotFound
from engine.organisation.models import OrgUnit
from engine.organisation.policy import Action, Viewer, may, require
from engine.tasks.models import LIVE, WorkItem


@dataclass(frozen=True, kw_only=True)
class Row:
    """Where the reader of a rung's notice finds what it is about.

    Args:
        on_desk: in the list of the escalations.
        item_id: the reader's own task, where the list is not theirs.
    """

    case_id: UUID
    on_desk: bool
    item_id: UUID | None


def row_of(session: Session, viewer: Viewer, rung_id: UUID) -> Row:
    """Return where a rung's notice leads its reader.

    Raises:
        NotFound: there is no such rung, or its case may not be known.
        Forbidden: the reader has nothing to do with the case.
    """
    rung = session.get(Rung, rung_id)
    if rung is None:
        raise NotFound("rung-unknown", "There is no escalation {rung}.", rung=str(rung_id))
    case = get_case(session, rung.case_id)
    require(viewer, Action.VIEW_CASE, subject_of(session, case))
    listed = may(viewer, Action.VIEW_ESCALATIONS) and _is_listed(session, viewer, rung)
    mine = select(WorkItem.id).where(
        WorkItem.clock_id == rung.clock_id, WorkItem.state.in_(LIVE), WorkItem.owner_id == viewer.staff_id
    )
    return Row(case_id=case.id, on_desk=listed, item_id=None if listed else session.scalars(mine.limit(1)).first())


def _is_listed(session: Session, viewer: Viewer, rung: Rung) -> bool:
    unit, place = aliased(OrgUnit), aliased(OrgUnit)
    found = (
        select(Clock.id)
        .join(Case, Case.id == Clock.case_id)
        .join(place, place.id == Case.place_id)
        .outerjoin(unit, unit.id == Clock.unit_id)
        .where(RUNNING, Clock.id == rung.clock_id, within(viewer, unit, place))
    )
    return session.scalar(found) is not None
