"""DMN files as XML: read without entities, without a network, and up to a size."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.decisions.errors import DecisionError

#: Bytes of a model. The largest one of the standard's own kit has a tenth of this.
LARGEST = 4_000_000

#: Namespaces of DMN 1.1 to 1.5.
NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}


def parse(xml: bytes) -> Any:
    """Return the root element of a DMN file.

    Raises:
        DecisionError: `decision-too-large`, `decision-doctype`, `decision-no-xml` or `decision-no-dmn`.
    """
    if len(xml) > LARGEST:
        raise DecisionError(
            "decision-too-large", "the model has {size} bytes; at most {limit} are read", size=len(xml), limit=LARGEST
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as problem:
        raise DecisionError("decision-no-xml", "the model is no XML: {problem}", problem=str(problem)) from problem
    if root.getroottree().docinfo.doctype:
        raise DecisionError("decision-doctype", "the model has a DOCTYPE; save it without one")
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise DecisionError(
            "decision-no-dmn",
            "the file's root is `{root}`, not the `definitions` of DMN 1.1 to 1.5; save it as DMN",
            root=f"{{{name.namespace}}}{name.localname}",
        )
    return root


def version(root: Any) -> str:
    """Return the version of DMN that a file is written in, such as `1.3`."""
    return NAMESPACES[etree.QName(root).namespace]


def local(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def children(element: Any, *names: str) -> Iterator[Any]:
    """Yield the children with one of the names."""
    return (child for child in element if local(child) in names)


def child(element: Any, name: str) -> Any:
    """Return the first child with the name, or None."""
    return next(children(element, name), None)


def text_of(element: Any) -> str:
    """Return the `<text>` within an element, without blanks around it; empty for None."""
    found = child(element, "text") if element is not None else None
    return "".join(found.itertext()).strip() if found is not None else ""


def reference(element: Any) -> tuple[str, str]:
    """Return namespace (empty for this model) and id of the element that `href` points to."""
    namespace, _, target = (element.get("href") or "").rpartition("#")
    return namespace, target
