"""Turns what a page or a program sent into typed values. What cannot be turned is a problem, never a guess."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from engine.clock import CHINA
from engine.forms import messages
from engine.forms.components import MULTIPLE, OPTIONED, Component, Option, token
from engine.forms.conditions import Scope
from engine.forms.messages import Problem

#: Characters of a text whose form sets no limit of its own.
LONGEST_TEXT: Final = 20_000
#: Digits of a number before and after the point.
MOST_DIGITS: Final = 30
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_YEARS: Final = range(1900, 9999)


class Unusable(Exception):
    """A value cannot be turned into what its field holds."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(repr(problem))


def typed(component: Component, raw: Any, scope: Scope) -> Any:
    """Return `raw` as the component's own type; nothing (None, "", no choice) as the type's empty value.

    Returns:
        str (text), Decimal (number, or str where the form asks for text), bool (checkbox), an option's value or None,
        list of options' values, date, time (of the clock in China), aware datetime, list of attachment ids.

    Raises:
        Unusable: it is something else.
    """
    if component.type in OPTIONED:
        return _chosen(component, raw, scope.options(component))
    return _TYPES[component.type](component, raw)


def leniently_typed(component: Component, raw: Any, scope: Scope) -> Any:
    """Return `raw` as conditions see it: typed, or None where it cannot be used."""
    try:
        return typed(component, raw, scope)
    except Unusable:
        return None


def _text(component: Component, raw: Any) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise Unusable(Problem(messages.NOT_TEXT))
    if "\0" in raw or any("\ud800" <= character <= "\udfff" for character in raw):
        raise Unusable(Problem(messages.NOT_STORABLE))
    if len(raw) > LONGEST_TEXT:
        raise Unusable(Problem(messages.TOO_LONG, count=LONGEST_TEXT))
    if component.type == "textfield":
        return re.sub(r"[\r\n\t]", " ", raw)
    # a page sends the two characters of a line break, the browser's own count knows one
    return raw.replace("\r\n", "\n").replace("\r", "\n")


def _number(component: Component, raw: Any) -> Decimal | str | None:
    if raw is None or raw == "":
        return None
    number = decimal(raw)
    if number is None:
        raise Unusable(Problem(messages.NOT_NUMBER))
    return f"{number:f}" if component.settings.get("serializeToString") else number


def decimal(raw: Any) -> Decimal | None:
    """Return a number of at most 30 digits on either side of the point, None for anything else.

    Full-width digits, as a Chinese keyboard writes them, count as digits.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return None
    if isinstance(raw, int) and raw.bit_length() > 4 * MOST_DIGITS:
        return None
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    if len(text) > 4 * MOST_DIGITS or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or number.adjusted() >= MOST_DIGITS or exponent < -MOST_DIGITS:
        return None
    return number


def _tick(_component: Component, raw: Any) -> bool:
    if raw is None or raw == "":
        return False
    if not isinstance(raw, bool):
        raise Unusable(Problem(messages.NOT_YES_OR_NO))
    return raw


def _chosen(component: Component, raw: Any, options: list[Option]) -> Any:
    if component.type in MULTIPLE:
        if raw is None or raw == "":
            return []
        if not isinstance(raw, list | tuple):
            raise Unusable(Problem(messages.NOT_A_LIST))
        chosen = [_option(item, options) for item in raw]
        return [value for position, value in enumerate(chosen) if value not in chosen[:position]]
    return None if raw is None or raw == "" else _option(raw, options)


def _option(raw: Any, options: list[Option]) -> Any:
    """Find the option that was sent: by its value, or by the text that stands for it in a page."""
    for option in options:
        if type(option.value) is type(raw) and option.value == raw:
            return option.value
    if not isinstance(raw, Mapping | list):
        for option in options:
            if option.token == token(raw):
                return option.value
    raise Unusable(Problem(messages.NOT_AN_OPTION))


def _moment(component: Component, raw: Any) -> date | time | datetime | None:
    if raw is None or raw == "":
        return None
    subtype = component.settings.get("subtype", "date")
    reader, message = _MOMENTS[subtype]
    try:
        return reader(raw)
    except (ValueError, TypeError) as error:
        raise Unusable(Problem(message)) from error


def _date(raw: Any) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if not _DATE.fullmatch(raw):
        raise ValueError(raw)
    day = date.fromisoformat(raw)
    if day.year not in _YEARS:
        raise ValueError(raw)
    return day


def _time(raw: Any) -> time:
    if isinstance(raw, time):
        return raw
    if not _TIME.fullmatch(raw):
        raise ValueError(raw)
    moment = time.fromisoformat(raw)
    if moment.tzinfo is None:
        return moment
    # China has kept one offset since 1991, so the day does not matter
    return datetime.combine(date(2000, 1, 2), moment).astimezone(CHINA).time()


def _datetime(raw: Any) -> datetime:
    if isinstance(raw, datetime):
        return raw if raw.tzinfo else raw.replace(tzinfo=CHINA)
    day, separator, clock = raw.replace(" ", "T", 1).partition("T")
    if not separator or not _TIME.fullmatch(clock):
        raise ValueError(raw)
    moment = datetime.combine(_date(day), time.fromisoformat(clock))
    return (moment if moment.tzinfo else moment.replace(tzinfo=CHINA)).astimezone(UTC)


def _files(_component: Component, raw: Any) -> list[str]:
    if raw is None or raw == "":
        return []
    found = [raw] if isinstance(raw, str) else raw
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Unusable(Problem(messages.NOT_A_LIST))
    return [item for item in dict.fromkeys(found) if item]


_MOMENTS: Final[Mapping[str, tuple[Callable[[Any], date | time], str]]] = {
    "date": (_date, messages.NOT_DATE),
    "time": (_time, messages.NOT_TIME),
    "datetime": (_datetime, messages.NOT_DATETIME),
}
_TYPES: Final[Mapping[str, Callable[[Component, Any], Any]]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "checkbox": _tick,
    "datetime": _moment,
    "filepicker": _files,
    "expression": lambda _component, raw: raw,
}
