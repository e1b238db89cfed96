"""Taking work items and giving them back. Completing one belongs to the runtime: it moves the process."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, column, select, table
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import writing
from engine.errors import Conflict, Forbidden, NotFound
from engine.organisation.models import Staff
from engine.rows import ById
from engine.tasks.models import LIVE, WorkItem, WorkItemState
from engine.tasks.permission import covering, may_take

_INSTANCE: Final = table("instance", column("id", Uuid()))
_LOCK_INSTANCE: Final = (
    select(_INSTANCE.c.id)
    .where(_INSTANCE.c.id == select(WorkItem.instance_id).where(WorkItem.id == bindparam("item")).scalar_subquery())
    .with_for_update()
)


_ITEMS: Final = ById(WorkItem)


def get_item(session: Session, item_id: UUID) -> WorkItem:
    """Return a work item.

    Raises:
        NotFound: there is none with this id.
    """
    item = _ITEMS.get(session, item_id)
    if item is None:
        raise no_such_task(item_id)
    return item


def no_such_task(item_id: UUID) -> NotFound:
    """Return what is said of a work item that there is not."""
    return NotFound("no-such-task", "There is no task {item}.", item=str(item_id))


def claim(session: Session, item_id: UUID, *, staff: Staff, now: datetime) -> WorkItem:
    """Take an open work item. Taking what one has already changes nothing.

    Raises:
        NotFound: there is none with this id.
        Conflict: `task-already-claimed`, `task-already-completed` or `task-withdrawn`, with who and when.
        Forbidden: see `engine.tasks.permission.may_take`.
    """
    with writing(session):
        item = lock_item(session, item_id)
        if item.state == WorkItemState.CLAIMED and item.owner_id == staff.id:
            return item
        cover = covering(session, item, staff, now)
        if cover is None or item.owner_id != cover.staff_id or delegated(item):
            refuse_taken(session, item)
        may_take(session, item, staff, now=now)
        item.state, item.owner_id, item.claimed_at = WorkItemState.CLAIMED, staff.id, now
        item.opened_at = item.opened_at or now
        note_item(session, item, Tag.WORK_ITEM_CLAIMED, staff, now, {"for": cover.name} if cover else {})
        session.flush()
        return item


def release(session: Session, item_id: UUID, *, staff: Staff, now: datetime) -> WorkItem:
    """Put a work item that one holds back into the inbox of its role. Its due date does not change.

    Raises:
        NotFound: there is none with this id.
        Conflict: `task-already-completed`, `task-withdrawn`, or `task-not-claimed`: nobody holds it.
        Forbidden: `task-not-yours`: somebody else holds it.
    """
    with writing(session):
        item = lock_item(session, item_id)
        refuse_over(item)
        if item.state == WorkItemState.OPEN:
            raise Conflict("task-not-claimed", "Nobody holds “{task}”: there is nothing to give back.", task=item.name)
        if item.owner_id != staff.id:
            raise Forbidden(
                "task-not-yours", "“{task}” is held by somebody else, who alone can give it back.", task=item.name
            )
        if delegated(item):
            raise Conflict(
                "task-delegated",
                "“{task}” was delegated and goes back to its owner first. Hand it back, or let the owner take it back.",
                task=item.name,
            )
        item.state, item.owner_id, item.claimed_at = WorkItemState.OPEN, None, None
        item.handed = None
        note_item(session, item, Tag.WORK_ITEM_RELEASED, staff, now)
        session.flush()
        return item


def refuse_over(item: WorkItem) -> None:
    """Raise the conflict that says that `item` can no longer be worked on, when that is so."""
    if item.state == WorkItemState.COMPLETED:
        raise already_completed(item.name, item.completed_by, item.completed_at)
    if item.state == WorkItemState.WITHDRAWN:
        raise withdrawn(item.name)


def refuse_taken(session: Session, item: WorkItem) -> None:
    """Raise the conflict that says that `item` is over or that somebody holds it, when that is so."""
    refuse_over(item)
    if item.state == WorkItemState.CLAIMED:
        owner = session.get(Staff, item.owner_id) if item.owner_id else None
        raise already_claimed(item.name, owner.name if owner else None, item.claimed_at)


def already_completed(task: str, who: str | None, when: datetime | None) -> Conflict:
    """Return the conflict of a second completer: who was first, when, and that nothing is to be done."""
    return Conflict(
        "task-already-completed",
        "“{task}” was completed by {who} at {when}. Nothing is left to do here; open the case to see what followed.",
        task=task,
        who=who or "the engine",
        when=when.isoformat() if when else "",
    )


def already_claimed(task: str, who: str | None, when: datetime | None) -> Conflict:
    """Return the conflict of somebody who wants what another one holds."""
    return Conflict(
        "task-already-claimed",
        "{who} has held “{task}” since {when}. Ask for it to be given back, or take another task.",
        task=task,
        who=who or "Somebody",
        when=when.isoformat() if when else "",
    )


def withdrawn(task: str) -> Conflict:
    """Return the conflict of a task that the process no longer needs."""
    return Conflict(
        "task-withdrawn",
        "“{task}” is no longer needed: the matter went another way. Open the case to see where it stands.",
        task=task,
    )


def lock_item(session: Session, item_id: UUID) -> WorkItem:
    """Lock the instance of a work item for the rest of the transaction, and return the item as it is then.

    Raises:
        NotFound: there is none with this id.
    """
    # The instance's row is the lock of everything that belongs to the matter: a claim waits for a step that runs, and
    # the numbers of the audit events stay without gap. Read the item after it, or it would be as it was before.
    session.execute(_LOCK_INSTANCE, {"item": item_id})
    item = session.get(WorkItem, item_id, populate_existing=True)
    if item is None:
        raise NotFound("no-such-task", "There is no task {item}.", item=str(item_id))
    return item


def note_item(
    session: Session, item: WorkItem, tag: Tag, staff: Staff, now: datetime, data: Mapping[str, Any] | None = None
) -> None:
    """Append the event of something that somebody did with a work item."""
    record(
        session,
        tag=tag,
        actor=Actor.staff(staff),
        at=now,
        jurisdiction=item.jurisdiction,
        case_id=item.case_id,
        data={"item": str(item.id), "element": item.element_id, "name": item.name, **(data or {})},
    )


def delegated(item: WorkItem) -> bool:
    """Say whether a work item is lent, and comes back to whoever delegated it."""
    return item.handed is not None and item.handed["how"] == "delegated"


def note_opened(session: Session, item: WorkItem, staff: Staff, now: datetime) -> None:
    """Remember that somebody who may do a live work item looked at it; only the first time counts."""
    if item.opened_at is not None or item.state not in LIVE:
        return
    if item.owner_id is None:
        try:
            may_take(session, item, staff, now=now)
        except Forbidden:
            return
    elif item.owner_id != staff.id:
        return
    with writing(session):
        found = lock_item(session, item.id)
        if found.opened_at is None and found.state in LIVE:
            found.opened_at = now
            session.flush()
