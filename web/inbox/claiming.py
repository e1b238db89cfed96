"""Take several tasks at once; what cannot be taken does not keep the others from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine.errors import EngineError
from engine.organisation.models import Staff
from engine.tasks import WorkItem, claim


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What came of it."""

    taken: tuple[WorkItem, ...]
    refused: tuple[EngineError, ...]


def claim_all(session: Session, item_ids: Iterable[UUID], *, staff: Staff, now: datetime) -> Claims:
    """Claim each of `item_ids` for `staff`, each in a transaction of its own."""
    taken, refused = [], []
    for item_id in dict.fromkeys(item_ids):
        try:
            taken.append(claim(session, item_id, staff=staff, now=now))
        except EngineError as error:
            refused.append(error)
    return Claims(taken=tuple(taken), refused=tuple(refused))
