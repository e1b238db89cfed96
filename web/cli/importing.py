"""The command that takes in diagrams of other modellers."""

import argparse
import json
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from engine.errors import Conflict, Invalid, NotFound
from engine.importing import Imported, import_diagram
from engine.importing.reading import MAX_BYTES
from web.cli.reading import Commands, Read

#: How a process is called whose file name says nothing.
_UNNAMED: Final = "imported"


def add_commands(commands: Commands) -> None:
    """Add `import`."""
    bring = commands.add_parser("import", help="take in a BPMN 2.0 file of any modeller and say what it lacks to run")
    bring.add_argument("file", type=Path)
    bring.add_argument("--json", action="store_true", help="print `processes`, `todo` and `lossy` as JSON")
    bring.add_argument("--out", type=Path, metavar="DIR", help="write a package into this folder, new or empty")
    bring.set_defaults(run=_import)


def _import(options: argparse.Namespace, _read: Read) -> int:
    content = _content(options.file)
    imported = import_diagram(options.file.name, content)
    if options.out is not None:
        write_package(options.out, options.file.name, content, imported)
    if options.json:
        print(json.dumps(imported.to_json(), ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(imported)))
    return 0


def _content(path: Path) -> bytes:
    """Read the file, and no more of it than a diagram may have.

    Raises:
        NotFound: there is none.
        Invalid: it is a folder.
    """
    if path.is_dir():
        raise Invalid("file-is-folder", "{path} is a folder; name a file in it", path=str(path))
    if not path.exists():
        raise NotFound("file-missing", "There is no file {path}.", path=str(path))
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def write_package(folder: Path, name: str, original: bytes, imported: Imported) -> None:
    """Write the beginning of a package: the normalised diagram, its manifest, the report, and the file as it came.

    Raises:
        Conflict: something lies in the folder already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict("folder-not-empty", "{folder} is not empty; name a new folder", folder=str(folder))
    key = re.sub(r"[^a-z0-9_-]+", "-", Path(name).stem.lower()).strip("-") or _UNNAMED
    (folder / ".original").mkdir(parents=True)
    (folder / ".original" / Path(name).name).write_bytes(original)
    (folder / f"{key}.bpmn").write_bytes(imported.content)
    main = next((each for each in imported.processes if each.elements), None)
    manifest: dict[str, Any] = {"key": key, "main": main.id if main else "", "name": {}}
    if main:
        manifest["name"] = {"zh_CN": main.name, "en": main.name}
    _write(folder / "package.json", manifest)
    _write(folder / ".original" / "import.json", imported.to_json())


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _lines(imported: Imported) -> Iterable[str]:
    """The report for a person: what is missing first, in groups."""
    for process in imported.processes:
        state = "runs" if process.runs else "nothing in it runs" if not process.elements else "lacks what follows"
        yield f"{process.name} ({process.id}): {process.elements} elements, {process.flows} flows; {state}"
    for group, items in groupby(sorted(imported.todo, key=lambda each: each.group), key=lambda each: each.group):
        yield f"\nTo do: {group.value}"
        for each in items:
            mark = "!" if each.required else "-"
            yield f"  {mark} {_which(each.name, each.element)}{each.missing}. {each.mend.rstrip('.')}. [{each.kind}]"
    if imported.lossy:
        yield "\nKept, and not run as drawn"
        for loss in imported.lossy:
            times = f" ({loss.count}×)" if loss.count > 1 else ""
            yield f"  - {_which(loss.name, loss.element)}{loss.what}{times}. [{loss.kind}]"
    required = sum(each.required for each in imported.todo)
    yield f"\n{required} to do before it runs, {len(imported.todo) - required} to look at."


def _which(name: str, element: str) -> str:
    if not element:
        return ""
    return f"{name} ({element}): " if name else f"{element}: "
