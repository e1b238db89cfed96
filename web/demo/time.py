"""Where the demonstration's clock may be moved to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.deadlines.models import Clock, Rung, RungState, Timer, TimerState

#: a little past the moment itself, so that what is due then is due
_PAST: Final = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """What falls due next. `clock` and `rung` are empty for a timer of a process."""

    moment: datetime
    number: str
    clock: str = ""
    rung: str = ""


def next_deadline(session: Session, now: datetime, number: str = "") -> Deadline | None:
    """Return the next timer or rung that waits, with a moment just past it; None when nothing does.

    Args:
        number: of the matter that the visitor wants to see; empty: any.
    """
    rungs = (
        select(Rung.due_at, Case.number, Clock.name, Rung.name)
        .join(Clock, Clock.id == Rung.clock_id)
        .join(Case, Case.id == Rung.case_id)
        .where(Rung.state == RungState.WAITING, Rung.due_at > now)
        .order_by(Rung.due_at)
        .limit(1)
    )
    timers = (
        select(Timer.due_at, Case.number)
        .join(Case, Case.id == Timer.case_id)
        .where(Timer.state == TimerState.WAITING, Timer.due_at > now)
        .order_by(Timer.due_at)
        .limit(1)
    )
    if number:
        rungs, timers = rungs.where(Case.number == number), timers.where(Case.number == number)
    found = [
        Deadline(moment=due_at + _PAST, number=of, clock=clock, rung=name)
        for due_at, of, clock, name in session.execute(rungs)
    ]
    found += [Deadline(moment=due_at + _PAST, number=of) for due_at, of in session.execute(timers)]
    return min(found, key=lambda deadline: deadline.moment, default=None)
