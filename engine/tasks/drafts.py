"""What somebody typed into a form and has not sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine.db import writing
from engine.errors import Conflict, NotFound
from engine.organisation.models import Staff
from engine.tasks.models import LIVE, Draft, WorkItem


def save_draft(session: Session, item_id: UUID, *, staff: Staff, data: Mapping[str, Any], now: datetime) -> Draft:
    """Keep what `staff` has typed so far, in place of what was kept before.

    Args:
        data: what the form submitted, unchecked: a draft may be wrong or incomplete.

    Raises:
        NotFound: there is no such item.
        Conflict: `task-over`: the item is completed or withdrawn; nothing can be sent any more.
    """
    with writing(session):
        item = session.get(WorkItem, item_id)
        if item is None:
            raise NotFound("no-such-task", "There is no task {item}.", item=str(item_id))
        if item.state not in LIVE:
            raise Conflict(
                "task-over",
                "“{task}” is {state}: a draft of it can no longer be kept. Copy what you typed if you still need it.",
                task=item.name,
                state=str(item.state),
            )
        draft = session.get(Draft, (item_id, staff.id))
        if draft is None:
            draft = Draft(work_item_id=item_id, staff_id=staff.id)
            session.add(draft)
        draft.data, draft.saved_at = dict(data), now
        session.flush()
        return draft


def load_draft(session: Session, item_id: UUID, *, staff: Staff) -> Draft | None:
    """Return what `staff` kept of this item, None when there is nothing."""
    return session.get(Draft, (item_id, staff.id))


def discard_draft(session: Session, item_id: UUID, *, staff: Staff) -> None:
    """Forget what `staff` kept of this item; nothing happens when there is nothing."""
    with writing(session):
        session.execute(delete(Draft).where(Draft.work_item_id == item_id, Draft.staff_id == staff.id))
