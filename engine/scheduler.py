"""APScheduler as a clock that ticks, and nothing else: what is due lies in rows, so that a tick that is missed, late
or repeated does no harm.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, Final
from uuid import UUID

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session, sessionmaker

from engine.db import new_id
from engine.dispatcher import Dispatcher
from engine.heartbeats import SILENCE, beat, sign_off
from engine.tracing import tick

_log = structlog.get_logger(__name__)
# a tick that is left out because the last one is still at work is how it is meant, and no news
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


#: Seconds by which a clock may be put right without anybody's notice.
_SET_BACK: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """How often each kind of work is looked for, in seconds."""

    timers: float = 5.0
    rungs: float = 15.0
    notices: float = 5.0
    rescue: float = 60.0
    sealing: float = 60.0
    retention: float = 6 * 3600.0
    #: how often the scheduler writes down that it lives
    heartbeat: float = 10.0
    #: how often it looks whether the machine's clock was set back
    clock: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Tick:
    """How one kind of work did.

    Args:
        succeeded_at: when it last ended well, by this machine's clock.
        seconds: how long that took.
        count: how much it did.
        failures: how often it has failed since.
        error: what it failed of last, a kind without facts; empty once it ended well again.
    """

    succeeded_at: datetime | None = None
    seconds: float = 0.0
    count: int = 0
    failures: int = 0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what a heartbeat's row keeps."""
        at = self.succeeded_at.isoformat() if self.succeeded_at else None
        return {"succeeded_at": at, "seconds": round(self.seconds, 3), "count": self.count,
                "failures": self.failures, "error": self.error}  # fmt: skip


class Scheduler:
    """Ticks in threads of this process.

    Args:
        dispatcher: does what is due.
        ticks: how often.
        sessions: where it writes down that it lives, for other processes to read; None writes nothing.
    """

    def __init__(
        self, dispatcher: Dispatcher, ticks: Ticks | None = None, *, sessions: sessionmaker[Session] | None = None
    ) -> None:
        self._dispatcher, self._ticks, self._sessions = dispatcher, ticks or Ticks(), sessions
        self.id: Final[UUID] = new_id()
        self.name: Final = f"{socket.gethostname()}:{os.getpid()}"
        self._heartbeat: datetime | None = None
        self._known: dict[str, Tick] = {}
        self._ended = Event()
        self._watch = Thread(target=self._watch_clock, name="scheduler-clock", daemon=True)
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(7)},
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
        self._every(ticks.rescue, "rescue", dispatcher.rescue)
        self._every(ticks.sealing, "sealing", dispatcher.seal_events)
        self._every(ticks.retention, "retention", dispatcher.forget_expired)
        if self._sessions is not None:
            self._every(ticks.heartbeat, "heartbeat", self._beat)
        self._scheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """Stop ticking, wait for the ticks under way, and sign off."""
        if not self._scheduler.running:
            return
        self._ended.set()
        self._watch.join()
        self._scheduler.shutdown(wait=True)
        if self._sessions is None:
            return
        try:
            with self._sessions() as session:
                sign_off(session, self.id)
        except Exception:  # the row goes silent, which says the same a minute later
            _log.exception("scheduler.sign_off_failed")

    @property
    def heartbeat(self) -> datetime | None:
        """When the last tick ended, by this machine's clock; None before the first."""
        return self._heartbeat

    @property
    def known(self) -> Mapping[str, Tick]:
        """How each kind of work did, by name; without those that have not been looked for yet."""
        return dict(self._known)

    def is_alive(self, now: datetime) -> bool:
        """Say whether it ticks: one ended within the last minute.

        Args:
            now: by this machine's clock, not by one that was moved.
        """
        return self._scheduler.running and self._heartbeat is not None and abs(now - self._heartbeat) < SILENCE

    def _every(self, seconds: float, name: str, work: Callable[[], int]) -> None:
        self._scheduler.add_job(
            self._tick, "interval", (name, work), seconds=seconds, id=name, next_run_time=datetime.now(UTC)
        )

    def _watch_clock(self) -> None:
        """Tick at once when the machine's clock was set back: until it had been that time again nothing would."""
        ahead = time.time() - time.monotonic()
        while not self._ended.wait(self._ticks.clock):
            before, ahead = ahead, time.time() - time.monotonic()
            if ahead < before - _SET_BACK:
                _log.warning("clock.set_back", seconds=round(before - ahead, 1))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    def _tick(self, name: str, work: Callable[[], int]) -> None:
        with tick(name):
            self._look(name, work)

    def _look(self, name: str, work: Callable[[], int]) -> None:
        began, before = time.monotonic(), self._known.get(name, Tick())
        try:
            done = work()
        except Exception as error:  # the database may be away; the next tick tries again, and readiness tells
            self._known[name] = replace(before, failures=before.failures + 1, error=type(error).__name__)
            _log.exception("tick.failed")
            return
        self._heartbeat = datetime.now(UTC)
        self._known[name] = Tick(succeeded_at=self._heartbeat, seconds=time.monotonic() - began, count=done)
        if done and name != "heartbeat":
            _log.info("tick.done", count=done, seconds=round(time.monotonic() - began, 3))

    def _beat(self) -> int:
        """Write down how the ticks do. That this can be written is a sign of life, too."""
        assert self._sessions is not None
        ticks = {name: tick.to_json() for name, tick in self._known.items() if name != "heartbeat"}
        with self._sessions() as session:
            beat(session, self.id, self.name, ticks=ticks)
        return 1
