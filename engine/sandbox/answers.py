"""Default answers: what somebody enters into a form who only wants the matter to go on.

Every choice takes the option that was taken least often, so that a second round goes another way.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.clock import CHINA
from engine.errors import Invalid
from engine.forms import Form
from engine.forms.view import Part

_TEXT: Final = "演练填写"
_MAIL: Final = "yanlian@example.org"
_PHONE: Final = "13900000000"
_CHOSEN: Final = ("radio", "select")
_SEVERAL: Final = ("checklist", "taglist")
#: A form is gone over so often: what is entered shows further fields, and what is refused is answered otherwise.
_ROUNDS: Final = 8
#: Dates that are tried in turn, days from now.
_DAYS: Final = (1, 0, -1, 30, 3, 7, 365)


class Answers:
    """Answers forms, and remembers what it answered.

    Args:
        taken: how often each option was taken, by form, field and option; several runs may share it.
    """

    def __init__(self, taken: Counter[tuple[str, str, str]] | None = None) -> None:
        self.taken = taken if taken is not None else Counter()

    def answer(
        self, form: Form, data: Mapping[str, Any], *, now: datetime, known: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return values that a form takes.

        Args:
            data: what the task sees.
            known: what is to be entered where the form has such fields; only the rest is answered by default.

        Raises:
            Invalid: `form-invalid`: no default answer was found for the fields that it names.
        """
        values: dict[str, Any] = form.initial({**data, **(known or {})}, now=now)
        answered: set[str] = {
            ".".join(each.path) for each in form.walk() if each.path and each.path[0] in (known or {})
        }
        for number in range(_ROUNDS):
            while fresh := self._fill(form, values, data, answered, now, number):
                answered |= fresh
            try:
                form.load(values, data, now=now)
            except Invalid as error:
                wrong = set(error.facts.get("fields", ()))
                if number == _ROUNDS - 1 or not wrong:
                    raise
                answered -= wrong
            else:
                return values
        return values

    def _fill(
        self, form: Form, values: dict[str, Any], data: Mapping[str, Any], answered: set[str], now: datetime,
        number: int,
    ) -> set[str]:  # fmt: skip
        """Answer the visible fields that were not answered yet; return which."""
        fresh = set()
        for part in _inputs(form.view(values, data, now=now)):
            if part.name not in answered and not part.locked:
                fresh.add(part.name)
                found = self._value(form, part, now, number)
                if found is not None:
                    _put(values, part.name.split("."), found)
        return fresh

    def _value(self, form: Form, part: Part, now: datetime, number: int) -> Any:
        """The answer to one field; None to leave it as it is."""
        if part.type in _CHOSEN:
            return self._chosen(form, part) if part.choices else None
        if part.type in _SEVERAL:
            needed = part.required or number > 0
            return [self._chosen(form, part)] if part.choices and needed else None
        if part.type == "checkbox":
            return True if part.required or number % 2 else None
        if part.type == "datetime":
            return _moment(part, now, number) if part.required or number else None
        if part.value not in ("", None) and number == 0:
            return None
        if not part.required and number == 0:
            return None
        if part.type == "number":
            return _number(part, number)
        if part.type in ("textfield", "textarea"):
            return _text(part, number)
        return None

    def _chosen(self, form: Form, part: Part) -> str:
        """The option taken least often, the first of several; it is counted."""
        name = ".".join(each for each in part.name.split(".") if not each.isdigit())
        found = min(part.choices, key=lambda choice: self.taken[form.id, name, choice.token])
        self.taken[form.id, name, found.token] += 1
        return found.token


def _inputs(parts: Any) -> Iterator[Part]:
    for part in parts:
        if part.parts or part.type in ("group", "row", "dynamiclist"):
            yield from _inputs(part.parts)
        elif part.name:
            yield part


def _put(values: Any, path: list[str], value: Any) -> None:
    for segment in path[:-1]:
        values = values[int(segment)] if isinstance(values, list) else values.setdefault(segment, {})
    if isinstance(values, list):
        values[int(path[-1])] = value
    else:
        values[path[-1]] = value


def _text(part: Part, number: int) -> str:
    kind, least = part.attributes.get("type"), int(float(part.attributes.get("minlength", 0) or 0))
    most = int(float(part.attributes.get("maxlength", 0) or 0))
    if kind == "email":
        return _MAIL
    if kind == "tel":
        return _PHONE
    text = (_TEXT, "1", "A1", "2026-01-05", "https://example.org")[number % 5]
    text = (text * (least // len(text) + 1))[: max(least, len(text))]
    return text[:most] if most else text


def _number(part: Part, number: int) -> str:
    least, most = part.attributes.get("min"), part.attributes.get("max")
    tried = [each for each in (least, most, "1", "0", "100") if each not in (None, "")]
    if number == 0 and least is not None and float(least) <= 0 and (most is None or float(most) >= 1):
        return "1"
    return str(tried[number % len(tried)])


def _moment(part: Part, now: datetime, number: int) -> str:
    local = now.astimezone(CHINA)
    kind = part.attributes.get("type")
    if kind == "time":
        return "10:00"
    if kind == "date":
        return (local + timedelta(days=_DAYS[number % len(_DAYS)])).date().isoformat()
    days = (0, *_DAYS)[number % (len(_DAYS) + 1)]
    return (local + timedelta(days=days)).replace(second=0, microsecond=0).isoformat()
