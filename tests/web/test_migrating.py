from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

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


def test_revisions_are_numbered_once_each_and_named_like_their_files() -> None:
    files = sorted(path.stem for path in (Path(migrating.DIRECTORY) / "versions").glob("*.py"))
    assert len({int(name[:4]) for name in files}) == len(files)
    for name in files:
        assert f"revision = '{name}'" in (migrating.DIRECTORY / "versions" / f"{name}.py").read_text(encoding="utf-8")
        assert len(name) <= 32, "the column of alembic_version holds no more"
