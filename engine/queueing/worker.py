"""A worker: takes jobs out of the queue on a few threads, and comes back whenever the database does."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ProcrastinateException
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree

from engine.failpoints import reach
from engine.postgres import alive
from engine.queueing.hands import Hands
from engine.queueing.jobs import QUEUES, Job
from engine.tracing import piece_of_work

_log = structlog.get_logger(__name__)

#: What ends a worker's connection, and not the worker.
_LOST: Final = (ProcrastinateException, psycopg.Error, OSError, TimeoutError)
#: A job whose own connection was lost, or that got none, is no failed one: it waits for so many seconds, in the queue.
#: Nobody else would look for its timers until their claim ends (`engine.instances.sweeping.QUEUED`).
_AGAIN: Final = procrastinate.RetryStrategy(wait=3, retry_exceptions=(OperationalError, NoneFree))


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a worker keeps time, in seconds.

    Args:
        heartbeat: how often it says that it lives; far below `engine.queueing.presence.SILENCE`.
        poll: how often it looks for jobs that nobody told it of.
        first_wait, longest_wait: how long after it lost the database it tries again, doubling.
        settled: having worked for this long, it begins with the first wait anew.
    """

    heartbeat: float = 8.0
    poll: float = 5.0
    first_wait: float = 0.5
    longest_wait: float = 15.0
    settled: float = 30.0


class Worker:
    """Works on the queue of one database until it is told to stop.

    Args:
        url: of the database.
        hands: does the jobs.
        concurrency: how many jobs at once.
        queues: which; all of them by default.
        listening: called each time that it begins to work.
    """

    def __init__(
        self,
        url: URL,
        hands: Hands,
        *,
        concurrency: int = 2,
        queues: Sequence[str] = QUEUES,
        pace: Pace | None = None,
        listening: Callable[[], None] = lambda: None,
    ) -> None:
        self._url, self._hands, self._concurrency = url, hands, concurrency
        self._queues, self._pace, self._listening = list(queues), pace or Pace(), listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False
        self._ending: asyncio.Event | None = None

    def stop(self) -> None:
        """Finish what is under way, give back what is not begun, take nothing new. Any thread may say so."""
        self._ended = True
        self._hands.halt()
        if self._loop is not None and self._ending is not None:
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._ending.set)

    def run(self) -> None:
        """Work until `stop` is called, over every restart of the database."""
        asyncio.run(self._supervise())

    async def _supervise(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(self._concurrency + 1, thread_name_prefix="work"))
        wait = self._pace.first_wait
        while not self._ended:
            began = time.monotonic()
            try:
                await self._work()
            except _LOST as error:
                _log.warning("worker.lost", error=type(error).__name__, again_in=wait)
            # it also ends without an error when its heartbeat could not be written
            if time.monotonic() - began > self._pace.settled:
                wait = self._pace.first_wait
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait)
            wait = min(2 * wait, self._pace.longest_wait)

    async def _work(self) -> None:
        assert self._ending is not None
        app = self._app()
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=self._queues, concurrency=self._concurrency, install_signal_handlers=False,
                    fetch_job_polling_interval=self._pace.poll, update_heartbeat_interval=self._pace.heartbeat,
                    # whoever rescues jobs must find out whose they were: rows of the dead stay for a while
                    stalled_worker_timeout=3600.0, delete_jobs="successful",
                )
            )  # fmt: skip
            ending = asyncio.create_task(self._ending.wait())
            self._listening()
            try:
                await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
                working.cancel()  # it finishes the jobs that it has
                with contextlib.suppress(asyncio.CancelledError):
                    await working
            finally:
                ending.cancel()

    def _app(self) -> procrastinate.App:
        """Return the queue's application, on a pool of its own."""
        pool: dict[str, Any] = {"min_size": 1, "max_size": 2 + self._concurrency, "timeout": 15.0}
        _, named = self._url.get_dialect()().create_connect_args(self._url)  # as the engine reads it, several hosts too
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(kwargs=alive(named), **pool))
        hands = self._hands

        @app.task(name=Job.FIRE_TIMERS.value, pass_context=True, retry=_AGAIN)
        def fire_timers(context: Any, timers: list[str], deaths: int) -> None:
            with _of_job(context):
                hands.fire_timers(timers)

        @app.task(name=Job.SEND_NOTICES.value, pass_context=True, retry=_AGAIN)
        def send_notices(context: Any, deaths: int) -> None:
            with _of_job(context):
                hands.send_notices()

        @app.task(name=Job.RETRY_INCIDENT.value, pass_context=True)
        def retry_incident(context: Any, incident: str, deaths: int) -> None:
            with _of_job(context):
                hands.retry_incident(incident)

        return app


@contextlib.contextmanager
def _of_job(context: Any) -> Any:
    with piece_of_work(job_id=str(context.job.id), job=context.job.task_name):
        reach("job-taken")
        yield
        reach("job-done")
