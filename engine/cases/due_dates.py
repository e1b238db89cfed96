"""The dates that somebody's own work is due by, as a calendar of theirs may carry them out of the house."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.deadlines.ledger import EventKind
from engine.deadlines.models import Clock, ClockEvent, ClockState
from engine.organisation.models import Staff
from engine.organisation.sealing import knows
from engine.tasks.models import LIVE, WorkItem

#: More dates than these nobody has before them; the first ones due come first.
MOST: Final = 500
#: Lines of a clock's ledger after which its date is another.
_MOVES: Final = (EventKind.EXTENDED.value, EventKind.RECOMPUTED.value, EventKind.RESUMED.value)


@dataclass(frozen=True, kw_only=True)
class DueDate:
    """When one clock runs out whose work somebody holds. Nothing of a resident, nothing of what the matter is about.

    Args:
        number: of the case; None for a sealed one, of which nothing is said outside.
        step: name of the task as it was drawn; None likewise.
        item_id: the task.
        provisional: whether it counts a year whose holidays are not announced yet.
        moves: how often the date has changed.
        changed_at: when something last happened to the clock.
    """

    clock_id: UUID
    item_id: UUID
    number: str | None
    step: str | None
    due_at: datetime
    provisional: bool
    moves: int
    changed_at: datetime


def own_due_dates(session: Session, staff: Staff) -> list[DueDate]:
    """Return the dates of the running clocks whose work somebody holds, the first due first, a clock once."""
    lines = (
        select(
            ClockEvent.clock_id,
            func.max(ClockEvent.at).label("changed_at"),
            func.count().filter(ClockEvent.kind.in_(_MOVES)).label("moves"),
        )
        .group_by(ClockEvent.clock_id)
        .subquery()
    )
    rows = session.execute(
        select(Clock, WorkItem, Case, lines.c.changed_at, lines.c.moves)
        .join(WorkItem, WorkItem.clock_id == Clock.id)
        .join(Case, Case.id == Clock.case_id)
        .join(lines, lines.c.clock_id == Clock.id)
        .where(
            Clock.state == ClockState.RUNNING,
            WorkItem.owner_id == staff.id,
            WorkItem.state.in_(LIVE),
            knows(Clock.case_id, staff.id),
        )
        .order_by(Clock.due_at, Clock.id, WorkItem.id)
        .limit(MOST)
    )
    found: dict[UUID, DueDate] = {}
    for clock, item, case, changed_at, moves in rows if staff.active else ():
        date = DueDate(
            clock_id=clock.id,
            item_id=item.id,
            number=None if case.sealed else case.number,
            step=None if case.sealed else item.name,
            due_at=clock.due_at,
            provisional=clock.provisional,
            moves=moves,
            changed_at=changed_at,
        )
        found.setdefault(clock.id, date)
    return list(found.values())
