"""The audit event."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant, Json, new_id


class ActorKind(StrEnum):
    """Who did it."""

    #: a member of staff, by `staff.id`
    STAFF = "staff"
    #: the resident who filed the matter, by tracking code
    RESIDENT = "resident"
    #: a program, by its API token
    API = "api"
    #: the engine itself: a timer, a deemed acceptance, an automatic step
    ENGINE = "engine"


class AuditEvent(Base):
    """One thing that happened. Rows are only ever added; the seal is filled in once by the sealing tick."""

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("case_id", "seq"),
        UniqueConstraint("jurisdiction", "seal_number"),
        Index(
            "ix_audit_event_unsealed", "at", "case_id", "seq", "id",
            sqlite_where=text("seal IS NULL"), postgresql_where=text("seal IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: None for what belongs to no case (sign-in, deployment, organisation changes)
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: 1, 2, 3 … within the case; 0 where there is no case
    seq: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    actor_name: Mapped[str | None] = mapped_column(String(120))
    #: `subject:thing:action`, a member of `engine.audit.tags.Tag`
    tag: Mapped[str] = mapped_column(String(64))
    data: Mapped[Any] = mapped_column(Json)
    #: SHA-256 over the previous seal and this row, hex; None until sealed
    seal: Mapped[str | None] = mapped_column(String(64))
    #: 1, 2, 3 … in the jurisdiction's chain, in the order of sealing
    seal_number: Mapped[int | None]
