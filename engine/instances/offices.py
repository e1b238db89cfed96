"""Who holds a role where, remembered for a moment: every new task asks, and the answer hardly ever changes."""

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from engine.organisation.models import Membership, OrgUnit, Staff
from engine.organisation.service import resolve, unit_by_code

#: How long another process may take to notice a change, in seconds: as if it had been made that much later.
LASTS: Final = 5.0
#: More answers than an organisation has pairs of role and unit.
LARGEST: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class Office:
    """The unit whose members in a role do something; `requested` is the name of the unit that was asked for."""

    unit_id: UUID
    code: str
    name: str
    kind: str
    inbox_key: str
    requested: str
    climbed: bool


_known: Final[WeakKeyDictionary[Engine, dict[tuple[str, str, str], tuple[float, Office]]]] = WeakKeyDictionary()
_lock: Final = Lock()


def find_office(session: Session, *, jurisdiction: str, role: str, unit_code: str) -> Office:
    """Return the nearest unit, from `unit_code` upwards, that holds `role`.

    Raises:
        NotFound, Invalid: as `engine.organisation.service.resolve`.
    """
    bind = session.get_bind()
    engine = bind.engine if isinstance(bind, Connection) else bind
    key, now = (jurisdiction, role, unit_code), time.monotonic()
    known = _known.get(engine, {}).get(key)
    if known is not None and known[0] > now:
        return known[1]
    found = resolve(session, jurisdiction=jurisdiction, role=role, unit_code=unit_code)
    unit = found.unit
    requested = unit.name if unit.code == unit_code else unit_by_code(session, jurisdiction, unit_code).name
    office = Office(
        unit_id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=str(unit.kind),
        inbox_key=found.inbox_key,
        requested=requested,
        climbed=found.climbed,
    )
    with _lock:
        answers = _known.setdefault(engine, {})
        if len(answers) >= LARGEST:
            answers.clear()
        answers[key] = (now + LASTS, office)
    return office


@event.listens_for(Session, "after_flush")
def _forget(session: Session, _context: Any) -> None:
    """Whoever changes the organisation in this process is heard at once."""
    changed = (*session.new, *session.dirty, *session.deleted)
    if any(isinstance(each, OrgUnit | Staff | Membership) for each in changed):
        with _lock:
            _known.clear()
