"""What is known of an issued document beside its text: by which template, when, and that it is still the same text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.cases.models import Document
from engine.cases.paper import body_name, text_hash
from engine.definitions.models import ProcessVersion


@dataclass(frozen=True, kw_only=True)
class Issuance:
    """The facts that stand beside a document.

    Args:
        body: the issuing body's name as it was then.
        package: name of the process package whose template was filled.
        version: that package's version; it is kept for good, its templates too.
        template: `documents/reply.html`.
        sha256: of the text as it is stored now.
        intact: whether the text has the hash that the story recorded when it was issued; None when it recorded none.
        opened_at: when somebody for whom it is opened it online for the first time; None as long as nobody did.
    """

    number: str
    body: str
    package: str
    version: int
    template: str
    issued_at: datetime
    sha256: str
    intact: bool | None
    opened_at: datetime | None


def issuance(session: Session, document: Document) -> Issuance:
    """Return what is known of a document beside its text."""
    version = session.execute(
        select(ProcessVersion.name, ProcessVersion.number).where(ProcessVersion.id == document.version_id)
    ).one()
    sha256 = text_hash(document.html)
    issued = events_of(session, document, Tag.CASE_DOCUMENT_ISSUED)
    served = events_of(session, document, Tag.CASE_DOCUMENT_SERVED)
    opened = [each for each in served if each.data.get("how") == "online"]
    recorded = issued[0].data.get("sha256") if issued else None
    return Issuance(
        number=document.number,
        body=body_name(document),
        package=version.name,
        version=version.number,
        template=f"documents/{document.kind}.html",
        issued_at=document.issued_at,
        sha256=sha256,
        intact=None if recorded is None else recorded == sha256,
        opened_at=opened[0].at if opened else None,
    )


def events_of(session: Session, document: Document, tag: Tag) -> list[AuditEvent]:
    """Return the events of one kind that name a document, first things first."""
    events: Any = session.scalars(
        select(AuditEvent).where(AuditEvent.case_id == document.case_id, AuditEvent.tag == tag).order_by(AuditEvent.seq)
    )
    return [each for each in events if each.data.get("document") == str(document.id)]
