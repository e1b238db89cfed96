"""A case as the policy reads it: where it lies, who works or worked on it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.orm import Session

from engine.audit import ActorKind, AuditEvent
from engine.cases.models import Case, CaseSealing, SealingSide
from engine.errors import NotFound
from engine.organisation.models import OrgUnit
from engine.organisation.policy import CaseSubject, OpenItem
from engine.tasks.models import LIVE, Answering, CaseCopy, CoHandler, WorkItem
from engine.tracing import about_case

#: What somebody does that makes them a participant; looking is not among it.
_STEPS = (
    "work_item:claimed", "work_item:completed", "work_item:transferred", "work_item:delegated",
    "work_item:handed_back", "case:offer:taken", "work_item:co_handler:answered",
)  # fmt: skip


def get_case(session: Session, case_id: UUID) -> Case:
    """Return a case.

    Raises:
        NotFound: there is none of this id.
    """
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("case-unknown", "There is no case {case}.", case=str(case_id))
    about_case(case.id)
    return case


def subject_of(session: Session, case: Case) -> CaseSubject:
    """Return what decides who may see `case`."""
    return subjects_of(session, [case])[case.id]


def subjects_of(session: Session, cases: Iterable[Case]) -> dict[UUID, CaseSubject]:
    """Return what decides who may see each of `cases`, by id, in five statements however many they are."""
    known = {case.id: case for case in cases}
    wanted = {case.place_id for case in known.values()}
    places = session.execute(select(OrgUnit.id, OrgUnit.path).where(OrgUnit.id.in_(wanted)))
    paths = {row.id: row.path for row in places}
    work: dict[UUID, list[Any]] = {}
    for row in session.execute(
        select(
            WorkItem.case_id, WorkItem.role, WorkItem.unit_id, WorkItem.owner_id, WorkItem.excluded, WorkItem.state,
            WorkItem.handed, OrgUnit.path,
        )
        .outerjoin(OrgUnit, OrgUnit.id == WorkItem.unit_id)
        .where(WorkItem.case_id.in_(known))
    ):  # fmt: skip
        work.setdefault(row.case_id, []).append(row)
    staff: dict[UUID, set[UUID]] = {}
    for case_id, actor_id in session.execute(
        select(AuditEvent.case_id, AuditEvent.actor_id)
        .where(
            AuditEvent.case_id.in_(known),
            AuditEvent.actor_kind == ActorKind.STAFF,
            AuditEvent.tag.in_(_STEPS),
        )
        .distinct()
    ):
        if case_id is not None and actor_id:
            staff.setdefault(case_id, set()).add(UUID(actor_id))
    sealings = _sealings(session, known)
    for beside in session.execute(_beside(known)):
        staff.setdefault(beside.case_id, set()).add(beside.staff_id)
    return {
        case.id: _subject(
            case, sealings.get(case.id, []), paths[case.place_id], work.get(case.id, []), staff.get(case.id, set())
        )
        for case in known.values()
    }


def _beside(cases: Iterable[UUID]) -> CompoundSelect[Any]:
    """Select who was asked to answer beside an owner, and who reads along."""
    asked = select(CoHandler.case_id, CoHandler.staff_id).where(CoHandler.state != Answering.REMOVED)
    reads = select(CaseCopy.case_id, CaseCopy.staff_id)
    wanted = list(cases)
    return union(asked.where(CoHandler.case_id.in_(wanted)), reads.where(CaseCopy.case_id.in_(wanted)))


def _sealings(session: Session, cases: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """Return the rows (case, side, unit, its path, staff) of accusations, by case."""
    found: dict[UUID, list[Any]] = {}
    for row in session.execute(
        select(CaseSealing.case_id, CaseSealing.side, CaseSealing.unit_id, OrgUnit.path, CaseSealing.staff_id)
        .outerjoin(OrgUnit, OrgUnit.id == CaseSealing.unit_id)
        .where(CaseSealing.case_id.in_(cases))
    ):
        found.setdefault(row.case_id, []).append(row)
    return found


def _subject(case: Case, sealings: list[Any], place_path: str, work: list[Any], staff: set[UUID]) -> CaseSubject:
    accused = [row for row in sealings if row.side == SealingSide.ACCUSED]
    return CaseSubject(
        case_id=case.id,
        jurisdiction=case.jurisdiction,
        place_path=place_path,
        unit_paths=tuple({(row.unit_id, row.path) for row in work if row.unit_id is not None}),
        open_items=tuple(
            OpenItem(
                role=row.role,
                unit_id=row.unit_id,
                owner_id=row.owner_id,
                excluded=frozenset(UUID(each) for each in row.excluded or ()),
                lent=bool(row.handed) and row.handed["how"] == "delegated",
            )
            for row in work
            if row.state in LIVE
        ),
        participants=frozenset(staff),
        sealed=case.sealed,
        sealed_route=frozenset(row.unit_id for row in sealings if row.side == SealingSide.ROUTE),
        accused_paths=frozenset(row.path for row in accused if row.path),
        accused_staff=frozenset(row.staff_id for row in accused if row.staff_id),
    )
