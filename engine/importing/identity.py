"""Ids: every element that takes part gets one of its own, and whatever refers to it follows."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from lxml import etree

from engine.errors import Phrase
from engine.importing.report import Notes
from engine.spiff.document import BPMN, BPMNDI, NODES, Node, local, q
from engine.spiff.rewrites.refusals import FORBIDDEN_IN_ID

#: What an id is needed for, beside flow nodes.
NAMED: Final = frozenset((*NODES, "process", "sequenceFlow", "lane", "participant", "message", "signal", "error"))
#: References that count inside of the scope in which they stand.
_NEAR: Final = ("sourceRef", "targetRef", "attachedToRef", "default")
_OURS: Final = (f"{{{BPMN}}}", f"{{{BPMNDI}}}")
_SHAPES: Final = (f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge")
_REFERRING: Final = re.compile(r".*Refs?|incoming|outgoing|source|target|supportedInterfaceRef")


def give_ids(root: Node, notes: Notes) -> None:
    """Give every element of the diagram an id that is its own and that an id can be."""
    names = _Names(root, notes)
    for node in names.elements:
        names.name(node)
    _follow(root, {node.get("id") for node in names.elements}, names.moved)


class _Names:
    """The ids of one file while they are given."""

    def __init__(self, root: Node, notes: Notes) -> None:
        self.notes = notes
        self.elements = [
            node for node in root.iter(f"{{{BPMN}}}*") if node.get("id") is not None or local(node) in NAMED
        ]
        self.used = {identifier for node in self.elements if (identifier := _id(node))}
        self.counted: Counter[str] = Counter()
        self.first: dict[str, Node] = {}
        #: id as drawn, which no id can be → the new one
        self.moved: dict[str, str] = {}
        self.shapes: dict[str, list[Node]] = {}
        for shape in root.iter(*_SHAPES):
            self.shapes.setdefault((shape.get("bpmnElement") or "").strip(), []).append(shape)

    def name(self, node: Node) -> None:
        """Keep the id of an element, or give it another."""
        identifier = _id(node)
        if not identifier:
            node.set("id", self.fresh(local(node)))
        elif identifier in self.first:
            self.tell_apart(node, identifier)
        elif FORBIDDEN_IN_ID.search(identifier):
            self.moved[identifier] = self.rename(node, identifier, re.sub(r"[^\w.-]", "_", identifier))
        elif identifier != node.get("id"):
            node.set("id", identifier)
        self.first.setdefault(node.get("id"), node)
        self.first.setdefault(identifier, node)

    def fresh(self, wanted: str) -> str:
        """An id that nobody has: the wanted one, or with a number."""
        base = new = wanted if re.match(r"[A-Za-z_]", wanted) else f"id_{wanted}"
        while new in self.used:
            self.counted[base] += 1
            new = f"{base}_{self.counted[base] + 1}"
        self.used.add(new)
        return new

    def rename(self, node: Node, drawn: str, wanted: str) -> str:
        """Give a node another id and say so."""
        new = self.fresh(wanted)
        node.set("id", new)
        self.notes.renamed[new] = drawn
        what = Phrase("its id {drawn} cannot stay; it is {id} now", drawn=drawn, id=new)
        self.notes.lose(node, "id-renamed", what)
        return new

    def tell_apart(self, node: Node, drawn: str) -> None:
        """Rename the second of two with one id. In another scope, what refers to it follows; so does its shape."""
        new = self.rename(node, drawn, drawn)
        scope = node.getparent()
        if local(node) in NODES and self.first[drawn].getparent() is not scope:
            for part in scope:
                for name in _NEAR:
                    if part.get(name) == drawn:
                        part.set(name, new)
            for reference in scope.iter(q("flowNodeRef")):
                if (reference.text or "").strip() == drawn:
                    reference.text = new
        shapes = self.shapes.get(drawn, [])
        if len(shapes) > 1:
            shapes.pop(1).set("bpmnElement", new)


def _id(node: Node) -> str:
    return (node.get("id") or "").strip()


def _follow(root: Node, known: set[str], moved: dict[str, str]) -> None:
    """Correct references to ids that moved, and those with a prefix or blanks, which the engine does not resolve."""
    for node in root.iter(etree.Element):
        if not node.tag.startswith(_OURS):
            continue
        for name, value in _references(node):
            if (new := _meant(value, known, moved)) is not None:
                node.set(name, new)
        if node.text and len(node) == 0 and _REFERRING.fullmatch(local(node)):
            node.text = _meant(node.text, known, moved) or node.text


def _meant(value: str, known: set[str], moved: dict[str, str]) -> str | None:
    """The id that a reference means; None when it stands as it is."""
    said = value.strip()
    if said in moved:
        return moved[said]
    if said not in known and ":" in said and (bare := said.rpartition(":")[2]) in known:
        return bare
    return said if said in known and said != value else None


def _references(node: Node) -> Iterator[tuple[str, str]]:
    """The attributes that may name another element."""
    for name, value in list(node.attrib.items()):
        if name.endswith(("Ref", "Element")) or name == "default":
            yield name, value
