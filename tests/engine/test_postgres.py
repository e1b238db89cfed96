import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from engine.prepared import Prepared, PreparedRead, run_together


@pytest.fixture
def table(database: Engine) -> Iterator[sa.Table]:
    made = sa.Table(
        "prepared_row", sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("said", sa.Text),
        sa.Column("mate", sa.ForeignKey("prepared_row.id", deferrable=True, initially="DEFERRED")),
    )  # fmt: skip
    made.create(database)
    yield made
    made.drop(database)


@pytest.fixture
def add(table: sa.Table) -> Prepared:
    return Prepared(insert(table), ("id", "said", "mate"))


def row(number: int, said: str | None = "你好", mate: int | None = None) -> dict[str, Any]:
    return {"id": number, "said": said, "mate": mate}


def prepared(connection: Connection) -> int:
    """How many of our own statements the server keeps for a connection."""
    count = text("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'chuishao%'")
    return int(connection.execute(count).scalar_one())


def begun(database: Engine) -> Connection:
    if database.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL takes several statements at once")
    connection = database.connect()
    connection.execute(select(1))
    return connection


def test_writes_go_together_and_say_how_many_rows_they_reached(
    database: Engine, table: sa.Table, add: Prepared
) -> None:
    change = Prepared(update(table).where(table.c.id > bindparam("above")).values(said=bindparam("new")))
    read = PreparedRead(select(table).where(table.c.id == bindparam("number")))
    with database.begin() as connection:
        connection.execute(select(1))
        assert run_together(connection, [(add, row(n)) for n in (1, 2, 3)]) == [1, 1, 1]
        assert run_together(connection, [(change, {"above": above, "new": None}) for above in (1, 3)]) == [2, 0]
        assert [read.first(connection, {"number": number}) for number in (1, 2, 9)] == [
            (1, "你好", None),
            (2, None, None),
            None,
        ]


def test_of_writes_of_which_one_fails_nothing_is_kept(database: Engine, table: sa.Table, add: Prepared) -> None:
    for _ in range(2):  # the second time with statements that may have been prepared
        with database.connect() as connection:
            connection.execute(select(1))
            with pytest.raises(IntegrityError):
                run_together(connection, [(add, row(1)), (add, row(1)), (add, row(2))])
        with database.begin() as connection:
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
    with database.begin() as connection:
        connection.execute(select(1))
        assert run_together(connection, [(add, row(1))]) == [1]


def test_a_text_that_the_database_cannot_keep_is_refused_and_never_cut(database: Engine, add: Prepared) -> None:
    with begun(database) as connection, pytest.raises(DBAPIError):
        add.run(connection, row(1, said="a\0b"))


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        (lambda connection: connection.rollback(), 1),  # what every page does when it has read
        (lambda connection: connection.commit(), 1),
        # psycopg makes the server forget everything here
        (lambda connection: connection.exec_driver_sql("ROLLBACK TO SAVEPOINT here"), 0),
    ],
)
def test_a_prepared_statement_outlasts_a_transaction(
    database: Engine, add: Prepared, end: Callable[[Connection], None], kept: int
) -> None:
    with begun(database) as connection:
        connection.exec_driver_sql("SAVEPOINT here")
        add.run(connection, row(1))
        assert prepared(connection) == 1
        end(connection)
        assert prepared(connection) == kept
        assert add.run(connection, row(2)) == 1
        connection.rollback()


def test_a_commit_that_the_database_refuses_is_an_error(database: Engine, add: Prepared, table: sa.Table) -> None:
    with begun(database) as connection:
        add.run(connection, row(1, mate=7))  # checked when it is committed
        with pytest.raises(IntegrityError):
            connection.commit()
    with database.begin() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_lost_connection_is_an_error_and_not_waited_for(database: Engine, add: Prepared) -> None:
    with begun(database) as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
        with pytest.raises(OperationalError):
            run_together(connection, [(add, row(1)), (add, row(2))])
        connection.invalidate()
    with database.begin() as connection:
        connection.execute(select(1))
        assert add.run(connection, row(1)) == 1


def test_a_connection_that_answered_a_moment_ago_is_not_asked_again(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begun(database) as connection:
        connection.commit()
        driven: Any = connection.connection.driver_connection
        with database.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": driven.info.backend_pid})
        driven.ping()  # taken for alive: whoever writes next is told that it is gone
        monkeypatch.setattr("engine.postgres.ANSWERED_LATELY", 0.0)
        with pytest.raises(psycopg.OperationalError):
            driven.ping()
        connection.invalidate()


def test_waiting_for_a_row_does_not_hold_up_other_threads(database: Engine, add: Prepared, table: sa.Table) -> None:
    change = Prepared(update(table).where(table.c.id == bindparam("number")).values(said=bindparam("new")))
    with begun(database) as first:
        add.run(first, row(1))
        first.commit()
        first.execute(select(1))
        change.run(first, {"number": 1, "new": "first"})

        def second() -> None:
            with begun(database) as connection:
                change.run(connection, {"number": 1, "new": "second"})
                connection.commit()

        waiting = threading.Thread(target=second)
        waiting.start()
        held_up = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
            until = time.monotonic() + 20
            while not watching.execute(held_up).scalar_one() and time.monotonic() < until:
                pass
        first.commit()  # by this thread, while the other one waits for the row in the driver
        waiting.join(30)
        assert not waiting.is_alive()
        assert first.execute(select(table.c.said)).scalar_one() == "second"
