"""The functions that expressions in diagrams may call about working time."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.clock import aware
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.clocks import Roll, Unit, due


def host_functions(calendar: WorkCalendar, now: datetime) -> dict[str, Callable[..., Any]]:
    """Return FEEL functions by name. A date stands for its first second in the calendar's zone.

    `working days after(from, amount)`, `calendar days after`, `calendar months after`, `hours after` return the date
    and time at which such a deadline ends; last days that are not worked are not rolled. `rolled forward(date)` and
    `next working day(date)` return days, `close of business(date)` and `start of business(date)` instants,
    `is working day(date)` a boolean, `working days left(until)` and `working days between(from, until)` numbers.
    """

    def moment(value: date | datetime) -> datetime:
        if not isinstance(value, datetime):
            return calendar.at(value, time(0))
        return value if value.tzinfo else value.replace(tzinfo=calendar.zone)

    def day(value: date | datetime) -> date:
        return calendar.day_of(moment(value)) if isinstance(value, datetime) else value

    def after(unit: Unit) -> Callable[[date | datetime, Any], datetime]:
        def end(start: date | datetime, amount: Any) -> datetime:
            return local(due(moment(start), int(amount), unit, calendar=calendar, roll=Roll.NONE).due_at)

        return end

    def local(value: datetime) -> datetime:
        return aware(value).astimezone(calendar.zone)

    return {
        "working days after": after(Unit.WORKING_DAYS),
        "calendar days after": after(Unit.CALENDAR_DAYS),
        "calendar months after": after(Unit.CALENDAR_MONTHS),
        "hours after": after(Unit.HOURS),
        "close of business": lambda value: calendar.close(day(value)),
        "start of business": lambda value: calendar.opening(day(value)),
        "is working day": lambda value: calendar.is_working(day(value)),
        "rolled forward": lambda value: calendar.first_working(day(value)),
        "next working day": lambda value: calendar.first_working(day(value) + timedelta(days=1)),
        "working days between": lambda start, end: calendar.count_working_days(day(start), day(end)),
        "working days left": lambda end: calendar.count_working_days(calendar.day_of(now), day(end)),
    }
