"""Who a matter concerns says anew how they are reached: the one place where an address that bounced is mended."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.links import family_of
from engine.cases.models import Case
from engine.cases.parties import get_party
from engine.cases.party import PETITIONER, CaseParty
from engine.cases.reaching import chosen, recipient_of, told_by
from engine.cases.vault import Vault
from engine.db import writing
from engine.notices import Recipient
from engine.notices.readdressing import readdress


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How somebody is reached.

    Args:
        reach: what they chose, one of `engine.cases.reaching.REACHES`.
        told: what comes of it now, one of them or `NOBODY`.
    """

    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    reach: str = ""
    told: str = ""


def contact_of(session: Session, case: Case, key: str, *, vault: Vault) -> Contact:
    """Return how a party of a case is reached.

    Raises:
        NotFound: the case has no such party.
    """
    person = _opened(_row(session, case, key), vault)
    return Contact(
        phone=str(person.get("phone") or ""), email=str(person.get("email") or ""), reach=chosen(person),
        told=told_by(session, case, key, person),
    )  # fmt: skip


def change_contact(
    session: Session, case: Case, key: str, given: Contact, *, vault: Vault, actor: Actor, now: datetime
) -> int:
    """Write anew how a party is reached; of who filed a matter, in every matter that came out of it.

    What could not be delivered before goes out to the new address.

    Returns:
        how many notices go out again.

    Raises:
        NotFound: the case has no such party.
    """
    with writing(session):
        return sum(
            _change(session, each, key, given, vault=vault, actor=actor, now=now)
            for each in _concerned(session, case, key)
        )


def tell_anew(session: Session, case: Case, key: str, *, vault: Vault, now: datetime) -> int:
    """Forget that addresses of a party were unusable, and send what did not arrive to where they are reached now."""
    recipient = recipient_of(_opened(_row(session, case, key), vault), key) or Recipient(channels={}, party=key)
    seal = vault.seal_address
    return readdress(session, case.id, recipient, jurisdiction=case.jurisdiction, seal=seal, now=now)


def _concerned(session: Session, case: Case, key: str) -> Iterator[Case]:
    yield case
    if key == PETITIONER:
        yield from (session.get_one(Case, each) for each in family_of(session, case.id)[1:])


def _change(
    session: Session, case: Case, key: str, given: Contact, *, vault: Vault, actor: Actor, now: datetime
) -> int:
    row = _row(session, case, key)
    before = _opened(row, vault)
    after: dict[str, Any] = {"phone": given.phone, "email": given.email, "reach": given.reach}
    changed = sorted(name for name, value in after.items() if value != (before.get(name) or ""))
    if changed:
        row.personal = vault.seal(before | after, row.id)
        record(
            session, tag=Tag.CASE_PARTY_CORRECTED, actor=actor, at=now, jurisdiction=case.jurisdiction,
            case_id=case.id, data={"party": key, "fields": changed},
        )  # fmt: skip
        session.flush()
    return tell_anew(session, case, key, vault=vault, now=now)


def _row(session: Session, case: Case, key: str) -> Case | CaseParty:
    """Return where what is known of a party lies sealed."""
    return case if key == PETITIONER else get_party(session, case.id, key)


def _opened(row: Case | CaseParty, vault: Vault) -> dict[str, Any]:
    row_id: UUID = row.id
    return vault.open(row.personal, row_id)
