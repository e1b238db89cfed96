"""Going back to a step that was done (退回)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import connected, writing
from engine.deadlines.models import Clock, ClockState
from engine.deadlines.revival import revive_clock
from engine.errors import Conflict, NotFound
from engine.instances import store
from engine.instances.conductor import MOVABLE, Conductor, Live
from engine.instances.hooks import Step
from engine.instances.models import Instance
from engine.instances.reading import workflow_of
from engine.organisation.models import Staff
from engine.organisation.roles import Role
from engine.spiff import StepFailed, Trail, Workflow
from engine.tasks.handing import Handing, handing, require_owner
from engine.tasks.models import LIVE, WorkItem, WorkItemState
from engine.tasks.permission import refusal
from engine.tasks.service import get_item, refuse_over


@dataclass(frozen=True, kw_only=True)
class SentBack:
    """What going back came to.

    Args:
        opened: ids of the new items.
        given_up: the items that were withdrawn.
    """

    opened: tuple[UUID, ...]
    given_up: tuple[UUID, ...]


def finished_steps(session: Session, item: WorkItem) -> list[WorkItem]:
    """Return the steps to which the branch of a live task can be sent back, the latest first; each step once."""
    workflow = look_at(session, item)
    if workflow is None or item.state not in LIVE:
        return []
    found: dict[tuple[Any, ...], WorkItem] = {}
    for done in all_items(session, item.instance_id):
        if done.state == WorkItemState.COMPLETED and done.role != Role.RESIDENT and done.trail:
            target = Trail.from_json(done.trail)
            if workflow.may_send_back(item.task_id, target):
                # of several rounds of one step the last one stands for all
                key = (done.process_id, done.element_id, *((name, index) for _, name, index in target.way))
                found.pop(key, None)
                found[key] = done
    return list(found.values())[::-1]


def preview(session: Session, item: WorkItem, target: WorkItem) -> list[WorkItem]:
    """Return the live items that would be withdrawn, `item` itself among them, if it were sent back to `target`.

    Raises:
        Conflict: `return-elsewhere`: it cannot be.
    """
    workflow = look_at(session, item)
    if workflow is None or not target.trail:
        raise _no_such_step()
    given_up = set(workflow.given_up(item.task_id, Trail.from_json(target.trail)))
    return [each for each in all_items(session, item.instance_id) if each.state in LIVE and each.task_id in given_up]


def send_back(
    conductor: Conductor, session: Session, item_id: UUID, target_id: UUID, *, staff: Staff, reason: str, now: datetime
) -> SentBack:
    """Send the branch of a task back to a step that was done; see `Runtime.send_back`."""
    with writing(session):
        step, live = lock_process(conductor, session, item_id, staff=staff, now=now)
        item, target = get_item(session, item_id), get_item(session, target_id)
        refuse_over(item)
        require_owner(item, staff)
        if handing(item) is Handing.DELEGATED:
            raise Conflict(
                "task-delegated",
                "“{task}” was delegated and goes back to its owner first. Hand it back, or let the owner take it back.",
                task=item.name,
            )
        done = target.state == WorkItemState.COMPLETED and target.role != Role.RESIDENT
        if target.instance_id != item.instance_id or not done or not target.trail:
            raise _no_such_step()
        trail, handed = Trail.from_json(target.trail), _handed(staff, reason, now)
        step.going_back = True
        given_up = live_items(session, item, live.workflow.given_up(item.task_id, trail))
        told = {"item": str(item.id), "element": target.element_id, "name": target.name, "from": item.name}
        step.ledger.note(Tag.WORK_ITEM_RETURNED, told | {"reason": reason})
        revive(step, _stopped_since(session, item, target))
        rows = move(conductor, step, live, item.task_id, trail)
        opened = tuple(row["id"] for row in rows)
        give_to(session, [row for row in rows if same_step(row, target)], target, handed, now)
        return SentBack(opened=opened, given_up=tuple(each.id for each in given_up))


def lock_process(
    conductor: Conductor, session: Session, item_id: UUID, *, staff: Staff, now: datetime
) -> tuple[Step, Live]:
    """Lock the instance of an item, and return its process."""
    row = store.lock_by_item(connected(session), item_id, staff.id)
    held = store.Held.of(row)
    session.expire_all()  # what was read before the lock may be older
    if row.state in LIVE or row.state == WorkItemState.COMPLETED:
        conductor.refuse_stopped(held)
    step = conductor.begin_step(session, held, actor=Actor.staff(staff), now=now)
    return step, conductor.live(step)


def move(conductor: Conductor, step: Step, live: Live, token: str, trail: Trail) -> list[dict[str, Any]]:
    """Send the process back, and return the rows of the new items.

    Raises:
        Conflict: `return-failed`: an activity around the step cannot be opened again.
    """
    before = live.image
    try:
        live.workflow.send_back(token, trail)
        return conductor.settle(step, live, before=before)
    except StepFailed as failure:
        raise Conflict(
            "return-failed",
            "The process cannot be opened again at this step ({reason}). Nothing was changed.",
            reason=failure.reason,
        ) from failure


def look_at(session: Session, item: WorkItem) -> Workflow | None:
    """Return a copy of an item's process to ask; nothing can be moved with it."""
    instance = session.get(Instance, item.instance_id)
    if instance is None or instance.status not in MOVABLE:
        return None
    return workflow_of(session, instance)


def all_items(session: Session, instance_id: UUID) -> list[WorkItem]:
    """Return every item of an instance, the first first."""
    return list(
        session.scalars(
            select(WorkItem).where(WorkItem.instance_id == instance_id).order_by(WorkItem.created_at, WorkItem.id)
        )
    )


def live_items(session: Session, item: WorkItem, task_ids: Iterable[str]) -> list[WorkItem]:
    """Return the live items of these tasks of an item's instance."""
    wanted = set(task_ids)
    return [each for each in all_items(session, item.instance_id) if each.state in LIVE and each.task_id in wanted]


def _stopped_since(session: Session, item: WorkItem, target: WorkItem) -> list[UUID]:
    """The statutory clocks that stopped after a step was done, none of branches beside: their time was not over."""
    stopped = select(Clock.id, Clock.scope_id).where(
        Clock.instance_id == item.instance_id, Clock.kind == "statutory", Clock.state == ClockState.STOPPED,
        Clock.stopped_at >= target.completed_at,
    )  # fmt: skip
    around: dict[str, list[str]] = {}
    for each in all_items(session, item.instance_id):
        ids = way_ids(each)
        around |= {scope: ids[:depth] for depth, scope in enumerate(ids)}
    shared = [one for one, other in zip(way_ids(item), way_ids(target), strict=False) if one == other]
    return [
        clock_id
        for clock_id, scope in session.execute(stopped)
        if scope in around and around[scope][: len(shared)] == shared
    ]


def way_ids(item: WorkItem) -> list[str]:
    """Return the ids of the activities around an item, outermost first, its own last."""
    return [step[0] for step in item.trail["way"]] if item.trail else []


def revive(step: Step, clock_ids: Iterable[UUID]) -> None:
    """Let clocks run again that what is gone back on had stopped."""
    step.ledger.flush()  # the clocks write events of the case by themselves: these came first
    for clock_id in clock_ids:
        revive_clock(step.session, clock_id, now=step.now)


def same_step(row: Mapping[str, Any], target: WorkItem) -> bool:
    """Say whether the row of a new item is of the same element as `target`."""
    return bool(row["element_id"] == target.element_id and row["process_id"] == target.process_id)


def give_to(
    session: Session, rows: list[dict[str, Any]], target: WorkItem, handed: dict[str, Any] | None, now: datetime
) -> None:
    """Let whoever did a step have it again, if they still may; else it waits in its inbox."""
    owner = session.get(Staff, target.owner_id) if target.owner_id else None
    for row in rows:
        refused = owner is None or not owner.active or refusal(
            connected(session), staff_id=owner.id, role=row["role"], unit_id=row["unit_id"],
            excluded=row["excluded"], name=row["name"], case_id=row["case_id"], now=now,
        )  # fmt: skip
        values: dict[str, Any] = {"handed": handed}
        if owner is not None and not refused:
            values |= {"owner_id": owner.id, "state": WorkItemState.CLAIMED.value, "claimed_at": now}
        session.execute(update(WorkItem).where(WorkItem.id == row["id"]).values(**values))
    session.expire_all()


def _handed(staff: Staff, reason: str, now: datetime) -> dict[str, Any]:
    return {
        "how": Handing.RETURNED.value,
        "by": str(staff.id),
        "name": staff.name,
        "note": reason,
        "at": now.isoformat(),
    }


def _no_such_step() -> NotFound:
    return NotFound("return-unknown", "This matter has no such finished step. Nothing was changed.")
