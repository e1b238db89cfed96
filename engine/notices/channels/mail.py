"""E-mail.

Apprise reads the address of the mail server and composes the message. It is not asked to carry it: it would only say
yes or no, and adds a Message-ID of its own, while a second sending has to be recognisable by the first one's.
"""

import hashlib
import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_string
from email.errors import MessageError
from email.header import Header
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import SplitResult, quote, urlsplit

from engine.errors import Invalid
from engine.forms.messages import N_
from engine.notices.channels.port import (
    AddressRefused,
    ChannelDown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
    silence,
)

#: Replies of a mail server that are worth another try. Source: RFC 5321, 4.2.1.
_TRY_AGAIN: Final = range(400, 500)
#: Replies to RCPT that mean the mailbox. Source: RFC 5321, 4.2.3.
_NOBODY: Final = frozenset({550, 551, 553})
#: Source: RFC 3463, 2.
_ENHANCED: Final = re.compile(r"\b5\.(\d{1,3})\.\d{1,3}\b")
#: Why it did not answer, for who mends it; see `silence`.
_SILENT: Final = {
    "refused": N_(
        "The mail server does not answer: it refuses the connection. See whether it runs, and on which port."
    ),
    "late": N_("The mail server does not answer: nothing came in time. See whether it is reached from here."),
    "certificate": N_("The mail server does not answer as itself, its certificate is not trusted: {reason}."),
    "other": N_("The mail server does not answer: {reason}."),
}
_ABOUT_US: Final = re.compile(r"relay|authenticat|denied|polic|spam|block|reputation", re.I)


@dataclass(frozen=True, kw_only=True)
class EmailChannel:
    """E-mail by SMTP.

    Args:
        url: `smtp://[user:password@]host[:port]` (with STARTTLS when a user is named), or `smtps://…` for TLS from the
            first byte.
        sender: `notices@example.org`, or with a name, `吹哨 <notices@example.org>`.
        reply_to: where answers go; empty: to the sender.
        timeout: seconds that each step of the conversation may take.
    """

    url: str = field(repr=False)
    sender: str
    reply_to: str = ""
    timeout: float = 10.0

    def __post_init__(self) -> None:
        self._parts()

    def send(self, notice: Outgoing) -> None:
        """Send one mail. `Message-ID` and `X-Idempotency-Key` follow from the notice's key."""
        name, address = parseaddr(notice.address)
        if "@" not in address or not address.isascii() or not notice.address.isprintable():
            raise AddressRefused("notice-address", "It has no usable mail address. Correct the address.")
        message = self._composed(notice, name, address)
        try:
            self._carry(address, message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(*next(iter(error.recipients.values())), of_address=True) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError) as error:
            # a connection that breaks after the text was sent may have delivered it: the next try has the same id
            raise ChannelDown("mail-server", _SILENT[silence(error)], reason=_reason(error)) from error
        except smtplib.SMTPException as error:
            raise TemporaryFailure("mail-server", "The mail server: {reason}.", reason=_reason(error)) from error

    def _parts(self) -> tuple[SplitResult, str, str]:
        """The mail server's address in its parts, its port as Apprise wants it, and the sender's address."""
        _, sender = parseaddr(self.sender)
        with suppress(ValueError):  # a port that is no number, a host in half a bracket
            parts = urlsplit(self.url)
            port = f":{parts.port}" if parts.port else ""
            if parts.scheme in ("smtp", "smtps") and parts.hostname and "@" in sender:
                return parts, port, sender
        raise Invalid("mail-settings", "The mail server or the sender's address cannot be read. Correct it.")

    def _server(self) -> Any:
        from apprise import Apprise  # when something is sent: it is half a second's work to load
        from apprise.exception import AppriseException

        parts, port, sender = self._parts()
        mode = "ssl" if parts.scheme == "smtps" else "starttls" if parts.username else "insecure"
        user = f"{parts.username}:{parts.password or ''}@" if parts.username else ""
        try:
            return Apprise.instantiate(
                # without a user Apprise takes the encrypted modes to need one, hence the scheme for each
                f"{'mailto' if mode == 'insecure' else 'mailtos'}://{user}{parts.hostname}{port}/?mode={mode}"
                f"&smtp={parts.hostname}&from={quote(sender)}&to={quote(sender)}&format=text",
                suppress_exceptions=False,
            )
        except (AppriseException, TypeError) as error:
            raise Invalid(
                "mail-settings", "The mail server or the sender's address cannot be read. Correct it."
            ) from error

    def _composed(self, notice: Outgoing, name: str, address: str) -> bytes:
        from apprise import NotifyFormat
        from apprise.exception import AppriseException
        from apprise.plugins.email import NotifyEmail

        sender_name, sender = parseaddr(self.sender)
        reply_name, reply_to = parseaddr(self.reply_to)
        headers = {
            "X-Idempotency-Key": notice.key,
            "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday answers, please
        }
        try:
            (composed,) = NotifyEmail.prepare_emails(
                subject=notice.subject,
                body=notice.body,
                from_addr=(sender_name or False, sender),
                to=[(name or False, address)],
                reply_to={reply_to} if reply_to else None,
                names={reply_to: reply_name} if reply_name else None,
                smtp_host=urlsplit(self.url).hostname,
                notify_format=NotifyFormat.TEXT,
                headers=headers,
            )
        except (AppriseException, MessageError, UnicodeError) as error:
            raise PermanentFailure(
                "mail-text", "No mail can be made of it: {reason}.", reason=_reason(error)
            ) from error
        message = message_from_string(composed.body)
        del message["Message-ID"]
        message["Message-ID"] = message_id(notice.key, sender)
        # Apprise makes one encoded word of the whole subject; RFC 2047, 2 allows 75 characters each
        del message["Subject"]
        message["Subject"] = Header(notice.subject, "utf-8", header_name="Subject").encode(maxlinelen=75)
        # bare line feeds are not lines of SMTP (RFC 5321, 2.3.8): servers take the text for one line, too long
        return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))

    def _carry(self, address: str, message: bytes) -> None:
        server = self._server()
        context = ssl.create_default_context()
        host, port = server.smtp_host, server.port or {"ssl": 465, "starttls": 587}.get(server.secure_mode, 25)
        encrypted = server.secure_mode == "ssl"
        with (
            smtplib.SMTP_SSL(host, port, timeout=self.timeout, context=context)
            if encrypted
            else smtplib.SMTP(host, port, timeout=self.timeout)
        ) as connection:
            if server.secure_mode == "starttls":
                connection.starttls(context=context)
            if server.user and server.password:
                connection.login(server.user, server.password)
            connection.sendmail(parseaddr(self.sender)[1], [address], message)
            # what goes wrong after acceptance must not turn a sent mail into a failed one
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of every attempt to send the notice `key`. Source: RFC 5322, 3.6.4."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"


def _refused(code: int, said: bytes | str, *, of_address: bool = False) -> TemporaryFailure | PermanentFailure:
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if code in _TRY_AGAIN:
        return TemporaryFailure(
            "mail-refused", "The mail server asks to try later: {reply} {reason}", reply=code, reason=reason
        )
    if of_address and nobody_there(code, reason):
        return AddressRefused(
            "mail-bounced", "The mail server knows nobody at this address: {reply} {reason}", reply=code, reason=reason
        )
    return PermanentFailure("mail-refused", "The mail server refused it: {reply} {reason}", reply=code, reason=reason)


def nobody_there(code: int, reason: str) -> bool:
    """Say whether a reply is about the address, not about us: a server that will not relay refuses everybody.

    Source: RFC 5321, 4.2.3; RFC 3463, 3.2 (5.1.x: the address) and 3.3 (5.2.1: the mailbox is closed).
    """
    if enhanced := _ENHANCED.search(reason):
        return enhanced[1] == "1" or enhanced[0] == "5.2.1"
    return code in _NOBODY and not _ABOUT_US.search(reason)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
