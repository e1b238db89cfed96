"""Passwords: what fits, what does not, and that nobody can tell who has an account."""

import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from argon2 import extract_parameters as parameters
from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.organisation import passwords
from engine.organisation.models import Staff
from engine.organisation.passwords import authenticate, hash_password, verify_password
from tests.factories import make_staff


@pytest.fixture(autouse=True)
def _as_in_service(costly_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "_HASHER", costly_hasher)
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


def test_a_password_fits_its_own_hash_only() -> None:
    hashed = hash_password("正确 horse")
    assert verify_password("正确 horse", hashed)
    assert not verify_password("正确 horsE", hashed)
    assert hash_password("正确 horse") != hashed  # salted


def test_hashes_have_the_parameters_of_owasp() -> None:
    used = parameters(hash_password("x"))
    assert (used.type.name, used.memory_cost, used.time_cost, used.parallelism) == ("ID", 19_456, 2, 1)


@pytest.mark.parametrize("hashed", [None, "", "not a hash"])
def test_without_a_usable_hash_nothing_fits(hashed: str | None) -> None:
    assert not verify_password("x", hashed)
    assert not verify_password("the password of an account that does not exist", hashed)


@pytest.mark.parametrize("password", ["", "x" * 1025])
def test_empty_and_endless_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid, match="1 to 1024"):
        hash_password(password)
    assert not verify_password(password, hash_password("-"))


@pytest.mark.parametrize(
    ("login", "password", "fits"),
    [
        ("wang", "secret", True),
        (" wang ", "secret", True),  # blanks from a phone's keyboard
        ("wang", "Secret", False),  # wrong password
        ("wang", "", False),
        ("nobody", "secret", False),  # no such account
        ("left", "secret", False),  # inactive
        ("elsewhere", "secret", False),  # signs in by OIDC, has no password
    ],
)
def test_authenticating(session: Session, login: str, password: str, fits: bool) -> None:
    hashed = hash_password("secret")
    make_staff(session, "wang", password_hash=hashed)
    make_staff(session, "left", password_hash=hashed, active=False)
    make_staff(session, "elsewhere", password_hash=None)
    found = authenticate(session, login, password)
    assert (found is not None and found.login == "wang") == fits


def test_a_stranger_costs_as_much_time_as_a_colleague(session: Session) -> None:
    make_staff(session, "wang", password_hash=hash_password("secret"))

    def best_of(login: str) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            authenticate(session, login, "wrong")
            times.append(time.process_time() - start)
        return min(times)

    best_of("warm-up")
    assert best_of("nobody") > 0.5 * best_of("wang")


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(session: Session) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("secret")
    staff = make_staff(session, "wang", password_hash=old)
    assert authenticate(session, "wang", "secret") is not None
    session.expire_all()
    renewed = session.get_one(Staff, staff.id).password_hash
    assert renewed is not None
    assert parameters(renewed).memory_cost == 19_456
    assert verify_password("secret", renewed)
