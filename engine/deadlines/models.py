"""Calendars as versioned data, clocks with their ledger and rungs, and timers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant, Json, new_id


class Calendar(Base):
    """A jurisdiction's working-day calendar. Its days are in versions."""

    __tablename__ = "calendar"
    __table_args__ = (UniqueConstraint("jurisdiction", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64), default="default")
    name: Mapped[str] = mapped_column(String(120))
    #: [["08:30", "12:00"], ["14:00", "17:30"]] in the zone; the last one's end is the close of business
    duty_hours: Mapped[Any] = mapped_column(Json)
    zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    #: since when clocks may stand at a date of an earlier version; None once all of them were counted anew
    recount_since: Mapped[datetime | None] = mapped_column(Instant)


class DutyHours(Base):
    """The hours of duty of an office, or of the whole jurisdiction, as they were set once; the latest row holds."""

    __tablename__ = "duty_hours"
    __table_args__ = (Index("ix_duty_hours_unit", "unit_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("calendar.id"))
    #: None: the jurisdiction's
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("org_unit.id"))
    #: as `Calendar.duty_hours`; None: no longer hours of its own
    hours: Mapped[Any | None] = mapped_column(Json)
    author: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)


class CalendarVersion(Base):
    """The days of a year as one notice set them; a later version of the same year supersedes it."""

    __tablename__ = "calendar_version"
    __table_args__ = (UniqueConstraint("calendar_id", "year", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("calendar.id"))
    year: Mapped[int]
    number: Mapped[int]
    #: where the days come from: the notice's title and number
    source: Mapped[str] = mapped_column(Text)
    #: True until the year's notice is out: working days are assumed Monday to Friday
    provisional: Mapped[bool] = mapped_column(Boolean, default=False)
    #: who brought it in, and why
    author: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)


class CalendarDay(Base):
    """A day that a notice names: a holiday and the weekends in it, or a weekend day that is worked (调休上班日)."""

    __tablename__ = "calendar_day"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("calendar_version.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(64), default="")


class TimerState(StrEnum):
    """Life of a timer."""

    WAITING = "waiting"
    #: delivered to the process, in the same transaction as what it caused
    FIRED = "fired"
    #: the process no longer waits for it
    CANCELLED = "cancelled"
    #: could not be delivered: there is an incident
    FAILED = "failed"


_WAITING_SQL = text("state = 'waiting'")


class Timer(Base):
    """A timer event of a diagram that waits. The row is the truth; the process is told when it fires."""

    __tablename__ = "timer"
    __table_args__ = (
        Index("ix_timer_due", "due_at", sqlite_where=_WAITING_SQL, postgresql_where=_WAITING_SQL),
        Index(
            "uq_timer_waiting_task", "instance_id", "task_id", unique=True,
            sqlite_where=_WAITING_SQL, postgresql_where=_WAITING_SQL,
        ),
        Index("ix_timer_clock", "clock_id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    #: the engine's own id of the task; behind an event gateway a dot and the position of the event follow
    task_id: Mapped[str] = mapped_column(String(40))
    element_id: Mapped[str] = mapped_column(String(120))
    process_id: Mapped[str] = mapped_column(String(120))
    due_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default=TimerState.WAITING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    #: the clock and rung that it follows, when its whole expression is `rung(clock, rung)`
    clock_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("clock.id"))
    rung: Mapped[str | None] = mapped_column(String(16))
    fired_at: Mapped[datetime | None] = mapped_column(Instant)
    #: somebody who sweeps has it until then; after that anybody may take it
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    #: how often it was taken since somebody last said what became of it: so many died of it
    claims: Mapped[int] = mapped_column(Integer, server_default="0")


class ClockState(StrEnum):
    """Life of a clock."""

    RUNNING = "running"
    #: stopped where the rule allows it; the ledger says why and since when
    SUSPENDED = "suspended"
    #: what it measures was done
    STOPPED = "stopped"
    #: its activity was interrupted
    CANCELLED = "cancelled"


#: still counting
LIVE: Final = (ClockState.RUNNING.value, ClockState.SUSPENDED.value)


class Clock(Base):
    """A deadline, statutory or internal, with a trace that explains its date."""

    __tablename__ = "clock"
    __table_args__ = (
        Index("ix_clock_case", "case_id"),
        # what is late now, among all that ever ran
        Index(
            "ix_clock_running", "jurisdiction", "due_at", sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "uq_clock_running_scope", "instance_id", "scope_id", "name", unique=True,
            sqlite_where=text("state IN ('running', 'suspended')"),
            postgresql_where=text("state IN ('running', 'suspended')"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    #: the engine's id of the activity that it runs over
    scope_id: Mapped[str] = mapped_column(String(32))
    element_id: Mapped[str] = mapped_column(String(120))
    process_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("org_unit.id"))
    role: Mapped[str | None] = mapped_column(String(32))
    started_at: Mapped[datetime] = mapped_column(Instant)
    amount: Mapped[int]
    #: `hours`, `working-days`, `calendar-days`, `calendar-months`, `fixed-date`
    unit: Mapped[str] = mapped_column(String(20))
    roll: Mapped[str] = mapped_column(String(16))
    calendar_id: Mapped[UUID | None] = mapped_column(ForeignKey("calendar.id"))
    due_at: Mapped[datetime] = mapped_column(Instant)
    #: the first date that was promised; never changed
    original_due_at: Mapped[datetime] = mapped_column(Instant)
    #: a list of steps that explain the date, see `engine.deadlines.clocks`
    trace: Mapped[Any] = mapped_column(Json)
    provisional: Mapped[bool] = mapped_column(Boolean, default=False)
    ladder: Mapped[str | None] = mapped_column(String(64))
    #: reasons for which the rule does not count a time, separated by `;`; an internal one stands still for any reason
    suspension: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default=ClockState.RUNNING)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)


class ClockEvent(Base):
    """The clock's ledger: started, extended, suspended, resumed, recomputed, stopped."""

    __tablename__ = "clock_event"
    __table_args__ = (UniqueConstraint("clock_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clock_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("clock.id"))
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[Any] = mapped_column(Json)


#: Somebody is asked to sign or to acknowledge it, and has so long.
_ASKED_SQL = text("asked_until IS NOT NULL")


class RungState(StrEnum):
    """Life of a rung."""

    WAITING = "waiting"
    #: its notices were put in the outbox, in the same transaction; or who may sign it was asked to
    FIRED = "fired"
    #: passed over: a higher rung of the same clock caught up for it
    SKIPPED = "skipped"
    #: the clock stopped first
    CANCELLED = "cancelled"


class Rung(Base):
    """One rung of a clock's ladder. (clock, name) is unique: the database refuses a second firing."""

    __tablename__ = "rung"
    __table_args__ = (
        UniqueConstraint("clock_id", "name"),
        Index("ix_rung_due", "due_at", sqlite_where=_WAITING_SQL, postgresql_where=_WAITING_SQL),
        Index("ix_rung_asked", "asked_until", sqlite_where=_ASKED_SQL, postgresql_where=_ASKED_SQL),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clock_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("clock.id"))
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: L0 … L4
    name: Mapped[str] = mapped_column(String(16))
    #: order within the ladder, 0 first
    position: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant)
    #: the ladder's row as it was when the clock started, see `engine.deadlines.ladder.PlannedRung`
    rule: Mapped[Any] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16), default=RungState.WAITING)
    fired_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_by: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("staff.id"))
    #: until when it is to be signed, or acknowledged; None when nothing is asked for
    asked_until: Mapped[datetime | None] = mapped_column(Instant)
    #: how often that time ran out
    chased: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: nobody acknowledged it in time, so that it went to the next one up
    raised_at: Mapped[datetime | None] = mapped_column(Instant)
    #: names of whom it went to then
    raised_to: Mapped[Any | None] = mapped_column(Json)
    #: a person signed it; before, nothing of a rung that is to be signed goes out
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    signed_by: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("staff.id"))
    #: the paper that was signed
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    #: somebody who sweeps has it until then; after that anybody may take it
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    #: how often it was taken since somebody last said what became of it; -1 once it was given up
    claims: Mapped[int] = mapped_column(Integer, server_default="0")

    @property
    def unsigned(self) -> bool:
        """Whether it has fired and waits for a person to sign it."""
        return self.state == RungState.FIRED and bool(self.rule.get("sign")) and self.signed_at is None
