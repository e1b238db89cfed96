"""A case as one viewer may see it. What the policy does not grant is not read from the database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, ActorKind, AuditEvent, Tag, record, timeline
from engine.cases.attachments import attachments_of
from engine.cases.documents import documents_of
from engine.cases.links import Linked, linked_cases
from engine.cases.models import Attachment, Case, Document
from engine.cases.parties import PartyView, parties_of
from engine.cases.party import PETITIONER
from engine.cases.step_names import task_names
from engine.cases.subject import get_case, subject_of, subjects_of
from engine.cases.vault import Vault
from engine.db import writing
from engine.deadlines.models import Clock, ClockState
from engine.definitions import LoadedVersion, load
from engine.errors import EngineError
from engine.instances.models import Instance
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.policy import Action, CaseSubject, Field, Viewer, require, resident_viewer, visible_fields
from engine.tasks.models import LIVE, WorkItem

#: What a resident is told of the story; the rest is work among staff.
PUBLIC_TAGS: Final = frozenset(
    {
        Tag.CASE_FILED, Tag.CASE_ENDED, Tag.CASE_OFFER_TAKEN, Tag.CASE_WITHDRAWN, Tag.CASE_MERGED, Tag.CASE_CONVERTED,
        Tag.CASE_REOPENED, Tag.CASE_RATED, Tag.CASE_ATTACHED, Tag.CASE_DOCUMENT_ISSUED, Tag.CASE_DOCUMENT_SERVED,
        Tag.CASE_PIN_CLOSED,
        Tag.CLOCK_EXTENDED, Tag.WORK_ITEM_COMPLETED,
    }
)  # fmt: skip
#: One entry a day says that somebody read who the resident is; ten page loads are not ten readings.
_READ_ONCE: Final = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class OpenWork:
    """An open work item with the names that a page shows."""

    item: WorkItem
    unit: str
    owner: str | None


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """What a viewer sees of a case; a field that they may not see is None or empty.

    Args:
        petitioner: keys `name`, `phone`, `email` as far as they may be seen.
        outcome: how it ended, in the words of its package; None while it is under way.
        parties: the petitioner and everybody else whom it concerns; empty where nobody else is a party.
        clocks: running ones first, the statutory one before internal ones.
        clock_names: what each clock runs over, by its id, in the reader's language.
        task_names: what open tasks are called there, by their id; those that are called as drawn are missing.
        events: the audit events that the viewer may read, of linked cases too, first things first.
        linked: cases that this one came out of, or that came out of it.
    """

    case: Case
    subject: CaseSubject
    visible: frozenset[Field]
    outcome: str | None
    place: str | None
    category: str | None
    title: str | None
    text: str | None
    address: str | None
    petitioner: dict[str, Any]
    parties: list[PartyView]
    attachments: list[Attachment]
    documents: list[Document]
    clocks: list[Clock]
    clock_names: dict[UUID, str]
    task_names: dict[UUID, str]
    work: list[OpenWork]
    events: list[AuditEvent]
    linked: list[Linked]

    @property
    def own_events(self) -> list[AuditEvent]:
        """The events of the case itself."""
        return [event for event in self.events if event.case_id == self.case.id]

    def shows(self, field: str) -> bool:
        """Whether the viewer may see `field`, a key of `Field`."""
        return Field(field) in self.visible

    def is_provisional(self, item: WorkItem) -> bool:
        """Say whether the date of a task counts a year whose notice is not out yet."""
        return any(clock.id == item.clock_id and clock.provisional for clock in self.clocks)

    def party_label(self, key: str | None) -> str:
        """What a party is called; empty where nobody but the petitioner is one."""
        return next((each.label for each in self.parties if each.key == (key or PETITIONER)), "")


def case_view(session: Session, viewer: Viewer, case_id: UUID, *, vault: Vault, locale: str = "zh_CN") -> CaseView:
    """Return a case as `viewer` may see it.

    Args:
        locale: of the names that come from the process package.

    Raises:
        NotFound: there is no such case, or the viewer may not know of it.
        Forbidden: the viewer has nothing to do with it.
    """
    case = get_case(session, case_id)
    subject = subject_of(session, case)
    require(viewer, Action.VIEW_CASE, subject)
    visible = visible_fields(viewer, subject)
    place = session.get_one(OrgUnit, case.place_id)
    clocks = clocks_of(session, case.id) if visible & {Field.CLOCKS, Field.DUE} else []
    version = _version(session, case.id)
    work = open_work(session, case.id) if Field.OWNER in visible else []
    # what else the petitioner has to do with the authorities is not another party's business
    linked = linked_cases(session, viewer, case, locale) if viewer.party is None else []
    return CaseView(
        case=case,
        subject=subject,
        visible=visible,
        outcome=version.outcome_name(case.state, locale) if version and case.is_over else None,
        place=place.name if Field.PLACE in visible else None,
        title=case.title if Field.TITLE in visible else None,
        text=case.text if Field.TEXT in visible else None,
        address=case.address if Field.ADDRESS in visible else None,
        petitioner=_petitioner(case, visible, vault),
        parties=parties_of(session, case, viewer, visible, vault=vault, version=version, locale=locale),
        attachments=_attachments(session, viewer, case.id) if Field.ATTACHMENTS in visible else [],
        documents=documents_of(session, case.id) if Field.DOCUMENTS in visible else [],
        category=_category(version, case, locale) if Field.CATEGORY in visible else None,
        clocks=clocks,
        clock_names={c.id: version.element_name(c.process_id, c.element_id, locale) for c in clocks if version},
        task_names=task_names(session, [each.item.id for each in work], locale),
        work=work,
        events=_family_events(session, viewer, case, visible, linked),
        linked=linked,
    )


def _attachments(session: Session, viewer: Viewer, case_id: UUID) -> list[Attachment]:
    """The files; of what staff keep among themselves nothing for a resident."""
    found = attachments_of(session, case_id)
    return [each for each in found if not each.internal] if viewer.kind == ActorKind.RESIDENT else found


def _version(session: Session, case_id: UUID) -> LoadedVersion | None:
    found = session.scalar(
        select(Instance.version_id).where(Instance.case_id == case_id).order_by(Instance.started_at.desc()).limit(1)
    )
    if found is None:
        return None
    try:
        return load(session, found)
    except EngineError:
        return None  # a version that cannot be read any more costs a page its names, not the page


def _category(version: LoadedVersion | None, case: Case, locale: str) -> str:
    return version.category_name(case.category, locale) if version is not None else case.category


def _petitioner(case: Case, visible: frozenset[Field], vault: Vault) -> dict[str, Any]:
    wanted = {"name"} if Field.PETITIONER_NAME in visible else set()
    wanted |= {"phone", "email"} if Field.PETITIONER_CONTACT in visible else set()
    if not wanted:
        return {}
    return {key: value for key, value in vault.open(case.personal, case.id).items() if key in wanted and value}


def _family_events(
    session: Session, viewer: Viewer, case: Case, visible: frozenset[Field], linked: list[Linked]
) -> list[AuditEvent]:
    """Return one story of a case and those that it is linked with, each as far as the viewer may read it: the
    petitioner of one is that of all."""
    events = _events(session, case.id, visible)
    petitioner = viewer.kind == ActorKind.RESIDENT
    others = [each.case for each in linked if each.opens or petitioner]
    subjects = subjects_of(session, others)
    for other in others:
        reader = resident_viewer(other.id) if petitioner else viewer
        events += _events(session, other.id, visible_fields(reader, subjects[other.id]))
    return sorted(events, key=lambda event: event.at) if others else events


def _events(session: Session, case_id: UUID, visible: frozenset[Field]) -> list[AuditEvent]:
    if Field.TIMELINE_INTERNAL in visible:
        return timeline(session, case_id)
    if Field.TIMELINE in visible:
        return [event for event in timeline(session, case_id) if _is_public(event)]
    return []


def _is_public(event: AuditEvent) -> bool:
    """Whether residents are told: what staff take up of the process is their work, and shows in what comes of it."""
    by_staff = event.tag == Tag.CASE_OFFER_TAKEN and event.actor_kind == ActorKind.STAFF
    if by_staff and event.data.get("assisted"):
        return True  # what the petitioner said, and somebody wrote down
    return event.tag in PUBLIC_TAGS and not by_staff


def clocks_of(session: Session, case_id: UUID) -> list[Clock]:
    """Return a case's clocks: running ones first, the statutory one before internal ones, then by date."""
    clocks = session.scalars(select(Clock).where(Clock.case_id == case_id)).all()
    running = (ClockState.RUNNING, ClockState.SUSPENDED)
    return sorted(clocks, key=lambda c: (c.state not in running, c.kind != "statutory", c.due_at))


def open_work(session: Session, case_id: UUID) -> list[OpenWork]:
    """Return a case's open work items with the names of their units and owners, soonest due first."""
    return open_work_of(session, [case_id]).get(case_id, [])


def open_work_of(session: Session, case_ids: Collection[UUID]) -> dict[UUID, list[OpenWork]]:
    """Return the same of several cases, by case; one without open work is missing."""
    rows = session.execute(
        select(WorkItem, OrgUnit.name, Staff.name)
        .outerjoin(OrgUnit, OrgUnit.id == WorkItem.unit_id)
        .outerjoin(Staff, Staff.id == WorkItem.owner_id)
        .where(WorkItem.case_id.in_(case_ids), WorkItem.state.in_(LIVE))
        .order_by(WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.id)
    )
    found: dict[UUID, list[OpenWork]] = {}
    for item, unit, owner in rows:
        found.setdefault(item.case_id, []).append(OpenWork(item=item, unit=unit or "", owner=owner))
    return found


def note_personal_read(session: Session, view: CaseView, actor: Actor, now: datetime) -> None:
    """Record, at most once a day, that a member of staff read who the resident and the parties are."""
    seen = set(view.petitioner) | {f"{each.key}.{name}" for each in view.parties[1:] for name in each.person}
    note_read(session, view.case, seen, actor, now)


def note_read(session: Session, case: Case, seen: set[str], actor: Actor, now: datetime) -> None:
    """Record that a member of staff read personal fields, those left out that are on record for today.

    Args:
        seen: names of the fields, of a party beside the petitioner with its key and a dot before.

    Source: 个人信息保护法 art. 51: access is controlled and recorded.
    """
    if actor.kind is not ActorKind.STAFF or not seen:
        return
    known = session.scalars(
        select(AuditEvent.data).where(
            AuditEvent.case_id == case.id,
            AuditEvent.tag == Tag.CASE_PERSONAL_READ,
            AuditEvent.actor_id == actor.id,
            AuditEvent.at > now - _READ_ONCE,
        )
    )
    if not seen <= {name for data in known for name in data.get("fields", ())}:
        with writing(session):
            record(
                session,
                tag=Tag.CASE_PERSONAL_READ,
                actor=actor,
                at=now,
                jurisdiction=case.jurisdiction,
                case_id=case.id,
                data={"fields": sorted(seen)},
            )


def is_provisional(session: Session, item: WorkItem) -> bool:
    """Say whether the date of a task counts a year whose notice is not out yet."""
    clock = session.get(Clock, item.clock_id) if item.clock_id else None
    return clock is not None and clock.provisional


def item_facts(session: Session, item: WorkItem) -> dict[str, Any]:
    """Return a work item with the names that a program shows, by the keys of an inbox row."""
    case = get_case(session, item.case_id)
    unit = session.get(OrgUnit, item.unit_id) if item.unit_id else None
    owner = session.get(Staff, item.owner_id) if item.owner_id else None
    own = ("id", "name", "element_id", "process_id", "role", "state", "owner_id", "due_at", "created_at", "case_id")
    facts = {key: getattr(item, key) for key in own}
    facts["provisional"] = is_provisional(session, item)
    names = {"unit_name": unit.name if unit else None, "owner_name": owner.name if owner else None}
    return facts | names | {"case_number": case.number, "case_title": case.title}
