"""What the pages and the programs' interface keep for a while, beside what the engine does."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import delete, or_, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from config import Settings
from engine.cases.blobs import BlobStore
from engine.cases.models import Attachment
from engine.retention import RULES, Rule
from web.api.models import KeyedAnswer
from web.auth.models import LoginSession

#: How many files are looked up at once.
_LOOKED_UP: Final = 500


def rules(settings: Settings, blobs: BlobStore) -> Sequence[Rule]:
    """Return every rule of an installation."""

    def sessions(session: Session, _jurisdiction: str, before: datetime) -> int:
        idle = LoginSession.seen_at < before - settings.session_idle
        return _deleted(session, delete(LoginSession).where(or_(LoginSession.expires_at < before, idle)))

    def uploads(session: Session, _jurisdiction: str, before: datetime) -> int:
        found, dropped = blobs.older_than(before), 0
        while some := list(islice(found, _LOOKED_UP)):
            named = set(session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(some))))
            dropped += sum(blobs.drop(each, before) for each in some if each not in named)
        return dropped

    return (
        *RULES,
        Rule(key="sessions", days=1, about="sessions that ended or ran out, since then", forget=sessions),
        Rule(key="keyed-answers", days=1, about="answers to requests with an Idempotency-Key, since they were given",
             forget=_answers),
        Rule(key="uploads", days=2, about="files that were uploaded and never sent with their form, since then",
             forget=uploads),
    )  # fmt: skip


def _answers(session: Session, _jurisdiction: str, before: datetime) -> int:
    return _deleted(session, delete(KeyedAnswer).where(KeyedAnswer.created_at < before))


def _deleted(session: Session, statement: Any) -> int:
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount
