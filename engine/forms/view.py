"""A form laid out for a page: one part an input, with its name, value and messages. A template only prints it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from engine.clock import CHINA
from engine.forms.components import OPTIONED, Component, Path, at, token
from engine.forms.conditions import Scope
from engine.forms.texts import filled
from engine.forms.values import decimal

_INPUT_TYPES: Final = {"date": "date", "time": "time", "datetime": "datetime-local"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Something that can be chosen on a page."""

    token: str
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """One visible part of a form.

    Args:
        type: the component's, `textfield` …; a row of a list is a `row`.
        id: unique in the page; rows append their number (`phone-0`).
        name: of the input; for a list its path, which its buttons and each row's hidden input carry.
        label, description: with FEEL filled in.
        text: Markdown (`text`) or HTML (`html`) to sanitise and show.
        value: text as the input takes it, True or False, or a list of attachment ids.
        choices: for what is chosen.
        locked: shown, not filled in.
        attributes: of the input, as HTML names them: {"type", "min", "max", "step", "minlength", "maxlength"}.
        messages: what is wrong with it.
        parts: of a group or row; the rows of a list.
        settings: the designer's JSON, for what only some parts have (an image's source, a column width).
    """

    type: str
    id: str
    name: str = ""
    label: str = ""
    description: str = ""
    text: str = ""
    value: Any = ""
    choices: Sequence[Choice] = ()
    required: bool = False
    locked: bool = False
    may_change_rows: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    messages: Sequence[str] = ()
    parts: Sequence["Part"] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def lay_out(
    components: tuple[Component, ...],
    values: Mapping[str, Any],
    known: Mapping[str, Any],
    scope: Scope,
    errors: Mapping[str, Sequence[str]],
) -> list[Part]:
    """Return the visible parts of a form.

    Args:
        values: nested raw values, as typed or as `initial` gave them; a locked field shows what `known` has.
        known: see `Prepared`.
        errors: messages by dotted path.
    """
    page = _Page(errors)
    return page.parts(components, _Level(values=values, known=known, scope=scope))


@dataclass(frozen=True, kw_only=True)
class _Level:
    """Where in the data the layout stands."""

    values: Mapping[str, Any]
    known: Mapping[str, Any]
    scope: Scope
    name: str = ""
    suffix: str = ""
    prefix: Path = ()


class _Page:
    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = errors

    def parts(self, components: tuple[Component, ...], level: _Level) -> list[Part]:
        return [self.part(component, level) for component in components if not level.scope.hides(component)]

    def part(self, component: Component, level: _Level) -> Part:
        settings, scope = component.settings, level.scope
        path = level.prefix + component.path
        name = level.name + ".".join(path)
        common: dict[str, Any] = {
            "type": component.type,
            "id": component.id + level.suffix,
            "label": filled(settings.get("label") or settings.get("dateLabel") or settings.get("timeLabel"), scope),
            "description": filled(settings.get("description"), scope),
            "settings": settings,
        }
        if component.is_repeated:
            return Part(**common, **self._list(component, level, path, name))
        if component.components or component.type == "group":
            inner = _Level(**{**level.__dict__, "prefix": path})
            return Part(**common, parts=self.parts(component.components, inner))
        if not component.is_input:
            text = settings.get("text") or settings.get("content")
            return Part(**common, text=filled(text, scope, markdown=component.type == "text"))
        return Part(**common, **self._input(component, level, path, name))

    def _list(self, component: Component, level: _Level, path: Path, name: str) -> dict[str, Any]:
        rows, known = at(level.values, path), at(level.known, path)
        laid = []
        for position, row in enumerate(rows if isinstance(rows, list) else []):
            mine = known[position] if isinstance(known, list) and position < len(known) else {}
            inner = _Level(
                values=row if isinstance(row, Mapping) else {},
                known=mine,
                scope=level.scope.row(mine, position + 1),
                name=f"{name}.{position}.",
                suffix=f"{level.suffix}-{position}",
            )
            parts = self.parts(component.components, inner)
            laid.append(Part(type="row", id=component.id + inner.suffix, name=f"{name}.{position}", parts=parts))
        return {
            "name": name,
            "parts": laid,
            "may_change_rows": component.rows_may_change,
            "messages": self.errors.get(name, ()),
        }

    def _input(self, component: Component, level: _Level, path: Path, name: str) -> dict[str, Any]:
        scope = level.scope
        locked = scope.locks(component)
        value = at(level.known if locked else level.values, path)
        return {
            "name": name,
            "value": value if component.type in ("checkbox", "filepicker") else written(component, value),
            "choices": _choices(component, value, scope) if component.type in OPTIONED else (),
            "required": component.is_required,
            "locked": locked,
            "attributes": _attributes(component, scope),
            "messages": self.errors.get(name, ()),
        }


def written(component: Component, value: Any) -> str:
    """Return a value as the component's input takes it; what was typed stays as it was typed."""
    if isinstance(value, datetime):
        local = value.astimezone(CHINA) if value.tzinfo else value
        return local.strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None or isinstance(value, list | Mapping) else token(value)


def _choices(component: Component, value: Any, scope: Scope) -> list[Choice]:
    chosen = {token(item) for item in (value if isinstance(value, list) else [value]) if item not in (None, "")}
    return [
        Choice(token=option.token, label=option.label, chosen=option.token in chosen)
        for option in scope.options(component)
    ]


def _attributes(component: Component, scope: Scope) -> dict[str, str]:
    rules, settings = component.rules, component.settings
    found: dict[str, str] = {}
    if component.type in ("textfield", "textarea"):
        # an empty text is the business of `required`; a browser would count it as too short no more than we do
        found = _limits(scope, {"minlength": rules.get("minLength"), "maxlength": rules.get("maxLength")})
        found |= {"type": {"email": "email", "phone": "tel"}.get(str(rules.get("validationType")), "text")}
    elif component.type == "number":
        step = settings.get("increment") or None
        digits = settings.get("decimalDigits")
        if step is None and digits not in (None, ""):
            step = Decimal(1).scaleb(-int(str(digits)))
        found = {"type": "number", "step": f"{decimal(step):f}" if step is not None else "any"}
        found |= _limits(scope, {"min": rules.get("min"), "max": rules.get("max")})
    elif component.type == "datetime":
        subtype = str(settings.get("subtype", "date"))
        found = {"type": _INPUT_TYPES[subtype]}
        if settings.get("disallowPassedDates") and subtype == "date":
            found["min"] = scope.now.astimezone(CHINA).date().isoformat()
    elif component.type == "filepicker":
        found = {"type": "file", "accept": filled(settings.get("accept"), scope)}
        if scope.setting(settings.get("multiple")) is True:
            found["multiple"] = "multiple"
    return found


def _limits(scope: Scope, limits: Mapping[str, Any]) -> dict[str, str]:
    numbers = {name: decimal(scope.setting(value)) for name, value in limits.items() if value not in (None, "")}
    return {name: f"{number:f}" for name, number in numbers.items() if number is not None}
