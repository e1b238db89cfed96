"""What a process offers people to do now beside their tasks: take back, refuse, object, ask for a review.

An offer is a message event with `chuishao:offer`. While the process waits for it, whoever it names finds a button.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import feel
from engine.audit import Actor, ActorKind, AuditEvent, Tag
from engine.cases.assisting import is_involved, is_proof_wanted, keep_proof, require_way
from engine.cases.attachments import StagedPhoto
from engine.cases.models import Case
from engine.cases.party import PETITIONER
from engine.cases.subject import subject_of
from engine.definitions import LoadedVersion, load
from engine.errors import Conflict, EngineError, Forbidden
from engine.instances.models import Instance
from engine.instances.offices import find_office
from engine.instances.reading import latest_instance, waiting_messages
from engine.instances.receiving import over
from engine.instances.runtime import Runtime
from engine.organisation.models import OrgUnit
from engine.organisation.policy import Action, CaseSubject, Relation, Standing, Viewer, may, relations, require
from engine.spiff import ElementOutline, WaitingMessage

#: Values of `chuishao:offer` that are no role of staff: who filed the matter, and everybody whom it concerns.
RESIDENT: Final = "resident"
PARTY: Final = "party"
#: Staff who may take up an offer that names no unit: who has the matter, could take it, or did a step of it.
_INVOLVED: Final = (Relation.ASSIGNEE, Relation.PARTICIPANT)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Something that a viewer may do now.

    Args:
        id: of the waiting event, new each time that it waits; a second use of the same one changes nothing.
        element_id, process_id: the event.
        name: what the button says, in the reader's language.
        explanation: what comes of it, in the reader's language; may be empty.
        form_id: form that is filled in first; None: a question is asked and nothing is entered.
        ends: it ends what is under way, rather than adding to it.
        data: what the event sees, for its form.
        sender: in what capacity the viewer may: `role`, and `party` or `unit` and `staff`.
        assisted: it is the petitioner's, and the viewer may enter what they said by telephone, on paper or at the
            counter.
        signed: then what they signed has to be attached.
    """

    id: str
    element_id: str
    process_id: str
    instance_id: UUID
    name: str
    explanation: str
    form_id: str | None
    ends: bool
    data: Mapping[str, Any]
    sender: Mapping[str, str]
    signed: bool = False

    @property
    def assisted(self) -> bool:
        return self.sender["role"] == RESIDENT and "staff" in self.sender


def offers(session: Session, case: Case, viewer: Viewer, *, now: datetime, locale: str = "zh_CN") -> list[Offer]:
    """Return what the process of `case` offers `viewer` to do now, in the order of the diagram.

    Args:
        locale: of names and explanations.
    """
    instance = latest_instance(session, case.id)
    version = _version(session, instance)
    if instance is None or version is None or case.is_over:
        return []
    subject = subject_of(session, case)
    if not may(viewer, Action.VIEW_CASE, subject):
        return []
    found = []
    for waiting in waiting_messages(session, instance.id):
        element = version.element(waiting.process_id, waiting.element_id)
        if element is None or not element.settings.get("offer"):
            continue
        sender = _capacity(session, viewer, subject, element, waiting.data, now)
        if sender is not None:
            found.append(_offer(version, instance.id, element, waiting, sender, locale))
    order = list(version.definitions.processes)
    return sorted(found, key=lambda each: (order.index(each.process_id), _position(version, each)))


def find_offer(
    session: Session, case: Case, key: str, viewer: Viewer, *, now: datetime, locale: str = "zh_CN"
) -> Offer:
    """Return one offer.

    Args:
        key: its id, or the id of its event.

    Raises:
        Forbidden, NotFound: the viewer may not know of the case.
        Conflict: `offer-over`: there is none such now, or not for this viewer.
    """
    require(viewer, Action.VIEW_CASE, subject_of(session, case))
    found = offers(session, case, viewer, now=now, locale=locale)
    offer = next((each for each in found if key in (each.id, each.element_id)), None)
    if offer is None:
        raise over()
    return offer


def send_offer(
    session: Session,
    case: Case,
    key: str,
    submitted: Mapping[str, Any],
    *,
    viewer: Viewer,
    actor: Actor,
    runtime: Runtime,
    now: datetime,
    way: str = "",
    proof: Sequence[StagedPhoto] = (),
) -> bool:
    """Take up an offer: the process gets its message.

    Args:
        key: the offer's id, or the id of its event.
        submitted: what its form sent, nested; becomes data behind the event, beside `sender`.
        way: how the petitioner said so, one of `assisting.ways`, where staff enter it for them; the story has it.
        proof: what they signed, where staff enter it for them; only staff see it.

    Returns:
        False when the same sender had done just this before (a double click): nothing was changed.

    Raises:
        Forbidden, NotFound: the viewer may not know of the case.
        Invalid: the form has mistakes; `assisted-way`: it is not said how the word came; `assisted-proof`: what
            was signed is missing. Nothing was changed.
        Conflict: `offer-over`; `instance-stopped`; `step-failed`: what was entered is kept with the incident.
    """
    try:
        offer = find_offer(session, case, key, viewer, now=now)
        if offer.assisted:
            require_way(way, signed=offer.signed, proof=proof)
        sender = {**offer.sender, **({"assisted": way} if offer.assisted else {})}
        runtime.receive(session, offer.instance_id, offer.id, submitted, sender=sender, actor=actor, now=now)
        if offer.assisted:
            keep_proof(session, case, proof, actor=actor, now=now)
    except (Conflict, Forbidden):
        if _done_before(session, case, key, actor):
            return False
        raise
    return True


def _done_before(session: Session, case: Case, key: str, actor: Actor) -> bool:
    """Has this sender taken up this very offer?"""
    events = session.execute(
        select(AuditEvent.actor_kind, AuditEvent.actor_id, AuditEvent.data).where(
            AuditEvent.case_id == case.id, AuditEvent.tag.in_((Tag.CASE_OFFER_TAKEN, Tag.CASE_WITHDRAWN))
        )
    )
    return any(
        (kind, actor_id) == (actor.kind, actor.id) and data.get("waiting") == key for kind, actor_id, data in events
    )


def _party(viewer: Viewer) -> str | None:
    return (viewer.party or PETITIONER) if viewer.kind is ActorKind.RESIDENT else None


def _version(session: Session, instance: Instance | None) -> LoadedVersion | None:
    """The version that an instance runs on, None where its diagrams offer nothing."""
    if instance is None:
        return None
    try:
        version = load(session, instance.version_id)
    except EngineError:
        return None  # a version that cannot be read any more costs a page its offers, not the page
    every = (each for process in version.definitions.processes.values() for each in process.elements.values())
    return version if any("offer" in each.settings for each in every) else None


def _capacity(
    session: Session, viewer: Viewer, subject: CaseSubject, element: ElementOutline, data: Mapping[str, Any],
    now: datetime,
) -> dict[str, str] | None:  # fmt: skip
    """In what capacity the viewer may take up an offer; None when they may not."""
    named = [each.strip() for each in element.settings["offer"].split(";")]
    party = _party(viewer)
    if party is not None:
        only = _value(element.settings.get("party", ""), data, now)
        if RESIDENT in named and party == PETITIONER:
            return {"role": RESIDENT, "party": party}
        return {"role": PARTY, "party": party} if PARTY in named and only in (None, party) else None
    for standing in viewer.standings:
        if (
            standing.role in named
            and viewer.staff_id
            and _is_at(session, viewer, standing, subject, element, data, now)
        ):
            unit = session.get_one(OrgUnit, standing.unit_id).code
            return {"role": standing.role.value, "unit": unit, "staff": str(viewer.staff_id)}
    helping = [each.strip() for each in element.settings.get("assisted", "").split(";")]
    if RESIDENT in named and viewer.staff_id and is_involved(relations(viewer, subject), helping):
        return {"role": RESIDENT, "party": PETITIONER, "staff": str(viewer.staff_id)}
    return None


def _is_at(
    session: Session, viewer: Viewer, standing: Standing, subject: CaseSubject, element: ElementOutline,
    data: Mapping[str, Any], now: datetime,
) -> bool:  # fmt: skip
    """Is this membership one that the offer means: of its unit, or without one, of those who have the matter?"""
    source = element.settings.get("offer.unit", "")
    if not source.strip():
        held = relations(viewer, subject)
        return any((standing.role, relation) in held for relation in _INVOLVED)
    code = _value(source, data, now)
    if not isinstance(code, str) or not code:
        return False
    try:
        office = find_office(session, jurisdiction=subject.jurisdiction, role=standing.role, unit_code=code)
    except EngineError:
        return False  # nobody holds the role there
    return office.unit_id == standing.unit_id


def _value(source: str, data: Mapping[str, Any], now: datetime) -> Any:
    """What a setting gives; None where it is empty, or its expression cannot be computed."""
    source = source.strip()
    if not source.startswith("="):
        return source or None
    try:
        return feel.lower(feel.evaluate(source[1:], data, now=now).value)
    except EngineError:
        return None


def _offer(
    version: LoadedVersion,
    instance_id: UUID,
    element: ElementOutline,
    waiting: WaitingMessage,
    sender: Mapping[str, str],
    locale: str,
) -> Offer:
    words = version.texts.get("offers", {}).get(element.id, {})
    explained = words.get("explanation", {})
    named = version.element_name(element.process_id, element.id, locale)
    return Offer(
        id=waiting.id,
        element_id=element.id,
        process_id=element.process_id,
        instance_id=instance_id,
        name=str(words.get(locale) or named),
        explanation=str(explained.get(locale) or (element.documentation if locale == "zh_CN" else "")),
        form_id=element.settings.get("offer.form") or None,
        ends=element.kind == "boundaryEvent" and element.interrupting,
        data=waiting.data,
        sender=sender,
        signed=is_proof_wanted(element.settings),
    )


def _position(version: LoadedVersion, offer: Offer) -> int:
    return list(version.definitions.processes[offer.process_id].elements).index(offer.element_id)
