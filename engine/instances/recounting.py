"""Counts clocks anew with another calendar: a clock a transaction, under the lock of its instance, tasks following."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.db import connected, writing
from engine.deadlines import recounting
from engine.deadlines.ledger import Moved
from engine.deadlines.models import Clock
from engine.errors import Conflict, NotFound
from engine.instances import store
from engine.tasks.items import follow_clocks


@dataclass(frozen=True, kw_only=True)
class Recounted:
    """What was done so far.

    Args:
        moved: the clocks that were counted anew.
        left: how many still have to be; asking again goes on with them.
    """

    moved: tuple[Moved, ...]
    left: int


def recount(
    session: Session,
    jurisdiction: str,
    *,
    reason: str,
    now: datetime,
    actor: Actor | None = None,
    budget: timedelta | None = None,
) -> Recounted:
    """Count every clock that the calendar in force counts otherwise anew; whatever stops it, the next call goes on.

    Args:
        reason: kept in each clock's ledger and among the events of its case.
        budget: how long to go on; by default to the end.
    """
    until = None if budget is None else time.monotonic() + budget.total_seconds()
    wanted = recounting.preview_recompute(session, jurisdiction, now=now)
    moved, missed, tried = [], 0, 0
    for each in wanted:
        if until is not None and time.monotonic() > until:
            break
        tried += 1
        try:
            found = recount_clock(session, each.clock_id, reason=reason, now=now, actor=actor)
        except Conflict:  # somebody works on the case at this moment: the next call finds it again
            missed += 1
            continue
        if found is not None:
            moved.append(found)
    left = len(wanted) - tried + missed
    if not left:
        recounting.finish_recount(session, jurisdiction)
    return Recounted(moved=tuple(moved), left=left)


def recount_clock(
    session: Session, clock_id: UUID, *, reason: str, now: datetime, actor: Actor | None = None
) -> Moved | None:
    """Count one clock anew, in a transaction of its own; None when nothing changed.

    Raises:
        NotFound: there is no such clock.
    """
    with writing(session):
        instance_id = session.scalar(select(Clock.instance_id).where(Clock.id == clock_id))
        if instance_id is None:
            raise NotFound("clock-unknown", "There is no clock {clock}.", clock=str(clock_id))
        held = store.lock(connected(session), instance_id)
        moved = recounting.recompute_clock(session, clock_id, reason=reason, now=now, actor=actor)
        if moved is not None and moved.moves:
            follow_clocks(connected(session), held.id)
        return moved
