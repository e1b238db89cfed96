"""Rows for tests: units, staff, cases. Each is committed, so that other sessions see it."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.cases.models import Case, CaseState
from engine.db import new_id, writing
from engine.definitions.models import ProcessVersion, VersionState
from engine.instances.models import Instance
from engine.organisation.models import Membership, OrgUnit, Staff, UnitKind

JURISDICTION = "qinghe"
FILED_AT = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def make_unit(session: Session, kind: UnitKind, code: str, *, parent: OrgUnit | None = None, **values: Any) -> OrgUnit:
    """Add a unit below `parent`; its path follows from the parent's."""
    unit = _unit(kind, code, parent, values)
    with writing(session):
        session.add(unit)
    return unit


def _unit(kind: UnitKind, code: str, parent: OrgUnit | None, values: Mapping[str, Any]) -> OrgUnit:
    return OrgUnit(
        id=new_id(), code=code, kind=kind, parent_id=parent.id if parent else None,
        path=f"{parent.path if parent else ''}{code}/",
        **{"name": code, "jurisdiction": parent.jurisdiction if parent else JURISDICTION} | values,
    )  # fmt: skip


def make_staff(
    session: Session, login: str | None = None, *, roles: Iterable[tuple[str, OrgUnit]] = (), **values: Any
) -> Staff:
    """Add somebody with `roles`, pairs of role and unit. Without a `password_hash` they cannot sign in."""
    staff = _staff(login or f"staff{next(_numbers)}", values)
    with writing(session):
        session.add(staff)
        session.flush()
        session.add_all(_membership(staff, role, unit) for role, unit in roles)
    return staff


def _staff(login: str, values: Mapping[str, Any]) -> Staff:
    return Staff(id=new_id(), **{"login": login, "name": login.title()} | values)


def _membership(staff: Staff, role: str, unit: OrgUnit) -> Membership:
    return Membership(id=new_id(), staff_id=staff.id, role=str(role), unit_id=unit.id)


def make_case(session: Session, *, place: OrgUnit, **values: Any) -> Case:
    """Add a filed petition at `place`."""
    number = next(_numbers)
    case = Case(
        **{
            "id": new_id(), "jurisdiction": place.jurisdiction, "number": f"SQ2026-{number:06}", "kind": "petition",
            "state": CaseState.RUNNING, "title": "路灯不亮", "text": "三号楼前的路灯已经坏了两周。",
            "category": "lighting", "channel": "portal", "place_id": place.id, "address": "三号楼",
            "tracking_hmac": f"{number:064x}", "pin_hash": "", "filed_at": FILED_AT,
        } | values
    )  # fmt: skip
    with writing(session):
        session.add(case)
    return case


def make_version(session: Session, key: str = "petition", **values: Any) -> ProcessVersion:
    """Add a process version. Its package is empty: for tests that do not run it."""
    number = next(_numbers)
    version = ProcessVersion(
        **{
            "id": new_id(), "key": key, "number": number, "name": key, "package": b"", "sha256": f"{number:064x}",
            "author": "tests", "note": "", "state": VersionState.INACTIVE, "deployed_at": FILED_AT,
        } | values
    )  # fmt: skip
    with writing(session):
        session.add(version)
    return version


def make_instance(session: Session, case: Case, *, version: ProcessVersion | None = None, **values: Any) -> Instance:
    """Add an instance of `case` with an empty state: for tests of the rows that hang on one."""
    with writing(session):
        version = version or make_version(session)
        instance = Instance(
            **{
                "id": new_id(), "case_id": case.id, "jurisdiction": case.jurisdiction, "version_id": version.id,
                "key": version.key, "state": b"", "started_at": case.filed_at,
            } | values
        )  # fmt: skip
        session.add(instance)
    return instance


@dataclass
class District:
    """An invented district: two streets with a community each, two departments, their offices and people."""

    units: dict[str, OrgUnit] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)

    def unit(self, code: str) -> OrgUnit:
        return self.units[code]

    def person(self, login: str) -> Staff:
        return self.staff[login]

    def unit_id(self, code: str) -> UUID:
        return self.units[code].id


_TREE: tuple[tuple[str, UnitKind, str | None, str], ...] = (
    ("qinghe", UnitKind.DISTRICT, None, "清河区"),
    ("supervision", UnitKind.OFFICE, "qinghe", "区督办室"),
    ("callback", UnitKind.OFFICE, "qinghe", "区回访组"),
    ("water", UnitKind.DEPARTMENT, "qinghe", "区水务局"),
    ("water-works", UnitKind.OFFICE, "water", "供水科"),
    ("housing", UnitKind.DEPARTMENT, "qinghe", "区住建局"),
    ("east", UnitKind.STREET, "qinghe", "东街道"),
    ("east-centre", UnitKind.OFFICE, "east", "东街道综合指挥中心"),
    ("willow", UnitKind.COMMUNITY, "east", "柳园社区"),
    ("willow-1", UnitKind.ESTATE, "willow", "柳园一村"),
    ("willow-1-a", UnitKind.AREA, "willow-1", "A 片区"),
    ("willow-1-a-3", UnitKind.BUILDING, "willow-1-a", "3 号楼"),
    ("willow-1-a-3-2", UnitKind.STAIR, "willow-1-a-3", "2 单元"),
    ("west", UnitKind.STREET, "qinghe", "西街道"),
    ("west-centre", UnitKind.OFFICE, "west", "西街道综合指挥中心"),
    ("plum", UnitKind.COMMUNITY, "west", "梅林社区"),
)

_PEOPLE: tuple[tuple[str, str, str], ...] = (
    ("grid", "grid_worker", "willow"),
    ("community", "community", "willow"),
    ("centre", "street_centre", "east-centre"),
    ("street-leader", "street_leader", "east"),
    ("street-main", "main_leader", "east"),
    ("handler", "handler", "water-works"),
    ("handler-two", "handler", "water"),
    ("water-lead", "department_lead", "water"),
    ("water-main", "main_leader", "water"),
    ("housing-handler", "handler", "housing"),
    ("housing-lead", "department_lead", "housing"),
    ("supervisor", "supervision", "supervision"),
    ("caller", "callback", "callback"),
    ("shift", "shift_lead", "qinghe"),
    ("district-main", "main_leader", "qinghe"),
    ("west-centre", "street_centre", "west-centre"),
    ("plum-grid", "grid_worker", "plum"),
    ("designer", "designer", "qinghe"),
    ("operator", "operator", "qinghe"),
    ("admin", "admin", "qinghe"),
)


def make_district(session: Session) -> District:
    """Add the whole district: units by code, one person for each role by login.

    Most tests begin with it, so it takes three statements.
    """
    district = District()
    for code, kind, parent, name in _TREE:
        above = district.units[parent] if parent else None
        district.units[code] = _unit(kind, code, above, {"name": name})
    for login, _, _ in _PEOPLE:
        district.staff[login] = _staff(login, {"email": f"{login}@qinghe.example"})
    memberships = [_membership(district.staff[login], role, district.units[code]) for login, role, code in _PEOPLE]
    with writing(session):
        for rows in (district.units.values(), district.staff.values(), memberships):
            session.add_all(rows)
            session.flush()
    return district
