"""Takes a backup while the installation serves."""

import io
import os
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, select, text
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import seals
from engine.backups import postgres_dump, sqlite_copy
from engine.backups.archive import BLOBS, FORMAT, MANIFEST, Manifest, digest_of, fingerprint
from engine.backups.scratch import scratch
from engine.cases.blobs import BlobStore
from engine.cases.models import Attachment
from engine.errors import Conflict, Unavailable
from engine.failpoints import reach

#: What an archive's files are: readable by their owner.
_MODE: Final = 0o600
#: How many rows are looked at together.
_LOOKED_UP: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A backup that was made.

    Args:
        size: of the archive, in bytes.
        missing: files that rows name and that were not in the store, by their SHA-256.
    """

    manifest: Manifest
    size: int
    missing: list[str]


def take(
    sessions: sessionmaker[Session],
    url: URL,
    blobs: BlobStore,
    target: Path,
    *,
    keys: Mapping[str, bytes],
    version: str,
    now: datetime,
) -> Taken:
    """Write a backup to a new file. The files come after the database: one too many does no harm.

    Args:
        url: of the database that `sessions` open.
        target: nothing may be there; until the backup is whole, it has another name.
        keys: by name, see `Manifest.keys`.
        version: of this program.

    Raises:
        Conflict: there is something at `target`, or the database was never brought to a version.
        Unavailable: a program that is needed is not there, or the disk is full.
    """
    if target.exists():
        raise Conflict("backup-exists", "{path} is there already. Name another file.", path=str(target))
    try:
        with scratch(target.parent, ".backup-") as folder:
            member = sqlite_copy.MEMBER if url.get_backend_name() == "sqlite" else postgres_dump.MEMBER
            copied, whole = folder / member, folder / "whole"
            revision, heads = _about(sessions)
            _copy(url, copied)
            size, sha256 = digest_of(copied)
            with tarfile.open(whole, "x:", format=tarfile.PAX_FORMAT) as out:
                out.add(copied, member, filter=_plain)
                names = _add_blobs(out, blobs)
                manifest = Manifest(
                    format=FORMAT, made_at=now.isoformat(), version=version, database=url.get_backend_name(),
                    revision=revision, heads=heads, member=member, size=size, sha256=sha256, blobs=len(names),
                    keys={name: fingerprint(key) for name, key in keys.items()},
                )  # fmt: skip
                _add_bytes(out, MANIFEST, manifest.to_json())
            reach("backup-copied")
            _settle(whole, target)
    except OSError as error:
        raise Unavailable(
            "backup-not-written", "The backup could not be written to {path}: {reason}.", path=str(target),
            reason=error.strerror or type(error).__name__,
        ) from error  # fmt: skip
    return Taken(manifest=manifest, size=target.stat().st_size, missing=_missing(sessions, names))


def _about(sessions: sessionmaker[Session]) -> tuple[str, list[dict[str, Any]]]:
    """The revision and the last seals of the database; what is sealed after this is in the archive as well."""
    with sessions() as session:
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
        heads = [asdict(head) for head in seals.heads(session)]
    if not isinstance(revision, str):
        raise Conflict("database-empty", "The database is empty. Run `chuishao db upgrade` first.")
    return revision, heads


def _copy(url: URL, target: Path) -> None:
    if url.get_backend_name() == "sqlite":
        sqlite_copy.copy(sqlite_copy.place_of(url), target)
    else:
        postgres_dump.dump(url, target)


def _add_blobs(out: tarfile.TarFile, blobs: BlobStore) -> set[str]:
    names = set()
    for path in blobs.files():
        try:
            out.add(path, f"{BLOBS}{path.name}", filter=_plain)
        except FileNotFoundError:  # it was never sent with its form, and its time ended just now
            continue
        names.add(path.name)
    return names


def _add_bytes(out: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), _MODE
    out.addfile(member, io.BytesIO(content))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who owned a file and when it was touched: nobody who restores it needs to know."""
    plain = tarfile.TarInfo(member.name)
    plain.size, plain.mode = member.size, _MODE
    return plain


def _settle(whole: Path, target: Path) -> None:
    """Give a whole archive its name, once it is on the disk; what got that name meanwhile stays."""
    whole.chmod(_MODE)
    with whole.open("rb") as file:
        os.fsync(file.fileno())
    os.link(whole, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _missing(sessions: sessionmaker[Session], names: set[str]) -> list[str]:
    with sessions() as session:
        named = session.scalars(select(Attachment.sha256).distinct().execution_options(yield_per=_LOOKED_UP))
        return sorted(each for each in named if each not in names)
