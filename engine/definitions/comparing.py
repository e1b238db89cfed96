"""What is different between two packages, in the words of the parts that a designer knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

import orjson

from engine.definitions.package import Package
from engine.spiff import ElementOutline, FlowOutline, ProcessOutline, read_definitions

#: Files that are compared as a whole, by what they are called.
_FOLDERS: Final = {"decisions/": "decision", "notices/": "notice", "documents/": "document"}
#: What follows from other parts, which are told by themselves.
_FOLLOWING: Final = frozenset(["incoming", "outgoing", "process_id"])


class ChangeKind(StrEnum):
    """What became of a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference.

    Args:
        what: `process`, `element`, `flow`, `drawing`, `form`, `decision`, `notice`, `document` or `file`.
        id, name: of the part; the name is "" where it has none.
        where: id of the process for an element or flow, else the file.
        details: what changed: (setting, before, after).
    """

    kind: ChangeKind
    what: str
    id: str
    name: str = ""
    where: str = ""
    details: tuple[tuple[str, Any, Any], ...] = ()


def compare(old: Package, new: Package) -> list[Change]:
    """Return what is different in `new`: processes and their elements first, then forms, then other files.

    Raises:
        Invalid: a diagram of either cannot be read.
    """
    return [*_diagrams(old, new), *_forms(old, new), *_files(old, new)]


def _diagrams(old: Package, new: Package) -> Iterator[Change]:
    before, after = read_definitions(old.diagrams).processes, read_definitions(new.diagrams).processes
    told: set[str] = set()
    for kind, key in _keys(before, after):
        process = after.get(key) or before[key]
        changes: list[Change] = []
        if kind is not ChangeKind.CHANGED:
            changes.append(Change(kind=kind, what="process", id=key, name=process.name, where=process.file))
        else:
            changes += _process(before[key], after[key])
        told |= {process.file} if changes else set()
        yield from changes
    for file, content in new.diagrams.items():
        if file in old.diagrams and old.diagrams[file] != content and file not in told:
            yield Change(kind=ChangeKind.CHANGED, what="drawing", id=file, where=file)


def _process(before: ProcessOutline, after: ProcessOutline) -> Iterator[Change]:
    if before.name != after.name:
        details = (("name", before.name, after.name),)
        yield Change(
            kind=ChangeKind.CHANGED, what="process", id=after.id, name=after.name, where=after.file, details=details
        )
    yield from _outlines("element", after.id, before.elements, after.elements)
    yield from _outlines("flow", after.id, before.flows, after.flows)


def _outlines(
    what: str,
    process: str,
    before: Mapping[str, ElementOutline] | Mapping[str, FlowOutline],
    after: Mapping[str, ElementOutline] | Mapping[str, FlowOutline],
) -> Iterator[Change]:
    for kind, key in _keys(before, after):
        part = after.get(key) or before[key]
        details = _details(before[key], after[key]) if kind is ChangeKind.CHANGED else ()
        if details or kind is not ChangeKind.CHANGED:
            yield Change(kind=kind, what=what, id=key, name=part.name, where=process, details=details)


def _details(before: Any, after: Any) -> tuple[tuple[str, Any, Any], ...]:
    """Name every setting that differs; of a mapping (settings, headers) every entry."""
    found: list[tuple[str, Any, Any]] = []
    for each in fields(after):
        was, now = getattr(before, each.name), getattr(after, each.name)
        if was == now or each.name in _FOLLOWING:
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            entries = sorted({*was, *now})
            found += [(key, was.get(key), now.get(key)) for key in entries if was.get(key) != now.get(key)]
        else:
            found.append((each.name, was, now))
    return tuple(found)


def _forms(old: Package, new: Package) -> Iterator[Change]:
    before, after = (
        {name: orjson.loads(content) for name, content in package.below("forms", ".form").items()}
        for package in (old, new)
    )
    for kind, key in _keys(before, after):
        parts = _components(before[key], after[key]) if kind is ChangeKind.CHANGED else ()
        if kind is not ChangeKind.CHANGED or before[key] != after[key]:
            yield Change(kind=kind, what="form", id=key, where=f"forms/{key}.form", details=parts)


def _components(before: Any, after: Any) -> tuple[tuple[str, Any, Any], ...]:
    was, now = _by_id(before), _by_id(after)
    return tuple((key, was.get(key), now.get(key)) for key in {**was, **now} if was.get(key) != now.get(key))


def _by_id(form: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for component in form.get("components", ()) if isinstance(form, dict) else ():
        if isinstance(component, dict):
            found[str(component.get("id"))] = {k: v for k, v in component.items() if k != "components"}
            found |= _by_id(component)
    return found


def _files(old: Package, new: Package) -> Iterator[Change]:
    told = (".bpmn", ".form")
    before, after = (
        {name: content for name, content in package.files.items() if not name.endswith(told)} for package in (old, new)
    )
    for kind, name in _keys(before, after):
        if kind is ChangeKind.CHANGED and before[name] == after[name]:
            continue
        folder = next((folder for folder in _FOLDERS if name.startswith(folder)), "")
        identifier = name.removeprefix(folder).rpartition(".")[0] if folder else name
        yield Change(kind=kind, what=_FOLDERS.get(folder, "file"), id=identifier, where=name)


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[ChangeKind, str]]:
    """Yield every key with what may have become of it: those of both are to be compared."""
    for key in after:
        yield ChangeKind.CHANGED if key in before else ChangeKind.ADDED, key
    for key in before:
        if key not in after:
            yield ChangeKind.REMOVED, key
