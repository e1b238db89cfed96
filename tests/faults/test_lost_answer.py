"""The connection is gone between a commit and its answer: it was done, and asking again does it no second time."""

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor
from engine.db import connect
from engine.db import sessions as session_factory
from engine.deadlines.models import Timer
from engine.dispatcher import EmbeddedDispatcher
from engine.errors import Conflict
from engine.instances.runtime import Runtime
from engine.notices import AppChannel, Notice, NoticeState
from engine.tables import metadata
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_timers import reminded
from tests.factories import make_case, make_district
from tests.fakes import ManualClock
from tests.faults.proxy import Proxy
from tests.postgres import Server

pytestmark = [pytest.mark.faults, pytest.mark.postgres]

TASKS = p.package(p.start(), p.task("handle"), p.task("close"), p.end(), p.chain("start", "handle", "close", "end"))


@pytest.fixture(scope="module")
def direct() -> Iterator[sa.Engine]:
    """An engine on a database of its own that can be reached by TCP, without a proxy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = Server.prepare(port=port)
    engine = connect(server.url("postgres"))
    metadata.create_all(engine)
    yield engine
    engine.dispose()
    server.stop()


@pytest.fixture
def proxy(direct: sa.Engine) -> Iterator[Proxy]:
    proxy = Proxy(int(str(direct.url.query["port"])))
    yield proxy
    proxy.close()


@pytest.fixture
def across(direct: sa.Engine, proxy: Proxy) -> Iterator[sessionmaker[Session]]:
    """Sessions whose connections go through the proxy."""
    url = sa.URL.create("postgresql+psycopg", "chuishao", host="127.0.0.1", port=proxy.port, database="postgres")
    engine = connect(url.render_as_string())
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def world(direct: sa.Engine, now: datetime) -> Iterator[World]:
    with session_factory(direct)() as session:
        district = make_district(session)
        world = World(session, district, make_case(session, place=district.unit("willow")), now)
        world.runtime.hooks.wake = lambda: None
        yield world
    with direct.begin() as connection:
        tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        connection.exec_driver_sql(f"TRUNCATE {tables}")


def tags(world: World) -> Counter[str]:
    world.session.rollback()
    return Counter(world.tags())


@pytest.mark.parametrize("key", ["k-1", None], ids=["with a key", "without one"])
def test_a_completion_whose_answer_was_lost_is_done_once_whoever_asks_again(
    world: World, proxy: Proxy, across: sessionmaker[Session], key: str | None
) -> None:
    world.start(TASKS)
    item_id, actor = world.items()["handle"].id, Actor.staff(world.me)
    world.session.commit()

    def complete() -> object:
        with across() as session:
            return Runtime().complete(session, item_id, {}, actor=actor, now=world.now, request_key=key)

    proxy.lose_next_commit()
    with pytest.raises(OperationalError):
        complete()
    assert proxy.swallowed == 1
    if key:
        complete()  # the first answer again
    else:
        with pytest.raises(Conflict, match="was completed by"):
            complete()
    assert tags(world)["work_item:completed"] == 1
    assert set(world.items()) == {"close"}


def test_a_timer_whose_commit_was_not_answered_fires_once(
    world: World, proxy: Proxy, across: sessionmaker[Session]
) -> None:
    world.start(reminded(interrupting=False))
    world.session.commit()
    clock = ManualClock(world.now + timedelta(days=3))
    dispatcher = EmbeddedDispatcher(sessions=across, runtime=Runtime(), channels={}, clock=clock)
    timer_ids = world.session.scalars(select(Timer.id)).all()
    world.session.rollback()
    proxy.lose_next_commit()
    with pytest.raises(OperationalError), across() as session:
        dispatcher._runtime.fire_timers(session, timer_ids, clock.now())
    for _ in range(3):
        clock.advance(minutes=10)
        dispatcher.sweep_timers()
    dispatcher.stop()
    assert tags(world)["timer:fired"] == 1


def test_a_notice_whose_mark_was_not_answered_is_sent_again_only_if_it_may_not_have_been(
    world: World, proxy: Proxy, across: sessionmaker[Session]
) -> None:
    package = p.package(
        p.start(), p.send("tell", notice="told", to="supervision@=place.district"), p.end(),
        p.chain("start", "tell", "end"),
        files=[("notices/told.zh_CN.txt", "Subject: 告知\n\n{{ link }}\n".encode())],
    )  # fmt: skip
    world.start(package)
    world.session.commit()
    clock = ManualClock(world.now)
    dispatcher = EmbeddedDispatcher(
        sessions=across, runtime=Runtime(), channels={"app": AppChannel(), "email": AppChannel()}, clock=clock
    )
    proxy.lose_next_commit()  # of the claim
    with pytest.raises(OperationalError):
        dispatcher.send_notices()
    clock.advance(minutes=10)
    dispatcher.send_notices()
    dispatcher.stop()
    world.session.rollback()
    assert set(world.session.scalars(select(Notice.state))) == {NoticeState.SENT}
