"""Who has a draft open now: so that two who edit together see each other. Nothing of it is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.db import writing
from engine.definitions.models import DraftPresence

#: Whoever gave no sign of life for so long has gone. Pages give one every twenty seconds.
GONE_AFTER: Final = timedelta(seconds=60)


def touch_presence(session: Session, draft_id: UUID, *, author: Actor, path: str, now: datetime) -> None:
    """Say that somebody has a file of a draft open; `path` is "" for the list of its files."""
    person = author.id or author.kind.value
    with writing(session):
        session.execute(delete(DraftPresence).where(DraftPresence.seen_at < now - GONE_AFTER))
        row = session.get(DraftPresence, (draft_id, person), with_for_update=True)
        if row is None:
            row = DraftPresence(draft_id=draft_id, person=person)
            session.add(row)
        row.name, row.path, row.seen_at = author.name or author.kind.value, path[:255], now


def leave_draft(session: Session, draft_id: UUID, *, author: Actor) -> None:
    """Say that somebody closed a draft."""
    person = author.id or author.kind.value
    with writing(session):
        session.execute(delete(DraftPresence).where(DraftPresence.draft_id == draft_id, DraftPresence.person == person))


def present(session: Session, draft_id: UUID, *, now: datetime) -> Sequence[DraftPresence]:
    """Return who has a draft open, by name, with the file and when they were last seen."""
    return session.scalars(
        select(DraftPresence)
        .where(DraftPresence.draft_id == draft_id, DraftPresence.seen_at >= now - GONE_AFTER)
        .order_by(DraftPresence.name, DraftPresence.person)
    ).all()
