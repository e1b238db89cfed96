"""Whether anybody works on the queue: read from the rows that workers write, without the queue's library.

While a worker lives, timers and notices are handed to the queue; while none does, whoever sweeps carries them itself.
So there is nothing to set, and nothing is left behind when the last worker goes.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

#: A worker that has said nothing for this long is taken for dead, and what it had is given to others.
SILENCE: Final = timedelta(seconds=30)
#: For how long, in seconds, a process believes what it read.
BELIEF: Final = 3.0

_THERE: Final = text("SELECT to_regclass('procrastinate_workers') IS NOT NULL")
_ALIVE: Final = text(
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > clock_timestamp() - make_interval(secs => :secs)"
)
_JOBS: Final = text(
    "SELECT count(*) FILTER (WHERE status = 'todo') AS waiting, count(*) FILTER (WHERE status = 'doing') AS doing,"
    " count(*) FILTER (WHERE status = 'failed') AS failed FROM procrastinate_jobs"
)


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """How the queue stands.

    Args:
        workers: that live.
        waiting: jobs that nobody has begun.
        doing: jobs that a worker has.
        failed: jobs that ended badly and are kept for a while.
    """

    workers: int
    waiting: int
    doing: int
    failed: int


def is_there(session: Session) -> bool:
    """Say whether this database has a queue; SQLite never has."""
    return session.get_bind().dialect.name == "postgresql" and bool(session.scalar(_THERE))


def count_workers(session: Session, silence: timedelta = SILENCE) -> int:
    """Return how many workers live, by the database's clock."""
    if not is_there(session):
        return 0
    return session.scalar(_ALIVE, {"secs": silence.total_seconds()}) or 0


def queue_figures(session: Session) -> QueueFigures | None:
    """Return how the queue stands; None where there is none."""
    if not is_there(session):
        return None
    jobs = session.execute(_JOBS).one()
    return QueueFigures(workers=count_workers(session), waiting=jobs.waiting, doing=jobs.doing, failed=jobs.failed)


class Presence:
    """Knows whether a worker lives, and asks again every few seconds. Any thread may ask.

    Args:
        silence: after which a worker is taken for dead.
        belief: seconds for which an answer holds.
    """

    def __init__(self, silence: timedelta = SILENCE, belief: float = BELIEF) -> None:
        self.silence, self._belief = silence, belief
        self._asked = -belief
        #: the last answer
        self.known = False

    def any(self, session: Session) -> bool:
        """Say whether a worker lives."""
        if time.monotonic() - self._asked >= self._belief:
            self._asked, self.known = time.monotonic(), count_workers(session, self.silence) > 0
        return self.known


class Announcer:
    """Puts a job that sends notices into the queue, in the transaction that put the notices into the outbox.

    Args:
        presence: without a worker there is no job: whoever sweeps the outbox finds them.
    """

    def __init__(self, presence: Presence | None = None) -> None:
        self._presence = presence or Presence()

    def __call__(self, session: Session) -> None:
        """Defer the job on the connection of `session`."""
        if self._presence.any(session):
            from engine.queueing.jobs import Job, defer  # its library is not loaded where there is no worker

            defer(session, Job.SEND_NOTICES, {"deaths": 0})
