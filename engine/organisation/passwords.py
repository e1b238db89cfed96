"""Passwords and PINs: argon2id, and a sign-in that takes as long for a stranger as for a colleague."""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import writing
from engine.errors import Invalid
from engine.organisation.models import Staff

#: 19 MiB, two passes, one lane. Source: OWASP Password Storage Cheat Sheet, Argon2id.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: longer ones are refused before they cost anything
_LONGEST: Final = 1024


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password or PIN, with its salt and parameters.

    Raises:
        Invalid: it is empty, or longer than 1024 characters.
    """
    if not password or len(password) > _LONGEST:
        raise Invalid("password-unusable", "A password has 1 to {longest} characters.", longest=_LONGEST)
    return _HASHER.hash(password)


def verify_password(password: str, hashed: str | None) -> bool:
    """Say whether `password` belongs to `hashed`. Without a usable hash it still takes as long, and says no."""
    usable = bool(password) and len(password) <= _LONGEST
    try:
        _HASHER.verify(hashed or _nobody(), password if usable else "-")
    except (VerificationError, InvalidHashError):
        return False
    return usable and bool(hashed)


@cache
def _nobody() -> str:
    return _HASHER.hash("the password of an account that does not exist")


def authenticate(session: Session, login: str, password: str) -> Staff | None:
    """Return the active member of staff with this login and password, else None.

    An unknown login, an inactive account and one that signs in elsewhere cost the same hash as a wrong password.
    A hash with older parameters is renewed.
    """
    staff = session.scalars(select(Staff).where(Staff.login == login.strip())).one_or_none()
    known = staff is not None and staff.active
    fits = verify_password(password, staff.password_hash if staff is not None and known else None)
    if staff is None or not fits:
        return None
    if staff.password_hash is not None and _HASHER.check_needs_rehash(staff.password_hash):
        with writing(session):
            staff.password_hash = hash_password(password)
    return staff
