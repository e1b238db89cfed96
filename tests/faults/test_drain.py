"""Many timers due at once, and two schedulers: each is delivered once, and both have their share."""

import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from engine.deadlines.models import Timer, TimerState
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.runtime import Runtime
from engine.instances.sweeping import LEASE
from tests.bench import morning
from tests.bench.drainer import drain
from tests.fakes import ManualClock

ROOT = Path(__file__).parents[2]
MANY = 300


def assert_each_was_delivered_once(sessions: sessionmaker[Session], count: int) -> None:
    with sessions() as session:
        counted = morning.count(session)
    assert counted.timers == {"fired": count}
    assert (counted.events, counted.told, counted.notices) == (count, count, 2 * count)
    assert (counted.doubled, counted.incidents) == (0, 0)


def beside(url: str, ahead: timedelta) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.drainer", url, str(ahead.total_seconds())]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_one_process_drains_what_is_due_at_once_and_nothing_before(database: Engine) -> None:
    sessions = morning.fill(database, MANY)
    clock = ManualClock(morning.DUE - timedelta(seconds=1))
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=Runtime(), channels={}, clock=clock)
    assert drain(dispatcher) == 0
    clock.moment = morning.DUE
    assert drain(dispatcher) == MANY
    dispatcher.stop()
    assert_each_was_delivered_once(sessions, MANY)


@pytest.mark.slow
@pytest.mark.postgres
def test_two_schedulers_share_the_work_and_nothing_is_lost_or_doubled(database: Engine) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("with SQLite there is one scheduler")
    sessions = morning.fill(database, MANY)
    url = database.url.render_as_string(hide_password=False)
    dispatchers = [
        EmbeddedDispatcher(
            sessions=sessions, runtime=Runtime(), channels={}, clock=ManualClock(morning.DUE + timedelta(seconds=1))
        )
        for _ in range(2)
    ]
    shares = [0, 0]

    def run(number: int) -> None:
        shares[number] = drain(dispatchers[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    for dispatcher in dispatchers:
        dispatcher.stop()
    assert sum(shares) == MANY, url
    assert min(shares) > 0, shares
    assert_each_was_delivered_once(sessions, MANY)


@pytest.mark.slow
@pytest.mark.faults
def test_what_a_killed_scheduler_had_claimed_comes_back_when_its_lease_ends(database: Engine) -> None:
    sessions = morning.fill(database, 3 * MANY)
    url = database.url.render_as_string(hide_password=False)
    worker = beside(url, morning.DUE - datetime.now(UTC))
    _wait_until_some_are_fired(sessions, worker)
    worker.kill()
    worker.communicate()
    with sessions() as session:
        left = session.scalar(select(func.count()).where(Timer.state == TimerState.WAITING)) or 0
        claimed = session.scalar(select(func.count()).where(Timer.state == "waiting", Timer.claims > 0)) or 0
    assert left > 0, "it was done before it was killed"
    clock = ManualClock(morning.DUE + timedelta(minutes=1))
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=Runtime(), channels={}, clock=clock)
    assert drain(dispatcher) == left - claimed, "what is claimed is left alone until the lease ends"
    clock.advance(seconds=LEASE.total_seconds() + 600)
    assert drain(dispatcher) == claimed
    dispatcher.stop()
    assert_each_was_delivered_once(sessions, 3 * MANY)


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.postgres
def test_two_schedulers_of_which_one_is_killed_in_mid_drain_lose_and_double_nothing(database: Engine) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("with SQLite there is one scheduler")
    sessions = morning.fill(database, 3 * MANY)
    url = database.url.render_as_string(hide_password=False)
    killed, other = (beside(url, morning.DUE - datetime.now(UTC)) for _ in range(2))
    _wait_until_some_are_fired(sessions, killed)
    killed.kill()
    killed.communicate()
    with sessions() as session:
        left = session.scalar(select(func.count()).where(Timer.state == TimerState.WAITING)) or 0
    assert left > 0, "it was done before it was killed"
    told = other.communicate(timeout=300)[0]
    assert json.loads(told.splitlines()[-1])["fired"] > 0, "the other one goes on"
    clock = ManualClock(morning.DUE + LEASE + timedelta(minutes=20))
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=Runtime(), channels={}, clock=clock)
    drain(dispatcher)  # what the killed one had claimed
    dispatcher.stop()
    assert_each_was_delivered_once(sessions, 3 * MANY)


def _wait_until_some_are_fired(sessions: sessionmaker[Session], worker: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with sessions() as session:
            if session.scalar(select(func.count()).where(Timer.state == TimerState.FIRED)):
                return
        assert worker.poll() is None, worker.communicate()
        time.sleep(0.02)
    raise AssertionError("nothing was delivered")
