"""Deploys packages as immutable versions, and says which one new cases start on."""

from collections import OrderedDict
from dataclasses import asdict, replace
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.orm import Session, defer

from engine.audit import Actor, Tag, record
from engine.db import connected, new_id, writing
from engine.definitions.check import check
from engine.definitions.loading import UNCOMMITTED, LoadedVersion, assemble, remember
from engine.definitions.models import ProcessVersion, VersionState
from engine.definitions.package import Package
from engine.errors import Invalid, NotFound
from engine.events import after_commit
from engine.prepared import PreparedRead
from engine.spiff.findings import Severity

#: How many packages are remembered as sound.
PASSED_KEPT: Final = 8
_passed: OrderedDict[str, LoadedVersion] = OrderedDict()
_lock = Lock()
#: the state as text, since the partial index is used for a condition without parameters only
_ACTIVE: Final = PreparedRead(
    select(ProcessVersion.id).where(ProcessVersion.key == bindparam("key"), text("process_version.state = 'active'"))
)


def deploy(
    session: Session,
    package: Package,
    *,
    author: Actor,
    note: str,
    now: datetime,
    jurisdiction: str,
    activate: bool = True,
) -> ProcessVersion:
    """Check a package and store it as the next version of its key. The same content again is the same version.

    Args:
        activate: let new cases start on it; running cases keep theirs.

    Raises:
        Invalid: `package-refused`: it has mistakes, `facts["findings"]` lists them (those that are no errors too).
            Nothing was changed; the version before stays.
    """
    assembled = _sound(package)
    key, version_id = assembled.key, new_id()
    with writing(session):
        _one_at_a_time(session, key)
        known = session.scalar(
            select(ProcessVersion).where(ProcessVersion.key == key, ProcessVersion.sha256 == package.sha256)
        )
        if known is None:
            last = session.scalar(select(func.max(ProcessVersion.number)).where(ProcessVersion.key == key)) or 0
            names = package.manifest["name"]
            known = ProcessVersion(
                id=version_id,
                key=key,
                number=last + 1,
                name=str(names.get("zh_CN") or next(iter(names.values()))) if isinstance(names, dict) else str(names),
                package=package.to_zip(),
                sha256=package.sha256,
                author=author.name or author.kind.value,
                note=note,
                state=VersionState.INACTIVE,
                deployed_at=now,
            )
            session.add(known)
            session.flush()
            _remember_when_committed(session, replace(assembled, id=version_id, number=known.number))
            _record(session, Tag.PROCESS_DEPLOYED, known, author, now, jurisdiction)
        if activate and known.state != VersionState.ACTIVE:
            activate_version(session, known.id, actor=author, now=now, jurisdiction=jurisdiction)
    return known


def _sound(package: Package) -> LoadedVersion:
    """Return a package compiled, after it was checked. Equal content is checked once in the life of a process.

    Raises:
        Invalid: `package-refused`.
    """
    with _lock:
        found = _passed.get(package.sha256)
    if found is None:
        refuse_mistakes(package)
        found = assemble(package, version_id=new_id(), key=str(package.manifest["key"]), number=0)
        with _lock:
            _passed[package.sha256] = found
            while len(_passed) > PASSED_KEPT:
                _passed.popitem(last=False)
    return found


def refuse_mistakes(package: Package) -> None:
    """Raise when a package cannot be deployed.

    Raises:
        Invalid: `package-refused`.
    """
    findings = check(package)
    mistakes = [each for each in findings if each.severity == Severity.ERROR]
    if mistakes:
        raise Invalid(
            "package-refused",
            "The package is not deployed, it has {count} mistakes. The first: {first}",
            count=len(mistakes),
            first=f"{mistakes[0].file}: {mistakes[0].message}",
            findings=[asdict(each) for each in findings],
        )


def _remember_when_committed(session: Session, version: LoadedVersion) -> None:
    uncommitted: set[UUID] = session.info.setdefault(UNCOMMITTED, set())
    uncommitted.add(version.id)

    def keep() -> None:
        uncommitted.discard(version.id)
        remember(version)

    after_commit(session, keep)


def _one_at_a_time(session: Session, key: str) -> None:
    """Let nobody else deploy or activate a version of this process until the transaction ends.

    SQLite has one writer anyway. On PostgreSQL two that run at once would take the same number.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"process_version:{key}", 0))))


def activate_version(
    session: Session, version_id: UUID, *, actor: Actor, now: datetime, jurisdiction: str
) -> ProcessVersion:
    """Let new cases start on a version, and no longer on the one before.

    Raises:
        NotFound: there is no such version.
    """
    with writing(session):
        version = session.get(ProcessVersion, version_id)
        if version is None:
            raise NotFound("version-unknown", "There is no process version {version}.", version=str(version_id))
        _one_at_a_time(session, version.key)
        session.execute(
            update(ProcessVersion)
            .where(ProcessVersion.key == version.key, ProcessVersion.state == VersionState.ACTIVE)
            .values(state=VersionState.INACTIVE)
        )
        version.state, version.activated_at = VersionState.ACTIVE, now
        session.flush()
        _record(session, Tag.PROCESS_ACTIVATED, version, actor, now, jurisdiction)
    return version


def active_version(session: Session, key: str) -> ProcessVersion:
    """Return the version that new cases of a process start on.

    Raises:
        NotFound: none is active.
    """
    found = session.scalar(
        select(ProcessVersion).where(ProcessVersion.key == key, ProcessVersion.state == VersionState.ACTIVE)
    )
    if found is None:
        raise _none_active(key)
    return found


def active_version_id(session: Session, key: str) -> UUID:
    """Return the id of the version that new cases of a process start on, without reading its package.

    Raises:
        NotFound: none is active.
    """
    found = _ACTIVE.first(connected(session), {"key": key})
    if found is None:
        raise _none_active(key)
    identity: UUID = found.id
    return identity


def _none_active(key: str) -> NotFound:
    return NotFound("process-not-active", "No version of the process {process} is active. Deploy one.", process=key)


def versions(session: Session, key: str | None = None) -> list[ProcessVersion]:
    """Return the versions of a process, newest first, without their packages (which load when they are read).

    Args:
        key: None for those of every process, by key.
    """
    statement = select(ProcessVersion).order_by(ProcessVersion.key, ProcessVersion.number.desc())
    if key is not None:
        statement = statement.where(ProcessVersion.key == key)
    return list(session.scalars(statement.options(defer(ProcessVersion.package))))


def _record(
    session: Session, tag: Tag, version: ProcessVersion, actor: Actor, now: datetime, jurisdiction: str
) -> None:
    facts = {"key": version.key, "number": version.number, "sha256": version.sha256}
    record(session, tag=tag, actor=actor, at=now, jurisdiction=jurisdiction, data=facts)
