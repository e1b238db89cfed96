"""The audit events of one step: noted as they happen, written in one statement with numbers without gap."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, Uuid, bindparam, func, insert, select

from engine.audit import Actor, AuditEvent, Tag
from engine.db import new_id
from engine.prepared import Prepared

_EVENTS: Final = cast(Table, AuditEvent.__table__)
_NAMES: Final = ("id", "case_id", "jurisdiction", "at", "actor_kind", "actor_id", "actor_name", "tag", "data")
_CASE: Final = bindparam("case_id", type_=Uuid())
# The next number is read by the statement itself, which sees the events that went before it.
_NEXT: Final = select(func.coalesce(func.max(_EVENTS.c.seq), 0) + 1).where(_EVENTS.c.case_id == _CASE)
_APPEND: Final = Prepared(
    insert(_EVENTS).values(
        {name: _CASE if name == "case_id" else bindparam(name, type_=_EVENTS.c[name].type) for name in _NAMES}
        | {"seq": _NEXT.scalar_subquery()}
    )
)


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
                **self._common, "id": new_id(), "tag": tag.value, "data": dict(data),
                "actor_kind": who.kind.value, "actor_id": who.id, "actor_name": who.name,
            }
        )  # fmt: skip

    def flush(self) -> None:
        """Write what was noted. Called at the end of a step, and before anybody else writes events of the case."""
        events, self._events = self._events, []
        _APPEND.run_many(self._connection, events)
