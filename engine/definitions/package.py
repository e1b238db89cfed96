"""A process package: the files of one folder, read from a directory or a zip and written back byte for byte."""

import hashlib
import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final

import orjson

from engine.errors import Conflict, Invalid, Phrase, misread

MANIFEST: Final = "package.json"
TEXTS: Final = "texts.json"
#: Lies in a folder that a zip was unpacked into: what the package uses is in it already. No part of the package itself.
WHOLE: Final = ".whole"
#: What a package may be, so that an upload cannot exhaust the machine.
MAX_FILES: Final = 500
MAX_BYTES: Final = 20 * 2**20
#: What reading a damaged or hostile zip raises; a name that is no UTF-8 is a ValueError.
_BROKEN: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
#: Every zip entry carries this time, so that equal content is equal bytes.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Package:
    """The files of a package by their path inside it, such as `forms/rate.form`."""

    files: Mapping[str, bytes]

    @classmethod
    def read_directory(cls, root: Path) -> "Package":
        """Read every file below `root`; names that begin with a dot are left out.

        `uses` in package.json names folders beside `root` (`shared/rating`) with pages that several packages call.
        Their files become the package's own, so that what is deployed is whole; a file that the package has itself
        wins, and `texts.json` is joined key by key.

        Raises:
            Invalid: `root` is no folder, a folder that it uses is missing, or it is too large.
        """
        files = _read_files(root)
        for used in () if (root / WHOLE).exists() else _uses(files):
            source = root.parent / used
            if not source.is_dir():
                raise Invalid(
                    "package-uses-missing",
                    "The package uses {folder}, and there is no such folder beside it. Correct `uses` in package.json.",
                    folder=used,
                )
            files = _joined(files, _read_files(source))
        _limit(len(files), sum(map(len, files.values())))
        return cls(files=files)

    @classmethod
    def read_zip(cls, content: bytes) -> "Package":
        """Read a zip. A single folder around everything is taken off.

        Raises:
            Invalid: it is no zip, too large when unpacked, or has a name that leads out of the package.
        """
        files: dict[str, bytes] = {}
        _limit(0, len(content))
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                _limit(len(entries), sum(entry.file_size for entry in entries))
                for entry in entries:
                    name = _safe(entry.filename)
                    if stat.S_ISLNK(entry.external_attr >> 16):
                        raise _unusable(f"{name} is a link to another file")
                    if name in files:
                        raise _unusable(f"{name} is in it twice")
                    with archive.open(entry) as source:  # the size that an entry states need not be the one it has
                        files[name] = source.read(entry.file_size + 1)
                    if len(files[name]) != entry.file_size:
                        raise _unusable(f"{name} is larger than it says")
        except _BROKEN as error:
            raise _unusable(str(error)) from error
        _tell_names_apart(files)
        return cls(files=_without_outer_folder(files))

    def refuse_unusable(self) -> None:
        """Raise when these files cannot be kept as one package, whatever is in them.

        Raises:
            Invalid: too many or too large, a name leads out of the package, or two cannot lie in one folder.
        """
        _limit(len(self.files), sum(map(len, self.files.values())))
        if bad := next((name for name in self.files if _safe(name) != name or len(name) > 200), None):
            raise _unusable(f"{bad!r} is no name of a file in it")
        _tell_names_apart(dict(self.files))

    def to_zip(self) -> bytes:
        """Return a zip with sorted names and fixed times: equal content is equal bytes."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.files.items()):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        return target.getvalue()

    def write_directory(self, root: Path) -> None:
        """Write all files into a folder, from which `read_directory` reads the same package.

        Raises:
            Conflict: something lies in the folder already.
        """
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise Conflict("folder-not-empty", "{folder} is not empty; name a new folder", folder=str(root))
        for name, content in self.files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        (root / WHOLE).touch()

    @cached_property
    def sha256(self) -> str:
        """What identifies the content, whatever it was read from: 64 hex digits."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The content of `package.json`: `key`, `main` (id of the main process), `name` by locale, `categories`.

        Raises:
            Invalid: it is missing, no JSON, or lacks a key.
        """
        manifest = self.json(MANIFEST)
        lacking = [name for name in ("key", "main", "name") if not manifest.get(name)]
        if lacking:
            raise Invalid(
                "manifest-incomplete", "package.json lacks {names}. Add them.", names=", ".join(lacking), file=MANIFEST
            )
        return manifest

    @cached_property
    def texts(self) -> dict[str, Any]:
        """The content of `texts.json`: what residents read of the process, by locale. Empty when there is none."""
        return self.json(TEXTS) if TEXTS in self.files else {}

    def json(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the package, an object.

        Raises:
            Invalid: it is missing or cannot be read.
        """
        if name not in self.files:
            raise Invalid("package-file-missing", "The package has no {file}. Add it.", file=name)
        try:
            found = orjson.loads(self.files[name])
        except orjson.JSONDecodeError as error:
            raise Invalid("package-json", "{file} is no JSON: {reason}.", file=name, reason=misread(error)) from error
        if not isinstance(found, dict):
            raise Invalid("package-json", "{file} is no JSON: {reason}.", file=name, reason=Phrase("it is no object"))
        return found

    def below(self, folder: str, suffix: str) -> dict[str, bytes]:
        """Return the files of a folder that end in `suffix`, by their name without folder and suffix."""
        start = folder + "/"
        return {
            name[len(start) : -len(suffix)]: content
            for name, content in sorted(self.files.items())
            if name.startswith(start) and name.endswith(suffix)
        }

    @property
    def diagrams(self) -> dict[str, bytes]:
        """The BPMN files by name."""
        return {name: content for name, content in self.files.items() if name.endswith(".bpmn")}


def _read_files(root: Path) -> dict[str, bytes]:
    """Read the files below a folder by their path inside it.

    Raises:
        Invalid: it is no folder, or too large.
    """
    if not root.is_dir():
        raise Invalid("package-missing", "{path} is no folder. Name the folder of the package.", path=str(root))
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if not path.is_file() or any(part.startswith(".") for part in name.parts):
            continue
        total += path.stat().st_size
        _limit(len(files) + 1, total)
        files[name.as_posix()] = path.read_bytes()
    return files


def _uses(files: Mapping[str, bytes]) -> list[str]:
    """Return the folders that a manifest names in `uses`; none when the manifest cannot be read, which its check says.

    Raises:
        Invalid: a name leads out of the folder that the packages lie in.
    """
    try:
        manifest = orjson.loads(files.get(MANIFEST, b"{}"))
    except orjson.JSONDecodeError:
        return []
    named = manifest.get("uses", []) if isinstance(manifest, dict) else []
    return [_safe(str(each)) for each in named] if isinstance(named, list) else []


def _joined(own: Mapping[str, bytes], used: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a package's files with those that it uses; its own win."""
    joined = {name: content for name, content in used.items() if not name.endswith(".md")} | dict(own)
    if TEXTS in own and TEXTS in used:
        joined[TEXTS] = _joined_texts(own[TEXTS], used[TEXTS])
    return joined


def _joined_texts(own: bytes, used: bytes) -> bytes:
    """Join the words of two packages: every part keeps the order of the package's own keys, then come the others."""
    try:
        mine, theirs = orjson.loads(own), orjson.loads(used)
    except orjson.JSONDecodeError:
        return own  # the check of the package tells of it
    for part, words in theirs.items() if isinstance(theirs, dict) and isinstance(mine, dict) else ():
        kept = mine.setdefault(part, {})
        if isinstance(words, dict) and isinstance(kept, dict):
            mine[part] = kept | {key: said for key, said in words.items() if key not in kept}
    return orjson.dumps(mine, option=orjson.OPT_INDENT_2)


def _limit(count: int, total: int) -> None:
    if count > MAX_FILES or total > MAX_BYTES:
        raise Invalid(
            "package-too-large",
            "The package has {count} files and {size} MB; {files} files and {limit} MB are the most.",
            count=count,
            size=total >> 20,
            files=MAX_FILES,
            limit=MAX_BYTES >> 20,
        )


def _safe(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in name or not name.isprintable():
        raise _unusable(f"the name {name!r} leads out of it")
    return path.as_posix()


def _tell_names_apart(files: Mapping[str, bytes]) -> None:
    """Refuse names that cannot lie in one folder: a file and a folder of one name, or two that differ in capitals.

    Names that begin with a dot are refused too: `read_directory` would leave them out.
    """
    seen: set[str] = set()
    folders = {parent.as_posix().lower() for name in files for parent in PurePosixPath(name).parents}
    for name in files:
        if name.lower() in seen or name.lower() in folders:
            raise _unusable(f"{name} is in it twice")
        if any(part.startswith(".") for part in PurePosixPath(name).parts):
            raise _unusable(f"{name} begins with a dot, which no file of a package does")
        seen.add(name.lower())


def _without_outer_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    outer = {name.partition("/")[0] for name in files}
    if MANIFEST in files or len(outer) != 1 or any("/" not in name for name in files):
        return files
    return {name.partition("/")[2]: content for name, content in files.items()}


def _unusable(reason: str) -> Invalid:
    return Invalid(
        "package-unusable", "This is no package that can be read: {reason}. Nothing was kept.", reason=reason
    )
