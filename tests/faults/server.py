"""A server to be killed: it completes what is open, sweeps timers and sends mails until nothing is left to be done.

It writes the id of every item to a file after its completion was acknowledged, and ends when every instance has ended
and the outbox is empty. Its clock is ahead, by more in every life: a notice that a sender had when it was killed comes
back when its lease ends.
"""

import os
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from engine import tables
from engine.audit import Actor
from engine.clock import ShiftedClock, SystemClock
from engine.db import connect
from engine.db import sessions as session_factory
from engine.dispatcher import EmbeddedDispatcher
from engine.errors import Conflict
from engine.instances.models import Instance
from engine.instances.runtime import Runtime
from engine.notices import AppChannel, EmailChannel, Notice, NoticeState
from engine.organisation.models import Staff
from engine.scheduler import Scheduler, Ticks
from engine.tasks.models import LIVE, WorkItem

#: Timers of the process are due a day after their task came; this server lives three days ahead of its starter.
AHEAD = timedelta(days=3)
BETWEEN_LIVES = timedelta(minutes=6)
WORKERS = 2


def open_items(sessions: sessionmaker[Session]) -> list[UUID]:
    """Return what is open, in a different order for every worker, so that they meet."""
    with sessions() as session:
        found = list(session.scalars(select(WorkItem.id).where(WorkItem.state.in_(LIVE))))
    random.shuffle(found)
    return found


def work(sessions: sessionmaker[Session], runtime: Runtime, actor: Actor, acknowledged: int) -> None:
    """Complete whatever is open until nothing is."""
    while items := open_items(sessions):
        for item_id in items:
            try:
                with sessions() as session:
                    runtime.complete(session, item_id, {}, actor=actor, now=datetime.now(UTC))
            except Conflict:
                continue  # another worker was faster
            os.write(acknowledged, f"{item_id}\n".encode())


def left(sessions: sessionmaker[Session]) -> int:
    """Return how much is still to be done: instances that run, notices that wait."""
    with sessions() as session:
        running = session.scalar(select(func.count()).where(Instance.ended_at.is_(None))) or 0
        waiting = session.scalar(select(func.count()).where(Notice.state != NoticeState.SENT)) or 0
        return running + waiting


def serve(url: str, smtp_port: int, acknowledged: Path, life: int) -> None:
    """Serve until nothing is left.

    Args:
        acknowledged: the file.
        life: how many were killed before.
    """
    assert tables.metadata.tables
    engine = connect(url)
    sessions = session_factory(engine)
    with sessions() as session:
        staff = session.scalars(select(Staff).where(Staff.login == "community")).one()
        actor = Actor.staff(staff)
    mail = EmailChannel(url=f"smtp://127.0.0.1:{smtp_port}", sender="notices@qinghe.example")
    runtime = Runtime()
    dispatcher = EmbeddedDispatcher(
        sessions=sessions, runtime=runtime, channels={"email": mail, "app": AppChannel()},
        clock=ShiftedClock(SystemClock(), AHEAD + life * BETWEEN_LIVES),
    )  # fmt: skip
    scheduler = Scheduler(dispatcher, Ticks(timers=0.3, rungs=5, notices=0.3, sealing=1))
    scheduler.start()
    log = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while left(sessions):
        workers = [threading.Thread(target=work, args=(sessions, runtime, actor, log)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        time.sleep(0.2)
    scheduler.stop()
    dispatcher.stop()
