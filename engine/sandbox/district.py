"""The organisation that a process is played in: the units of a jurisdiction, with invented people in every office.

It is a plain value, so that a recorded run carries it along and replays the same wherever it is replayed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine.db import writing
from engine.deadlines.calendars import ensure_calendar, import_year, newest_version, year_of
from engine.deadlines.models import Calendar, CalendarVersion
from engine.deadlines.years import Year
from engine.definitions import Package
from engine.errors import Invalid
from engine.organisation.models import GRID, Membership, OrgUnit, Staff, UnitKind
from engine.organisation.roles import Role

#: Ids of invented people follow from what they are, so that the same run makes the same ids.
_IDS: Final = UUID("6f1c7b52-3c1e-5b0e-9a51-7f2f6d0c1a77")
#: Members that an office is given: two, so that a second round can be done by somebody else.
_MEMBERS: Final = 2
#: Jurisdiction and place of the invented district.
INVENTED: Final = "yanlian"
PLACE: Final = "yanlian-estate"
#: What the code of a unit can look like where a package names one.
_CODE: Final = re.compile(r"""(?:"|&quot;)([a-z][a-z0-9_-]{1,40})(?:"|&quot;)""")
_CELL: Final = re.compile(r"<(?:\w+:)?text>([^<]*)</")
_OPTION: Final = re.compile(r'"value":\s*"([a-z][a-z0-9_-]{1,40})"')
_FIXED_UNIT: Final = re.compile(r'name="chuishao:(?:offer\.)?unit"\s+value="([a-z][a-z0-9_-]{1,40})"')
#: Roles that stand at a department; the others stand at the district's tree.
_OF_DEPARTMENTS: Final = (Role.HANDLER, Role.DEPARTMENT_LEAD, Role.MAIN_LEADER)
#: Names are invented by what somebody does: 网格员甲.
_ORDINALS: Final = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit; `roles` says how many hold which role there."""

    code: str
    name: str
    kind: str
    parent: str | None
    roles: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class District:
    """A jurisdiction to play in.

    Args:
        jurisdiction: its code, which is the root unit's.
        units: parents first.
        place: code of the grid unit where the invented matter is.
        years: the calendar's years; empty for the national ones.
        duty_hours: as `Calendar.duty_hours`; None for the usual ones.
        staff: ids of people that are to be the same as elsewhere: (role, unit code) → ids.
    """

    jurisdiction: str
    units: tuple[Unit, ...]
    place: str
    years: tuple[Year, ...] = ()
    duty_hours: Any = None
    staff: Mapping[tuple[str, str], tuple[UUID, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what a scenario keeps: units and how many hold which role; nobody's name."""
        rows = [[unit.code, unit.name, unit.kind, unit.parent, dict(unit.roles)] for unit in self.units]
        return {"jurisdiction": self.jurisdiction, "place": self.place, "units": rows}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "District":
        """Read what `to_json` returned.

        Raises:
            Invalid: it is something else.
        """
        try:
            units = tuple(
                Unit(code=str(code), name=str(name), kind=str(UnitKind(kind)), parent=parent,
                     roles={str(Role(role)): min(int(count), _MEMBERS) for role, count in roles.items()})
                for code, name, kind, parent, roles in kept["units"]
            )  # fmt: skip
            return cls(jurisdiction=str(kept["jurisdiction"]), place=str(kept["place"]), units=units)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Invalid("scenario-district", "The district of the scenario cannot be read: {reason}.",
                          reason=str(error)) from error  # fmt: skip


def invented(package: Package) -> District:
    """Return an invented district in which every role is held and every unit exists that a package names."""
    known = {INVENTED, "yanlian-street", "yanlian-community", PLACE}
    everywhere = {role.value: _MEMBERS for role in Role if role is not Role.RESIDENT}
    units = [
        Unit(code=INVENTED, name="演练区", kind=UnitKind.DISTRICT, parent=None, roles=everywhere),
        Unit(code="yanlian-street", name="演练街道", kind=UnitKind.STREET, parent=INVENTED,
             roles={role: _MEMBERS for role in everywhere if role not in _OF_DEPARTMENTS}),
        Unit(code="yanlian-community", name="演练社区", kind=UnitKind.COMMUNITY, parent="yanlian-street",
             roles={role: _MEMBERS for role in everywhere if role not in _OF_DEPARTMENTS}),
        Unit(code=PLACE, name="演练一里", kind=UnitKind.ESTATE, parent="yanlian-community"),
    ]  # fmt: skip
    held = {role.value: _MEMBERS for role in _OF_DEPARTMENTS}
    units += [
        Unit(code=code, name=f"演练部门 {code}", kind=UnitKind.DEPARTMENT, parent=INVENTED, roles=held)
        for code in sorted(_codes(package) - known)
    ]
    return District(jurisdiction=INVENTED, units=tuple(units), place=PLACE)


def _codes(package: Package) -> set[str]:
    """Everything in a package that can be the code of a unit: units fixed in diagrams, texts in decisions and forms."""
    found: set[str] = set()
    for name, content in package.files.items():
        if name.endswith(".bpmn"):
            found.update(_FIXED_UNIT.findall(content.decode("utf-8", "replace")))
        elif name.startswith("decisions/"):
            for cell in _CELL.findall(content.decode("utf-8", "replace")):
                found.update(_CODE.findall(cell))
        elif name.startswith("forms/"):
            found.update(_OPTION.findall(content.decode("utf-8", "replace")))
    return found


def copied(session: Session, jurisdiction: str, *, place: str | None = None, same_staff: bool = False) -> District:
    """Return the units of a jurisdiction as they are, how many hold which role there, and its calendar. No names.

    Args:
        place: of the matter; by default the first place of the grid.
        same_staff: keep the ids of the staff, so that what was recorded of them can be replayed.

    Raises:
        Invalid: it has no units, or no place.
    """
    rows = session.scalars(
        select(OrgUnit).where(OrgUnit.jurisdiction == jurisdiction, OrgUnit.active).order_by(OrgUnit.path)
    ).all()
    by_id = {row.id: row for row in rows}
    holders = _holders(session, by_id)
    places = [row.code for row in rows if row.kind in GRID and row.kind != UnitKind.COMMUNITY]
    if place is None:
        place = next(iter(places), None) or next((row.code for row in rows if row.kind in GRID), None)
    if not rows or place is None or place not in {row.code for row in rows}:
        raise Invalid("sandbox-no-place", "{jurisdiction} has no place to play in. Play in the invented district.",
                      jurisdiction=jurisdiction)  # fmt: skip
    return District(
        jurisdiction=jurisdiction,
        place=place,
        units=tuple(
            Unit(
                code=row.code, name=row.name, kind=str(row.kind),
                parent=by_id[row.parent_id].code if row.parent_id in by_id else None,
                roles={role: len(ids) for (role, code), ids in holders.items() if code == row.code},
            )
            for row in rows
        ),
        **_calendar(session, jurisdiction),
        staff=holders if same_staff else {},
    )  # fmt: skip


def _holders(session: Session, by_id: Mapping[UUID, OrgUnit]) -> dict[tuple[str, str], tuple[UUID, ...]]:
    found: dict[tuple[str, str], list[UUID]] = {}
    held = select(Membership.role, Membership.unit_id, Staff.id).join(Staff, Staff.id == Membership.staff_id)
    for role, unit_id, staff_id in session.execute(held.where(Staff.active).order_by(Membership.role, Staff.id)):
        if unit_id in by_id:
            found.setdefault((role, by_id[unit_id].code), []).append(staff_id)
    return {key: tuple(ids) for key, ids in found.items()}


def _calendar(session: Session, jurisdiction: str) -> dict[str, Any]:
    calendar = session.scalars(select(Calendar).where(Calendar.jurisdiction == jurisdiction)).first()
    if calendar is None:
        return {}
    years = session.scalars(
        select(CalendarVersion.year).where(CalendarVersion.calendar_id == calendar.id).distinct()
    ).all()
    newest = [newest_version(session, calendar.id, year) for year in sorted(years)]
    return {
        "years": tuple(year_of(session, each) for each in newest if each is not None),
        "duty_hours": calendar.duty_hours,
    }


def install(session: Session, district: District, *, now: datetime) -> None:
    """Write a district into an empty database: units, invented people, and a calendar of the years around `now`."""
    units: dict[str, dict[str, Any]] = {}
    for each in district.units:
        parent = units.get(each.parent or "")
        units[each.code] = {
            "id": uuid5(_IDS, f"unit:{each.code}"), "jurisdiction": district.jurisdiction, "code": each.code,
            "name": each.name, "kind": each.kind, "parent_id": parent["id"] if parent else None,
            "path": f"{parent['path'] if parent else ''}{each.code}/",
        }  # fmt: skip
    people, memberships = _people(district, {code: row["id"] for code, row in units.items()})
    with writing(session):
        session.execute(insert(OrgUnit), list(units.values()))
        session.execute(insert(Staff), people)
        session.execute(insert(Membership), memberships)
        calendar = ensure_calendar(session, district.jurisdiction)
        if district.duty_hours is not None:
            calendar.duty_hours = district.duty_hours
        known = {year.year: year for year in district.years}
        for number in range(now.year - 1, now.year + 3):
            import_year(session, district.jurisdiction, number, now=now, days=known.get(number))


def _people(district: District, units: Mapping[str, UUID]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of the invented people, and of what they do."""
    people: dict[UUID, dict[str, Any]] = {}
    memberships = []
    for each in district.units:
        for role, count in each.roles.items():
            for number, identity in enumerate(_people_of(district, role, each.code, count)):
                people.setdefault(
                    identity,
                    {"id": identity, "login": f"play-{len(people)}", "name": _name(role, each.name, number)},
                )
                memberships.append({
                    "id": uuid5(_IDS, f"membership:{role}:{each.code}:{identity}"), "staff_id": identity,
                    "role": role, "unit_id": units[each.code],
                })  # fmt: skip
    return list(people.values()), memberships


def _people_of(district: District, role: str, code: str, count: int) -> Iterable[UUID]:
    same = district.staff.get((role, code))
    if same is not None:
        return same
    return [uuid5(_IDS, f"staff:{role}:{code}:{number}") for number in range(min(count, _MEMBERS))]


def _name(role: str, unit: str, number: int) -> str:
    return f"{unit}·{Role(role).value}·{_ORDINALS[number % len(_ORDINALS)]}"
