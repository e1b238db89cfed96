"""What is different between two packages, part by part as a designer knows them; `wording` says it in sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

import orjson

from engine.definitions.comparing_parts import Details, entries, lines, moved, rules
from engine.definitions.package import MANIFEST, TEXTS, Package
from engine.spiff import ElementOutline, FlowOutline, LaneOutline, ProcessOutline, read_definitions

#: Files that are compared as a whole, by what they are called.
_FOLDERS: Final = {"decisions/": "decision", "notices/": "notice", "documents/": "document"}
#: What follows from other parts, which are told by themselves.
_FOLLOWING: Final = frozenset(["incoming", "outgoing", "process_id", "element_ids", "is_task"])


class ChangeKind(StrEnum):
    """What became of a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    #: it is drawn elsewhere or in another size, which changes nothing of how it runs
    MOVED = "moved"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference.

    Args:
        what: `process`, `lane`, `element`, `flow`, `drawing`, `form`, `decision`, `notice`, `document` or `file`.
        id, name: of the part; the name is "" where it has none.
        sort: BPMN tag of an element, such as `sendTask`; "" for other parts.
        ends: of a flow, the names of the elements that it connects.
        unit: of an element or lane with a time limit, the unit of it now.
        where: id of the process for an element, lane or flow, else the file.
        details: what changed: (setting, before, after). Of a form by component, of a decision by rule (`rule <id>`, a
            row by column with its number under `#`), of a text by line.
    """

    kind: ChangeKind
    what: str
    id: str
    name: str = ""
    where: str = ""
    details: Details = ()
    sort: str = ""
    ends: tuple[str, str] | None = None
    unit: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it with plain keys, for pages that colour a diagram by element id and for programs."""
        return {
            "kind": self.kind.value,
            "what": self.what,
            "id": self.id,
            "name": self.name,
            "sort": self.sort,
            "where": self.where,
            "details": [{"setting": name, "before": was, "after": now} for name, was, now in self.details],
        }


def compare(old: Package, new: Package) -> list[Change]:
    """Return what is different in `new`: processes and their elements first, then forms, then other files.

    Raises:
        Invalid: a diagram of either cannot be read.
    """
    return [*_diagrams(old, new), *_forms(old, new), *_files(old, new)]


def _diagrams(old: Package, new: Package) -> Iterator[Change]:
    was, now = read_definitions(old.diagrams), read_definitions(new.diagrams)
    before, after = was.processes, now.processes
    told: set[str] = set()
    for kind, key in _keys(before, after):
        process = after.get(key) or before[key]
        changes: list[Change] = []
        if kind is not ChangeKind.CHANGED:
            changes.append(Change(kind=kind, what="process", id=key, name=process.name, where=process.file))
        else:
            changes += _process(before[key], after[key])
            roots = was.documents[before[key].file], now.documents[process.file]
            for part, details in moved(*roots, [*process.elements, *process.lanes]):
                element = process.elements.get(part) or process.lanes[part]
                changes.append(
                    Change(
                        kind=ChangeKind.MOVED, what="element" if part in process.elements else "lane", id=part,
                        name=element.name, where=key, details=details, sort=getattr(element, "kind", ""),
                    )
                )  # fmt: skip
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
    lanes = list(_outlines("lane", after, before.lanes, after.lanes))
    yield from lanes
    inherited = {each.id: each.details for each in lanes}
    for change in _outlines("element", after, before.elements, after.elements):
        lane = getattr(after.elements.get(change.id), "lane", None) or ""
        own = tuple(each for each in change.details if each not in inherited.get(lane, ()))
        if own or change.kind is not ChangeKind.CHANGED:  # what its lane sets is told of the lane
            yield replace(change, details=own)
    yield from _outlines("flow", after, before.flows, after.flows, before)


def _outlines(
    what: str,
    process: ProcessOutline,
    before: Mapping[str, ElementOutline] | Mapping[str, FlowOutline] | Mapping[str, LaneOutline],
    after: Mapping[str, ElementOutline] | Mapping[str, FlowOutline] | Mapping[str, LaneOutline],
    former: ProcessOutline | None = None,
) -> Iterator[Change]:
    for kind, key in _keys(before, after):
        part = after.get(key) or before[key]
        details = _details(before[key], after[key]) if kind is ChangeKind.CHANGED else ()
        if details or kind is not ChangeKind.CHANGED:
            ends = _ends(part, process, former) if isinstance(part, FlowOutline) else None
            yield Change(
                kind=kind, what=what, id=key, name=part.name, where=process.id, details=details,
                sort=getattr(part, "kind", ""), ends=ends, unit=getattr(part, "settings", {}).get("clock.unit", ""),
            )  # fmt: skip


def _ends(flow: FlowOutline, *processes: ProcessOutline | None) -> tuple[str, str]:
    """What a flow connects, by name; by id where there is none."""
    names = {key: each.name for process in processes if process for key, each in process.elements.items() if each.name}
    return names.get(flow.source, flow.source), names.get(flow.target, flow.target)


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
        details = _inside(name, before[name], after[name]) if kind is ChangeKind.CHANGED else ()
        yield Change(kind=kind, what=_FOLDERS.get(folder, "file"), id=identifier, where=name, details=details)


def _inside(name: str, before: bytes, after: bytes) -> Details:
    """What differs inside of a file that is no diagram and no form."""
    if name.endswith(".dmn"):
        return rules(before, after)
    if name in (MANIFEST, TEXTS):
        return entries(before, after)
    return lines(before, after)


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[ChangeKind, str]]:
    """Yield every key with what may have become of it: those of both are to be compared."""
    for key in after:
        yield ChangeKind.CHANGED if key in before else ChangeKind.ADDED, key
    for key in before:
        if key not in after:
            yield ChangeKind.REMOVED, key
