import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from engine import tables
from web import migrating
from web.database import db


@pytest.fixture
def empty_app(app: Flask) -> Flask:
    """The application on a database without a single table."""
    with app.app_context():
        tables.metadata.drop_all(db.engine)
    return app


def names(app: Flask) -> set[str]:
    with app.app_context():
        return {name for name in sa.inspect(db.engine).get_table_names() if tables.is_ours(name)}


def test_upgrading_an_empty_database_makes_what_the_models_say(empty_app: Flask) -> None:
    migrating.upgrade(empty_app)
    try:
        assert migrating.current_revision(empty_app) == migrating.newest_revision()
        assert migrating.drift(empty_app) == []
        assert names(empty_app) == set(tables.metadata.tables) | {"alembic_version"}
        migrating.upgrade(empty_app)  # again: nothing to do
        migrating.downgrade(empty_app, "base")
        assert names(empty_app) == {"alembic_version"}
    finally:
        with empty_app.app_context(), db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
            tables.metadata.create_all(connection)


def columns(app: Flask) -> dict[tuple[str, str], bool]:
    """Each column of each table, and whether a row can be written that does not name it."""
    with app.app_context():
        looker = sa.inspect(db.engine)
        return {
            (table, each["name"]): bool(
                each["nullable"] or each.get("default") is not None or each.get("autoincrement")
            )
            for table in looker.get_table_names()
            if tables.is_ours(table)
            for each in looker.get_columns(table)
        }


#: Before this one there was no installation that could not be stopped.
FIRST_SERVED = 17


def test_code_of_the_version_before_reads_and_writes_after_an_upgrade(empty_app: Flask) -> None:
    """Machines are brought up one after the other: meanwhile some of them run yesterday's code on today's schema."""
    files = sorted(path.stem for path in (Path(migrating.DIRECTORY) / "versions").glob("*.py"))
    try:
        migrating.upgrade(empty_app, files[FIRST_SERVED - 2])
        before = columns(empty_app)
        for revision in files[FIRST_SERVED - 1 :]:
            migrating.upgrade(empty_app, revision)
            after = columns(empty_app)
            assert set(before) - set(after) == set(), f"{revision} takes away what the version before reads"
            known = {table for table, _ in before}
            needed = [key for key in set(after) - set(before) if key[0] in known and not after[key]]
            assert needed == [], f"{revision} wants what the version before does not write"
            before = after
    finally:
        migrating.downgrade(empty_app, "base")
        with empty_app.app_context(), db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
            tables.metadata.create_all(connection)


def test_a_migration_that_has_to_wait_for_a_lock_gives_up_and_changes_nothing(empty_app: Flask) -> None:
    with empty_app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("SQLite has one lock, for which it waits as for any other write")
    try:
        migrating.upgrade(empty_app)
        before = migrating.newest_revision()
        with empty_app.app_context(), db.engine.connect() as reader:
            reader.exec_driver_sql('SELECT 1 FROM "case"')  # a long look at it, as a report takes
            began = time.monotonic()
            with pytest.raises(OperationalError, match="lock timeout"):
                migrating.downgrade(empty_app, "base")
            assert time.monotonic() - began < 30
            reader.rollback()
        assert migrating.current_revision(empty_app) is not None
        with empty_app.app_context(), db.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0", "pages wait as before"
        migrating.upgrade(empty_app)
        assert migrating.current_revision(empty_app) == before
    finally:
        migrating.downgrade(empty_app, "base")
        with empty_app.app_context(), db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
            tables.metadata.create_all(connection)


def test_revisions_are_numbered_once_each_and_named_like_their_files() -> None:
    files = sorted(path.stem for path in (Path(migrating.DIRECTORY) / "versions").glob("*.py"))
    assert len({int(name[:4]) for name in files}) == len(files)
    for name in files:
        assert f"revision = '{name}'" in (migrating.DIRECTORY / "versions" / f"{name}.py").read_text(encoding="utf-8")
        assert len(name) <= 32, "the column of alembic_version holds no more"
