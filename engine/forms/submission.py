"""The names of a page's inputs, and what a page sent under them.

A field's name is its path with dots between the segments; in a dynamic list the row's number, from 0, is a segment
(`rows.0.name`). The list's own name is sent once a row, so that a row of nothing but unticked boxes is not lost.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from engine.errors import Invalid
from engine.forms.components import MULTIPLE, Component, Path, put
from engine.forms.schema import MOST_ROWS

Sent = Mapping[str, Sequence[str]]


def nested(components: tuple[Component, ...], sent: Sent) -> dict[str, Any]:
    """Turn what a page sent into nested data, texts as they were typed.

    Args:
        sent: every input's values by its name, as `request.form.to_dict(flat=False)` gives them.

    Returns:
        a value for every field: text, True or False for a checkbox, a list for what takes several and for rows.
    """
    result: dict[str, Any] = {}
    _fill(result, components, "", (), sent)
    return result


def _fill(
    result: dict[str, Any], components: tuple[Component, ...], name_prefix: str, prefix: Path, sent: Sent
) -> None:
    for component in components:
        path = prefix + component.path
        name = name_prefix + ".".join(path)
        if component.is_repeated:
            rows = []
            for number in _row_numbers(name, sent):
                row: dict[str, Any] = {}
                _fill(row, component.components, f"{name}.{number}.", (), sent)
                rows.append(row)
            put(result, path, rows)
        elif component.components:
            _fill(result, component.components, name_prefix, path, sent)
        elif component.is_input and component.type != "expression":
            put(result, path, _value(component, list(sent.get(name, ()))))


def _row_numbers(name: str, sent: Sent) -> list[int]:
    row = re.compile(re.escape(name) + r"\.(\d{1,4})(\.|$)", re.ASCII)
    numbers = {int(found[1]) for key in sent if (found := row.match(key))}
    # one more than allowed is enough to be told so
    return sorted(numbers)[: MOST_ROWS + 1]


def _value(component: Component, values: list[str]) -> Any:
    if component.type == "checkbox":
        return bool(values) and values[-1] not in ("", "false", "0")
    if component.type in MULTIPLE or component.type == "filepicker":
        return [value for value in values if value]
    return values[-1] if values else ""


def find_list(components: tuple[Component, ...], path: str) -> Component:
    """Return the dynamic list at `path` (`rows`, or `rows.0.inner`).

    Raises:
        Invalid: `form-no-list`; there is none, or its rows may not change.
    """
    wanted = tuple(segment for segment in path.split(".") if not segment.isdecimal())
    for component, found in _lists(components, ()):
        if found == wanted and component.rows_may_change:
            return component
    raise Invalid("form-no-list", "the form has no list {path} whose rows may change", path=path)


def _lists(components: tuple[Component, ...], prefix: Path) -> list[tuple[Component, Path]]:
    found: list[tuple[Component, Path]] = []
    for component in components:
        path = prefix + component.path
        if component.is_repeated:
            found.append((component, path))
        found += _lists(component.components, path)
    return found


def with_row(data: Mapping[str, Any], path: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `data` with `row` at the end of the list at `path`; a full list stays as it is."""
    result = deepcopy(dict(data))
    holder, last = _step_into(result, path)
    rows = holder.get(last)
    holder[last] = [*(rows if isinstance(rows, list) else []), dict(row)][:MOST_ROWS]
    return result


def without_row(data: Mapping[str, Any], path: str, number: int) -> dict[str, Any]:
    """Return a copy of `data` without row `number` (from 0) of the list at `path`."""
    result = deepcopy(dict(data))
    holder, last = _step_into(result, path)
    rows = holder.get(last)
    holder[last] = [row for position, row in enumerate(rows or []) if position != number]
    return result


def _step_into(data: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *head, last = path.split(".")
    holder: Any = data
    for segment in head:
        if segment.isdecimal() and isinstance(holder, list):
            if int(segment) >= len(holder):
                raise Invalid("form-no-list", "the form has no list {path} whose rows may change", path=path)
            holder = holder[int(segment)]
        else:
            holder = holder.setdefault(segment, {})
    return holder, last
