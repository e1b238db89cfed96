"""The slip by which a party comes in: a tracking code and a PIN of their own, printed once, and the way in with it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.models import Case
from engine.cases.parties import get_party
from engine.cases.party import PETITIONER, CaseParty
from engine.cases.tracking import MAX_PIN_FAILURES, track_by_code, track_by_pin
from engine.cases.vault import Receipt, Vault
from engine.db import writing
from engine.errors import Forbidden, NotFound
from engine.organisation.passwords import hash_password, verify_password

#: The number on a party's slip: that of the matter, a dash, the party's own: TJ2026-000012-2.
_NUMBER: Final = re.compile(r"(?P<case>.+-\d{4,})-(?P<party>\d)")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The case that a code or PIN opens, and for whom: a party's key."""

    case: Case
    party: str


def slip_number(case: Case, key: str) -> str:
    """Return the number that a party types beside their PIN."""
    return f"{case.number}-{key[1:]}"


def issue_slip(
    session: Session, case: Case, key: str, submission: str, *, vault: Vault, actor: Actor, now: datetime
) -> Receipt:
    """Give a party a new code and PIN; those of an earlier slip open nothing any more.

    Args:
        submission: random token of the page's form: the same one again (a second click) is the same slip.

    Raises:
        NotFound: the case has no such party.
    """
    receipt = vault.receipt(f"slip:{case.id}:{key}:{submission}")
    pin_hash = hash_password(receipt.pin)  # slow on purpose: not while the write lock is held
    with writing(session):
        party = get_party(session, case.id, key)
        code = vault.tracking_mac(receipt.tracking_code)
        if party.tracking_hmac == code:
            return receipt
        party.tracking_hmac, party.pin_hash, party.pin_failures, party.slip_at = code, pin_hash, 0, now
        record(
            session, tag=Tag.CASE_PARTY_SLIP, actor=actor, at=now, jurisdiction=case.jurisdiction, case_id=case.id,
            data={"party": key},
        )  # fmt: skip
    return receipt


def open_by_code(session: Session, code: str, *, vault: Vault) -> Opened:
    """Return what a tracking code opens: a party's, or the petitioner's.

    Raises:
        NotFound: nothing.
    """
    party = session.scalar(select(CaseParty).where(CaseParty.tracking_hmac == vault.tracking_mac(code)))
    if party is not None:
        return Opened(case=session.get_one(Case, party.case_id), party=party.key)
    return Opened(case=track_by_code(session, code, vault=vault), party=PETITIONER)


def open_by_pin(session: Session, *, jurisdiction: str, number: str, pin: str, now: datetime) -> Opened:
    """Return what a number and its PIN open: a party's, or the petitioner's.

    Raises:
        NotFound: `number-or-pin-wrong`, whether there is such a number or not.
        Forbidden: `pin-closed` after too many wrong ones.
    """
    parts = _NUMBER.fullmatch(number.strip().upper())
    if parts is None:
        case = track_by_pin(session, jurisdiction=jurisdiction, number=number, pin=pin, now=now)
        return Opened(case=case, party=PETITIONER)
    found = session.execute(
        select(Case, CaseParty)
        .join(CaseParty, CaseParty.case_id == Case.id)
        .where(Case.jurisdiction == jurisdiction, Case.number == parts["case"], CaseParty.key == f"p{parts['party']}")
        .where(CaseParty.removed_at.is_(None))
    ).one_or_none()
    party = found.CaseParty if found is not None else None
    if party is not None and party.pin_failures >= MAX_PIN_FAILURES:
        raise Forbidden(
            "slip-pin-closed",
            "The PIN was wrong {times} times, so this way in is closed. Use the QR code of your slip, or ask whoever"
            " handles the matter for a new slip.",
            times=MAX_PIN_FAILURES,
        )
    right = verify_password(pin.strip(), party.pin_hash if party is not None else None)
    if found is None or party is None or not right:
        if party is not None:
            with writing(session):
                party.pin_failures = CaseParty.pin_failures + 1
        raise NotFound("number-or-pin-wrong", "The number and the PIN do not belong together. Check your receipt.")
    if party.pin_failures:
        with writing(session):
            party.pin_failures = 0
    return Opened(case=found.Case, party=party.key)
