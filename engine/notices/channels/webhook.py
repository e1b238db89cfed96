"""A webhook, signed so that its receiver knows who sent it, and sees what came twice.

Source: Standard Webhooks 1.0.0.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from engine.clock import Clock, SystemClock
from engine.errors import Invalid
from engine.notices.channels.courier import Courier, judge
from engine.notices.channels.port import Outgoing

_PREFIX: Final = "whsec_"
#: Bytes of a secret that the standard allows.
_LENGTHS: Final = range(24, 65)


@dataclass(frozen=True, kw_only=True)
class WebhookChannel:
    """Posts a notice as JSON. The body is the notice's, unchanged from attempt to attempt.

    Args:
        url: where to.
        secrets: `whsec_…`; several while one takes over from another, all of which sign.
        clock: gives the time of the attempt, which the receiver compares with its own.
    """

    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    courier: Courier = field(default_factory=Courier)
    clock: Clock = field(default_factory=SystemClock)

    def send(self, notice: Outgoing) -> None:
        """Send one notice. `webhook-id` follows from its key, and stays the same however often it is sent."""
        body, moment = notice.body.encode(), int(self.clock.now().timestamp())
        name = webhook_id(notice.key)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "chuishao",
            "webhook-id": name,
            "webhook-timestamp": str(moment),
            "webhook-signature": sign(self.secrets, name, moment, body),
        }
        judge(self.courier.post(self.url, body, headers))


def webhook_id(key: str) -> str:
    """Return the `webhook-id` of every attempt to send the notice `key`."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def sign(keys: Iterable[str], name: str, moment: int, body: bytes) -> str:
    """Return `webhook-signature`: one `v1,…` a secret, with spaces between.

    Args:
        keys: secrets of the form `whsec_…`.
        name: `webhook-id`.
        moment: `webhook-timestamp`, seconds since 1970.

    Raises:
        Invalid: see `read_secret`.
    """
    signed = f"{name}.{moment}.".encode() + body
    digests = (hmac.digest(read_secret(each), signed, "sha256") for each in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def new_secret() -> str:
    """Return a fresh secret, `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_secret(text: str) -> bytes:
    """Return the bytes of a secret.

    Raises:
        Invalid: `webhook-secret`; it is not of the standard's form.
    """
    try:
        found = base64.b64decode(text.removeprefix(_PREFIX), validate=True) if text.startswith(_PREFIX) else b""
    except binascii.Error:
        found = b""
    if len(found) not in _LENGTHS:
        raise Invalid(
            "webhook-secret",
            "The secret is not of the form whsec_… with 24 to 64 bytes in base64. Let a new one be made.",
        )
    return found
