"""Carries due work in this process: timers and rungs to their processes, notices to their channels.

Everything that is due lies in rows, so that a process that dies loses nothing: whoever looks next finds the same rows.
On PostgreSQL every node may run one of these; on SQLite there is one process.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Lock
from typing import Final, Protocol, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.audit.seals import seal
from engine.clock import Clock
from engine.delivery import Delivery
from engine.figures import Figures, figures
from engine.heartbeats import deciding_now
from engine.instances import chasing, escalation, incidents, rung_claims, sweeping
from engine.instances.runtime import Runtime
from engine.notices import Channel
from engine.notices.dispatch import Unseal
from engine.retention import RULES, Rule, forget_expired
from engine.tracing import piece_of_work, tick

T = TypeVar("T")
R = TypeVar("R")
_log = structlog.get_logger(__name__)

#: How many timers, rungs or notices one look takes.
BATCH: Final = 200
#: How many events one transaction seals.
SEALED: Final = 1000
#: How long a rung that could not be fired is left alone; its incident is in sight meanwhile.
REST: Final = timedelta(minutes=15)
#: Numbers of locks that no two nodes hold at once.
_RESCUING: Final = 7_420_382
_FORGETTING: Final = 7_420_383


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

    def rescue(self) -> int:
        """Try again what failed and may work by now; return how much worked."""

    def forget_expired(self) -> int:
        """Delete what was kept for its period; return how much."""


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What is deleted after its period.

    Args:
        jurisdictions: whose.
        rules: what, see `engine.retention`.
    """

    jurisdictions: Sequence[str]
    rules: Sequence[Rule] = RULES


class EmbeddedDispatcher:
    """Does the work on a few threads of this process.

    Args:
        sessions: the factory of sessions; every piece of work has its own.
        runtime: moves the processes; it is told to wake this dispatcher after a commit.
        channels: by name; notices of other channels wait.
        clock: the time. On PostgreSQL the database's clock is used, ahead by as much as this one is.
        unseal: reads residents' addresses.
        keeping: what is deleted after its period, for whom.
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
        keeping: Keeping | None = None,
        threads: int = 2,
    ) -> None:
        self._sessions, self._runtime, self._clock = sessions, runtime, clock
        self._channels, self._unseal, self._keeping = channels, unseal, keeping
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="dispatch")
        self._waker = ThreadPoolExecutor(1, thread_name_prefix="dispatch-wake")
        self._queued, self._sweeping, self._moving, self._stopped = Lock(), Lock(), Lock(), Event()
        with sessions() as session:
            self._side_by_side = session.get_bind().dialect.name == "postgresql"
        self._delivery = Delivery(sessions, runtime, self._map, self._stopped)
        self._resting: dict[UUID, datetime] = {}
        runtime.hooks.wake = self.wake

    def halt(self) -> None:
        """Take nothing new from now on; do not wait for what is under way."""
        self._stopped.set()

    def stop(self) -> None:
        """Finish what is under way and take nothing new. What is left lies in rows."""
        self.halt()
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
        with tick("wake"):
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
        """Deliver the timers that are due, batch after batch. One that fails does not keep the others."""
        with self._sweeping:  # a second sweep of the same process would only be in the first one's way
            return self._sweep_timers()

    def _sweep_timers(self) -> int:
        done = 0
        while not self._stopped.is_set():
            with self._sessions() as session:
                now = self._now(session)
                claims = sweeping.claim_timers(session, now, BATCH)
            if not claims:
                break
            self.sweep_rungs()  # a timer that follows a rung ends its clock: whom the rung tells is told before
            fired = self._delivery.deliver(claims, now)
            done += fired
            if not fired:
                break  # what failed waits for its next try, what is busy for the next look
        return done

    def sweep_rungs(self) -> int:
        """Fire the rungs that are due, the highest of each clock; go on with those that nobody answered in time."""
        with self._moving:  # whoever comes second finds moved what the first one had
            return self._sweep_rungs()

    def _sweep_rungs(self) -> int:
        with self._sessions() as session:
            now = self._now(session)
            self._resting = {rung: until for rung, until in self._resting.items() if until > now}
            due = escalation.due_rungs(session, now, BATCH + len(self._resting))
            unanswered = chasing.unanswered_rungs(session, now, BATCH + len(self._resting))
            rested = [each for each in (*due, *unanswered) if each not in self._resting]
            claims = rung_claims.claim_rungs(session, rested, now)
        moved, deadly = set[UUID](), {each.rung_id for each in claims if each.deadly}
        move = partial(self._move_rung, chased=set(unanswered), deadly=deadly, now=now, moved=moved)
        self._each([each.rung_id for each in claims if not each.alone], move)
        for each in (each for each in claims if each.alone):  # after the others: it may be the end of this process
            self._guarded(move, each.rung_id)
        with self._sessions() as session:
            rung_claims.release_rungs(session, [each.rung_id for each in claims if each.rung_id not in moved])
        return len(moved)

    def _move_rung(
        self, rung_id: UUID, *, chased: Collection[UUID], deadly: Collection[UUID], now: datetime, moved: set[UUID]
    ) -> bool:
        move = self._runtime.chase_rung if rung_id in chased else self._runtime.fire_rung
        failure: Exception = rung_claims.died_of_rung()
        if rung_id not in deadly:
            try:
                with self._sessions() as session:
                    if move(session, rung_id, now):
                        moved.add(rung_id)
                    return rung_id in moved
            except Exception as error:
                _log.exception("rung.failed", rung=str(rung_id))
                self._resting[rung_id], failure = now + REST, error
        with self._sessions() as session:
            self._runtime.give_up_rung(session, rung_id, failure, now, last=rung_id in deadly)
        return False

    def send_notices(self) -> int:
        """Send what is due in the outbox, batch after batch."""
        return self._delivery.send(self._channels, self._clock, self._unseal)

    def seal_events(self) -> int:
        """Seal the audit events that are not sealed yet, batch after batch."""
        sealed = 0
        while not self._stopped.is_set():
            with self._sessions() as session:
                batch = seal(session, self._now(session), SEALED)
            sealed += batch
            if batch < SEALED:
                break
        return sealed

    def rescue(self) -> int:
        """Try incidents again that may work by now. What a dead worker had is due again when its lease has ended."""
        with self._alone(_RESCUING) as session:
            if session is None:
                return 0
            now = self._now(session)
            due = incidents.due_retries(session, now, BATCH)
            return sum(self._guarded(lambda each: self._retry(each, now), incident_id) for incident_id in due)

    def _retry(self, incident_id: UUID, now: datetime) -> bool:
        with self._sessions() as session:
            return self._runtime.retry(session, incident_id, actor=Actor.engine(), now=now)

    def forget_expired(self) -> int:
        """Delete what was kept for its period."""
        if self._keeping is None:
            return 0
        with self._alone(_FORGETTING) as session:
            if session is None:
                return 0
            now = self._now(session)
            forgotten = 0
            for jurisdiction in self._keeping.jurisdictions:
                with self._sessions() as other:
                    found = forget_expired(other, jurisdiction, now, self._keeping.rules)
                if found:
                    _log.info("retention.forgotten", jurisdiction=jurisdiction, **found)
                forgotten += sum(found.values())
            return forgotten

    def figures(self) -> Figures:
        """Return how far behind things are, for readiness and metrics."""
        with self._sessions() as session:
            return figures(session, self._now(session))

    @contextmanager
    def _alone(self, number: int) -> Iterator[Session | None]:
        """Give a session while nobody else, on whatever node, does the same; None when somebody does."""
        with self._sessions() as session:
            mine = True
            if self._side_by_side:
                lock = text("SELECT pg_try_advisory_xact_lock(:number)")
                mine = bool(session.scalar(lock, {"number": number}))
            yield session if mine else None

    def _each(self, ids: Iterable[UUID], work: Callable[[UUID], bool]) -> int:
        return sum(self._map(lambda identity: self._guarded(work, identity), ids))

    def _map(self, work: Callable[[T], R], parts: Iterable[T]) -> Iterable[R]:
        """Do parts of work side by side; on SQLite, where one writes at a time, one after the other."""
        if not self._side_by_side:
            return map(work, parts)
        # a thread of the pool does not know by itself for what it works
        whole = list(parts)
        return self._pool.map(lambda context, part: context.run(work, part), [copy_context() for _ in whole], whole)

    def _guarded(self, work: Callable[[UUID], bool], identity: UUID) -> bool:
        with piece_of_work(id=str(identity)):
            try:
                return not self._stopped.is_set() and work(identity)
            except Exception:  # the failure itself could not be written: the row is still due, the next tick sees it
                _log.exception("dispatch.failed")
                return False

    def _now(self, session: Session) -> datetime:
        return deciding_now(session, self._clock)
