"""Time that stands still, jumps or is wrong: nothing fires early, everything fires once."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import SystemClock
from engine.db import writing
from engine.deadlines.models import Clock, Rung, Timer
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.runtime import Runtime
from engine.notices import AppChannel, Channel, Notice
from tests.bench import morning
from tests.engine.instances.conftest import World
from tests.engine.instances.test_timers import clocked
from tests.factories import make_case, make_district
from tests.fakes import ManualClock

ROOT = Path(__file__).parents[2]
CASES = 5


class Town:
    """Matters with a clock, a ladder and a timer each, and a scheduler that is started and stopped."""

    def __init__(self, session: Session, sessions: sessionmaker[Session], now: datetime) -> None:
        self.session, self.sessions, self.clock = session, sessions, ManualClock(now)
        district = make_district(session)
        world = World(session, district, make_case(session, place=district.unit("willow")), now)
        world.runtime.hooks.wake = lambda: None
        for _ in range(CASES):
            world.case = make_case(session, place=district.unit("willow"))
            world.start(clocked())
        self.due = session.scalars(select(Clock.due_at)).first()

    def look(self) -> None:
        """Start a scheduler that knows nothing of those before it, let it do what is due, and stop it."""
        runtime = Runtime()
        channels: dict[str, Channel] = {"app": AppChannel()}
        dispatcher = EmbeddedDispatcher(
            sessions=self.sessions, runtime=runtime, channels=channels, clock=self.clock
        )  # fmt: skip
        runtime.hooks.wake = lambda: None
        dispatcher.run_due()
        dispatcher.stop()
        self.session.rollback()  # what comes next sees what was committed

    def rungs(self) -> dict[str, set[str]]:
        """The states that each rung has, over all clocks."""
        found: dict[str, set[str]] = {}
        for name, state in self.session.execute(select(Rung.name, Rung.state)):
            found.setdefault(name, set()).add(state)
        return found

    def told(self) -> list[int]:
        """How many moments at which people were told each case has."""
        per_case = select(func.count(Notice.rung.distinct())).where(Notice.rung.is_not(None)).group_by(Notice.case_id)
        return sorted(self.session.scalars(per_case))


@pytest.fixture
def town(session: Session, sessions: sessionmaker[Session], now: datetime) -> Iterator[Town]:
    return Town(session, sessions, now)


@pytest.mark.faults
def test_a_scheduler_that_stood_still_for_a_day_catches_up_once_with_the_highest_rung(town: Town) -> None:
    rungs = {row.name: row.due_at for row in town.session.execute(select(Rung.name, Rung.due_at))}
    town.clock.moment = rungs["L0"] - timedelta(seconds=1)
    town.look()
    assert town.rungs() == {"L0": {"waiting"}, "L1": {"waiting"}, "L2": {"waiting"}}, "nothing fires early"
    # it stops here, and comes back when a day and two rungs have passed
    town.clock.moment = rungs["L2"] - timedelta(hours=1)
    town.look()
    assert town.rungs() == {"L0": {"skipped"}, "L1": {"fired"}, "L2": {"waiting"}}
    assert town.told() == [1] * CASES, "one catch-up for each clock, not one for each rung"
    assert town.session.scalar(select(func.count()).where(Timer.state == "fired")) == 0
    town.clock.advance(days=1)
    for _ in range(2):
        town.look()
    assert town.rungs() == {"L0": {"skipped"}, "L1": {"fired"}, "L2": {"fired"}}
    assert town.told() == [2] * CASES
    assert {due for (due,) in town.session.execute(select(Rung.due_at).where(Rung.name == "L0"))} == {rungs["L0"]}
    assert set(town.session.execute(select(Clock.due_at, Clock.original_due_at))) == {(town.due, town.due)}
    events = select(func.count()).select_from(text("audit_event")).where(text("tag = 'timer:fired'"))
    assert town.session.scalar(events) == CASES, "the timer that follows L2, once for each matter"


def _fast(url: str) -> "subprocess.CompletedProcess[str]":
    """Run a scheduler on a machine whose clock is an hour fast."""
    command = ["faketime", "-f", "+1h", sys.executable, "-m", "tests.bench.drainer", url, "0"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_a_machine_whose_clock_is_an_hour_fast_fires_nothing_early_and_everything_once(database: Engine) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("with SQLite there is no other clock than the machine's")
    url, count = database.url.render_as_string(hide_password=False), 40
    sessions = morning.fill(database, count)
    _due(sessions, SystemClock().now() + timedelta(minutes=30))
    early = _fast(url)
    assert early.returncode == 0, early.stderr
    assert json.loads(early.stdout.splitlines()[-1])["fired"] == 0
    _due(sessions, SystemClock().now() - timedelta(minutes=1))
    late = _fast(url)
    assert late.returncode == 0, late.stderr
    assert json.loads(late.stdout.splitlines()[-1])["fired"] == count
    with sessions() as session:
        counted = morning.count(session)
        fired = session.scalars(select(Timer.fired_at)).all()
    assert (counted.events, counted.told, counted.doubled) == (count, count, 0)
    assert all(at is not None and at < datetime.now(UTC) + timedelta(minutes=5) for at in fired), "by the right clock"


def _due(sessions: sessionmaker[Session], moment: datetime) -> None:
    with sessions() as session, writing(session):
        for timer in session.scalars(select(Timer)):
            timer.due_at = moment


#: ticks each 0.2 s, and says so
TICKING = """
import sys
from engine.scheduler import Scheduler, Ticks
class Says:
    def __getattr__(self, name): return lambda: print(name, flush=True) or 0
rare = dict.fromkeys(("rungs", "notices", "rescue", "sealing", "retention"), 9000.0)
Scheduler(Says(), Ticks(timers=0.2, clock=0.2, **rare)).start()
sys.stdin.read()
"""


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_a_scheduler_whose_clock_is_set_back_by_an_hour_goes_on_ticking(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    asked = subprocess.run(["faketime", "now", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True)
    environ = {**os.environ, "LD_PRELOAD": asked.stdout.strip(), "FAKETIME_TIMESTAMP_FILE": str(offset),
               "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}  # fmt: skip
    ticking = subprocess.Popen([sys.executable, "-c", TICKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=environ, cwd=ROOT)  # fmt: skip
    heard: list[bytes] = []
    assert ticking.stdout is not None
    listening = threading.Thread(target=lambda stream: heard.extend(stream), args=(ticking.stdout,))
    listening.start()
    try:
        assert reached(lambda: heard.count(b"sweep_timers\n") >= 3), heard
        offset.write_text("-1h")
        before = len(heard)
        assert reached(lambda: heard[before:].count(b"sweep_timers\n") >= 20), "it waits until it is that time again"
    finally:
        ticking.kill()
        ticking.wait()
        listening.join()


def reached(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()
