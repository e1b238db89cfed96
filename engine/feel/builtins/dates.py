"""Dates and times. Source: DMN 1.5, 10.3.4.8 (temporal) and 10.3.4.9 (`is`)."""

import calendar

from engine.feel.compare import same
from engine.feel.evaluation import Scope
from engine.feel.far import MOMENTS, Day, make_date, spread
from engine.feel.functions import standard
from engine.feel.render import to_text
from engine.feel.values import Value, kind

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@standard("now()", scoped=True)
def now(scope: Scope) -> Value:
    """Return the moment of the evaluation."""
    return scope.evaluation.now()


@standard("today()", scoped=True)
def today(scope: Scope) -> Value:
    """Return the day of the evaluation, in the zone of its moment."""
    return scope.evaluation.now().date()


@standard("day of year(date: day)")
def day_of_year(day: Day) -> Value:
    """Return 1 for the first of January."""
    return int(spread(day)[0].timetuple().tm_yday)


@standard("day of week(date: day)")
def day_of_week(day: Day) -> Value:
    """Return the English name of the day."""
    return _DAYS[day.isoweekday() - 1]


@standard("month of year(date: day)")
def month_of_year(day: Day) -> Value:
    """Return the English name of the month."""
    return _MONTHS[day.month - 1]


@standard("week of year(date: day)")
def week_of_year(day: Day) -> Value:
    """Return the week by ISO 8601."""
    return int(spread(day)[0].isocalendar()[1])


@standard("last day of month(date: day)")
def last_day_of_month(day: Day) -> Value:
    """Return the last day of the month (Camunda)."""
    date = day.date() if isinstance(day, MOMENTS) else day
    return make_date(day.year, day.month, calendar.monthrange(spread(date)[0].year, day.month)[1])


@standard("is(value1: any, value2: any)")
def is_same(left: Value, right: Value) -> Value:
    """Say whether two values are the same, in type and in every part; two moments also in how they name their zone."""
    if left is None or right is None:
        return left is right
    of = kind(left)
    if of != kind(right):
        return False
    if of in ("time", "date and time"):
        return to_text(left) == to_text(right)
    return same(left, right)
