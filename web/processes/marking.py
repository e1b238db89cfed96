"""What is different between two packages, as their drawings mark it."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.definitions.comparing import Change, ChangeKind
from engine.spiff import ProcessOutline
from web.words import one_line

#: page → what is different on it: `element` and `kind`
Marks = Mapping[str, list[dict[str, str]]]


def marks(changes: Iterable[Change], *, newer: bool) -> Marks:
    """Return what one of two drawings shows of changes: of the newer what was added, of the older what was removed."""
    absent = ChangeKind.REMOVED if newer else ChangeKind.ADDED
    found: dict[str, list[dict[str, str]]] = {}
    for change in changes:
        if change.what in ("element", "flow", "lane") and change.kind is not absent:
            found.setdefault(change.where, []).append({"element": change.id, "kind": change.kind.value})
    return found


def marked(outline: ProcessOutline, pages: Mapping[str, ProcessOutline], differing: Marks) -> dict[str, Any]:
    """Return what a drawing in which nothing is under way needs beside its XML: the pages that it calls, and marks."""
    called = [
        {
            "id": each.called_process, "name": one_line(each.name), "element": each.id, "tokens": 0,
            "changes": len(differing.get(each.called_process or "", [])),
        }
        for each in outline.elements.values()
        if each.called_process in pages
    ]  # fmt: skip
    return {"page": outline.id, "tokens": [], "done": [], "pages": called, "changes": differing.get(outline.id, [])}
