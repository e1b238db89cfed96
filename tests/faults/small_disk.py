"""A disk that is full when a test says so: a SQLite file that may not grow, or a small file system of PostgreSQL's."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, event

from engine.db import connect
from engine.tables import metadata
from tests.conftest import install_emptying
from tests.postgres import Server

#: What PostgreSQL's file system holds, in megabytes: every table and index, and what a test adds.
SIZE = 48
#: What is left of it when it is nearly full, in bytes: some work is still done.
LEFT = 250_000


class Disk(Protocol):
    """What a test does with a disk."""

    def fill(self) -> None:
        """Let it be nearly full."""

    def free(self) -> None:
        """Let there be room again."""

    def watch(self, engine: Engine) -> None:
        """Let it hold for another engine on the same database, too."""


class SqliteDisk:
    """A SQLite file that may not grow while the disk is full."""

    def __init__(self, engine: Engine) -> None:
        self._full = False
        self.watch(engine)

    def fill(self) -> None:
        """Let it be full."""
        self._full = True

    def free(self) -> None:
        """Let there be room again."""
        self._full = False

    def watch(self, engine: Engine) -> None:
        """Let it hold for an engine, as long as that is there."""

        @event.listens_for(engine, "checkout")
        def limit(connection: Any, _record: object, _proxy: object) -> None:
            """Allow a connection that is about to be used as many pages as the disk has."""
            cursor = connection.cursor()
            (pages,) = cursor.execute("PRAGMA page_count").fetchone()
            cursor.execute(f"PRAGMA max_page_count={pages if self._full else 2**30}")
            cursor.close()


class PostgresDisk:
    """A file system in memory on which a tablespace lies.

    Args:
        place: where it is mounted.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._ballast = place, place / "ballast"

    def fill(self) -> None:
        """Write until there is next to no room."""
        space = os.statvfs(self._place)
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - LEFT)

    def free(self) -> None:
        """Let there be room again."""
        self._ballast.unlink(missing_ok=True)

    def watch(self, engine: Engine) -> None:
        """It holds for every engine."""


@contextmanager
def small_database(server: Server, root: Engine, name: str) -> Iterator[tuple[Engine, PostgresDisk]]:
    """Give a database with every table on a small file system; skip the test where none may be mounted."""
    place = server.home / name
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=0755", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        place.rmdir()
        pytest.skip("a file system for PostgreSQL may be mounted by root only, and not in every container")
    try:
        tables = place / "tables"
        tables.mkdir(mode=0o700)
        shutil.chown(tables, (server.home / "data").owner())
        everywhere = root.execution_options(isolation_level="AUTOCOMMIT")
        with everywhere.connect() as connection:
            connection.exec_driver_sql(f"CREATE TABLESPACE {name} LOCATION '{tables}'")
            connection.exec_driver_sql(f"CREATE DATABASE {name} TABLESPACE {name}")
        engine = connect(root.url.set(database=name).render_as_string(hide_password=False))
        metadata.create_all(engine)
        install_emptying(engine)
        disk = PostgresDisk(place)
        yield engine, disk
        disk.free()
        engine.dispose()
        with everywhere.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
            connection.execute(sa.text(f"DROP TABLESPACE {name}"))
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)
