"""A task changes hands: transferred, assigned, delegated and handed back. Its clock runs on as it was."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import writing
from engine.errors import Conflict, Forbidden, Invalid
from engine.organisation.colleagues import colleagues, placing
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.service import inbox_key
from engine.tasks.models import Draft, WorkItem, WorkItemState
from engine.tasks.permission import may_take, require_knowing
from engine.tasks.service import lock_item, note_item, refuse_over


class Handing(StrEnum):
    """How a task came to whom it is with."""

    #: given by its owner; it does not come back
    TRANSFERRED = "transferred"
    #: given by a lead
    ASSIGNED = "assigned"
    #: lent by its owner; it comes back for confirmation
    DELEGATED = "delegated"
    #: it has come back from whom it was delegated to
    HANDED_BACK = "handed_back"
    #: the matter was sent back to this step
    RETURNED = "returned"


def handing(item: WorkItem) -> Handing | None:
    """Return how a task came to whom it is with; None when it was claimed from an inbox."""
    return Handing(item.handed["how"]) if item.handed else None


def delegator_id(item: WorkItem) -> UUID | None:
    """Return who delegated a task that has not come back yet."""
    return UUID(item.handed["by"]) if item.handed and handing(item) is Handing.DELEGATED else None


def transfer(
    session: Session, item_id: UUID, *, to: Staff, staff: Staff, note: str = "", now: datetime, lead: bool = False
) -> WorkItem:
    """Give a task to somebody who holds its role in the circle of its unit. It does not come back.

    Args:
        staff: who gives it: its owner, somebody who could claim it, or a lead.
        lead: whether `staff` may give away what others hold; the caller has asked the policy.

    Raises:
        NotFound: there is no such task.
        Conflict: it is over, or it is lent and has to come back first.
        Invalid: `hand-to-holder`: `to` has it already.
        Forbidden: `hand-outside-role`, `task-excluded` or `task-not-yours`. Nothing was changed.
    """
    with writing(session):
        item = lock_item(session, item_id)
        refuse_over(item)
        if not lead:
            require_holder(session, item, staff, now)
        _refuse_lent(item)
        _refuse_holder(item, to)
        require_knowing(session, item, to)
        unit = _placing(session, item, to)
        how, tag = (Handing.ASSIGNED, Tag.WORK_ITEM_ASSIGNED) if lead else (
            Handing.TRANSFERRED, Tag.WORK_ITEM_TRANSFERRED,
        )  # fmt: skip
        before = {"owner": str(item.owner_id) if item.owner_id else None, "unit": str(item.unit_id),
                  "key": item.inbox_key}  # fmt: skip
        _give(item, to, _handed(how, staff, note, now) | {"before": before}, now)
        item.unit_id, item.inbox_key = unit.id, inbox_key(item.role, unit.code)
        note_item(session, item, tag, staff, now, {"to": to.name, "note": note})
        session.flush()
        return item


def delegate(session: Session, item_id: UUID, *, to: Staff, staff: Staff, note: str = "", now: datetime) -> WorkItem:
    """Lend a task that one holds to a colleague of its unit's circle, who hands it back for confirmation.

    Raises:
        NotFound: there is no such task.
        Conflict: it is over, or lent already.
        Invalid: `hand-to-holder`.
        Forbidden: `delegate-outside-unit`, `task-excluded` or `task-not-yours`. Nothing was changed.
    """
    with writing(session):
        item = lock_item(session, item_id)
        refuse_over(item)
        require_owner(item, staff)
        _refuse_lent(item)
        _refuse_holder(item, to)
        require_knowing(session, item, to)
        _refuse_excluded(item, to)
        unit = _unit(session, item)
        if to.id not in {each.staff.id for each in colleagues(session, unit)}:
            raise Forbidden(
                "delegate-outside-unit",
                "{who} does not work in {unit}, so “{task}” cannot be delegated to them. Nothing was changed.",
                who=to.name, unit=unit.name, task=item.name,
            )  # fmt: skip
        _give(item, to, _handed(Handing.DELEGATED, staff, note, now), now)
        note_item(session, item, Tag.WORK_ITEM_DELEGATED, staff, now, {"to": to.name, "note": note})
        session.flush()
        return item


def hand_back(
    session: Session, item_id: UUID, *, data: Mapping[str, Any], staff: Staff, note: str = "", now: datetime
) -> WorkItem:
    """Give a delegated task back to its owner, with what was filled in as the owner's draft.

    Raises:
        NotFound: there is no such task.
        Conflict: `task-not-delegated`, or it is over.
        Forbidden: `task-not-yours`.
    """
    with writing(session):
        item = lock_item(session, item_id)
        refuse_over(item)
        require_owner(item, staff)
        owner_id = delegator_id(item)
        if owner_id is None:
            raise Conflict("task-not-delegated", "“{task}” was not delegated: there is nobody to give it back to.",
                           task=item.name)  # fmt: skip
        session.execute(delete(Draft).where(Draft.work_item_id == item_id))
        session.add(Draft(work_item_id=item_id, staff_id=owner_id, data=dict(data), saved_at=now))
        _return_to(item, owner_id, _handed(Handing.HANDED_BACK, staff, note, now), now)
        note_item(session, item, Tag.WORK_ITEM_HANDED_BACK, staff, now, {"note": note})
        session.flush()
        return item


def recall(session: Session, item_id: UUID, *, staff: Staff, now: datetime) -> WorkItem:
    """Take back what one has delegated; or what one has transferred or assigned and nobody has opened yet.

    Raises:
        NotFound: there is no such task.
        Conflict: `task-opened`: it was opened since; `task-not-handed`: it did not change hands, or it is over.
        Forbidden: `task-not-yours`: somebody else gave it away.
    """
    with writing(session):
        item = lock_item(session, item_id)
        refuse_over(item)
        how = handing(item)
        if how in (None, Handing.HANDED_BACK, Handing.RETURNED):
            raise Conflict("task-not-handed", "“{task}” was not given to anybody: there is nothing to take back.",
                           task=item.name)  # fmt: skip
        if item.handed is not None and item.handed["by"] != str(staff.id):
            raise Forbidden("task-not-yours", "“{task}” was given away by somebody else, who alone can take it back.",
                            task=item.name)  # fmt: skip
        if how is Handing.DELEGATED:
            _return_to(item, staff.id, None, now)
        else:
            _undo_transfer(item, now)
        note_item(session, item, Tag.WORK_ITEM_RECALLED, staff, now, {})
        session.flush()
        return item


def _undo_transfer(item: WorkItem, now: datetime) -> None:
    if item.opened_at is not None:
        raise Conflict(
            "task-opened",
            "“{task}” was opened at {when}: it can no longer be taken back. Ask whoever has it.",
            task=item.name, when=item.opened_at.isoformat(),
        )  # fmt: skip
    before = item.handed["before"] if item.handed else {}
    owner_id = UUID(before["owner"]) if before.get("owner") else None
    item.unit_id, item.inbox_key = UUID(before["unit"]), before["key"]
    _return_to(item, owner_id, None, now)


def require_owner(item: WorkItem, staff: Staff) -> None:
    """Let go on whoever holds a task.

    Raises:
        Forbidden: `task-not-yours`.
    """
    if item.owner_id != staff.id:
        raise Forbidden("task-not-yours", "“{task}” is not with you. Only whoever has it can do this.", task=item.name)


def require_holder(session: Session, item: WorkItem, staff: Staff, now: datetime) -> None:
    """Let go on whoever holds a task, or could take it while nobody does.

    Raises:
        Forbidden: `task-not-yours`, or why they could not take it.
    """
    if item.state == WorkItemState.OPEN:
        may_take(session, item, staff, now=now)
    else:
        require_owner(item, staff)


def _unit(session: Session, item: WorkItem) -> OrgUnit:
    if item.unit_id is None:
        raise Forbidden("task-of-resident", "“{task}” is for the resident; no member of staff can be given it.",
                        task=item.name)  # fmt: skip
    return session.get_one(OrgUnit, item.unit_id)


def _placing(session: Session, item: WorkItem, to: Staff) -> OrgUnit:
    _refuse_excluded(item, to)
    unit = _unit(session, item)
    found = placing(session, to, unit, item.role)
    if found is None:
        raise Forbidden(
            "hand-outside-role",
            "{who} does not hold the role {role} in {unit} or below it, so “{task}” cannot be given to them. "
            "Nothing was changed.",
            who=to.name, role=item.role, unit=unit.name, task=item.name,
        )  # fmt: skip
    return found


def _refuse_excluded(item: WorkItem, to: Staff) -> None:
    if str(to.id) in item.excluded:
        raise Forbidden(
            "hand-excluded",
            "{who} did an earlier round of “{task}” and may not do this one. Choose somebody else.",
            who=to.name, task=item.name,
        )  # fmt: skip


def _refuse_lent(item: WorkItem) -> None:
    if handing(item) is Handing.DELEGATED:
        raise Conflict(
            "task-delegated",
            "“{task}” was delegated and goes back to its owner first. Hand it back, or let the owner take it back.",
            task=item.name,
        )  # fmt: skip


def _refuse_holder(item: WorkItem, to: Staff) -> None:
    if item.owner_id == to.id:
        raise Invalid("hand-to-holder", "{who} has “{task}” already. Choose somebody else.",
                      who=to.name, task=item.name)  # fmt: skip


def _handed(how: Handing, staff: Staff, note: str, now: datetime) -> dict[str, Any]:
    return {"how": how.value, "by": str(staff.id), "name": Actor.staff(staff).name, "note": note, "at": now.isoformat()}


def _give(item: WorkItem, to: Staff, handed: dict[str, Any], now: datetime) -> None:
    item.state, item.owner_id, item.claimed_at = WorkItemState.CLAIMED, to.id, now
    item.opened_at, item.handed = None, handed


def _return_to(item: WorkItem, owner_id: UUID | None, handed: dict[str, Any] | None, now: datetime) -> None:
    item.state = WorkItemState.CLAIMED if owner_id else WorkItemState.OPEN
    item.owner_id, item.claimed_at = owner_id, now if owner_id else None
    item.opened_at, item.handed = None, handed
