"""Makes the demonstration: units, people, calendar, the process, and weeks of cases that really ran."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.db import new_id, writing
from engine.deadlines import import_year
from engine.definitions import Package, deploy
from engine.organisation.models import Membership, OrgUnit, Staff
from engine.organisation.passwords import hash_password
from web.demo import district
from web.demo.district import JURISDICTION, MAIL_DOMAIN, PASSWORD

PACKAGES: Final = Path(__file__).parents[2] / "bpmn"
PETITION: Final = "petition"
#: the story begins this long before the demonstration's present
PAST: Final = timedelta(days=36)


def is_built(session: Session) -> bool:
    """Say whether the demonstration is there already."""
    found = session.scalar(select(OrgUnit.id).where(OrgUnit.jurisdiction == JURISDICTION).limit(1))
    return found is not None


def build_district(session: Session, now: datetime) -> None:
    """Put the invented district, its people and its calendar into an empty database, and deploy petitions."""
    with writing(session):
        units = _add_units(session)
        _add_people(session, units)
        for year in range((now - PAST).year, now.year + 2):
            import_year(session, JURISDICTION, year, now=now)
        _deploy(session, PACKAGES / PETITION, now)


def deploy_others(session: Session, now: datetime) -> None:
    """Deploy what comes with the system beside the petition; the first page does not wait for it."""
    for folder in sorted(path.parent for path in PACKAGES.glob("*/package.json")):
        if folder.name != PETITION:
            with writing(session):
                _deploy(session, folder, now)


def _deploy(session: Session, folder: Path, now: datetime) -> None:
    deploy(
        session,
        Package.read_directory(folder),
        author=Actor.engine(),
        note="演示：随系统附带的版本",
        now=now - PAST,
        jurisdiction=JURISDICTION,
    )


def _add_units(session: Session) -> dict[str, OrgUnit]:
    found: dict[str, OrgUnit] = {}
    for unit in district.units():
        parent = found.get(unit.parent) if unit.parent else None
        found[unit.code] = OrgUnit(
            id=new_id(),
            jurisdiction=JURISDICTION,
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            parent_id=parent.id if parent else None,
            path=f"{parent.path if parent else ''}{unit.code}/",
        )
        session.add(found[unit.code])
        session.flush()
    return found


def _add_people(session: Session, units: dict[str, OrgUnit]) -> None:
    hashed = hash_password(PASSWORD)  # one for all: making forty would take the visitor's patience
    for person in district.people():
        staff = Staff(
            id=new_id(),
            login=person.login,
            name=person.name,
            email=f"{person.login}@{MAIL_DOMAIN}",
            password_hash=hashed,
        )
        session.add(staff)
        session.flush()
        session.add_all(
            Membership(id=new_id(), staff_id=staff.id, role=role, unit_id=units[code].id) for role, code in person.roles
        )
