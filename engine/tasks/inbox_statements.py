"""The inbox's statements: one range of the index a key, merged, cut to the page, then joined.

A statement is built once for each shape of query and kept; the values are bound each time.
"""

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
    union,
)

from engine.db import Instant
from engine.organisation.models import OrgUnit, Staff
from engine.tasks.inbox_shapes import Shape
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
        .order_by(*_order(first.c.due_at, first.c.id))
    )  # fmt: skip


@lru_cache(maxsize=512)
def scan_end(shape: Shape) -> Rows:
    """Return the statement of the last row that a sifted page looks at: `id` and `due_at`; no row when all were."""
    merged = _first(shape, shape.scan).subquery("looked")
    rows = select(merged.c.id, merged.c.due_at).order_by(*_order(merged.c.due_at, merged.c.id))
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


def _count(shape: Shape) -> tuple[ColumnElement[int], ColumnElement[int]]:
    found: ColumnElement[int] = literal(0)
    looked: ColumnElement[int] = literal(0)
    for rows in _ranges(shape):
        looked = looked + _size(rows)
        found = found + (_size(_sift(rows, shape)) if shape.sifted else _size(rows))
    return found, looked


def _ranges(shape: Shape) -> list[Rows]:
    """What is counted, each range up to the limit."""
    if shape.only:
        return [_some(shape, *_only(shape))]
    ranges = []
    if shape.keys:
        ranges.append(_some(shape, _keys()))
    if shape.held:
        ranges.append(_beyond(shape) if shape.keys else _arm(shape, shape.limit, *_held(shape)))
    return ranges


def _some(shape: Shape, *where: ColumnElement[bool]) -> Rows:
    return _narrowed(select(_ITEM.c.id, _ITEM.c.due_at), shape, *where).limit(_number(shape.limit))


def _beyond(shape: Shape) -> Rows:
    """What I hold that no key of mine brings, among the first that I hold: where those are not all, the first alone are
    as many as are counted.

    The keys are compared outside: a planner that knows nothing of their values believes that nearly none is beyond
    them, and that the order of the index is worth nothing.
    """
    held = _arm(shape, shape.limit, *_held(shape)).add_columns(_ITEM.c.inbox_key).subquery("held")
    return select(held.c.id, held.c.due_at).where(held.c.inbox_key.not_in(bindparam("keys", expanding=True)))


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
    # not all of it: what I hold may be in one of the keys
    merged = union(*(select(arm.subquery()) for arm in arms)).subquery("merged")
    rows = select(merged.c.id, merged.c.due_at).order_by(*_order(merged.c.due_at, merged.c.id))
    return rows.limit(_number(limit))


def _sift(rows: Rows, shape: Shape) -> Rows:
    """Keep those of `rows` whose case, or name, is as asked: `id` and `due_at`, in order, at most the shape's limit."""
    looked = rows.subquery("looked")
    kept = (
        select(looked.c.id, looked.c.due_at)
        .join(_ITEM, _ITEM.c.id == looked.c.id)
        .join(CASE, CASE.c.id == _ITEM.c.case_id)
        .order_by(*_order(looked.c.due_at, looked.c.id))
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
        mine = or_(mine, _keys())
    few: list[ColumnElement[bool]] = [_ITEM.c.id.in_(bindparam("only", expanding=True)), mine]
    if shape.roles:
        few.append(_ITEM.c.role.in_(bindparam("roles", expanding=True)))
    return few


def _held(shape: Shape) -> list[ColumnElement[bool]]:
    held: list[ColumnElement[bool]] = [_ITEM.c.owner_id == bindparam("staff", type_=Uuid())]
    if shape.roles:
        held.append(_ITEM.c.role.in_(bindparam("roles", expanding=True)))
    return held


def _keys() -> ColumnElement[bool]:
    return _ITEM.c.inbox_key.in_(bindparam("keys", expanding=True))


def _arm(shape: Shape, limit: int, *where: ColumnElement[bool]) -> Rows:
    found = _narrowed(select(_ITEM.c.id, _ITEM.c.due_at), shape, *where)
    return found.order_by(*_order(_ITEM.c.due_at, _ITEM.c.id)).limit(_number(limit))


def _order(due: Any, identity: Any) -> tuple[Any, ...]:
    """The order of the indexes, among items without a date, too: asked for them in the order of their ids alone, a
    planner would walk the whole table's key to find the few of one person.
    """
    return (due, identity)


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
    if shape.dated is None:
        return []
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
