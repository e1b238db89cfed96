"""Carries due work in this process: timers and rungs to their processes, notices to their channels.

Everything that is due lies in rows, so that a process that dies loses nothing: whoever looks next finds the same rows.
On PostgreSQL every node may run one of these; on SQLite there is one process.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any, Final, Protocol
from uuid import UUID

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from engine.audit.seals import seal
from engine.clock import Clock, ShiftedClock, SystemClock, aware
from engine.instances import escalation, timers
from engine.instances.runtime import Runtime
from engine.notices import Channel, Notice, NoticeState, send_due
from engine.notices.dispatch import Unseal

_log = structlog.get_logger(__name__)

#: How many timers, rungs or notices one look takes.
BATCH: Final = 100
#: How long a rung that could not be fired is left alone; its incident is in sight meanwhile.
REST: Final = timedelta(minutes=15)


class Dispatcher(Protocol):
    """Carries what is due. A second implementation puts it into a queue that workers share."""

    def wake(self) -> None:
        """Look now, without waiting for the next tick: something was committed, or time has jumped."""

    def sweep_timers(self) -> int:
        """Deliver the timers that are due; return how many."""

    def sweep_rungs(self) -> int:
        """Fire the rungs that are due; return how many."""

    def send_notices(self) -> int:
        """Send what is due in the outbox; return how many were sent."""

    def seal_events(self) -> int:
        """Seal the audit events that are not sealed yet; return how many."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How far behind things are.

    Args:
        due_lag: since when the longest waiting timer or rung is due; zero when nothing is.
        outbox: notices that wait to be sent.
        dead: notices that were given up.
    """

    due_lag: timedelta
    outbox: int
    dead: int


class EmbeddedDispatcher:
    """Does the work on a few threads of this process.

    Args:
        sessions: the factory of sessions; every piece of work has its own.
        runtime: moves the processes; it is told to wake this dispatcher after a commit.
        channels: by name; notices of other channels wait.
        clock: the time. On PostgreSQL the database's clock is used, ahead by as much as this one is.
        unseal: reads residents' addresses.
        threads: how many timers are delivered at once; SQLite writes one at a time anyway.
    """

    def __init__(
        self,
        *,
        sessions: sessionmaker[Session],
        runtime: Runtime,
        channels: Mapping[str, Channel],
        clock: Clock,
        unseal: Unseal | None = None,
        threads: int = 2,
    ) -> None:
        self._sessions, self._runtime, self._clock = sessions, runtime, clock
        self._channels, self._unseal = channels, unseal
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="dispatch")
        self._waker = ThreadPoolExecutor(1, thread_name_prefix="dispatch-wake")
        self._queued, self._stopped = Lock(), Event()
        self._resting: dict[UUID, datetime] = {}
        runtime.hooks.wake = self.wake

    def stop(self) -> None:
        """Finish what is under way and take nothing new. What is left lies in rows."""
        self._stopped.set()
        self._waker.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """Look now. Several calls before the look begins make one look."""
        if self._stopped.is_set() or not self._queued.acquire(blocking=False):
            return
        try:
            self._waker.submit(self._look)
        except RuntimeError:  # it was stopped just now: the rows wait for the next start
            self._queued.release()

    def _look(self) -> None:
        self._queued.release()  # what is committed from here on needs another look
        try:
            self.run_due()
        except Exception:
            _log.exception("dispatch.failed")

    def run_due(self) -> int:
        """Do everything that is due now, and what becomes due by it; return how many pieces of work were done."""
        done = 0
        while not self._stopped.is_set():
            moved = self.sweep_rungs() + self.sweep_timers()
            done += moved
            if not moved:
                break
        return done + self.send_notices()

    def sweep_timers(self) -> int:
        """Deliver the timers that are due. One that fails does not keep the others."""
        with self._sessions() as session:
            now = self._now(session)
            due = timers.due_timers(session, now, BATCH)
        if due:
            self.sweep_rungs()  # a timer that follows a rung ends its clock: whom the rung tells is told before
        return self._each(due, lambda timer_id: self._fire_timer(timer_id, now))

    def _fire_timer(self, timer_id: UUID, now: datetime) -> bool:
        with self._sessions() as session:
            try:
                return self._runtime.fire_timer(session, timer_id, now) is timers.Fired.FIRED
            except Exception as error:
                _log.exception("timer.failed", timer=str(timer_id))
                failure = error
        with self._sessions() as session:
            self._runtime.give_up_timer(session, timer_id, failure, now)
        return False

    def sweep_rungs(self) -> int:
        """Fire the rungs that are due, the highest of each clock."""
        with self._sessions() as session:
            now = self._now(session)
            self._resting = {rung: until for rung, until in self._resting.items() if until > now}
            found = escalation.due_rungs(session, now, BATCH + len(self._resting))
        due = [rung_id for rung_id in found if rung_id not in self._resting]
        return self._each(due, lambda rung_id: self._fire_rung(rung_id, now))

    def _fire_rung(self, rung_id: UUID, now: datetime) -> bool:
        with self._sessions() as session:
            try:
                return self._runtime.fire_rung(session, rung_id, now) is not None
            except Exception as error:
                _log.exception("rung.failed", rung=str(rung_id))
                failure = error
        self._resting[rung_id] = now + REST
        with self._sessions() as session:
            self._runtime.give_up_rung(session, rung_id, failure, now)
        return False

    def send_notices(self) -> int:
        """Send what is due in the outbox, batch after batch."""
        sent = 0
        while not self._stopped.is_set():
            with self._sessions() as session:
                now = self._now(session)
            batch = send_due(self._sessions, self._channels, now, unseal=self._unseal)
            sent += batch
            if not batch:
                break
        return sent

    def seal_events(self) -> int:
        """Seal the audit events that are not sealed yet."""
        with self._sessions() as session:
            return seal(session, self._now(session))

    def figures(self) -> Figures:
        """Return how far behind things are, for readiness and metrics."""
        with self._sessions() as session:
            now = self._now(session)
            oldest = [moment for moment in (timers.oldest_due(session), escalation.oldest_due(session)) if moment]
            rows = session.execute(select(Notice.state, func.count()).group_by(Notice.state)).all()
            counts: dict[str, int] = {row[0]: row[1] for row in rows}
        lag = max((now - moment for moment in oldest), default=timedelta(0))
        waiting = counts.get(NoticeState.PENDING, 0) + counts.get(NoticeState.SENDING, 0)
        return Figures(due_lag=max(lag, timedelta(0)), outbox=waiting, dead=counts.get(NoticeState.DEAD, 0))

    def _each(self, ids: Iterable[UUID], work: Callable[[UUID], bool]) -> int:
        return sum(self._pool.map(lambda identity: self._guarded(work, identity), ids))

    def _guarded(self, work: Callable[[UUID], bool], identity: UUID) -> bool:
        try:
            return not self._stopped.is_set() and work(identity)
        except Exception:  # the failure itself could not be written: the row is still due, the next tick sees it
            _log.exception("dispatch.failed", id=str(identity))
            return False

    def _now(self, session: Session) -> datetime:
        """The time that decides what is due. Nodes that share a database take its time: theirs may not agree."""
        clock: Any = self._clock
        ours = isinstance(clock, SystemClock | ShiftedClock)
        if not ours or session.get_bind().dialect.name != "postgresql":
            return aware(self._clock.now())
        offset = clock.now() - SystemClock().now() if isinstance(clock, ShiftedClock) else timedelta(0)
        return aware(session.execute(text("SELECT clock_timestamp()")).scalar_one()) + offset
