"""Readers of a case who have no task in it (抄送): a notice, and sight of the case as a participant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import writing
from engine.errors import Forbidden, Invalid, NotFound
from engine.organisation.colleagues import takes_part
from engine.organisation.models import Staff
from engine.tasks.models import CaseCopy, WorkItem
from engine.tasks.permission import require_knowing
from engine.tasks.service import lock_item


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who reads along, with the names that a page shows."""

    copy: CaseCopy
    who: str
    by: str


def copy_in(session: Session, item_id: UUID, *, who: Staff, staff: Staff, note: str = "", now: datetime) -> CaseCopy:
    """Let somebody read along in the case of a task. Somebody who does already keeps what they have.

    Raises:
        NotFound: there is no such task.
        Invalid: `copy-unfit`: they have no part in matters here.
    """
    with writing(session):
        item = lock_item(session, item_id)
        if who.id == staff.id or not takes_part(session, who, item.jurisdiction):
            raise Invalid("copy-unfit", "{who} cannot be copied in. Choose a colleague who works on matters.",
                          who=who.name)  # fmt: skip
        require_knowing(session, item, who)
        known = session.scalar(select(CaseCopy).where(CaseCopy.case_id == item.case_id, CaseCopy.staff_id == who.id))
        if known is not None:
            return known
        copy = CaseCopy(
            jurisdiction=item.jurisdiction, case_id=item.case_id, staff_id=who.id, by_id=staff.id,
            note=note.strip(), at=aware(now),
        )  # fmt: skip
        session.add(copy)
        session.flush()
        _record(session, copy, Tag.CASE_COPIED, staff, who, now)
        return copy


def remove_copy(session: Session, copy_id: UUID, *, staff: Staff, now: datetime) -> CaseCopy:
    """Let somebody no longer read along; only whoever let them can.

    Raises:
        NotFound: there is no such reader.
        Forbidden: `copy-not-yours`.
    """
    with writing(session):
        copy = session.get(CaseCopy, copy_id)
        if copy is None:
            raise NotFound("copy-unknown", "Nobody reads along like that any more.")
        if copy.by_id != staff.id:
            raise Forbidden("copy-not-yours", "Somebody else let them read along, and alone can end it.")
        # the numbers of a case's events have no gap: its lock is that of its process
        item = session.scalars(select(WorkItem.id).where(WorkItem.case_id == copy.case_id).limit(1)).first()
        if item is not None:
            lock_item(session, item)
        who = session.get_one(Staff, copy.staff_id)
        session.delete(copy)
        session.flush()
        _record(session, copy, Tag.CASE_COPY_REMOVED, staff, who, now)
        return copy


def readers(session: Session, case_id: UUID) -> list[Reader]:
    """Return who reads along in a case, first things first."""
    who, by = aliased(Staff), aliased(Staff)
    rows = session.execute(
        select(CaseCopy, who.name, by.name)
        .join(who, who.id == CaseCopy.staff_id)
        .join(by, by.id == CaseCopy.by_id)
        .where(CaseCopy.case_id == case_id)
        .order_by(CaseCopy.at, CaseCopy.id)
    )
    return [Reader(copy=copy, who=name, by=giver) for copy, name, giver in rows]


def _record(session: Session, copy: CaseCopy, tag: Tag, staff: Staff, who: Staff, now: datetime) -> None:
    record(
        session, tag=tag, actor=Actor.staff(staff), at=now, jurisdiction=copy.jurisdiction, case_id=copy.case_id,
        data={"to": who.name, "staff": str(who.id)},
    )  # fmt: skip
