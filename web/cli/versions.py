"""Commands about versions of packages: what is different between two, and a package as one file."""

import argparse
import json
import re
from pathlib import Path
from typing import Final

from engine.definitions import Package, compare
from engine.definitions.package import MAX_BYTES
from engine.definitions.service import versions
from engine.definitions.wording import sentences, summarise
from engine.errors import NotFound
from web.cli.people import open_session
from web.cli.reading import Commands, Read

#: A deployed version, such as `petition@3`.
_VERSION: Final = re.compile(r"(?P<key>[a-z][\w-]{0,63})@(?P<number>\d{1,9})")
_PLACE: Final = "a folder, a .zip, or a deployed version such as petition@3"


def add_commands(commands: Commands) -> None:
    """Add `diff` and `package`."""
    differ = commands.add_parser("diff", help="say in words what is different between two versions of a package")
    differ.add_argument("old", metavar="DIR_OR_VERSION", help=_PLACE)
    differ.add_argument("new", metavar="DIR_OR_VERSION", help=_PLACE)
    differ.add_argument("--json", action="store_true", help="with the ids of elements, to colour a diagram by")
    differ.add_argument("--language", default="zh_CN", choices=("zh_CN", "en"))
    differ.set_defaults(run=_diff)
    package = commands.add_parser("package", help="a package as one file").add_subparsers(dest="action", required=True)
    export = package.add_parser("export", help="write a zip; equal content gives equal bytes")
    export.add_argument("source", metavar="DIR_OR_VERSION", help=_PLACE)
    export.add_argument("file", type=Path)
    export.set_defaults(run=_export)
    bring = package.add_parser("import", help="unpack a zip into a new folder, after looking at all of it")
    bring.add_argument("file", type=Path)
    bring.add_argument("folder", type=Path, help="new or empty")
    bring.set_defaults(run=_import)


def _diff(options: argparse.Namespace, read: Read) -> int:
    changes = compare(read_package(options.old, read), read_package(options.new, read))
    if options.json:
        shown = {
            "changes": [
                {**change.to_json(), "text": {locale: summarise([change], locale) for locale in ("zh_CN", "en")}}
                for change in changes
            ],
            "summary": {locale: summarise(changes, locale) for locale in ("zh_CN", "en")},
        }
        print(json.dumps(shown, ensure_ascii=False, indent=1, default=str))
        return 0
    print("\n".join(sentences(changes, options.language)) or summarise(changes, options.language))
    return 0


def read_package(named: str, read: Read) -> Package:
    """Read a package from a folder, a zip or the database.

    Raises:
        NotFound: there is no such folder, file or version.
        Invalid: it is no package.
    """
    path = Path(named)
    if path.is_dir():
        return Package.read_directory(path)
    if path.is_file():
        return Package.read_zip(_bytes(path))
    version = _VERSION.fullmatch(named)
    if version is None:
        raise NotFound(
            "package-not-found",
            "There is no {place}. Name a folder, a .zip or a version such as petition@3.",
            place=named,
        )
    with open_session(read()) as session:
        for each in versions(session, version["key"]):
            if each.number == int(version["number"]):
                return Package.read_zip(each.package)
    raise NotFound("version-unknown", "There is no version {number} of {key}.", key=version["key"],
                   number=version["number"])  # fmt: skip


def _bytes(path: Path) -> bytes:
    """Read a zip, and no more of it than a package may have."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _export(options: argparse.Namespace, read: Read) -> int:
    package = read_package(options.source, read)
    options.file.write_bytes(package.to_zip())
    print(f"{options.file}: {len(package.files)} files, sha256 {package.sha256}")
    return 0


def _import(options: argparse.Namespace, _read: Read) -> int:
    package = Package.read_zip(_bytes(options.file))
    package.write_directory(options.folder)
    print(f"{options.folder}: {len(package.files)} files, sha256 {package.sha256}")
    return 0
