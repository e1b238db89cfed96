"""The parties of a case: who they are, who adds them, what a process knows of them, how they are reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, ActorKind, Tag, record
from engine.cases.indexing import index_again
from engine.cases.models import Case
from engine.cases.party import APPLICANT, PETITIONER, CaseParty
from engine.cases.reaching import recipient_of
from engine.cases.subject import subject_of
from engine.cases.vault import Vault
from engine.db import writing
from engine.definitions import LoadedVersion
from engine.errors import Conflict, Forbidden, NotFound
from engine.instances.hooks import Step
from engine.notices import Recipient
from engine.organisation.policy import Action, Field, Viewer, may
from engine.spiff import ServiceCall

#: zeebe:taskDefinition type of the service that puts the list of parties into the data.
PARTIES: Final = "parties"
#: What the roles of parties are called where a package says nothing.
_ROLES: Final[Mapping[str, Mapping[str, str]]] = {
    APPLICANT: {"zh_CN": "申请人", "en": "Applicant"},
    "respondent": {"zh_CN": "被申请人", "en": "Respondent"},
    "third": {"zh_CN": "第三人", "en": "Third party"},
}
_OTHERS: Final = ("respondent", "third")
#: The most parties of a case where a package says nothing: one digit is enough for their keys.
_MOST: Final = 9


@dataclass(frozen=True, kw_only=True)
class NewParty:
    """Somebody to be added. `role` is one of those that the package names, never `applicant`."""

    name: str
    phone: str = ""
    address: str = ""
    email: str = ""
    role: str = _OTHERS[0]
    locale: str = "zh_CN"


@dataclass(frozen=True, kw_only=True)
class PartyView:
    """A party as one viewer may see it.

    Args:
        label: what the role is called, numbered where several share it: 被申请人2.
        person: keys `name`, `phone`, `address`, `email` as far as they may be seen.
        slip_at: when the last slip was printed; None for the petitioner, and before the first.
    """

    key: str
    role: str
    label: str
    person: Mapping[str, str]
    slip_at: datetime | None


def allowed(version: LoadedVersion) -> tuple[int, int] | None:
    """Return how many other parties a case of this package needs and may have; None where it knows no parties."""
    said = version.package.manifest.get("parties")
    if not isinstance(said, Mapping):
        return None
    return int(said.get("min", 0)), min(int(said.get("max", _MOST - 1)), _MOST - 1)


def party_roles(version: LoadedVersion, locale: str) -> dict[str, str]:
    """Return the roles that somebody beside the petitioner can have: key → name in the reader's language."""
    said = version.package.manifest.get("parties")
    listed = said.get("roles") if isinstance(said, Mapping) else None
    if not isinstance(listed, list) or not listed:
        return {key: _ROLES[key].get(locale) or _ROLES[key]["zh_CN"] for key in _OTHERS}
    named = {each["key"]: each.get("name", {}) for each in listed if each["key"] != APPLICANT}
    return {key: str(names.get(locale) or names.get("zh_CN") or key) for key, names in named.items()}


def rows_of(session: Session, case_id: UUID, *, former: bool = False) -> list[CaseParty]:
    """Return the parties of a case beside the petitioner, in the order in which they came.

    Args:
        former: also those who were removed.
    """
    found = select(CaseParty).where(CaseParty.case_id == case_id).order_by(CaseParty.key)
    return list(session.scalars(found if former else found.where(CaseParty.removed_at.is_(None))))


def get_party(session: Session, case_id: UUID, key: str) -> CaseParty:
    """Return a party of a case, not the petitioner.

    Raises:
        NotFound: the case has none of this key, or no longer.
    """
    found = session.scalar(select(CaseParty).where(CaseParty.case_id == case_id, CaseParty.key == key))
    if found is None or found.removed_at is not None:
        raise NotFound("party-unknown", "This matter has no party {party}.", party=key)
    return found


def labels(session: Session, case_id: UUID, version: LoadedVersion | None, locale: str) -> dict[str, str]:
    """Return what each party of a case is called, by its key: a role, numbered where several share it."""
    roles = [(PETITIONER, APPLICANT), *((row.key, row.role) for row in rows_of(session, case_id, former=True))]
    names = {key: each.get(locale) or each["zh_CN"] for key, each in _ROLES.items()}
    if version is not None:
        names |= party_roles(version, locale) | _applicant(version, locale)
    sharing = [role for _, role in roles]
    numbered: dict[str, str] = {}
    for place, (key, role) in enumerate(roles):
        name = names.get(role, role)
        numbered[key] = f"{name}{sharing[: place + 1].count(role)}" if sharing.count(role) > 1 else name
    return numbered


def _applicant(version: LoadedVersion, locale: str) -> dict[str, str]:
    said = version.package.manifest.get("parties")
    names = said.get(APPLICANT) if isinstance(said, Mapping) else None
    name = (names.get(locale) or names.get("zh_CN")) if isinstance(names, Mapping) else None
    return {APPLICANT: str(name)} if name else {}


def parties_of(
    session: Session, case: Case, viewer: Viewer, visible: frozenset[Field], *, vault: Vault,
    version: LoadedVersion | None, locale: str,
) -> list[PartyView]:  # fmt: skip
    """Return the parties of a case as `viewer` may see them, the petitioner first; empty where nobody else is one.

    Names are for who may see whose matter it is. How somebody is reached is for staff who may reach the petitioner,
    and of a party's own data for that party: never for another party.
    """
    rows = rows_of(session, case.id)
    if not rows:
        return []
    called = labels(session, case.id, version, locale)
    own = (viewer.party or PETITIONER) if viewer.kind is ActorKind.RESIDENT else None

    def shown(key: str, person: Mapping[str, Any]) -> dict[str, str]:
        contact = key == own if own is not None else Field.PETITIONER_CONTACT in visible
        wanted = ["name"] if Field.PETITIONER_NAME in visible else []
        wanted += ["phone", "address", "email"] if contact else []
        return {name: str(person[name]) for name in wanted if person.get(name)}

    first = shown(PETITIONER, vault.open(case.personal, case.id))
    found = [PartyView(key=PETITIONER, role=APPLICANT, label=called[PETITIONER], person=first, slip_at=None)]
    for row in rows:
        person = shown(row.key, vault.open(row.personal, row.id))
        found.append(PartyView(key=row.key, role=row.role, label=called[row.key], person=person, slip_at=row.slip_at))
    return found


# ---- adding


def may_add(session: Session, case: Case, viewer: Viewer, version: LoadedVersion | None) -> bool:
    """Say whether `viewer` may add a party now: a task of the case is theirs, and the package knows parties.

    An accusation takes none: whoever is a party learns of it.

    Source: 信访工作条例 art. 30.
    """
    limits = allowed(version) if version is not None else None
    if limits is None or case.is_over or case.sealed or len(rows_of(session, case.id)) >= limits[1]:
        return False
    return _has_a_task(session, case, viewer)


def _has_a_task(session: Session, case: Case, viewer: Viewer) -> bool:
    subject = subject_of(session, case)
    theirs = viewer.staff_id is not None and any(each.owner_id == viewer.staff_id for each in subject.open_items)
    return theirs and may(viewer, Action.COMPLETE, subject)


def require_task(session: Session, case: Case, viewer: Viewer) -> None:
    """Let go on who holds a task of the case.

    Raises:
        Forbidden: they hold none.
    """
    if not _has_a_task(session, case, viewer):
        raise Forbidden(
            "party-not-yours",
            "Only who has a task of matter {number} sees to its parties. Claim the task first.",
            number=case.number,
        )


def add_party(
    session: Session, case: Case, given: NewParty, *, version: LoadedVersion, vault: Vault, actor: Actor, now: datetime
) -> CaseParty:
    """Add a party to a case. Whether the actor may is the caller's to say.

    Raises:
        Conflict: the package knows no parties, not this role, the case has as many as it may, or is an accusation.
    """
    with writing(session):
        limits, known = allowed(version), rows_of(session, case.id)
        if limits is None or case.sealed or len(known) >= limits[1] or given.role not in party_roles(version, "zh_CN"):
            raise Conflict(
                "party-not-taken",
                "Matter {number} takes no further party of this kind. Nothing was changed.",
                number=case.number,
            )
        last = max((int(row.key[1:]) for row in rows_of(session, case.id, former=True)), default=1)
        party = CaseParty(
            case_id=case.id,
            jurisdiction=case.jurisdiction,
            key=f"p{last + 1}",
            role=given.role,
            personal=b"",
            added_by=actor.id or ActorKind.RESIDENT.value,
            added_at=now,
        )
        session.add(party)
        session.flush()
        fields = ("name", "phone", "address", "email", "locale")
        party.personal = vault.seal({name: getattr(given, name) for name in fields}, party.id)
        told = {"party": party.key, "role": party.role}
        _note(session, Tag.CASE_PARTY_ADDED, case, told, actor, now)
        session.flush()
        index_again(session, case, vault)  # nobody is found by the name of a party
        return party


def add_parties(
    session: Session,
    case: Case,
    given: Iterable[NewParty],
    *,
    version: LoadedVersion,
    vault: Vault,
    actor: Actor,
    now: datetime,
) -> None:
    """Add several parties; see `add_party`."""
    for each in given:
        add_party(session, case, each, version=version, vault=vault, actor=actor, now=now)


def _note(session: Session, tag: Tag, case: Case, data: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    record(session, tag=tag, actor=actor, at=now, jurisdiction=case.jurisdiction, case_id=case.id, data=dict(data))


# ---- what the process knows, and how a party is reached


def load_parties(step: Step, _call: ServiceCall) -> Mapping[str, Any]:
    """Put the parties as they are now into the data: `parties`, a list of key, role and label; nothing of a person."""
    called = labels(step.session, step.case_id, step.version, "zh_CN")
    roles = {PETITIONER: APPLICANT} | {row.key: row.role for row in rows_of(step.session, step.case_id)}
    return {"parties": [{"key": key, "role": role, "label": called[key]} for key, role in roles.items()]}


def recipients(session: Session, case_id: UUID, key: str, vault: Vault) -> list[Recipient]:
    """Return how a party beside the petitioner is reached; nobody when they left no address, or were removed.

    Raises:
        NotFound: the case has no such party.
    """
    if any(row.key == key and row.removed_at is not None for row in rows_of(session, case_id, former=True)):
        return []
    party = get_party(session, case_id, key)
    recipient = recipient_of(vault.open(party.personal, party.id), key)
    return [recipient] if recipient else []
