"""What pages ask of a running process: where its tokens are, what has been done, what an open task sees."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.db import connected
from engine.deadlines.dates import Dates, unit_of
from engine.definitions import LoadedVersion, load
from engine.errors import NotFound
from engine.instances.conductor import MOVABLE
from engine.instances.host import StepHost
from engine.instances.models import Instance
from engine.prepared import PreparedRead
from engine.spiff import TokenView, WaitingMessage, Workflow
from engine.tasks.models import WorkItem
from engine.tasks.service import no_such_task


@dataclass(frozen=True, kw_only=True)
class Done:
    """An element that was completed, and how often."""

    element_id: str
    count: int


_VERSION: Final = PreparedRead(select(Instance.version_id).where(Instance.id == bindparam("id", type_=Uuid())))


def version_of(session: Session, instance_id: UUID) -> LoadedVersion:
    """Return the version of its package that an instance follows.

    Raises:
        NotFound: there is no such instance.
    """
    session.flush()  # a statement that is prepared reads what was written
    found = _VERSION.first(connected(session), {"id": instance_id})
    if found is None:
        raise _no_such_instance(instance_id)
    return load(session, found.version_id)


@dataclass(frozen=True, kw_only=True)
class TaskBrief:
    """What is needed to read an answer to a task: less than the task."""

    case_id: UUID
    name: str
    form_id: str | None
    version: LoadedVersion


_BRIEF: Final = PreparedRead(
    select(WorkItem.case_id, WorkItem.name, WorkItem.form_id, Instance.version_id)
    .join(Instance, Instance.id == WorkItem.instance_id)
    .where(WorkItem.id == bindparam("item", type_=Uuid()))
)


def task_brief(session: Session, item_id: UUID) -> TaskBrief:
    """Return what is needed to read an answer to a task.

    Raises:
        NotFound: there is none with this id.
    """
    session.flush()  # a statement that is prepared reads what was written
    found = _BRIEF.first(connected(session), {"item": item_id})
    if found is None:
        raise no_such_task(item_id)
    version = load(session, found.version_id)
    return TaskBrief(case_id=found.case_id, name=found.name, form_id=found.form_id, version=version)


def latest_instance(session: Session, case_id: UUID) -> Instance | None:
    """Return the instance of a case that was started last."""
    return session.scalars(
        select(Instance).where(Instance.case_id == case_id).order_by(Instance.started_at.desc(), Instance.id.desc())
    ).first()


def case_tokens(session: Session, case_id: UUID) -> list[TokenView]:
    """Return where the tokens of a case's latest instance stand, calls and sub-processes around them included."""
    workflow = workflow_of(session, latest_instance(session, case_id))
    return workflow.tokens() if workflow is not None else []


def done_elements(session: Session, case_id: UUID) -> list[Done]:
    """Return which elements of a case were done, from its events, so that finished cases show them too."""
    told = (Tag.WORK_ITEM_COMPLETED, Tag.INSTANCE_STEP_DONE, Tag.TIMER_FIRED)
    events = session.scalars(select(AuditEvent.data).where(AuditEvent.case_id == case_id, AuditEvent.tag.in_(told)))
    counts: dict[str, int] = {}
    for data in events:
        counts[data["element"]] = counts.get(data["element"], 0) + 1
    return [Done(element_id=element, count=count) for element, count in counts.items()]


def form_data(session: Session, item: WorkItem) -> dict[str, Any]:
    """Return what the form of an open task may name: the data of the task, and `clocks` with their dates by name."""
    data = task_data(session, item)
    return data | {"clocks": dict(Dates(session.connection(), item.case_id, unit_of(data)))}


def task_data(session: Session, item: WorkItem) -> dict[str, Any]:
    """Return the data that an open task sees, for showing its form; empty when the task is over."""
    workflow = workflow_of(session, session.get(Instance, item.instance_id))
    tasks = workflow.open_tasks() if workflow is not None else []
    return next((dict(task.data) for task in tasks if task.id == item.task_id), {})


def instance_data(session: Session, instance_id: UUID) -> dict[str, Any]:
    """Return the data of an instance as it now stands; of an ended one, what it ended with.

    Raises:
        NotFound: there is no such instance.
    """
    instance = session.get(Instance, instance_id)
    if instance is None:
        raise _no_such_instance(instance_id)
    workflow = workflow_of(session, instance, ended=True)
    return workflow.data if workflow is not None else {}


def _no_such_instance(instance_id: UUID) -> NotFound:
    return NotFound("no-such-instance", "There is no instance {id}.", id=str(instance_id))


def waiting_messages(session: Session, instance_id: UUID) -> list[WaitingMessage]:
    """Return the messages that an instance waits for; none when it has ended or is stopped."""
    workflow = workflow_of(session, session.get(Instance, instance_id))
    return workflow.waiting_messages() if workflow is not None else []


def workflow_of(session: Session, instance: Instance | None, *, ended: bool = False) -> Workflow | None:
    """Bring back a copy of a process for looking at; nothing can be moved with it."""
    if instance is None or not instance.state or not (ended or instance.status in MOVABLE):
        return None
    session.refresh(instance, ["state"])
    specification = load(session, instance.version_id).specification
    return Workflow.restore(specification, instance.state, StepHost())
