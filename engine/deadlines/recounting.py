"""Another calendar: which clocks it would move, and counting them anew, one at a time."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.clock import aware
from engine.db import writing
from engine.deadlines import ledger
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.calendars import calendar_for
from engine.deadlines.duty import OfficeCalendars, office_calendars
from engine.deadlines.ledger import EventKind, Moved
from engine.deadlines.models import LIVE, Calendar, Clock, ClockEvent, Rung
from engine.deadlines.service import lock_clock, record_change

#: clocks that are read at once
_AT_ONCE: Final = 500


def current_calendars(session: Session, jurisdiction: str, common: WorkCalendar | None = None) -> OfficeCalendars:
    """Return the calendars of a jurisdiction's units as they hold now; with `common` in the stead of the common one."""
    return office_calendars(session, jurisdiction, common or calendar_for(session, jurisdiction))


def preview_recompute(
    session: Session, jurisdiction: str, calendars: OfficeCalendars | None = None, *, now: datetime
) -> list[Moved]:
    """Return which clocks that run would change, without changing any; those that move furthest ahead first.

    Args:
        calendars: what to count with; by default what holds now.
        now: rungs that would be due by then are due at once.
    """
    found = outdated(session, jurisdiction, calendars or current_calendars(session, jurisdiction), now=now)
    return sorted(found, key=lambda each: (each.after - each.before, each.before))


def outdated(session: Session, jurisdiction: str, calendars: OfficeCalendars, *, now: datetime) -> Iterator[Moved]:
    """Yield each clock that runs and that `calendars` count otherwise, in no order that means something."""
    last: UUID | None = None
    while chunk := session.scalars(_live(jurisdiction, last)).all():
        last = chunk[-1].id
        ids = [clock.id for clock in chunk]
        lines: dict[UUID, list[ClockEvent]] = defaultdict(list)
        read = select(ClockEvent).where(ClockEvent.clock_id.in_(ids), ClockEvent.kind.in_(ledger.COUNTED))
        for line in session.scalars(read.order_by(ClockEvent.clock_id, ClockEvent.seq)):
            lines[line.clock_id].append(line)
        rungs: dict[UUID, list[Rung]] = defaultdict(list)
        for rung in session.scalars(select(Rung).where(Rung.clock_id.in_(ids)).order_by(Rung.position)):
            rungs[rung.clock_id].append(rung)
        for clock in chunk:
            found = ledger.compare(clock, lines[clock.id], rungs[clock.id], calendars.of(clock.unit_id), now)
            if found is not None:
                yield found[0]


def _live(jurisdiction: str, after: UUID | None) -> Select[Clock]:
    statement = select(Clock).where(Clock.jurisdiction == jurisdiction, Clock.state.in_(LIVE))
    if after is not None:
        statement = statement.where(Clock.id > after)
    return statement.order_by(Clock.id).limit(_AT_ONCE).execution_options(populate_existing=True)


def recompute_clocks(
    session: Session, jurisdiction: str, *, reason: str, now: datetime, actor: Actor | None = None
) -> list[Moved]:
    """Count every clock that runs with the newest calendar; return those whose date moved.

    Each clock is a transaction of its own unless the caller has one open. Doing it again moves nothing.

    Raises:
        Conflict: a case changed at the same moment; what was done so far stays, and the call may be repeated.
    """
    wanted = [each.clock_id for each in preview_recompute(session, jurisdiction, now=now)]
    found = [recompute_clock(session, id_, reason=reason, now=now, actor=actor) for id_ in wanted]
    finish_recount(session, jurisdiction)
    return [moved for moved in found if moved is not None and moved.moves]


def recompute_clock(
    session: Session, clock_id: UUID, *, reason: str, now: datetime, actor: Actor | None = None
) -> Moved | None:
    """Count a clock anew, extensions and times that are not counted included; None when nothing changed.

    What fired stays fired; rungs and timers that wait move. Whoever calls holds the lock of the instance.

    Raises:
        NotFound: there is no such clock.
    """
    with writing(session):
        clock = lock_clock(session, clock_id)
        calendar = calendar_for(session, clock.jurisdiction, unit_id=clock.unit_id)
        rungs = session.scalars(
            select(Rung).where(Rung.clock_id == clock_id).order_by(Rung.position).execution_options(
                populate_existing=True
            )
        ).all()  # fmt: skip
        found = ledger.compare(clock, ledger.lines_of(session, clock_id), rungs, calendar, now)
        if clock.state not in LIVE or found is None:
            return None
        moved, after = found
        data: dict[str, Any] = {
            "reason": reason, "from": moved.before.isoformat(), "due_at": moved.after.isoformat(),
            "provisional": moved.provisional,
        }  # fmt: skip
        ledger.move(session, clock, after, calendar)
        ledger.enter(session, clock, EventKind.RECOMPUTED, now, data)
        record_change(session, clock, Tag.CLOCK_RECOMPUTED, actor, now, data)
        return moved


def correct_start(
    session: Session, clock_id: UUID, received: datetime, *, reason: str, now: datetime, actor: Actor | None = None
) -> Moved | None:
    """Let a clock that runs begin at another instant, because what it runs from was recorded wrong.

    What fired stays fired; rungs and timers that wait move. Whoever calls holds the lock of the instance.

    Returns:
        What moved; None when the date is the same, or the clock runs no more.
    """
    with writing(session):
        clock = lock_clock(session, clock_id)
        if clock.state not in LIVE:
            return None
        clock.started_at = received
        ledger.enter(session, clock, EventKind.CORRECTED, now, {"received": received.isoformat(), "reason": reason})
        session.flush()
        return recompute_clock(session, clock_id, reason=reason, now=now, actor=actor)


def recount_since(session: Session, jurisdiction: str) -> datetime | None:
    """Return since when clocks may stand at a date of an earlier calendar; None when all were counted anew."""
    since = session.scalar(select(Calendar.recount_since).where(Calendar.jurisdiction == jurisdiction))
    return aware(since) if since else None


def finish_recount(session: Session, jurisdiction: str) -> None:
    """Note that every clock was counted with the calendar that holds now."""
    with writing(session):
        session.execute(update(Calendar).where(Calendar.jurisdiction == jurisdiction).values(recount_since=None))
