"""The State Council's notices of a year's holidays and make-up days, as far as the installed library knows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import Final

from chinese_calendar import constants

from engine.deadlines.calendar import NamedDay, WorkCalendar
from engine.deadlines.explain import HOLIDAYS

_NAMES: Final = {english.lower(): chinese for chinese, english in HOLIDAYS.items()} | {
    "anti-fascist 70th day": "抗战胜利纪念日"
}


@dataclass(frozen=True, kw_only=True)
class Year:
    """The named days of a year and where they come from; provisional while no notice is known."""

    year: int
    days: dict[date, NamedDay]
    source: str
    provisional: bool


@cache
def known_years() -> frozenset[int]:
    """Return the years whose notice the library has."""
    return frozenset(day.year for day in constants.workdays) & frozenset(day.year for day in constants.holidays)


def national_year(year: int) -> Year:
    """Return a year's days from the library; a year that it lacks is provisional and has none."""
    if year not in known_years():
        return Year(year=year, days={}, source=f"{year} 年放假安排尚未公布，暂按周一至周五", provisional=True)
    days = {day: NamedDay(working=False, name=_named(name)) for day, name in constants.holidays.items()}
    days |= {day: NamedDay(working=True, name=_named(name)) for day, name in constants.workdays.items()}
    return Year(
        year=year,
        days={day: named for day, named in sorted(days.items()) if day.year == year},
        source=f"国务院办公厅关于{year}年部分节假日安排的通知（chinesecalendar {version('chinesecalendar')}）",
        provisional=False,
    )


def _named(english: str) -> str:
    return _NAMES.get(english.lower(), english)


def national_calendar(*years: int) -> WorkCalendar:
    """Return a calendar of these years straight from the library, for work without a database."""
    return calendar_of(national_year(year) for year in years)


def calendar_of(years: Iterable[Year]) -> WorkCalendar:
    """Return a calendar of some years, for work without a database; of two of the same year, the later one."""
    taken = {each.year: each for each in years}.values()
    return WorkCalendar(
        named={day: named for each in taken for day, named in each.days.items()},
        years=frozenset(each.year for each in taken if not each.provisional),
    )
