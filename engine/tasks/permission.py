"""Who may take a work item, and if not, why not."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, Connection, Uuid, bindparam, column, literal, select, table
from sqlalchemy.orm import Session

from engine.errors import EngineError, Forbidden, NotFound
from engine.organisation.absences import Cover, covers
from engine.organisation.models import Membership, OrgUnit, Staff
from engine.organisation.sealing import knowing, knows
from engine.tasks.models import WorkItem

_HOLDS: Final = (
    select(Membership.id)
    .join(Staff, Staff.id == Membership.staff_id)
    .where(
        Membership.staff_id == bindparam("staff"),
        Membership.role == bindparam("role"),
        Membership.unit_id == bindparam("unit"),
        Staff.active,
    )
    .limit(1)
)
# The model of a case belongs to a room above this one.
_CASE: Final = table("case", column("id", Uuid()), column("sealed", Boolean()))
_SEALED: Final = select(_CASE.c.sealed).where(_CASE.c.id == bindparam("case"))
#: an accused person, or one whom a sealed case is kept from, finds no task of it
_KNOWS: Final = select(literal(1)).where(knows(bindparam("case", type_=Uuid()), bindparam("staff", type_=Uuid())))
_UNIT_NAME: Final = select(OrgUnit.name).where(OrgUnit.id == bindparam("unit"))


def may_take(session: Session, item: WorkItem, staff: Staff, *, now: datetime | None = None) -> None:
    """Return when `staff` may take `item`.

    Args:
        now: when it is; what substitutes may do depends on it, and without it they may nothing.

    Raises:
        Forbidden: `task-of-another-unit` or `task-excluded`, with the reason in words.
    """
    refused = refusal(
        session.connection(),
        staff_id=staff.id,
        role=item.role,
        unit_id=item.unit_id,
        excluded=item.excluded,
        name=item.name,
        case_id=item.case_id,
        now=now,
    )
    if refused is not None:
        raise refused


def covering(session: Session, item: WorkItem, staff: Staff, now: datetime) -> Cover | None:
    """Return for whom `staff` would do `item` as a substitute; None when they hold its role, or cover for nobody."""
    connection = session.connection()
    if item.unit_id is None or _holds(connection, staff.id, item.role, item.unit_id):
        return None
    return _cover(connection, staff.id, item.role, item.unit_id, item.excluded, item.case_id, now)


def refusal(
    connection: Connection,
    *,
    staff_id: UUID,
    role: str,
    unit_id: UUID | None,
    excluded: list[str],
    name: str,
    case_id: UUID,
    now: datetime | None = None,
) -> EngineError | None:
    """Return the error that says why a member of staff may not take a task, None when they may.

    Args:
        role: key of the role that the task asks for.
        unit_id: the unit that it was resolved to; None for a task of the resident.
        excluded: staff ids as strings.
        name: the task's name, for the sentence.
        case_id: its case; of a sealed one no substitute is let in.
        now: when it is; a substitute may take what the absent person could. None: substitutes are not asked.
    """
    if not connection.execute(_KNOWS, {"case": case_id, "staff": staff_id}).first():
        return NotFound("task-unknown-here", "There is no such task in your inbox.")
    if str(staff_id) in excluded:
        return Forbidden(
            "task-excluded",
            "“{task}” has to be done by somebody else this time: you did an earlier round of it. "
            "A colleague in the same role can take it.",
            task=name,
        )
    if unit_id is not None:
        if _holds(connection, staff_id, role, unit_id):
            return None
        if now is not None and _cover(connection, staff_id, role, unit_id, excluded, case_id, now) is not None:
            return None
    unit = connection.execute(_UNIT_NAME, {"unit": unit_id}).scalar() if unit_id else None
    return Forbidden(
        "task-of-another-unit",
        "“{task}” is for the role {role} of {unit}, which you do not hold. Somebody who holds it can take it.",
        task=name,
        role=role,
        unit=unit or "the resident",
    )


def require_knowing(session: Session, item: WorkItem, who: Staff) -> None:
    """Let `who` be given a part in a task's case.

    Raises:
        Forbidden: `hand-kept-from`: they must not know that the case exists.
    """
    if not knowing(session, item.case_id, {who.id}):
        raise Forbidden(
            "hand-kept-from", "“{task}” cannot be given to {who}: the matter is kept from them. Nothing was changed.",
            task=item.name, who=who.name,
        )  # fmt: skip


def _holds(connection: Connection, staff_id: UUID, role: str, unit_id: UUID) -> bool:
    return connection.execute(_HOLDS, {"staff": staff_id, "role": role, "unit": unit_id}).first() is not None


def _cover(
    connection: Connection,
    staff_id: UUID,
    role: str,
    unit_id: UUID,
    excluded: list[str],
    case_id: UUID,
    now: datetime,
) -> Cover | None:
    """Whom somebody covers for in a role; nobody who may not do it themselves."""
    if str(staff_id) in excluded:
        return None
    for cover in covers(connection, staff_id, now):
        if cover.role == role and cover.unit_id == unit_id and str(cover.staff_id) not in excluded:
            return None if connection.execute(_SEALED, {"case": case_id}).scalar() else cover
    return None
