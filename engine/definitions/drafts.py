"""Drafts: packages that designers work on, saved as they type, until one becomes a version.

A save names the revision of the draft that its files were read from. A file that somebody else wrote since then is not
overwritten: the save is refused and says who and when, and `fork_draft` keeps both.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import new_id, writing
from engine.definitions.beginning import empty_package
from engine.definitions.models import DraftFile, DraftState, ProcessDraft
from engine.definitions.package import Package
from engine.definitions.service import versions
from engine.errors import Conflict, NotFound

#: A draft that is saved again after so long has a new event in the audit.
PAUSE: Final = timedelta(minutes=10)


def open_draft(
    session: Session,
    *,
    key: str,
    version_id: UUID | None,
    author: Actor,
    now: datetime,
    jurisdiction: str,
    name: str = "",
    note: str = "",
    package: Package | None = None,
) -> ProcessDraft:
    """Begin a draft: from a version, which may be an older one that is to be restored, or from nothing.

    Args:
        version_id: None: a new process, from a package that has a start and an end.
        name: of a new process, in Chinese.
        package: what was brought in from elsewhere, in place of what the version holds.

    Raises:
        NotFound: this process has no such version.
        Conflict: a new process, and its key is taken.
    """
    with writing(session):
        known = versions(session, key)
        if version_id is None:
            if known:
                raise Conflict("process-key-taken", "There is a process {key}: {name}.", key=key, name=known[0].name)
            package = package or empty_package(key, name or key)
        else:
            version = next((each for each in known if each.id == version_id), None)
            if version is None:
                raise NotFound("version-unknown", "There is no process version {version}.", version=str(version_id))
            package = package or Package.read_zip(version.package)
        return _begin(
            session, key=key, version_id=version_id, package=package, author=author, now=now, note=note,
            jurisdiction=jurisdiction, newest=known[0].number if known else 0,
        )  # fmt: skip


def _begin(
    session: Session, *, key: str, version_id: UUID | None, package: Package, author: Actor, now: datetime,
    jurisdiction: str, newest: int, note: str,
) -> ProcessDraft:  # fmt: skip
    who = _name(author)
    draft = ProcessDraft(
        id=new_id(), jurisdiction=jurisdiction, key=key, version_id=version_id, newest_number=newest, revision=1,
        state=DraftState.OPEN, note=note, author=who, opened_at=now, saved_by=who, saved_at=now,
    )  # fmt: skip
    session.add(draft)
    session.flush()
    session.add_all(
        DraftFile(draft_id=draft.id, path=path, content=content, revision=1, saved_by=who, saved_at=now)
        for path, content in package.files.items()
    )
    session.flush()
    record_draft(session, Tag.PROCESS_DRAFT_OPENED, draft, author, now)
    return draft


def find_draft(session: Session, draft_id: UUID) -> ProcessDraft:
    """Return a draft, whatever became of it.

    Raises:
        NotFound: there is none.
    """
    return locked_draft(session, draft_id, lock=False)


def open_drafts(session: Session, key: str | None = None) -> list[ProcessDraft]:
    """Return the drafts that designers work on, the one saved last first.

    Args:
        key: None for those of every process.
    """
    statement = select(ProcessDraft).where(ProcessDraft.state == DraftState.OPEN)
    if key is not None:
        statement = statement.where(ProcessDraft.key == key)
    return list(session.scalars(statement.order_by(ProcessDraft.saved_at.desc(), ProcessDraft.id)))


def draft_package(session: Session, draft_id: UUID) -> Package:
    """Return what is in a draft; it may have mistakes, which `check` finds.

    Raises:
        NotFound: there is no such draft.
    """
    find_draft(session, draft_id)
    rows = session.execute(
        select(DraftFile.path, DraftFile.content).where(DraftFile.draft_id == draft_id, DraftFile.content.is_not(None))
    )
    return Package(files={row.path: row.content for row in sorted(rows, key=lambda row: row.path)})


def draft_file(session: Session, draft_id: UUID, path: str) -> tuple[bytes, int]:
    """Return a file of a draft, and the revision of the draft to name when it is saved.

    Raises:
        NotFound: there is no such draft or file.
    """
    draft = find_draft(session, draft_id)
    row = session.get(DraftFile, (draft_id, path), populate_existing=True)
    if row is None or row.content is None:
        raise NotFound("draft-file-unknown", "The draft has no file {file}.", file=path)
    return row.content, draft.revision


def save_draft_files(
    session: Session,
    draft_id: UUID,
    *,
    revision: int,
    changes: Mapping[str, bytes | None],
    author: Actor,
    now: datetime,
) -> int:
    """Save files of a draft, all or none.

    Args:
        revision: the draft's revision when these files were read, or what the last save of them returned.
        changes: path → content; None takes the file out.

    Returns:
        the draft's revision now; the same as before when nothing is different.

    Raises:
        NotFound: there is no such draft.
        Conflict: `draft-stale`: somebody saved one of these files since; `facts` name the file, both people and both
            revisions. `draft-closed`: it was deployed or discarded. Nothing was changed.
        Invalid: a name leads out of the package, or the package would be too large.
    """
    with writing(session):
        draft = locked_draft(session, draft_id)
        refuse_closed(draft)
        rows = {row.path: row for row in session.scalars(select(DraftFile).where(DraftFile.draft_id == draft_id))}
        changed = {
            path: content
            for path, content in changes.items()
            if content != (rows[path].content if path in rows else None)
        }
        refuse_stale(draft, [rows[path] for path in changed if path in rows], revision, author)
        if not changed:
            return draft.revision
        after = {path: row.content for path, row in rows.items()} | changed
        Package(files={path: content for path, content in after.items() if content is not None}).refuse_unusable()
        _write(session, draft, rows, changed, author, now)
    return draft.revision


def _write(
    session: Session, draft: ProcessDraft, rows: Mapping[str, DraftFile], changed: Mapping[str, bytes | None],
    author: Actor, now: datetime,
) -> None:  # fmt: skip
    who, before = _name(author), (draft.saved_by, draft.saved_at)
    draft.revision, draft.saved_by, draft.saved_at = draft.revision + 1, who, now
    for path, content in changed.items():
        row = rows.get(path) or DraftFile(draft_id=draft.id, path=path)
        row.content, row.revision, row.saved_by, row.saved_at = content, draft.revision, who, now
        session.add(row)
    session.flush()
    # A designer saves every few seconds: the audit tells who worked on what and when, not every stroke.
    if before[0] != who or now - before[1] > PAUSE or draft.revision == 2:
        record_draft(
            session, Tag.PROCESS_DRAFT_EDITED, draft, author, now, files=sorted(changed), revision=draft.revision
        )


def fork_draft(
    session: Session, draft_id: UUID, *, changes: Mapping[str, bytes | None], author: Actor, now: datetime
) -> ProcessDraft:
    """Keep both: begin a draft that is like another one with `changes`, and leave the other as it is.

    Raises:
        NotFound: there is no such draft.
        Invalid: a name leads out of the package, or the package would be too large.
    """
    with writing(session):
        source = find_draft(session, draft_id)
        files: dict[str, bytes | None] = dict(draft_package(session, draft_id).files)
        files.update(changes)
        package = Package(files={path: content for path, content in files.items() if content is not None})
        package.refuse_unusable()
        return _begin(
            session, key=source.key, version_id=source.version_id, package=package, author=author, now=now,
            jurisdiction=source.jurisdiction, newest=source.newest_number, note=source.note,
        )  # fmt: skip


def note_draft(session: Session, draft_id: UUID, note: str) -> None:
    """Write what a draft is about; the note is proposed when it is deployed.

    Raises:
        NotFound: there is no such draft.
    """
    with writing(session):
        locked_draft(session, draft_id).note = note


def locked_draft(session: Session, draft_id: UUID, *, lock: bool = True) -> ProcessDraft:
    """Return a draft that nobody else changes until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    draft = session.get(ProcessDraft, draft_id, with_for_update=lock or None, populate_existing=True)
    if draft is None:
        raise NotFound("draft-unknown", "There is no draft {draft}.", draft=str(draft_id))
    return draft


def refuse_closed(draft: ProcessDraft) -> None:
    """Raise when a draft was deployed or discarded.

    Raises:
        Conflict: `draft-closed`.
    """
    if draft.state != DraftState.OPEN:
        raise Conflict(
            "draft-closed", "This draft was {state} already. Begin a new one from the version.", state=draft.state
        )


def refuse_stale(draft: ProcessDraft, rows: Iterable[DraftFile], revision: int, author: Actor) -> None:
    """Raise when a file was saved after `revision`: by somebody else, or by the same person in another window.

    Raises:
        Conflict: `draft-stale`.
    """
    newer = max((row for row in rows if row.revision > revision), key=lambda row: row.revision, default=None)
    if newer is not None or revision > draft.revision:
        at = newer.saved_at if newer else draft.saved_at
        raise Conflict(
            "draft-stale",
            "{file} was saved by {theirs} as revision {now}; yours, {mine}, began at revision {yours}. Nothing was "
            "overwritten: take theirs, or keep both.",
            file=newer.path if newer else "", theirs=newer.saved_by if newer else draft.saved_by, mine=_name(author),
            now=newer.revision if newer else draft.revision, yours=revision, at=at.isoformat(),
        )  # fmt: skip


def _name(author: Actor) -> str:
    return author.name or author.kind.value


def record_draft(session: Session, tag: Tag, draft: ProcessDraft, author: Actor, now: datetime, **more: object) -> None:
    """Append to the audit what somebody did with a draft; what is in it is not told."""
    facts = {"draft": str(draft.id), "key": draft.key, **more}
    record(session, tag=tag, actor=author, at=now, jurisdiction=draft.jurisdiction, data=facts)
