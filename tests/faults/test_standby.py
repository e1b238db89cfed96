"""The primary of two PostgreSQL servers is lost while work is done, and the standby promoted: processes whose address
names both go on by themselves; steps lost 0, doubled 0, notices lost 0.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import morning
from tests.faults.standby import Pair, pair
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

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def servers() -> Iterator[Pair]:
    with pair() as servers:
        yield servers


@pytest.fixture
def site(servers: Pair, tmp_path: Path) -> Iterator[Site]:
    with installed(servers.url("postgres"), tmp_path) as site:
        yield site


def test_pages_workers_and_schedulers_go_on_by_themselves_on_a_standby_that_is_promoted(
    site: Site, servers: Pair
) -> None:
    morning.fill(site.engine, MANY)
    site.let_be_due(0, after=3600)  # nothing before everybody is there
    port = free_port()
    begun = site.start(servers, "worker", "scheduler", f"web --port {port}")
    page = f"http://{servers.address}:{port}"
    wait_for(lambda: site.workers() == 1 and answers(page), "all of them serve", 30)
    site.let_be_due(SPAN, count=MANY // 2)
    people = People(site.sessions, [page])
    people.start()
    wait_for(lambda: site.fired() > 10 and len(people.acknowledged) > 5, "work is done", 30)
    servers.lose_the_primary()
    wait_for(lambda: people.told_to_wait.total() > 0, "people are told to try again", 20)
    servers.promote()
    site.engine.dispose()
    before = site.fired()
    site.let_be_due(1)
    wait_for(lambda: site.fired() > before, "timers go on", 30)
    people.join(30)
    site.let_leases_end()
    # a worker whose connection was lost with a job counts as dead after 30 s, and its jobs are given out within 60
    wait_for(lambda: done(site), "everything is done", 120)
    assert [each.poll() for each in begun] == [None, None, None], site.said()
    assert set(people.told_to_wait) == {503}, site.said()
    assert_nothing_is_lost_or_doubled(site, people)
