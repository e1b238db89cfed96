"""The inbox: what waits for somebody, ordered by legal risk, a page at a time."""

import base64
import binascii
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from engine.clock import CHINA, aware
from engine.errors import Invalid
from engine.organisation.sealing import closed_cases
from engine.tasks import inbox_statements as statements
from engine.tasks.inbox_views import (
    COUNT_LIMIT,
    SCAN_LIMIT,
    SOON_DAYS,
    Bucket,
    ClockFace,
    Counts,
    Held,
    Holding,
    InboxItem,
    InboxQuery,
    Page,
)
from engine.tasks.models import WorkItemState


@dataclass(frozen=True, kw_only=True)
class _Cursor:
    due_at: datetime | None
    id: UUID


@dataclass(frozen=True)
class _Window:
    """A half-open range of due instants, or the items without one."""

    start: datetime | None = None
    end: datetime | None = None
    dated: bool = True


@dataclass(frozen=True, kw_only=True)
class _Days:
    """Where the buckets begin and end."""

    now: datetime
    tomorrow: datetime
    later: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "later", self.tomorrow + timedelta(days=SOON_DAYS))

    def window(self, bucket: Bucket) -> _Window:
        return {
            Bucket.OVERDUE: _Window(None, self.now),
            Bucket.TODAY: _Window(self.now, self.tomorrow),
            Bucket.SOON: _Window(self.tomorrow, self.later),
            Bucket.LATER: _Window(self.later, None),
            Bucket.NONE: _Window(dated=False),
        }[bucket]

    def bucket(self, due_at: datetime | None) -> Bucket:
        if due_at is None:
            return Bucket.NONE
        if due_at < self.now:
            return Bucket.OVERDUE
        if due_at < self.tomorrow:
            return Bucket.TODAY
        return Bucket.SOON if due_at < self.later else Bucket.LATER


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
    days = _days(aware(now))
    query = _open_to(session, _own_keys(query))
    rows, stopped = _rows(session, query, days)
    more = len(rows) > query.limit
    items = tuple(_item(row, days) for row in rows[: query.limit])
    cursor = _Cursor(due_at=items[-1].due_at, id=items[-1].id) if more else stopped
    return Page(
        items=items,
        next_cursor=_write_cursor(cursor) if cursor else None,
        counts=_counts(session, query, days),
        looked_on=not more and stopped is not None,
    )


def _own_keys(query: InboxQuery) -> InboxQuery:
    """Leave out the keys of roles that are not asked for: a key begins with its role."""
    if not query.roles:
        return query
    return replace(query, keys=tuple(key for key in query.keys if key.partition("@")[0] in query.roles))


def count(session: Session, query: InboxQuery, now: datetime) -> Counts:
    """Return only the counts of an inbox, for a badge in the page's head."""
    return _counts(session, _open_to(session, _own_keys(query)), _days(aware(now)))


def held_counts(session: Session, query: InboxQuery) -> Held:
    """Return how many items there are by who has them; of the query only whose inbox it is and the roles count."""
    whole = _own_keys(InboxQuery(staff_id=query.staff_id, keys=query.keys, covered=query.covered, roles=query.roles))
    whole = _open_to(session, whole)
    found = dict.fromkeys((holding.value for holding in Holding), 0)
    for holding in Holding:
        each = replace(whole, holding=holding)
        for window in (_Window(), _Window(dated=False)):  # asked for one by one, each is a range of an index
            statement = statements.count(_shape(each, window, cursor=False))
            found[holding.value] += session.execute(statement, _values(each, window) | {"limit": COUNT_LIMIT}).one()[0]
    found = {name: min(COUNT_LIMIT, number) for name, number in found.items()}
    return Held(**found)


def _open_to(session: Session, query: InboxQuery) -> InboxQuery:
    """Leave out the cases in which the person, or the unit that they belong to, is accused (信访工作条例 art. 30)."""
    return replace(query, closed=tuple(closed_cases(session, query.staff_id)))


def _days(now: datetime) -> _Days:
    local = now.astimezone(CHINA)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return _Days(now=now, tomorrow=aware(midnight))


def _rows(session: Session, query: InboxQuery, days: _Days) -> tuple[list[Any], _Cursor | None]:
    """The rows of a page and one more; and where looking was stopped before there were so many."""
    cursor = _read_cursor(query.cursor) if query.cursor else None
    window = _narrow(days.window(query.bucket) if query.bucket else _Window(), query)
    wanted = query.limit + 1
    rows: list[Any] = []
    if window is not None and window.dated and (cursor is None or cursor.due_at is not None):
        rows += _page(session, query, window, cursor, wanted)
        if len(rows) < wanted and (stopped := _scan_end(session, query, window, cursor)):
            return rows, stopped
    undated = query.bucket in (None, Bucket.NONE) and query.due_from is None and query.due_until is None
    if undated and len(rows) < wanted:
        after = cursor if cursor is not None and cursor.due_at is None else None
        window = _Window(dated=False)
        rows += _page(session, query, window, after, wanted - len(rows))
        if len(rows) < wanted:
            return rows, _scan_end(session, query, window, after)
    return rows, None


def _scan_end(session: Session, query: InboxQuery, window: _Window, cursor: _Cursor | None) -> _Cursor | None:
    shape = _shape(query, window, cursor=cursor is not None)
    if not shape.sifted:
        return None
    row = session.execute(statements.scan_end(shape), _from(query, window, cursor)).one_or_none()
    return _Cursor(due_at=row.due_at, id=row.id) if row is not None else None


def _narrow(window: _Window, query: InboxQuery) -> _Window | None:
    """Cut a bucket's window to the window of due instants that was asked for; None when nothing is left."""
    if not window.dated:
        return window if query.due_from is None and query.due_until is None else None
    start = max((moment for moment in (window.start, query.due_from) if moment is not None), default=None)
    end = min((moment for moment in (window.end, query.due_until) if moment is not None), default=None)
    if start is not None and end is not None and start >= end:
        return None
    return replace(window, start=start, end=end)


def _page(session: Session, query: InboxQuery, window: _Window, cursor: _Cursor | None, limit: int) -> list[Any]:
    shape = _shape(query, window, cursor=cursor is not None)
    return list(session.execute(statements.page(shape), _from(query, window, cursor) | {"limit": limit}))


def _from(query: InboxQuery, window: _Window, cursor: _Cursor | None) -> dict[str, Any]:
    values = _values(query, window) | {"scan": SCAN_LIMIT}
    return values if cursor is None else values | {"after_due": cursor.due_at, "after_id": cursor.id}


def _counts(session: Session, query: InboxQuery, days: _Days) -> Counts:
    found = dict.fromkeys(Bucket, 0)
    at_least = set()
    for bucket in Bucket:
        window = _narrow(days.window(bucket), query)
        if window is None:
            continue
        shape = _shape(query, window, cursor=False)
        row = session.execute(statements.count(shape), _values(query, window) | {"limit": COUNT_LIMIT}).one()
        found[bucket] = min(COUNT_LIMIT, row.found)
        if shape.sifted and row.looked >= COUNT_LIMIT:
            at_least.add(bucket)
    return Counts(**{str(bucket): number for bucket, number in found.items()}, at_least=frozenset(at_least))


def _shape(query: InboxQuery, window: _Window, *, cursor: bool) -> statements.Shape:
    return statements.Shape(
        keys=0 if query.holding is Holding.MINE else len(query.keys),
        held=query.holding is not Holding.UNCLAIMED,
        unclaimed=query.holding is Holding.UNCLAIMED,
        dated=window.dated,
        start=window.start is not None,
        end=window.end is not None,
        cursor=cursor,
        kinds=bool(query.kinds),
        category=query.category is not None,
        text=bool(query.text),
        roles=bool(query.roles),
        covered=bool(query.covered),
        closed=bool(query.closed),
    )


def _values(query: InboxQuery, window: _Window) -> dict[str, Any]:
    values: dict[str, Any] = {f"key_{number}": key for number, key in enumerate(query.keys)}
    values |= {"keys": list(query.keys), "staff": query.staff_id, "not_me": f'%"{query.staff_id}"%'}
    values |= {"start": window.start, "end": window.end, "kinds": list(query.kinds), "roles": list(query.roles)}
    values |= {"covered": list(query.covered), "closed": list(query.closed)}
    values |= {"category": query.category, "text": _pattern(query.text or "")}
    return values


def _pattern(text: str) -> str:
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped.lower()}%"


def _item(row: Any, days: _Days) -> InboxItem:
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
