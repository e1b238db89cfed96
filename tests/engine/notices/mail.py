"""A real mail server for tests, which can be told to misbehave."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Mailbox:
    """What a server accepted, and how it answers.

    Args:
        replies: answers to the next DATA commands, in turn; afterwards everything is accepted.
        refused: reply to every RCPT, such as `550 no such user`.
        password: of the user `notices`, who then has to sign in over an encrypted connection.
        breaks: how many connections are cut after the text was taken and before the answer.
    """

    replies: list[str] = field(default_factory=list)
    refused: str = ""
    breaks: int = 0
    password: str = ""
    received: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    url: str = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refused:
            return self.refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.replies and not (reply := self.replies.pop(0)).startswith("2"):
            return reply
        content: Any = envelope.content
        self.received.append(message_from_bytes(content, policy=default))
        self.recipients += envelope.rcpt_tos
        if self.breaks:
            self.breaks -= 1
            transport: Any = server.transport
            transport.abort()
            await asyncio.sleep(0)
        return "250 OK"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"notices", self.password.encode()), handled=False)

    def ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.received]


@contextmanager
def mail_server(mailbox: Mailbox | None = None, port: int = 0, certificate: Path | None = None) -> Iterator[Mailbox]:
    """Run a mail server on this machine for a block; port 0 takes a free one, a certificate offers STARTTLS."""
    mailbox = mailbox or Mailbox()
    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        options = {"tls_context": context, "auth_required": True, "authenticator": mailbox.authenticate}
    controller = Controller(mailbox, hostname="127.0.0.1", port=port or _free_port(), **options)
    controller.start()
    mailbox.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield mailbox
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
