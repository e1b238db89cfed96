"""How a sandbox stands: where tokens are, what waits for whom, what would have gone out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.models import Case, Document
from engine.deadlines.models import Clock
from engine.definitions import LoadedVersion
from engine.errors import Phrase
from engine.forms import Form
from engine.instances.models import Incident, IncidentState, Instance
from engine.instances.reading import workflow_of
from engine.notices.models import Notice
from engine.sandbox.box import Sandbox
from engine.sandbox.waiting import Moment, moments
from engine.spiff import TokenView, WaitingMessage, Workflow
from engine.tasks.models import LIVE, WorkItem


@dataclass(frozen=True, kw_only=True)
class Task:
    """An open task.

    Args:
        unit: code of the unit that does it; None for residents.
        data: what it sees.
        nth: which of those that are called alike.
    """

    id: UUID
    element_id: str
    process_id: str
    name: str
    role: str
    unit: str | None
    party: str | None
    form: Form | None
    data: Mapping[str, Any]
    due_at: datetime | None
    nth: int = 0

    @property
    def where(self) -> str:
        """Who has it: a unit, a party or a role."""
        return self.unit or self.party or self.role

    @property
    def address(self) -> str:
        """How it is found again in a run that was played anew, whose ids are others."""
        return f"{self.process_id}/{self.element_id}@{self.where}/{self.nth}"

    @property
    def said(self) -> str:
        """How a scenario names it: `verify@willow`."""
        return f"{self.element_id}@{self.where}"


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event from outside that is waited for; `form` is that of an offer."""

    instance_id: UUID
    waiting: WaitingMessage
    name: str
    form: Form | None
    offered: bool
    nth: int = 0

    @property
    def address(self) -> str:
        """How it is found again in a run that was played anew, whose ids are others."""
        return f"{self.waiting.process_id}/{self.waiting.element_id}/{self.nth}"


@dataclass(frozen=True, kw_only=True)
class Join:
    """A join at which tokens wait for others."""

    instance_id: UUID
    process_id: str
    element_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class State:
    """How a sandbox stands.

    Args:
        ended: the outcome of the matter; None while it runs.
        tokens: of every process, by the id of its instance's version key.
        variables: the data of the matter's process as it now stands.
    """

    now: datetime
    number: str
    ended: str | None
    tasks: tuple[Task, ...]
    events: tuple[Event, ...]
    moments: tuple[Moment, ...]
    joins: tuple[Join, ...]
    tokens: tuple[TokenView, ...]
    variables: Mapping[str, Any]
    clocks: tuple[Clock, ...]
    documents: tuple[Document, ...]
    notices: tuple[Notice, ...]
    incidents: tuple[Incident, ...]
    linked: tuple[str, ...]

    @property
    def said(self) -> list[str]:
        """What waits now, as a scenario keeps it."""
        if self.ended is not None and not self.tasks:
            return [f"ended:{self.ended}"]
        stuck = [f"incident:{each.element_id}:{each.code}" for each in self.incidents]
        return sorted([*(task.said for task in self.tasks), *stuck])


def look(box: Sandbox) -> State:
    """Return how a sandbox stands."""
    with box.sessions() as session:
        case = box.case(session)
        instances = box.instances(session)
        workflows = {each.id: found for each in instances if (found := workflow_of(session, each)) is not None}
        own = [each for each in instances if case is not None and each.case_id == case.id]
        return State(
            now=box.now,
            number=case.number if case is not None else "",
            ended=case.state if case is not None and case.is_over else None,
            tasks=tuple(_tasks(box, session, instances, workflows)),
            events=tuple(_events(box, session, instances, workflows)),
            moments=tuple(moments(session)),
            joins=tuple(_joins(box, session, instances, workflows)),
            tokens=tuple(token for each in own if each.id in workflows for token in workflows[each.id].tokens()),
            variables=_variables(session, own[0]) if own else {},
            clocks=tuple(session.scalars(select(Clock).order_by(Clock.started_at, Clock.name))),
            documents=tuple(session.scalars(select(Document).order_by(Document.issued_at, Document.id))),
            notices=tuple(session.scalars(select(Notice).order_by(Notice.created_at, Notice.id))),
            incidents=tuple(session.scalars(select(Incident).where(Incident.state == IncidentState.OPEN))),
            linked=_linked(session, case),
        )


def _linked(session: Session, case: Case | None) -> tuple[str, ...]:
    others = select(Case.number).order_by(Case.number)
    return tuple(session.scalars(others.where(Case.id != case.id))) if case is not None else ()


def _variables(session: Session, instance: Instance) -> dict[str, Any]:
    workflow = workflow_of(session, instance, ended=True)
    return workflow.data if workflow is not None else {}


def _tasks(box: Sandbox, session: Session, instances: list[Instance], workflows: Mapping[UUID, Workflow]) -> list[Task]:
    """The live tasks, those that came first first; those of one moment as the diagram has them."""
    by_id = {each.id: each for each in instances}
    data = {task.id: task.data for workflow in workflows.values() for task in workflow.open_tasks()}
    place = {task_id: position for position, task_id in enumerate(data)}
    found = select(WorkItem).where(WorkItem.state.in_(LIVE)).execution_options(populate_existing=True)
    tasks: list[Task] = []
    seen: Counter[str] = Counter()
    for item in sorted(session.scalars(found), key=lambda each: (each.created_at, place.get(each.task_id, 0))):
        version = box.version_of(session, by_id[item.instance_id])
        task = Task(
            id=item.id, element_id=item.element_id, process_id=item.process_id, name=item.name, role=item.role,
            unit=item.inbox_key.partition("@")[2] if item.unit_id else None, party=item.party,
            form=version.form(item.form_id) if item.form_id else None, data=data.get(item.task_id, {}),
            due_at=item.due_at,
        )  # fmt: skip
        tasks.append(replace(task, nth=seen[task.address]))
        seen[task.address] += 1
    return tasks


def _events(
    box: Sandbox, session: Session, instances: list[Instance], workflows: Mapping[UUID, Workflow]
) -> list[Event]:
    found: list[Event] = []
    seen: Counter[str] = Counter()
    for instance in instances:
        if instance.id not in workflows:
            continue
        version = box.version_of(session, instance)
        for waiting in workflows[instance.id].waiting_messages():
            element = version.element(waiting.process_id, waiting.element_id)
            settings = element.settings if element is not None else {}
            form = settings.get("offer.form")
            event = Event(
                instance_id=instance.id, waiting=waiting, offered=bool(settings.get("offer")),
                name=(element.name if element is not None else "") or waiting.name,
                form=version.form(form) if form else None,
            )  # fmt: skip
            found.append(replace(event, nth=seen[event.address]))
            seen[event.address] += 1
    return found


def _joins(box: Sandbox, session: Session, instances: list[Instance], workflows: Mapping[UUID, Workflow]) -> list[Join]:
    """The joins at which tokens wait while nothing else of their process can go on."""
    found = []
    for instance in instances:
        workflow = workflows.get(instance.id)
        if workflow is None or workflow.open_tasks() or workflow.waiting_timers():
            continue
        version = box.version_of(session, instance)
        found += [
            Join(instance_id=instance.id, process_id=each.process_id, element_id=each.element_id,
                 name=_name(version, each))
            for each in workflow.waiting_joins()
        ]  # fmt: skip
    return found


def _name(version: LoadedVersion, token: TokenView) -> str:
    element = version.element(token.process_id, token.element_id)
    return (element.name if element is not None else "") or token.element_id


def reason_of_incident(incident: Incident) -> Phrase:
    """Return why a step failed."""
    return Phrase.from_json(incident.reason) if incident.reason else Phrase("{reason}", reason=incident.message)
