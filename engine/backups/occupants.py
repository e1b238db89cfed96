"""Who is at work on a database: nothing is put in its place under a process that lives."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine.backups import sqlite_copy
from engine.db import connect, sessions
from engine.heartbeats import MARK, heartbeats

#: How much of a command line is shown.
_SHOWN: Final = 120

_CONNECTED: Final = text(
    "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name LIKE :mark ORDER BY application_name"
)
_QUEUE: Final = text("SELECT to_regclass('procrastinate_workers') IS NOT NULL")
#: a worker that lost its connection comes back within so many seconds
_WORKERS: Final = text(
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > clock_timestamp() - make_interval(secs => 30)"
)


def occupants(url: URL) -> list[str]:
    """Return who works on a database: what each does, where, and its number there."""
    found = []
    if url.get_backend_name() == "sqlite":
        found = list(_holders(sqlite_copy.place_of(url)))
    engine = connect(url.render_as_string(hide_password=False))
    try:
        # what cannot be read is no database of ours, or an empty one
        with contextlib.suppress(SQLAlchemyError), sessions(engine)() as session:
            found = found or list(_connected(session))
    finally:
        engine.dispose()
    return found


def _connected(session: Session) -> Iterator[str]:
    """Yield who is connected, and who said that it lives, just now, and may come back."""
    shared = session.get_bind().dialect.name == "postgresql"
    names = list(session.scalars(_CONNECTED, {"mark": f"{MARK}%"})) if shared else []
    yield from names
    places = {name.rpartition(" ")[2] for name in names}
    with contextlib.suppress(SQLAlchemyError):
        alive = [each.name for each in heartbeats(session) if each.is_alive and each.name not in places]
        yield from (f"{MARK}scheduler {name}" for name in alive)
    session.rollback()
    if shared and session.scalar(_QUEUE):
        away = (session.scalar(_WORKERS) or 0) - sum(name.startswith(f"{MARK}worker") for name in names)
        if away > 0:
            yield f"{MARK}worker ({away} without a connection)"


def _holders(place: Path) -> Iterator[str]:
    """Yield who has a SQLite database open; SQLite leaves its log only where nobody else has."""
    if not place.exists():
        return
    try:
        with closing(sqlite3.connect(place, timeout=0.5, isolation_level=None)) as database:
            before = database.execute("PRAGMA journal_mode").fetchone()[0]
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute(f"PRAGMA journal_mode={before}")
        return
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            return
    except sqlite3.DatabaseError:  # it is none
        return
    yield from list(_openers(place)) or ["another process"]


def _openers(place: Path) -> Iterator[str]:
    """Yield the processes of this machine that have a file open, as far as this user may see them."""
    for folder in sorted(Path("/proc").glob("[0-9]*/fd")):
        try:
            if not any(_leads_to(each, place) for each in folder.iterdir()):
                continue
            words = folder.with_name("cmdline").read_bytes().split(b"\0")
        except OSError:  # it is somebody else's, or gone
            continue
        said = b" ".join([Path(os.fsdecode(words[0])).name.encode(), *words[1:]]).decode(errors="replace").strip()
        yield f"process {folder.parent.name}: {said[:_SHOWN]}"


def _leads_to(link: Path, place: Path) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samefile(link, place)
    return False
