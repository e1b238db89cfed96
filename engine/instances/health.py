"""How far behind the engine is: what is due and not yet done, what is written and not yet sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.instances import escalation, timers
from engine.notices.models import DUE_SQL, Notice, NoticeState

_NOTHING: Final = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Health:
    """How far behind things are, read from the rows, so that any process can tell.

    Args:
        due_lag: since when the timer or rung that is due longest waits; zero when none is due.
        outbox: notices that wait to be sent.
        outbox_age: since when the oldest of them waits; zero when there is none.
        dead: notices that were given up.
    """

    due_lag: timedelta
    outbox: int
    outbox_age: timedelta
    dead: int


def measure(session: Session, now: datetime) -> Health:
    """Return how far behind things are at `now`."""
    due = [moment for moment in (timers.oldest_due(session), escalation.oldest_due(session)) if moment]
    waiting, oldest = session.execute(select(func.count(Notice.id), func.min(Notice.created_at)).where(DUE_SQL)).one()
    dead = session.scalar(select(func.count(Notice.id)).where(Notice.state == NoticeState.DEAD)) or 0
    return Health(
        due_lag=_since(min(due, default=None), now),
        outbox=waiting,
        outbox_age=_since(oldest, now),
        dead=dead,
    )


def _since(moment: datetime | None, now: datetime) -> timedelta:
    return max(now - moment, _NOTHING) if moment else _NOTHING
