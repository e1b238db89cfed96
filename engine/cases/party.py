"""Somebody whom a matter concerns beside the one who filed it: a row of their own, and a slip to come in with."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, new_id

#: Key and role of whoever filed the matter. They have no row here: the case itself holds who they are.
PETITIONER: Final = "p1"
APPLICANT: Final = "applicant"


class CaseParty(Base):
    """A party of a case other than the petitioner, such as the other side of a dispute."""

    __tablename__ = "case_party"
    __table_args__ = (UniqueConstraint("case_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: `p2`, `p3` … in the order in which they came; what process data and work items know of a party
    key: Mapped[str] = mapped_column(String(8))
    #: `respondent`, or another role that the package names
    role: Mapped[str] = mapped_column(String(32))
    #: {"name", "phone", "address", "email", "locale"} sealed with AES-GCM, bound to this row
    personal: Mapped[bytes] = mapped_column(Bytes)
    #: HMAC of the tracking code on the last slip; None until one was printed
    tracking_hmac: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: argon2id of the slip's PIN
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    pin_failures: Mapped[int] = mapped_column(Integer, default=0)
    slip_at: Mapped[datetime | None] = mapped_column(Instant)
    #: `resident`, or the staff id of whoever added them
    added_by: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(Instant)
    #: when they ceased to be a party; the row stays, for what they did
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
