"""Hours of duty: those of an office where it has its own, else of the unit that it is part of, else everybody's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.models import DutyHours
from engine.errors import Invalid
from engine.organisation.models import OrgUnit, UnitKind

Hours = tuple[tuple[time, time], ...]
#: no office opens more often on a day
_MOST: Final = 6
_BETWEEN: Final = re.compile(r"[,，、;；\s]+")
_PERIOD: Final = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:-|–|—|~|至|到)\s*(\d{1,2})[:：](\d{2})", re.ASCII)
_SPACED: Final = re.compile(r"\s*(-|–|—|~|至|到)\s*")


def read_hours(text: str) -> Hours:
    """Return the periods of a working day that somebody wrote: `08:30-12:00 14:00-17:30`.

    Raises:
        Invalid: one of them is no period, or they overlap or are out of order.
    """
    written = [part for part in _BETWEEN.split(_SPACED.sub(r"\1", text.strip())) if part]
    periods = []
    for part in written:
        found = _PERIOD.fullmatch(part)
        try:
            hours = [int(each) for each in found.groups()] if found else []
            periods.append((time(hours[0], hours[1]), time(hours[2], hours[3])))
        except (IndexError, ValueError) as error:
            raise Invalid(
                "duty-hours-unreadable", "{period} is no period of duty. Write the periods as {example}.",
                period=part[:40], example="08:30-12:00 14:00-17:30",
            ) from error  # fmt: skip
    moments = [moment for period in periods for moment in period]
    if not 0 < len(periods) <= _MOST or any(one >= next_ for one, next_ in pairwise(moments)):
        raise Invalid(
            "duty-hours-order", "{hours} are no hours of duty: give one to {most} periods in order, none of which "
            "overlaps another or ends before it begins.", hours=text[:80] or "“”", most=_MOST,
        )  # fmt: skip
    return tuple(periods)


def stored(hours: Hours) -> list[list[str]]:
    """Return periods as rows keep them."""
    return [[start.isoformat("minutes"), end.isoformat("minutes")] for start, end in hours]


def restored(rows: Sequence[Sequence[str]]) -> Hours:
    """Return periods that a row kept."""
    return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in rows)


def written(rows: Sequence[Sequence[str]]) -> str:
    """Return periods that a row kept, as people write them."""
    return " ".join("-".join(period) for period in rows)


def latest(unit_id: UUID | ScalarSelect[Any]) -> ScalarSelect[Any]:
    """Return the statement of the hours that a unit has of its own; null when it has none."""
    rows = select(DutyHours.hours).where(DutyHours.unit_id == unit_id)
    return rows.order_by(DutyHours.created_at.desc(), DutyHours.id.desc()).limit(1).scalar_subquery()


def enclosing(unit_id: UUID) -> ScalarSelect[Any]:
    """Return the statement of the unit that an office is part of; null for any other unit."""
    rows = select(OrgUnit.parent_id).where(OrgUnit.id == unit_id, OrgUnit.kind == UnitKind.OFFICE.value)
    return rows.scalar_subquery()


@dataclass(frozen=True, kw_only=True)
class OfficeCalendars:
    """The calendar of a jurisdiction as each of its units has it.

    Args:
        common: of units without hours of their own.
        hours: of units that have their own.
        within: the unit that an office is part of, by the office.
    """

    common: WorkCalendar
    hours: Mapping[UUID, Hours]
    within: Mapping[UUID, UUID]

    def of(self, unit_id: UUID | None) -> WorkCalendar:
        """Return the calendar of a unit; of none, the common one."""
        if unit_id is None:
            return self.common
        own = self.hours.get(unit_id) or self.hours.get(self.within.get(unit_id, unit_id))
        return replace(self.common, duty_hours=own) if own else self.common

    def with_hours(self, unit_id: UUID | None, hours: Hours | None) -> "OfficeCalendars":
        """Return what holds when a unit, or with None everybody, gets other hours; None drops a unit's."""
        if unit_id is None:
            return replace(self, common=replace(self.common, duty_hours=hours or self.common.duty_hours))
        others = {unit: each for unit, each in self.hours.items() if unit != unit_id}
        return replace(self, hours=others | ({unit_id: hours} if hours else {}))


def office_calendars(session: Session, jurisdiction: str, common: WorkCalendar) -> OfficeCalendars:
    """Return the calendars of every unit of a jurisdiction, given the common one."""
    rows = session.execute(
        select(DutyHours.unit_id, DutyHours.hours)
        .where(DutyHours.calendar_id == common.calendar_id, DutyHours.unit_id.is_not(None))
        .order_by(DutyHours.created_at, DutyHours.id)
    )
    current: dict[UUID, Any] = {}
    for unit_id, hours in rows:  # the later row wins
        current[unit_id] = hours
    offices = select(OrgUnit.id, OrgUnit.parent_id).where(
        OrgUnit.jurisdiction == jurisdiction, OrgUnit.kind == UnitKind.OFFICE.value, OrgUnit.parent_id.is_not(None)
    )
    return OfficeCalendars(
        common=common,
        hours={unit_id: restored(hours) for unit_id, hours in current.items() if hours},
        within={office: above for office, above in session.execute(offices) if above is not None},
    )
