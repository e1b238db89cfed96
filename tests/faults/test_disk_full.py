"""The disk is full: what cannot be written is refused whole, and goes on when there is room again."""

import contextlib
import random
import traceback
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import ascii_letters, digits
from uuid import UUID

import pytest
import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from config import Settings
from engine.audit import Actor, AuditEvent, Tag
from engine.db import connect
from engine.dispatcher import EmbeddedDispatcher
from engine.instances.models import Incident, Instance
from engine.instances.runtime import Runtime
from engine.tasks import WorkItem
from tests.bench import morning
from tests.bench.drainer import drain
from tests.conftest import _SERVER, empty
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case
from tests.fakes import ManualClock
from tests.faults.small_disk import Disk, PostgresDisk, SqliteDisk, small_database
from tests.faults.test_drain import assert_each_was_delivered_once
from web import create_app
from web.api.tokens import issue_token
from web.database import db

MANY = 60
#: tasks that are completed while the disk is full, each with much text that no database makes shorter
ASKED = 30
LONG = {"said": "".join(random.Random(5).choices(ascii_letters + digits, k=19_000))}
TASK = p.package(p.start(), p.task("handle"), p.task("close"), p.end(), p.chain("start", "handle", "close", "end"))
FORM = p.package(
    p.start(), p.task("handle", form="said"), p.task("close"), p.end(), p.chain("start", "handle", "close", "end"),
    key="asked", files=[p.form("said", p.text_field("said"))],
)  # fmt: skip


@pytest.fixture(scope="module")
def _small(request: pytest.FixtureRequest, worker_name: str) -> Iterator[tuple[Engine, PostgresDisk]]:
    root: Engine = request.getfixturevalue("_postgres_engine")
    with small_database(request.config.stash[_SERVER], root, f"small_{worker_name}") as given:
        yield given


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Engine]:
    """An engine on a database whose disk a test may fill."""
    if database_url.startswith("sqlite"):
        engine = connect(database_url)
        yield engine
        engine.dispose()
        return
    engine, small = request.getfixturevalue("_small")
    yield engine
    small.free()
    empty(engine)


@pytest.fixture
def disk(request: pytest.FixtureRequest, database: Engine) -> Iterator[Disk]:
    if database.dialect.name == "sqlite":
        yield SqliteDisk(database)
    else:
        yield request.getfixturevalue("_small")[1]


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
    disk.fill()
    kept = 1 + start_until_it_is_refused(world)
    assert counts(world.session) == (kept, kept)
    disk.free()
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
            said = "".join(traceback.format_exception(error))
            if "disk is full" in said or "DiskFull" in said:
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
    disk.fill()
    with contextlib.suppress(OperationalError):  # a tick fails, and the next one tries again
        dispatcher.sweep_timers()
    with sessions() as session:
        counted = morning.count(session)
    fired = counted.timers.get("fired", 0)
    assert fired < MANY, "there was room for all of them"
    assert (counted.events, counted.told, counted.doubled) == (fired, fired, 0)
    disk.free()
    clock.moment += timedelta(minutes=10)  # leases and the wait after a failure have ended
    drain(dispatcher)
    dispatcher.stop()
    assert_each_was_delivered_once(sessions, MANY)


@pytest.mark.faults
@pytest.mark.slow
def test_a_request_that_finds_the_disk_full_is_told_so_and_done_once_when_it_comes_again(
    disk: Disk, world: World, database: Engine, tmp_path: Path
) -> None:
    items = []
    for _ in range(ASKED):
        world.case = make_case(world.session, place=world.district.unit("willow"))
        world.start(FORM)
        of_case = select(WorkItem.id).where(WorkItem.case_id == world.case.id)
        items.append(world.session.scalars(of_case).one())
    token = issue_token(
        world.session, world.me, name="test", actor=Actor.engine(), jurisdiction="qinghe", now=datetime.now(UTC)
    )
    world.session.commit()
    settings = Settings(
        database_url=database.url.render_as_string(hide_password=False), secret_key=b"k" * 32, blob_dir=tmp_path,
        field_key=bytes(range(32)), jurisdiction="qinghe", scheduler_embedded=False,
    )  # fmt: skip
    app = create_app(settings)
    with app.app_context():
        disk.watch(db.engine)

    def complete(item_id: UUID) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(item_id)}
        return app.test_client().post(f"/api/v1/work-items/{item_id}/complete", json={"data": LONG}, headers=headers)

    disk.fill()
    answers = {item_id: complete(item_id) for item_id in items}
    refused = [item_id for item_id, answer in answers.items() if answer.status_code == 503]
    assert refused, f"there was room for all of them: {[each.text for each in answers.values()][:2]}"
    assert len(refused) + sum(answer.status_code == 200 for answer in answers.values()) == ASKED
    answer = answers[refused[-1]]
    assert (answer.mimetype, answer.headers["Retry-After"]) == ("application/problem+json", "30")
    assert (answer.json or {})["code"] == "storage-full"
    disk.free()
    assert {complete(item_id).status_code for item_id in items} == {200}
    with app.app_context():
        db.engine.dispose()
    world.session.rollback()
    completed = world.session.scalars(
        select(AuditEvent.data).where(AuditEvent.tag == Tag.WORK_ITEM_COMPLETED.value)
    ).all()
    assert Counter(each["item"] for each in completed) == {str(item_id): 1 for item_id in items}
    assert incidents(world.session) == 0, "nothing is wrong with the process"


def incidents(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Incident)) or 0
