"""Service by hand or by post: recorded by staff, taken back when it was wrong, and what depends on its date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.attachments import StagedPhoto, add_files
from engine.cases.models import Case, Document
from engine.cases.party import PETITIONER
from engine.cases.service_record import ServiceRecord
from engine.clock import CHINA
from engine.db import new_id, writing
from engine.deadlines.models import LIVE as COUNTING
from engine.deadlines.models import Clock
from engine.deadlines.recounting import correct_start
from engine.errors import Conflict, EngineError, Invalid, NotFound
from engine.forms.messages import N_
from engine.instances.reading import latest_instance, version_of, waiting_messages
from engine.instances.runtime import Runtime
from engine.organisation.models import Staff
from engine.tasks.models import LIVE, WorkItem
from engine.tasks.permission import may_take

HOW: Final = ("person", "post", "left")
RECEIVERS: Final = ("self", "family", "agent", "unit", "witness")
#: Message to the process of the case; with `document` (key of the template), `served_at`, `how`, `party`.
SERVED: Final = "document-served"
TOO_EARLY: Final = N_("The document was issued only after this.")
TOO_LATE: Final = N_("This is not yet past.")
REASON_MISSING: Final = N_("Please fill in this field.")


@dataclass(frozen=True, kw_only=True)
class Service:
    """What staff say of a service. `how` is one of `HOW`, `received_by` one of `RECEIVERS`."""

    how: str
    served_at: datetime
    received_by: str
    party: str = PETITIONER
    tracking_number: str = ""
    note: str = ""


def services_of(session: Session, document: Document) -> list[ServiceRecord]:
    """Return the services of a document, those that were taken back included, first things first."""
    found = select(ServiceRecord).where(ServiceRecord.document_id == document.id)
    return list(session.scalars(found.order_by(ServiceRecord.recorded_at, ServiceRecord.id)))


def record_service(
    session: Session,
    case: Case,
    document: Document,
    service: Service,
    *,
    runtime: Runtime,
    actor: Actor,
    now: datetime,
    staff: Staff | None = None,
    scan: Sequence[StagedPhoto] = (),
) -> ServiceRecord:
    """Record that a document was served.

    A process that waits for it hears of it by the message `document-served`, and a task of `staff` that is there to
    record this service is done with it. Clocks that ran from the date of a record
    which was taken back as wrong run from this one. Whether the actor may is the caller's to say.

    Raises:
        Invalid: `service-date`: before the document was issued, or not yet past. Nothing was kept.
        Conflict: the process is stopped, or its step failed. Nothing was kept.
    """
    _check(service, document, now)
    with writing(session):
        earlier = services_of(session, document)
        same = [each for each in earlier if each.revoked_at is None and _says(each) == _asked(service)]
        if same:
            return same[0]  # a double click
        files = add_files(session, case, scan, actor=actor, now=now, internal=True) if scan else []
        row = ServiceRecord(
            id=new_id(), case_id=case.id, jurisdiction=case.jurisdiction, document_id=document.id,
            tracking_number=service.tracking_number, note=service.note, received_by=service.received_by,
            party=service.party, how=service.how, served_at=service.served_at,
            attachment_id=files[0].id if files else None, recorded_by=actor.id or actor.kind.value, recorded_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        _note(session, Tag.CASE_DOCUMENT_SERVED, document, row, actor, now)
        for wrong in earlier:
            if wrong.revoked_at is not None and wrong.party == row.party:
                _move_windows(session, case, wrong.served_at, row.served_at, document=document, actor=actor, now=now)
        _tell_process(session, case, document, row, runtime=runtime, actor=actor, now=now)
        for item in serving_tasks(session, case, document, staff, now) if staff is not None else ():
            runtime.complete(session, item.id, task_answers(session, item, service), actor=actor, now=now)
    return row


def revoke_service(
    session: Session, document: Document, record_id: UUID, reason: str, *, actor: Actor, now: datetime
) -> ServiceRecord:
    """Take a record back that is wrong; it stays to be read, with the reason.

    What ran from its date runs on until the right one is recorded.

    Raises:
        NotFound: the document has no such record.
        Invalid: there is no reason.
        Conflict: it was taken back before.
    """
    if not reason.strip():
        raise Invalid("service-reason", "Say why the record of service is wrong.", fields={"reason": [REASON_MISSING]})
    with writing(session):
        row = session.get(ServiceRecord, record_id, with_for_update=True)
        if row is None or row.document_id != document.id:
            raise NotFound("service-unknown", "This document has no such record of service.")
        if row.revoked_at is not None:
            raise Conflict("service-revoked", "This record of service was taken back already.")
        row.revoked_at, row.revoked_by, row.revoked_reason = now, actor.id, reason.strip()[:300]
        _note(session, Tag.CASE_SERVICE_REVOKED, document, row, actor, now)
        session.flush()
    return row


def serving_tasks(session: Session, case: Case, document: Document, staff: Staff, now: datetime) -> list[WorkItem]:
    """Return the open tasks that record the service of a document in the diagram (`chuishao:serves`) and that `staff`
    may do: recorded once, both are done."""
    found = []
    for item in session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.state.in_(LIVE))).all():
        if document.kind != _serves(session, item):
            continue
        if item.owner_id == staff.id or (item.owner_id is None and _can_take(session, item, staff, now)):
            found.append(item)
    return found


def _can_take(session: Session, item: WorkItem, staff: Staff, now: datetime) -> bool:
    try:
        may_take(session, item, staff, now=now)
    except EngineError:
        return False
    return True


def task_answers(session: Session, item: WorkItem, service: Service) -> dict[str, Any]:
    """Return what a task that records service is answered with: its fields whose names end as these do."""
    version = version_of(session, item.instance_id)
    element = version.element(item.process_id, item.element_id)
    form = version.form(element.form_id) if element is not None and element.form_id else None
    said: Mapping[str, Any] = {
        "served_at": service.served_at.astimezone(CHINA).isoformat(),
        "served_how": service.how,
        "served_note": service.note or service.tracking_number or service.received_by,
    }
    names = [part.path[0] for part in form.walk() if part.path] if form is not None else []
    return {name: value for name in names for key, value in said.items() if name.endswith(key)}


def _serves(session: Session, item: WorkItem) -> str | None:
    """The document whose service a task records."""
    try:
        version = version_of(session, item.instance_id)
    except EngineError:
        return None  # a version that cannot be read any more costs the page this form, not the page
    element = version.element(item.process_id, item.element_id)
    return element.settings.get("serves") if element is not None else None


def _check(service: Service, document: Document, now: datetime) -> None:
    early = service.served_at.astimezone(CHINA).date() < document.issued_at.astimezone(CHINA).date()
    if early or service.served_at > now:
        wrong = TOO_EARLY if early else TOO_LATE
        raise Invalid(
            "service-date",
            "A document is served after it was issued and not in the future. Correct the date; nothing was recorded.",
            fields={"served_at": [wrong]},
        )


def _says(row: ServiceRecord) -> tuple[object, ...]:
    return (row.party, row.how, row.served_at, row.tracking_number)


def _asked(service: Service) -> tuple[object, ...]:
    return (service.party, service.how, service.served_at, service.tracking_number)


def _note(session: Session, tag: Tag, document: Document, row: ServiceRecord, actor: Actor, now: datetime) -> None:
    data = {
        "document": str(document.id), "number": document.number, "how": row.how, "record": str(row.id),
        "party": row.party, "served_at": row.served_at.isoformat(), "received_by": row.received_by,
    }  # fmt: skip
    if row.revoked_at is not None:
        data["reason"] = row.revoked_reason
    record(
        session, tag=tag, actor=actor, at=now, jurisdiction=document.jurisdiction, case_id=document.case_id, data=data
    )


def _move_windows(
    session: Session, case: Case, before: datetime, after: datetime, *, document: Document, actor: Actor, now: datetime
) -> None:
    """Let the clocks that ran from a date of service that was wrong run from the right one."""
    found = select(Clock.id).where(Clock.case_id == case.id, Clock.started_at == before, Clock.state.in_(COUNTING))
    for clock_id in session.scalars(found).all() if before != after else ():
        correct_start(session, clock_id, after, reason=document.number, now=now, actor=actor)


def _tell_process(
    session: Session, case: Case, document: Document, row: ServiceRecord, *, runtime: Runtime, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    instance = latest_instance(session, case.id)
    if instance is None or not any(each.name == SERVED for each in waiting_messages(session, instance.id)):
        return
    said = {"document": document.kind, "served_at": row.served_at, "how": row.how, "party": row.party}
    runtime.send_message(session, instance.id, SERVED, said, actor=actor, now=now)
