"""Acknowledge several escalations at once; what cannot be acknowledged does not keep the others from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.escalations import acknowledge
from engine.deadlines.models import Rung
from engine.errors import EngineError
from engine.organisation.policy import Viewer


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    """What came of it."""

    rungs: tuple[Rung, ...]
    refused: tuple[EngineError, ...]


def acknowledge_all(
    session: Session, viewer: Viewer, rung_ids: Iterable[UUID], *, actor: Actor, now: datetime
) -> Acknowledged:
    """Acknowledge each of `rung_ids`, each in a transaction of its own."""
    done, refused = [], []
    for rung_id in dict.fromkeys(rung_ids):
        try:
            done.append(acknowledge(session, viewer, rung_id, actor=actor, now=now))
        except EngineError as error:
            refused.append(error)
    return Acknowledged(rungs=tuple(done), refused=tuple(refused))
