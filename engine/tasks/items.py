"""The statements that write work items: built once, run by the runtime in the transaction of a step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Update, bindparam, insert, update

from engine.tasks.models import LIVE, WorkItem, WorkItemState

_TABLE = WorkItem.__table__
_INSERT: Final = insert(WorkItem)
_COMPLETE: Final = (
    update(WorkItem)
    .where(WorkItem.id == bindparam("item"), WorkItem.state.in_([str(state) for state in LIVE]))
    .values(
        state=WorkItemState.COMPLETED.value,
        owner_id=bindparam("owner"),
        claimed_at=bindparam("claimed"),
        completed_at=bindparam("at"),
        completed_by=bindparam("by"),
    )
)
_WITHDRAW: Final = (
    update(WorkItem)
    .where(
        WorkItem.id.in_(bindparam("items", expanding=True)),
        WorkItem.state.in_([str(state) for state in LIVE]),
    )
    .values(state=WorkItemState.WITHDRAWN.value)
)
_MOVE_DUE: Final[Update] = (
    update(WorkItem)
    .where(WorkItem.clock_id == bindparam("clock"), WorkItem.state.in_([str(state) for state in LIVE]))
    .values(due_at=bindparam("due"))
)


def insert_items(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`, each a value for every column of `work_item` that has no default of the database."""
    if rows:
        connection.execute(_INSERT, list(rows))


def complete_item(
    connection: Connection, item_id: UUID, *, owner_id: UUID | None, claimed_at: datetime | None, by: str, at: datetime
) -> bool:
    """Mark a live item as done.

    Args:
        by: who did it, as a reader will see it.

    Returns:
        False when the item was no longer live.
    """
    row = {"item": item_id, "owner": owner_id, "claimed": claimed_at, "at": at, "by": by}
    return connection.execute(_COMPLETE, row).rowcount == 1


def withdraw_items(connection: Connection, item_ids: Sequence[UUID]) -> None:
    """Take items that the process no longer needs out of the inboxes."""
    if item_ids:
        connection.execute(_WITHDRAW, {"items": list(item_ids)})


def move_due(connection: Connection, clock_id: UUID, due_at: datetime) -> None:
    """Give the live items that follow a clock its new date."""
    connection.execute(_MOVE_DUE, {"clock": clock_id, "due": due_at})
