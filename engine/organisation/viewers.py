"""Who looks, as the policy sees them: with their roles, units, and those whom they stand in for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, SelectBase, Uuid, bindparam, select
from sqlalchemy.orm import Session

from engine.audit.models import ActorKind
from engine.db import connected
from engine.organisation.absences import covers_asked, covers_in
from engine.organisation.models import Membership, OrgUnit, Staff, UnitKind
from engine.organisation.roles import Role
from engine.organisation.service import inbox_key
from engine.prepared import Found, PreparedRead, read_together


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One membership of a viewer.

    Args:
        path: of the unit; a prefix of another unit's path when that one lies below.
        scope: what the unit answers for: itself and what is below; an office answers for the unit that it belongs to.
        for_staff: of whom the viewer is the substitute in this; None in a role of their own.
    """

    role: Role
    unit_id: UUID
    jurisdiction: str
    path: str
    scope: str
    for_staff: UUID | None = None

    @property
    def inbox_key(self) -> str:
        """The inbox that is worked from in it; a path ends with the code of its unit."""
        return inbox_key(self.role, self.path.rstrip("/").rpartition("/")[2])


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks. Build it with `viewer_for`, `resident_viewer`, `anonymous_viewer` or `api_viewer`.

    Args:
        case_id: the one case that a resident has shown tracking code and PIN for.
        party: key of the party whose slip it was, such as `p2`; None: the petitioner's.
    """

    kind: ActorKind
    staff_id: UUID | None = None
    case_id: UUID | None = None
    party: str | None = None
    name: str | None = None
    standings: tuple[Standing, ...] = ()

    @property
    def roles(self) -> frozenset[Role]:
        """Every role that the viewer holds anywhere."""
        if self.kind == ActorKind.RESIDENT:
            return frozenset({Role.RESIDENT})
        return frozenset(standing.role for standing in self.standings)


def memberships_of(staff_id: ColumnElement[Any]) -> SelectBase:
    """Return the query of the memberships that count of somebody, whom an expression names."""
    columns = Membership.role, OrgUnit.id, OrgUnit.kind, OrgUnit.jurisdiction, OrgUnit.path
    found = select(*columns).join(Membership.unit).where(Membership.staff_id == staff_id, OrgUnit.active)
    return found.order_by(OrgUnit.path, Membership.role)


_HELD: Final = PreparedRead(memberships_of(bindparam("staff", type_=Uuid())))


def viewer_for(session: Session, staff: Staff, now: datetime | None = None) -> Viewer:
    """Return a member of staff with their memberships; somebody inactive has none.

    Args:
        now: when it is; the roles that they fill for somebody absent then count too, except towards sealed cases.
    """
    session.flush()  # statements that are prepared read what was written
    asked = [(_HELD, {"staff": staff.id}), *([covers_asked(staff.id, now)] if now else [])]
    return viewer_in(session, staff, *read_together(connected(session), asked))


def viewer_in(session: Session, staff: Staff, held: Sequence[Found], covered: Sequence[Found] = ()) -> Viewer:
    """Return a member of staff with the memberships that were read of them; somebody inactive has none.

    Args:
        held: what `memberships_of` found.
        covered: what `covers_of` of `engine.organisation.absences` found.
    """
    standings = [_standing(Role(row.role), row) for row in held if staff.active]
    for each in covers_in(covered if staff.active else ()):
        standing = _standing(Role(each.role), session.get_one(OrgUnit, each.unit_id))
        standings.append(replace(standing, for_staff=each.staff_id))
    return Viewer(kind=ActorKind.STAFF, staff_id=staff.id, name=staff.name, standings=tuple(standings))


def _standing(role: Role, unit: OrgUnit | Found) -> Standing:
    scope = unit.path
    if unit.kind == UnitKind.OFFICE:
        scope = scope.rstrip("/").rpartition("/")[0] + "/"
    return Standing(role=role, unit_id=unit.id, jurisdiction=unit.jurisdiction, path=unit.path, scope=scope)


def resident_viewer(case_id: UUID, party: str = "p1") -> Viewer:
    """Return a resident who has shown the tracking code and PIN of a case: the petitioner, or another party."""
    return Viewer(kind=ActorKind.RESIDENT, case_id=case_id, party=None if party == "p1" else party)


def anonymous_viewer() -> Viewer:
    """Return somebody at the portal who has shown nothing yet."""
    return Viewer(kind=ActorKind.RESIDENT)


def api_viewer(name: str, roles: dict[Role, OrgUnit]) -> Viewer:
    """Return a program: its token's name, and the unit in which it stands for each of its roles."""
    standings = tuple(_standing(role, unit) for role, unit in roles.items())
    return Viewer(kind=ActorKind.API, name=name, standings=standings)
