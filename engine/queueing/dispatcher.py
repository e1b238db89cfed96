"""The scheduler's side of the queue: what is due is claimed and handed to workers, in one transaction."""

from typing import Any, Final

from sqlalchemy import text

from engine.db import writing
from engine.delivery import GROUP
from engine.dispatcher import BATCH, EmbeddedDispatcher
from engine.instances import incidents, sweeping
from engine.queueing import presence as who
from engine.queueing.presence import Presence

#: Numbers of locks that no two nodes hold at once.
_STALLED: Final = 7_420_384
_RETRYING: Final = 7_420_385
_SENDING: Final = text("SELECT 1 FROM procrastinate_jobs WHERE task_name = :job AND status = 'todo' LIMIT 1")
_RETRIED: Final = text(
    "SELECT args ->> 'incident' FROM procrastinate_jobs WHERE task_name = :job AND status IN ('todo', 'doing')"
)


class SharingDispatcher(EmbeddedDispatcher):
    """Hands timers, notices and retries to workers while one lives, and does them itself while none does.

    Rungs, seals and what is forgotten stay with whoever ticks.

    Args:
        presence: knows whether a worker lives.
        given: as `EmbeddedDispatcher` takes it.
    """

    def __init__(self, *, presence: Presence | None = None, **given: Any) -> None:
        super().__init__(**given)
        self._presence = presence or Presence()

    def wake(self) -> None:
        """Look now, unless a worker has been told by what woke us."""
        if not self._presence.known:
            super().wake()

    @property
    def _shares(self) -> bool:
        with self._sessions() as session:
            return self._presence.any(session)

    def sweep_timers(self) -> int:
        """Claim the timers that are due and hand them to workers; return how many."""
        if not self._shares:
            return super().sweep_timers()
        from engine.queueing.jobs import Job, defer

        queued = 0
        while not self._stopped.is_set():
            with self._sessions() as session:
                now = self._now(session)
            self.sweep_rungs()  # a timer that follows a rung ends its clock: whom the rung tells is told before
            with self._sessions() as session, writing(session):
                found = [str(each) for each in sweeping.queue_timers(session, now, BATCH)]
                groups = [found[start : start + GROUP] for start in range(0, len(found), GROUP)]
                if groups:
                    defer(session, Job.FIRE_TIMERS, *({"timers": group, "deaths": 0} for group in groups))
            queued += len(found)
            if len(found) < BATCH:
                break
        return queued

    def send_notices(self) -> int:
        """Let a worker send what no step has just told of: what is tried again, what a page wrote, daily mails."""
        if not self._shares:
            return super().send_notices()
        from engine.queueing.jobs import Job, defer

        with self._sessions() as session, writing(session):
            if not session.execute(_SENDING, {"job": Job.SEND_NOTICES.value}).first():
                defer(session, Job.SEND_NOTICES, {"deaths": 0})
        return 0

    def rescue(self) -> int:
        """Give what dead workers had to others, and try again what failed and may work by now."""
        rescued = self._rescue_jobs()
        return rescued + (self._queue_retries() if self._shares else super().rescue())

    def _rescue_jobs(self) -> int:
        with self._alone(_STALLED) as session:
            if session is None or not who.is_there(session):
                return 0
            from engine.queueing import stalled

            now, silence = self._now(session), self._presence.silence
            with self._sessions() as other:
                rescued = stalled.rescue(other, self._runtime, now, silence)
            stalled.forget_failed(self._sessions)
            if not self._shares:
                with self._sessions() as other:
                    rescued += stalled.take_back(other)
            return rescued

    def _queue_retries(self) -> int:
        from engine.queueing.jobs import Job, defer

        with self._alone(_RETRYING) as session:
            if session is None:
                return 0
            due = [str(each) for each in incidents.due_retries(session, self._now(session), BATCH)]
            known = set(session.scalars(_RETRIED, {"job": Job.RETRY_INCIDENT.value}))
            with self._sessions() as other, writing(other):
                for each in due:
                    if each not in known:
                        defer(other, Job.RETRY_INCIDENT, {"incident": each, "deaths": 0}, lock=f"incident:{each}")
            return len(set(due) - known)
