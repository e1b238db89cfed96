"""Differences inside of one part: a drawing's places, a decision's rules, a text's lines, a table of entries."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import orjson

from engine.decisions import DecisionError, Model
from engine.decisions.elements import DecisionNode, DecisionTable
from engine.spiff.document import BPMNDI, Node

#: (setting, before, after)
Details: TypeAlias = tuple[tuple[str, Any, Any], ...]
#: A text with more lines, or with more differences, is compared as a whole.
MAX_LINES: Final = 2_000
MAX_DIFFERENCES: Final = 40


def moved(before: Node, after: Node, ids: Iterable[str]) -> Iterator[tuple[str, Details]]:
    """Yield what is drawn in another place or size in two files: id, and x, y, width and height where they differ."""
    was, now = _bounds(before), _bounds(after)
    for identifier in ids:
        if identifier in was and identifier in now and was[identifier] != now[identifier]:
            pairs = zip(("x", "y", "width", "height"), was[identifier], now[identifier], strict=True)
            yield identifier, tuple(each for each in pairs if each[1] != each[2])


def _bounds(root: Node) -> dict[str, tuple[str, ...]]:
    found = {}
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape"):
        bounds = shape.find("{*}Bounds")
        if bounds is not None:
            found[shape.get("bpmnElement")] = tuple(bounds.get(name) or "" for name in ("x", "y", "width", "height"))
    return found


def rules(before: bytes, after: bytes) -> Details:
    """What differs between two DMN models, table by table and rule by rule; nothing when one cannot be read."""
    try:
        was, now = _tables(Model.read(before)), _tables(Model.read(after))
    except DecisionError:
        return ()
    found: list[tuple[str, Any, Any]] = []
    for name in {**was, **now}:
        if name not in was or name not in now:
            found.append((f"table {name}", name if name in was else None, name if name in now else None))
            continue
        old, new = was[name], now[name]
        if old.policy != new.policy:
            found.append(("policy", old.policy, new.policy))
        one, other = _rows(old), _rows(new)
        found += [(f"rule {key}", one.get(key), other.get(key)) for key in {**one, **other}
                  if _cells(one.get(key)) != _cells(other.get(key))]  # fmt: skip
    return tuple(found)


def _tables(model: Model) -> dict[str, DecisionTable]:
    return {
        element.name: element.logic
        for element in model.elements
        if isinstance(element, DecisionNode) and isinstance(element.logic, DecisionTable)
    }


def _rows(table: DecisionTable) -> dict[str, dict[str, Any]]:
    """Each rule by its id: its cells by the column's label, and its number under `#`."""
    labels = [column.label for column in table.inputs] + [column.label or column.name for column in table.outputs]
    return {
        rule.id or str(rule.number): {"#": rule.number}
        | dict(zip(labels, [cell.text for cell in (*rule.tests, *rule.outputs)], strict=False))
        for rule in table.rules
    }


def _cells(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {key: value for key, value in row.items() if key != "#"} if row is not None else None


def lines(before: bytes, after: bytes) -> Details:
    """The lines of a text that differ, as (`line <number now>`, before, after)."""
    was, now = (content.decode("utf-8", "replace").splitlines() for content in (before, after))
    if max(len(was), len(now)) > MAX_LINES:
        return ()
    found: list[tuple[str, Any, Any]] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag != "equal":
            found.append((f"line {k + 1}", "\n".join(was[i:j]) or None, "\n".join(now[k:m]) or None))
    return tuple(found) if len(found) <= MAX_DIFFERENCES else ()


def entries(before: bytes, after: bytes) -> Details:
    """The entries of a JSON file that differ, by their path, such as `outcomes.solved.zh_CN`."""
    try:
        was, now = dict(_flat(orjson.loads(before))), dict(_flat(orjson.loads(after)))
    except orjson.JSONDecodeError:
        return ()
    return tuple((key, was.get(key), now.get(key)) for key in {**was, **now} if was.get(key) != now.get(key))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
