"""The statements that write work items: built once, run by the runtime in the transaction of a step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, column, insert, select, table, text, update

from engine.db import Instant
from engine.prepared import Prepared, Values
from engine.tasks.models import WorkItem, WorkItemState

_TABLE: Final = cast(Table, WorkItem.__table__)
_CLOCK: Final = table("clock", column("id", _TABLE.c.clock_id.type), column("due_at", Instant()))
# The very words of the partial indexes: with bound values in place of them no index would be used.
_LIVE: Final = text("state IN ('open', 'claimed')")


#: What the runtime writes of a new item; the other columns are null.
_NEW: Final = (
    "id", "case_id", "instance_id", "jurisdiction", "task_id", "element_id", "process_id", "name", "form_id", "role",
    "party", "unit_id", "inbox_key", "why", "excluded", "state", "owner_id", "claimed_at", "due_at",
    "clock_id", "priority", "created_at", "trail",
)  # fmt: skip
_INSERT: Final = Prepared(insert(_TABLE), _NEW)
_COMPLETE: Final = Prepared(
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("item"), _TABLE.c.owner_id.is_not_distinct_from(bindparam("seen")), _LIVE)
    .values(
        state=WorkItemState.COMPLETED.value,
        owner_id=bindparam("owner"),
        claimed_at=bindparam("claimed"),
        completed_at=bindparam("at"),
        completed_by=bindparam("by"),
        entered=bindparam("entered"),
    )
)
_WITHDRAW: Final = Prepared(
    update(_TABLE)
    .where(_TABLE.c.instance_id == bindparam("instance"), _TABLE.c.task_id == bindparam("task"), _LIVE)
    .values(state=WorkItemState.WITHDRAWN.value)
)
_FOLLOW: Final = (
    update(_TABLE)
    .where(_TABLE.c.instance_id == bindparam("instance"), _TABLE.c.clock_id.is_not(None), _LIVE)
    .values(due_at=select(_CLOCK.c.due_at).where(_CLOCK.c.id == _TABLE.c.clock_id).scalar_subquery())
)


def inserting(rows: Sequence[Values]) -> list[tuple[Prepared, Values]]:
    """Return what inserts `rows`, each with the columns of a new item."""
    return [(_INSERT, row) for row in rows]


def completing(
    item_id: UUID,
    *,
    seen_owner: UUID | None,
    owner_id: UUID | None,
    claimed_at: datetime | None,
    by: str,
    at: datetime,
    entered: Any = None,
) -> tuple[Prepared, Values]:
    """Return what marks a live item as done.

    It reaches no row when the item is no longer live, or somebody else has claimed it since it was read.

    Args:
        seen_owner: who held it when it was read.
        owner_id: who holds it now: completing an unclaimed item claims it.
        by: who did it, as a reader will see it.
        entered: what its form took, as JSON.
    """
    row = {"item": item_id, "seen": seen_owner, "owner": owner_id, "claimed": claimed_at, "at": at, "by": by}
    row["entered"] = entered
    return _COMPLETE, row


def withdrawing(instance_id: UUID, task_ids: Sequence[str]) -> list[tuple[Prepared, Values]]:
    """Return what takes the items of tasks that the process no longer needs out of the inboxes."""
    return [(_WITHDRAW, {"instance": instance_id, "task": task}) for task in task_ids]


def follow_clocks(connection: Connection, instance_id: UUID) -> None:
    """Give the live items of an instance the dates of the clocks that they follow, after a clock was moved."""
    connection.execute(_FOLLOW, {"instance": instance_id})
