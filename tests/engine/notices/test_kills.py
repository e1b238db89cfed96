"""A sender is killed with SIGKILL at the worst moments; nothing is lost, and a duplicate can be recognised."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine.notices import EmailChannel, NoticeState, counts, send_due
from engine.notices.dispatch import LEASE
from tests.engine.notices.mail import mail_server
from tests.factories import make_staff

ROOT = Path(__file__).parents[3]
SENDER = "notices@chuishao.example"

_PUT = """
import sys, time
from datetime import datetime
from pathlib import Path
from uuid import UUID
from engine.db import connect, sessions
from engine.notices import NoticeTexts, Recipient, notify
import engine.tables
url, staff, now, mark = sys.argv[1:]
texts = NoticeTexts(key="overdue", sources={"zh_CN": "Subject: x\\n\\ny\\n"})
with sessions(connect(url))() as session:
    notify(session, key="kill", jurisdiction="qinghe", case_id=None, template="overdue", texts=texts, facts={}, link="",
           now=datetime.fromisoformat(now),
           recipients=[Recipient(staff_id=UUID(staff), channels={"email": "lead@example.org"})])
Path(mark).touch()
time.sleep(60)
"""

_SEND = """
import sys, time
from datetime import datetime
from pathlib import Path
from engine.db import connect, sessions
from engine.notices import EmailChannel, send_due
import engine.tables
url, server, now, mark = sys.argv[1:]

class Stops:
    def send(self, notice):
        EmailChannel(url=server, sender="notices@chuishao.example").send(notice)
        Path(mark).touch()
        time.sleep(60)

send_due(sessions(connect(url)), {"email": Stops()}, datetime.fromisoformat(now))
"""


def run_until_killed(program: str, *arguments: str, mark: Path) -> None:
    """Run a program until it has made its mark, then kill it."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments, str(mark)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        deadline = time.monotonic() + 60
        while not mark.exists():
            assert process.poll() is None, "the program ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.faults
def test_killed_between_commit_and_sending(
    database_url: str, sessions: sessionmaker[Session], session: Session, now: datetime, tmp_path: Path
) -> None:
    staff = make_staff(session)
    run_until_killed(_PUT, database_url, str(staff.id), now.isoformat(), mark=tmp_path / "committed")
    with mail_server() as server:
        assert send_due(sessions, {"email": EmailChannel(url=server.url, sender=SENDER)}, now) == 1
    assert server.recipients == ["lead@example.org"]


@pytest.mark.faults
def test_killed_between_sending_and_marking(
    database_url: str, sessions: sessionmaker[Session], session: Session, now: datetime, tmp_path: Path
) -> None:
    staff = make_staff(session)
    run_until_killed(_PUT, database_url, str(staff.id), now.isoformat(), mark=tmp_path / "committed")
    with mail_server() as server:
        channels = {"email": EmailChannel(url=server.url, sender=SENDER)}
        run_until_killed(_SEND, database_url, server.url, now.isoformat(), mark=tmp_path / "sent")
        # until the lease ends it may still be on its way
        assert send_due(sessions, channels, now + LEASE - timedelta(seconds=1)) == 0
        assert send_due(sessions, channels, now + LEASE) == 1
        assert send_due(sessions, channels, now + LEASE * 2) == 0
    assert len(server.received) == 2
    assert len(set(server.ids())) == 1
    with sessions() as other:
        assert counts(other) == {"email": {NoticeState.SENT: 1}}
