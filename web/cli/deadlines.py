"""The command that counts a deadline and says why it is that date."""

import argparse
import json
import os
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.calendars import calendar_for
from engine.deadlines.clocks import Due, Roll, Unit, due
from engine.deadlines.explain import explain
from engine.deadlines.notice_file import read_notice
from engine.deadlines.trace import to_json
from engine.deadlines.years import calendar_of, known_years, national_year
from engine.errors import Invalid, NotFound
from web.cli.reading import Commands, Read

_WEEKDAYS: Final = {"zh_CN": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_NATIONAL: Final = "national"
_LANGUAGE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def add_commands(commands: Commands) -> None:
    """Add `due`."""
    count = commands.add_parser("due", help="count a deadline and explain it")
    count.add_argument(
        "--received", required=True, metavar="WHEN",
        help="an instant with its offset: 2020-09-25T10:00+08:00; for units of days a day will do: 2020-09-25",
    )  # fmt: skip
    count.add_argument("--amount", help="a whole number; not read for fixed-date")
    count.add_argument("--unit", required=True, help=", ".join(Unit))
    count.add_argument(
        "--roll", nargs="?", const=Roll.FORWARD.value, default=Roll.NONE.value,
        help="what becomes of a last day that is not worked: forward, or none (the default)",
    )  # fmt: skip
    count.add_argument(
        "--calendar", action="append", metavar="CALENDAR",
        help="a file of a year's notice (may be given again), `national` (the default), or a jurisdiction of the "
        "database",
    )  # fmt: skip
    count.add_argument("--language", choices=tuple(_WEEKDAYS), help="of the explanation; by default the terminal's")
    count.add_argument("--json", action="store_true", help="print due, provisional, explanation and trace")
    count.set_defaults(run=_due)


def _due(options: argparse.Namespace, read: Read) -> int:
    """Print when something is due, and why it is that date."""
    calendar = _calendar(options.calendar or [_NATIONAL], read)
    received = _moment(options.received, options.unit, calendar)
    found = due(received, _amount(options.amount, options.unit), options.unit, calendar=calendar, roll=options.roll)
    language = options.language or _terminal_language()
    sentence = explain(found.trace, language, calendar.zone)
    local = found.due_at.astimezone(calendar.zone)
    if options.json:
        shown = {"due": local.isoformat(), "provisional": found.provisional, "explanation": sentence}
        print(json.dumps(shown | {"trace": to_json(found.trace)}, ensure_ascii=False))
    else:
        print(_headline(local, found, language), sentence, sep="\n")
    return 0


def _headline(local: datetime, found: Due, language: str) -> str:
    day = _WEEKDAYS[language][local.weekday()]
    named, mark = (f"周{day}", "（暂定）") if language == "zh_CN" else (day, " (provisional)")
    return f"{local:%Y-%m-%d %H:%M} {named}" + (mark if found.provisional else "")


def _terminal_language() -> str:
    """Return the language that the terminal is set to; Chinese when it says neither."""
    chosen = next((os.environ[name] for name in _LANGUAGE if os.environ.get(name)), "")
    return "en" if chosen.startswith("en") else "zh_CN"


def _amount(text: str | None, unit: str) -> int:
    if text is None and unit == Unit.FIXED_DATE:
        return 0
    digits = (text or "").removeprefix("-")
    if not digits.isascii() or not digits.isdigit():
        shown = (text or "“”")[:40]
        raise Invalid("amount-unreadable", "--amount {text} is no whole number. Write it as 5.", text=shown)
    # more digits than any unit takes: what counts refuses it as too large
    return int(text or "0") if len(digits) < 12 else 10**12


def _moment(text: str, unit: str, calendar: WorkCalendar) -> datetime:
    """Read an instant; a bare day, where days are counted, stands for its first second."""
    try:
        if len(text) == len("2020-09-25") and unit != Unit.HOURS:
            return calendar.at(date.fromisoformat(text), time(0))
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            "received-unreadable", "--received {text} is no instant. Write it as {example}.",
            text=text[:64], example="2020-09-25T10:00+08:00",
        ) from error  # fmt: skip
    if moment.tzinfo is None:
        raise Invalid(
            "received-naive", "--received {text} does not say in which zone. Add the offset: {example}.",
            text=text[:64], example=f"{moment.isoformat()}+08:00",
        )  # fmt: skip
    return moment


def _calendar(chosen: Sequence[str], read: Read) -> WorkCalendar:
    """Return the years of the library, those that files describe in their stead, or a jurisdiction's own calendar."""
    jurisdictions = [each for each in chosen if each != _NATIONAL and not _is_file(each)]
    if jurisdictions:
        if len(chosen) > 1:
            raise Invalid("calendar-mixed", "--calendar {name} is a jurisdiction, which has all its years: give it "
                          "alone.", name=jurisdictions[0])  # fmt: skip
        return _stored(jurisdictions[0], read)
    files = [read_notice(Path(each).read_bytes(), Path(each).name) for each in chosen if each != _NATIONAL]
    return calendar_of([*map(national_year, sorted(known_years())), *files])


def _is_file(name: str) -> bool:
    return name.lower().endswith((".json", ".csv")) or os.sep in name or Path(name).exists()


def _stored(jurisdiction: str, read: Read) -> WorkCalendar:
    from web.cli.people import open_session  # brings the pages along, which counting does not need

    with open_session(read()) as session:
        calendar = calendar_for(session, jurisdiction)
    if calendar.calendar_id is None:
        raise NotFound(
            "calendar-unknown", "There is neither a file nor a jurisdiction's calendar called {name}.",
            name=jurisdiction,
        )  # fmt: skip
    return calendar
