"""Instances and incidents."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, Json, new_id


class InstanceStatus(StrEnum):
    """Where an instance stands."""

    RUNNING = "running"
    #: a step failed and waits for a person; other branches go on
    INCIDENT = "incident"
    #: an operator stopped it for a while
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Instance(Base):
    """A process that runs for a case. One row, one update a step."""

    __tablename__ = "instance"
    __table_args__ = (Index("ix_instance_case", "case_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    version_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("process_version.id"))
    key: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default=InstanceStatus.RUNNING)
    #: raised by one with every step; an update that finds another number is rolled back
    lock_version: Mapped[int] = mapped_column(Integer, default=0)
    #: compact snapshot of the workflow, see `engine.spiff`
    state: Mapped[bytes] = mapped_column(Bytes)
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(String(64))


class IncidentState(StrEnum):
    """Life of an incident."""

    OPEN = "open"
    RESOLVED = "resolved"


class Incident(Base):
    """A step that failed. The case is as it was before the step; an operator mends the cause and retries."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_case", "case_id"),
        Index(
            "ix_incident_open",
            "created_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    #: what was tried, so that it can be tried again: {"do": "complete"|"timer"|"message"|"start", …ids, "data"}
    attempt: Mapped[Any] = mapped_column(Json)
    element_id: Mapped[str] = mapped_column(String(120))
    process_id: Mapped[str] = mapped_column(String(120))
    element_name: Mapped[str] = mapped_column(String(200), default="")
    code: Mapped[str] = mapped_column(String(64))
    #: in English, for programs; older rows have only this
    message: Mapped[str] = mapped_column(Text)
    #: the same as template and facts (`Phrase.to_json`), so that everybody reads it in their language
    reason: Mapped[Any | None] = mapped_column(Json)
    expression: Mapped[str | None] = mapped_column(Text)
    #: names of the data that the step saw; never the values
    data_keys: Mapped[Any] = mapped_column(Json, default=list)
    state: Mapped[str] = mapped_column(String(16), default=IncidentState.OPEN)
    tries: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolved_by: Mapped[str | None] = mapped_column(String(120))


class Migration(Base):
    """Running cases are to go on under another version: the plan, by whom and why. Each case is a row of its own."""

    __tablename__ = "migration"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    from_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("process_version.id"))
    to_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("process_version.id"))
    #: {process id: {element id of the older version: element id of the newer one}}
    moves: Mapped[Any] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)


class MigrationCase(Base):
    """One case of a migration; its verdict is written in the transaction that moves it, so that it is moved once."""

    __tablename__ = "migration_case"
    __table_args__ = (Index("ix_migration_case_fate", "migration_id", "fate"),)

    migration_id: Mapped[UUID] = mapped_column(ForeignKey("migration.id"), primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"), primary_key=True)
    #: None while it waits, else see `engine.instances.migrating.Fate`
    fate: Mapped[str | None] = mapped_column(String(16))
    #: sentences, see `engine.errors.Phrase.to_json`
    told: Mapped[Any] = mapped_column(Json, default=list)
    #: ids of the elements that stand in the way
    elements: Mapped[Any] = mapped_column(Json, default=list)
    at: Mapped[datetime | None] = mapped_column(Instant)
