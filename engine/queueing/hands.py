"""Does the jobs of the queue. A job is a hint: that anything happens once is up to the row that it names."""

from collections.abc import Mapping, Sequence
from threading import Event
from uuid import UUID

import structlog
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.clock import Clock
from engine.delivery import Delivery
from engine.errors import EngineError
from engine.heartbeats import deciding_now
from engine.instances import sweeping
from engine.instances.runtime import Runtime
from engine.notices import Channel
from engine.notices.dispatch import Unseal

_log = structlog.get_logger(__name__)


class Hands:
    """Does jobs; one for each process. Its methods may be called by any thread.

    Args:
        sessions: every piece of work has its own.
        runtime: moves the processes.
        channels: by name; notices of other channels wait.
        clock: see `engine.heartbeats.deciding_now`.
        unseal: reads residents' addresses.
    """

    def __init__(
        self,
        *,
        sessions: sessionmaker[Session],
        runtime: Runtime,
        channels: Mapping[str, Channel],
        clock: Clock,
        unseal: Unseal | None = None,
    ) -> None:
        self._sessions, self._runtime, self._channels = sessions, runtime, channels
        self._clock, self._unseal, self._stopped = clock, unseal, Event()
        self._delivery = Delivery(sessions, runtime, map, self._stopped)

    def halt(self) -> None:
        """Begin nothing new; what a job has not begun is given back."""
        self._stopped.set()

    def fire_timers(self, timer_ids: Sequence[str]) -> int:
        """Deliver timers that are still due; give the others back. Return how many were delivered."""
        with self._sessions() as session:
            now = deciding_now(session, self._clock)
        claims = [sweeping.Claim(timer_id=UUID(each), alone=False, deadly=False) for each in timer_ids]
        return self._delivery.deliver(claims, now)

    def send_notices(self) -> int:
        """Send what is due in the outbox, and return how much."""
        return self._delivery.send(self._channels, self._clock, self._unseal)

    def retry_incident(self, incident_id: str) -> bool:
        """Try an incident again; say whether it worked."""
        if self._stopped.is_set():
            return False
        with self._sessions() as session:
            now = deciding_now(session, self._clock)
            try:
                return self._runtime.retry(session, UUID(incident_id), actor=Actor.engine(), now=now)
            except EngineError as error:  # somebody resolved it meanwhile
                _log.info("retry.not_done", incident=incident_id, code=error.code)
                return False
