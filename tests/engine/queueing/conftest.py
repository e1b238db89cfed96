"""A PostgreSQL database with a queue in it, which is not the one of the other tests: a worker's row changes them."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.db import connect
from engine.db import sessions as session_factory
from engine.queueing import schema
from engine.tables import metadata
from tests.conftest import empty, install_emptying

_LEFT = "DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers"


@pytest.fixture(scope="package")
def queue_engine(_postgres_engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine on a database with every table and the queue."""
    name = f"{_postgres_engine.url.database}_queue"
    root = _postgres_engine.execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine = connect(_postgres_engine.url.set(database=name).render_as_string(hide_password=False))
    metadata.create_all(engine)
    install_emptying(engine)
    schema.bring_up(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def shared(queue_engine: sa.Engine) -> Iterator[sa.Engine]:
    """The same, empty at first."""
    yield queue_engine
    empty(queue_engine)
    with queue_engine.begin() as connection:
        schema._run(connection, _LEFT)


@pytest.fixture
def sessions(shared: sa.Engine) -> sessionmaker[Session]:
    return session_factory(shared)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as session:
        yield session
