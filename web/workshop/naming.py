"""What the files of a package are called by people, where they say so themselves."""

from lxml import etree

from engine.definitions import Package

#: Names stand at the beginning; a larger file is not worth the time of a list.
_LARGEST = 2_000_000


def file_titles(package: Package) -> dict[str, str]:
    """Return path → name of each diagram (its first named process) and decision (its model); others have none."""
    return {path: title for path, content in package.files.items() if (title := _title(path, content))}


def _title(path: str, content: bytes) -> str:
    wanted = "process" if path.endswith(".bpmn") else "definitions" if path.endswith(".dmn") else ""
    if not wanted or len(content) > _LARGEST:
        return ""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return ""  # the checks say what is wrong with it
    names = (each.get("name", "").strip() for each in root.iter(f"{{*}}{wanted}"))
    return " ".join(next((name for name in names if name), "").split())
