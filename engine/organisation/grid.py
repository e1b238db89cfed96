"""The grid as a resident picks a place from it: streets with their communities, then what lies inside one."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine.organisation.models import GRID, OrgUnit, UnitKind


@dataclass(frozen=True, kw_only=True)
class Street:
    """A street and its communities, both in the order of their codes."""

    name: str
    communities: list[OrgUnit]


@dataclass(frozen=True, kw_only=True)
class NamedUnit:
    """A unit by the name that people know it by."""

    code: str
    label: str


def units(session: Session, jurisdiction: str) -> list[OrgUnit]:
    """Return the active units in which people work, from the district down to communities, in the order of the tree."""
    finer = [kind.value for kind in GRID if kind is not UnitKind.COMMUNITY]
    wanted = select(OrgUnit).where(OrgUnit.jurisdiction == jurisdiction, OrgUnit.active, OrgUnit.kind.not_in(finer))
    return list(session.scalars(wanted.order_by(OrgUnit.path)))


def streets(session: Session, jurisdiction: str) -> list[Street]:
    """Return every street that has an active community, with those communities."""
    parent = aliased(OrgUnit)
    rows = session.execute(
        select(parent.name, OrgUnit)
        .join(parent, parent.id == OrgUnit.parent_id)
        .where(OrgUnit.jurisdiction == jurisdiction, OrgUnit.kind == UnitKind.COMMUNITY, OrgUnit.active)
        .order_by(parent.code, OrgUnit.code)
    )
    found: dict[str, list[OrgUnit]] = {}
    for street, community in rows:
        found.setdefault(street, []).append(community)
    return [Street(name=name, communities=communities) for name, communities in found.items()]


def finer_places(session: Session, jurisdiction: str, community_code: str, *, limit: int = 500) -> list[NamedUnit]:
    """Return estates and buildings of a community, in the order of the grid; nothing for an unknown community."""
    community = session.scalar(
        select(OrgUnit).where(
            OrgUnit.jurisdiction == jurisdiction,
            OrgUnit.code == community_code,
            OrgUnit.kind == UnitKind.COMMUNITY,
        )
    )
    if community is None:
        return []
    units = session.scalars(
        select(OrgUnit)
        .where(
            OrgUnit.path.startswith(community.path, autoescape=True),
            OrgUnit.id != community.id,
            OrgUnit.kind.in_(GRID),
            OrgUnit.active,
        )
        .order_by(OrgUnit.path)
        .limit(limit)
    ).all()
    return [
        NamedUnit(code=unit.code, label=unit.name)
        for unit in units
        if unit.kind in (UnitKind.ESTATE, UnitKind.BUILDING)
    ]


def known_units(session: Session, jurisdiction: str) -> list[NamedUnit]:
    """Return departments, then streets, then communities with the street that they belong to."""
    parent = aliased(OrgUnit)
    kinds = (UnitKind.DEPARTMENT, UnitKind.STREET, UnitKind.COMMUNITY)
    rows = session.execute(
        select(OrgUnit.code, OrgUnit.name, OrgUnit.kind, parent.name.label("above"))
        .outerjoin(parent, parent.id == OrgUnit.parent_id)
        .where(OrgUnit.jurisdiction == jurisdiction, OrgUnit.kind.in_(kinds), OrgUnit.active)
        .order_by(OrgUnit.path)
    ).all()
    return [
        NamedUnit(code=row.code, label=f"{row.above} · {row.name}" if kind == UnitKind.COMMUNITY else row.name)
        for kind in kinds
        for row in rows
        if row.kind == kind
    ]
