"""How a draft ends: as the next version of its process, or given up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import writing
from engine.definitions.drafts import draft_package, locked_draft, record_draft, refuse_closed, refuse_stale
from engine.definitions.models import DraftFile, DraftState, ProcessDraft, ProcessVersion
from engine.definitions.service import deploy
from engine.errors import Conflict, Invalid


def deploy_draft(
    session: Session, draft_id: UUID, *, revision: int, author: Actor, note: str, now: datetime,
    activate: bool = True, anyway: bool = False,
) -> ProcessVersion:  # fmt: skip
    """Let a draft become the next version of its process.

    Args:
        revision: the one that was looked at; a draft that was saved since is not deployed unseen.
        anyway: also when another version was deployed since the draft was begun.

    Raises:
        NotFound: there is no such draft.
        Conflict: `draft-stale`, `draft-closed`, or `draft-overtaken`: a version was deployed since it was begun.
        Invalid: `package-refused`: it has mistakes; or package.json names another process than the draft's.
    """
    with writing(session):
        draft = locked_draft(session, draft_id)
        refuse_closed(draft)
        if revision < draft.revision:
            rows = session.scalars(select(DraftFile).where(DraftFile.draft_id == draft_id))
            refuse_stale(draft, rows, revision, author)
        package = draft_package(session, draft_id)
        if package.manifest["key"] != draft.key:
            raise Invalid(
                "draft-key-changed", "package.json names the process {other}, and the draft is of {key}. Correct it.",
                other=str(package.manifest["key"]), key=draft.key,
            )  # fmt: skip
        if not anyway:
            _refuse_overtaken(session, draft)
        version = deploy(
            session, package, author=author, note=note, now=now, jurisdiction=draft.jurisdiction, activate=activate
        )
        draft.state, draft.deployed_id, draft.note = DraftState.DEPLOYED, version.id, note
        session.flush()
        record_draft(session, Tag.PROCESS_DRAFT_DEPLOYED, draft, author, now, number=version.number)
    return version


def discard_draft(session: Session, draft_id: UUID, *, author: Actor, now: datetime) -> None:
    """Give a draft up. What is in it can still be read.

    Raises:
        NotFound: there is no such draft.
        Conflict: it was deployed or discarded before.
    """
    with writing(session):
        draft = locked_draft(session, draft_id)
        refuse_closed(draft)
        draft.state = DraftState.DISCARDED
        session.flush()
        record_draft(session, Tag.PROCESS_DRAFT_DISCARDED, draft, author, now)


def _refuse_overtaken(session: Session, draft: ProcessDraft) -> None:
    newest = session.scalar(select(func.max(ProcessVersion.number)).where(ProcessVersion.key == draft.key)) or 0
    if newest > draft.newest_number:
        found = session.execute(
            select(ProcessVersion.author, ProcessVersion.note).where(
                ProcessVersion.key == draft.key, ProcessVersion.number == newest
            )
        ).one()
        raise Conflict(
            "draft-overtaken",
            "Version {number} was deployed by {author} after this draft was begun, and is not in it. Look at what "
            "changed; then deploy it anyway, or begin a new draft.",
            number=newest, author=found.author, note=found.note, newest=draft.newest_number,
        )  # fmt: skip
