"""What a form's FEEL sees, and what follows from it: what is hidden, what can be chosen, which limits hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import feel
from engine.errors import Invalid
from engine.forms.components import Component, Option, at, roots


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The names that an expression may use, as form-js gives them.

    Outside lists that is the whole data. Inside a row the data still is what a bare name means; the row itself is
    `this`, the row or data around it `parent`, and `i` the row's number, from 1, after those of the lists around.

    Args:
        data: process data and what was filled in, without what hidden fields hold.
        this: the row, or the data outside lists.
        parent: names of the scope around, None outside lists.
        numbers: row numbers from the outermost list inwards.
    """

    data: Mapping[str, Any]
    this: Any
    parent: Mapping[str, Any] | None
    numbers: tuple[int, ...]
    now: datetime

    @classmethod
    def of(cls, data: Mapping[str, Any], now: datetime) -> "Scope":
        return cls(data=data, this=data, parent=None, numbers=(), now=now)

    def row(self, value: Any, number: int) -> "Scope":
        """Return the scope of row `number` (from 1) of a list in this scope."""
        around = self.names(self.this if isinstance(self.this, Mapping) else {})
        return Scope(data=self.data, this=value, parent=around, numbers=(*self.numbers, number), now=self.now)

    def names(self, data: Mapping[str, Any]) -> dict[str, Any]:
        special = {"this": self.this, "parent": self.parent, "i": list(self.numbers)}
        return {**special, **data, **{f"_{name}_": value for name, value in special.items()}}

    def evaluate(self, source: str) -> Any:
        """Return the value of FEEL `source` (without `=`); what cannot be evaluated is null, as in form-js."""
        try:
            return feel.evaluate(source, self.names(self.data), now=self.now).value
        except Invalid:
            return None

    def setting(self, value: Any) -> Any:
        """Return a setting, evaluated when it is FEEL."""
        return self.evaluate(value[1:]) if isinstance(value, str) and value.startswith("=") else value

    def hides(self, component: Component) -> bool:
        return component.hide is not None and self.evaluate(component.hide) is True

    def locks(self, component: Component) -> bool:
        """Say whether nobody may fill it in here: disabled, read-only, or computed."""
        settings = component.settings
        return (
            component.type == "expression"
            or settings.get("disabled") is True
            or self.setting(settings.get("readonly")) is True
        )

    def options(self, component: Component) -> list[Option]:
        """Return what can be chosen in a component, in order; entries that make no option are left out."""
        settings = component.settings
        if settings.get("valuesExpression"):
            found = self.setting(settings["valuesExpression"])
        elif settings.get("valuesKey"):
            found = self.data.get(settings["valuesKey"])
        else:
            found = settings.get("values")
        return _options(found if isinstance(found, list | tuple) else ())


def _options(found: Iterable[Any]) -> list[Option]:
    options: list[Option] = []
    for entry in found:
        value = entry.get("value") if isinstance(entry, Mapping) else entry
        label = entry.get("label") if isinstance(entry, Mapping) else None
        if value is None or value == "" or (isinstance(value, Mapping | list) and not (label and value)):
            continue
        options.append(Option(value=value, label=str(label) if label else str(value)))
    return options


def without_hidden(
    components: tuple[Component, ...], data: Mapping[str, Any], initial: Mapping[str, Any], scope: Scope
) -> dict[str, Any]:
    """Return a copy of `data` in which the fields that conditions hide have what they had at first.

    Conditions are judged once on the data as it stands, as form-js does, so that two of them cannot chase each other.

    Args:
        initial: what the form showed at first, by its top-level names.
    """
    written = roots(components)
    result = {name: _copy(value) if name in written else value for name, value in data.items()}
    _clear(components, result, scope, concealed=False)
    return {**initial, **{name: value for name, value in result.items() if value != {}}}


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _clear(components: tuple[Component, ...], data: Any, scope: Scope, *, concealed: bool) -> None:
    for component in components:
        hidden = concealed or scope.hides(component)
        if component.components and not component.is_repeated:
            _clear(component.components, at(data, component.path), scope, concealed=hidden)
            continue
        holder = at(data, component.path[:-1])
        if not component.path or not isinstance(holder, dict):
            continue
        if hidden:
            holder.pop(component.path[-1], None)
        elif component.is_repeated and isinstance(rows := holder.get(component.path[-1]), list):
            for number, row in enumerate(rows, 1):
                _clear(component.components, row, scope.row(_copy(row), number), concealed=False)
