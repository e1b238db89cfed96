"""The tree of units, who holds which role in it, and whose work something is."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from engine.errors import Invalid, NotFound
from engine.organisation.models import GRID, Membership, OrgUnit, Staff, UnitKind
from engine.organisation.roles import Role


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Who is to do something: the members of `unit` in `role`, and how that unit was found.

    Args:
        requested_code: the unit that the diagram named.
        climbed: nobody there holds the role, so it went to a unit above.
    """

    role: Role
    unit: OrgUnit
    requested_code: str
    climbed: bool

    @property
    def inbox_key(self) -> str:
        """What an inbox merges: `role@unit code`."""
        return inbox_key(self.role, self.unit.code)


def inbox_key(role: str, unit_code: str) -> str:
    """Return `role@unit code`."""
    return f"{Role(role).value}@{unit_code}"


# Built once: every work item that comes to be asks both.
_UNIT: Final = select(OrgUnit).where(
    OrgUnit.jurisdiction == bindparam("jurisdiction"), OrgUnit.code == bindparam("code")
)
_OFFICE, _ABOVE = aliased(OrgUnit), aliased(OrgUnit)
_HOLDING: Final = (
    select(_OFFICE, _ABOVE.path)
    .join(_ABOVE, or_(_ABOVE.id == _OFFICE.id, and_(_ABOVE.id == _OFFICE.parent_id, _OFFICE.kind == UnitKind.OFFICE)))
    .where(
        _ABOVE.jurisdiction == bindparam("jurisdiction"),
        _ABOVE.code.in_(bindparam("codes", expanding=True)),
        _OFFICE.active,
        exists().where(
            Membership.unit_id == _OFFICE.id,
            Membership.role == bindparam("role"),
            Staff.id == Membership.staff_id,
            Staff.active,
        ),
    )
)


def unit_by_code(session: Session, jurisdiction: str, code: str) -> OrgUnit:
    """Return the unit with this code.

    Raises:
        NotFound: the jurisdiction has none.
    """
    found = session.scalars(_UNIT, {"jurisdiction": jurisdiction, "code": code}).one_or_none()
    if found is None:
        raise NotFound(
            "unit-unknown",
            "There is no unit {unit} in {jurisdiction}. Check the code in the diagram or in the organisation.",
            unit=code, jurisdiction=jurisdiction,
        )  # fmt: skip
    return found


def ancestors(session: Session, unit: OrgUnit) -> list[OrgUnit]:
    """Return the units from the root down to `unit`, itself last."""
    found = session.scalars(
        select(OrgUnit).where(OrgUnit.jurisdiction == unit.jurisdiction, OrgUnit.code.in_(_codes(unit.path)))
    )
    return sorted(found, key=lambda each: len(each.path))


def subtree(session: Session, unit: OrgUnit) -> list[OrgUnit]:
    """Return `unit` and all active units below it, in the order of their paths."""
    return list(
        session.scalars(
            select(OrgUnit)
            .where(
                OrgUnit.jurisdiction == unit.jurisdiction,
                OrgUnit.path.startswith(unit.path, autoescape=True),
                OrgUnit.active,
            )
            .order_by(OrgUnit.path)
        )
    )


def _codes(path: str) -> list[str]:
    return path.rstrip("/").split("/")


def resolve(session: Session, *, jurisdiction: str, role: str, unit_code: str) -> Assignment:
    """Find the nearest unit, from `unit_code` upwards, where somebody active holds `role`.

    Each step looks at the unit itself and then at its offices (a street's centre, a district's supervision office),
    then goes to the unit above.

    Raises:
        NotFound: there is no such unit, or nobody up to the root holds the role.
        Invalid: `role` is not one of `engine.organisation.roles`.
    """
    wanted = _role(role)
    unit = unit_by_code(session, jurisdiction, unit_code)
    values = {"jurisdiction": jurisdiction, "codes": _codes(unit.path), "role": wanted.value}
    rows = session.execute(_HOLDING, values).all()
    if not rows:
        raise NotFound(
            "nobody-in-role",
            "Nobody holds the role {role} in {unit} or in any unit above it. Give somebody the role, then try again.",
            role=wanted.value, unit=unit.name, unit_code=unit_code,
        )  # fmt: skip
    # the deepest unit first; there, the unit itself before its offices; offices by code
    found, level = min(rows, key=lambda row: (-len(row[1]), row[0].path != row[1], row[0].code))
    return Assignment(role=wanted, unit=found, requested_code=unit_code, climbed=level != unit.path)


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        raise Invalid(
            "role-unknown", "{role} is not a role. Use one of: {roles}.", role=role, roles=", ".join(Role)
        ) from error


def members(session: Session, *, role: str, unit_id: UUID) -> list[Staff]:
    """Return the active staff who hold `role` in the unit, by name."""
    return list(
        session.scalars(
            select(Staff)
            .join(Membership, Membership.staff_id == Staff.id)
            .where(Membership.role == _role(role), Membership.unit_id == unit_id, Staff.active)
            .order_by(Staff.name, Staff.login)
        )
    )


def holders_upwards(session: Session, *, jurisdiction: str, role: str, unit_code: str) -> list[tuple[Staff, OrgUnit]]:
    """Return everybody active who holds `role` in the unit, its offices or a unit above: the nearest first, by name.

    Where `resolve` finds the one unit whose work something is, this finds among whom somebody can be chosen.

    Raises:
        NotFound: there is no such unit.
        Invalid: `role` is not one of `engine.organisation.roles`.
    """
    wanted, unit = _role(role), unit_by_code(session, jurisdiction, unit_code)
    held = session.execute(
        select(Staff, OrgUnit, _ABOVE.path)
        .join(Membership, Membership.staff_id == Staff.id)
        .join(OrgUnit, OrgUnit.id == Membership.unit_id)
        .join(
            _ABOVE,
            or_(_ABOVE.id == OrgUnit.id, and_(_ABOVE.id == OrgUnit.parent_id, OrgUnit.kind == UnitKind.OFFICE)),
        )
        .where(
            _ABOVE.jurisdiction == jurisdiction,
            _ABOVE.code.in_(_codes(unit.path)),
            Membership.role == wanted,
            OrgUnit.active,
            Staff.active,
        )
        .order_by(Staff.name, Staff.login)
    ).all()
    found: dict[UUID, tuple[Staff, OrgUnit]] = {}
    for staff, office, _path in sorted(held, key=lambda row: (-len(row[2]), row[1].path != row[2])):
        found.setdefault(staff.id, (staff, office))
    return list(found.values())


def memberships(session: Session, staff_id: UUID) -> list[Membership]:
    """Return what somebody is, each with its unit loaded; nothing of units that are closed."""
    return list(
        session.scalars(
            select(Membership)
            .join(Membership.unit)
            .options(joinedload(Membership.unit))
            .where(Membership.staff_id == staff_id, OrgUnit.active)
            .order_by(OrgUnit.path, Membership.role)
        )
    )


def inbox_keys(session: Session, staff_id: UUID) -> list[str]:
    """Return the inboxes that somebody works from, as `role@unit code`."""
    rows = session.execute(
        select(Membership.role, OrgUnit.code)
        .join(OrgUnit, OrgUnit.id == Membership.unit_id)
        .where(Membership.staff_id == staff_id, OrgUnit.active)
        .order_by(Membership.role, OrgUnit.code)
    )
    return [inbox_key(role, code) for role, code in rows]


def place_facts(session: Session, unit: OrgUnit) -> dict[str, str | None]:
    """Return what a process is told about a place: its `code` and `name`, and the code of the unit of each level.

    Keys: `code`, `name`, `district`, `street`, `community`, `estate`, `area`, `building`, `stair`; a level that the
    place is above, or outside of, is None.
    """
    levels = (UnitKind.DISTRICT, UnitKind.STREET, *GRID)
    codes = {each.kind: each.code for each in ancestors(session, unit)}
    return {"code": unit.code, "name": unit.name} | {level.value: codes.get(level) for level in levels}


#: who leads depends on whose work it is: a department has a lead, a street and its communities a street leader
_LEADERS = (Role.DEPARTMENT_LEAD, Role.STREET_LEADER)


def addressees(
    session: Session,
    *,
    jurisdiction: str,
    relation: str,
    unit_code: str,
    owner_id: UUID | None = None,
    role: str | None = None,
) -> list[Staff]:
    """Return whom a relation means, seen from the unit whose work it is. Nobody is named twice.

    Args:
        relation: `owner` or `handler` (who has the work, else everybody who could take it), `leader_in_charge`,
            `department_lead` (in a street, its leader), `main_leader`, `supervision`, `joint_conference` (the
            district's main leader and supervision office), or a role, looked for from the unit upwards.
        owner_id: who has claimed the work, if anybody.
        role: the role that the work waits for; `handler` when not given.

    Raises:
        NotFound: the relation means nobody here.
        Invalid: there is no such relation.
    """
    if relation in ("owner", "handler"):
        owner = session.get(Staff, owner_id) if owner_id else None
        if owner is not None and owner.active:
            return [owner]
        return _holders(session, jurisdiction, role or Role.HANDLER, unit_code)
    if relation == "joint_conference":
        district = _codes(unit_by_code(session, jurisdiction, unit_code).path)[0]
        both = [_holders(session, jurisdiction, each, district) for each in (Role.MAIN_LEADER, Role.SUPERVISION)]
        return _distinct(staff for group in both for staff in group)
    if relation in ("leader_in_charge", "department_lead"):
        return _leaders(session, jurisdiction, unit_code)
    return _holders(session, jurisdiction, relation, unit_code)


def _holders(session: Session, jurisdiction: str, role: str, unit_code: str) -> list[Staff]:
    found = resolve(session, jurisdiction=jurisdiction, role=role, unit_code=unit_code)
    return members(session, role=found.role, unit_id=found.unit.id)


def _leaders(session: Session, jurisdiction: str, unit_code: str) -> list[Staff]:
    """The holders of whichever leading role is found lowest; above both, the main leader."""
    found = []
    for role in _LEADERS:
        with contextlib.suppress(NotFound):
            found.append(resolve(session, jurisdiction=jurisdiction, role=role, unit_code=unit_code))
    if not found:
        return _holders(session, jurisdiction, Role.MAIN_LEADER, unit_code)
    nearest = max(found, key=lambda each: len(each.unit.path))
    return members(session, role=nearest.role, unit_id=nearest.unit.id)


def _distinct(staff: Iterable[Staff]) -> list[Staff]:
    return list({each.id: each for each in staff}.values())
