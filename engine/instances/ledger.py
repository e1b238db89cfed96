"""What one step writes: rows, and audit events with numbers without gap, sent together."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, Uuid, bindparam, func, insert, select

from engine.audit import Actor, AuditEvent, Tag
from engine.db import new_id
from engine.prepared import Found, Prepared, Values, run_together
from engine.tracing import about_case

_EVENTS: Final = cast(Table, AuditEvent.__table__)
#: What the events of a step have in common, and what each has of its own.
_COMMON: Final = ("jurisdiction", "at")
_OWN: Final = ("id", "actor_kind", "actor_id", "actor_name", "tag", "data")
_CASE: Final = bindparam("case_id", type_=Uuid())
# The last number is read by the statement itself, once, which sees the events of the statements that went before it.
_LAST: Final = (
    select(func.coalesce(func.max(_EVENTS.c.seq), 0).label("seq")).where(_EVENTS.c.case_id == _CASE).cte("last")
)
#: Events that one statement takes; a step has two or three.
_MOST: Final = 4


@cache
def _append(count: int) -> Prepared:
    """Return the statement that appends so many events."""

    def row(position: int) -> dict[str, Any]:
        common = {name: bindparam(name, type_=_EVENTS.c[name].type) for name in _COMMON}
        own = {name: bindparam(f"{name}_{position}", type_=_EVENTS.c[name].type) for name in _OWN}
        return {**common, **own, "case_id": _CASE, "seq": select(_LAST.c.seq).scalar_subquery() + (1 + position)}

    return Prepared(insert(_EVENTS).values([row(position) for position in range(count)]))


class Together:
    """What several steps of one transaction write, each of another case: sent as one, at its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._writes: list[tuple[Prepared, Values]] = []
        self._checks: dict[int, Callable[[], Exception]] = {}
        #: whom a relation means, see `Step.reached`
        self.reached: dict[Any, Any] = {}
        #: what notices say of the cases, see `Step.case`
        self.cases: Mapping[UUID, Found] = {}

    def add(self, writes: Sequence[tuple[Prepared, Values]], checks: Mapping[int, Callable[[], Exception]]) -> None:
        """Keep what a step writes until the end, with what to raise where a row is not there."""
        self._checks |= {number + len(self._writes): wrong for number, wrong in checks.items()}
        self._writes += writes

    def send(self) -> None:
        """Write everything, in the order in which it was added."""
        writes, checks = self._writes, self._checks
        self._writes, self._checks = [], {}
        reached = run_together(self._connection, writes) if writes else []
        for number, wrong in checks.items():
            if reached[number] != 1:
                raise wrong()


class Ledger:
    """Collects what a step of one case writes. The instance's row is locked, so that nobody else numbers its events."""

    def __init__(
        self,
        connection: Connection,
        *,
        case_id: UUID,
        jurisdiction: str,
        actor: Actor,
        at: datetime,
        together: Together | None = None,
    ) -> None:
        about_case(case_id)
        self._own, self._together = Together(connection), together
        self._common: dict[str, Any] = {"case_id": case_id, "jurisdiction": jurisdiction, "at": at}
        self._actor = actor
        self._events: list[dict[str, Any]] = []
        self._writes: list[tuple[Prepared, Values]] = []
        self._checks: dict[int, Callable[[], Exception]] = {}
        self._opening: dict[str, Any] | None = None

    def note(self, tag: Tag, data: Mapping[str, Any], *, actor: Actor | None = None) -> None:
        """Add an event; `actor` where it is not the one who caused the step."""
        who = actor or self._actor
        self._events.append(
            {
                "id": new_id(), "tag": tag.value, "data": dict(data),
                "actor_kind": who.kind.value, "actor_id": who.id, "actor_name": who.name,
            }
        )  # fmt: skip

    def write(
        self, writes: Sequence[tuple[Prepared, Values]], *, unless_reached: Callable[[], Exception] | None = None
    ) -> None:
        """Add rows.

        Args:
            unless_reached: what to raise when one of them is not there to be written.
        """
        if unless_reached is not None:
            numbers = range(len(self._writes), len(self._writes) + len(writes))
            self._checks |= dict.fromkeys(numbers, unless_reached)
        self._writes += writes

    def open_with(self, write: tuple[Prepared, dict[str, Any]]) -> None:
        """Add the row that everything else belongs to. What it says can be changed with `amend` until it is written."""
        self._writes.append(write)
        self._opening = write[1]

    def amend(self, values: Values) -> bool:
        """Change what the row of `open_with` says; False when there is none, or it is written already."""
        if self._opening is None:
            return False
        self._opening |= values
        return True

    def flush(self) -> None:
        """Write what was added. Called before anybody else reads or writes of the case."""
        self._hand_over(self._own)
        self._own.send()

    def finish(self) -> None:
        """Write what was added, at the end of a step; of several in one transaction, at the end of that."""
        if self._together is None:
            self.flush()
        else:
            self._hand_over(self._together)

    def _hand_over(self, together: Together) -> None:
        for start in range(0, len(self._events), _MOST):
            some = self._events[start : start + _MOST]
            values = {f"{name}_{position}": event[name] for position, event in enumerate(some) for name in _OWN}
            self._writes.append((_append(len(some)), self._common | values))
        together.add(self._writes, self._checks)
        self._writes, self._events, self._checks, self._opening = [], [], {}, None
