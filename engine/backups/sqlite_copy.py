"""SQLite: a copy by its online backup API, and a copy put in the place of a database."""

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from engine.errors import Conflict, Invalid
from engine.failpoints import reach

MEMBER: Final = "database.sqlite"
#: what SQLite keeps beside a database
_BESIDE: Final = ("", "-wal", "-shm")


def place_of(url: URL) -> Path:
    """Return the file of a database.

    Raises:
        Invalid: it lies in memory only.
    """
    if not url.database or url.database == ":memory:":
        raise Invalid("backup-in-memory", "A database in memory can be neither backed up nor restored.")
    return Path(url.database)


def copy(source: Path, target: Path) -> None:
    """Copy a database that may be written to meanwhile, as it is at one instant, into a new file.

    All pages are copied in one step: in WAL mode a reader keeps no writer waiting, and none of them moves its ground.
    """
    reading = f"file:{source.resolve()}?mode=ro"
    with closing(sqlite3.connect(reading, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new, pages=-1)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, without another beside it


def check(path: Path) -> None:
    """Return when the file is a sound database.

    Raises:
        Invalid: `backup-damaged`, with what SQLite says.
    """
    try:
        with closing(sqlite3.connect(path)) as database:
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise Invalid("backup-damaged", "The database in the backup is damaged: {reason}.", reason=said)


def tables_in(path: Path) -> int:
    """Return how many tables a database has; none when there is no file or it is empty.

    Raises:
        Conflict: there is a file that is no database.
    """
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path.resolve()}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise Conflict(
            "restore-place",
            "{path} cannot be read as a database ({reason}). Give --replace to set it aside.",
            path=str(path),
            reason=str(error),
        ) from error


def put_in_place(copied: Path, place: Path, aside: str) -> None:
    """Put a copy where the database belongs; what was there keeps its name with `aside` after it."""
    _belong_like(copied, place)
    with copied.open("rb") as file:
        os.fsync(file.fileno())
    aside = _unused(place, aside)
    for end in _BESIDE[1:]:  # the log first: without its database nobody reads it, with another one it would spoil it
        _set_aside(place.with_name(place.name + end), place.with_name(place.name + aside + end))
    _set_aside(place, place.with_name(place.name + aside))
    reach("restore-set-aside")
    os.replace(copied, place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _belong_like(copied: Path, place: Path) -> None:
    """Let the copy be readable and writable by whom the database was: who restores it may be another account."""
    copied.chmod(0o600)
    with contextlib.suppress(OSError):  # there was none; or it is not ours to give away
        before = place.stat()
        copied.chmod(before.st_mode & 0o777)
        os.chown(copied, before.st_uid, before.st_gid)


def _unused(place: Path, aside: str) -> str:
    """Return an ending under which nothing lies: of two restores within a second the first one's files stay as well."""
    name, number = aside, 1
    while any(place.with_name(place.name + name + end).exists() for end in _BESIDE):
        number += 1
        name = f"{aside}-{number}"
    return name


def _set_aside(path: Path, name: Path) -> None:
    if path.exists():
        path.rename(name)
