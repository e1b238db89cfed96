"""The archive: a tar file with the database, the files under `blobs/`, and last of all `manifest.json`.

The manifest stands at the end because it says what is in the archive: one without it was never finished.
"""

import hashlib
import hmac
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from engine.errors import Invalid

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
BLOBS: Final = "blobs/"
#: A manifest is small; what claims to be one and is not is not read into memory.
_MOST: Final = 1 << 24
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an archive says of itself.

    Args:
        format: of the archive.
        made_at: when it was made, an aware instant.
        version: of the program that made it.
        database: `sqlite` or `postgresql`.
        revision: the migration that the database was at.
        member, size, sha256: the database's file in the archive, its bytes and their hash.
        blobs: how many files there are under `blobs/`, each named by the hash of its content.
        keys: fingerprints of `field_key` and `secret_key`; no key can be found from them.
        heads: the last seal of each jurisdiction's audit chain: {"jurisdiction", "number", "seal"}.
    """

    format: int
    made_at: str
    version: str
    database: str
    revision: str
    member: str
    size: int
    sha256: str
    blobs: int
    keys: dict[str, str]
    heads: list[dict[str, Any]]

    @property
    def moment(self) -> datetime:
        """When the archive was made."""
        return datetime.fromisoformat(self.made_at)

    def to_json(self) -> bytes:
        """Return what the archive keeps."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2).encode()


def fingerprint(key: bytes) -> str:
    """Return 16 hex digits by which a key is recognised, and from which it cannot be found."""
    return hmac.digest(key, b"chuishao backup", "sha256").hex()[:16]


def digest_of(path: Path) -> tuple[int, str]:
    """Return the size of a file and the SHA-256 of its content, hex."""
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """Open an archive for reading.

    Raises:
        Invalid: `backup-unreadable`, it is no tar file, or it is damaged.
        OSError: it cannot be read at all.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            yield archive
    except tarfile.TarError as error:
        raise Invalid(
            "backup-unreadable", "{path} is no backup, or it is damaged: {reason}.", path=str(path), reason=str(error)
        ) from error


def read_manifest(path: Path) -> Manifest:
    """Return what an archive says of itself.

    Raises:
        Invalid: it is no backup, was never finished, or is of a format that this version does not know.
    """
    with opened(path) as archive:
        try:
            member = archive.getmember(MANIFEST)
            file = archive.extractfile(member)
            # an archive is written in whole records: one that ends within a record was cut off
            if file is None or member.size > _MOST or path.stat().st_size % tarfile.RECORDSIZE:
                raise KeyError(MANIFEST)
            kept = json.loads(file.read())
        except (KeyError, ValueError) as error:
            raise Invalid(
                "backup-unfinished",
                "{path} is no backup, or one that was cut off: it has no readable {manifest}.",
                path=str(path),
                manifest=MANIFEST,
            ) from error
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise Invalid(
            "backup-format",
            "{path} is a backup of a format that this version does not read. Use the version that made it.",
            path=str(path),
        )
    try:
        return Manifest(**kept)
    except TypeError as error:
        raise Invalid(
            "backup-unreadable", "{path} is no backup, or it is damaged: {reason}.", path=str(path), reason=str(error)
        ) from error


def unpacked(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Open a file of the archive for reading.

    Raises:
        Invalid: `backup-unfinished`, it is not there.
    """
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise Invalid("backup-incomplete", "The backup has no file {name}. Use another backup.", name=name)
    return file


def copied(source: IO[bytes], target: Path) -> tuple[int, str]:
    """Write what can be read from `source` to a new file; return its size and SHA-256."""
    size, digest = 0, hashlib.sha256()
    with target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
    return size, digest.hexdigest()
