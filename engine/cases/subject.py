"""A case as the policy reads it: where it lies, who works or worked on it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, SelectBase, Uuid, bindparam, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.audit import ActorKind, AuditEvent
from engine.cases.models import Case, CaseSealing, SealingSide
from engine.db import connected
from engine.errors import NotFound
from engine.organisation.models import OrgUnit
from engine.organisation.policy import CaseSubject, OpenItem
from engine.prepared import Found, PreparedRead, read_together
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
    return _subjects(session, list({case.id for case in cases}))


# ---- reading

_CaseId: TypeAlias = InstrumentedAttribute[Any]
#: Says of a column whether it is of a case that is asked for.
_Wanted: TypeAlias = Callable[[_CaseId], ColumnElement[bool]]


def _cases(wanted: _Wanted) -> SelectBase:
    found = select(Case.id.label("case_id"), Case.jurisdiction, Case.sealed, OrgUnit.path)
    return found.join(OrgUnit, OrgUnit.id == Case.place_id).where(wanted(Case.id))


def _work(wanted: _Wanted) -> SelectBase:
    """Select every work item, done ones too, with the path of its unit."""
    found = select(
        WorkItem.case_id, WorkItem.role, WorkItem.unit_id, WorkItem.owner_id, WorkItem.excluded, WorkItem.state,
        WorkItem.handed, OrgUnit.path,
    )  # fmt: skip
    return found.outerjoin(OrgUnit, OrgUnit.id == WorkItem.unit_id).where(wanted(WorkItem.case_id))


def _participants(wanted: _Wanted) -> SelectBase:
    """Select who took a step; their ids are texts in the log."""
    step = or_(*(AuditEvent.tag == tag for tag in _STEPS))
    found = select(AuditEvent.case_id, AuditEvent.actor_id).distinct()
    return found.where(wanted(AuditEvent.case_id), AuditEvent.actor_kind == ActorKind.STAFF.value, step)


def _beside(wanted: _Wanted) -> SelectBase:
    """Select who was asked to answer beside an owner, and who reads along."""
    asked = select(CoHandler.case_id, CoHandler.staff_id).where(CoHandler.state != Answering.REMOVED.value)
    reads = select(CaseCopy.case_id, CaseCopy.staff_id)
    return union(asked.where(wanted(CoHandler.case_id)), reads.where(wanted(CaseCopy.case_id)))


def _sealings(wanted: _Wanted) -> SelectBase:
    """Select the sides of accusations, with the path of the unit."""
    found = select(CaseSealing.case_id, CaseSealing.side, CaseSealing.unit_id, OrgUnit.path, CaseSealing.staff_id)
    return found.outerjoin(OrgUnit, OrgUnit.id == CaseSealing.unit_id).where(wanted(CaseSealing.case_id))


def _is_the_one(column: _CaseId) -> ColumnElement[bool]:
    return column == bindparam("case", type_=Uuid())


def _is_among_them(column: _CaseId) -> ColumnElement[bool]:
    return column.in_(bindparam("cases", expanding=True))


_QUERIES: Final = (_cases, _work, _participants, _beside, _sealings)
#: A page is mostly of one case; its statements never change, those of lists do with how many there are.
_OF_ONE: Final = [PreparedRead(query(_is_the_one)) for query in _QUERIES]
_OF_MANY: Final[list[Any]] = [query(_is_among_them) for query in _QUERIES]


def _subjects(session: Session, wanted: Sequence[UUID]) -> dict[UUID, CaseSubject]:
    if not wanted:
        return {}
    session.flush()  # a statement that is prepared reads what was written
    if len(wanted) == 1:
        found = read_together(connected(session), [(each, {"case": wanted[0]}) for each in _OF_ONE])
    else:
        found = [list(session.execute(each, {"cases": wanted})) for each in _OF_MANY]
    cases, *others = found
    work, staff, beside, sealings = (_by_case(rows) for rows in others)
    return {
        case.case_id: _subject(
            case,
            sealings=sealings.get(case.case_id, ()),
            work=work.get(case.case_id, ()),
            participants={UUID(row.actor_id) for row in staff.get(case.case_id, ()) if row.actor_id}
            | {row.staff_id for row in beside.get(case.case_id, ())},
        )
        for case in cases
    }


def _by_case(rows: Iterable[Found]) -> dict[UUID, list[Found]]:
    found: dict[UUID, list[Found]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def _subject(case: Found, *, sealings: Sequence[Found], work: Sequence[Found], participants: set[UUID]) -> CaseSubject:
    accused = [row for row in sealings if row.side == SealingSide.ACCUSED]
    return CaseSubject(
        case_id=case.case_id,
        jurisdiction=case.jurisdiction,
        place_path=case.path,
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
        participants=frozenset(participants),
        sealed=case.sealed,
        sealed_route=frozenset(row.unit_id for row in sealings if row.side == SealingSide.ROUTE),
        accused_paths=frozenset(row.path for row in accused if row.path),
        accused_staff=frozenset(row.staff_id for row in accused if row.staff_id),
    )
