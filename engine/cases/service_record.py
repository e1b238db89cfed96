"""A row for each time that a document was handed over outside of this system: in person, by post, left."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant, new_id


class ServiceRecord(Base):
    """Proof that a document was served by hand or by post (送达回证). Never changed; a wrong one is taken back."""

    __tablename__ = "service_record"
    __table_args__ = (Index("ix_service_record_document", "document_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    #: key of the party it was served on; `p1` filed the matter
    party: Mapped[str] = mapped_column(String(8))
    #: `person`, `post` or `left`
    how: Mapped[str] = mapped_column(String(16))
    served_at: Mapped[datetime] = mapped_column(Instant)
    #: who took it: `self`, `family`, `agent`, `unit`, `witness`
    received_by: Mapped[str] = mapped_column(String(16))
    tracking_number: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    #: the scan of the receipt
    attachment_id: Mapped[UUID | None] = mapped_column(ForeignKey("attachment.id"))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    #: when it was taken back as wrong, by whom and why
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[str | None] = mapped_column(String(64))
    revoked_reason: Mapped[str] = mapped_column(String(300), default="")
