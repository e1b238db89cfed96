"""Who may know that a case exists, as conditions of statements: for lists and counts that no page asks one by one.

What `engine.organisation.policy` decides for one viewer and one case is here said in SQL. An accused unit, everybody in
it and below it, and an accused person know of nothing; of a sealed case only members of its route do.

Source: 信访工作条例 art. 30.
"""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Session, aliased

from engine.organisation.models import Membership, OrgUnit
from engine.prepared import PreparedRead

# The model belongs to a room above this one.
_SEALING: Final = table(
    "case_sealing",
    column("case_id", Uuid()),
    column("side", String()),
    column("unit_id", Uuid()),
    column("staff_id", Uuid()),
)


def knows(case_id: Any, staff_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Return the condition that a member of staff may know of a case.

    Args:
        case_id: a column with the id of a case; null stands for no case, which everybody may know.
        staff_id: whom, as a value or a column.
    """
    route, mine = _SEALING.alias("route"), _SEALING.alias("mine")
    sealed = exists().where(route.c.case_id == case_id, route.c.side == "route")
    on_route = (
        exists()
        .where(mine.c.case_id == case_id, mine.c.side == "route", mine.c.unit_id == Membership.unit_id)
        .where(Membership.staff_id == staff_id)
    )
    return and_(not_(_accused(case_id, staff_id)), or_(not_(sealed), on_route))


def is_sealed(case_id: Any) -> ColumnElement[bool]:
    """Return the condition that not everybody may know of a case."""
    return exists().where(_SEALING.c.case_id == case_id)


def _accused(case_id: Any, staff_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    accused = _SEALING.alias("accused")
    return (
        exists()
        .where(accused.c.case_id == case_id, accused.c.side == "accused")
        .where(or_(accused.c.staff_id == staff_id, _belongs(accused.c.unit_id, staff_id)))
    )


def _belongs(unit_id: Any, staff_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool]:
    """Somebody works in a unit or below it."""
    above, own, held = aliased(OrgUnit), aliased(OrgUnit), aliased(Membership)
    within = func.substr(own.path, 1, func.length(above.path)) == above.path
    return exists().where(above.id == unit_id, held.staff_id == staff_id, own.id == held.unit_id, within)


def _closed() -> Select[UUID]:
    accused, who = _SEALING.alias("accused"), bindparam("staff", type_=Uuid())
    mine = or_(accused.c.staff_id == who, _belongs(accused.c.unit_id, who))
    return select(accused.c.case_id).where(accused.c.side == "accused", mine)


#: Written once: every inbox asks it.
_CLOSED: Final = _closed()


def closed_cases(session: Session, staff_id: UUID) -> list[UUID]:
    """Return the cases in which somebody, or the unit that they belong to, is accused; hardly ever any."""
    return sorted(set(session.scalars(_CLOSED, {"staff": staff_id})))


_ANY_SEALING: Final = PreparedRead(select(_SEALING.c.case_id).where(_SEALING.c.case_id == bindparam("case")).limit(1))


def knowing(session: Session, case_id: UUID, staff_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return which members of staff may know of a case."""
    session.flush()  # the route may be as new as the case
    if _ANY_SEALING.first(session.connection(), {"case": case_id}) is None:
        return frozenset(staff_ids)
    return frozenset(
        staff_id
        for staff_id in staff_ids
        if session.scalar(select(literal(1)).where(knows(literal(case_id, Uuid()), staff_id)))
    )
