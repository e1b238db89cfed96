"""Bring the database to the version that this code needs. Revisions are numbered files, the number first."""

import re
from pathlib import Path
from typing import Final, cast

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

import config
from engine import tables
from engine.errors import Invalid
from web.database import db

#: beside the settings, in a checkout as in an installed wheel
DIRECTORY: Final = Path(config.__file__).parent / "migrations"
_STEPS: Final = re.compile(r"[+-]\d+")
migrate: Final = flask_migrate.Migrate(db=db, directory=str(DIRECTORY))


def upgrade(app: Flask, revision: str = "head") -> None:
    """Bring the database of `app` up to `revision`, and with PostgreSQL its queue to the library's version."""
    with app.app_context():
        flask_migrate.upgrade(revision=revision)
        if revision == "head" and _has_queue():
            from engine.queueing import schema

            schema.bring_up(db.engine)


def downgrade(app: Flask, revision: str) -> None:
    """Take the database of `app` back to `revision`; `base` drops every table."""
    with app.app_context():
        flask_migrate.downgrade(revision=revision)
        if revision == "base" and _has_queue():
            from engine.queueing import schema

            schema.drop(db.engine)


def refuse_unknown(revision: str) -> None:
    """Return when this code knows a revision: its name or how it begins, `head`, `base`, or steps as `-1`.

    Raises:
        Invalid: `revision-unknown`.
    """
    if revision in ("head", "heads", "base") or _STEPS.fullmatch(revision):
        return
    known = sorted(known_revisions())
    if sum(each == revision or each.startswith(revision) for each in known) != 1:
        raise Invalid(
            "revision-unknown", "There is no revision {revision}. Use `head`, `base`, or one of: {known}.",
            revision=revision, known=", ".join(known),
        )  # fmt: skip


def lacks_queue(app: Flask) -> bool:
    """Say whether a queue is to be had, and is not there or of another version."""
    with app.app_context():
        if not _has_queue():
            return False
        from engine.queueing import schema

        return not schema.is_current(db.engine)


def _has_queue() -> bool:
    return bool(db.engine.dialect.name == "postgresql")


def current_revision(app: Flask) -> str | None:
    """Return the revision that the database of `app` is at; None when it is empty."""
    with app.app_context(), db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Return the revision that this code needs."""
    return cast(str, ScriptDirectory(str(DIRECTORY)).get_current_head())


def known_revisions() -> frozenset[str]:
    """Return every revision that this code can bring to the newest one."""
    return frozenset(each.revision for each in ScriptDirectory(str(DIRECTORY)).walk_revisions())


def drift(app: Flask) -> list[object]:
    """Return how the database of `app` differs from the models; empty when it does not."""
    with app.app_context(), db.engine.connect() as connection:
        types = connection.dialect.name != "sqlite"  # SQLite reports UUIDs and instants as what it stores them as
        options = {"compare_type": types, "include_name": include_name}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, tables.metadata))


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a thing that was found in a database is to be compared with the models."""
    return kind not in ("table", "index") or name is None or tables.is_ours(name)
