"""The parts of a form as they were read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

#: Shown, never filled in.
PRESENTATION: Final = frozenset(
    ["text", "html", "image", "table", "spacer", "separator", "iframe", "button", "documentPreview"]
)
#: Filled in, each with a key.
INPUT: Final = frozenset(
    [
        "textfield", "textarea", "number", "checkbox", "checklist", "radio", "select", "taglist", "datetime",
        "filepicker", "expression",
    ]
)  # fmt: skip
CONTAINER: Final = frozenset(["group", "dynamiclist"])
#: One of several.
SINGLE: Final = frozenset(["radio", "select"])
#: Some of several.
MULTIPLE: Final = frozenset(["checklist", "taglist"])
OPTIONED: Final = SINGLE | MULTIPLE

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Component:
    """One part of a form.

    Args:
        id: unique in the form.
        type: `textfield`, `group` … as form-js names them.
        path: segments of the key, or of a container's path; empty for a group without one and for what is only shown.
        settings: everything else as the designer's JSON has it.
        components: what a container holds.
    """

    id: str
    type: str
    path: Path = ()
    settings: Mapping[str, Any]
    components: tuple["Component", ...] = ()

    @property
    def is_input(self) -> bool:
        return self.type in INPUT

    @property
    def is_repeated(self) -> bool:
        """A dynamic list; form-js also knows one that is switched off and then acts as a group."""
        return self.type == "dynamiclist" and self.settings.get("isRepeating", True) is not False

    @property
    def rules(self) -> Mapping[str, Any]:
        return self.settings.get("validate") or {}

    @property
    def is_required(self) -> bool:
        return self.rules.get("required") is True

    @property
    def hide(self) -> str | None:
        """The FEEL of the condition that hides it, without the leading `=`."""
        condition = (self.settings.get("conditional") or {}).get("hide")
        return condition[1:] if isinstance(condition, str) and condition.startswith("=") else None

    @property
    def label(self) -> str:
        """What a person calls it."""
        for name in ("label", "dateLabel", "timeLabel"):
            if self.settings.get(name):
                return str(self.settings[name])
        return ".".join(self.path) or self.id

    @property
    def repetitions(self) -> int:
        """Rows that an untouched dynamic list has."""
        return int(self.settings.get("defaultRepetitions", 1))

    @property
    def rows_may_change(self) -> bool:
        return self.settings.get("allowAddRemove", True) is not False

    def walk(self) -> Iterator["Component"]:
        """Yield this and everything inside, in the order of the form."""
        yield self
        for component in self.components:
            yield from component.walk()


@dataclass(frozen=True, kw_only=True)
class Option:
    """Something that can be chosen."""

    value: Any
    label: str

    @property
    def token(self) -> str:
        """The text that stands for the value in a page."""
        return token(self.value)


def token(value: Any) -> str:
    """Return the text that stands for `value` in a page, the same for 1, 1.0 and Decimal("1")."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{token(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(token(item) for item in value) + "]"
    return "" if value is None else str(value)


def at(data: Any, path: Path, default: Any = None) -> Any:
    """Return what lies at `path` in nested mappings, or `default`."""
    for segment in path:
        if not isinstance(data, Mapping) or segment not in data:
            return default
        data = data[segment]
    return data


def roots(components: Iterable[Component]) -> frozenset[str]:
    """Return the top-level names that a form writes into."""
    return frozenset(each.path[0] for component in components for each in component.walk() if each.path)


def is_static(components: Iterable[Component]) -> bool:
    """Say whether nothing of a form depends on what is entered: no FEEL, and no options taken from data."""
    return not any(
        each.type == "expression"
        or each.hide is not None
        or "valuesKey" in each.settings
        or any(isinstance(value, str) and value.startswith("=") for value in each.settings.values())
        for component in components
        for each in component.walk()
    )


def is_plain(components: Iterable[Component]) -> bool:
    """Say whether a form is static, its limits too, and has only fields that anybody may fill in: no lists of rows."""
    parts = tuple(components)
    return is_static(parts) and not any(
        each.is_repeated
        or each.settings.get("disabled")
        or each.settings.get("readonly")
        or any(isinstance(limit, str) and limit.startswith("=") for limit in each.rules.values())
        for component in parts
        for each in component.walk()
    )


def put(data: dict[str, Any], path: Path, value: Any) -> None:
    """Set `value` at `path`, making the mappings on the way; what is no mapping there gives way."""
    for segment in path[:-1]:
        inner = data.get(segment)
        if not isinstance(inner, dict):
            inner = data[segment] = {}
        data = inner
    data[path[-1]] = value


def row_at(rows: Any, position: int) -> Mapping[str, Any]:
    """Return a row of a list, or an empty one where there is none."""
    row = rows[position] if isinstance(rows, list) and position < len(rows) else None
    return row if isinstance(row, Mapping) else {}
