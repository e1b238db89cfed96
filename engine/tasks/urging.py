"""Urging whoever has a task (催办): logged, and not more often than it helps."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.clock import aware
from engine.db import writing
from engine.errors import Conflict
from engine.organisation.models import Staff
from engine.tasks.models import WorkItem
from engine.tasks.service import lock_item, note_item, refuse_over

#: A task is urged at most once in so long, whoever urges.
INTERVAL: Final = timedelta(hours=12)


def urge(session: Session, item_id: UUID, *, staff: Staff, note: str = "", now: datetime) -> WorkItem:
    """Record that somebody urges a task. Telling whoever has it is the caller's.

    Raises:
        NotFound: there is no such task.
        Conflict: it is over, or `urged-recently`: when it was urged, and from when on it may be again.
    """
    with writing(session):
        item = lock_item(session, item_id)
        refuse_over(item)
        last = last_urged(session, item)
        if last is not None and last > aware(now) - INTERVAL:
            raise Conflict(
                "urged-recently",
                "“{task}” was urged at {when}; it can be urged again from {until} on. Whoever has it knows.",
                task=item.name, when=last.isoformat(), until=(last + INTERVAL).isoformat(),
            )  # fmt: skip
        note_item(session, item, Tag.WORK_ITEM_URGED, staff, now, {"note": note})
        session.flush()
        return item


def last_urged(session: Session, item: WorkItem) -> datetime | None:
    """Return when a task was urged last, None when it never was."""
    events = session.execute(
        select(AuditEvent.at, AuditEvent.data)
        .where(AuditEvent.case_id == item.case_id, AuditEvent.tag == Tag.WORK_ITEM_URGED)
        .order_by(AuditEvent.seq.desc())
    )
    return next((at for at, data in events if data.get("item") == str(item.id)), None)
