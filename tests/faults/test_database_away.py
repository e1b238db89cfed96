"""The database goes away while a scheduler sweeps: readiness tells, the next tick goes on, nothing is lost."""

import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine

from config import Settings
from engine.clock import ShiftedClock, SystemClock
from engine.db import connect
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.runtime import Runtime
from engine.scheduler import Scheduler, Tick, Ticks
from engine.tables import metadata
from tests.bench import morning
from tests.postgres import Server
from web import create_app

MANY = 200
FAST = Ticks(timers=0.2, rungs=0.2, notices=60, rescue=60, sealing=60, retention=60, heartbeat=0.2)


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL of this test alone, to be stopped."""
    server = Server.prepare(durable=True)
    yield server
    server.stop()


def stop(server: Server, how: str) -> list[str]:
    """Stop it; return what starts it again, with the settings that it had.

    Args:
        how: `immediate`, as a power cut would, or `fast`, as an operator does: everybody is sent away.
    """
    data = server.home / "data"
    command = [how if word == "immediate" else word for word in (server.home / "stop").read_text().split("\0")]
    options = (data / "postmaster.opts").read_text().split(" ", 1)[1].strip().replace('"', "")
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    control = command[: command.index("-m")]
    flags = options.split(f"-D {data}")[-1]
    return [*control, "-w", "-t", "60", "-l", str(data / "log"), "-o", flags, "start"]


def wait_for(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 90
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def failures(scheduler: Scheduler) -> int:
    return scheduler.known.get("timers", Tick()).failures


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    """Every failed tick says why at length, which takes longer than the test."""
    with structlog.testing.capture_logs():
        yield


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("how", ["immediate", "fast"])
def test_a_sweep_goes_on_when_the_database_is_back(server: Server, tmp_path: Path, how: str) -> None:
    root = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE away")
    root.dispose()
    engine = connect(server.url("away"))
    metadata.create_all(engine)
    sessions = morning.fill(engine, MANY)
    settings = Settings(
        database_url=server.url("away"), secret_key=b"k" * 32, field_key=bytes(range(32)), blob_dir=tmp_path,
        jurisdiction="qinghe", scheduler_embedded=False,
    )  # fmt: skip
    client = create_app(settings).test_client()
    ahead = morning.DUE - SystemClock().now() + timedelta(seconds=5)
    dispatcher = EmbeddedDispatcher(
        sessions=sessions, runtime=Runtime(), channels={}, clock=ShiftedClock(SystemClock(), ahead)
    )
    scheduler = Scheduler(dispatcher, FAST, sessions=sessions)
    scheduler.start()
    try:
        wait_for(lambda: client.get("/readyz").status_code == 200, "a scheduler that lives makes it ready")
        start = stop(server, how)
        wait_for(lambda: failures(scheduler) > 0, "the sweep fails")
        assert client.get("/readyz").status_code == 503
        done = subprocess.run(start, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=server.home)
        assert done.returncode == 0, done.stderr
        wait_for(lambda: failures(scheduler) == 0, "the sweep goes on")
        wait_for(lambda: client.get("/readyz").status_code == 200, "it is ready again")
        # what was claimed when it went away comes back when its lease ends
        dispatcher._clock = ShiftedClock(SystemClock(), ahead + timedelta(minutes=3))
        wait_for(lambda: dispatcher.figures().due_lag == timedelta(0), "everything is delivered")
    finally:
        dispatcher.halt()
        scheduler.stop()
        dispatcher.stop()
    with sessions() as session:
        counted = morning.count(session)
    engine.dispose()
    assert counted.timers == {"fired": MANY}
    assert (counted.events, counted.told, counted.notices, counted.doubled) == (MANY, MANY, 2 * MANY, 0)
