"""What a rule looks at."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from engine.errors import Phrase
from engine.spiff.document import NODES, Node, every
from engine.spiff.findings import Finding, Severity, finding
from engine.spiff.outline import Definitions, ElementOutline, ProcessOutline


@dataclass(frozen=True, kw_only=True)
class Package:
    """The diagrams of a package, and what is known of its other parts; None: not known."""

    definitions: Definitions
    decisions: Collection[str] | None = None
    forms: Collection[str] | None = None
    functions: Collection[str] | None = None

    @cached_property
    def clocks(self) -> frozenset[str]:
        """The clocks that the activities of the package start."""
        return frozenset(
            element.settings["clock"]
            for process in self.definitions.processes.values()
            for element in process.elements.values()
            if "clock" in element.settings
        )


@dataclass(frozen=True, kw_only=True)
class Page:
    """One process of a package."""

    package: Package
    process: ProcessOutline
    node: Node

    def nodes(self) -> list[tuple[Node, ElementOutline]]:
        """The flow nodes, as XML and as outline; those without an id are left to the refusals."""
        return [
            (node, self.process.elements[node.get("id")])
            for node in every(self.node, *NODES)
            if node.get("id") in self.process.elements
        ]

    def error(self, code: str, element: ElementOutline, reason: Phrase, mend: Phrase) -> Finding:
        """An error of one element."""
        return self.say(Severity.ERROR, code, element.id, element.name, reason, mend)

    def warning(self, code: str, element: ElementOutline, reason: Phrase, mend: Phrase) -> Finding:
        """A warning about one element."""
        return self.say(Severity.WARNING, code, element.id, element.name, reason, mend)

    def say(self, severity: Severity, code: str, id: str, name: str, reason: Phrase, mend: Phrase) -> Finding:
        """A finding about a part that is no flow node."""
        return finding(severity, code, self.process.file, id, name, reason, mend)
