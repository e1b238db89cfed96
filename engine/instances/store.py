"""The instance's row: locked, read, written back. Compiled statements, as few round trips as a step can do with."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, Uuid, bindparam, exists, insert, select, update

from engine.deadlines.models import Clock, Rung, Timer
from engine.errors import Conflict, NotFound, Phrase
from engine.instances.ledger import Ledger
from engine.instances.models import Incident, Instance, InstanceStatus
from engine.organisation.models import Membership, Staff
from engine.prepared import Found, Prepared, PreparedRead
from engine.tasks.models import Draft, WorkItem

Live = TypeVar("Live")

_INSTANCE: Final = cast(Table, Instance.__table__)
_HELD: Final = ("id", "case_id", "jurisdiction", "version_id", "key", "status", "lock_version", "state", "started_at")


@dataclass(frozen=True, kw_only=True)
class Held:
    """An instance's row as it was when it was locked."""

    id: UUID
    case_id: UUID
    jurisdiction: str
    version_id: UUID
    key: str
    status: str
    lock_version: int
    state: bytes
    started_at: datetime

    @classmethod
    def of(cls, row: Found) -> "Held":
        """Take the instance's columns out of a row that has others too."""
        return cls(**{name: getattr(row, f"held_{name}") for name in _HELD})


def held_columns() -> list[ColumnElement[Any]]:
    """Return the columns of an instance that `Held.of` takes out of a row."""
    return [_INSTANCE.c[name].label(f"held_{name}") for name in _HELD]


def _locking(*columns: ColumnElement[Any], joined: Any, where: ColumnElement[bool], wait: bool = True) -> PreparedRead:
    found = select(*held_columns(), *columns).select_from(joined).where(where)
    return PreparedRead(found.with_for_update(of=_INSTANCE, skip_locked=not wait))


_ITEM: Final = cast(Table, WorkItem.__table__)
_MEMBER: Final = cast(Table, Membership.__table__)
_STAFF: Final = cast(Table, Staff.__table__)
_TIMER: Final = cast(Table, Timer.__table__)
_DRAFT: Final = cast(Table, Draft.__table__)
_RUNG: Final = cast(Table, Rung.__table__)
_CLOCK: Final = cast(Table, Clock.__table__)
_INCIDENT: Final = cast(Table, Incident.__table__)

#: Does the bound member of staff hold the role that the item asks for? What `engine.tasks.permission` asks by itself.
_HOLDS: Final = exists().where(
    _MEMBER.c.staff_id == bindparam("staff", type_=Uuid()),
    _MEMBER.c.role == _ITEM.c.role,
    _MEMBER.c.unit_id == _ITEM.c.unit_id,
    _STAFF.c.id == _MEMBER.c.staff_id,
    _STAFF.c.active,
)
_BY_ITEM: Final = _locking(
    *_ITEM.c, exists().where(_DRAFT.c.work_item_id == _ITEM.c.id).label("has_draft"),
    _HOLDS.label("holds"),
    joined=_ITEM.join(_INSTANCE, _INSTANCE.c.id == _ITEM.c.instance_id),
    where=_ITEM.c.id == bindparam("id"),
)  # fmt: skip
_BY_TIMER, _BY_FREE_TIMER = (
    _locking(
        *_TIMER.c,
        joined=_TIMER.join(_INSTANCE, _INSTANCE.c.id == _TIMER.c.instance_id),
        where=_TIMER.c.id == bindparam("id"),
        wait=wait,
    )
    for wait in (True, False)
)
_BY_RUNG: Final = _locking(
    *_RUNG.c,
    joined=_RUNG.join(_CLOCK, _CLOCK.c.id == _RUNG.c.clock_id).join(_INSTANCE, _INSTANCE.c.id == _CLOCK.c.instance_id),
    where=_RUNG.c.id == bindparam("id"),
)
_BY_INCIDENT: Final = _locking(
    *_INCIDENT.c,
    joined=_INCIDENT.join(_INSTANCE, _INSTANCE.c.id == _INCIDENT.c.instance_id),
    where=_INCIDENT.c.id == bindparam("id"),
)
_BY_ID: Final = _locking(joined=_INSTANCE, where=_INSTANCE.c.id == bindparam("id"))

#: What a step changes of an instance, and what it is called in the statement that writes it back.
_SAVED: Final = {
    "state": "blob", "lock_version": "next", "status": "standing", "ended_at": "ended", "outcome": "result",
}  # fmt: skip
_INSERT: Final = Prepared(insert(_INSTANCE), (*_HELD, "ended_at", "outcome"))
_SAVE: Final = Prepared(
    update(_INSTANCE)
    .where(_INSTANCE.c.id == bindparam("instance"), _INSTANCE.c.lock_version == bindparam("seen"))
    .values({column: bindparam(name) for column, name in _SAVED.items()})
)


def lock(connection: Connection, instance_id: UUID) -> Held:
    """Lock an instance for the rest of the transaction.

    Raises:
        NotFound: `no-such-instance`.
    """
    return Held.of(_one(connection, _BY_ID, instance_id, Phrase("instance")))


def lock_by_item(connection: Connection, item_id: UUID, staff_id: UUID | None) -> Found:
    """Lock the instance of a work item.

    Returns:
        A row with the item's columns, `has_draft`, `holds` (whether the member of staff holds the role
        that the item asks for), and `Held`'s.
    """
    return _one(connection, _BY_ITEM, item_id, Phrase("task"), staff=staff_id)


def lock_by_timer(connection: Connection, timer_id: UUID, *, wait: bool = True) -> Found:
    """Lock the instance of a timer; the row has the timer's columns and `Held`'s.

    Args:
        wait: for somebody else's step of the instance to end; else None is returned while there is one.
    """
    return (_BY_TIMER if wait else _BY_FREE_TIMER).first(connection, {"id": timer_id})


def lock_by_rung(connection: Connection, rung_id: UUID) -> Found:
    """Lock the instance of a clock's rung; the row has the rung's columns and `Held`'s."""
    return _one(connection, _BY_RUNG, rung_id, Phrase("rung"))


def lock_by_incident(connection: Connection, incident_id: UUID) -> Found:
    """Lock the instance of an incident; the row has the incident's columns and `Held`'s."""
    return _one(connection, _BY_INCIDENT, incident_id, Phrase("incident"))


def _one(connection: Connection, statement: PreparedRead, identity: UUID, what: Phrase, **values: Any) -> Found:
    row = statement.first(connection, {"id": identity, **values})
    if row is None:
        raise NotFound(f"no-such-{what}", "There is no {what} {id}.", what=what, id=str(identity))
    return row


def add(ledger: Ledger, held: Held) -> None:
    """Insert the row of a new instance, before anything else that the ledger writes.

    Unless a step has to write before its end, the row is written once, as the step leaves it.
    """
    ledger.open_with((_INSERT, row_of(held)))


def row_of(held: Held) -> dict[str, Any]:
    """Return every column of an instance that has not ended."""
    return {**vars(held), "ended_at": None, "outcome": None}


def save(
    ledger: Ledger, held: Held, *, state: bytes, status: InstanceStatus, ended_at: datetime | None, outcome: str | None
) -> dict[str, Any]:
    """Write an instance back, along with the ledger, and return the columns that changed, its new version with them.

    Writing the ledger raises `Conflict("instance-changed-meanwhile")` when the row is not the one that was read.
    """
    saved = dict(zip(_SAVED, (state, held.lock_version + 1, str(status), ended_at, outcome), strict=True))
    if not ledger.amend(saved):
        values = {"instance": held.id, "seen": held.lock_version} | {_SAVED[name]: saved[name] for name in saved}
        ledger.write([(_SAVE, values)], unless_reached=partial(changed, held))
    return saved


def changed(held: Held) -> Conflict:
    """Return the conflict of a step whose instance was moved by somebody else."""
    return Conflict(
        "instance-changed-meanwhile",
        "The process of this matter moved at the same moment. Nothing of this step was kept; try again.",
        instance=str(held.id),
    )


class LiveCache(Generic[Live]):
    """The most recently used processes as live objects. One is served only when the row still has its version.

    Whoever takes one out has it alone: a step changes the object, and one that failed must not be used again.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._entries: OrderedDict[UUID, tuple[int, Live]] = OrderedDict()

    def take(self, held: Held) -> Live | None:
        """Take the live object out, when it is the one that the row was written from."""
        with self._lock:
            found = self._entries.pop(held.id, None)
        return found[1] if found is not None and found[0] == held.lock_version else None

    def put(self, instance_id: UUID, version: int, live: Live) -> None:
        """Keep a live object that has just been committed with this version."""
        if self._size <= 0:
            return
        with self._lock:
            self._entries[instance_id] = (version, live)
            self._entries.move_to_end(instance_id)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: after an operator changed rows by hand, or in a benchmark."""
        with self._lock:
            self._entries.clear()
