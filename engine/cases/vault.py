"""What must not be read from a stolen database: sealed personal fields, and tracking codes kept only as a MAC."""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import Unavailable

#: Crockford's base 32: no I, L, O, U, so that a code can be read out on the telephone.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "\u3000": None})
_FORMAT: Final = b"\x01"
_NONCE: Final = 12
CODE_SYMBOLS: Final = 20
PIN_DIGITS: Final = 6


class Vault:
    """Seals personal fields with AES-256-GCM and makes tracking codes.

    Args:
        key: at least 32 random bytes; the two keys in use are derived from it.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the field key must be at least 32 bytes")
        self._sealing = AESGCM(hmac.digest(key, b"chuishao personal fields", "sha256"))
        self._tracking = hmac.digest(key, b"chuishao tracking codes", "sha256")
        self._receipts = hmac.digest(key, b"chuishao receipts", "sha256")

    def seal(self, fields: dict[str, Any], case_id: UUID) -> bytes:
        """Encrypt `fields`, bound to the case: moved to another row they do not open."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._sealing.encrypt(nonce, orjson.dumps(fields), case_id.bytes)

    def open(self, sealed: bytes | None, case_id: UUID) -> dict[str, Any]:
        """Decrypt what `seal` made; nothing sealed is an empty dict.

        Raises:
            Unavailable: the key is another one than the fields were sealed with, or the bytes were changed.
        """
        if not sealed:
            return {}
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            fields: dict[str, Any] = orjson.loads(self._sealing.decrypt(nonce, body, case_id.bytes))
        except InvalidTag as error:
            raise _unreadable(case_id) from error
        return fields

    def seal_address(self, address: str, case_id: UUID | None) -> str:
        """Encrypt where a resident is reached, bound to the case, as text for the outbox."""
        bound = case_id.bytes if case_id is not None else b""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._sealing.encrypt(nonce, address.encode(), bound)).decode()

    def open_address(self, sealed: str, case_id: UUID | None) -> str:
        """Decrypt what `seal_address` made.

        Raises:
            Unavailable: the key is another one, or the text was changed.
        """
        bound = case_id.bytes if case_id is not None else b""
        try:
            raw = base64.b64decode(sealed)
            return self._sealing.decrypt(raw[:_NONCE], raw[_NONCE:], bound).decode()
        except (InvalidTag, ValueError) as error:
            raise _unreadable(case_id) from error

    def tracking_mac(self, code: str) -> str:
        """Return what is stored of a tracking code, 64 hex digits."""
        return hmac.new(self._tracking, normal_code(code).encode(), hashlib.sha256).hexdigest()

    def receipt(self, submission: str) -> "Receipt":
        """Return the tracking code and PIN that belong to one submitted form.

        They are derived from the form's random token, so that a form that is sent twice shows the same receipt, and so
        that neither has to be stored.

        Args:
            submission: the token of the form, at least 128 random bits.
        """
        stream = int.from_bytes(hmac.digest(self._receipts, submission.encode(), "sha512"), "big")
        symbols = []
        for _ in range(CODE_SYMBOLS):
            stream, digit = divmod(stream, len(_ALPHABET))
            symbols.append(_ALPHABET[digit])
        groups = ("".join(symbols[i : i + 4]) for i in range(0, CODE_SYMBOLS, 4))
        return Receipt(tracking_code="-".join(groups), pin=f"{stream % 10**PIN_DIGITS:0{PIN_DIGITS}}")

    def mac(self, purpose: str, text: str) -> str:
        """Return a MAC by which equal texts of one purpose are found equal, and nothing else is learnt, 64 hex digits.

        Args:
            purpose: what it is for; equal texts of two purposes have different MACs.
        """
        return hmac.new(self._receipts, b"mac:" + purpose.encode() + b"\0" + text.encode(), hashlib.sha256).hexdigest()

    def submission_mac(self, submission: str) -> str:
        """Return what is stored of a form's token, 64 hex digits."""
        return hmac.new(self._receipts, b"key:" + submission.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the resident takes home: a code of 100 bits for QR code and link, and a PIN to go with the number."""

    tracking_code: str
    pin: str


def new_submission() -> str:
    """Return the random token of a fresh form: 192 bits, URL-safe."""
    return secrets.token_urlsafe(24)


def _unreadable(case_id: UUID | None) -> Unavailable:
    return Unavailable(
        "personal-fields-unreadable",
        "The personal fields of case {case} cannot be opened with the present key; set the key they were sealed"
        " with. Nothing was changed.",
        case=str(case_id),
    )


def normal_code(code: str) -> str:
    """Return `code` as it was meant: upper case, no dashes or spaces, I and L as 1, O as 0."""
    return code.strip().upper().translate(_READ_AS)
