"""The disk is full: what cannot be written is refused whole, and goes on when there is room again."""

import contextlib
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import AuditEvent
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.models import Instance
from engine.instances.runtime import Runtime
from engine.tasks import WorkItem
from tests.bench import morning
from tests.bench.drainer import drain
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.fakes import ManualClock
from tests.faults.test_drain import assert_each_was_delivered_once

MANY = 60
TASK = p.package(p.start(), p.task("handle"), p.task("close"), p.end(), p.chain("start", "handle", "close", "end"))


class Disk:
    """A SQLite file that may not grow while the disk is full."""

    full = False

    def limit(self, connection: Any, _record: object, _proxy: object) -> None:
        """Allow a connection that is about to be used as many pages as the disk has."""
        cursor = connection.cursor()
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count={pages if self.full else 2**30}")
        cursor.close()


@pytest.fixture
def disk(database: Engine) -> Iterator[Disk]:
    if database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL wants a file system of its own for this")
    disk = Disk()
    event.listen(database, "checkout", disk.limit)
    yield disk
    event.remove(database, "checkout", disk.limit)


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    """Every failure says why at length."""
    with structlog.testing.capture_logs():
        yield


@pytest.mark.faults
def test_what_was_acknowledged_before_the_disk_was_full_is_whole_and_the_rest_was_refused(
    disk: Disk, world: World
) -> None:
    world.start(TASK)
    world.session.commit()
    disk.full = True
    kept = 1 + start_until_it_is_refused(world)
    assert counts(world.session) == (kept, kept)
    disk.full = False
    world.start(TASK)
    assert counts(world.session) == (kept + 1, kept + 1)
    numbers = world.session.scalars(select(AuditEvent.seq).where(AuditEvent.case_id == world.case.id)).all()
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "no event without its step, no step without its event"


def start_until_it_is_refused(world: World) -> int:
    """Start instances as long as there is room; return how many."""
    for number in range(500):
        try:
            world.session.commit()
            world.start(TASK)
        except OperationalError as error:
            world.session.rollback()
            if "full" in "".join(traceback.format_exception(error)):
                return number
            raise
    raise AssertionError("the disk was never full")


def counts(session: Session) -> tuple[int, int]:
    """Instances, and open items: each instance has one."""
    return (
        session.scalar(select(func.count()).select_from(Instance)) or 0,
        session.scalar(select(func.count()).select_from(WorkItem)) or 0,
    )


@pytest.mark.faults
@pytest.mark.slow
def test_timers_that_found_the_disk_full_are_delivered_once_when_there_is_room(
    disk: Disk, database: Engine, sessions: sessionmaker[Session]
) -> None:
    morning.fill(database, MANY)
    clock = ManualClock(morning.DUE)
    dispatcher = EmbeddedDispatcher(sessions=sessions, runtime=Runtime(), channels={}, clock=clock)
    disk.full = True
    with contextlib.suppress(OperationalError):  # a tick fails, and the next one tries again
        dispatcher.sweep_timers()
    with sessions() as session:
        counted = morning.count(session)
    fired = counted.timers.get("fired", 0)
    assert fired < MANY, "there was room for all of them"
    assert (counted.events, counted.told, counted.doubled) == (fired, fired, 0)
    disk.full = False
    clock.moment += timedelta(minutes=10)  # leases and the wait after a failure have ended
    drain(dispatcher)
    dispatcher.stop()
    assert_each_was_delivered_once(sessions, MANY)
