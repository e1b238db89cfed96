"""How far behind things are: what readiness and metrics tell, read from the rows, so that every process can tell it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.instances import escalation, timers
from engine.instances.models import Incident, IncidentState
from engine.notices import Notice, NoticeState
from engine.notices.models import DUE_SQL


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How far behind things are.

    Args:
        due_lag: since when the longest waiting timer or rung is due; zero when nothing is.
        outbox: notices that wait to be sent.
        outbox_age: since when the longest waiting of them waits; zero when none does.
        dead: notices that were given up.
        incidents: failed steps that wait for a person.
    """

    due_lag: timedelta
    outbox: int
    outbox_age: timedelta
    dead: int
    incidents: int


def figures(session: Session, now: datetime) -> Figures:
    """Read how far behind things are.

    Args:
        now: by the clock that decides what is due.
    """
    oldest = [moment for moment in (timers.oldest_due(session), escalation.oldest_due(session)) if moment]
    outbox, since = session.execute(select(func.count(), func.min(Notice.created_at)).where(DUE_SQL)).one()
    dead = session.scalar(select(func.count()).where(Notice.state == NoticeState.DEAD))
    incidents = session.scalar(select(func.count()).where(Incident.state == IncidentState.OPEN))
    nothing = timedelta(0)
    return Figures(
        due_lag=max((now - moment for moment in [*oldest, now]), default=nothing),
        outbox=outbox,
        outbox_age=max(now - since, nothing) if since else nothing,
        dead=dead or 0,
        incidents=incidents or 0,
    )
