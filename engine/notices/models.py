"""The outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant, Json, new_id


class NoticeState(StrEnum):
    """Life of a notice."""

    #: in the outbox, to be sent at `next_try_at`
    PENDING = "pending"
    #: a sender has it until `next_try_at`; after that anybody may take it again
    SENDING = "sending"
    #: the channel accepted it
    SENT = "sent"
    #: given up after the last attempt; an operator sees it and can send it again
    DEAD = "dead"


#: Still to be sent, spelled out: SQLite uses the partial index only for a condition without parameters.
DUE_SQL = text("state IN ('pending', 'sending')")


class Notice(Base):
    """One message to one addressee by one channel. `key` is stable: a second sending carries the same one."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_due", "next_try_at", sqlite_where=DUE_SQL, postgresql_where=DUE_SQL),
        Index("ix_notice_case", "case_id"),
        Index("ix_notice_staff", "staff_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: idempotency key, e.g. `rung:<rung id>:<staff id>:email`
    key: Mapped[str] = mapped_column(String(200), unique=True)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"))
    #: the template that it was made from
    template: Mapped[str] = mapped_column(String(64))
    #: L0 … L4 where a rung caused it
    rung: Mapped[str | None] = mapped_column(String(16))
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    #: `email`, `app` (read in the application), `sms`, …
    channel: Mapped[str] = mapped_column(String(16))
    #: address for the channel; for `app` empty. Encrypted where it belongs to a resident
    address: Mapped[str] = mapped_column(String(512))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    #: path within the application that the notice leads to
    link: Mapped[str] = mapped_column(String(300), default="")
    facts: Mapped[Any] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(String(16), default=NoticeState.PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)
