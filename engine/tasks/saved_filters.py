"""Views of the inbox that people keep under a name, and that a lead shares with a unit.

A filter is what an address says and no more: whoever opens a shared one looks with it at their own inbox, so that it
never shows anybody anything that they did not see without it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.clock import aware
from engine.db import writing
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.organisation.models import Membership, OrgUnit, Staff
from engine.organisation.policy import Action, Viewer
from engine.organisation.policy_table import TABLE, Relation
from engine.tasks.inbox_views import Bucket, Holding
from engine.tasks.models import DefaultFilter, SavedFilter

#: More chips than these nobody reads.
MOST: Final = 20
LONGEST_NAME, LONGEST_TEXT = 20, 100
#: A telephone number or an identity card: nobody keeps a view of a person.
_NUMBER: Final = re.compile(r"(?<![A-Za-z]{2}\d{4}-)(?:\d[\s-]?){7,}")
_CASE: Final = re.compile(r"[A-Za-z]{2}\d{4}-\d{1,8}")


@dataclass(frozen=True, kw_only=True)
class KeptFilter:
    """A saved filter as one of its readers sees it.

    Args:
        query: what the address of the inbox says: `holding`, `due`, `q`.
        mine: the reader made it, and may rename, share and delete it.
        by: who made it.
        unit: with which unit it is shared, None when it is not.
        default: the reader's inbox opens with it.
    """

    id: UUID
    name: str
    query: dict[str, str]
    mine: bool
    by: str
    unit: str | None
    default: bool


def _of_reader() -> Select[Any]:
    """Own ones, and those shared with a unit that one works in or below."""
    me, shared, own, held = bindparam("reader", type_=Uuid()), aliased(OrgUnit), aliased(OrgUnit), aliased(Membership)
    within = func.substr(own.path, 1, func.length(shared.path)) == shared.path
    with_me = (
        exists()
        .where(held.staff_id == me, own.id == held.unit_id, own.active, within)
        .where(own.jurisdiction == shared.jurisdiction)
    )
    return (
        select(SavedFilter.id, SavedFilter.name, SavedFilter.query, SavedFilter.staff_id, Staff.name.label("by"),
               shared.name.label("unit"), DefaultFilter.filter_id)
        .join(Staff, Staff.id == SavedFilter.staff_id)
        .outerjoin(shared, shared.id == SavedFilter.unit_id)
        .outerjoin(DefaultFilter, (DefaultFilter.filter_id == SavedFilter.id) & (DefaultFilter.staff_id == me))
        .where(or_(SavedFilter.staff_id == me, shared.active & Staff.active & with_me))
        .order_by(SavedFilter.staff_id != me, SavedFilter.name, SavedFilter.id)
        .limit(2 * MOST)
    )  # fmt: skip


#: Written once: every page of an inbox asks it.
_OF_READER: Final = _of_reader()


def saved_filters(session: Session, staff_id: UUID) -> list[KeptFilter]:
    """Return the filters that somebody may choose from: their own, then what is shared with a unit of theirs."""
    return [
        KeptFilter(
            id=row.id, name=row.name, query=readable(row.query), mine=row.staff_id == staff_id, by=row.by,
            unit=row.unit, default=row.filter_id is not None,
        )
        for row in session.execute(_OF_READER, {"reader": staff_id})
    ]  # fmt: skip


def readable(query: Mapping[str, Any]) -> dict[str, str]:
    """Return what of `query` an inbox understands; everything else is left out."""
    holding, due = str(query.get("holding") or ""), str(query.get("due") or "")
    said = {
        "holding": holding if holding in set(Holding) and holding != Holding.ANY else "",
        "due": due if due in set(Bucket) else "",
        "q": str(query.get("q") or "").strip()[:LONGEST_TEXT],
    }
    return {name: value for name, value in said.items() if value}


def save_filter(session: Session, *, staff: Staff, name: str, query: Mapping[str, Any], now: datetime) -> SavedFilter:
    """Keep a filter under a name.

    Args:
        query: what the address of the inbox says; what an inbox does not understand is left out.

    Raises:
        Invalid: `filter-name`, `filter-empty`, `filter-person`: the name or the filter cannot be used.
        Conflict: `filter-exists`: one of theirs has the name; `filter-too-many`: they have `MOST` already.
    """
    kept = readable(query)
    if not kept:
        raise Invalid("filter-empty", "Nothing is filtered now. Choose something first, then save it under a name.")
    if _NUMBER.search(_CASE.sub("", kept.get("q", ""))):
        raise Invalid(
            "filter-person", "A filter is about matters: it cannot keep a telephone number or an identity card."
        )
    with writing(session):
        name = _free_name(session, staff, name, None)
        count = session.scalar(select(func.count(SavedFilter.id)).where(SavedFilter.staff_id == staff.id)) or 0
        if count >= MOST:
            raise Conflict("filter-too-many", "You have {count} saved filters. Delete one that you no longer need.",
                           count=count)  # fmt: skip
        saved = SavedFilter(staff_id=staff.id, name=name, query=kept, created_at=aware(now))
        session.add(saved)
        session.flush()
        return saved


def rename_filter(session: Session, filter_id: UUID, *, staff: Staff, name: str) -> SavedFilter:
    """Give one's filter another name.

    Raises:
        NotFound, Invalid, Conflict: as `save_filter`; `filter-unknown`: it is not theirs, or there is none.
    """
    with writing(session):
        saved = _own(session, filter_id, staff)
        saved.name = _free_name(session, staff, name, saved.id)
        session.flush()
        return saved


def delete_filter(session: Session, filter_id: UUID, *, staff: Staff) -> str:
    """Delete one's filter, for everybody whom it was shared with too; return its name.

    Raises:
        NotFound: it is not theirs, or there is none.
    """
    with writing(session):
        saved = _own(session, filter_id, staff)
        session.execute(delete(DefaultFilter).where(DefaultFilter.filter_id == saved.id))
        session.delete(saved)
        session.flush()
        return saved.name


def set_default(session: Session, filter_id: UUID | None, *, staff: Staff) -> None:
    """Let one's inbox open with a filter that one may choose, or with none.

    Raises:
        NotFound: they have no such filter.
    """
    with writing(session):
        if filter_id is not None and all(each.id != filter_id for each in saved_filters(session, staff.id)):
            raise _unknown()
        session.execute(delete(DefaultFilter).where(DefaultFilter.staff_id == staff.id))
        if filter_id is not None:
            session.add(DefaultFilter(staff_id=staff.id, filter_id=filter_id))
        session.flush()


def share_filter(
    session: Session, viewer: Viewer, filter_id: UUID, *, staff: Staff, unit_id: UUID | None
) -> SavedFilter:
    """Share one's filter with everybody in a unit and below it; with None no longer with anybody.

    Raises:
        NotFound: it is not theirs, or there is none.
        Forbidden: `filter-not-your-unit`: they lead no such unit.
        Conflict: `filter-too-many-shared`: the unit has `MOST` shared filters already.
    """
    with writing(session):
        saved = _own(session, filter_id, staff)
        if unit_id is None:
            saved.unit_id = None
            session.execute(
                delete(DefaultFilter).where(DefaultFilter.filter_id == saved.id, DefaultFilter.staff_id != staff.id)
            )
        else:
            unit = next((each for each in units_to_share_with(session, viewer) if each.id == unit_id), None)
            if unit is None:
                raise Forbidden("filter-not-your-unit", "Only whoever leads a unit shares a filter with its people.")
            shared = select(func.count(SavedFilter.id)).where(
                SavedFilter.unit_id == unit.id, SavedFilter.id != saved.id
            )
            if (session.scalar(shared) or 0) >= MOST:
                raise Conflict("filter-too-many-shared", "{unit} has {count} shared filters; nobody would read more.",
                               unit=unit.name, count=MOST)  # fmt: skip
            saved.unit_id = unit.id
        session.flush()
        return saved


def units_to_share_with(session: Session, viewer: Viewer, *, limit: int = 100) -> list[OrgUnit]:
    """Return the units that somebody answers for, and those below them that have people; none for who leads nothing."""
    scopes = [
        each.scope
        for each in viewer.standings
        if each.for_staff is None
        and (each.role, Relation.SYSTEM) in TABLE
        and Action.VIEW_ESCALATIONS in TABLE[each.role, Relation.SYSTEM].actions
    ]
    if not scopes:
        return []
    peopled = exists().where(Membership.unit_id == OrgUnit.id)
    wanted = select(OrgUnit).where(
        OrgUnit.jurisdiction.in_({each.jurisdiction for each in viewer.standings}),
        OrgUnit.active,
        or_(*(OrgUnit.path.startswith(scope, autoescape=True) for scope in scopes)),
        or_(peopled, OrgUnit.path.in_(scopes)),
    )
    return list(session.scalars(wanted.order_by(OrgUnit.path).limit(limit)))


def _free_name(session: Session, staff: Staff, name: str, but: UUID | None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("filter-name", "A name has 1 to {most} characters.", most=LONGEST_NAME)
    if _NUMBER.search(_CASE.sub("", name)):
        raise Invalid(
            "filter-person", "A filter is about matters: it cannot keep a telephone number or an identity card."
        )
    known = session.execute(select(SavedFilter.id, SavedFilter.name).where(SavedFilter.staff_id == staff.id)).all()
    if any(each.name.casefold() == name.casefold() and each.id != but for each in known):
        raise Conflict("filter-exists", "You have a filter “{name}” already. Choose another name, or delete that one.",
                       name=name)  # fmt: skip
    return name


def _own(session: Session, filter_id: UUID, staff: Staff) -> SavedFilter:
    saved = session.get(SavedFilter, filter_id)
    if saved is None or saved.staff_id != staff.id:
        raise _unknown()
    return saved


def _unknown() -> NotFound:
    return NotFound("filter-unknown", "You have no such filter. It may have been deleted, or is no longer shared.")
