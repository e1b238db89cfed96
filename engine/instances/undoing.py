"""Going back on one's own completion (撤回), as long as nobody has acted on it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.db import writing
from engine.deadlines.models import Clock, ClockState
from engine.errors import Conflict, Forbidden
from engine.instances.conductor import Conductor
from engine.instances.returning import (
    SentBack,
    all_items,
    give_to,
    live_items,
    lock_process,
    look_at,
    move,
    revive,
    same_step,
    way_ids,
)
from engine.organisation.models import Staff
from engine.spiff import Trail, Workflow
from engine.tasks.models import LIVE, WorkItem, WorkItemState
from engine.tasks.service import get_item

#: What a step may have caused that cannot be taken back: somebody outside was told, a date moved, a case ended.
_TOLD: Final = frozenset(
    {
        Tag.CASE_DOCUMENT_ISSUED, Tag.NOTICE_QUEUED, Tag.CLOCK_EXTENDED, Tag.CLOCK_SUSPENDED, Tag.CLOCK_RESUMED,
        Tag.CASE_ENDED, Tag.CASE_MERGED, Tag.INSTANCE_COMPLETED,
    }
)  # fmt: skip
_SERVED: Final = frozenset({"serviceTask", "sendTask"})


def take_back(conductor: Conductor, session: Session, item_id: UUID, *, staff: Staff, now: datetime) -> SentBack:
    """Take back one's own completion; see `Runtime.take_back`."""
    with writing(session):
        step, live = lock_process(conductor, session, item_id, staff=staff, now=now)
        item = get_item(session, item_id)
        _refuse_others(item, staff)
        trail, token = _taken_back(session, item, live.workflow)
        step.going_back = step.taking_back = True
        given_up = live_items(session, item, live.workflow.given_up(token, trail))
        told = {"item": str(item.id), "element": item.element_id, "name": item.name}
        step.ledger.note(Tag.WORK_ITEM_REOPENED, told)
        revive(step, _stopped_by(session, item))
        rows = move(conductor, step, live, token, trail)
        give_to(session, [row for row in rows if same_step(row, item)], item, None, now)
        return SentBack(opened=tuple(row["id"] for row in rows), given_up=tuple(each.id for each in given_up))


def may_take_back(session: Session, item: WorkItem, staff: Staff) -> bool:
    """Say whether `staff` could take back the completion of `item` now."""
    try:
        _refuse_others(item, staff)
        workflow = look_at(session, item)
        if workflow is None:
            return False
        _taken_back(session, item, workflow)
    except (Conflict, Forbidden):
        return False
    return True


def _refuse_others(item: WorkItem, staff: Staff) -> None:
    if item.state != WorkItemState.COMPLETED or item.owner_id != staff.id:
        raise Forbidden(
            "take-back-not-yours", "“{task}” was not completed by you, so it is not yours to take back.", task=item.name
        )


def _taken_back(session: Session, item: WorkItem, workflow: Workflow) -> tuple[Trail, str]:
    """Return where the item was, and a token that came of it, when nobody has acted on its completion.

    Raises:
        Conflict: somebody has, or the process has gone on by itself.
    """
    trail = Trail.from_json(item.trail) if item.trail else None
    token = workflow.follower(trail) if trail else None
    if trail is None or token is None:
        raise Conflict("take-back-late", "The matter has gone on since “{task}”: it can no longer be taken back. "
                       "Whoever has it now can return it.", task=item.name)  # fmt: skip
    came = [each for each in all_items(session, item.instance_id) if (each.trail or {}).get("from") == item.task_id]
    for each in came:
        if each.state not in LIVE or each.opened_at is not None:
            raise Conflict(
                "take-back-opened",
                "“{next}”, which follows “{task}”, was opened already: it can no longer be taken back. "
                "Ask whoever has it to return it.",
                task=item.name, next=each.name,
            )  # fmt: skip
    if {each.task_id for each in came} != set(workflow.given_up(token, trail)):
        raise Conflict("take-back-late", "The matter has gone on since “{task}”: it can no longer be taken back. "
                       "Whoever has it now can return it.", task=item.name)  # fmt: skip
    _refuse_told(session, item)
    return trail, token


def _refuse_told(session: Session, item: WorkItem) -> None:
    """Refuse when the step that completed an item has told somebody something, or done what cannot be undone."""
    events = session.scalars(
        select(AuditEvent).where(AuditEvent.case_id == item.case_id).order_by(AuditEvent.seq)
    ).all()
    mine = False
    for event in events:
        if event.tag == Tag.WORK_ITEM_COMPLETED and event.data.get("item") == str(item.id):
            mine = True
            continue
        if not mine:
            continue
        if event.at != item.completed_at or event.tag == Tag.WORK_ITEM_COMPLETED:
            return  # another step
        service = event.tag == Tag.INSTANCE_STEP_DONE and event.data.get("kind") in _SERVED
        if event.tag in _TOLD or service:
            raise Conflict(
                "take-back-told",
                "When “{task}” was completed, a document was issued or somebody was told: that cannot be taken back. "
                "Whoever has the matter now can return it.",
                task=item.name,
            )


def _stopped_by(session: Session, item: WorkItem) -> list[UUID]:
    """The clocks that the completion of an item has stopped: its own, and those of what it ended around it."""
    stopped = select(Clock.id).where(
        Clock.instance_id == item.instance_id, Clock.state == ClockState.STOPPED, Clock.scope_id.in_(way_ids(item))
    )
    return list(session.scalars(stopped))
