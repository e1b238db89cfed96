"""In whose name something is done in a sandbox: somebody who may do it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import feel
from engine.audit import Actor
from engine.cases.offers import PARTY, RESIDENT
from engine.definitions import LoadedVersion
from engine.errors import EngineError
from engine.instances.offices import find_office
from engine.organisation.models import Staff
from engine.organisation.roles import Role
from engine.organisation.service import members
from engine.spiff import WaitingMessage
from engine.tasks.models import WorkItem


def actor_of(session: Session, item: WorkItem, preferred: str | None = None) -> Actor:
    """Return somebody who may do a task: its owner, else the first who is not kept out of it.

    Args:
        preferred: id of a member of staff who does it if they may.
    """
    if item.role == Role.RESIDENT:
        return Actor.resident(party=item.party or "p1")
    if item.owner_id is not None:
        return Actor.staff(session.get_one(Staff, item.owner_id))
    if item.unit_id is None:
        return Actor.engine()
    able = [
        each for each in members(session, role=item.role, unit_id=item.unit_id) if str(each.id) not in item.excluded
    ]
    wanted = [each for each in able if str(each.id) == preferred]
    return Actor.staff((wanted or able)[0]) if able else Actor.engine()


def sender_of(
    session: Session, version: LoadedVersion, waiting: WaitingMessage, jurisdiction: str, now: datetime
) -> tuple[dict[str, str], Actor]:
    """Return in what capacity somebody takes up an offer, and who; for a message from outside, nobody."""
    element = version.element(waiting.process_id, waiting.element_id)
    named = [each.strip() for each in (element.settings.get("offer", "") if element else "").split(";") if each.strip()]
    if not named or element is None:
        return {}, Actor.engine()
    if RESIDENT in named:
        return {"role": RESIDENT, "party": "p1"}, Actor.resident()
    if PARTY in named:
        party = _value(element.settings.get("party", ""), waiting.data, now) or _other_party(waiting.data)
        return {"role": PARTY, "party": str(party)}, Actor.resident(party=str(party))
    role = named[0]
    code = _value(element.settings.get("offer.unit", ""), waiting.data, now) or jurisdiction
    try:
        office = find_office(session, jurisdiction=jurisdiction, role=role, unit_code=str(code))
        staff = members(session, role=role, unit_id=office.unit_id)[0]
    except (EngineError, IndexError):
        return {"role": role}, Actor.engine()
    return {"role": role, "unit": office.code, "staff": str(staff.id)}, Actor.staff(staff)


def _other_party(data: Mapping[str, Any]) -> str:
    listed = data.get("parties")
    keys = [each.get("key") for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return str(next((key for key in keys if key != "p1"), "p1"))


def _value(source: str, data: Mapping[str, Any], now: datetime) -> Any:
    source = source.strip()
    if not source.startswith("="):
        return source or None
    try:
        return feel.lower(feel.evaluate(source[1:], data, now=now).value)
    except EngineError:
        return None
