"""The inbox: what waits for somebody, ordered by legal risk, a page at a time."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.errors import Invalid
from engine.tasks import inbox_statements as statements
from engine.tasks.inbox_asking import keep_plans, open_to, own_keys, shape_of, values_of
from engine.tasks.inbox_counts import counts_by_time
from engine.tasks.inbox_shapes import Shape
from engine.tasks.inbox_views import SCAN_LIMIT, Bucket, ClockFace, InboxItem, InboxQuery, Page
from engine.tasks.inbox_windows import Days, Window
from engine.tasks.models import WorkItemState


@dataclass(frozen=True, kw_only=True)
class _Cursor:
    due_at: datetime | None
    id: UUID


def inbox(session: Session, query: InboxQuery, now: datetime) -> Page:
    """Return a page of somebody's inbox: the earliest due first, those without a date last.

    Each of a person's keys contributes the first rows of one range of the index; the merge is cut to the page before
    anything is joined. The cost grows with the number of keys and the page, not with the number of open items.

    Args:
        now: the instant that "overdue" and "today" are measured from; days begin in China's zone.

    Raises:
        Invalid: `inbox-query`: the limit or the cursor cannot be used.
    """
    if not 1 <= query.limit <= 200:
        raise Invalid("inbox-query", "A page has 1 to 200 rows, not {limit}.", limit=query.limit)
    days = Days.at(now)
    keep_plans(session)
    query = open_to(session, own_keys(query))
    rows, stopped = _rows(session, query, days)
    more = len(rows) > query.limit
    items = tuple(_item(row, days) for row in rows[: query.limit])
    cursor = _Cursor(due_at=items[-1].due_at, id=items[-1].id) if more else stopped
    return Page(
        items=items,
        next_cursor=_write_cursor(cursor) if cursor else None,
        counts=counts_by_time(session, query, days),
        looked_on=not more and stopped is not None,
        closed=query.closed,
    )


def _rows(session: Session, query: InboxQuery, days: Days) -> tuple[list[Any], _Cursor | None]:
    """The rows of a page and one more; and where looking was stopped before there were so many."""
    cursor = _read_cursor(query.cursor) if query.cursor else None
    window = (days.window(query.bucket) if query.bucket else Window()).narrowed(query.due_from, query.due_until)
    wanted = query.limit + 1
    rows: list[Any] = []
    if window is not None and window.dated and (cursor is None or cursor.due_at is not None):
        rows += _page(session, query, window, cursor)
        if len(rows) < wanted and (stopped := _scan_end(session, query, window, cursor)):
            return rows, stopped
    undated = query.bucket in (None, Bucket.NONE) and query.due_from is None and query.due_until is None
    if undated and len(rows) < wanted:
        after = cursor if cursor is not None and cursor.due_at is None else None
        window = Window(dated=False)
        rows += _page(session, query, window, after)
        if len(rows) < wanted:
            return rows, _scan_end(session, query, window, after)
    return rows, None


def _scan_end(session: Session, query: InboxQuery, window: Window, cursor: _Cursor | None) -> _Cursor | None:
    shape, values = _asked(query, window, cursor)
    if not shape.sifted:
        return None
    row = session.connection().execute(statements.scan_end(shape), values).one_or_none()
    return _Cursor(due_at=row.due_at, id=row.id) if row is not None else None


def _page(session: Session, query: InboxQuery, window: Window, cursor: _Cursor | None) -> list[Any]:
    shape, values = _asked(query, window, cursor)
    return list(session.connection().execute(statements.page(shape), values))


def _asked(query: InboxQuery, window: Window, cursor: _Cursor | None) -> tuple[Shape, dict[str, Any]]:
    shape = shape_of(query, window, limit=query.limit + 1, scan=SCAN_LIMIT, cursor=cursor is not None)
    values = values_of(query, window)
    return shape, values if cursor is None else values | {"after_due": cursor.due_at, "after_id": cursor.id}


def _item(row: Any, days: Days) -> InboxItem:
    clock = None
    if row.clock_id is not None:
        clock = ClockFace(
            id=row.clock_id,
            name=row.clock_name,
            kind=row.clock_kind,
            started_at=row.clock_started_at,
            due_at=row.clock_due_at,
            provisional=row.clock_provisional,
        )
    return InboxItem(
        id=row.id,
        name=row.name,
        inbox_key=row.inbox_key,
        element_id=row.element_id,
        process_id=row.process_id,
        role=row.role,
        state=WorkItemState(row.state),
        unit_name=row.unit_name,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        due_at=row.due_at,
        bucket=days.bucket(row.due_at),
        clock=clock,
        priority=row.priority,
        created_at=row.created_at,
        case_id=row.case_id,
        case_number=row.case_number,
        case_title=row.case_title,
        case_kind=row.case_kind,
        category=row.category,
        place_name=row.place_name,
        has_draft=row.has_draft is not None,
    )


def _write_cursor(cursor: _Cursor) -> str:
    raw = orjson.dumps([cursor.due_at.isoformat() if cursor.due_at else None, cursor.id.hex])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read_cursor(cursor: str) -> _Cursor:
    try:
        due, item = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return _Cursor(due_at=aware(datetime.fromisoformat(due)) if due else None, id=UUID(hex=item))
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise Invalid(
            "inbox-query",
            "The cursor {cursor} was not made by this inbox. Start again without one.",
            cursor=cursor[:80],
        ) from error
