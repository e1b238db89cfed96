"""A matter is filed: one case, its photos, its process started and its receipt, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.accusing import refuse_the_accused, seal, sealing_of
from engine.cases.attachments import StagedPhoto, add_photos
from engine.cases.kinds import read_start
from engine.cases.models import Case, CaseState
from engine.cases.numbers import take_number
from engine.cases.parties import NewParty, add_parties
from engine.cases.search import index_case
from engine.cases.vault import Receipt, Vault
from engine.clock import CHINA
from engine.db import new_id, writing
from engine.definitions import LoadedVersion, active_version_id, load
from engine.errors import Invalid, NotFound
from engine.forms.messages import N_
from engine.instances.runtime import Runtime
from engine.organisation.models import GRID, OrgUnit
from engine.organisation.passwords import hash_password
from engine.organisation.service import place_facts, unit_by_code

#: Where matters come from; any of them, as article 17 of the petition regulation wants it.
CHANNELS: Final = ("portal", "grid", "hotline", "letter", "visit", "api")
PLACE_UNKNOWN: Final = N_("Pick a place from the list.")


@dataclass(frozen=True, kw_only=True)
class Filing:
    """A matter as it was handed in.

    Args:
        place: code of a grid unit.
        reach: how they want to be told, one of `engine.cases.reaching.REACHES`; empty: they did not say.
        kind: key of the process that it is filed for.
        start: what was entered into the start form of that process, as it was sent.
        parties: other people whom it concerns, where that process knows parties.
        known: whoever files it thinks that it may be a matter that was there already.
    """

    title: str
    text: str
    place: str
    name: str
    category: str = ""
    channel: str = "portal"
    address: str = ""
    phone: str = ""
    email: str = ""
    reach: str = ""
    name_hidden: bool = True
    locale: str = "zh_CN"
    kind: str = "petition"
    start: Mapping[str, Any] = field(default_factory=dict)
    parties: tuple[NewParty, ...] = ()
    known: bool = False


@dataclass(frozen=True, kw_only=True)
class Filed:
    """The case and what the resident takes home. `again` is true when the same form had been sent before."""

    case: Case
    receipt: Receipt
    again: bool


def file_case(
    session: Session,
    filing: Filing,
    *,
    jurisdiction: str,
    submission: str,
    vault: Vault,
    runtime: Runtime,
    actor: Actor,
    now: datetime,
    photos: Sequence[StagedPhoto] = (),
) -> Filed:
    """File a matter and start its process.

    Args:
        submission: the form's random token. The same token a second time (a double click, a reload, a retry after a
            lost answer) returns the first case and the same receipt.

    Raises:
        Invalid: the place is not in the grid; there are too many photos; the start form has mistakes.
        NotFound: no process of this kind is deployed.
        Conflict: it takes no parties, or none of that role, or not so many.
        Forbidden: it is an accusation, and whoever writes it down belongs to an accused unit.
    """
    receipt, key = vault.receipt(submission), vault.submission_mac(submission)
    if (known := _by_submission(session, key)) is not None:
        return Filed(case=known, receipt=receipt, again=True)
    pin_hash = hash_password(receipt.pin)  # slow on purpose: not while the write lock is held
    try:
        with writing(session):
            place = _place(session, jurisdiction, filing.place)
            version = load(session, active_version_id(session, filing.kind))
            started = read_start(session, version, filing.start, jurisdiction=jurisdiction, now=now)
            case = _add_case(session, filing, place, version=version, vault=vault, now=now)
            case.tracking_hmac = vault.tracking_mac(receipt.tracking_code)
            case.pin_hash, case.submission_key = pin_hash, key
            data = started | start_data(session, case, place)
            _keep_apart(session, case, version, data, actor, now)
            index_case(session, case, without=[filing.name])
            facts: dict[str, Any] = {
                "channel": filing.channel, "place": place.code, "category": filing.category,
            } | ({"known": True} if filing.known else {})  # fmt: skip
            record(session, tag=Tag.CASE_FILED, actor=actor, at=now, jurisdiction=jurisdiction, case_id=case.id,
                   data=facts)  # fmt: skip
            add_photos(session, case, photos, actor=actor, now=now)
            add_parties(session, case, filing.parties, version=version, vault=vault, actor=actor, now=now)
            runtime.start(
                session,
                case_id=case.id,
                jurisdiction=jurisdiction,
                key=filing.kind,
                data=data,
                actor=actor,
                now=now,
            )
            case.state = CaseState.RUNNING
    except IntegrityError:
        # Two copies of one form at the same moment: the database let one through.
        if (known := _by_submission(session, key)) is None:
            raise
        return Filed(case=known, receipt=receipt, again=True)
    return Filed(case=case, receipt=receipt, again=False)


def _keep_apart(
    session: Session, case: Case, version: LoadedVersion, data: Mapping[str, Any], actor: Actor, now: datetime
) -> None:
    """Seal an accusation before anything else is written of it."""
    sealing = sealing_of(session, version, data, jurisdiction=case.jurisdiction, now=now)
    if sealing is not None:
        case.sealed = case.name_hidden = True
        session.flush()
        seal(session, sealing, case)
        refuse_the_accused(session, case, actor)


def start_data(session: Session, case: Case, place: OrgUnit) -> dict[str, object]:
    """Return what the process knows of a case: facts of the matter and its place, nothing of the person."""
    return {
        "case": {
            "id": str(case.id),
            "number": case.number,
            "kind": case.kind,
            "title": case.title,
            "category": case.category,
            "channel": case.channel,
            "filed_at": case.filed_at,
        },
        "place": place_facts(session, place),
    }


def by_receipt(session: Session, submission: str, *, vault: Vault) -> Filed:
    """Return the case that a form's token made, for the page that shows the receipt.

    Raises:
        NotFound: no such form was sent.
    """
    case = _by_submission(session, vault.submission_mac(submission))
    if case is None:
        raise NotFound("receipt-not-found", "There is no receipt here. Follow your matter with its number and PIN.")
    return Filed(case=case, receipt=vault.receipt(submission), again=True)


def _by_submission(session: Session, key: str) -> Case | None:
    return session.scalar(select(Case).where(Case.submission_key == key))


def _place(session: Session, jurisdiction: str, code: str) -> OrgUnit:
    try:
        place = unit_by_code(session, jurisdiction, code)
    except NotFound:
        place = None
    if place is None or place.kind not in GRID or not place.active:
        raise Invalid(
            "place-unknown",
            "{place} is not a place of the grid. Pick the community, estate or building from the list.",
            place=code,
            fields={"place": [PLACE_UNKNOWN]},
        )
    return place


def _add_case(
    session: Session, filing: Filing, place: OrgUnit, *, version: LoadedVersion, vault: Vault, now: datetime
) -> Case:
    case_id: UUID = new_id()
    year = now.astimezone(CHINA).year
    sequence = take_number(session, place.jurisdiction, f"case:{version.prefix}:{year}")
    contact = {name: getattr(filing, name) for name in ("name", "phone", "email", "reach", "locale")}
    case = Case(
        id=case_id,
        jurisdiction=place.jurisdiction,
        number=f"{version.prefix}{year}-{sequence:06}",
        kind=version.key,
        title=filing.title,
        text=filing.text,
        category=filing.category,
        channel=filing.channel,
        place_id=place.id,
        address=filing.address,
        name_hidden=filing.name_hidden,
        personal=vault.seal(contact, case_id),
        filed_at=now,
    )
    session.add(case)
    return case
