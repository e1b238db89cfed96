"""Calendars as rows: each year in versions, read as one pure calendar that is kept by its version ids."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, func, insert, select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.deadlines.calendar import DUTY_HOURS, NamedDay, WorkCalendar
from engine.deadlines.duty import enclosing, latest, restored, stored
from engine.deadlines.models import LIVE, Calendar, CalendarDay, CalendarVersion, Clock
from engine.deadlines.years import Year, national_year

_DEFAULT: Final = "default"
_KEPT: Final = 64
_kept: OrderedDict[tuple[Any, ...], WorkCalendar] = OrderedDict()
_lock: Final = threading.Lock()


def calendar_for(
    session: Session, jurisdiction: str, at: datetime | None = None, unit_id: UUID | None = None
) -> WorkCalendar:
    """Return the working-day calendar of a jurisdiction, or of a unit in it.

    A jurisdiction without one works Monday to Friday at the usual hours, and every date of it is provisional: a missing
    calendar must not keep a matter from being filed.

    Args:
        at: the notices as they were known then, a year without one by its first; by default, as they are known now.
        unit_id: whose hours of duty count: its own, else those of the unit that it is an office of, else everybody's.
    """
    hours: ColumnElement[Any] = Calendar.duty_hours.expression
    if unit_id is not None:
        hours = func.coalesce(latest(unit_id), latest(enclosing(unit_id)), Calendar.duty_hours)
    statement = (
        select(
            Calendar.id, hours, Calendar.zone, CalendarVersion.id, CalendarVersion.year,
            CalendarVersion.provisional, CalendarVersion.created_at,
        )
        .outerjoin(CalendarVersion, CalendarVersion.calendar_id == Calendar.id)
        .where(Calendar.jurisdiction == jurisdiction, Calendar.key == _DEFAULT)
        .order_by(CalendarVersion.year, CalendarVersion.number)
    )  # fmt: skip
    rows = session.execute(statement).all()
    if not rows:
        return WorkCalendar()
    calendar_id, periods, zone = rows[0][:3]
    current: dict[int, tuple[UUID, bool]] = {}
    for *_, version, year, provisional, created_at in rows:
        # of versions that are all later than `at`, the first is nearer the truth than none
        if version is not None and (at is None or created_at <= at or year not in current):
            current[year] = (version, provisional)
    return _kept_calendar(session, calendar_id, current, periods, zone)


def _kept_calendar(
    session: Session, calendar_id: UUID, current: Mapping[int, tuple[UUID, bool]], periods: Any, zone: str
) -> WorkCalendar:
    """Return the calendar of some versions, by their ids from memory."""
    versions = tuple(version for version, _ in current.values())
    key = (calendar_id, versions, str(periods), zone)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = WorkCalendar(
        named=_named_days(session, versions),
        years=frozenset(year for year, (_, provisional) in current.items() if not provisional),
        duty_hours=restored(periods),
        zone=ZoneInfo(zone),
        calendar_id=calendar_id,
        versions=versions,
    )
    with _lock:
        _kept[key] = made
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return made


def _named_days(session: Session, versions: Sequence[UUID]) -> dict[Any, NamedDay]:
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.working, CalendarDay.name).where(CalendarDay.version_id.in_(versions))
    )
    return {day: NamedDay(working=working, name=name) for day, working, name in rows}


def import_year(
    session: Session,
    jurisdiction: str,
    year: int,
    *,
    now: datetime,
    days: Year | None = None,
    note: str = "",
    actor: Actor | None = None,
    tag: Tag = Tag.CALENDAR_IMPORTED,
) -> CalendarVersion:
    """Store the days of a year as a new version of the jurisdiction's calendar, and return it.

    Nothing is stored when the newest version says the same. Clocks that run keep their dates until they are counted
    anew, see `engine.deadlines.recounting`; until then the calendar's `recount_since` is set.

    Args:
        days: what a notice says; by default the national notice, or a provisional year when there is none yet.
        note: why, in the words of whoever brings it in.
        tag: of the event.
    """
    wanted = days or national_year(year)
    with writing(session):
        calendar = ensure_calendar(session, jurisdiction)
        newest = newest_version(session, calendar.id, year)
        if newest is not None and year_of(session, newest) == wanted:
            return newest
        by = actor or Actor.engine()
        version = CalendarVersion(
            id=new_id(), calendar_id=calendar.id, year=year, number=newest.number + 1 if newest else 1,
            source=wanted.source, provisional=wanted.provisional, author=by.name or "", note=note,
            created_at=aware(now),
        )  # fmt: skip
        session.add(version)
        session.flush()
        expect_recount(session, calendar, now)
        if wanted.days:
            rows = [
                {"version_id": version.id, "day": day, "working": named.working, "name": named.name}
                for day, named in wanted.days.items()
            ]
            session.execute(insert(cast(Table, CalendarDay.__table__)), rows)
        record(
            session, tag=tag, actor=by, at=now, jurisdiction=jurisdiction,
            data={"year": year, "number": version.number, "source": version.source, "days": len(wanted.days)}
            | ({"note": note} if note else {}),
        )  # fmt: skip
        return version


def expect_recount(session: Session, calendar: Calendar, now: datetime) -> None:
    """Note that clocks which run have to be counted anew, when any runs."""
    live = select(Clock.id).where(Clock.jurisdiction == calendar.jurisdiction, Clock.state.in_(LIVE)).limit(1)
    if calendar.recount_since is None and session.scalar(live) is not None:
        calendar.recount_since = aware(now)
        session.flush()


def newest_version(session: Session, calendar_id: UUID, year: int) -> CalendarVersion | None:
    """Return the version of a year that holds; None when the year has none."""
    return session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.calendar_id == calendar_id, CalendarVersion.year == year)
        .order_by(CalendarVersion.number.desc())
        .limit(1)
    ).one_or_none()


def year_of(session: Session, version: CalendarVersion) -> Year:
    """Return what a version says."""
    days = _named_days(session, [version.id])
    return Year(year=version.year, days=days, source=version.source, provisional=version.provisional)


def ensure_calendar(session: Session, jurisdiction: str) -> Calendar:
    """Return the jurisdiction's calendar for a change; make it when there is none."""
    found = session.scalars(
        select(Calendar).where(Calendar.jurisdiction == jurisdiction, Calendar.key == _DEFAULT).with_for_update()
    ).one_or_none()
    if found is not None:
        return found
    made = Calendar(
        id=new_id(), jurisdiction=jurisdiction, key=_DEFAULT, name="工作日历", duty_hours=stored(DUTY_HOURS)
    )
    session.add(made)
    session.flush()
    return made
