"""How many there are of what an inbox shows: bounded, so that a count costs the same whatever waits."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from engine.tasks import inbox_statements as statements
from engine.tasks.inbox_asking import keep_plans, only_those, open_to, own_keys, shape_of, values_of
from engine.tasks.inbox_shapes import Shape
from engine.tasks.inbox_views import COUNT_LIMIT, Bucket, Counts, Held, Holding, InboxQuery
from engine.tasks.inbox_windows import ALWAYS, Days


def count(session: Session, query: InboxQuery, now: datetime) -> Counts:
    """Return only the counts of an inbox, for a badge in the page's head."""
    keep_plans(session)
    return counts_by_time(session, open_to(session, own_keys(query)), Days.at(now))


def counts_by_time(session: Session, query: InboxQuery, days: Days) -> Counts:
    """Return how many there are in each bucket, in one statement; `query` as `open_to` returns it."""
    windows = {bucket: days.window(bucket).narrowed(query.due_from, query.due_until) for bucket in Bucket}
    shapes: list[Shape] = []
    values: dict[str, Any] = {}
    for bucket, window in windows.items():
        if window is not None:
            shapes.append(shape_of(query, window, limit=COUNT_LIMIT, mark=f"_{bucket.value}"))
            values |= values_of(query, window, f"_{bucket.value}")
    found = dict.fromkeys(Bucket, 0)
    at_least = set()
    if shapes:
        row = session.connection().execute(statements.counts(tuple(shapes)), values).one()._mapping
        for bucket, window in windows.items():
            if window is not None:
                found[bucket] = min(COUNT_LIMIT, row[f"found_{bucket.value}"])
                if row.get(f"looked_{bucket.value}", 0) >= COUNT_LIMIT:
                    at_least.add(bucket)
    return Counts(**{str(bucket): number for bucket, number in found.items()}, at_least=frozenset(at_least))


def held_counts(
    session: Session, query: InboxQuery, *, every: int | None = None, closed: tuple[UUID, ...] | None = None
) -> Held:
    """Return how many items there are by who has them; of the query only whose inbox it is and the roles count.

    Args:
        every: how many there are in all, where that is known.
        closed: cases that the person must not know of, where a page of the same request has found them.
    """
    whole = InboxQuery(
        staff_id=query.staff_id, keys=query.keys, covered=query.covered, roles=query.roles, closed=closed
    )
    keep_plans(session)
    whole = open_to(session, whole)
    found = dict.fromkeys((holding.value for holding in Holding), 0)
    found[Holding.ANY.value] = every or 0
    for together in _TOGETHER:
        wanted = [holding for holding in together if holding is not Holding.ANY or every is None]
        asked = {holding: only_those(session, whole, holding) for holding in wanted}
        shapes: list[Shape] = []
        values: dict[str, Any] = {}
        for holding, each in asked.items():
            if each.only == () or (holding is Holding.COVER and not each.keys):
                continue
            shapes.append(shape_of(each, ALWAYS, limit=COUNT_LIMIT, mark=f"_{holding.value}"))
            values |= values_of(each, ALWAYS)
        row = session.connection().execute(statements.counts(tuple(shapes)), values).one()._mapping if shapes else {}
        for name, number in row.items():
            found[str(name).removeprefix("found_")] = number
    return Held(**{name: min(COUNT_LIMIT, number) for name, number in found.items()})


#: What has the same inboxes and the same items to look among is counted in one statement.
_TOGETHER: Final = (
    (Holding.ANY, Holding.UNCLAIMED, Holding.MINE),
    (Holding.DRAFTS,),
    (Holding.WAITING,),
    (Holding.COVER,),
)
