"""What it takes to deliver very many timers that are due at once, while somebody reads an inbox.

On PostgreSQL two schedulers of a process each share them; on SQLite one delivers them in the process that serves the
pages, as an installation on one machine does.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from engine.clock import ShiftedClock, SystemClock
from engine.instances.runtime import Runtime
from engine.instances.sweeping import claim_timers
from engine.instances.timers import due_timers
from tests.bench import morning
from tests.bench.drainer import dispatcher_on, drain
from tests.bench.morning import Counted
from tests.web.browsing import sign_in
from web import create_app, current
from web.database import db

#: What is promised on two cores: so many claimed and delivered a second, and an inbox at most so many times slower.
CLAIMED, FIRED, SLOWER = 1000.0, 250.0, 2.0
WORKERS: Final = 2
#: Between two pages that the reader opens, in seconds; so many are opened while nothing else happens.
PAUSE, IDLE_PAGES = 0.25, 40
#: So many are delivered one by one, for comparison.
ONE_BY_ONE: Final = 200


@dataclass(frozen=True, kw_only=True)
class Drained:
    """What a drain took.

    Args:
        claimed: timers a second that are claimed, when nothing else is done with them.
        fired: timers a second that are delivered, each with its step and its notices, with the clock on the wall.
        alone: the same one by one, by one process.
        cpu: milliseconds of the schedulers' CPU a timer; None where the process does other things, too.
        shares: how many each scheduler delivered.
        lag: how late timers were delivered in seconds, the smallest first.
        idle, busy: seconds that the inbox took to answer before and during the drain, the smallest first.
        counted: what stands in the database afterwards.
    """

    count: int
    claimed: float
    fired: float
    alone: float
    cpu: float | None
    shares: list[int]
    lag: list[float]
    idle: list[float]
    busy: list[float]
    counted: Counted


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of the sorted `values` do not exceed."""
    return values[min(len(values) - 1, int(share * len(values)))]


def measure(engine: Engine, count: int) -> Drained:
    """Fill a database with `count` timers that are due at once, and drain it."""
    sessions = morning.fill(engine, count)
    claimed = _claims(engine, sessions)
    alone = _one_by_one(sessions)
    ahead = morning.DUE - datetime.now(UTC)
    with _reader(engine, ahead) as client:
        idle = _read(client, lambda done: done >= IDLE_PAGES)
        began, ended = time.monotonic(), threading.Event()
        shares: list[dict[str, float]] = []
        with client.application.app_context():
            give_way = current.runtime().hooks.give_way
        draining = threading.Thread(target=lambda: _drain(engine, sessions, ahead, give_way, shares, ended))
        draining.start()
        busy = _read(client, lambda _done: ended.is_set())
        draining.join()
        seconds = time.monotonic() - began
    with sessions() as session:
        counted, lag = morning.count(session), morning.lags(session)
    left = count - alone[0]
    cpu = 1000 * sum(each["cpu"] for each in shares) / left if engine.dialect.name == "postgresql" else None
    return Drained(
        count=count, claimed=claimed, fired=left / seconds, alone=alone[1], cpu=cpu,
        shares=[int(each["fired"]) for each in shares], lag=lag[alone[0] :], idle=idle, busy=busy, counted=counted,
    )  # fmt: skip


def _claims(engine: Engine, sessions: sessionmaker[Session]) -> float:
    """Claim every timer in batches, and give all of them back."""
    taken, began = 0, time.monotonic()
    with sessions() as session:
        while found := len(claim_timers(session, morning.DUE, 200)):
            taken += found
    rate = taken / (time.monotonic() - began)
    with engine.begin() as connection:
        connection.execute(text("UPDATE timer SET claimed_until = NULL, claims = 0"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE timer")
    return rate


def _one_by_one(sessions: sessionmaker[Session]) -> tuple[int, float]:
    """Deliver a few, each in a transaction of its own; return how many and how many a second."""
    runtime = Runtime()
    with sessions() as session:
        some = due_timers(session, morning.DUE, ONE_BY_ONE)
    began = time.monotonic()
    for timer_id in some:
        with sessions() as session:
            runtime.fire_timer(session, timer_id, morning.DUE)
    return len(some), len(some) / (time.monotonic() - began)


def _drain(
    engine: Engine,
    sessions: sessionmaker[Session],
    ahead: timedelta,
    give_way: Callable[[float], float],
    shares: list[dict[str, float]],
    ended: threading.Event,
) -> None:
    try:
        if engine.dialect.name == "sqlite":
            sys.setswitchinterval(0.001)  # as `chuishao web` does
            dispatcher = dispatcher_on(sessions, ahead, give_way)
            shares.append({"fired": drain(dispatcher), "cpu": 0})
            dispatcher.stop()
        else:
            shares += _drain_in_processes(engine.url.render_as_string(hide_password=False), ahead)
    finally:
        ended.set()


def _drain_in_processes(url: str, ahead: timedelta) -> list[dict[str, float]]:
    command = [sys.executable, "-m", "tests.bench.drainer", url, str(ahead.total_seconds())]
    workers = [
        subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        for _ in range(WORKERS)
    ]
    told = [worker.communicate()[0].strip().splitlines() for worker in workers]
    return [json.loads(lines[-1]) for lines in told]


@contextmanager
def _reader(engine: Engine, ahead: timedelta) -> Iterator[FlaskClient]:
    """Give the browser of somebody whose inbox has all of these matters in it."""
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as folder:
        url = engine.url.render_as_string(hide_password=False)
        settings = Settings(
            database_url=url, secret_key=b"k" * 32, field_key=bytes(range(32)), blob_dir=Path(folder),
            jurisdiction="qinghe", scheduler_embedded=False,
        )  # fmt: skip
        app = create_app(settings, clock=ShiftedClock(SystemClock(), ahead))
        client = app.test_client()
        sign_in(client, morning.READER)
        client.get("/inbox")
        yield client
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _read(client: FlaskClient, enough: Callable[[int], bool]) -> list[float]:
    """Open the inbox again and again; return how long each page took, the shortest first."""
    taken: list[float] = []
    while not enough(len(taken)) or not taken:
        began = time.monotonic()
        answer = client.get("/inbox")
        assert answer.status_code == 200
        taken.append(time.monotonic() - began)
        time.sleep(PAUSE)
    return sorted(taken)


def show(name: str, found: Drained) -> dict[str, object]:
    """Print what a drain took, and return it for the report."""
    figures: dict[str, object] = {
        "timers": found.count, "claimed_per_second": round(found.claimed), "fired_per_second": round(found.fired, 1),
        "one_by_one_per_second": round(found.alone, 1), "shares": found.shares,
        "cpu_ms": round(found.cpu, 2) if found.cpu is not None else None,
        "lag_p50_s": round(percentile(found.lag, 0.5), 1), "lag_p99_s": round(percentile(found.lag, 0.99), 1),
        "inbox_idle_p95_ms": round(1000 * percentile(found.idle, 0.95)),
        "inbox_busy_p95_ms": round(1000 * percentile(found.busy, 0.95)),
        "notices": found.counted.notices, "lost": found.count - found.counted.events, "doubled": found.counted.doubled,
    }  # fmt: skip
    print(f"\n{name}")
    for key, value in figures.items():
        print(f"  {key:<24}{value}")
    return figures


def judge(name: str, found: Drained) -> list[str]:
    """Return the promises that a drain breaks."""
    broken = lost_or_doubled(found)
    slower = percentile(found.busy, 0.95) / percentile(found.idle, 0.95)
    if found.claimed < CLAIMED:
        broken.append(f"{found.claimed:.0f} timers claimed a second, not {CLAIMED:.0f}")
    if found.fired < FIRED:
        broken.append(f"{found.fired:.0f} timers delivered a second, not {FIRED:.0f}")
    if slower > SLOWER:
        broken.append(f"the inbox took {slower:.1f} times as long, at most {SLOWER:.0f} times is promised")
    return [f"{name}: {promise}" for promise in broken]


def lost_or_doubled(found: Drained) -> list[str]:
    """Say what is wrong with what stands in the database; nothing when every timer had its effects once."""
    counted, all_of_them = found.counted, found.count
    expected = {"timers": {"fired": all_of_them}, "events": all_of_them, "told": all_of_them, "doubled": 0}
    expected |= {"notices": 2 * all_of_them, "incidents": 0}
    return [
        f"{name} is {getattr(counted, name)}, not {value}"
        for name, value in expected.items()
        if getattr(counted, name) != value
    ]
