"""APScheduler as a clock that ticks, and nothing else: what is due lies in rows, so that a tick that is missed, late
or repeated does no harm.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from engine.dispatcher import Dispatcher

_log = structlog.get_logger(__name__)
# a tick that is left out because the last one is still at work is how it is meant, and no news
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

#: A scheduler whose last tick is older than this is not alive.
SILENCE: Final = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """How often each kind of work is looked for, in seconds."""

    timers: float = 5.0
    rungs: float = 15.0
    notices: float = 5.0
    sealing: float = 60.0


class Scheduler:
    """Ticks in threads of this process.

    Args:
        dispatcher: does what is due.
        ticks: how often.
    """

    def __init__(self, dispatcher: Dispatcher, ticks: Ticks | None = None) -> None:
        self._dispatcher, self._ticks = dispatcher, ticks or Ticks()
        self._heartbeat: datetime | None = None
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(4)},
            # A tick that comes late must still come; the default drops it after one second, and with it what was due.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Begin to tick, at once: what became due while nobody looked is found first."""
        dispatcher, ticks = self._dispatcher, self._ticks
        self._every(ticks.timers, "timers", dispatcher.sweep_timers)
        self._every(ticks.rungs, "rungs", dispatcher.sweep_rungs)
        self._every(ticks.notices, "notices", dispatcher.send_notices)
        self._every(ticks.sealing, "sealing", dispatcher.seal_events)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking and wait for the ticks under way."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    @property
    def heartbeat(self) -> datetime | None:
        """When the last tick ended, by this machine's clock; None before the first."""
        return self._heartbeat

    def is_alive(self, now: datetime) -> bool:
        """Say whether it ticks: one ended within the last minute.

        Args:
            now: by this machine's clock, not by one that was moved.
        """
        return self._scheduler.running and self._heartbeat is not None and now - self._heartbeat < SILENCE

    def _every(self, seconds: float, name: str, work: Callable[[], int]) -> None:
        self._scheduler.add_job(
            self._tick, "interval", (name, work), seconds=seconds, id=name, next_run_time=datetime.now(UTC)
        )

    def _tick(self, name: str, work: Callable[[], int]) -> None:
        try:
            done = work()
            self._heartbeat = datetime.now(UTC)
        except Exception:  # the database may be away; the next tick tries again, and readiness tells
            _log.exception("tick.failed", tick=name)
        else:
            if done:
                _log.info("tick.done", tick=name, count=done)
