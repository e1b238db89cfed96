"""Two PostgreSQL servers: a primary, and a standby that has written whatever the primary acknowledges."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.faults.test_nodes import free_port
from tests.postgres import Server, find_binaries


class Standby(Server):
    """A server that begins as a copy of another, and follows it."""

    primary: Server

    def _made_by(self, binaries: Path) -> list[str]:
        return [str(binaries / "pg_basebackup"), "-D", str(self._data), "-R", "-X", "stream", "-c", "fast",
                "-h", str(self.primary.home / "socket"), "-p", str(self.primary.port), "-U", "chuishao"]  # fmt: skip


class Pair:
    """Both of them, for programs of this machine."""

    name, address = "pair", "127.0.0.1"

    def __init__(self, primary: Server, standby: Server) -> None:
        self.primary, self.standby = primary, standby

    def url(self, database: str) -> str:
        """Return the address that names both, as `docs/operations.md` has it."""
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://chuishao@{hosts}/{database}?target_session_attrs=read-write"

    def command(self, words: list[str]) -> list[str]:
        """Return how a program is started here."""
        return words

    def lose_the_primary(self) -> None:
        """Take the power away from it."""
        self.primary.control("-m", "immediate", "stop")

    def promote(self) -> None:
        """Let the standby be the primary."""
        self.standby.control("promote")


@contextmanager
def pair() -> Iterator[Pair]:
    """Give two servers for a block, of which the second follows the first without being behind; skip without tools."""
    if not (find_binaries() / "pg_basebackup").exists():
        pytest.skip("this PostgreSQL comes without pg_basebackup")
    primary, standby = (kind.prepare(durable=True, port=free_port()) for kind in (Server, Standby))
    assert isinstance(standby, Standby)
    standby.primary = primary
    try:
        root = sa.create_engine(primary.url("postgres"), isolation_level="AUTOCOMMIT")
        standby.url("postgres")
        with root.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            deadline = time.monotonic() + 30
            while connection.exec_driver_sql("SELECT sync_state FROM pg_stat_replication").scalar() != "sync":
                assert time.monotonic() < deadline, "the standby does not follow"
                time.sleep(0.1)
        root.dispose()
        yield Pair(primary, standby)
    finally:
        standby.stop()
        primary.stop()
