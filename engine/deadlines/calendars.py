"""Calendars as rows: each year in versions, read as one pure calendar that is kept by its version ids."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.deadlines.calendar import DUTY_HOURS, NamedDay, WorkCalendar
from engine.deadlines.models import Calendar, CalendarDay, CalendarVersion
from engine.deadlines.years import Year, national_year

_DEFAULT: Final = "default"
_KEPT: Final = 64
_kept: OrderedDict[tuple[Any, ...], WorkCalendar] = OrderedDict()
_lock: Final = threading.Lock()


def calendar_for(session: Session, jurisdiction: str, at: datetime | None = None) -> WorkCalendar:
    """Return the working-day calendar of a jurisdiction.

    A jurisdiction without one works Monday to Friday at the usual hours, and every date of it is provisional: a missing
    calendar must not keep a matter from being filed.

    Args:
        at: the notices as they were known then, a year without one by its first; by default, as they are known now.
    """
    statement = (
        select(
            Calendar.id, Calendar.duty_hours, Calendar.zone, CalendarVersion.id, CalendarVersion.year,
            CalendarVersion.provisional, CalendarVersion.created_at,
        )
        .outerjoin(CalendarVersion, CalendarVersion.calendar_id == Calendar.id)
        .where(Calendar.jurisdiction == jurisdiction, Calendar.key == _DEFAULT)
        .order_by(CalendarVersion.year, CalendarVersion.number)
    )  # fmt: skip
    rows = session.execute(statement).all()
    if not rows:
        return WorkCalendar()
    calendar_id, hours, zone = rows[0][:3]
    current: dict[int, tuple[UUID, bool]] = {}
    for *_, version, year, provisional, created_at in rows:
        # of versions that are all later than `at`, the first is nearer the truth than none
        if version is not None and (at is None or created_at <= at or year not in current):
            current[year] = (version, provisional)
    versions = tuple(version for version, _ in current.values())
    key = (calendar_id, versions, str(hours), zone)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = WorkCalendar(
        named=_named_days(session, versions),
        years=frozenset(year for year, (_, provisional) in current.items() if not provisional),
        duty_hours=tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in hours),
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
    actor: Actor | None = None,
) -> CalendarVersion:
    """Store the days of a year as a new version of the jurisdiction's calendar, and return it.

    Nothing is stored when the newest version says the same. Clocks that run keep their dates until
    `engine.deadlines.service.recompute_clocks` moves them.

    Args:
        days: what a notice says; by default the national notice, or a provisional year when there is none yet.
    """
    wanted = days or national_year(year)
    with writing(session):
        calendar = _ensure_calendar(session, jurisdiction)
        newest = session.scalars(
            select(CalendarVersion)
            .where(CalendarVersion.calendar_id == calendar.id, CalendarVersion.year == year)
            .order_by(CalendarVersion.number.desc())
            .limit(1)
        ).one_or_none()
        if newest is not None and (
            newest.provisional == wanted.provisional and _named_days(session, [newest.id]) == wanted.days
        ):
            return newest
        version = CalendarVersion(
            id=new_id(), calendar_id=calendar.id, year=year, number=newest.number + 1 if newest else 1,
            source=wanted.source, provisional=wanted.provisional, created_at=aware(now),
        )  # fmt: skip
        session.add(version)
        session.flush()
        if wanted.days:
            rows = [
                {"version_id": version.id, "day": day, "working": named.working, "name": named.name}
                for day, named in wanted.days.items()
            ]
            session.execute(insert(cast(Table, CalendarDay.__table__)), rows)
        record(
            session, tag=Tag.CALENDAR_IMPORTED, actor=actor or Actor.engine(), at=now, jurisdiction=jurisdiction,
            data={"year": year, "number": version.number, "source": version.source, "days": len(wanted.days)},
        )  # fmt: skip
        return version


def _ensure_calendar(session: Session, jurisdiction: str) -> Calendar:
    found = session.scalars(
        select(Calendar).where(Calendar.jurisdiction == jurisdiction, Calendar.key == _DEFAULT).with_for_update()
    ).one_or_none()
    if found is not None:
        return found
    hours = [[start.isoformat("minutes"), end.isoformat("minutes")] for start, end in DUTY_HOURS]
    made = Calendar(id=new_id(), jurisdiction=jurisdiction, key=_DEFAULT, name="工作日历", duty_hours=hours)
    session.add(made)
    session.flush()
    return made
