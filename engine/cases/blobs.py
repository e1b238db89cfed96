"""Files on disk under their SHA-256: written once, synced before the row that names them is committed."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import structlog

from engine.errors import NotFound, Unavailable

_log = structlog.get_logger(__name__)

_CHUNK: Final = 1 << 16


class NotStored(Unavailable):
    """A file could not be written. Whoever sent it with a form gets the form back as it was filled in."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file in the store: 64 hex digits and its size in bytes."""

    sha256: str
    size: int


class BlobStore:
    """A content-addressed folder. The same bytes are kept once; a crash leaves at most a file that no row names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: IO[bytes]) -> Stored:
        """Write `content` and return where it lies; it is on disk when this returns.

        Raises:
            NotStored: the disk is full or not writable.
        """
        digest, size = hashlib.sha256(), 0
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.root, prefix=".new-", delete=False) as target:
                try:
                    while chunk := content.read(_CHUNK):
                        digest.update(chunk)
                        size += len(chunk)
                        target.write(chunk)
                    target.flush()
                    os.fsync(target.fileno())
                    path = self._path(digest.hexdigest())
                    if not path.parent.exists():
                        path.parent.mkdir(exist_ok=True)
                        _sync(self.root)  # or a power cut takes the folder, with what was acknowledged in it
                    os.replace(target.name, path)
                    _sync(path.parent)
                except BaseException:
                    Path(target.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            _log.error("store.not_written", reason=error.strerror or type(error).__name__)
            raise NotStored(
                "storage-unavailable",
                "The file could not be stored ({reason}). What you typed is kept; try again, or send it without files.",
                reason=error.strerror or type(error).__name__,
            ) from error
        return Stored(sha256=digest.hexdigest(), size=size)

    def open(self, sha256: str) -> IO[bytes]:
        """Open a stored file for reading.

        Raises:
            NotFound: it is not in the store.
        """
        try:
            return self._path(sha256).open("rb")
        except OSError as error:
            raise NotFound("file-missing", "The file {name} is not in the store.", name=sha256[:12]) from error

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Name the files that were last put here before `moment`; what a crash left half written is let go of."""
        for path in self.root.glob(".new-*"):
            if _put_at(path) < moment.timestamp():
                path.unlink(missing_ok=True)
        for path in self.files():
            if _put_at(path) < moment.timestamp():
                yield path.name

    def files(self) -> Iterator[Path]:
        """Return every file in the store; its name is the SHA-256 of its content."""
        yield from self.root.glob("[0-9a-f][0-9a-f]/*")

    def drop(self, sha256: str, before: datetime) -> bool:
        """Delete a file that no row names, and return whether it went; one that was put here again meanwhile stays."""
        path = self._path(sha256)
        if _put_at(path) >= before.timestamp():
            return False
        path.unlink(missing_ok=True)
        return True

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256


def _put_at(path: Path) -> float:
    """When a file was last put here, as a time stamp; one that is gone was put here never, which is not before."""
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")


def _sync(folder: Path) -> None:
    """Make a rename in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
