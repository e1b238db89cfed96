"""The deployed version of a process package."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, Text, UniqueConstraint, text
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
