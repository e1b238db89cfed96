"""Files of a case: rows that name what lies in the blob store."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.blobs import BlobStore
from engine.cases.models import Attachment, Case
from engine.cases.photos import MAX_PHOTOS, Photo
from engine.db import new_id, writing
from engine.errors import Invalid, NotFound

#: Photos and papers of one matter, from everybody together.
MAX_FILES: Final = 60


@dataclass(frozen=True, kw_only=True)
class StagedPhoto:
    """A clean photo that lies in the store and belongs to no case yet. `size` in bytes."""

    name: str
    media_type: str
    sha256: str
    size: int


def stage_photo(photo: Photo, *, blobs: BlobStore) -> StagedPhoto:
    """Put a photo into the store, so that it outlives a form that is shown again.

    Raises:
        Unavailable: the store cannot be written.
    """
    stored = blobs.put(io.BytesIO(photo.content))
    return StagedPhoto(name=photo.name, media_type=photo.media_type, sha256=stored.sha256, size=stored.size)


def add_photos(
    session: Session, case: Case, photos: Sequence[StagedPhoto], *, actor: Actor, now: datetime
) -> list[Attachment]:
    """Attach staged photos to a case.

    Raises:
        Invalid: `too-many-photos`, with `limit`; nothing was attached.
    """
    with writing(session):
        held = session.scalar(select(func.count()).select_from(Attachment).where(Attachment.case_id == case.id)) or 0
        if held + len(photos) > MAX_PHOTOS:
            raise Invalid(
                "too-many-photos",
                "A matter can have {limit} pictures; {held} are there already. Remove some and send again.",
                limit=MAX_PHOTOS,
                held=held,
            )
        added = []
        for photo in photos:
            row = Attachment(
                id=new_id(),
                case_id=case.id,
                jurisdiction=case.jurisdiction,
                name=photo.name,
                media_type=photo.media_type,
                size=photo.size,
                sha256=photo.sha256,
                added_by=actor.id or actor.kind.value,
                added_at=now,
            )
            session.add(row)
            added.append(row)
        if added:
            record(
                session,
                tag=Tag.CASE_ATTACHED,
                actor=actor,
                at=now,
                jurisdiction=case.jurisdiction,
                case_id=case.id,
                data={"files": [row.name for row in added]},
            )
    return added


def add_files(
    session: Session, case: Case, files: Sequence[StagedPhoto], *, actor: Actor, now: datetime, internal: bool = False
) -> list[Attachment]:
    """Attach staged files of any kind that is taken to a case that goes on or is over.

    Args:
        internal: only staff see them.

    Raises:
        Invalid: `too-many-files`, with `limit`; nothing was attached.
    """
    with writing(session):
        held = session.scalar(select(func.count()).select_from(Attachment).where(Attachment.case_id == case.id)) or 0
        if held + len(files) > MAX_FILES:
            raise Invalid(
                "too-many-files",
                "A matter can have {limit} files; {held} are there already. Put several into one PDF.",
                limit=MAX_FILES,
                held=held,
            )
        added = [
            Attachment(
                id=new_id(), case_id=case.id, jurisdiction=case.jurisdiction, name=each.name,
                media_type=each.media_type, size=each.size, sha256=each.sha256, internal=internal,
                added_by=actor.id or actor.kind.value, added_at=now,
            )
            for each in files
        ]  # fmt: skip
        session.add_all(added)
        if added:
            tag = Tag.CASE_ATTACHED_INTERNALLY if internal else Tag.CASE_ATTACHED
            names = {"files": [each.name for each in added]}
            record(
                session, tag=tag, actor=actor, at=now, jurisdiction=case.jurisdiction, case_id=case.id, data=names
            )  # fmt: skip
    return added


def attachments_of(session: Session, case_id: UUID) -> list[Attachment]:
    """Return the case's files, oldest first."""
    return list(
        session.scalars(
            select(Attachment).where(Attachment.case_id == case_id).order_by(Attachment.added_at, Attachment.id)
        )
    )


def attachment(session: Session, case_id: UUID, attachment_id: UUID) -> Attachment:
    """Return one file of a case.

    Raises:
        NotFound: the case has no such file.
    """
    row = session.get(Attachment, attachment_id)
    if row is None or row.case_id != case_id:
        raise NotFound("attachment-not-found", "This matter has no such file.")
    return row
