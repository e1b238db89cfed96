"""The outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, Json, new_id


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
    #: waits to be gathered into its reader's daily mail, at `next_try_at`
    HELD = "held"
    #: went out as a part of a daily mail, `carried_by`
    GATHERED = "gathered"
    #: its address is unusable; `carried_by` took its place, on another channel
    REPLACED = "replaced"
    #: its addressee may not know of the case any more; it is never sent
    WITHHELD = "withheld"


#: Still to be sent, spelled out: SQLite uses the partial index only for a condition without parameters.
DUE_SQL = text("state IN ('pending', 'sending')")
HELD_SQL = text("state = 'held'")
#: What waits for its reader on the pages; the words of the partial index.
_UNREAD = text("channel = 'app' AND read_at IS NULL")
UNREAD_SQL = text("notice.channel = 'app' AND notice.read_at IS NULL")


class Notice(Base):
    """One message to one addressee by one channel. `key` is stable: a second sending carries the same one."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_due", "next_try_at", sqlite_where=DUE_SQL, postgresql_where=DUE_SQL),
        Index("ix_notice_held", "next_try_at", sqlite_where=HELD_SQL, postgresql_where=HELD_SQL),
        Index("ix_notice_case", "case_id"),
        Index("ix_notice_staff", "staff_id", "created_at"),
        Index("ix_notice_unread", "staff_id", "created_at", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: idempotency key, e.g. `rung:<rung id>:<staff id>:email`
    key: Mapped[str] = mapped_column(String(200), unique=True)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    #: the template that it was made from
    template: Mapped[str] = mapped_column(String(64))
    #: L0 … L4 where a rung caused it
    rung: Mapped[str | None] = mapped_column(String(16))
    staff_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("staff.id"))
    #: key of the party of the case whom it is for, `p1`; None for staff, and for who is no party
    party: Mapped[str | None] = mapped_column(String(8))
    #: the connector that it goes through, where it is for a group or a program and not for a person
    connector_id: Mapped[UUID | None] = mapped_column(ForeignKey("connector.id"))
    #: `email`, `app` (read in the application), `sms`, `wecom`, `webhook`, …
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
    #: how often a sender had it since one last said what became of it: so many died of it
    claims: Mapped[int] = mapped_column(Integer, server_default="0")
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)
    #: the error once more, for pages: {"text": its English template, "facts": {…}}
    reason: Mapped[Any] = mapped_column(Json, nullable=True)
    #: what is tried when the address turns out to be unusable: [[channel, address], …]
    fallback: Mapped[Any] = mapped_column(Json, default=list)
    #: the daily mail that it went out with, or the notice that took its place
    carried_by: Mapped[UUID | None] = mapped_column(ForeignKey("notice.id"))


class Connector(Base):
    """A way out that an operator sets up: a robot of a group, a webhook, a gateway for short messages."""

    __tablename__ = "connector"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    #: `wecom`, `dingtalk`, `feishu`, `lark`, `webhook` or `sms`
    kind: Mapped[str] = mapped_column(String(16))
    #: whose notices it is told of, with the units below; None: everybody's
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("org_unit.id"))
    #: the lowest rung that it is told of, `L2`; empty: every notice
    least: Mapped[str] = mapped_column(String(8), default="")
    #: host of its address, which may be shown; the rest is a secret
    host: Mapped[str] = mapped_column(String(255), default="")
    #: address, secrets and what else it is set up with, sealed with AES-GCM, bound to this row
    sealed: Mapped[bytes] = mapped_column(Bytes)
    #: networks of one's own that it may lead to: ["10.20.0.0/16"]
    allowed: Mapped[Any] = mapped_column(Json, default=list)
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    #: since when nothing goes through; None while it does, or nothing was tried yet
    failing_since: Mapped[datetime | None] = mapped_column(Instant)
    #: why: {"text": an English template, "facts": {…}}
    reason: Mapped[Any] = mapped_column(Json, nullable=True)


class Preference(Base):
    """How a member of staff wants to be told. Who has no row is told at once, in the application and by e-mail."""

    __tablename__ = "notice_preference"

    staff_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"), primary_key=True)
    email: Mapped[bool] = mapped_column(default=True)
    sms: Mapped[bool] = mapped_column(default=False)
    #: `22:00` to `07:00`, in the jurisdiction's zone; both None: no quiet hours
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    quiet_until: Mapped[str | None] = mapped_column(String(5))
    #: when the daily mail goes out, `08:00`; None: each notice by itself
    digest_at: Mapped[str | None] = mapped_column(String(5))
    changed_at: Mapped[datetime] = mapped_column(Instant)


class UnusableAddress(Base):
    """An address at which nobody is reached: what is meant for it goes another way until somebody corrects it."""

    __tablename__ = "unusable_address"
    __table_args__ = (
        Index("ix_unusable_address_staff", "staff_id"),
        Index("ix_unusable_address_case", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: whose it is: somebody of the staff, or a party of a case
    staff_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("staff.id"))
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    party: Mapped[str | None] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    #: of a member of staff; empty for a party, whose address lies sealed with the case
    address: Mapped[str] = mapped_column(String(512), default="")
    #: {"text": an English template, "facts": {…}}
    reason: Mapped[Any] = mapped_column(Json, nullable=True)
    marked_at: Mapped[datetime] = mapped_column(Instant)


class NoticeHold(Base):
    """Since when nothing is sent, and who let it go on. One stands where `released_at` is empty."""

    __tablename__ = "notice_hold"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    held_at: Mapped[datetime] = mapped_column(Instant)
    #: when the backup was made that was restored then
    backup_made_at: Mapped[datetime] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    released_by: Mapped[str | None] = mapped_column(String(200))
