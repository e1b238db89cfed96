"""The database of a sandbox, in memory, and what is played in it, compiled once."""

from collections import OrderedDict
from functools import cache
from threading import Lock
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Engine, event
from sqlalchemy.pool import StaticPool

from engine import tables
from engine.db import connect
from engine.definitions import LoadedVersion, Package, assemble
from engine.definitions.loading import remember
from engine.definitions.models import ProcessVersion, VersionState
from engine.errors import EngineError, Invalid

#: It may grow so large, in pages of 4 KiB: 64 MB.
MAX_PAGES: Final = 16_384
#: A package that is played has an id of its own, which follows from its content.
_VERSIONS: Final = UUID("0f6f0c9e-5a0e-5c55-8f43-6f4f1f0f9a11")
#: So many packages are kept compiled.
_KEPT: Final = 8
_compiled: OrderedDict[str, LoadedVersion] = OrderedDict()
_lock: Final = Lock()


def open_database(image: bytes | None = None) -> Engine:
    """Return an engine on a database of its own. `dispose` forgets it.

    Args:
        image: what is in it, from `image_of`; by default nothing but every table.
    """
    engine = _memory()
    connection = engine.raw_connection()
    try:
        connection.driver_connection.deserialize(image or _template())  # type: ignore[union-attr]
        connection.driver_connection.execute(f"PRAGMA max_page_count={MAX_PAGES}")  # type: ignore[union-attr]
    finally:
        connection.close()
    return engine


def _memory() -> Engine:
    engine = connect("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _quick(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    return engine


@cache
def _template() -> bytes:
    """The bytes of an empty database."""
    engine = _memory()
    tables.metadata.create_all(engine)
    content = image_of(engine)
    engine.dispose()
    return content


def image_of(engine: Engine) -> bytes:
    """Return what is in a database in memory."""
    connection = engine.raw_connection()
    try:
        return bytes(connection.driver_connection.serialize())  # type: ignore[union-attr]
    finally:
        connection.close()


def as_version(package: Package) -> ProcessVersion:
    """Return a package as the row of an active version that is in no database yet.

    Raises:
        Invalid: it cannot be compiled.
    """
    made = compiled(package)
    return ProcessVersion(
        id=made.id, key=made.key, number=1, name=made.key, package=package.to_zip(), sha256=package.sha256, author="",
        note="", state=VersionState.ACTIVE,
    )  # fmt: skip


def compiled(package: Package) -> LoadedVersion:
    """Compile what is played. The same content is the same version, so that it is compiled once.

    Raises:
        Invalid: `sandbox-not-runnable`: it cannot be compiled; the message says why.
    """
    with _lock:
        made = _compiled.get(package.sha256)
    if made is None:
        identity = uuid5(_VERSIONS, package.sha256)
        try:
            made = assemble(package, version_id=identity, key=str(package.manifest["key"]), number=1)
        except EngineError as error:
            raise Invalid(
                "sandbox-not-runnable",
                "This cannot be played yet: {reason}. Mend it, or walk it with default answers.",
                reason=error.message,
            ) from error  # fmt: skip
    with _lock:
        _compiled[package.sha256] = made
        while len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
    remember(made)
    return made
