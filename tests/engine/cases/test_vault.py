"""Sealed fields, tracking codes, receipts."""

import pytest

from engine.cases.vault import Vault, new_submission, normal_code
from engine.db import new_id
from engine.errors import Unavailable

KEY = bytes(range(32))


def test_sealed_fields_open_for_their_case_only() -> None:
    vault, case = Vault(KEY), new_id()
    sealed = vault.seal({"name": "李四", "phone": "13800000000"}, case)
    assert "李四".encode() not in sealed
    assert vault.open(sealed, case) == {"name": "李四", "phone": "13800000000"}
    with pytest.raises(Unavailable, match="cannot be opened"):
        vault.open(sealed, new_id())


def test_another_key_does_not_open_them() -> None:
    case = new_id()
    with pytest.raises(Unavailable):
        Vault(KEY[::-1]).open(Vault(KEY).seal({"name": "x"}, case), case)


def test_a_changed_byte_does_not_open() -> None:
    vault, case = Vault(KEY), new_id()
    sealed = bytearray(vault.seal({"name": "x"}, case))
    sealed[-1] ^= 1
    with pytest.raises(Unavailable):
        vault.open(bytes(sealed), case)


def test_the_same_fields_are_sealed_differently_each_time() -> None:
    vault, case = Vault(KEY), new_id()
    assert vault.seal({"name": "x"}, case) != vault.seal({"name": "x"}, case)


@pytest.mark.parametrize(
    "typed",
    [
        "ABCD-1230-VWXY-Z456-0001",
        "abcd 1230 vwxy z456 0001",  # lower case and spaces
        "ABCD-I23O-VWXY-Z456-OOOI",  # letters that look like digits
        "  abcd1230vwxyz4560001 ",  # no dashes, spaces around
    ],
)
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert normal_code(typed) == "ABCD1230VWXYZ4560001"
    assert Vault(KEY).tracking_mac(typed) == Vault(KEY).tracking_mac("ABCD1230VWXYZ4560001")


def test_one_form_has_one_receipt_and_another_form_another() -> None:
    vault, first, second = Vault(KEY), new_submission(), new_submission()
    assert vault.receipt(first) == vault.receipt(first)
    assert vault.receipt(first) != vault.receipt(second)
    assert len(normal_code(vault.receipt(first).tracking_code)) == 20
    assert len(vault.receipt(first).pin) == 6


def test_neither_code_nor_form_can_be_read_from_what_is_stored() -> None:
    vault, submission = Vault(KEY), new_submission()
    stored = {vault.submission_mac(submission), vault.tracking_mac(vault.receipt(submission).tracking_code)}
    assert len(stored) == 2
    assert submission not in "".join(stored)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(b"short")
