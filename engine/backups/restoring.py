"""Puts a backup back: into an empty database, or in the place of another one when that is asked for."""

import tarfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, insert, inspect

from engine.audit import seals
from engine.audit.seals import Broken
from engine.backups import postgres_dump, sqlite_copy
from engine.backups.archive import BLOBS, Manifest, copied, fingerprint, opened, read_manifest, unpacked
from engine.backups.occupants import occupants
from engine.backups.scratch import scratch
from engine.cases.blobs import BlobStore
from engine.db import connect, sessions
from engine.errors import Conflict, Invalid
from engine.failpoints import reach
from engine.notices.holding import hold_row, hold_statement
from engine.notices.models import NoticeHold


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was put back.

    Args:
        broken: where the audit chain does not hold; nothing when all is well.
        cut: jurisdictions whose chain ends before the last seal that the backup tells of.
    """

    manifest: Manifest
    broken: list[Broken]
    cut: list[str]


def restore(
    path: Path,
    url: URL,
    blobs: BlobStore,
    *,
    keys: Mapping[str, bytes],
    revisions: Collection[str],
    now: datetime,
    replace: bool = False,
) -> Restored:
    """Put a backup back, with every notice held until an operator lets them go.

    Nothing is changed before the archive was found whole and of these keys. Files come before the database, so that
    no row names one that is not there yet; one that is there already stays as it is.

    Args:
        url: the database; it must be empty, unless `replace` is given.
        keys: by name, see `Manifest.keys`.
        revisions: the migrations that this version knows.
        replace: put it in the place of what is there. A SQLite database is kept beside it under another name; with
            PostgreSQL every table of the schema is dropped.

    Raises:
        Invalid: the archive is damaged, of a newer version, of the other kind of database, or of other keys.
        Conflict: the database is not empty, or a process of ours is at work on it.
        Unavailable: a program that is needed is not there or failed, or the disk is full.
    """
    manifest = read_manifest(path)
    _refuse_other(manifest, url, keys, revisions)
    _refuse_busy(url, replace)
    near = sqlite_copy.place_of(url).parent if manifest.database == "sqlite" else blobs.root
    near.mkdir(parents=True, exist_ok=True)
    with scratch(near, ".restore-") as folder:
        database = folder / manifest.member
        with opened(path) as archive:
            _unpack_database(archive, manifest, database)
            _unpack_blobs(archive, manifest, blobs)
        reach("restore-unpacked")
        _put_back(url, database, manifest, now, replace)
    reach("restore-put-back")
    return _judged(url, manifest)


def _refuse_other(manifest: Manifest, url: URL, keys: Mapping[str, bytes], revisions: Collection[str]) -> None:
    if manifest.database != url.get_backend_name():
        raise Invalid(
            "backup-of-other-database",
            "The backup is of {made}, the settings name {wanted}. A backup goes back to the same kind of database.",
            made=manifest.database,
            wanted=url.get_backend_name(),
        )
    if manifest.revision not in revisions:
        raise Invalid(
            "backup-newer",
            "The backup was made by version {version}, whose database ({revision}) this version does not know. "
            "Install that version or a newer one.",
            version=manifest.version,
            revision=manifest.revision,
        )
    if manifest.keys.get("field_key") != fingerprint(keys["field_key"]):
        raise Invalid(
            "backup-of-other-key",
            "The backup was made with another CHUISHAO_FIELD_KEY (fingerprint {made}, not {given}), and residents' "
            "data in it could not be read with this one. Put the settings file of that time back first.",
            made=manifest.keys.get("field_key", "?"),
            given=fingerprint(keys["field_key"]),
        )


def _refuse_busy(url: URL, replace: bool) -> None:
    if url.get_backend_name() == "sqlite":
        place = sqlite_copy.place_of(url)
        if not replace and sqlite_copy.tables_in(place):
            raise _not_empty(str(place))
        if not place.exists():
            return
    engine = connect(url.render_as_string(hide_password=False))
    try:
        if not replace and inspect(engine).get_table_names():
            raise _not_empty(url.render_as_string())
    finally:
        engine.dispose()
    if alive := occupants(url):
        raise Conflict(
            "restore-while-running",
            "This database is in use ({names}). Stop every web, worker and scheduler process of Chuishao on every "
            "machine, then try again. One that was killed is missed after a minute.",
            names="; ".join(alive),
        )


def _not_empty(place: str) -> Conflict:
    return Conflict(
        "restore-place-taken",
        "The database {place} is not empty. Name another one in the settings, or give --replace.",
        place=place,
    )


def _unpack_database(archive: tarfile.TarFile, manifest: Manifest, target: Path) -> None:
    with unpacked(archive, manifest.member) as source:
        size, sha256 = copied(source, target)
    if (size, sha256) != (manifest.size, manifest.sha256):
        raise Invalid(
            "backup-damaged", "The database in the backup is damaged: {reason}.",
            reason=f"{size} bytes with SHA-256 {sha256[:12]}…, not {manifest.size} with {manifest.sha256[:12]}…",
        )  # fmt: skip
    if manifest.database == "sqlite":
        sqlite_copy.check(target)


def _unpack_blobs(archive: tarfile.TarFile, manifest: Manifest, blobs: BlobStore) -> None:
    names = [member.name for member in archive.getmembers() if member.name.startswith(BLOBS)]
    if len(names) != manifest.blobs:
        raise Invalid(
            "backup-files-missing", "The backup has {found} files where {told} belong. Use another backup.",
            found=len(names), told=manifest.blobs,
        )  # fmt: skip
    for name in names:
        with unpacked(archive, name) as source:
            stored = blobs.put(source)  # under what its content is, whatever name it had
        if stored.sha256 != name.removeprefix(BLOBS):
            raise Invalid("backup-file-damaged", "The file {name} in the backup is damaged.", name=name)


def _put_back(url: URL, database: Path, manifest: Manifest, now: datetime, replace: bool) -> None:
    row = hold_row(manifest.moment, now)
    if manifest.database == "sqlite":
        place, aside = sqlite_copy.place_of(url), f".before-{now:%Y%m%dT%H%M%SZ}"
        engine = connect(f"sqlite:///{database}")
        with engine.begin() as connection:
            connection.execute(insert(NoticeHold).values(**row))
        engine.dispose()  # the last one who leaves writes the log into the file
        sqlite_copy.put_in_place(database, place, aside)
        return
    engine = connect(url.render_as_string(hide_password=False))
    there = inspect(engine).get_table_names() if replace else []
    engine.dispose()
    database.parent.chmod(0o700)
    script = database.parent / "restore.sql"
    first = [postgres_dump.DROP_QUEUE] if replace else []
    postgres_dump.load(url, database, script, drop=there, first=first, then=[hold_statement(row)])


def _judged(url: URL, manifest: Manifest) -> Restored:
    engine = connect(url.render_as_string(hide_password=False))
    try:
        with sessions(engine)() as session:
            numbers = {head.jurisdiction: head.number for head in seals.heads(session)}
            broken = seals.verify(session)
    finally:
        engine.dispose()
    cut = [each["jurisdiction"] for each in manifest.heads if numbers.get(each["jurisdiction"], 0) < each["number"]]
    return Restored(manifest=manifest, broken=broken, cut=cut)
