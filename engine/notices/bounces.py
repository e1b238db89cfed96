"""A mail that comes back later: what a mail server reports, read for the notice that it is about.

Anybody can write such a report. It is believed only of a notice whose key it knows, and only of the very address that
the notice went to: whoever has both could as well say of themselves that nobody is there.

Source: RFC 3464 (delivery status), RFC 6522 (multipart/report), RFC 3463 (codes).
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.db import writing
from engine.errors import Phrase
from engine.forms.messages import N_
from engine.notices import spoilt
from engine.notices.channels.mail import nobody_there
from engine.notices.models import Notice, NoticeState
from engine.notices.outbox import SEALED
from engine.notices.readdressing import replace

NOBODY: Final = N_("The mail came back, nobody is at this address: {reply} {reason}")
CAME_BACK: Final = N_("The mail came back: {reply} {reason}")
#: Bytes of a report that are read; the original that hangs on it may be long.
MOST_READ: Final = 1024 * 1024
#: Reports that come later than this find no notice by its Message-ID alone.
_LOOKED_BACK: Final = timedelta(days=14)
_LONGEST: Final = 300
_CODE: Final = re.compile(r"5\d\d\b")

#: Reads an address that is sealed, for its case.
Unseal = Callable[[str, UUID | None], str]


class Outcome(StrEnum):
    """What became of a report."""

    #: it is no report of a failure: an answer, a holiday note, a delay
    NO_BOUNCE = "no-bounce"
    #: it is about no notice of ours, or not about the address that it went to, or was dealt with before
    UNKNOWN = "unknown"
    #: the notice goes another way; its address is marked
    REPLACED = "replaced"
    #: the notice is given up, in sight of operators; its address is marked where nobody is there
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """What a report says.

    Args:
        key: of the notice, from the header that each mail carries; empty where the report does not repeat it.
        message_id: of the mail.
        recipient: who was not reached.
        status: such as `5.1.1`.
    """

    key: str
    message_id: str
    recipient: str = field(repr=False)
    status: str
    reason: str = field(repr=False)


def read_bounce(raw: bytes) -> Bounce | None:
    """Read a mail; None where it does not report that a mail could not be delivered for good."""
    message = message_from_bytes(raw[:MOST_READ])
    if message.get_content_type() != "multipart/report":
        return None
    failed = next((each for each in _recipients(message) if _failed(each)), None)
    original = next(_originals(message), None)
    if failed is None or original is None:
        return None
    return Bounce(
        key=str(original.get("X-Idempotency-Key") or "").strip(),
        message_id=str(original.get("Message-ID") or "").strip(),
        recipient=_address(failed.get("Original-Recipient") or failed.get("Final-Recipient")),
        status=str(failed.get("Status") or "5.0.0").split()[0],
        reason=" ".join(str(failed.get("Diagnostic-Code") or "").partition(";")[2].split())[:_LONGEST],
    )  # fmt: skip


def take_bounce(session: Session, bounce: Bounce, *, unseal: Unseal, now: datetime) -> Outcome:
    """Let a notice that was sent count as not delivered: it goes another way, or is given up in sight.

    Args:
        unseal: reads residents' addresses.

    Returns:
        what became of the notice. The second report of the same finds it dealt with.
    """
    with writing(session):
        notice = _found(session, bounce, now)
        if notice is None or not _same(_address_of(notice, unseal), bounce.recipient):
            return Outcome.UNKNOWN
        nobody = _nobody(bounce)
        phrase = Phrase(NOBODY if nobody else CAME_BACK, reply=bounce.status, reason=_without(bounce))
        told: dict[str, Any] = spoilt.stored(phrase)
        left = list(notice.fallback or []) if nobody else []
        notice.error, notice.reason, notice.state = told["error"], told["reason"], NoticeState.DEAD.value
        session.flush()
        if nobody:
            spoilt.mark(session, notice, told["reason"], aware(now))
        if left:
            replace(session, notice, left, aware(now))
        return Outcome.REPLACED if left else Outcome.DEAD


def _nobody(bounce: Bounce) -> bool:
    """Say whether it is about the address. A status of 5.0.x says no more than that it failed."""
    said = bounce.reason if bounce.status.startswith("5.0.") else f"{bounce.status} {bounce.reason}"
    code = _CODE.match(bounce.reason)
    return nobody_there(int(code[0]) if code else 500, said)


def _found(session: Session, bounce: Bounce, now: datetime) -> Notice | None:
    sent = (Notice.channel == "email", Notice.state == NoticeState.SENT)
    key = bounce.key or _key_of(session, bounce.message_id, now)
    return session.scalars(select(Notice).where(Notice.key == key, *sent).with_for_update()).one_or_none()


def _key_of(session: Session, message_id: str, now: datetime) -> str:
    """Return the key of the notice whose mail had this Message-ID, which is made of it; empty where there is none."""
    wanted = message_id.lstrip("<").partition("@")[0]
    recent = select(Notice.key).where(
        Notice.channel == "email", Notice.state == NoticeState.SENT, Notice.sent_at >= aware(now) - _LOOKED_BACK
    )
    keys = session.scalars(recent.execution_options(yield_per=1000))
    return next((key for key in keys if hashlib.sha256(key.encode()).hexdigest()[:40] == wanted), "")


def _address_of(notice: Notice, unseal: Unseal) -> str:
    if notice.address.startswith(SEALED):
        return parseaddr(unseal(notice.address.removeprefix(SEALED), notice.case_id))[1]
    return parseaddr(notice.address)[1]


def _same(ours: str, theirs: str) -> bool:
    return bool(ours) and ours.casefold() == theirs.casefold()


def _without(bounce: Bounce) -> str:
    """Return the reason without the address, which servers like to repeat."""
    return bounce.reason.replace(bounce.recipient, "…") if bounce.recipient else bounce.reason


def _recipients(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (each for each in part.get_payload() if isinstance(each, Message) and "Action" in each)


def _failed(recipient: Message) -> bool:
    action, status = str(recipient.get("Action", "")), str(recipient.get("Status", "5"))
    return action.strip().lower() == "failed" and status.strip().startswith("5")


def _originals(message: Message) -> Iterator[Message]:
    """Yield the mail that came back, or its headers."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            yield from (each for each in part.get_payload() if isinstance(each, Message))
        elif part.get_content_type() == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            yield message_from_bytes(body if isinstance(body, bytes) else b"")


def _address(said: Any) -> str:
    """Return the address of `rfc822;somebody@example.org`."""
    return parseaddr(str(said or "").partition(";")[2].strip())[1]
