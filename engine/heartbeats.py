"""Who carries due work, and whether they still do: a row for each scheduler, written by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.clock import Clock, ShiftedClock, SystemClock, aware
from engine.db import Base, Instant, Json, new_id, writing

#: A scheduler that has said nothing for this long is not alive.
SILENCE: Final = timedelta(seconds=60)
#: Begins the name under which a process is connected to PostgreSQL; what it does and where follows.
MARK: Final = "chuishao "


class SchedulerRow(Base):
    """A scheduler that runs, or that ended without saying so. One that ends in order takes its row away."""

    __tablename__ = "scheduler"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: machine and process, such as `node-1:4711`
    name: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(Instant)
    #: when it last wrote this row, by the database's clock
    ticked_at: Mapped[datetime] = mapped_column(Instant)
    #: by a tick's name: {"succeeded_at", "seconds", "count", "failures", "error"}
    ticks: Mapped[Any] = mapped_column(Json)


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """How a scheduler does.

    Args:
        age: since it last said that it lives.
        ticks: see `SchedulerRow.ticks`.
    """

    name: str
    age: timedelta
    ticks: Mapping[str, Mapping[str, Any]]

    @property
    def is_alive(self) -> bool:
        """Whether it said so within the last minute; one who said so later than now did before a clock was set back."""
        return abs(self.age) < SILENCE


def database_now(session: Session) -> datetime:
    """Return the time that nodes agree on: the database server's; with SQLite, this machine's."""
    if session.get_bind().dialect.name != "postgresql":
        return SystemClock().now()
    return aware(session.execute(text("SELECT clock_timestamp()")).scalar_one())


def deciding_now(session: Session, clock: Clock) -> datetime:
    """Return the time that decides what is due. Nodes that share a database take its time: theirs may not agree.

    Args:
        clock: of a machine, or ahead of one by as much as it was moved; any other says the time by itself.
    """
    ours = isinstance(clock, SystemClock | ShiftedClock)
    if not ours or session.get_bind().dialect.name != "postgresql":
        return aware(clock.now())
    offset = clock.now() - SystemClock().now() if isinstance(clock, ShiftedClock) else timedelta(0)
    return database_now(session) + offset


def beat(session: Session, scheduler_id: UUID, name: str, *, ticks: Mapping[str, Mapping[str, Any]]) -> None:
    """Write that a scheduler lives.

    Args:
        ticks: see `SchedulerRow.ticks`.
    """
    with writing(session):
        now = database_now(session)
        row = session.get(SchedulerRow, scheduler_id)
        if row is None:
            row = SchedulerRow(id=scheduler_id, name=name, started_at=now)
            session.add(row)
        row.ticked_at, row.ticks = now, dict(ticks)


def sign_off(session: Session, scheduler_id: UUID) -> None:
    """Take the row of a scheduler away that ends in order."""
    with writing(session):
        row = session.get(SchedulerRow, scheduler_id)
        if row is not None:
            session.delete(row)


def heartbeats(session: Session) -> list[Heartbeat]:
    """Return every scheduler that has not signed off, the liveliest first."""
    now = database_now(session)
    rows = session.scalars(select(SchedulerRow).order_by(SchedulerRow.ticked_at.desc())).all()
    return [Heartbeat(name=row.name, age=now - row.ticked_at, ticks=row.ticks) for row in rows]
