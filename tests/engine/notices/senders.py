"""What the processes do that are killed: put a notice in the outbox, send what is there."""

import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from engine.db import connect
from engine.db import sessions as session_factory
from engine.notices import EmailChannel, NoticeTexts, Outgoing, Recipient, notify, send_due
from engine.notices.channels import Courier, WebhookChannel
from engine.notices.channels.addresses import read_networks

SENDER = "notices@chuishao.example"
#: longer than anybody waits
_LONG = 60


def put_one(url: str, staff: str, now: datetime, mark: Path) -> None:
    """Put a notice in the outbox, make a mark, and live on."""
    texts = NoticeTexts(key="overdue", sources={"zh_CN": "Subject: x\n\ny\n"})
    told = Recipient(staff_id=UUID(staff), channels={"email": "lead@example.org"})
    with _sessions(url)() as session:
        notify(session, key="kill", jurisdiction="qinghe", case_id=None, template="overdue", texts=texts, facts={},
               link="", now=now, recipients=[told])  # fmt: skip
    mark.touch()
    time.sleep(_LONG)


class _Stops:
    """A channel that sends, makes a mark, and does not come back."""

    def __init__(self, server: str, mark: Path) -> None:
        self._channel, self._mark = EmailChannel(url=server, sender=SENDER), mark

    def send(self, notice: Outgoing) -> None:
        self._channel.send(notice)
        self._mark.touch()
        time.sleep(_LONG)


def send_and_stop(url: str, server: str, now: datetime, mark: Path) -> None:
    """Send what is due; nobody hears that it was sent."""
    send_due(_sessions(url), {"email": _Stops(server, mark)}, now)


def post(url: str, hook: str, secret: str, now: datetime) -> None:
    """Post what is due, five at a time."""
    channel = WebhookChannel(url=hook, secrets=(secret,), courier=Courier(allowed=read_networks(["127.0.0.1"])))
    while send_due(_sessions(url), {"webhook": channel}, now, limit=5):
        pass


def mail(url: str, server: str, now: datetime) -> None:
    """Mail what is due, five at a time."""
    channel = EmailChannel(url=server, sender=SENDER)
    while send_due(_sessions(url), {"email": channel}, now, limit=5):
        pass


def _sessions(url: str) -> sessionmaker[Session]:
    return session_factory(connect(url))
