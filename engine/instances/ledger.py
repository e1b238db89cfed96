"""The audit events of one step: noted as they happen, written in one statement with numbers without gap."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    Uuid,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    union_all,
)

from engine.audit import Actor, AuditEvent, Tag
from engine.db import Instant, new_id
from engine.prepared import Prepared

_EVENTS: Final = cast(Table, AuditEvent.__table__)
#: What all events of a step share, and what each has of its own.
_COMMON: Final = ("case_id", "jurisdiction", "at")
_OWN: Final = ("id", "actor_kind", "actor_id", "actor_name", "tag", "data")


class Ledger:
    """Collects what happens in a step of one case. The instance's row is locked, so that nobody else numbers."""

    def __init__(self, connection: Connection, *, case_id: UUID, jurisdiction: str, actor: Actor, at: datetime) -> None:
        self._connection = connection
        self._common: dict[str, Any] = {"case_id": case_id, "jurisdiction": jurisdiction, "at": at}
        self._actor = actor
        self._events: list[dict[str, Any]] = []

    def note(self, tag: Tag, data: Mapping[str, Any], *, actor: Actor | None = None) -> None:
        """Add an event; `actor` where it is not the one who caused the step."""
        who = actor or self._actor
        self._events.append(
            {
                "id": new_id(), "tag": tag.value, "data": dict(data),
                "actor_kind": who.kind.value, "actor_id": who.id, "actor_name": who.name,
            }
        )  # fmt: skip

    def flush(self) -> None:
        """Write what was noted. Called at the end of a step, and before anybody else writes events of the case."""
        if not self._events:
            return
        values = dict(self._common)
        for number, event in enumerate(self._events):
            values |= {f"{name}_{number}": event[name] for name in _OWN}
        count, self._events = len(self._events), []
        _appending(count).run(self._connection, values)


@lru_cache(maxsize=64)
def _appending(count: int) -> Prepared:
    """Return the statement that appends `count` events to a case.

    The last number is read by the statement itself: it sees the table as it was before its own rows.
    """
    case = bindparam("case_id", type_=Uuid())
    last = func.coalesce(select(func.max(_EVENTS.c.seq)).where(_EVENTS.c.case_id == case).scalar_subquery(), 0)
    common: list[ColumnElement[Any]] = [
        case,
        bindparam("jurisdiction", type_=String()),
        bindparam("at", type_=Instant()),
    ]
    rows = (
        select(
            *common,
            *[bindparam(f"{name}_{number}", type_=_EVENTS.c[name].type) for name in _OWN],
            (last + literal_column(str(number + 1), Integer)).label("seq"),
        )
        for number in range(count)
    )
    names = [*_COMMON, *_OWN, "seq"]
    return Prepared(insert(_EVENTS).from_select(names, union_all(*rows), include_defaults=False))
