"""The inbox's statements: one range of the index a key, merged, cut to the page, then joined.

A statement is built once for each shape of query and kept; the values are bound each time.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
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
_OPEN: Final = text("work_item.state = 'open'")


#: A statement whose columns this module knows and mypy need not.
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a statement is made of: which parts it has, not their values.

    Args:
        dated: only items with a due instant, or only those without one.
    """

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
    closed: bool = False

    @property
    def sifted(self) -> bool:
        """Whether rows are asked something that no index knows; then only so many are looked at."""
        return self.kinds or self.category or self.text


@lru_cache(maxsize=512)
def page(shape: Shape) -> Rows:
    """Return the statement of a page: first rows of every range, merged, cut, joined with what a row shows."""
    first = (_sift(_first(shape, "scan"), shape) if shape.sifted else _first(shape, "limit")).subquery("first")
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
def scan_end(shape: Shape) -> Rows:
    """Return the statement of the last row that a sifted page looks at: `id` and `due_at`; no row when all were."""
    merged = _first(shape, "scan").subquery("looked")
    rows = select(merged.c.id, merged.c.due_at).order_by(*_order(shape, merged.c.due_at, merged.c.id))
    return rows.offset(bindparam("scan", type_=Integer()) - 1).limit(1)


@lru_cache(maxsize=512)
def count(shape: Shape) -> Rows:
    """Return the statement that counts a window, up to the bound `limit` in each of its two ranges.

    Columns: `found`; and `looked`, at how many rows, where not all that was looked at was found.
    """
    ranges: list[tuple[bool, list[ColumnElement[bool]]]] = []
    if shape.keys:
        ranges.append((False, [WorkItem.inbox_key.in_(bindparam("keys", expanding=True))]))
    if shape.held:
        ranges.append((True, _held(shape)))
    found: ColumnElement[int] = literal(0)
    looked: ColumnElement[int] = literal(0)
    for ordered, where in ranges:
        # in the order of the index, or a planner that thinks of most items as nobody's would read the whole table
        order = _order(shape, WorkItem.due_at, WorkItem.id) if ordered else ()
        rows = _narrowed(select(WorkItem.id, WorkItem.due_at), shape, *where).order_by(*order)
        rows = rows.limit(bindparam("limit"))
        looked = looked + _size(rows)
        found = found + (_size(_sift(rows, shape)) if shape.sifted else _size(rows))
    return select(found.label("found"), looked.label("looked")) if shape.sifted else select(found.label("found"))


def _size(rows: Rows) -> ColumnElement[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _first(shape: Shape, limit: str) -> Rows:
    """The first rows of every range, merged and cut to the bound `limit`: `id` and `due_at`."""
    arms = [
        _arm(shape, limit, WorkItem.inbox_key == bindparam(f"key_{number}", type_=String()))
        for number in range(shape.keys)
    ]
    if shape.held:
        arms.append(_arm(shape, limit, *_held(shape)))
    if not arms:
        arms.append(_arm(shape, limit, literal_column("1 = 0")))
    merged = union_all(*(select(arm.subquery()) for arm in arms)).subquery("merged")
    rows = select(merged.c.id, merged.c.due_at).order_by(*_order(shape, merged.c.due_at, merged.c.id))
    return rows.limit(bindparam(limit))


def _sift(rows: Rows, shape: Shape) -> Rows:
    """Keep those of `rows` whose case, or name, is as asked: `id` and `due_at`, in order, at most the bound `limit`."""
    looked = rows.subquery("looked")
    kept = (
        select(looked.c.id, looked.c.due_at)
        .join(WorkItem, WorkItem.id == looked.c.id)
        .join(_CASE, _CASE.c.id == WorkItem.case_id)
        .order_by(*_order(shape, looked.c.due_at, looked.c.id))
        .limit(bindparam("limit"))
    )
    if shape.kinds:
        kept = kept.where(_CASE.c.kind.in_(bindparam("kinds", expanding=True)))
    if shape.category:
        kept = kept.where(_CASE.c.category == bindparam("category", type_=String()))
    if shape.text:
        wanted = bindparam("text", type_=String())
        parts = (_CASE.c.number, _CASE.c.title, WorkItem.name)
        kept = kept.where(or_(*(func.lower(part).like(wanted, escape="\\") for part in parts)))
    return kept


def _held(shape: Shape) -> list[ColumnElement[bool]]:
    """What I hold that no key of mine brings already."""
    held: list[ColumnElement[bool]] = [WorkItem.owner_id == bindparam("staff", type_=Uuid())]
    if shape.keys:
        held.append(WorkItem.inbox_key.not_in(bindparam("keys", expanding=True)))
    if shape.roles:
        held.append(WorkItem.role.in_(bindparam("roles", expanding=True)))
    return held


def _arm(shape: Shape, limit: str, *where: ColumnElement[bool]) -> Rows:
    found = _narrowed(select(WorkItem.id, WorkItem.due_at), shape, *where)
    return found.order_by(*_order(shape, WorkItem.due_at, WorkItem.id)).limit(bindparam(limit))


def _order(shape: Shape, due: Any, identity: Any) -> tuple[Any, ...]:
    return (due, identity) if shape.dated else (identity,)


def _narrowed(rows: Rows, shape: Shape, *where: ColumnElement[bool]) -> Rows:
    rows = rows.select_from(WorkItem).where(_OPEN if shape.unclaimed else _LIVE, *where)
    rows = rows.where(*_window(shape))
    # Somebody who may not take an item does not see it among what waits for them.
    empty, mine = literal_column("'[]'", String()), bindparam("not_me", type_=String())
    excluded: ColumnElement[str] = literal_column("work_item.excluded", String())
    rows = rows.where(or_(excluded == empty, excluded.not_like(mine)))
    if shape.covered:  # of those of somebody absent, none that is sealed
        covered: Any = bindparam("covered", expanding=True)
        sealed = select(_CASE.c.sealed).where(_CASE.c.id == WorkItem.case_id).correlate(WorkItem).scalar_subquery()
        rows = rows.where(or_(WorkItem.inbox_key.not_in(covered), not_(sealed)))
    if shape.closed:
        rows = rows.where(WorkItem.case_id.not_in(bindparam("closed", expanding=True)))
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
