"""When something is due: five units, one rule each, and a trace that explains the date."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from engine.clock import aware
from engine.deadlines.calendar import DayKind, WorkCalendar
from engine.deadlines.trace import Step, StepKind
from engine.errors import Invalid

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


class Unit(StrEnum):
    """What an amount is counted in. A bare duration is never a working-day amount: `P1D` has meant both."""

    #: run from the moment set, day and night
    HOURS = "hours"
    #: end at the close of business
    WORKING_DAYS = "working-days"
    CALENDAR_DAYS = "calendar-days"
    #: end on the same day of a later month, or its last day
    CALENDAR_MONTHS = "calendar-months"
    #: the start is the last day itself; nothing is counted
    FIXED_DATE = "fixed-date"


#: a hundred years: more is a slip of the keyboard
_LARGEST: Final = {
    Unit.HOURS: 876_600, Unit.WORKING_DAYS: 36_525, Unit.CALENDAR_DAYS: 36_525, Unit.CALENDAR_MONTHS: 1_200,
}  # fmt: skip


class Roll(StrEnum):
    """What becomes of a last day that is not worked. In the resident's favour either way."""

    #: a resident's window: it stays open until the next working day
    FORWARD = "forward"
    #: an agency's duty: it does not wait for the next working day
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Due:
    """A due date and how it came about.

    Args:
        provisional: a day that was looked at lies in a year whose notice is not out yet.
    """

    due_at: datetime
    trace: tuple[Step, ...]
    provisional: bool


def default_roll(role: str | None) -> Roll:
    """Return the roll for whoever has to act: a resident's window stays open, an agency's duty does not."""
    return Roll.FORWARD if role == "resident" else Roll.NONE


def due(received: datetime, amount: int, unit: str, *, calendar: WorkCalendar, roll: str = Roll.NONE) -> Due:
    """Return when something received at `received` is due.

    The day of receipt is not counted; hours run from the moment. Working days end at the close of business. So does
    the last day of an agency's duty when it is worked; a resident's window, and a last day that is not worked, end at
    24:00. An amount of no working days means the same day, or the next working day once business has closed.

    Args:
        received: aware; for `fixed-date` any moment of the last day.
        amount: of `unit`, not negative; not read for `fixed-date`.
        roll: `forward` or `none`; hours and working days never roll.

    Raises:
        Invalid: the unit, the roll or the amount is not one of these, or the date lies outside the years 1 to 9999.

    Source: 民法典 200–204.
    """
    kind, policy = _unit(unit), _roll(roll)
    _check_amount(amount, kind)
    if received.tzinfo is None:
        raise ValueError(f"{received.isoformat()} has no time zone")
    try:
        return _count(aware(received), amount, kind, policy, calendar)
    except (OverflowError, ValueError) as error:
        raise Invalid(
            "clock-beyond", "{amount} {unit} from {received} lie outside the calendar, which has the years 1 to 9999.",
            amount=amount, unit=kind.value, received=received.isoformat(),
        ) from error  # fmt: skip


def _count(received: datetime, amount: int, kind: Unit, policy: Roll, calendar: WorkCalendar) -> Due:
    steps = [Step(kind=StepKind.RECEIVED, at=received), Step(kind=StepKind.COUNTED, amount=amount, unit=kind.value)]
    if kind is Unit.FIXED_DATE:
        steps = [Step(kind=StepKind.FIXED, day=calendar.day_of(received))]
    if kind is Unit.HOURS:
        due_at = received + timedelta(hours=amount)
        return Due(due_at=due_at, trace=(*steps, Step(kind=StepKind.ENDS, at=due_at, how="moment")), provisional=False)
    start = calendar.day_of(received)
    last = _last_day(received, start, amount, kind, calendar)
    if kind is Unit.CALENDAR_MONTHS and last.day != start.day:
        steps.append(Step(kind=StepKind.CLAMPED, day=last))
    if kind is Unit.WORKING_DAYS:
        steps += _passed_by(start, last, calendar)
        return _ending(steps, start, last, calendar, at_close=True)
    rolled = calendar.first_working(last) if policy is Roll.FORWARD else last
    if rolled != last:
        steps += _passed_by(_before_holiday(last, calendar), rolled, calendar)
        steps.append(Step(kind=StepKind.ROLLED, day=last, until=rolled))
    elif not calendar.is_working(last):
        steps.append(Step(kind=StepKind.NOT_ROLLED, day=last))
    still_open = kind is Unit.FIXED_DATE or received <= calendar.close(last)
    at_close = policy is Roll.NONE and calendar.is_working(last) and still_open
    return _ending(steps, last, rolled, calendar, at_close=at_close)


def extend(before: Due, amount: int, unit: str, *, calendar: WorkCalendar, roll: str) -> Due:
    """Return a due date moved on by an extension: counted from the old last day, the trace going on.

    Raises:
        Invalid: as `due`; a fixed date cannot extend anything.
    """
    if unit == Unit.FIXED_DATE:
        raise Invalid("extension-unit", "An extension is an amount of hours, days or months, not a fixed date.")
    after = due(before.due_at, amount, unit, calendar=calendar, roll=roll)
    return _moved_on(before, after, Step(kind=StepKind.EXTENDED, amount=amount, unit=str(unit)))


def exclude(
    before: Due, amount: int, unit: str, *, calendar: WorkCalendar, roll: str, reason: str | None = None
) -> Due:
    """Return a due date moved on by time that is not counted, the trace going on.

    It is counted on from the last day as it was before it rolled: only the last day of all rolls.

    Args:
        reason: the rule that does not count the time.

    Raises:
        Invalid: as `due`.

    Source: 信访工作条例 art. 36.
    """
    if amount == 0:
        return Due(due_at=before.due_at, trace=before.trace, provisional=before.provisional)
    excluded = Step(kind=StepKind.EXCLUDED, amount=amount, unit=str(unit), name=reason or None)
    after = due(_unrolled(before, calendar), amount, unit, calendar=calendar, roll=roll)
    return _moved_on(before, after, excluded)


def _unrolled(found: Due, calendar: WorkCalendar) -> datetime:
    for step in reversed(found.trace):
        if step.kind is StepKind.ROLLED and step.day is not None:
            return calendar.end(step.day)
        if step.kind in (StepKind.EXTENDED, StepKind.EXCLUDED):
            break
    return found.due_at


def stood_still(since: datetime, until: datetime, unit: str, calendar: WorkCalendar) -> tuple[int, str]:
    """Return how much of a clock's time lies between two instants, as an amount and its unit.

    Args:
        unit: that the clock counts in. Months and fixed dates are moved on by calendar days.
    """
    if unit == Unit.HOURS:
        return max(0, (until - since) // _HOUR), unit
    first, last = calendar.day_of(since), calendar.day_of(until)
    if unit == Unit.WORKING_DAYS:
        return calendar.count_working_days(first, last), unit
    return max(0, (last - first).days), Unit.CALENDAR_DAYS.value


def _moved_on(before: Due, after: Due, why: Step) -> Due:
    return Due(
        due_at=after.due_at,
        trace=(*before.trace, why, *after.trace[2:]),
        provisional=before.provisional or after.provisional,
    )


def _unit(unit: str) -> Unit:
    try:
        return Unit(unit)
    except ValueError as error:
        raise Invalid(
            "clock-unit", "{unit} is not a unit of time. Use one of: {units}.", unit=unit, units=", ".join(Unit)
        ) from error


def _roll(roll: str) -> Roll:
    try:
        return Roll(roll)
    except ValueError as error:
        raise Invalid(
            "clock-roll", "{roll} is not a way to roll a last day. Use one of: {rolls}.",
            roll=roll, rolls=", ".join(Roll),
        ) from error  # fmt: skip


def _check_amount(amount: int, unit: Unit) -> None:
    largest = _LARGEST.get(unit)
    if largest is not None and not 0 <= amount <= largest:
        raise Invalid(
            "clock-amount", "A deadline of {amount} {unit} cannot be counted. Give a whole number from 0 to {largest}.",
            amount=amount, unit=unit.value, largest=largest,
        )  # fmt: skip


def _last_day(received: datetime, start: date, amount: int, unit: Unit, calendar: WorkCalendar) -> date:
    if unit is Unit.WORKING_DAYS:
        if amount == 0:
            return calendar.first_working(start if received <= calendar.close(start) else start + _DAY)
        return calendar.working_days_after(start, amount)
    if unit is Unit.CALENDAR_DAYS:
        return start + timedelta(days=amount)
    if unit is Unit.CALENDAR_MONTHS:
        years, month = divmod(start.month - 1 + amount, 12)
        year = start.year + years
        return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    return start


def _ending(steps: list[Step], seen_from: date, last: date, calendar: WorkCalendar, *, at_close: bool) -> Due:
    """Finish the trace. Days from `seen_from` to `last` were looked at: any in a year without notice is provisional."""
    assumed = list(_assumed(seen_from.year, last.year, calendar))
    steps += assumed
    due_at = aware(calendar.close(last) if at_close else calendar.end(last))
    steps.append(Step(kind=StepKind.ENDS, at=due_at, how="close" if at_close else "midnight"))
    return Due(due_at=due_at, trace=tuple(steps), provisional=bool(assumed))


def _assumed(first: int, last: int, calendar: WorkCalendar) -> Iterator[Step]:
    """Yield a step for each stretch of years without a notice."""
    stretch: list[int] = []
    for year in range(first, last + 2):
        if year <= last and year not in calendar.years:
            stretch.append(year)
        elif stretch:
            until = date(stretch[-1], 12, 31) if len(stretch) > 1 else None
            yield Step(kind=StepKind.PROVISIONAL, day=date(stretch[0], 1, 1), until=until)
            stretch = []


def _before_holiday(day: date, calendar: WorkCalendar) -> date:
    """Return the day before `day`, or before the holiday that `day` lies in, so that the whole of it is named."""
    day -= _DAY
    while calendar.reason(day).kind is DayKind.HOLIDAY:
        day -= _DAY
    return day


def _passed_by(after: date, until: date, calendar: WorkCalendar) -> Iterator[Step]:
    """Yield what was special about the days after `after`, up to `until`, in their order: make-up days and holidays."""
    days = [after + timedelta(days=n) for n in range(1, (until - after).days + 1)]
    stretch: list[date] = []
    for day, next_day in pairwise([*days, until + _DAY]):
        kind = calendar.reason(day).kind
        if kind is DayKind.MAKE_UP:
            yield Step(kind=StepKind.MAKE_UP, day=day, name=calendar.reason(day).name)
        if kind is DayKind.HOLIDAY:
            stretch.append(day)
            if next_day > until or calendar.reason(next_day).kind is not DayKind.HOLIDAY:
                names = dict.fromkeys(calendar.reason(each).name for each in stretch)
                yield Step(kind=StepKind.HOLIDAY, day=stretch[0], until=stretch[-1], name="、".join(names))
                stretch = []
