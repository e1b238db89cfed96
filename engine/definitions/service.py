"""Deploys packages as immutable versions, and says which one new cases start on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import new_id, writing
from engine.definitions.loading import assemble
from engine.definitions.models import ProcessVersion, VersionState
from engine.definitions.package import Package
from engine.errors import NotFound


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
        Invalid: it cannot be read, compiled or run; the old version stays.
    """
    key = str(package.manifest["key"])
    version_id = new_id()
    assemble(package, version_id=version_id, key=key, number=0)
    with writing(session):
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
            _record(session, Tag.PROCESS_DEPLOYED, known, author, now, jurisdiction)
        if activate and known.state != VersionState.ACTIVE:
            activate_version(session, known.id, actor=author, now=now, jurisdiction=jurisdiction)
    return known


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
        raise NotFound("process-not-active", "No version of the process {process} is active. Deploy one.", process=key)
    return found


def _record(
    session: Session, tag: Tag, version: ProcessVersion, actor: Actor, now: datetime, jurisdiction: str
) -> None:
    facts = {"key": version.key, "number": version.number, "sha256": version.sha256}
    record(session, tag=tag, actor=actor, at=now, jurisdiction=jurisdiction, data=facts)
