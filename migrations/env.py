"""How migrations run: on the application's own engine, one transaction each, the same on SQLite and PostgreSQL."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection

from engine import tables
from engine.db import Instant, Json
from web.api import models as _api  # noqa: F401  registers its tables
from web.auth import models as _auth  # noqa: F401  likewise
from web.migrating import include_name

#: A migration says what stands in the database, not which class of ours reads it: classes change, migrations must not.
_PLAIN = {Instant: "sa.DateTime(timezone=True)", Json: "sa.Text()"}


def _render(kind: str, item: Any, _autogen: AutogenContext) -> str | bool:
    return _PLAIN.get(type(item), False) if kind == "type" else False


def _compare_type(_context: Any, _inspected: Any, _column: Any, found: Any, declared: Any) -> bool | None:
    """Leave it to Alembic, except that SQLite knows no UUID and no zone: it reports what it stores them as."""
    if context.get_bind().dialect.name == "sqlite":
        return False
    return None


#: A statement that waits for a lock makes everybody wait who comes after it. Rather the migration fails, and is tried
#: again when whoever holds the lock is done.
_PATIENCE = "SET lock_timeout = '5s'"


def _run_patiently(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        _run(connection)
        return
    connection.exec_driver_sql(_PATIENCE)
    connection.commit()
    try:
        _run(connection)
    finally:
        connection.rollback()
        connection.exec_driver_sql("RESET lock_timeout")
        connection.commit()


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=_compare_type,
        include_name=include_name,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


with current_app.extensions["migrate"].db.engine.connect() as _connection:
    _run_patiently(_connection)
