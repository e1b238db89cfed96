"""Proof of service (送达): a document counts as handed over online when the person it is for opens it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag, record
from engine.cases.issuance import events_of
from engine.cases.models import Document
from engine.db import writing


def note_opened(session: Session, document: Document, actor: Actor, now: datetime) -> None:
    """Record the first time that a resident opens a document that was served online; later times say nothing new.

    Args:
        actor: the resident; each party of a matter opens for itself.
    """
    if _opened(session, document, actor):
        return
    with writing(session):
        # two browsers at once: the second waits for the row and then finds the first one's event
        session.execute(select(Document.id).where(Document.id == document.id).with_for_update())
        if not _opened(session, document, actor):
            record(
                session, tag=Tag.CASE_DOCUMENT_SERVED, actor=actor, at=now, jurisdiction=document.jurisdiction,
                case_id=document.case_id,
                data={"document": str(document.id), "number": document.number, "how": "online"},
            )  # fmt: skip


def _opened(session: Session, document: Document, actor: Actor) -> list[AuditEvent]:
    events = events_of(session, document, Tag.CASE_DOCUMENT_SERVED)
    return [each for each in events if (each.actor_kind, each.actor_id) == (actor.kind, actor.id)]
