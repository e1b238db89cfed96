"""The database goes away while a scheduler sweeps and people work: readiness tells, what was acknowledged stands, the
next tick goes on, and whoever was refused tries again; nothing is lost or doubled.
"""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import structlog
from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from config import Settings
from engine.audit import Actor, AuditEvent, Tag
from engine.clock import ShiftedClock, SystemClock
from engine.db import connect
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.runtime import Runtime
from engine.organisation.models import OrgUnit, Staff
from engine.scheduler import Scheduler, Tick, Ticks
from engine.tables import metadata
from engine.tasks import WorkItem
from tests.bench import morning
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import District, make_case
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


TASKS = p.package(
    p.start(), p.task("answer"), p.task("close"), p.end(), p.chain("start", "answer", "close", "end"), key="tasks"
)  # fmt: skip
BY_PEOPLE = 60


class People(threading.Thread):
    """Complete tasks one after the other, and try again what was refused, with the same key."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        super().__init__()
        self._sessions = sessions
        now = SystemClock().now()
        with sessions() as session:
            district = District(units={each.code: each for each in session.scalars(select(OrgUnit))})
            me = session.scalars(select(Staff).where(Staff.login == morning.READER)).one()
            self._actor = Actor.staff(me)
            world = World(session, district, make_case(session, place=district.unit("willow")), now)
            world.runtime.hooks.wake = lambda: None
            for _ in range(BY_PEOPLE):
                world.case = make_case(session, place=district.unit("willow"))
                world.start(TASKS)
            self._items = list(session.scalars(select(WorkItem.id).where(WorkItem.element_id == "answer")))
        #: what was acknowledged, and how often somebody was refused
        self.acknowledged, self.refused = list[UUID](), 0

    def run(self) -> None:
        runtime = Runtime()
        for item_id in self._items:
            while not self._done(runtime, item_id):
                self.refused += 1
                time.sleep(0.1)
            time.sleep(0.02)

    def _done(self, runtime: Runtime, item_id: UUID) -> bool:
        try:
            with self._sessions() as session:
                runtime.complete(
                    session, item_id, {}, actor=self._actor, now=SystemClock().now(), request_key=str(item_id)
                )
        except DBAPIError:
            return False
        self.acknowledged.append(item_id)
        return True


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
    people = People(sessions)
    scheduler.start()
    try:
        wait_for(lambda: client.get("/readyz").status_code == 200, "a scheduler that lives makes it ready")
        people.start()
        wait_for(lambda: len(people.acknowledged) > 3, "people work")
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
        people.join(60)
    finally:
        dispatcher.halt()
        scheduler.stop()
        dispatcher.stop()
    with sessions() as session:
        counted = morning.count(session)
        completed = session.scalars(select(AuditEvent.data).where(AuditEvent.tag == Tag.WORK_ITEM_COMPLETED)).all()
    engine.dispose()
    assert people.refused > 0, "it was away while they worked"
    assert len(people.acknowledged) == BY_PEOPLE
    assert Counter(each["item"] for each in completed) == {str(each): 1 for each in people.acknowledged}
    assert counted.timers == {"fired": MANY}
    assert (counted.events, counted.told, counted.notices, counted.doubled) == (MANY, MANY, 2 * MANY, 0)
