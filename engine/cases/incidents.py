"""Failed steps as an operator may see them: which element of which process, never what the matter is or whose."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag, timeline
from engine.cases.models import Case
from engine.cases.subject import subjects_of
from engine.definitions.models import ProcessVersion
from engine.errors import NotFound, Phrase
from engine.instances.incidents import without_values
from engine.instances.models import Incident, IncidentState, Instance
from engine.instances.runtime import Runtime
from engine.organisation.policy import Action, CaseSubject, Field, Viewer, may, reach, require, visible_fields
from engine.organisation.sealing import knows

#: More rows than these nobody reads at once.
MOST: Final = 200
_TAGS: Final = frozenset({Tag.INCIDENT_RAISED, Tag.INCIDENT_RETRIED, Tag.INCIDENT_RESOLVED})
#: Spelled out: SQLite uses the partial index only for a condition without parameters.
_OPEN: Final = text("incident.state = 'open'")


@dataclass(frozen=True, kw_only=True)
class IncidentView:
    """An incident without anything of the person or the matter.

    Args:
        attempt: what was tried: `start`, `complete`, `timer`, `rung` or `message`.
        case_number: None where the viewer may not see it; so are the keys and details below it.
        version: number of the process package's version that the case runs on.
        message: what went wrong, in the phrases of the engine, without the values that it quotes.
        data_keys: names, never values, of what the step saw.
    """

    id: UUID
    state: str
    attempt: str
    tries: int
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    case_number: str | None
    process: str
    version: int
    element_name: str
    element_id: str
    process_id: str
    code: str
    message: Phrase | None
    expression: str | None
    data_keys: tuple[str, ...]
    may_retry: bool


def incidents(session: Session, viewer: Viewer, state: IncidentState = IncidentState.OPEN) -> list[IncidentView]:
    """Return the open incidents, oldest first, or those that were resolved, the latest first.

    Raises:
        Forbidden: the viewer is no operator.
    """
    require(viewer, Action.VIEW_INCIDENTS)
    if state is IncidentState.OPEN:
        wanted = _within(viewer).where(_OPEN).order_by(Incident.created_at, Incident.id)
    else:
        wanted = _within(viewer).where(Incident.state == state).order_by(Incident.resolved_at.desc(), Incident.id)
    return list(_views(session, viewer, wanted.limit(MOST)))


def incident(session: Session, viewer: Viewer, incident_id: UUID) -> IncidentView:
    """Return one incident.

    Raises:
        Forbidden: the viewer is no operator.
        NotFound: there is none of this id, or the viewer may not know of it.
    """
    require(viewer, Action.VIEW_INCIDENTS)
    found = next(iter(_views(session, viewer, _within(viewer).where(Incident.id == incident_id))), None)
    if found is None:
        raise NotFound("no-such-incident", "There is no incident {incident}.", incident=str(incident_id))
    return found


def history(session: Session, viewer: Viewer, incident_id: UUID) -> list[AuditEvent]:
    """Return what happened to an incident, first things first: raised, tried again by whom, resolved.

    Raises:
        Forbidden, NotFound: as `incident`.
    """
    incident(session, viewer, incident_id)
    case_id = session.get_one(Incident, incident_id).case_id
    return [
        event
        for event in timeline(session, case_id)
        if event.tag in _TAGS and event.data.get("incident") == str(incident_id)
    ]


def open_count(session: Session, viewer: Viewer) -> int:
    """Return how many incidents wait: the number beside the link to their page."""
    bounds = reach(viewer, Action.RETRY_INCIDENT)
    statement = select(func.count(Incident.id)).where(_OPEN, Incident.jurisdiction.in_(bounds.jurisdictions))
    if viewer.staff_id is not None:
        statement = statement.where(knows(Incident.case_id, viewer.staff_id))
    return session.scalar(statement) or 0


def retry_incident(
    session: Session, runtime: Runtime, viewer: Viewer, incident_id: UUID, *, actor: Actor, now: datetime
) -> bool:
    """Try again what an incident tells of; return whether it worked now, or no longer had to be done.

    Raises:
        Forbidden: the viewer is no operator.
        NotFound: there is no such incident, or the viewer may not know of it.
        Conflict: `incident-resolved`: it is resolved already.
    """
    if not incident(session, viewer, incident_id).may_retry:
        require(viewer, Action.RETRY_INCIDENT, _subject(session, incident_id))
    return runtime.retry(session, incident_id, actor=actor, now=now)


def _subject(session: Session, incident_id: UUID) -> CaseSubject:
    case = session.get_one(Case, session.get_one(Incident, incident_id).case_id)
    return subjects_of(session, [case])[case.id]


def _within(viewer: Viewer) -> Select[Incident, Case, str, int]:
    return (
        select(Incident, Case, ProcessVersion.name, ProcessVersion.number)
        .join(Case, Case.id == Incident.case_id)
        .join(Instance, Instance.id == Incident.instance_id)
        .join(ProcessVersion, ProcessVersion.id == Instance.version_id)
        .where(Incident.jurisdiction.in_(reach(viewer, Action.RETRY_INCIDENT).jurisdictions))
    )


def _views(session: Session, viewer: Viewer, wanted: Select[Incident, Case, str, int]) -> Iterable[IncidentView]:
    # what a retry wrote past the session's objects is to be seen
    rows = session.execute(wanted.execution_options(populate_existing=True)).all()
    subjects = subjects_of(session, [case for _, case, _, _ in rows])
    for found, case, process, version in rows:
        subject = subjects[case.id]
        if may(viewer, Action.VIEW_INSTANCE, subject):
            yield _view(viewer, subject, found, case, process, version)


def _view(
    viewer: Viewer, subject: CaseSubject, found: Incident, case: Case, process: str, version: int
) -> IncidentView:
    visible = visible_fields(viewer, subject)
    details = Field.INCIDENT_DETAILS in visible
    return IncidentView(
        id=found.id,
        state=found.state,
        attempt=str(found.attempt.get("do", "")),
        tries=found.tries,
        created_at=found.created_at,
        resolved_at=found.resolved_at,
        resolved_by=found.resolved_by,
        case_number=case.number if Field.NUMBER in visible else None,
        process=process,
        version=version,
        element_name=" ".join(found.element_name.split()),
        element_id=found.element_id,
        process_id=found.process_id,
        code=found.code,
        message=_reason(found) if details else None,
        expression=found.expression if details else None,
        data_keys=tuple(str(key) for key in found.data_keys) if Field.DATA_KEYS in visible else (),
        may_retry=found.state == IncidentState.OPEN and may(viewer, Action.RETRY_INCIDENT, subject),
    )


def _reason(found: Incident) -> Phrase:
    """What went wrong, as a phrase; of an old row, its English text."""
    if found.reason is None:
        return Phrase(without_values(found.message, found.expression or ""))
    return Phrase.from_json(found.reason)
