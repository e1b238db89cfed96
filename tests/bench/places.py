"""The databases that are measured: each one of its own, as durable as in service."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, text

from engine.db import connect
from engine.tables import metadata
from tests.postgres import Server
from web.api import models as _tokens  # noqa: F401  their tables are made with the others
from web.auth import models as _sessions  # noqa: F401


@contextmanager
def sqlite() -> Iterator[Engine]:
    """A SQLite file, as durable as in service."""
    with tempfile.TemporaryDirectory(prefix="chuishao-bench-") as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'bench.db'}")
        metadata.create_all(engine)
        yield engine
        engine.dispose()


@contextmanager
def postgres() -> Iterator[Engine]:
    """A PostgreSQL server of its own, as durable as in service; the CPU of its backends counts too."""
    server = Server.prepare(durable=True)
    try:
        root = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
        with root.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE bench")
        root.dispose()
        engine = connect(server.url("bench"), pool_size=1, max_overflow=0)
        metadata.create_all(engine)
        yield engine
        engine.dispose()
    finally:
        server.stop()


def backends(engine: Engine) -> list[int]:
    """Return the process ids of the backends that serve `engine`'s pool of one."""
    with engine.connect() as connection:
        return [connection.execute(text("SELECT pg_backend_pid()")).scalar_one()]


PLACES: Final[dict[str, Callable[[], Any]]] = {"sqlite": sqlite, "postgresql": postgres}
BACKENDS: Final[dict[str, Callable[[Engine], list[int]]]] = {"sqlite": lambda _engine: [], "postgresql": backends}
