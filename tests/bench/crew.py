"""How much workers get done together: timers that are due at once, handed out by one scheduler through the queue.

`python -m tests.bench.crew URL` is one worker of it.
"""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from engine import tables
from engine.clock import SystemClock
from engine.db import connect, sessions
from engine.instances.runtime import Runtime
from engine.notices import AppChannel
from engine.queueing import schema
from engine.queueing.dispatcher import SharingDispatcher
from engine.queueing.hands import Hands
from engine.queueing.presence import Announcer, count_workers
from engine.queueing.worker import Worker
from tests.bench import morning
from web.memory import settle

CREWS: Final = (1, 2, 4)
#: Timers that each crew delivers, each with a step and two notices, which are sent, too.
MOST: Final = 3000
_PATIENCE: Final = 300.0
_LEFT: Final = text(
    "SELECT (SELECT count(*) FROM timer WHERE state = 'waiting') AS timers,"
    " (SELECT count(*) FROM notice WHERE state <> 'sent') AS notices"
)


@dataclass(frozen=True, kw_only=True)
class Crew:
    """What so many workers got done.

    Args:
        workers: processes.
        fired: timers delivered a second, by the clock on the wall.
        whole: the same until their notices were sent as well.
        lost, doubled: timers that had no effect, or more than one.
    """

    workers: int
    fired: float
    whole: float
    lost: int
    doubled: int


def measure(engine: Engine, workers: int, count: int) -> Crew:
    """Let workers deliver `count` timers that are due at once."""
    count, url = min(count, MOST), engine.url.render_as_string(hide_password=False)
    wide = connect(url)
    schema.bring_up(wide)
    made = morning.fill(engine, count)
    command = [sys.executable, "-m", "tests.bench.crew", url]
    crew = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(workers)]
    dispatcher = SharingDispatcher(sessions=sessions(wide), runtime=Runtime(), channels={}, clock=SystemClock())
    try:
        _wait(wide, workers)
        with wide.begin() as connection:
            connection.execute(text("UPDATE timer SET due_at = now()"))
        began = time.monotonic()
        dispatcher.sweep_timers()
        fired = count / _until(wide, "timers", began)
        whole = count / _until(wide, "notices", began)
    finally:
        for each in crew:
            each.send_signal(signal.SIGTERM)
        for each in crew:
            each.wait(60)
        dispatcher.stop()
        wide.dispose()
    with made() as session:
        counted = morning.count(session)
    return Crew(workers=workers, fired=fired, whole=whole, lost=count - counted.events, doubled=counted.doubled)


def _wait(engine: Engine, workers: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    with sessions(engine)() as session:
        while count_workers(session) < workers:
            session.rollback()
            assert time.monotonic() < deadline, "the workers did not come"
            time.sleep(0.2)


def _until(engine: Engine, what: str, began: float) -> float:
    """Return after how many seconds nothing of it is left."""
    while True:
        with engine.connect() as connection:
            if not getattr(connection.execute(_LEFT).one(), what):
                return time.monotonic() - began
        assert time.monotonic() - began < _PATIENCE, f"{what} are left"
        time.sleep(0.05)


def judge(found: Crew) -> list[str]:
    """Return the promises that a crew breaks: nothing is lost or doubled, however many there are."""
    broken = []
    if found.lost or found.doubled:
        broken.append(f"{found.workers} workers: {found.lost} timers lost, {found.doubled} doubled")
    return broken


def main(url: str) -> int:
    """Work until told to stop, as `chuishao worker` does."""
    assert tables.metadata.tables
    engine = connect(url)
    runtime = Runtime()
    runtime.hooks.queue = Announcer()
    channels = {"app": AppChannel(), "email": AppChannel()}
    hands = Hands(sessions=sessions(engine), runtime=runtime, channels=channels, clock=SystemClock())
    worker = Worker(engine.url, hands)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    settle()
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
