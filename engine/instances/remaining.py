"""Who does a task when everybody who could is excluded from it, as in a rework by somebody else."""

from uuid import UUID

from sqlalchemy.orm import Session

from engine.errors import Invalid, NotFound
from engine.instances.offices import Office
from engine.organisation.models import OrgUnit
from engine.organisation.service import holders_upwards, members


def somebody_left(session: Session, *, role: str, unit_id: UUID, excluded: tuple[str, ...]) -> bool:
    """Say whether anybody holds the role in the unit who is not excluded."""
    return any(str(each.id) not in excluded for each in members(session, role=role, unit_id=unit_id))


def next_office(
    session: Session,
    *,
    jurisdiction: str,
    unit_code: str,
    unit_name: str,
    role: str,
    instead: str | None,
    excluded: tuple[str, ...],
) -> tuple[str, Office]:
    """Return who does it instead: the role that the diagram names for this, else the same role in a unit above.

    The exclusion itself is never lifted: it is what the resident was promised, or what keeps two pairs of eyes two.

    Args:
        role: the role that everybody left of is excluded from.
        instead: the role of `chuishao:exclude.else`, None where the diagram names none.

    Returns:
        The role, and its office nearest to the unit.

    Raises:
        Invalid: `nobody-left`: there is none.
    """
    for each in (instead, role):
        if each is None:
            continue
        try:
            found = holders_upwards(session, jurisdiction=jurisdiction, role=each, unit_code=unit_code)
        except NotFound:
            found = []
        free = next(((staff, unit) for staff, unit in found if str(staff.id) not in excluded), None)
        if free is not None:
            return each, _office(free[1], each, unit_name)
    raise Invalid(
        "nobody-left",
        "Everybody who holds the role {role} for {unit} has done an earlier round, and nobody else may take this one. "
        "Give somebody else the role, or name another with chuishao:exclude.else; then try again.",
        role=role,
        unit=unit_name,
    )


def _office(unit: OrgUnit, role: str, unit_name: str) -> Office:
    return Office(
        unit_id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=str(unit.kind),
        inbox_key=f"{role}@{unit.code}",
        requested=unit_name,
        climbed=False,
    )
