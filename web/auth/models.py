"""Sessions, kept on the server."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant, new_id


class LoginSession(Base):
    """One browser in which somebody is signed in. Deleting the row signs it out."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_staff", "staff_id"), Index("ix_login_session_expires", "expires_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: SHA-256 of the token in the cookie, hex; the token itself, 256 random bits, is stored nowhere
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: moved at most once a minute
    seen_at: Mapped[datetime] = mapped_column(Instant)
    #: the absolute end
    expires_at: Mapped[datetime] = mapped_column(Instant)
    #: the browser's own description, so that somebody recognises their sessions
    browser: Mapped[str] = mapped_column(String(200), default="")
