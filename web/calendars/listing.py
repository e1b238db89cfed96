"""A year as a clerk reads it: each holiday once, with its days off and the weekend days that are worked for it."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import StringIO
from itertools import groupby
from typing import Final

from flask_babel import gettext

from engine.cases.moved import MovedClock
from engine.deadlines.calendar import DayKind, Reason
from engine.deadlines.explain import HOLIDAYS, dated
from engine.deadlines.models import CalendarVersion
from engine.deadlines.years import Year, known_years
from web import current
from web.languages import choose_locale

_WEEKDAYS: Final = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY: Final = timedelta(days=1)


@dataclass(kw_only=True)
class Holiday:
    """A holiday of a year. `off` are stretches of days, first and last; `count` is of days off."""

    name: str
    off: list[tuple[date, date]] = field(default_factory=list)
    worked: list[date] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many days are off."""
        return sum((last - first).days + 1 for first, last in self.off)


def holidays(year: Year) -> list[Holiday]:
    """Return the holidays of a year in their order; days without a name stand by themselves."""
    found: dict[str, Holiday] = {}
    for day, named in year.days.items():
        holiday = found.setdefault(named.name, Holiday(name=holiday_name(named.name)))
        if named.working:
            holiday.worked.append(day)
        elif holiday.off and day - holiday.off[-1][1] == _DAY:
            holiday.off[-1] = (holiday.off[-1][0], day)
        else:
            holiday.off.append((day, day))
    return sorted(found.values(), key=lambda each: each.off[0][0] if each.off else each.worked[0])


def holiday_name(name: str) -> str:
    """Return what a holiday is called in the reader's language, as far as that is known."""
    return HOLIDAYS.get(name, name) if choose_locale() == "en" else name


def short_day(day: date) -> str:
    """Return a day without its year: `10月1日（周四）`, `Thu 1 Oct`."""
    if choose_locale() == "en":
        return f"{_WEEKDAYS['en'][day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
    return f"{day.month}月{day.day}日（周{_WEEKDAYS['zh'][day.weekday()]}）"


def day_kind(reason: Reason) -> str:
    """Return what a day is."""
    words = {
        DayKind.WORKING: gettext("上班"), DayKind.MAKE_UP: gettext("调休上班"), DayKind.WEEKEND: gettext("周末休息"),
        DayKind.HOLIDAY: gettext("放假"),
    }  # fmt: skip
    named = holiday_name(reason.name)
    kind = str(words[reason.kind])
    return f"{kind} · {named}" if named and named != kind else kind


def years_to_show(versions: Sequence[CalendarVersion], now: datetime) -> list[int]:
    """Return the years that the page offers: those with a version, this one and the next."""
    return sorted({version.year for version in versions} | {now.year, now.year + 1})


def library_years(versions: Sequence[CalendarVersion], now: datetime) -> list[int]:
    """Return the years that the library knows and that are of use: from last year on, the latest first."""
    return [year for year in sorted(known_years(), reverse=True) if year >= now.year - 1]


def by_year(versions: Sequence[CalendarVersion]) -> dict[int, list[CalendarVersion]]:
    """Return the versions by their year."""
    return {year: list(each) for year, each in groupby(versions, key=lambda version: version.year)}


def as_csv(rows: Iterable[MovedClock]) -> bytes:
    """Return the clocks that move as a table that spreadsheets read."""
    zone, text = current.settings().zone, StringIO()
    table = csv.writer(text)
    table.writerow([
        gettext("事项"), gettext("时限"), gettext("单位"), gettext("原来"), gettext("改为"), gettext("已经发出的提醒"),
        gettext("马上发出的提醒"),
    ])  # fmt: skip
    for row in rows:
        moved = row.moved
        table.writerow([
            row.number or "", gettext("法定时限") if row.kind == "statutory" else row.what, row.unit,
            dated(moved.before, zone, provisional=moved.was_provisional).told(choose_locale()[:2]),
            dated(moved.after, zone, provisional=moved.provisional).told(choose_locale()[:2]),
            " ".join(moved.fired), " ".join(moved.at_once),
        ])  # fmt: skip
    return text.getvalue().encode("utf-8-sig")  # the mark lets spreadsheets know that it is UTF-8
