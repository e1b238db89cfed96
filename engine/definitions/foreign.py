"""An imported diagram as the beginning of a package, with the file as it came beside it."""

import re
from pathlib import PurePath
from typing import Final

import orjson

from engine.definitions.beginning import empty_package
from engine.definitions.package import MANIFEST, Package
from engine.errors import Invalid
from engine.importing import Imported

#: Where the package keeps what was brought in: the file as it came, and what was said of it then.
ORIGINAL: Final = "imported/original.xml"
REPORT: Final = "imported/report.json"
DIAGRAM: Final = "process.bpmn"
#: A key as `engine.definitions` takes it.
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_UNNAMED: Final = "imported"


def key_of(name: str) -> str:
    """Return the key that a file's name suggests."""
    key = re.sub(r"[^a-z0-9_-]+", "-", PurePath(name).stem.lower()).strip("-_")[:60]
    return key if _KEY.fullmatch(key) else f"{_UNNAMED}-{key}" if key else _UNNAMED


def refuse_key(key: object) -> None:
    """Raise when no process can have this key.

    Raises:
        Invalid: `process-key-malformed`.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Invalid(
            "process-key-malformed",
            "{key} is no key of a process. Write a small letter, then small letters, digits, - or _; at most 64.",
            key=str(key)[:100],
        )


def begin_package(key: str, name: str, original: bytes, imported: Imported) -> Package:
    """Return a package that holds an imported diagram and what it came from.

    Args:
        key: of the process.
        name: of the file, which names the process when its drawing does not.
        original: the file as it came.

    Raises:
        Invalid: the key is none.
    """
    refuse_key(key)
    main = next((each for each in imported.processes if each.elements), None)
    shown = main.name if main and main.name != main.id else PurePath(name).stem
    files = dict(empty_package(key, shown[:100] or key).files)
    manifest = orjson.loads(files[MANIFEST]) | {"main": main.id if main else key}
    files[MANIFEST] = orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n"
    files[DIAGRAM] = imported.content
    files[ORIGINAL] = original
    report = {"file": PurePath(name).name} | imported.to_json()
    files[REPORT] = orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n"
    return Package(files=files)
