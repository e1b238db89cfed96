"""The deployed version of a process package, and drafts of the next one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, new_id


class VersionState(StrEnum):
    """Where a version stands. Running cases keep theirs whatever its state."""

    #: new cases start on it; one per key
    ACTIVE = "active"
    #: checked and stored, not started on
    INACTIVE = "inactive"


class ProcessVersion(Base):
    """One immutable version of a package."""

    __tablename__ = "process_version"
    __table_args__ = (
        UniqueConstraint("key", "number"),
        Index(
            "uq_process_version_active",
            "key",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: the package's name and the id of its main process: `petition`
    key: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    #: a zip with sorted names and fixed times, so that equal content is equal bytes
    package: Mapped[bytes] = mapped_column(Bytes)
    sha256: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16))
    deployed_at: Mapped[datetime] = mapped_column(Instant)
    activated_at: Mapped[datetime | None] = mapped_column(Instant)


class DraftState(StrEnum):
    """Life of a draft."""

    #: designers work on it
    OPEN = "open"
    #: it became a version
    DEPLOYED = "deployed"
    #: it was given up; what was in it is kept and can be read
    DISCARDED = "discarded"


class ProcessDraft(Base):
    """A package that designers work on. It runs nothing; the version that is active stays what it is."""

    __tablename__ = "process_draft"
    __table_args__ = (Index("ix_process_draft_key", "key", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    #: what it was begun from; None for a new process
    version_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("process_version.id"))
    #: the highest number deployed when it was begun: a higher one later means that somebody was faster
    newest_number: Mapped[int] = mapped_column(Integer, default=0)
    #: raised by one with every save; a file carries the revision that wrote it last
    revision: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(String(16), default=DraftState.OPEN)
    note: Mapped[str] = mapped_column(Text, default="")
    author: Mapped[str] = mapped_column(String(120))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    #: who saved last, and when
    saved_by: Mapped[str] = mapped_column(String(120))
    saved_at: Mapped[datetime] = mapped_column(Instant)
    #: what it became
    deployed_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("process_version.id"))


class DraftFile(Base):
    """A file of a draft as it was saved last."""

    __tablename__ = "process_draft_file"

    draft_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("process_draft.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(255), primary_key=True)
    #: None: it was taken out; the row stays, so that a stale save of it is noticed
    content: Mapped[bytes | None] = mapped_column(Bytes)
    #: the draft's revision that wrote it
    revision: Mapped[int] = mapped_column(Integer)
    saved_by: Mapped[str] = mapped_column(String(120))
    saved_at: Mapped[datetime] = mapped_column(Instant)


class DraftPresence(Base):
    """Somebody has a draft open. For editing together only: overwritten by every sign of life, then dropped."""

    __tablename__ = "process_draft_presence"

    draft_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("process_draft.id"), primary_key=True)
    #: staff id
    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    #: the file that they have open; "" for the list of files
    path: Mapped[str] = mapped_column(String(255), default="")
    seen_at: Mapped[datetime] = mapped_column(Instant)
