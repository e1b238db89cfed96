"""Where the demonstration's clock may be moved to."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deadlines.models import Rung, RungState, Timer, TimerState

#: a little past the moment itself, so that what is due then is due
_PAST: Final = timedelta(seconds=1)


def next_deadline(session: Session, now: datetime) -> datetime | None:
    """Return a moment just past the next timer or rung that waits, None when nothing does."""
    waiting = (
        select(Timer.due_at)
        .where(Timer.state == TimerState.WAITING, Timer.due_at > now)
        .order_by(Timer.due_at)
        .limit(1),
        select(Rung.due_at).where(Rung.state == RungState.WAITING, Rung.due_at > now).order_by(Rung.due_at).limit(1),
    )
    found = [moment for query in waiting if (moment := session.scalar(query)) is not None]
    return min(found) + _PAST if found else None
