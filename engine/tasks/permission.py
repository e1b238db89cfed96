"""Who may take a work item, and if not, why not."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from engine.errors import EngineError, Forbidden
from engine.organisation.models import Membership, OrgUnit, Staff
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
_UNIT_NAME: Final = select(OrgUnit.name).where(OrgUnit.id == bindparam("unit"))


def may_take(session: Session, item: WorkItem, staff: Staff) -> None:
    """Return when `staff` may take `item`.

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
    )
    if refused is not None:
        raise refused


def refusal(
    connection: Connection, *, staff_id: UUID, role: str, unit_id: UUID | None, excluded: list[str], name: str
) -> EngineError | None:
    """Return the error that says why a member of staff may not take a task, None when they may.

    Args:
        role: key of the role that the task asks for.
        unit_id: the unit that it was resolved to; None for a task of the resident.
        excluded: staff ids as strings.
        name: the task's name, for the sentence.
    """
    if str(staff_id) in excluded:
        return Forbidden(
            "task-excluded",
            "“{task}” has to be done by somebody else this time: you did an earlier round of it. "
            "A colleague in the same role can take it.",
            task=name,
        )
    if unit_id is not None:
        held = connection.execute(_HOLDS, {"staff": staff_id, "role": role, "unit": unit_id}).first()
        if held is not None:
            return None
    unit = connection.execute(_UNIT_NAME, {"unit": unit_id}).scalar() if unit_id else None
    return Forbidden(
        "task-of-another-unit",
        "“{task}” is for the role {role} of {unit}, which you do not hold. Somebody who holds it can take it.",
        task=name,
        role=role,
        unit=unit or "the resident",
    )
