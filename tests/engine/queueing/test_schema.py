"""The queue's tables are made, brought up to the library's version, and dropped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from engine.db import connect
from engine.queueing import schema

pytestmark = pytest.mark.postgres

_OF_QUEUE = text(
    "SELECT proname::text FROM pg_proc WHERE proname LIKE 'procrastinate%'"
    " UNION SELECT typname::text FROM pg_type WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c')"
    " UNION SELECT indexname::text FROM pg_indexes WHERE tablename LIKE 'procrastinate%'"
)


@pytest.fixture
def empty_engine(_postgres_engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine on a database without a table."""
    name = f"{_postgres_engine.url.database}_bare"
    root = _postgres_engine.execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine = connect(_postgres_engine.url.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with root.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}"')


def parts(engine: sa.Engine) -> set[str]:
    """The names of functions, types and indexes of the queue."""
    with engine.connect() as connection:
        return set(connection.scalars(_OF_QUEUE))


def test_it_is_made_once_and_dropped_without_a_trace(empty_engine: sa.Engine) -> None:
    assert not schema.is_current(empty_engine)
    schema.bring_up(empty_engine)
    made = parts(empty_engine)
    assert schema.is_current(empty_engine)
    assert "procrastinate_defer_jobs_v1" in made
    schema.bring_up(empty_engine)
    assert parts(empty_engine) == made
    schema.drop(empty_engine)
    assert parts(empty_engine) == set()


def test_an_older_one_is_brought_up_to_what_a_new_one_is(empty_engine: sa.Engine) -> None:
    schema.bring_up(empty_engine)
    new = parts(empty_engine)
    schema.drop(empty_engine)
    for script in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
        if script.name < "03.02":
            with empty_engine.begin() as connection:
                schema._run(connection, script.read_text(encoding="utf-8"))
    with empty_engine.begin() as connection:
        schema._run(connection, "COMMENT ON TABLE procrastinate_jobs IS 'procrastinate 3.1.0'")
    assert parts(empty_engine) != new
    schema.bring_up(empty_engine)
    assert new - parts(empty_engine) == set()
    assert schema.is_current(empty_engine)
