"""A case that comes out of another: the same matter, place, petitioner and files under a number of its own."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.indexing import names_in
from engine.cases.models import Attachment, Case, CaseLink, CaseSealing, LinkKind, SealingSide
from engine.cases.numbers import take_number
from engine.cases.search import index_case
from engine.cases.vault import Vault
from engine.clock import CHINA
from engine.db import new_id
from engine.definitions import LoadedVersion

_LONGEST_TITLE: Final = 200
_COPIED: Final = ("name", "media_type", "size", "sha256", "added_by", "added_at", "internal")


def succeed(
    session: Session,
    origin: Case,
    version: LoadedVersion,
    link: LinkKind,
    *,
    vault: Vault,
    now: datetime,
    title: str | None = None,
    text: str | None = None,
    sealed: bool = False,
    files: bool = True,
) -> Case:
    """Add the case that follows `origin` and link them. Its process is started by whoever asked for it.

    Args:
        version: of the process that it will run.
        title, text: where it does not have those of the first one.
        files: it has the files of the first one; an excerpt has not, because files may say more than its words.
    """
    series = f"case:{version.prefix}:{(year := now.astimezone(CHINA).year)}"
    case_id = new_id()
    known = {each["key"] for each in version.categories}
    made = Case(
        id=case_id,
        jurisdiction=origin.jurisdiction,
        number=f"{version.prefix}{year}-{take_number(session, origin.jurisdiction, series):06}",
        kind=version.key,
        title=(title or origin.title)[:_LONGEST_TITLE],
        text=text or origin.text,
        category=origin.category if origin.category in known else "",
        channel=origin.channel,
        place_id=origin.place_id,
        address=origin.address,
        name_hidden=origin.name_hidden or sealed,
        personal=vault.seal(vault.open(origin.personal, origin.id), case_id),
        sealed=sealed,
        filed_at=now,
    )
    session.add(made)
    session.flush()
    index_case(session, made, without=names_in(session, origin, vault))
    session.add(CaseLink(from_id=origin.id, to_id=made.id, kind=link, linked_at=now))
    if files:
        _copy_files(session, origin, made)
    return made


def is_closed(session: Session, case: Case) -> bool:
    """Is there somebody who must not know of a case? Then what others see of it names it nowhere."""
    found = select(CaseSealing.id).where(CaseSealing.case_id == case.id, CaseSealing.side == SealingSide.ACCUSED)
    return session.scalar(found.limit(1)) is not None


def _copy_files(session: Session, origin: Case, made: Case) -> None:
    """Let the new case have the files of the first one; their bytes are stored once, and what only staff see stays
    so."""
    session.flush()
    for file in session.scalars(select(Attachment).where(Attachment.case_id == origin.id)).all():
        copied = {name: getattr(file, name) for name in _COPIED}
        session.add(Attachment(id=new_id(), case_id=made.id, jurisdiction=made.jurisdiction, **copied))
