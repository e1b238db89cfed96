"""Calendars as rows: versions of years."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.db import writing
from engine.deadlines.calendar import DUTY_HOURS, NamedDay
from engine.deadlines.calendars import calendar_for, import_year
from engine.deadlines.models import Calendar, CalendarDay, CalendarVersion
from engine.deadlines.years import Year, national_year
from tests.factories import JURISDICTION

NATIONAL_DAY = date(2026, 10, 1)


def rewritten(year: int) -> Year:
    """A notice of the same year that makes the first day of the National Day a working day."""
    days = national_year(year).days | {NATIONAL_DAY: NamedDay(working=True)}
    return Year(year=year, days=days, source="rewritten in mid-year", provisional=False)


def test_an_imported_year_is_read_back_as_the_notice_says(session: Session, now: datetime) -> None:
    version = import_year(session, JURISDICTION, 2026, now=now)
    assert (version.number, version.provisional) == (1, False)
    assert "国务院办公厅关于2026年部分节假日安排的通知" in version.source
    calendar = calendar_for(session, JURISDICTION)
    assert calendar.named == national_year(2026).days
    assert calendar.years == {2026}
    assert calendar.versions == (version.id,)
    assert calendar.duty_hours == DUTY_HOURS
    assert str(calendar.zone) == "Asia/Shanghai"


def test_importing_the_same_again_stores_nothing(session: Session, now: datetime) -> None:
    first = import_year(session, JURISDICTION, 2026, now=now)
    again = import_year(session, JURISDICTION, 2026, now=now + timedelta(days=1))
    assert again.id == first.id
    assert session.scalar(select(func.count()).select_from(CalendarVersion)) == 1


def test_a_year_without_a_notice_is_provisional_until_it_comes(session: Session, now: datetime) -> None:
    assert import_year(session, JURISDICTION, 2027, now=now).provisional
    calendar = calendar_for(session, JURISDICTION)
    assert calendar.is_provisional(date(2027, 10, 1))
    assert calendar.is_working(date(2027, 10, 1))
    notice = Year(
        year=2027, days={date(2027, 10, 1): NamedDay(working=False, name="国庆节")}, source="n", provisional=False
    )
    assert import_year(session, JURISDICTION, 2027, now=now, days=notice).number == 2
    calendar = calendar_for(session, JURISDICTION)
    assert not calendar.is_provisional(date(2027, 10, 1))
    assert not calendar.is_working(date(2027, 10, 1))


def test_a_notice_that_is_rewritten_becomes_a_second_version(session: Session, now: datetime) -> None:
    later = now + timedelta(days=30)
    import_year(session, JURISDICTION, 2026, now=now)
    import_year(session, JURISDICTION, 2026, now=later, days=rewritten(2026))
    assert calendar_for(session, JURISDICTION).is_working(NATIONAL_DAY)
    assert not calendar_for(session, JURISDICTION, at=now).is_working(NATIONAL_DAY)
    assert calendar_for(session, JURISDICTION, at=later).is_working(NATIONAL_DAY)


def test_before_the_first_import_the_first_version_holds(session: Session, now: datetime) -> None:
    import_year(session, JURISDICTION, 2026, now=now)
    assert not calendar_for(session, JURISDICTION, at=now - timedelta(days=90)).is_working(NATIONAL_DAY)


def test_a_jurisdiction_without_calendar_works_monday_to_friday_provisionally(session: Session) -> None:
    calendar = calendar_for(session, "nowhere")
    assert calendar.is_working(NATIONAL_DAY)
    assert calendar.is_provisional(NATIONAL_DAY)


def test_a_calendar_is_kept_by_its_versions(session: Session, now: datetime) -> None:
    import_year(session, JURISDICTION, 2026, now=now)
    kept = calendar_for(session, JURISDICTION)
    assert calendar_for(session, JURISDICTION) is kept
    import_year(session, JURISDICTION, 2026, now=now, days=rewritten(2026))
    assert calendar_for(session, JURISDICTION) is not kept


def test_changed_duty_hours_are_not_hidden_by_what_is_kept(session: Session, now: datetime) -> None:
    import_year(session, JURISDICTION, 2026, now=now)
    calendar_for(session, JURISDICTION)
    with writing(session):
        session.execute(update(Calendar).values(duty_hours=[["09:00", "18:00"]]))
    day = date(2026, 3, 18)
    assert calendar_for(session, JURISDICTION).close(day).hour == 18


def test_jurisdictions_have_calendars_of_their_own(session: Session, now: datetime) -> None:
    import_year(session, JURISDICTION, 2026, now=now)
    import_year(session, "elsewhere", 2026, now=now, days=rewritten(2026))
    assert not calendar_for(session, JURISDICTION).is_working(NATIONAL_DAY)
    assert calendar_for(session, "elsewhere").is_working(NATIONAL_DAY)


def test_an_import_is_an_event_and_stores_only_named_days(session: Session, now: datetime) -> None:
    import_year(session, JURISDICTION, 2026, now=now)
    (event,) = session.scalars(select(AuditEvent)).all()
    assert event.tag == Tag.CALENDAR_IMPORTED
    assert event.data["days"] == session.scalar(select(func.count()).select_from(CalendarDay)) == 39
