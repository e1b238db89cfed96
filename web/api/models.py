"""Tokens of programs, and the answers that were given to requests with a key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, new_id


class ApiToken(Base):
    """A program acts as a member of staff by one of these; it may do what that person may."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    #: what it is for, for whoever revokes it
    name: Mapped[str] = mapped_column(String(120))
    #: SHA-256 of the token, hex; the token itself, 256 random bits, is shown once
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class KeyedAnswer(Base):
    """The answer to a request with an Idempotency-Key, committed together with what the request did."""

    __tablename__ = "keyed_answer"
    __table_args__ = (Index("ix_keyed_answer_created", "created_at"),)

    token_id: Mapped[UUID] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    #: SHA-256 over method, path and body, hex: the same key for another request is a mistake
    request_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    location: Mapped[str] = mapped_column(String(300), default="")
    #: {"body": …}, sealed: an answer may carry what identifies a resident, or the PIN of a receipt
    sealed: Mapped[bytes] = mapped_column(Bytes)
    created_at: Mapped[datetime] = mapped_column(Instant)
