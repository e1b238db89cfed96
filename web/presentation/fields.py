"""Names, values and errors of form fields, addressed by dotted paths such as `address.street` and `rows.0.name`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any


def field_id(name: str) -> str:
    """Return the element id of the field with this dotted name; error summaries link to it."""
    return "field-" + re.sub(r"[^0-9A-Za-z_-]+", "-", name)


def resolve_name(prefix: str, path: str | None) -> str:
    """Return the dotted name of a component inside a group or row; a group without a path adds nothing."""
    return ".".join(part for part in (prefix, path) if part)


def at(data: Any, name: str, default: Any = None) -> Any:
    """Return the value at a dotted name, or `default` where a step of the way is missing."""
    for part in name.split("."):
        if isinstance(data, Mapping):
            if part in data:
                data = data[part]
            elif part.isdigit() and int(part) in data:  # marshmallow numbers the rows with integers
                data = data[int(part)]
            else:
                return default
        elif isinstance(data, Sequence) and not isinstance(data, str) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return default
    return data


def flatten_errors(errors: Mapping[Any, Any] | None) -> dict[str, list[str]]:
    """Return dotted name → messages for errors as marshmallow nests them.

    Args:
        errors: `{"name": ["…"], "rows": {0: {"x": ["…"]}}, "_schema": ["…"]}`; flat ones pass unchanged.
    """
    flat: dict[str, list[str]] = {}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(inner, path if key == "_schema" and path else resolve_name(path, str(key)))
        else:
            messages = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
            flat.setdefault(path, []).extend(messages)

    walk(errors or {}, "")
    return flat


def column_span(component: Mapping[str, Any], siblings: Sequence[Mapping[str, Any]]) -> int:
    """Return how many of the 16 columns a component takes: what its layout says, else an equal part of its row."""
    layout = component.get("layout") or {}
    if layout.get("columns"):
        return int(layout["columns"])
    if not layout.get("row"):
        return 16
    mates: int = sum((each.get("layout") or {}).get("row") == layout["row"] for each in siblings)
    return 16 // mates
