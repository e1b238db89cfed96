"""A case as the policy reads it: where it lies, who works or worked on it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import ActorKind, AuditEvent
from engine.cases.models import Case
from engine.errors import NotFound
from engine.organisation.models import OrgUnit
from engine.organisation.policy import CaseSubject, OpenItem
from engine.tasks.models import LIVE, WorkItem

#: What somebody does that makes them a participant; looking is not among it.
_STEPS = ("work_item:claimed", "work_item:completed")


def get_case(session: Session, case_id: UUID) -> Case:
    """Return a case.

    Raises:
        NotFound: there is none of this id.
    """
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("case-unknown", "There is no case {case}.", case=str(case_id))
    return case


def subject_of(session: Session, case: Case) -> CaseSubject:
    """Return what decides who may see `case`, in three statements."""
    place = session.get_one(OrgUnit, case.place_id)
    rows = session.execute(
        select(WorkItem.role, WorkItem.unit_id, WorkItem.owner_id, WorkItem.excluded, WorkItem.state, OrgUnit.path)
        .outerjoin(OrgUnit, OrgUnit.id == WorkItem.unit_id)
        .where(WorkItem.case_id == case.id)
    ).all()
    staff = session.scalars(
        select(AuditEvent.actor_id)
        .where(
            AuditEvent.case_id == case.id,
            AuditEvent.actor_kind == ActorKind.STAFF,
            AuditEvent.tag.in_(_STEPS),
        )
        .distinct()
    )
    return CaseSubject(
        case_id=case.id,
        jurisdiction=case.jurisdiction,
        place_path=place.path,
        unit_paths=tuple({(row.unit_id, row.path) for row in rows if row.unit_id is not None}),
        open_items=tuple(
            OpenItem(
                role=row.role,
                unit_id=row.unit_id,
                owner_id=row.owner_id,
                excluded=frozenset(UUID(each) for each in row.excluded or ()),
            )
            for row in rows
            if row.state in LIVE
        ),
        participants=frozenset(UUID(each) for each in staff if each),
    )
