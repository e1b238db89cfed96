"""What an import says: the processes it found, what is missing to run them, and what of the drawing does not run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.spiff.document import SCOPES, Node, local

#: What an element has to be in, to belong to a process.
_OUTERMOST = "process"


class Group(StrEnum):
    """What a designer does in one go; the list of what is missing is ordered by it."""

    #: ways, starts, joins and what cannot be executed as drawn
    STRUCTURE = "structure"
    #: who does it
    ASSIGNMENTS = "assignments"
    #: what is filled in
    FORMS = "forms"
    #: which way is taken
    CONDITIONS = "conditions"
    #: when
    TIMERS = "timers"
    #: messages, signals and other events
    EVENTS = "events"
    #: what the engine itself does: services, scripts, decisions, called processes
    WORK = "work"
    #: how often
    LOOPS = "loops"


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """Something that is missing to run a process.

    Args:
        process, element: ids in the normalised file; "" when it concerns the whole file.
        name: what the drawing shows.
        kind: stable kebab-case name.
        missing: what is missing, a sentence without its full stop.
        mend: what to do about it.
        required: without it the process is not deployed; else it runs, and perhaps not as meant.
    """

    process: str
    element: str
    name: str
    kind: str
    group: Group
    missing: str
    mend: str
    required: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return it under the keys that the command prints."""
        return {
            "process": self.process,
            "element": self.element,
            "name": self.name,
            "kind": self.kind,
            "group": self.group.value,
            "missing": self.missing,
            "do": self.mend,
            "required": self.required,
        }


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Something that is kept in the file, or was changed in it, and does not run as drawn.

    Args:
        kind: stable kebab-case name.
        what: what does not survive or does not run, a sentence without its full stop.
        count: how many of them, when one line stands for several.
    """

    process: str
    element: str
    name: str
    kind: str
    what: str
    count: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return it under the keys that the command prints."""
        return {
            "process": self.process,
            "element": self.element,
            "name": self.name,
            "kind": self.kind,
            "what": self.what,
            "count": self.count,
        }


@dataclass(frozen=True, kw_only=True)
class ImportedProcess:
    """One process of the file.

    Args:
        pool: name of the pool that shows it; "" without one.
        drawn_executable: what the file itself said; it is made executable when it holds anything.
        elements, flows: how many it holds, those of its sub-processes included.
        runs: nothing that is required is missing.
    """

    id: str
    name: str
    pool: str
    drawn_executable: bool
    elements: int
    flows: int
    runs: bool

    def to_json(self) -> dict[str, Any]:
        """Return it under the keys that the command prints."""
        return {
            "id": self.id,
            "name": self.name,
            "pool": self.pool,
            "drawn_executable": self.drawn_executable,
            "elements": self.elements,
            "flows": self.flows,
            "runs": self.runs,
        }


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A foreign diagram as the engine keeps it.

    Args:
        content: the normalised file: the drawing with everything foreign in it, and what it lacked to run.
        renamed: id in `content` → id as drawn, of elements whose id could not stay.
    """

    content: bytes = field(repr=False)
    processes: tuple[ImportedProcess, ...]
    todo: tuple[ToDo, ...]
    lossy: tuple[Loss, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the report: `processes`, `todo`, `lossy`, and `renamed`."""
        return {
            "processes": [each.to_json() for each in self.processes],
            "todo": [each.to_json() for each in self.todo],
            "lossy": [each.to_json() for each in self.lossy],
            "renamed": dict(self.renamed),
        }


class Notes:
    """Collects what the steps of an import find."""

    def __init__(self) -> None:
        self.todo: list[ToDo] = []
        self.lossy: list[Loss] = []
        self.renamed: dict[str, str] = {}

    def miss(self, node: Node, kind: str, group: Group, missing: str, mend: str, *, required: bool = True) -> None:
        """Note what is missing at an element."""
        self.todo.append(
            ToDo(
                process=process_of(node), element=node.get("id") or "", name=shown(node), kind=kind, group=group,
                missing=missing, mend=mend, required=required,
            )
        )  # fmt: skip

    def lose(self, node: Node, kind: str, what: str, count: int = 1) -> None:
        """Note what does not run at an element."""
        self.lossy.append(
            Loss(
                process=process_of(node), element=node.get("id") or "", name=shown(node), kind=kind, what=what,
                count=count,
            )
        )  # fmt: skip


def shown(node: Node) -> str:
    """The name of an element in one line; that of the element around it for a part without one."""
    return " ".join((node.get("name") or "").split())


def process_of(node: Node) -> str:
    """The id of the process that an element lies in; "" outside of any."""
    for around in (node, *node.iterancestors()):
        if local(around) == _OUTERMOST:
            return around.get("id") or ""
    return ""


def scopes(root: Node) -> list[Node]:
    """All processes and sub-processes of a file."""
    return list(root.iter(*[f"{{*}}{name}" for name in SCOPES]))
