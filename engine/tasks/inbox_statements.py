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

# Tables rather than models: nothing here becomes an object, and rows come without the session's care for them.
_ITEM: Final = WorkItem.__table__
_DRAFT: Final = Draft.__table__

# What a row shows of the rooms beside and above this one; their models are not for this room to import.
CASE: Final = table(
    "case",
    column("id", Uuid()),
    column("jurisdiction", String()),
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
        limit: how many rows, or up to how many are counted.
        scan: how many are looked at for what no index knows.
        mark: what the names of the bound instants end with, where one statement has several windows.
    """

    limit: int
    scan: int
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
    only: bool = False
    covered: bool = False
    closed: bool = False
    mark: str = ""

    @property
    def sifted(self) -> bool:
        """Whether rows are asked something that no index knows; then only so many are looked at."""
        return self.kinds or self.category or self.text


@lru_cache(maxsize=512)
def page(shape: Shape) -> Rows:
    """Return the statement of a page: first rows of every range, merged, cut, joined with what a row shows."""
    first = (_sift(_first(shape, shape.scan), shape) if shape.sifted else _first(shape, shape.limit)).subquery("first")
    unit, owner, place = (
        OrgUnit.__table__.alias("unit"),
        Staff.__table__.alias("owner"),
        OrgUnit.__table__.alias("place"),
    )
    mine = _DRAFT.c.staff_id == bindparam("staff", type_=Uuid())
    return (
        select(
            _ITEM.c.id, _ITEM.c.name, _ITEM.c.inbox_key, _ITEM.c.element_id, _ITEM.c.process_id, _ITEM.c.role,
            _ITEM.c.state, _ITEM.c.due_at, _ITEM.c.priority, _ITEM.c.created_at, _ITEM.c.owner_id,
            _ITEM.c.case_id, unit.c.name.label("unit_name"), owner.c.name.label("owner_name"),
            _CLOCK.c.id.label("clock_id"), _CLOCK.c.name.label("clock_name"), _CLOCK.c.kind.label("clock_kind"),
            _CLOCK.c.started_at.label("clock_started_at"), _CLOCK.c.due_at.label("clock_due_at"),
            _CLOCK.c.provisional.label("clock_provisional"),
            CASE.c.number.label("case_number"), CASE.c.title.label("case_title"), CASE.c.kind.label("case_kind"),
            CASE.c.category, place.c.name.label("place_name"), _DRAFT.c.saved_at.label("has_draft"),
        )
        .select_from(first)
        .join(_ITEM, _ITEM.c.id == first.c.id)
        .join(CASE, CASE.c.id == _ITEM.c.case_id)
        .join(place, place.c.id == CASE.c.place_id)
        .outerjoin(unit, unit.c.id == _ITEM.c.unit_id)
        .outerjoin(owner, owner.c.id == _ITEM.c.owner_id)
        .outerjoin(_CLOCK, _CLOCK.c.id == _ITEM.c.clock_id)
        .outerjoin(_DRAFT, (_DRAFT.c.work_item_id == _ITEM.c.id) & mine)
        .order_by(*_order(shape, first.c.due_at, first.c.id))
    )  # fmt: skip


@lru_cache(maxsize=512)
def scan_end(shape: Shape) -> Rows:
    """Return the statement of the last row that a sifted page looks at: `id` and `due_at`; no row when all were."""
    merged = _first(shape, shape.scan).subquery("looked")
    rows = select(merged.c.id, merged.c.due_at).order_by(*_order(shape, merged.c.due_at, merged.c.id))
    return rows.offset(_number(shape.scan - 1)).limit(1)


@lru_cache(maxsize=512)
def counts(shapes: tuple[Shape, ...]) -> Rows:
    """Return one statement that counts several windows, each up to its limit in each of its two ranges.

    Columns: `found` with the mark of each shape; and `looked`, at how many rows, where not all that was looked at was
    found.
    """
    columns: list[ColumnElement[int]] = []
    for shape in shapes:
        found, looked = _count(shape)
        columns.append(found.label(f"found{shape.mark}"))
        if shape.sifted:
            columns.append(looked.label(f"looked{shape.mark}"))
    return select(*columns)


def _ranges(shape: Shape) -> list[tuple[bool, list[ColumnElement[bool]]]]:
    """The ranges that are counted, and whether each is to be read in the order of its index."""
    if shape.only:
        return [(False, _only(shape))]
    ranges: list[tuple[bool, list[ColumnElement[bool]]]] = []
    if shape.keys:
        ranges.append((False, [_ITEM.c.inbox_key.in_(bindparam("keys", expanding=True))]))
    if shape.held:
        # in the order of the index, or a planner that thinks of most items as nobody's would read the whole table
        ranges.append((True, _held(shape)))
    return ranges


def _count(shape: Shape) -> tuple[ColumnElement[int], ColumnElement[int]]:
    found: ColumnElement[int] = literal(0)
    looked: ColumnElement[int] = literal(0)
    for ordered, where in _ranges(shape):
        order = _order(shape, _ITEM.c.due_at, _ITEM.c.id) if ordered else ()
        rows = _narrowed(select(_ITEM.c.id, _ITEM.c.due_at), shape, *where).order_by(*order)
        rows = rows.limit(_number(shape.limit))
        looked = looked + _size(rows)
        found = found + (_size(_sift(rows, shape)) if shape.sifted else _size(rows))
    return found, looked


def _number(value: int) -> ColumnElement[int]:
    """Spell a number out: a planner takes a bound limit for a tenth of the table, and plans anew each time."""
    return literal_column(str(value), Integer())


def _size(rows: Rows) -> ColumnElement[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _first(shape: Shape, limit: int) -> Rows:
    """The first rows of every range, merged and cut to `limit`: `id` and `due_at`."""
    if shape.only:
        return _arm(shape, limit, *_only(shape))
    arms = [
        _arm(shape, limit, _ITEM.c.inbox_key == bindparam(f"key_{number}", type_=String()))
        for number in range(shape.keys)
    ]
    if shape.held:
        arms.append(_arm(shape, limit, *_held(shape)))
    if not arms:
        arms.append(_arm(shape, limit, literal_column("1 = 0")))
    merged = union_all(*(select(arm.subquery()) for arm in arms)).subquery("merged")
    rows = select(merged.c.id, merged.c.due_at).order_by(*_order(shape, merged.c.due_at, merged.c.id))
    return rows.limit(_number(limit))


def _sift(rows: Rows, shape: Shape) -> Rows:
    """Keep those of `rows` whose case, or name, is as asked: `id` and `due_at`, in order, at most the shape's limit."""
    looked = rows.subquery("looked")
    kept = (
        select(looked.c.id, looked.c.due_at)
        .join(_ITEM, _ITEM.c.id == looked.c.id)
        .join(CASE, CASE.c.id == _ITEM.c.case_id)
        .order_by(*_order(shape, looked.c.due_at, looked.c.id))
        .limit(_number(shape.limit))
    )
    if shape.kinds:
        kept = kept.where(CASE.c.kind.in_(bindparam("kinds", expanding=True)))
    if shape.category:
        kept = kept.where(CASE.c.category == bindparam("category", type_=String()))
    if shape.text:
        wanted = bindparam("text", type_=String())
        parts = (CASE.c.number, CASE.c.title, _ITEM.c.name)
        kept = kept.where(or_(*(func.lower(part).like(wanted, escape="\\") for part in parts)))
    return kept


def _only(shape: Shape) -> list[ColumnElement[bool]]:
    """Of a few items, those that I hold and those of my keys."""
    mine: ColumnElement[bool] = _ITEM.c.owner_id == bindparam("staff", type_=Uuid())
    if shape.keys:
        mine = or_(mine, _ITEM.c.inbox_key.in_(bindparam("keys", expanding=True)))
    few: list[ColumnElement[bool]] = [_ITEM.c.id.in_(bindparam("only", expanding=True)), mine]
    if shape.roles:
        few.append(_ITEM.c.role.in_(bindparam("roles", expanding=True)))
    return few


def _held(shape: Shape) -> list[ColumnElement[bool]]:
    """What I hold that no key of mine brings already."""
    held: list[ColumnElement[bool]] = [_ITEM.c.owner_id == bindparam("staff", type_=Uuid())]
    if shape.keys:
        held.append(_ITEM.c.inbox_key.not_in(bindparam("keys", expanding=True)))
    if shape.roles:
        held.append(_ITEM.c.role.in_(bindparam("roles", expanding=True)))
    return held


def _arm(shape: Shape, limit: int, *where: ColumnElement[bool]) -> Rows:
    found = _narrowed(select(_ITEM.c.id, _ITEM.c.due_at), shape, *where)
    return found.order_by(*_order(shape, _ITEM.c.due_at, _ITEM.c.id)).limit(_number(limit))


def _order(shape: Shape, due: Any, identity: Any) -> tuple[Any, ...]:
    return (due, identity) if shape.dated else (identity,)


def _narrowed(rows: Rows, shape: Shape, *where: ColumnElement[bool]) -> Rows:
    rows = rows.select_from(_ITEM).where(_OPEN if shape.unclaimed else _LIVE, *where)
    rows = rows.where(*_window(shape))
    # Somebody who may not take an item does not see it among what waits for them.
    empty, mine = literal_column("'[]'", String()), bindparam("not_me", type_=String())
    excluded: ColumnElement[str] = literal_column("work_item.excluded", String())
    rows = rows.where(or_(excluded == empty, excluded.not_like(mine)))
    if shape.covered:  # of those of somebody absent, none that is sealed
        covered: Any = bindparam("covered", expanding=True)
        sealed = select(CASE.c.sealed).where(CASE.c.id == _ITEM.c.case_id).correlate(_ITEM).scalar_subquery()
        rows = rows.where(or_(_ITEM.c.inbox_key.not_in(covered), not_(sealed)))
    if shape.closed:
        rows = rows.where(_ITEM.c.case_id.not_in(bindparam("closed", expanding=True)))
    return rows


def _window(shape: Shape) -> list[ColumnElement[bool]]:
    due, after = _ITEM.c.due_at, bindparam("after_id", type_=Uuid())
    if not shape.dated:
        return [due.is_(None), *([_ITEM.c.id > after] if shape.cursor else [])]
    window: list[ColumnElement[bool]] = [due.is_not(None)]
    if shape.start:
        window.append(due >= bindparam(f"start{shape.mark}", type_=Instant()))
    if shape.end:
        window.append(due < bindparam(f"end{shape.mark}", type_=Instant()))
    if shape.cursor:
        window.append(tuple_(due, _ITEM.c.id) > tuple_(bindparam("after_due", type_=Instant()), after))
    return window
