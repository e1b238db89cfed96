"""The secret address of a person's calendar."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant


class CalendarFeed(Base):
    """Whoever knows the address reads the person's due dates. One for each person; a new one closes the old."""

    __tablename__ = "calendar_feed"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    #: SHA-256 of the token in the address, hex; the token itself, 256 random bits, is shown once
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: when a program last asked for it
    read_at: Mapped[datetime | None] = mapped_column(Instant)
