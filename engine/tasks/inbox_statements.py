"""The inbox's statements: one range of the index a key, merged, cut to the page, then joined.

A statement is built once for each shape of query and kept; the values are bound each time.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    String,
    Uuid,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
    tuple_,
    union_all,
)

from engine.db import Instant
from engine.organisation.models import OrgUnit, Staff
from engine.tasks.models import Draft, WorkItem

# What a row shows of the rooms beside and above this one; their models are not for this room to import.
_CASE: Final = table(
    "case",
    column("id", Uuid()),
    column("number", String()),
    column("title", String()),
    column("kind", String()),
    column("category", String()),
    column("place_id", Uuid()),
    column("sealed", Boolean()),
)
_CLOCK: Final = table(
    "clock",
    column("id", Uuid()),
    column("name", String()),
    column("kind", String()),
    column("started_at", Instant()),
    column("due_at", Instant()),
    column("provisional", Boolean()),
)
# The very words of the partial indexes: with bound values in place of them no index would be used.
_LIVE: Final = text("work_item.state IN ('open', 'claimed')")


#: A statement whose columns this module knows and mypy need not.
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a statement is made of: which parts it has, not their values."""

    keys: int
    held: bool
    unclaimed: bool
    dated: bool
    start: bool
    end: bool
    cursor: bool
    kinds: bool
    category: bool
    text: bool
    roles: bool
    covered: bool = False


@lru_cache(maxsize=512)
def page(shape: Shape) -> Rows:
    """Return the statement of a page: first rows of every range, merged, cut, joined with what a row shows."""
    arms = [
        _arm(shape, WorkItem.inbox_key == bindparam(f"key_{number}", type_=String())) for number in range(shape.keys)
    ]
    if shape.held:
        arms.append(_arm(shape, *_held(shape)))
    if not arms:
        arms.append(_arm(shape, literal_column("1 = 0")))
    merged = union_all(*(select(arm.subquery()) for arm in arms)).subquery("merged")
    first = (
        select(merged.c.id, merged.c.due_at)
        .order_by(*_order(shape, merged.c.due_at, merged.c.id))
        .limit(bindparam("limit", literal_execute=False))
        .subquery("first")
    )
    unit, owner, place = (
        OrgUnit.__table__.alias("unit"),
        Staff.__table__.alias("owner"),
        OrgUnit.__table__.alias("place"),
    )
    return (
        select(
            WorkItem.id, WorkItem.name, WorkItem.inbox_key, WorkItem.element_id, WorkItem.process_id, WorkItem.role,
            WorkItem.state, WorkItem.due_at, WorkItem.priority, WorkItem.created_at, WorkItem.owner_id,
            WorkItem.case_id, unit.c.name.label("unit_name"), owner.c.name.label("owner_name"),
            _CLOCK.c.id.label("clock_id"), _CLOCK.c.name.label("clock_name"), _CLOCK.c.kind.label("clock_kind"),
            _CLOCK.c.started_at.label("clock_started_at"), _CLOCK.c.due_at.label("clock_due_at"),
            _CLOCK.c.provisional.label("clock_provisional"),
            _CASE.c.number.label("case_number"), _CASE.c.title.label("case_title"), _CASE.c.kind.label("case_kind"),
            _CASE.c.category, place.c.name.label("place_name"), Draft.saved_at.label("has_draft"),
        )
        .select_from(first)
        .join(WorkItem, WorkItem.id == first.c.id)
        .join(_CASE, _CASE.c.id == WorkItem.case_id)
        .join(place, place.c.id == _CASE.c.place_id)
        .outerjoin(unit, unit.c.id == WorkItem.unit_id)
        .outerjoin(owner, owner.c.id == WorkItem.owner_id)
        .outerjoin(_CLOCK, _CLOCK.c.id == WorkItem.clock_id)
        .outerjoin(Draft, (Draft.work_item_id == WorkItem.id) & (Draft.staff_id == bindparam("staff", type_=Uuid())))
        .order_by(*_order(shape, first.c.due_at, first.c.id))
    )  # fmt: skip


@lru_cache(maxsize=512)
def count(shape: Shape) -> Rows:
    """Return the statement that counts a window, up to the bound `limit` in each of its two ranges."""
    parts: list[ColumnElement[int]] = []
    if shape.keys:
        keys = WorkItem.inbox_key.in_(bindparam("keys", expanding=True))
        parts.append(_size(_narrowed(select(literal(1).label("one")), shape, keys)))
    if shape.held:
        parts.append(_size(_narrowed(select(literal(1).label("one")), shape, *_held(shape))))
    total: ColumnElement[int] = literal(0)
    for part in parts:
        total = total + part
    return select(total)


def _size(rows: Rows) -> ColumnElement[int]:
    return select(func.count()).select_from(rows.limit(bindparam("limit")).subquery()).scalar_subquery()


def _held(shape: Shape) -> list[ColumnElement[bool]]:
    """What I hold that no key of mine brings already."""
    held: list[ColumnElement[bool]] = [WorkItem.owner_id == bindparam("staff", type_=Uuid())]
    if shape.keys:
        held.append(WorkItem.inbox_key.not_in(bindparam("keys", expanding=True)))
    return held


def _arm(shape: Shape, *where: ColumnElement[bool]) -> Rows:
    found = _narrowed(select(WorkItem.id, WorkItem.due_at), shape, *where)
    return found.order_by(*_order(shape, WorkItem.due_at, WorkItem.id)).limit(bindparam("limit"))


def _order(shape: Shape, due: Any, identity: Any) -> tuple[Any, ...]:
    return (due, identity) if shape.dated else (identity,)


def _narrowed(rows: Rows, shape: Shape, *where: ColumnElement[bool]) -> Rows:
    rows = rows.select_from(WorkItem).where(_LIVE, *where)
    rows = rows.where(*_window(shape))
    # Somebody who may not take an item does not see it among what waits for them.
    empty, mine = literal_column("'[]'", String()), bindparam("not_me", type_=String())
    excluded: ColumnElement[str] = literal_column("work_item.excluded", String())
    rows = rows.where(or_(excluded == empty, excluded.not_like(mine)))
    if shape.unclaimed:
        rows = rows.where(WorkItem.owner_id.is_(None))
    if shape.covered:  # of those of somebody absent, none that is sealed
        covered: Any = bindparam("covered", expanding=True)
        sealed = select(_CASE.c.sealed).where(_CASE.c.id == WorkItem.case_id).correlate(WorkItem).scalar_subquery()
        rows = rows.where(or_(WorkItem.inbox_key.not_in(covered), not_(sealed)))
    if shape.roles:
        rows = rows.where(WorkItem.role.in_(bindparam("roles", expanding=True)))
    if shape.kinds or shape.category or shape.text:
        rows = rows.join(_CASE, _CASE.c.id == WorkItem.case_id)
    if shape.kinds:
        rows = rows.where(_CASE.c.kind.in_(bindparam("kinds", expanding=True)))
    if shape.category:
        rows = rows.where(_CASE.c.category == bindparam("category", type_=String()))
    if shape.text:
        wanted = bindparam("text", type_=String())
        rows = rows.where(
            or_(
                *(func.lower(part).like(wanted, escape="\\") for part in (_CASE.c.number, _CASE.c.title, WorkItem.name))
            )
        )
    return rows


def _window(shape: Shape) -> list[ColumnElement[bool]]:
    due, after = WorkItem.due_at, bindparam("after_id", type_=Uuid())
    if not shape.dated:
        return [due.is_(None), *([WorkItem.id > after] if shape.cursor else [])]
    window: list[ColumnElement[bool]] = [due.is_not(None)]
    if shape.start:
        window.append(due >= bindparam("start", type_=Instant()))
    if shape.end:
        window.append(due < bindparam("end", type_=Instant()))
    if shape.cursor:
        window.append(tuple_(due, WorkItem.id) > tuple_(bindparam("after_due", type_=Instant()), after))
    return window
