"""The dates of a matter's clocks as texts write them: in notices, on documents, in forms."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, case, select

from engine.clock import CHINA
from engine.deadlines.explain import dated
from engine.deadlines.models import LIVE, Clock, ClockEvent
from engine.organisation.models import OrgUnit

_RUNNING: Final = (
    select(Clock.name, Clock.due_at, Clock.provisional)
    .outerjoin(OrgUnit, OrgUnit.id == Clock.unit_id)
    .where(Clock.case_id == bindparam("case"), Clock.state.in_(LIVE))
    .order_by(case((OrgUnit.code == bindparam("unit"), 1), else_=0), Clock.started_at, Clock.id)
)
_NAMED: Final = (
    select(Clock.id, Clock.due_at)
    .outerjoin(OrgUnit, OrgUnit.id == Clock.unit_id)
    .where(Clock.instance_id == bindparam("instance"), Clock.name == bindparam("clock"), Clock.state.in_(LIVE))
    .order_by(case((OrgUnit.code == bindparam("unit"), 0), else_=1), Clock.started_at.desc(), Clock.id.desc())
    .limit(1)
)
_EVENTS: Final = select(ClockEvent.id).where(
    ClockEvent.clock_id == bindparam("clock"), ClockEvent.kind == bindparam("kind")
)


class Dates(Mapping[str, str]):
    """When each clock of a matter that runs is due, by its name, marked while it is provisional; read when first asked.

    Args:
        unit: code of the unit whose clock is meant where several have one name; without it the youngest is.
    """

    def __init__(self, connection: Connection, case_id: UUID, unit: str | None = None, zone: ZoneInfo = CHINA) -> None:
        self._connection, self._case_id, self._unit, self._zone = connection, case_id, unit, zone

    @cached_property
    def _read(self) -> dict[str, str]:
        rows = self._connection.execute(_RUNNING, {"case": self._case_id, "unit": self._unit})
        return {row.name: dated(row.due_at, self._zone, provisional=row.provisional) for row in rows}

    def __getitem__(self, name: str) -> str:
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def unit_of(data: Mapping[str, Any]) -> str | None:
    """Return the code of the unit in whose branch of a process these data lie; None outside of such branches."""
    assignment = data.get("assignment")
    unit = assignment.get("unit") if isinstance(assignment, Mapping) else None
    return unit if isinstance(unit, str) else None


def running_named(connection: Connection, instance_id: UUID, name: str, unit: str | None = None) -> Any:
    """Return the row (`id`, `due_at`) of the clock of a name that runs in an instance; None when none does.

    Args:
        unit: code of the unit whose clock is meant where several have this name; else the youngest is.
    """
    return connection.execute(_NAMED, {"instance": instance_id, "clock": name, "unit": unit}).first()


def count_events(connection: Connection, clock_id: UUID, kind: str) -> int:
    """Return how many lines of a kind the ledger of a clock has."""
    return len(connection.execute(_EVENTS, {"clock": clock_id, "kind": kind}).all())
