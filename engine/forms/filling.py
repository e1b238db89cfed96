"""What a form knows of its data before it is checked: what was sent where somebody may write, and the server's own."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.forms.components import MULTIPLE, Component, Path, at, is_static, put, roots, row_at
from engine.forms.conditions import Scope, without_hidden
from engine.forms.values import leniently_typed


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A submission laid out for checking.

    Args:
        entered: one raw value for every field.
        known: process data with the typed values laid over it, without what hidden fields hold.
        scope: what the form's FEEL sees.
    """

    entered: Mapping[str, Any]
    known: Mapping[str, Any]
    scope: Scope


def prepare(
    components: tuple[Component, ...], submitted: Mapping[str, Any], context: Mapping[str, Any], now: datetime
) -> Prepared:
    """Lay out a submission. What is locked and what can be chosen may depend on what was entered, hence two rounds."""
    scope = Scope.of(context, now)
    for _round in range(1 if is_static(components) else 2):
        entered = gather(components, submitted, context, scope)
        known = _known(components, entered, context, scope)
        scope = Scope.of(known, now)
    return Prepared(entered=entered, known=known, scope=scope)


def gather(
    components: tuple[Component, ...], submitted: Mapping[str, Any], given: Mapping[str, Any], scope: Scope
) -> dict[str, Any]:
    """Return one value for every field of a form: what was sent for an open field, the server's for a locked one.

    Args:
        submitted: nested data that a client sent; anything may be in it, only the form's own fields are taken.
        given: process data at the same level.
        scope: what decides which fields are locked.
    """
    result: dict[str, Any] = {}
    _gather(result, components, (), submitted, given, scope)
    return result


def _gather(
    result: dict[str, Any],
    components: tuple[Component, ...],
    prefix: Path,
    submitted: Mapping[str, Any],
    given: Mapping[str, Any],
    scope: Scope,
) -> None:
    for component in components:
        path = prefix + component.path
        if component.is_repeated:
            put(result, path, _gather_rows(component, at(submitted, path, []), at(given, path), scope))
        elif component.components:
            _gather(result, component.components, path, submitted, given, scope)
        elif component.is_input:
            locked = scope.locks(component)
            put(result, path, own_value(component, at(given, path)) if locked else at(submitted, path))


def _gather_rows(component: Component, rows: Any, given: Any, scope: Scope) -> Any:
    if not isinstance(rows, list):
        return [] if rows is None else rows
    # where rows may come and go, the server's rows cannot be told by their place
    known = None if component.rows_may_change else given
    result = []
    for position in range(len(rows)):
        sent = row_at(rows, position)
        inner = scope.row(sent, position + 1)
        result.append(gather(component.components, sent, row_at(known, position), inner))
    return result


def own_value(component: Component, given: Any) -> Any:
    """Return what the server has for a field: process data, or the form's default."""
    return component.settings.get("defaultValue") if given is None else given


def _known(
    components: tuple[Component, ...], entered: Mapping[str, Any], context: Mapping[str, Any], scope: Scope
) -> dict[str, Any]:
    # Only what the form writes into is copied: process data may be large, and the rest is never touched.
    written = roots(components)
    data = {name: deepcopy(value) if name in written else value for name, value in context.items()}
    _lay(data, components, (), entered, scope)
    # a computed field may use another one that stands below it, hence twice
    for _round in range(2):
        _compute(data, components, (), Scope.of(data, scope.now))
    initial = initial_values(components, context, {}, Scope.of(context, scope.now))
    return without_hidden(components, data, initial, Scope.of(data, scope.now))


def _lay(
    data: dict[str, Any], components: tuple[Component, ...], prefix: Path, entered: Mapping[str, Any], scope: Scope
) -> None:
    for component in components:
        path = prefix + component.path
        value = at(entered, path)
        if component.is_repeated:
            put(data, path, _typed_rows(component, value, scope))
        elif component.components:
            _lay(data, component.components, path, entered, scope)
        elif component.is_input:
            put(data, path, value if scope.locks(component) else leniently_typed(component, value, scope))


def _typed_rows(component: Component, rows: Any, scope: Scope) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    for position, row in enumerate(rows if isinstance(rows, list) else [], 1):
        typed_row: dict[str, Any] = {}
        _lay(typed_row, component.components, (), row, scope.row(row, position))
        result.append(typed_row)
    return result


def _compute(holder: dict[str, Any], components: tuple[Component, ...], prefix: Path, scope: Scope) -> None:
    for component in components:
        path = prefix + component.path
        if component.is_repeated:
            rows = at(holder, path)
            for position, row in enumerate(rows if isinstance(rows, list) else [], 1):
                _compute(row, component.components, (), scope.row(row, position))
        elif component.components:
            _compute(holder, component.components, path, scope)
        elif component.type == "expression":
            put(holder, path, scope.setting(component.settings["expression"]))


def initial_values(
    components: tuple[Component, ...], given: Mapping[str, Any], draft: Mapping[str, Any], scope: Scope
) -> dict[str, Any]:
    """Return what a form shows at first: the draft, else process data, else the form's defaults, else nothing."""
    result: dict[str, Any] = {}
    _begin(result, components, (), given, draft, scope)
    return result


def _begin(
    result: dict[str, Any],
    components: tuple[Component, ...],
    prefix: Path,
    given: Mapping[str, Any],
    draft: Mapping[str, Any],
    scope: Scope,
) -> None:
    for component in components:
        path = prefix + component.path
        if component.is_repeated:
            put(result, path, _first_rows(component, at(given, path), at(draft, path), scope))
        elif component.components:
            _begin(result, component.components, path, given, draft, scope)
        elif component.is_input:
            drafted = None if scope.locks(component) else at(draft, path)
            value = own_value(component, at(given, path)) if drafted is None else drafted
            put(result, path, _nothing(component) if value is None else value)


def _first_rows(component: Component, given: Any, draft: Any, scope: Scope) -> list[dict[str, Any]]:
    drafted = isinstance(draft, list)
    rows = draft if drafted else given
    count = len(rows) if isinstance(rows, list) else component.repetitions
    known = None if drafted and component.rows_may_change else given
    return [
        initial_values(
            component.components,
            row_at(known, position),
            row_at(draft, position),
            scope.row(row_at(rows, position), position + 1),
        )
        for position in range(count)
    ]


def _nothing(component: Component) -> Any:
    if component.type in MULTIPLE or component.type == "filepicker":
        return []
    return {"checkbox": False, "textfield": "", "textarea": ""}.get(component.type)
