"""A matter as the resident sees it, and what the resident can do with it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.offers import Offer, offers
from engine.cases.party import PETITIONER
from engine.cases.progress import Progress, progress
from engine.cases.reopening import reopens_until
from engine.cases.subject import subject_of
from engine.cases.vault import Vault
from engine.cases.view import CaseView, case_view
from engine.deadlines.explain import explain
from engine.deadlines.models import Clock, ClockState
from engine.definitions import load
from engine.errors import NotFound
from engine.instances.models import Instance
from engine.instances.reading import case_tokens, version_of
from engine.instances.runtime import Runtime
from engine.organisation.policy import Action, may, resident_viewer
from engine.organisation.roles import Role
from engine.tasks.models import LIVE, WorkItem


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What the resident's page shows.

    Args:
        promise: the clock that says by when an answer is due; None when none runs or ran.
        tasks: open work items that wait for the resident, such as the rating.
        offers: what the process lets the resident do now, such as taking the matter back.
        party: key of the party who looks; `p1` filed the matter.
        original: the case that this one is handled together with.
        reopens: the last day on which the petitioner can take it up again; None when they cannot.
    """

    view: CaseView
    progress: Progress
    promise: Clock | None
    tasks: list[WorkItem]
    offers: list[Offer]
    original: Case | None
    party: str
    reopens: date | None

    @property
    def owners(self) -> list[str]:
        """Names of the units that have it now, without repetition."""
        staff = (work.unit for work in self.view.work if work.item.role != Role.RESIDENT)
        return [name for name in dict.fromkeys(staff) if name]


def resident_matter(
    session: Session, case: Case, *, vault: Vault, locale: str, now: datetime, party: str = PETITIONER
) -> Matter:
    """Return a matter for the resident who holds its receipt, or the slip of a party. A duplicate shows how the
    original fares."""
    viewer = resident_viewer(case.id, party)
    view = case_view(session, viewer, case.id, vault=vault, locale=locale)
    subject = subject_of(session, case)
    original = session.get(Case, case.merged_into_id) if case.merged_into_id else None
    shown = original or case
    instance = instance_of(session, shown.id)
    version = load(session, instance.version_id)
    return Matter(
        view=view,
        progress=progress(version, case_tokens(session, shown.id), shown.state, locale),
        promise=promise(session, shown.id),
        tasks=_tasks(session, case.id, party),
        offers=offers(session, case, viewer, now=now, locale=locale),
        original=original,
        party=party,
        reopens=reopens_until(session, case, now=now) if may(viewer, Action.REOPEN, subject) else None,
    )


def instance_of(session: Session, case_id: UUID) -> Instance:
    """Return the process of a case: the running one, else the last.

    Raises:
        NotFound: none was ever started.
    """
    found = session.scalar(
        select(Instance)
        .where(Instance.case_id == case_id)
        .order_by(Instance.ended_at.is_not(None), Instance.started_at.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound("instance-missing", "No process was started for this matter.")
    return found


def promise(session: Session, case_id: UUID) -> Clock | None:
    """Return the clock that the resident was promised an answer by: the statutory one, running before stopped."""
    return session.scalar(
        select(Clock)
        .where(Clock.case_id == case_id, Clock.kind == "statutory")
        .order_by(Clock.state.not_in((ClockState.RUNNING, ClockState.SUSPENDED)), Clock.started_at.desc())
        .limit(1)
    )


@dataclass(frozen=True, kw_only=True)
class Promise:
    """By when an answer is due, and the sentence that explains the date."""

    due_at: datetime
    sentence: str
    provisional: bool


def promised(session: Session, case_id: UUID, locale: str) -> Promise | None:
    """Return the promise that a case was given, None where none was."""
    clock = promise(session, case_id)
    if clock is None:
        return None
    return Promise(due_at=clock.due_at, sentence=explain(clock.trace, locale), provisional=clock.provisional)


def _tasks(session: Session, case_id: UUID, party: str) -> list[WorkItem]:
    found = select(WorkItem).where(
        WorkItem.case_id == case_id,
        WorkItem.role == Role.RESIDENT,
        WorkItem.state.in_(LIVE),
        func.coalesce(WorkItem.party, PETITIONER) == party,
    )
    return list(session.scalars(found.order_by(WorkItem.created_at)))


def task_name(session: Session, item: WorkItem, locale: str) -> str:
    """Return what a task is called in the reader's language, on one line."""
    version = version_of(session, item.instance_id)
    if version.element(item.process_id, item.element_id) is None:
        return item.name
    return version.element_name(item.process_id, item.element_id, locale)


def resident_task(session: Session, case: Case, item_id: UUID, party: str = PETITIONER) -> WorkItem:
    """Return an open task of a party, the resident who filed the matter unless another is named.

    Raises:
        NotFound: it is not this case's, not this party's, or over.
    """
    for item in _tasks(session, case.id, party):
        if item.id == item_id:
            return item
    raise NotFound(
        "resident-task-over", "This is done already, or no longer needed. Your matter shows where it stands."
    )


def complete_as_resident(
    session: Session,
    case: Case,
    item_id: UUID,
    submitted: dict[str, Any],
    *,
    runtime: Runtime,
    now: datetime,
    party: str = PETITIONER,
) -> None:
    """Do a task that waits for a party, such as the rating of the resident who filed the matter.

    Raises:
        NotFound: there is no such task any more.
        Invalid: the form has mistakes; see `engine.forms`.
    """
    item = resident_task(session, case, item_id, party)
    runtime.complete(session, item.id, submitted, actor=Actor.resident(party), now=now)
