"""Adding `zeebe:` settings to foreign elements; what is there already is never changed."""

from collections.abc import Mapping

from lxml import etree

from engine.spiff.document import ZEEBE, Node, child, q
from engine.spiff.zeebe import PREFIX

_BEFORE = (q("documentation"),)


def extension_elements(node: Node) -> Node:
    """The place for extensions of an element, made where it is missing."""
    found = child(node, "extensionElements")
    if found is None:
        found = node.makeelement(q("extensionElements"))
        node.insert(sum(part.tag in _BEFORE for part in node), found)
    return found


def zeebe(node: Node, name: str) -> Node | None:
    """The `zeebe:` element of this name at an element, or None."""
    found = child(node, "extensionElements")
    return found.find(f"{{{ZEEBE}}}{name}") if found is not None else None


def add(node: Node, name: str, attributes: Mapping[str, str]) -> Node:
    """Add a `zeebe:` element, or what it lacks of these attributes."""
    found = zeebe(node, name)
    if found is None:
        found = etree.SubElement(extension_elements(node), f"{{{ZEEBE}}}{name}", nsmap={"zeebe": ZEEBE})
    for key, value in attributes.items():
        if found.get(key) is None:
            found.set(key, value)
    return found


def set_property(node: Node, setting: str, value: str) -> None:
    """Add one of our own settings, unless it is there."""
    properties = add(node, "properties", {})
    if all(part.get("name") != PREFIX + setting for part in properties):
        etree.SubElement(properties, f"{{{ZEEBE}}}property", name=PREFIX + setting, value=value)


def map_variable(node: Node, direction: str, source: str, target: str) -> None:
    """Add one line of an input or output mapping."""
    mapping = add(node, "ioMapping", {})
    etree.SubElement(mapping, f"{{{ZEEBE}}}{direction}", source=source, target=target)
