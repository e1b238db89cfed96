"""Several machines with pages, workers and schedulers, and one PostgreSQL: one is cut off, one is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config import database_url
from engine.audit import Actor
from engine.db import connect
from engine.db import sessions as session_factory
from engine.instances.models import Incident
from engine.organisation.models import Staff
from engine.queueing import schema
from engine.queueing.presence import count_workers
from engine.tasks import WorkItem
from tests.bench import morning
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case, make_district
from tests.faults.network import Machine, machines
from tests.faults.node import SILENCE
from tests.postgres import Server
from web.api.tokens import issue_token
from web.cli import main

#: not beside a browser: it breaks off what it loads when the machine's network cards come and go
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgres, pytest.mark.windows]

ROOT = Path(__file__).parents[2]
#: matters, of which the first so many are also worked on by people
MANY, BY_PEOPLE = 200, 40
#: seconds over which the timers become due
SPAN = 6


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(reached: Callable[[], bool], what: str, seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


class Place(Protocol):
    """Where programs are started."""

    @property
    def name(self) -> str:
        """By which their logs are told apart."""

    def url(self, database: str) -> str:
        """Return the address of a database, as it is reached from there."""

    def command(self, words: list[str]) -> list[str]:
        """Return the command that runs another one there."""


class Site:
    """One database, and what runs on several machines."""

    def __init__(self, url: str, env: Path, folder: Path) -> None:
        self.engine = connect(url)
        self.sessions = session_factory(self.engine)
        self.env, self._folder, self._logs = env, folder, list[Path]()
        self.running: dict[str, list[subprocess.Popen[bytes]]] = {}

    def start(self, machine: Place, *programs: str) -> list[subprocess.Popen[bytes]]:
        """Start programs on a machine: `worker`, `scheduler`, or words of the command `chuishao`."""
        url = machine.url("postgres")
        begun = []
        for program in programs:
            own = [sys.executable, "-m", "tests.faults.node", program, url]
            command = ["-m", "web.cli", "--env-file", str(self.env), *program.split()]
            words = own if program in ("worker", "scheduler") else [sys.executable, *command]
            log = self._folder / f"{machine.name}-{len(self._logs)}.log"
            self._logs.append(log)
            with log.open("wb") as file:
                started = subprocess.Popen(
                    machine.command(words), cwd=ROOT, stdout=file, stderr=file, env=self._with(url)
                )
            begun.append(started)
        self.running.setdefault(machine.name, []).extend(begun)
        return begun

    def _with(self, url: str) -> dict[str, str]:
        environ = {**os.environ, "CHUISHAO_DATABASE_URL": url, "CHUISHAO_SCHEDULER_EMBEDDED": "0"}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)  # so many programs would compile everything anew
        return environ

    def kill(self, machine: Machine) -> None:
        """Take the power away from a machine."""
        for process in self.running.pop(machine.name):
            process.kill()
            process.wait()

    def let_be_due(self, span: float, count: int = MANY, after: float = 0) -> None:
        """Let so many of the timers that wait become due over `span` seconds."""
        chosen = "SELECT id FROM timer WHERE state = 'waiting' ORDER BY random() LIMIT :count"
        moment = "now() + make_interval(secs => :after + :span * random())"
        with self.engine.begin() as connection:
            connection.execute(
                sa.text(f"UPDATE timer SET due_at = {moment} WHERE id IN ({chosen})"),
                {"span": span, "count": count, "after": after},
            )

    def let_leases_end(self) -> None:
        """Let the minutes pass for which what somebody had claimed when they were cut off is left alone.

        What is in the queue is claimed for an hour, which does not pass: its job has to come again.
        """
        with self.engine.begin() as connection:
            minutes = "claimed_until < now() + interval '5 minutes'"
            connection.exec_driver_sql(f"UPDATE timer SET claimed_until = now() WHERE state = 'waiting' AND {minutes}")
            connection.exec_driver_sql("UPDATE notice SET next_try_at = now() WHERE state = 'sending'")

    def stop(self) -> None:
        for process in [each for machine in self.running.values() for each in machine]:
            process.kill()
            process.wait()
        self.engine.dispose()

    def workers(self) -> int:
        with self.sessions() as session:
            return count_workers(session, SILENCE)

    def number(self, statement: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(sa.text(statement)).scalar_one())

    def fired(self) -> int:
        return self.number("SELECT count(*) FROM timer WHERE state = 'fired'")

    def said(self) -> str:
        """What the programs wrote, for a test that fails."""
        return "\n".join(f"== {log.name}\n{log.read_text()[-1500:]}" for log in self._logs)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server.prepare(port=free_port())
    yield server
    server.stop()


@pytest.fixture
def site(server: Server, tmp_path: Path) -> Iterator[Site]:
    with installed(server.url("postgres"), tmp_path) as site:
        yield site


@contextmanager
def installed(url: str, folder: Path) -> Iterator[Site]:
    """Make a database ready for what a test starts; all of that is ended at the end of the block."""
    env = folder / "x.env"
    main(["init", str(env)], environ={})
    lines = [line for line in env.read_text().splitlines() if "DATABASE_URL" not in line]
    said = {"DATABASE_URL": url, "JURISDICTION": "qinghe", "LOG_LEVEL": "WARNING"}
    env.write_text("\n".join([*lines, *(f"CHUISHAO_{key}={value}" for key, value in said.items()), ""]))
    assert main(["--env-file", str(env), "db", "upgrade"], environ={}) == 0
    site = Site(database_url(url), env, folder)
    try:
        assert schema.is_current(site.engine)
        yield site
    finally:
        site.stop()


class People(threading.Thread):
    """Complete tasks on whichever machine answers, each with a key that stays the same."""

    def __init__(self, sessions: sessionmaker[Session], pages: list[str]) -> None:
        super().__init__(daemon=True)
        self._pages = pages
        with sessions() as session:
            staff = session.scalars(select(Staff).where(Staff.login == morning.READER)).one()
            self._token = issue_token(
                session, staff, name="test", actor=Actor.engine(), jurisdiction="qinghe", now=datetime.now(UTC)
            )
            self._items = list(session.scalars(select(WorkItem.id).order_by(WorkItem.case_id).limit(BY_PEOPLE)))
        self.acknowledged: list[UUID] = []
        self.refused: list[str] = []
        #: by status: how often they were told to try again
        self.told_to_wait = Counter[int]()

    def run(self) -> None:
        for number, item_id in enumerate(self._items):
            for attempt in range(40):
                if self._asked(item_id, self._pages[(number + attempt) % len(self._pages)]):
                    break
                time.sleep(0.2)
            time.sleep(SPAN / BY_PEOPLE)

    def _asked(self, item_id: UUID, page: str) -> bool:
        """Ask once; say whether there was an answer."""
        request = urllib.request.Request(
            f"{page}/api/v1/work-items/{item_id}/complete", data=b'{"data": {}}', method="POST",
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json",
                     "Idempotency-Key": str(item_id)},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=4) as answer:
                self.acknowledged.append(UUID(json.load(answer)["id"]))
                return True
        except urllib.error.HTTPError as error:
            if error.code >= 500 or (error.code == 409 and "under-way" in error.read().decode()):
                self.told_to_wait[error.code] += 1
                return False
            self.refused.append(f"{error.code}")
            return True
        except OSError:
            return False


def answers(page: str) -> bool:
    try:
        with urllib.request.urlopen(f"{page}/livez", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_machine_that_is_cut_off_and_one_that_is_killed_lose_and_double_nothing(site: Site, server: Server) -> None:
    morning.fill(site.engine, MANY)
    site.let_be_due(0, after=3600)  # nothing before everybody is there
    with machines(2, server.port) as (first, second):
        ports = [free_port(), free_port()]
        pages = [f"http://{each.address}:{port}" for each, port in zip((first, second), ports, strict=True)]
        for machine, port in ((first, ports[0]), (second, ports[1])):
            site.start(machine, "worker", "scheduler", f"web --host {machine.address} --port {port}")
        wait_for(lambda: site.workers() == 2 and all(map(answers, pages)), "all machines serve")
        site.let_be_due(SPAN)
        people = People(site.sessions, pages)
        people.start()
        wait_for(lambda: site.fired() > 10, "work is done")
        second.cut()
        wait_for(lambda: site.workers() == 1, "it is missed")
        before = site.fired()
        wait_for(lambda: site.fired() > before or done(site), "the other one goes on")
        second.heal()
        wait_for(lambda: site.workers() == 2, "it comes back by itself")
        site.kill(first)
        people.join(60)
        wait_for(lambda: done(site), "everything is done")
    assert_nothing_is_lost_or_doubled(site, people)


def done(site: Site) -> bool:
    waiting = site.number("SELECT count(*) FROM timer WHERE state = 'waiting'")
    unsent = site.number("SELECT count(*) FROM notice WHERE state <> 'sent'")
    return waiting == 0 and unsent == 0


def assert_nothing_is_lost_or_doubled(site: Site, people: People) -> None:
    twice = "SELECT count(*) FROM (SELECT 1 FROM audit_event WHERE tag = '{}' GROUP BY case_id HAVING count(*) > 1) d"
    assert site.number(twice.format("timer:fired")) == 0
    assert site.number(twice.format("work_item:completed")) == 0
    assert people.refused == []
    assert len(set(people.acknowledged)) == BY_PEOPLE, "every completion was acknowledged by somebody in the end"
    assert site.number("SELECT count(*) FROM work_item WHERE state = 'completed'") == BY_PEOPLE
    fired = site.fired()
    assert site.number("SELECT count(*) FROM audit_event WHERE tag = 'timer:fired'") == fired
    assert site.number("SELECT count(*) FROM notice") == 2 * fired
    gone = site.number("SELECT count(*) FROM timer WHERE state NOT IN ('fired', 'waiting')")
    assert fired + gone == MANY, "a timer fired, or its task was done before"
    assert gone <= BY_PEOPLE
    assert site.number("SELECT count(*) FROM incident") == 0


def test_a_job_that_kills_its_worker_is_an_incident_and_the_others_are_done(site: Site, server: Server) -> None:
    with site.sessions() as session:
        district = make_district(session)
        world = World(session, district, make_case(session, place=district.unit("willow")), datetime.now(UTC))
        world.runtime.hooks.wake = lambda: None
        package = p.package(
            p.start(), p.task("handle"), p.timer("late", "handle", interrupting=False, duration='=duration("PT1S")'),
            p.send("act", "deadly"), p.end("done"), p.end("over"), p.chain("start", "handle", "done"),
            p.chain("late", "act", "over"),
        )  # fmt: skip
        for number in range(5):
            world.case = make_case(session, place=district.unit("willow"))
            world.start(package, deadly=number == 2)
    with site.engine.begin() as connection:
        # another worker, for notices only: with none, the scheduler would do the work itself
        connection.execute(sa.text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1h')"))
    deaths = 0
    with machines(2, server.port) as (first, second):
        site.start(second, "scheduler")
        (worker,) = site.start(first, "worker")

        def supervised() -> bool:
            """Start the worker again when it has died, as systemd does; say whether the incident is there."""
            nonlocal worker, deaths
            if worker.poll() is not None:
                assert worker.returncode == -signal.SIGKILL, site.said()
                deaths += 1
                (worker,) = site.start(first, "worker")
            return site.number("SELECT count(*) FROM incident") == 1

        wait_for(supervised, "it ends in sight")
        assert deaths == 3, "once in a group, twice alone"
        wait_for(lambda: site.fired() == 4, "the others are done")
    with site.sessions() as session:
        assert session.scalars(select(Incident.code)).all() == ["carrier-died"]


def test_each_process_ends_with_0_when_it_is_told_to(site: Site, server: Server) -> None:
    with machines(1, server.port) as (machine,):
        port = free_port()
        pages = f"web --host {machine.address} --port {port}"
        begun = site.start(machine, "worker --concurrency 1", "scheduler ", pages)
        wait_for(lambda: answers(f"http://{machine.address}:{port}"), "pages are served")
        wait_for(lambda: site.number("SELECT count(*) FROM procrastinate_workers") == 1, "a worker works")
        wait_for(lambda: site.number("SELECT count(*) FROM scheduler") == 1, "a scheduler ticks")
        for process in begun:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(30) for process in begun] == [0, 0, 0], site.said()
    assert site.number("SELECT count(*) FROM procrastinate_workers") == 0, "it signed off"
    assert site.number("SELECT count(*) FROM scheduler") == 0
