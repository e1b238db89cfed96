"""Completing a work item: the step that people cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.audit import Actor, ActorKind, AuditEvent, Tag
from engine.db import connected
from engine.errors import Conflict, EngineError, Forbidden
from engine.events import after_commit
from engine.failpoints import reach
from engine.instances import store
from engine.instances.assignment import Reader
from engine.instances.conductor import Conductor, Live
from engine.instances.entering import entered
from engine.instances.hooks import DocumentOrder, Step
from engine.instances.incidents import Attempt
from engine.instances.models import InstanceStatus
from engine.instances.store import Held
from engine.organisation.models import Staff
from engine.organisation.roles import Role
from engine.prepared import Found, Prepared, Values
from engine.spiff import OpenTask, StepFailed
from engine.spiff.values import written
from engine.tasks.items import completing
from engine.tasks.models import Draft, WorkItem, WorkItemState
from engine.tasks.permission import refusal
from engine.tasks.service import already_claimed, already_completed, withdrawn

_committed: Final = partial(reach, "completion-after-commit")
_ITEM_COLUMNS: Final = tuple(column.name for column in WorkItem.__table__.columns)
_DROP_DRAFTS: Final = delete(Draft.__table__).where(Draft.__table__.c.work_item_id == bindparam("item"))  # type: ignore[arg-type]
_NOW_OWNED: Final = select(WorkItem.state, WorkItem.owner_id, WorkItem.completed_by, WorkItem.completed_at).where(
    WorkItem.id == bindparam("id")
)
_DONE_BEFORE: Final = select(AuditEvent.data).where(
    AuditEvent.case_id == bindparam("case"), AuditEvent.tag == Tag.WORK_ITEM_COMPLETED.value
)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """What a completion came to. The models it shows are copies that no session tracks.

    Args:
        instance_id: the instance that moved.
        incident_id: the step failed within a caller's transaction, and only the incident was written.
        status: where the instance stands now, as in `InstanceStatus`.
        again: this is the answer to a request that was answered before.
    """

    instance_id: UUID
    item_row: Mapping[str, Any]
    next_rows: tuple[Mapping[str, Any], ...] = ()
    status: str = ""
    incident_id: UUID | None = None
    again: bool = False

    @cached_property
    def item(self) -> WorkItem:
        """The item that was completed."""
        return WorkItem(**self.item_row)

    @cached_property
    def next_items(self) -> tuple[WorkItem, ...]:
        """The items that came to be by it."""
        return tuple(WorkItem(**row) for row in self.next_rows)


def complete(
    conductor: Conductor,
    session: Session,
    item_id: UUID,
    submitted: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    request_key: str | None = None,
    assisted: str | None = None,
    trusted: bool = False,
) -> Completed:
    """Complete a work item; see `Runtime.complete`.

    Args:
        trusted: who acts was checked when this was tried before; it is only tried again.
    """
    rows: list[dict[str, Any]] = []
    with conductor.attempt(session, now) as attempt:
        connection = connected(session)
        staff_id = UUID(actor.id) if actor.kind is ActorKind.STAFF else None
        row = store.lock_by_item(connection, item_id, staff_id)
        held = attempt.held = Held.of(row)
        try:
            owner_id = _owner(session, row, actor, now=now, trusted=trusted, assisted=assisted is not None)
            conductor.refuse_stopped(held)
        except Conflict:
            if request_key is not None and _answered(session, held, item_id, request_key):
                return Completed(instance_id=held.id, item_row=_item(row), status=held.status, again=True)
            raise
        tried = attempt.tried = Attempt("complete", str(item_id), submitted, actor)
        step = conductor.begin_step(session, held, actor=actor, now=now)
        live = conductor.live(step)
        before = live.image
        task = _open_task(conductor, step, live, row)
        element = conductor.elements(step.version).get(row.process_id, row.element_id)
        data = entered(Reader(step, element, row.task_id, task.data), row.form_id, submitted)
        done, write = _done(row, owner_id, actor.name or actor.kind.value, data, now)
        step.ledger.write([write], unless_reached=partial(_lost, session, row))
        if row.has_draft:
            connection.execute(_DROP_DRAFTS, {"item": item_id})
        step.ledger.note(Tag.WORK_ITEM_COMPLETED, _told(row, request_key, assisted))
        _follow_up(step, row, element.settings, task.data, data)
        try:
            live.workflow.complete(task.id, {**data, "completed_by": _completer(row, actor)})
            rows = conductor.settle(step, live, before=before, done=task.id, tried=tried)
        except StepFailed:
            if not _still(session, row):  # their step was not to be tried, and so cannot have failed
                raise _lost(session, row) from None
            raise
        completed_row = _item(row) | done
        reach("completion-before-commit")
    if attempt.incident_id is not None:
        return _failed(row, attempt.incident_id)
    return Completed(instance_id=held.id, item_row=completed_row, next_rows=tuple(rows), status=step.status)


def _done(
    row: Found, owner_id: UUID | None, by: str, data: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], tuple[Prepared, Values]]:
    """What an item says once it is done, and the statement that writes it."""
    claimed_at = row.claimed_at or (now if owner_id else None)
    write = completing(
        row.id, seen_owner=row.owner_id, owner_id=owner_id, claimed_at=claimed_at, by=by, at=now, entered=written(data)
    )
    done = {"state": WorkItemState.COMPLETED.value, "owner_id": owner_id, "claimed_at": claimed_at}
    return done | {"completed_at": now, "completed_by": by}, write


def _failed(row: Found, incident_id: UUID) -> Completed:
    return Completed(
        instance_id=row.instance_id,
        item_row=_item(row),
        status=InstanceStatus.INCIDENT.value,
        incident_id=incident_id,
    )


def _completer(row: Found, actor: Actor) -> str | None:
    """Return who did it, as diagrams see it: they exclude who did an earlier round. Residents are never named."""
    return actor.id if actor.kind is ActorKind.STAFF and row.role != Role.RESIDENT else None


def _item(row: Found) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _ITEM_COLUMNS}


def _told(row: Found, request_key: str | None, assisted: str | None) -> dict[str, str]:
    """What the story says of a completion."""
    told = {"item": str(row.id), "task": row.task_id, "element": row.element_id, "name": row.name}
    told |= {"request": request_key} if request_key else {}
    return told | ({"assisted": assisted, "party": row.party or "p1"} if assisted else {})


def _owner(session: Session, row: Found, actor: Actor, *, now: datetime, trusted: bool, assisted: bool) -> UUID | None:
    """Check that an item is live and that `actor` may complete it; return who holds it then."""
    _refuse_over(row)
    if actor.kind is ActorKind.RESIDENT:
        if row.role != Role.RESIDENT:
            raise Forbidden("task-of-staff", "“{task}” is done by staff, not by the resident.", task=row.name)
        if actor.party != (row.party or "p1"):
            raise Forbidden("task-of-another-party", "“{task}” is for another party of this matter.", task=row.name)
        return None
    if row.role == Role.RESIDENT and (assisted or trusted):
        return None  # the answer is the party's, whoever typed it
    if actor.kind is not ActorKind.STAFF:
        owner: UUID | None = row.owner_id
        return owner
    staff_id = UUID(actor.id)
    if row.owner_id == staff_id:
        if row.handed and row.handed["how"] == "delegated":
            raise Conflict(
                "task-delegated",
                "“{task}” was delegated and goes back to its owner first. Hand it back, or let the owner take it back.",
                task=row.name,
            )
        return staff_id
    if row.owner_id is not None:
        raise already_claimed(row.name, _name_of(session, row.owner_id), row.claimed_at)
    refused = None
    if not trusted and (not row.holds or actor.id in row.excluded):
        refused = refusal(
            connected(session),
            staff_id=staff_id,
            role=row.role,
            unit_id=row.unit_id,
            excluded=row.excluded,
            name=row.name,
            case_id=row.case_id,
            now=now,
        )
    if refused is not None:
        raise refused
    return staff_id


def _name_of(session: Session, staff_id: UUID) -> str | None:
    return connected(session).execute(select(Staff.name).where(Staff.id == staff_id)).scalar()


def _refuse_over(row: Found) -> None:
    if row.state == WorkItemState.COMPLETED:
        raise already_completed(row.name, row.completed_by, row.completed_at)
    if row.state == WorkItemState.WITHDRAWN:
        raise withdrawn(row.name)


def _lost(session: Session, row: Found) -> EngineError:
    """Somebody was faster between reading the item and locking it: say who, as it stands now."""
    state, owner_id, by, at = connected(session).execute(_NOW_OWNED, {"id": row.id}).one()
    if state == WorkItemState.COMPLETED:
        return already_completed(row.name, by, at)
    if state == WorkItemState.WITHDRAWN:
        return withdrawn(row.name)
    return already_claimed(row.name, None, None if owner_id is None else row.claimed_at)


def _still(session: Session, row: Found) -> bool:
    """Is the item as it was when it was read, or completed by this step?"""
    try:
        state, owner_id, _, _ = connected(session).execute(_NOW_OWNED, {"id": row.id}).one()
    except DBAPIError:  # the step failed in the database, which answers nothing more
        return True
    return state == WorkItemState.COMPLETED or (state, owner_id) == (row.state, row.owner_id)


def _answered(session: Session, held: Held, item_id: UUID, request_key: str) -> bool:
    """Has a completion of this item by the same request been committed?"""
    for (data,) in connected(session).execute(_DONE_BEFORE, {"case": held.case_id}):
        if data.get("item") == str(item_id) and data.get("request") == request_key:
            return True
    return False


def _open_task(conductor: Conductor, step: Step, live: Live, row: Found) -> OpenTask:
    task = live.image.tasks.get(row.task_id)
    if task is None:  # the item was read before the lock was ours, and is over by now
        conductor.keep(step, live, step.held.lock_version)
        raise _lost(step.session, row)
    return task


def _follow_up(
    step: Step, row: Found, settings: Mapping[str, str], data: Mapping[str, Any], entered: Mapping[str, Any]
) -> None:
    """Let the case take note of what was entered, and issue the document that the task orders."""
    after_commit(step.session, step.hooks.completed)
    after_commit(step.session, _committed)
    step.hooks.on_entered(step, entered)
    template = settings.get("document")
    if not template:
        return
    step.ledger.flush()  # the document's own event comes after that of the task
    order = DocumentOrder(
        template=template,
        element_id=row.element_id,
        process_id=row.process_id,
        data={**data, **entered},
        unit_id=row.unit_id,
        settings=settings,
    )
    step.hooks.issue_document(step, order)
