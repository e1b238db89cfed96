"""Reads a file that says what a State Council notice says of a year: holidays, and weekend days that are worked."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from engine.deadlines.calendar import NamedDay
from engine.deadlines.years import Year
from engine.errors import Invalid, Phrase

FORMAT: Final = "chuishao-calendar/1"
#: no notice of a year is longer
LARGEST: Final = 262_144
_EARLIEST: Final = 1949
_LATEST: Final = 2200
#: no holiday of a notice is longer; the longest so far was ten days
_LONGEST: Final = 31
_LONGEST_NAME: Final = 64
_SATURDAY: Final = 5
_SHOWN: Final = 12
_DAY: Final = timedelta(days=1)
_KEYS: Final = ("format", "year", "title", "number", "holidays", "make_up")


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A line of the file: a holiday from `first` to `last`, or a make-up day."""

    where: Phrase
    make_up: bool
    first: str
    last: str
    name: str


@dataclass(kw_only=True)
class _Draft:
    """What was read so far, and what is wrong with it."""

    year: str = ""
    title: str = ""
    number: str = ""
    entries: list[_Entry] = field(default_factory=list)
    problems: list[Phrase] = field(default_factory=list)


def read_notice(data: bytes, name: str) -> Year:
    """Return the year that a file describes.

    Args:
        data: of a JSON file `{"format": "chuishao-calendar/1", "year": 2026, "title": …, "number": …,
            "holidays": [{"name": …, "from": "2026-01-01", "to": "2026-01-03"}],
            "make_up": [{"name": …, "day": "2026-01-04"}]}`, or of a CSV file with the lines `year,2026`, `title,…`,
            `number,…`, `holiday,2026-01-01,2026-01-03,元旦` and `make-up,2026-01-04,元旦`. UTF-8 either way.
        name: of the file, for messages; one that ends in `.csv` is read as CSV.

    Raises:
        Invalid: `calendar-file`: the file cannot be used; the message names line and day of what is wrong, each with
            what to do, and `facts["problems"]` is a list of them.
    """
    draft = _Draft()
    try:
        if len(data) > LARGEST:
            draft.problems.append(Phrase("it is larger than {most} bytes; a year's notice is not", most=LARGEST))
        else:
            text = data.decode("utf-8-sig")
            (_read_csv if name.lower().endswith(".csv") else _read_json)(text, draft)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        draft.problems.append(Phrase("line {line} is not UTF-8; save the file anew with the encoding UTF-8", line=line))
    found = None if draft.problems else _checked(draft)
    if found is None:
        raise _refusal(draft.problems, name)
    return found


def to_file(year: Year) -> str:
    """Return a year as the JSON of a file that says the same."""
    stretches: list[list[date]] = []
    for day, named in year.days.items():
        last = stretches[-1][-1] if stretches else None
        if not named.working and last is not None and day - last == _DAY and year.days[last].name == named.name:
            stretches[-1].append(day)
        elif not named.working:
            stretches.append([day])
    worked = [day for day, named in year.days.items() if named.working and day.weekday() >= _SATURDAY]
    content = {
        "format": FORMAT,
        "year": year.year,
        "title": year.source,
        "holidays": [
            {"name": year.days[days[0]].name, "from": days[0].isoformat(), "to": days[-1].isoformat()}
            for days in stretches
        ],
        "make_up": [{"name": year.days[day].name, "day": day.isoformat()} for day in worked],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _refusal(problems: list[Phrase], name: str) -> Invalid:
    shown = problems[:_SHOWN]
    if len(problems) > _SHOWN:
        shown.append(Phrase("{count} more places are wrong", count=len(problems) - _SHOWN))
    said = shown[-1]
    for each in reversed(shown[:-1]):
        said = Phrase("{first}; {rest}", first=each, rest=said)
    return Invalid(
        "calendar-file", "The calendar file {file} cannot be used, and nothing was changed: {problem}.",
        file=name, problem=said, problems=shown,
    )  # fmt: skip


# ---- the two forms


def _read_json(text: str, draft: _Draft) -> None:
    try:
        read = json.loads(text)
    except RecursionError:
        draft.problems.append(Phrase("it is nested too deeply; see the format in the documentation"))
        return
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        draft.problems.append(Phrase("line {line} is no JSON ({reason})", line=line, reason=getattr(error, "msg", "")))
        return
    if not isinstance(read, Mapping):
        draft.problems.append(Phrase("it is no JSON object; see the format in the documentation"))
        return
    for key in read:
        if key not in _KEYS:
            draft.problems.append(
                Phrase("the key {key} is not known; use {keys}", key=str(key)[:64], keys=", ".join(_KEYS))
            )
    if read.get("format", FORMAT) != FORMAT:
        draft.problems.append(Phrase("its format is not {format}", format=FORMAT))
    draft.year, draft.title, draft.number = (_text(read.get(key)) for key in ("year", "title", "number"))
    lines = _Lines(text)
    for key, kind in (("holidays", False), ("make_up", True)):
        listed = read.get(key, [])
        if not isinstance(listed, list):
            draft.problems.append(Phrase("{key} is no list", key=key))
            continue
        for number, each in enumerate(listed, start=1):
            _read_object(each, key, number, kind, lines, draft)


def _read_object(each: Any, key: str, number: int, make_up: bool, lines: "_Lines", draft: _Draft) -> None:
    known = {"name", "day"} if make_up else {"name", "from", "to"}
    entry = Phrase("{key}, entry {number}", key=key, number=number)
    if not isinstance(each, Mapping) or not set(each) <= known:
        draft.problems.append(Phrase("{where} is no object of {keys}", where=entry, keys=", ".join(sorted(known))))
        return
    first = _text(each.get("day" if make_up else "from"))
    where = Phrase("line {line}", line=line) if (line := lines.next_with(first)) else entry
    last = first if make_up else _text(each.get("to", each.get("from")))
    draft.entries.append(_Entry(where=where, make_up=make_up, first=first, last=last, name=_text(each.get("name"))))


class _Lines:
    """Finds the line of a day, though a JSON reader does not tell: its first mention after the one before."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._from: dict[str, int] = {}

    def next_with(self, day: str) -> int | None:
        for number in range(self._from.get(day, 0), len(self._lines)):
            if day and f'"{day}"' in self._lines[number]:
                self._from[day] = number + 1
                return number + 1
        return None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _read_csv(text: str, draft: _Draft) -> None:
    rows = csv.reader(io.StringIO(text))
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if any(cells) and not cells[0].startswith("#"):
                _read_row(cells, rows.line_num, draft)
    except csv.Error as error:
        draft.problems.append(Phrase("line {line} is no CSV ({reason})", line=rows.line_num, reason=str(error)))


def _read_row(cells: list[str], line: int, draft: _Draft) -> None:
    kind, first, second, third = (*cells, "", "", "")[:4]
    where = Phrase("line {line}", line=line)
    match kind:
        case "year" | "title" | "number":
            setattr(draft, kind, first)
        case "holiday":
            draft.entries.append(_Entry(where=where, make_up=False, first=first, last=second or first, name=third))
        case "make-up":
            draft.entries.append(_Entry(where=where, make_up=True, first=first, last=first, name=third or second))
        case "format":
            if first != FORMAT:
                draft.problems.append(Phrase("its format is not {format}", format=FORMAT))
        case _:
            draft.problems.append(
                Phrase(
                    "{where} begins with {kind}; begin it with year, title, number, holiday or make-up",
                    where=where, kind=kind[:64],
                )
            )  # fmt: skip


# ---- what the days must be


def _checked(draft: _Draft) -> Year | None:
    year = int(draft.year) if draft.year.isascii() and draft.year.isdigit() and len(draft.year) == 4 else 0
    if not _EARLIEST <= year <= _LATEST:
        draft.problems.append(Phrase("its year is {year}; write one year with four digits", year=draft.year[:64]))
        return None
    if not draft.title:
        draft.problems.append(Phrase("it has no title; write the title of the notice"))
    days: dict[date, NamedDay] = {}
    taken: dict[date, Phrase] = {}
    for entry in sorted(draft.entries, key=lambda each: each.make_up):  # holidays first: a make-up day lies in none
        for day in _days(entry, year, draft):
            if problem := _misplaced(day, entry, days, taken):
                draft.problems.append(problem)
            else:
                days[day], taken[day] = NamedDay(working=entry.make_up, name=entry.name), entry.where
    if not any(not each.working for each in days.values()):
        draft.problems.append(Phrase("it names no holiday; a notice names some"))
    if draft.problems:
        return None
    source = f"{draft.title}（{draft.number}）" if draft.number else draft.title
    return Year(year=year, days=dict(sorted(days.items())), source=source, provisional=False)


def _misplaced(day: date, entry: _Entry, days: Mapping[date, NamedDay], taken: Mapping[date, Phrase]) -> Phrase | None:
    named = days.get(day)
    facts = {"where": entry.where, "day": day.isoformat()}
    if named is not None:
        facts["other"] = taken[day]
        if entry.make_up and not named.working:
            return Phrase("{where}: {day} is a make-up day within a holiday ({other}); remove one of the two", **facts)
        if entry.make_up:
            return Phrase("{where}: {day} is a make-up day already ({other}); remove one of the two", **facts)
        return Phrase("{where}: {day} is a holiday already ({other}); holidays do not overlap", **facts)
    if entry.make_up and day.weekday() < _SATURDAY:
        return Phrase("{where}: {day} is no weekend day and is worked anyway; a make-up day is a Saturday or Sunday",
                      **facts)  # fmt: skip
    return None


def _days(entry: _Entry, year: int, draft: _Draft) -> Iterator[date]:
    """Yield the days of an entry; none when one of them is impossible."""
    try:
        texts = dict.fromkeys((entry.first, entry.last))
        first, last = _day(entry.first), _day(entry.last)
    except ValueError:
        wrong = next(text for text in texts if not _is_day(text))
        draft.problems.append(
            Phrase("{where}: {day} is no day of the calendar; write it as 2026-10-01", where=entry.where,
                   day=wrong[:64] or "“”")
        )  # fmt: skip
        return
    facts = {"where": entry.where, "day": first.isoformat(), "last": last.isoformat(), "year": year}
    outside = next((each for each in (first, last) if each.year != year), None)
    if outside is not None:
        draft.problems.append(Phrase(
            "{where}: {day} is not a day of {year}; change it in the calendar of its own year",
            **facts | {"day": outside.isoformat()},
        ))  # fmt: skip
    elif last < first:
        draft.problems.append(Phrase("{where}: the holiday ends on {last}, before it begins on {day}", **facts))
    elif (last - first).days >= _LONGEST:
        draft.problems.append(
            Phrase("{where}: the holiday from {day} to {last} is longer than {most} days", most=_LONGEST, **facts)
        )
    elif not entry.name or len(entry.name) > _LONGEST_NAME:
        draft.problems.append(
            Phrase("{where}: {day} needs a name of at most {most} characters", most=_LONGEST_NAME, **facts)
        )
    else:
        yield from (first + _DAY * number for number in range((last - first).days + 1))


def _day(text: str) -> date:
    if len(text) != len("2026-10-01"):
        raise ValueError(text)
    return date.fromisoformat(text)


def _is_day(text: str) -> bool:
    try:
        return bool(_day(text))
    except ValueError:
        return False
