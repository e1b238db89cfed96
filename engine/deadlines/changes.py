"""What people change in a calendar: a year's notice, a day by hand, hours of duty. Each can be looked at beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.deadlines.calendar import NamedDay, Reason, WorkCalendar
from engine.deadlines.calendars import (
    calendar_for,
    ensure_calendar,
    expect_recount,
    import_year,
    newest_version,
    year_of,
)
from engine.deadlines.duty import Hours, OfficeCalendars, stored
from engine.deadlines.models import Calendar, CalendarVersion, DutyHours
from engine.deadlines.recounting import current_calendars
from engine.deadlines.years import Year, known_years, national_year
from engine.errors import Conflict, Invalid

_SATURDAY: Final = 5
_SHORTEST_REASON: Final = 2
_LONGEST_NAME: Final = 64
_YEARS: Final = range(1949, 2201)


@dataclass(frozen=True, kw_only=True)
class ChangedDay:
    """A day that a change makes another one."""

    day: date
    before: Reason
    after: Reason


def library_year(year: int) -> Year:
    """Return a year's notice from the calendar library.

    Raises:
        Invalid: the installed library does not know that year's notice yet.
    """
    if year not in known_years():
        raise Invalid(
            "calendar-year-unknown", "The calendar library does not know the notice of {year}; it knows {first} to "
            "{last}. Update it, or import a file of the notice.",
            year=year, first=min(known_years()), last=max(known_years()),
        )  # fmt: skip
    return national_year(year)


def held_year(session: Session, jurisdiction: str, year: int) -> Year:
    """Return what holds for a year in a jurisdiction; a year without a version is provisional and names no day."""
    calendar_id = session.scalar(select(Calendar.id).where(Calendar.jurisdiction == jurisdiction))
    version = newest_version(session, calendar_id, year) if calendar_id is not None else None
    if version is not None:
        return year_of(session, version)
    return Year(year=year, days={}, source=f"{year} 年放假安排尚未公布，暂按周一至周五", provisional=True)


def with_day(held: Year, day: date, *, working: bool, name: str = "") -> Year:
    """Return a year in which one day is worked, or is not.

    Raises:
        Invalid: the day lies in another year, or its name is too long.
        Conflict: the day is so already.
    """
    if day.year != held.year or day.year not in _YEARS:
        raise Invalid("calendar-day-year", "{day} is not a day of {year}.", day=day.isoformat(), year=held.year)
    if len(name) > _LONGEST_NAME:
        raise Invalid("calendar-day-name", "The name of a day has at most {most} characters.", most=_LONGEST_NAME)
    weekend = day.weekday() >= _SATURDAY
    days: dict[date, NamedDay] = {each: named for each, named in held.days.items() if each != day}
    if working == weekend or name:
        days[day] = NamedDay(working=working, name=name or ("调休上班" if working else "临时放假"))
    changed = replace(held, days=dict(sorted(days.items())))
    if not changed_days(calendar_with(held), changed):
        state = "worked" if working else "off"
        raise Conflict(f"calendar-day-{state}", "{day} is so already, and nothing was changed.", day=day.isoformat())
    return changed


def calendar_with(year: Year, calendar: WorkCalendar | None = None) -> WorkCalendar:
    """Return a calendar with what `year` says of its year."""
    return (calendar or WorkCalendar()).with_year(year.year, year.days, provisional=year.provisional)


def changed_days(calendar: WorkCalendar, year: Year) -> list[ChangedDay]:
    """Return the days of a year that `year` makes other than `calendar` has them, in order."""
    after = calendar_with(year, calendar)
    days = sorted({*year.days, *(day for day in calendar.named if day.year == year.year)})
    found = [ChangedDay(day=day, before=calendar.reason(day), after=after.reason(day)) for day in days]
    return [each for each in found if each.before != each.after]


def calendars_with_year(session: Session, jurisdiction: str, year: Year) -> OfficeCalendars:
    """Return the calendars of a jurisdiction's units as they would be with a year."""
    return current_calendars(session, jurisdiction, calendar_with(year, calendar_for(session, jurisdiction)))


def store_year(
    session: Session, jurisdiction: str, year: Year, *, note: str, actor: Actor, now: datetime, tag: Tag | None = None
) -> CalendarVersion:
    """Store a year as the version that holds from now on; what holds already is stored once.

    Args:
        tag: of the event; a day that was set by hand has another.
    """
    return import_year(
        session, jurisdiction, year.year, days=year, note=note.strip(), actor=actor, now=now,
        tag=tag or Tag.CALENDAR_IMPORTED,
    )  # fmt: skip


def check_reason(reason: str) -> str:
    """Return a reason, trimmed.

    Raises:
        Invalid: there is none.
    """
    if len(reason.strip()) < _SHORTEST_REASON:
        raise Invalid("calendar-reason", "Say why, in at least {least} characters.", least=_SHORTEST_REASON)
    return reason.strip()


def set_hours(
    session: Session,
    jurisdiction: str,
    unit_id: UUID | None,
    hours: Hours | None,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> DutyHours:
    """Give an office hours of duty, or with None those of everybody; without a unit, everybody.

    Raises:
        Invalid: there is no reason, or everybody would be left without hours.
    """  # fmt: skip
    if unit_id is None and hours is None:
        raise Invalid("duty-hours-none", "A jurisdiction needs hours of duty.")
    note = check_reason(reason)
    with writing(session):
        calendar = ensure_calendar(session, jurisdiction)
        row = DutyHours(
            id=new_id(), calendar_id=calendar.id, unit_id=unit_id, hours=stored(hours) if hours else None,
            author=actor.name or "", note=note, created_at=aware(now),
        )  # fmt: skip
        session.add(row)
        if unit_id is None:
            calendar.duty_hours = row.hours
        session.flush()
        expect_recount(session, calendar, now)
        data: Mapping[str, Any] = {"unit": str(unit_id) if unit_id else None, "hours": row.hours, "reason": note}
        record(session, tag=Tag.DUTY_HOURS_SET, actor=actor, at=now, jurisdiction=jurisdiction, data=data)
        return row


def versions(session: Session, jurisdiction: str) -> list[CalendarVersion]:
    """Return every version of every year, the newest year and version first."""
    return list(
        session.scalars(
            select(CalendarVersion)
            .join(Calendar, Calendar.id == CalendarVersion.calendar_id)
            .where(Calendar.jurisdiction == jurisdiction)
            .order_by(CalendarVersion.year.desc(), CalendarVersion.number.desc())
        )
    )


def hours_history(session: Session, jurisdiction: str) -> list[DutyHours]:
    """Return every setting of hours of duty, the latest first."""
    return list(
        session.scalars(
            select(DutyHours)
            .join(Calendar, Calendar.id == DutyHours.calendar_id)
            .where(Calendar.jurisdiction == jurisdiction)
            .order_by(DutyHours.created_at.desc(), DutyHours.id.desc())
        )
    )
