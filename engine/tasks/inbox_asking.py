"""From what an inbox is asked to a statement: its shape, and the values that are bound."""

import re
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from engine.organisation.models import Membership, OrgUnit
from engine.organisation.sealing import closed_cases
from engine.tasks.inbox_shapes import Shape
from engine.tasks.inbox_statements import CASE
from engine.tasks.inbox_views import Holding, InboxQuery
from engine.tasks.inbox_windows import Window
from engine.tasks.models import CoHandler, Draft, WorkItem

#: Nobody has more drafts, or waits for more answers, at a time; of more, the latest count.
_MOST: Final = 500
_ME: Final = bindparam("staff", type_=Uuid())
_ITEMS: Final = {
    Holding.DRAFTS: select(Draft.work_item_id)
    .where(Draft.staff_id == _ME)
    .order_by(Draft.saved_at.desc())
    .limit(_MOST),
    Holding.WAITING: (
        select(WorkItem.id)
        .join(CoHandler, CoHandler.work_item_id == WorkItem.id)
        .where(
            WorkItem.owner_id == _ME, text("work_item.state IN ('open', 'claimed')"), text("co_handler.state = 'asked'")
        )
        .distinct()
        .limit(_MOST)
    ),
}


#: Somebody who types a whole number means one matter, wherever it stands in the list.
_CASE_NUMBER: Final = re.compile(r"[A-Za-z]{1,8}\d{4}-\d{6,8}")
_OF_CASE: Final = (
    select(WorkItem.id)
    .join(CASE, CASE.c.id == WorkItem.case_id)
    .where(
        CASE.c.number == bindparam("number", type_=String()),
        CASE.c.jurisdiction.in_(
            select(OrgUnit.jurisdiction)
            .join(Membership, Membership.unit_id == OrgUnit.id)
            .where(Membership.staff_id == _ME)
        ),
        text("work_item.state IN ('open', 'claimed')"),
    )
)


def keep_plans(session: Session) -> None:
    """Let PostgreSQL keep the plans of an inbox's statements until the transaction ends.

    Left to itself it plans each of them anew every time, since it takes what they cost for more than it is; planning
    one range of the index a key and seven joins costs three times what running them does.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")


def own_keys(query: InboxQuery) -> InboxQuery:
    """Leave out the keys that are not asked for: those of other roles, for a key begins with its role, and one's own
    where only somebody absent's are asked for.
    """
    keys = query.covered if query.holding is Holding.COVER else query.keys
    if query.roles:
        keys = tuple(key for key in keys if key.partition("@")[0] in query.roles)
    return replace(query, keys=keys)


def open_to(session: Session, query: InboxQuery) -> InboxQuery:
    """Leave out the cases in which the person, or the unit that they belong to, is accused (信访工作条例 art. 30); and
    look up the few items that drafts, requests to co-handlers and a whole number are about: none is searched for.
    """
    only, asked = _only(session, query.staff_id, query.holding), query.text
    if asked and _CASE_NUMBER.fullmatch(asked.strip()):
        values = {"staff": query.staff_id, "number": asked.strip().upper()}
        of_case = tuple(session.scalars(_OF_CASE, values))
        only, asked = of_case if only is None else tuple(each for each in of_case if each in only), None
    closed = tuple(closed_cases(session, query.staff_id)) if query.closed is None else query.closed
    return replace(query, closed=closed, only=only, text=asked)


def only_those(session: Session, query: InboxQuery, holding: Holding) -> InboxQuery:
    """Return `query`, open to its reader already, for another choice of who holds."""
    return own_keys(replace(query, holding=holding, only=_only(session, query.staff_id, holding)))


def _only(session: Session, staff_id: UUID, holding: Holding) -> tuple[UUID, ...] | None:
    found = _ITEMS.get(holding)
    return tuple(session.scalars(found, {"staff": staff_id})) if found is not None else None


def shape_of(
    query: InboxQuery, window: Window, *, limit: int, scan: int = 1, cursor: bool = False, mark: str = ""
) -> Shape:
    """Return the shape of the statement that reads, or counts, `query` within `window`.

    Args:
        limit: how many rows, or up to how many are counted.
        scan: how many are looked at for what no index knows.
        mark: what tells the bound instants of one window from those of another in the same statement.
    """
    return Shape(
        limit=limit,
        scan=scan,
        keys=0 if query.holding in (Holding.MINE, Holding.WAITING) else len(query.keys),
        held=query.holding not in (Holding.UNCLAIMED, Holding.COVER),
        unclaimed=query.holding is Holding.UNCLAIMED,
        only=query.only is not None,
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
        mark=mark,
    )


def values_of(query: InboxQuery, window: Window, mark: str = "") -> dict[str, Any]:
    """Return the values of a statement of that shape."""
    values: dict[str, Any] = {f"key_{number}": key for number, key in enumerate(query.keys)}
    values |= {"keys": list(query.keys), "staff": query.staff_id, "not_me": f'%"{query.staff_id}"%'}
    values |= {f"start{mark}": window.start, f"end{mark}": window.end}
    values |= {"kinds": list(query.kinds), "roles": list(query.roles)}
    values |= {"only": list(query.only or ())}
    values |= {"covered": list(query.covered), "closed": list(query.closed or ())}
    values |= {"category": query.category, "text": _pattern(query.text or "")}
    return values


def _pattern(text: str) -> str:
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped.lower()}%"
