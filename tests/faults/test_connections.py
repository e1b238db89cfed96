"""PostgreSQL takes no further connection, as when `max_connections` is too small for what is started: pages answer 503
or wait, processes stay, and all goes on when there is room; steps lost 0, doubled 0, notices lost 0.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.bench import morning
from tests.faults.commands import running
from tests.faults.test_nodes import (
    MANY,
    SPAN,
    People,
    Site,
    answers,
    assert_nothing_is_lost_or_doubled,
    done,
    free_port,
    installed,
    wait_for,
)
from tests.postgres import Server

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgres]

MOST = 30
#: what a stranger's pages say meanwhile; some of them need no database
PAGES = {"/": 503, "/file": 503, "/follow": 200, "/sign-in": 200, "/readyz": 503, "/metrics": 503, "/livez": 200}


class Here:
    """This machine."""

    name = "here"

    def __init__(self, server: Server) -> None:
        self._server = server

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return self._server.url(database)

    def command(self, words: list[str]) -> list[str]:
        """Return how a program is started."""
        return words


class Crowd:
    """Whoever else is connected to the same server."""

    def __init__(self, url: str) -> None:
        self._url, self._held = url.replace("+psycopg", ""), list[psycopg.Connection]()

    def come(self) -> None:
        """Take every connection that is free."""
        while True:
            try:
                self._held.append(psycopg.connect(self._url, autocommit=True))
            except psycopg.OperationalError:
                return

    def push(self) -> None:
        """Take the others' connections, too."""
        others = "pid <> ALL(%s) AND backend_type = 'client backend'"
        while len(self._held) < MOST:
            mine = [each.info.backend_pid for each in self._held]
            self._held[0].execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}", [mine])
            self.come()

    def go(self) -> None:
        """Leave."""
        for each in self._held:
            each.close()
        self._held.clear()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server.prepare(most=MOST)
    yield server
    server.stop()


@pytest.fixture
def site(server: Server, tmp_path: Path) -> Iterator[Site]:
    with installed(server.url("postgres"), tmp_path) as site:
        yield site


@pytest.fixture
def crowd(server: Server) -> Iterator[Crowd]:
    crowd = Crowd(server.url("postgres"))
    yield crowd
    crowd.go()


def status(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_database_that_takes_no_further_connection_is_waited_for(
    site: Site, server: Server, crowd: Crowd, tmp_path: Path
) -> None:
    morning.fill(site.engine, MANY)
    site.let_be_due(0, after=3600)  # nothing before everybody is there
    port, here = free_port(), Here(server)
    begun = site.start(here, "worker", "scheduler", f"web --port {port}")
    page = f"http://127.0.0.1:{port}"
    wait_for(lambda: site.workers() == 1 and answers(page), "all of them serve", 30)
    site.let_be_due(SPAN)
    people = People(site.sessions, [page])
    people.start()
    wait_for(lambda: site.fired() > 10 and len(people.acknowledged) > 5, "work is done", 30)
    crowd.come()
    site.engine.dispose()
    crowd.push()
    wait_for(lambda: people.told_to_wait.total() > 2, "people are told to try again", 20)
    told = {path: status(page + path) for path in PAGES}
    assert {path: number for path, (number, _) in told.items()} == PAGES
    assert all("请过一分钟再试" in text for path, (number, text) in told.items() if number == 503 and path != "/readyz")
    with running(["worker"], site.env, tmp_path / "late.log") as late:
        assert late.ended(30) == 2
        assert "too many clients" in late.said()
    time.sleep(2)
    crowd.go()
    people.join(30)
    site.let_leases_end()
    wait_for(lambda: done(site), "everything is done", 30)
    assert [each.poll() for each in begun] == [None, None, None], site.said()
    assert set(people.told_to_wait) == {503}, site.said()
    assert_nothing_is_lost_or_doubled(site, people)
