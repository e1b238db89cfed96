"""Who works beside whom: the people whom work may be given to."""

import contextlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.errors import Invalid, NotFound
from engine.organisation.models import Membership, OrgUnit, Staff, UnitKind
from engine.organisation.roles import TECHNICAL


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody, in one of their roles."""

    staff: Staff
    role: str
    unit: OrgUnit


def circle(session: Session, unit: OrgUnit) -> OrgUnit:
    """Return the unit within which work may change hands: the unit itself; for an office, the one that it is in."""
    if unit.kind == UnitKind.OFFICE and unit.parent_id is not None:
        return session.get_one(OrgUnit, unit.parent_id)
    return unit


def colleagues(session: Session, unit: OrgUnit, *, role: str | None = None) -> list[Colleague]:
    """Return the active people of a unit's circle and below who have a part in matters, by unit and name.

    Args:
        role: only those who hold it.
    """
    held = (
        select(Membership, Staff, OrgUnit)
        .join(Staff, Staff.id == Membership.staff_id)
        .join(OrgUnit, OrgUnit.id == Membership.unit_id)
        .where(
            OrgUnit.jurisdiction == unit.jurisdiction,
            OrgUnit.path.startswith(circle(session, unit).path, autoescape=True),
            OrgUnit.active,
            Staff.active,
            Membership.role.not_in([each.value for each in TECHNICAL]),
        )
        .order_by(OrgUnit.path, Staff.name, Membership.role)
    )
    if role is not None:
        held = held.where(Membership.role == role)
    return [
        Colleague(staff=staff, role=membership.role, unit=where) for membership, staff, where in session.execute(held)
    ]


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Somebody whom work may be given to: by name, in the first of their roles."""

    staff_id: UUID
    name: str
    role: str
    unit: str


def _receivers_of() -> Select[UUID, str, str, str]:
    """Everybody in the circle of one of the reader's units, or below."""
    mine, above, held = aliased(OrgUnit), aliased(OrgUnit), aliased(Membership)
    technical = [each.value for each in TECHNICAL]
    around = case((mine.kind == UnitKind.OFFICE, func.coalesce(above.path, mine.path)), else_=mine.path)
    circles = (
        select(around.label("path"), mine.jurisdiction.label("jurisdiction"))
        .join(held, held.unit_id == mine.id)
        .outerjoin(above, above.id == mine.parent_id)
        .where(held.staff_id == bindparam("reader", type_=Uuid()), held.role.not_in(technical), mine.active)
        .distinct()
        .subquery("circle")
    )
    within = func.substr(OrgUnit.path, 1, func.length(circles.c.path)) == circles.c.path
    return (
        select(Staff.id, Staff.name, Membership.role, OrgUnit.name)
        .join(Membership, Membership.staff_id == Staff.id)
        .join(OrgUnit, OrgUnit.id == Membership.unit_id)
        .where(Staff.active, OrgUnit.active, Membership.role.not_in(technical))
        .where(exists().where(circles.c.jurisdiction == OrgUnit.jurisdiction, within))
        .order_by(OrgUnit.path, Staff.name, Membership.role)
        .limit(bindparam("most", type_=Integer()))
    )


#: Written once: every page of an inbox asks it.
_RECEIVERS: Final = _receivers_of()


def receivers(session: Session, staff_id: UUID, *, limit: int = 200) -> list[Receiver] | None:
    """Return the people of somebody's circles, each once: whom something of theirs may be for.

    Returns:
        None when they have more than `limit` roles: nobody finds a name in a list so long.
    """
    rows = session.execute(_RECEIVERS, {"reader": staff_id, "most": limit + 1}).all()
    if len(rows) > limit:
        return None
    found: dict[UUID, Receiver] = {}
    for person, name, role, unit in rows:
        found.setdefault(person, Receiver(staff_id=person, name=name, role=role, unit=unit))
    return list(found.values())


def placing(session: Session, staff: Staff, unit: OrgUnit, role: str) -> OrgUnit | None:
    """Return the unit of the circle of `unit` in which somebody holds `role`: the unit itself where they do."""
    found = [each.unit for each in colleagues(session, unit, role=role) if each.staff.id == staff.id]
    return next((each for each in found if each.id == unit.id), found[0] if found else None)


def takes_part(session: Session, staff: Staff, jurisdiction: str) -> bool:
    """Say whether somebody is active and has a part in the matters of a jurisdiction."""
    held = (
        select(Membership.id)
        .join(OrgUnit, OrgUnit.id == Membership.unit_id)
        .where(
            Membership.staff_id == staff.id,
            OrgUnit.jurisdiction == jurisdiction,
            OrgUnit.active,
            Membership.role.not_in([each.value for each in TECHNICAL]),
        )
        .limit(1)
    )
    return staff.active and session.scalar(held) is not None


def find_person(session: Session, jurisdiction: str, wanted: str) -> Staff:
    """Return who is meant by an id, a login, or a name that only one person has.

    Raises:
        NotFound: `person-unknown`: nobody who has a part in matters is called so.
        Invalid: `person-ambiguous`: several are; the login tells them apart.
    """
    text = wanted.strip()
    named = or_(func.lower(Staff.login) == text.lower(), Staff.name == text)
    with contextlib.suppress(ValueError):
        named = or_(named, Staff.id == UUID(text))
    found = [each for each in session.scalars(select(Staff).where(named)) if takes_part(session, each, jurisdiction)]
    exact = [each for each in found if each.login.lower() == text.lower() or str(each.id) == text]
    if len(exact) == 1:
        return exact[0]
    if not found:
        raise NotFound(
            "person-unknown", "Nobody here is called “{person}”. Write the name or the login of a colleague.",
            person=text[:80],
        )  # fmt: skip
    if len(found) > 1:
        raise Invalid(
            "person-ambiguous", "{count} people are called “{person}”. Write the login of the one you mean.",
            person=text[:80], count=len(found),
        )  # fmt: skip
    return found[0]
