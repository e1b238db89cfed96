"""How far behind things are: what readiness and metrics tell, read from the rows, so that every process can tell it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.instances import escalation, timers
from engine.instances.models import Incident, IncidentState
from engine.notices import Notice, NoticeState
from engine.notices.holding import standing_hold
from engine.notices.models import DUE_SQL


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Work that is due and not done.

    Args:
        depth: how much.
        age: since when the oldest of it is due; zero when there is none.
    """

    depth: int
    age: timedelta


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How far behind things are.

    Args:
        queues: `timers`, `rungs` and `notices` that are due now.
        outbox: notices that wait to be sent, also those whose time has not come.
        outbox_age: since when the longest waiting of them waits; zero when none does.
        retries: timers and notices that failed and will be tried again, by kind.
        dead: notices that were given up.
        incidents: failed steps that wait for a person.
        held: notices are held after a restore.
    """

    queues: dict[str, Queue]
    outbox: int
    outbox_age: timedelta
    retries: dict[str, int]
    dead: int
    incidents: int
    held: bool

    @property
    def due_lag(self) -> timedelta:
        """Since when the longest waiting timer or rung is due; zero when nothing is."""
        return max(self.queues["timers"].age, self.queues["rungs"].age)


def figures(session: Session, now: datetime) -> Figures:
    """Read how far behind things are.

    Args:
        now: by the clock that decides what is due.
    """
    waiting = select(func.count(), func.min(Notice.created_at)).where(DUE_SQL)
    outbox, since = session.execute(waiting).one()
    to_send = select(func.count(), func.min(Notice.next_try_at)).where(DUE_SQL, Notice.next_try_at <= now)
    again = select(func.count()).where(DUE_SQL, Notice.attempts > 0)
    return Figures(
        queues={
            "timers": _queue(timers.count_due(session, now), timers.oldest_due(session), now),
            "rungs": _queue(escalation.count_due(session, now), escalation.oldest_due(session), now),
            "notices": _queue(*session.execute(to_send).one(), now),
        },
        outbox=outbox,
        outbox_age=_age(since, now),
        retries={"timers": timers.count_retried(session), "notices": session.scalar(again) or 0},
        dead=session.scalar(select(func.count()).where(Notice.state == NoticeState.DEAD)) or 0,
        incidents=session.scalar(select(func.count()).where(Incident.state == IncidentState.OPEN)) or 0,
        held=standing_hold(session) is not None,
    )


def _queue(depth: int, oldest: datetime | None, now: datetime) -> Queue:
    return Queue(depth=depth, age=_age(oldest, now))


def _age(moment: datetime | None, now: datetime) -> timedelta:
    return max(now - moment, timedelta(0)) if moment else timedelta(0)
