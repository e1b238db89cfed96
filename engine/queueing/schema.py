"""The queue's own tables and functions: made, brought up and dropped beside ours, by `chuishao db`.

They belong to Procrastinate, which numbers its migrations by its versions. Which version they are of is written on its
table of jobs.
"""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from engine.backups.postgres_dump import DROP_QUEUE

_LOCK: Final = 7_420_386
_THERE: Final = text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")
_SAID: Final = text("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")
_MARK: Final = "procrastinate "
_FILE: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d\d)_(\d\d)_.*\.sql")
#: Whoever serves meanwhile must not queue up behind a migration that waits.
_PATIENCE: Final = "SET LOCAL lock_timeout = '5s'"


def bring_up(engine: Engine) -> None:
    """Make the queue in a PostgreSQL database, or bring it to the version of the library that is installed."""
    with engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK})  # ends with the connection's block
        try:
            _bring_up(engine, f"{_MARK}{version('procrastinate')}")
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK})


def _bring_up(engine: Engine, mark: str) -> None:
    with engine.connect() as connection:
        there, said = connection.scalar(_THERE), str(connection.scalar(_SAID) or "")
    # a transaction each: a new value of a type can only be used after it
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in _newer_than(said)} if there else {}
    for stem, script in scripts.items():
        _apply(engine, script, f"{_MARK}{stem}")
    _apply(engine, "" if there else SchemaManager.get_schema(), mark)


def _apply(engine: Engine, script: str, mark: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(_PATIENCE)
        if script:
            _run(connection, script)
        _run(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{mark}'")


def drop(engine: Engine) -> None:
    """Drop the queue and what is in it."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_PATIENCE)
        _run(connection, DROP_QUEUE)


def is_current(engine: Engine) -> bool:
    """Say whether the queue is there, of the version of the library that is installed."""
    with engine.connect() as connection:
        said = connection.scalar(_SAID)
    return bool(said == f"{_MARK}{version('procrastinate')}")


def _newer_than(said: str) -> list[Path]:
    """Return the library's migrations that are newer than what the table of jobs says; all where it says nothing."""
    numbers = [int(each) for each in re.findall(r"\d+", said)[:4]]
    known = [*numbers, 99][:4] if len(numbers) > 2 else []  # after all of its version
    found = {}
    for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"):
        match = _FILE.fullmatch(path.name)
        if match and [int(each) for each in match.groups()] > known:
            found[match.groups()] = path
    return [found[key] for key in sorted(found)]


def _run(connection: Connection, script: str) -> None:
    """Run statements, several at once, which no driver can prepare."""
    driven: Any = connection.connection.driver_connection
    driven.execute(script, prepare=False)
