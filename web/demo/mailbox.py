"""A real SMTP server inside the demonstration, and the letters that it took."""

import email
import email.policy
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"
_KEPT: Final = 500


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail as it arrived."""

    id: str
    to: str
    sender: str
    subject: str
    body: str
    arrived_at: datetime


class Mailbox:
    """Letters in a folder, one file each; the newest `_KEPT` are kept.

    Args:
        now: the demonstration's clock, by which letters arrive.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder, self._now = folder, now
        self._folder.mkdir(parents=True, exist_ok=True)
        self._count = itertools.count(1 + max((int(p.stem) for p in folder.glob("*.eml")), default=0))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail; its answer is what the sender sees."""
        content = envelope.original_content or b""
        path = self._folder / f"{next(self._count):08}.eml"
        path.write_bytes(content)
        arrived = self._now().timestamp()
        os.utime(path, (arrived, arrived))
        for old in sorted(self._folder.glob("*.eml"))[:-_KEPT]:
            old.unlink(missing_ok=True)
        return "250 OK"

    def letters(self, to: str = "") -> list[Letter]:
        """Return the letters, newest first; only those to `to` when it is given."""
        found = (self._read(path) for path in sorted(self._folder.glob("*.eml"), reverse=True))
        return [letter for letter in found if not to or to in letter.to]

    def newest(self) -> str:
        """Return the id of the letter that came last, nothing when none has."""
        return max((path.stem for path in self._folder.glob("*.eml")), default="")

    def letter(self, letter_id: str) -> Letter | None:
        """Return one letter, None when there is none of that name."""
        path = self._folder / f"{letter_id}.eml"
        return self._read(path) if letter_id.isdigit() and path.is_file() else None

    @staticmethod
    def _read(path: Path) -> Letter:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        text = message.get_body(preferencelist=("plain", "html"))
        return Letter(
            id=path.stem,
            to=str(message["To"] or ""),
            sender=str(message["From"] or ""),
            subject=str(message["Subject"] or ""),
            body=str(text.get_content()).strip() if text is not None else "",
            arrived_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        )


class MailServer:
    """Listens on the loopback address until it is stopped."""

    def __init__(self, mailbox: Mailbox, port: int) -> None:
        self.port = port
        self._controller = Controller(mailbox, hostname=HOST, port=port)

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()
