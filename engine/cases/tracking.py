"""A resident comes back: by tracking code (the QR code), or by number and PIN."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.links import family_of
from engine.cases.models import Case
from engine.cases.vault import Vault
from engine.db import writing
from engine.errors import Forbidden, NotFound
from engine.organisation.passwords import verify_password

#: Wrong PINs until the number-and-PIN way closes for this case. The tracking code still opens it.
MAX_PIN_FAILURES: Final = 10


def track_by_code(session: Session, code: str, *, vault: Vault) -> Case:
    """Return the case of a tracking code.

    Raises:
        NotFound: there is none.
    """
    case = session.scalar(select(Case).where(Case.tracking_hmac == vault.tracking_mac(code)))
    if case is None:
        raise NotFound(
            "tracking-code-unknown",
            "This tracking code belongs to no matter. Check it against your receipt, or use the number and PIN.",
        )
    return case


def track_by_pin(session: Session, *, jurisdiction: str, number: str, pin: str, now: datetime) -> Case:
    """Return the case of a number and its PIN.

    A number that does not exist takes as long to refuse as a wrong PIN, and reads the same.

    Raises:
        NotFound: `number-or-pin-wrong`.
        Forbidden: `pin-closed` after `MAX_PIN_FAILURES` wrong ones.
    """
    wanted = number.strip().upper()
    asked = session.scalar(select(Case).where(Case.jurisdiction == jurisdiction, Case.number == wanted))
    case = _holder_of_pin(session, asked)
    if case is not None and case.pin_failures >= MAX_PIN_FAILURES:
        raise Forbidden(
            "pin-closed",
            "The PIN was wrong {times} times, so this way in is closed. Use the QR code or the link of your receipt, or"
            " go to your community's desk with your identity card.",
            times=MAX_PIN_FAILURES,
        )
    right = verify_password(pin.strip(), case.pin_hash if case is not None else None)
    if asked is None or case is None or not right:
        if case is not None:
            _count_failure(session, case, now)
        raise NotFound("number-or-pin-wrong", "The number and the PIN do not belong together. Check your receipt.")
    if case.pin_failures:
        with writing(session):
            case.pin_failures = 0
    return asked


def _holder_of_pin(session: Session, case: Case | None) -> Case | None:
    """Return the case whose PIN opens `case`: itself, or the one that it came out of."""
    if case is None or case.pin_hash is not None:
        return case
    family = session.scalars(select(Case).where(Case.id.in_(family_of(session, case.id)), Case.pin_hash.is_not(None)))
    return family.first()


def _count_failure(session: Session, case: Case, now: datetime) -> None:
    with writing(session):
        case.pin_failures = Case.pin_failures + 1
        session.flush()
        session.refresh(case)
        if case.pin_failures == MAX_PIN_FAILURES:
            record(
                session,
                tag=Tag.CASE_PIN_CLOSED,
                actor=Actor.engine(),
                at=now,
                jurisdiction=case.jurisdiction,
                case_id=case.id,
                data={"failures": MAX_PIN_FAILURES},
            )
