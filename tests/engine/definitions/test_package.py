"""Packages: read, written back, refused."""

import io
import random
import zipfile
from pathlib import Path

import pytest

from engine.definitions.package import MAX_BYTES, Package
from engine.errors import Conflict, Invalid

PETITION = Path(__file__).parents[3] / "bpmn" / "petition"


def linked(name: str, target: str) -> bytes:
    """A zip with one symbolic link."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, target)
    return written.getvalue()


def zipped(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_a_folder_and_its_zip_are_the_same_package() -> None:
    package = Package.read_directory(PETITION)
    again = Package.read_zip(package.to_zip())
    assert again.files == package.files
    assert again.sha256 == package.sha256
    assert again.to_zip() == package.to_zip()


def written(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def test_what_a_package_uses_becomes_its_own(tmp_path: Path) -> None:
    written(
        tmp_path,
        **{
            "mine/package.json": '{"uses": ["shared/talk"]}',
            "mine/forms/ask.form": "own",
            "mine/texts.json": '{"states": {"b": {"zh_CN": "own"}}}',
            "shared/talk/talk.bpmn": "page",
            "shared/talk/forms/ask.form": "shared",
            "shared/talk/README.md": "for readers of the folder",
            "shared/talk/texts.json": '{"states": {"a": {"zh_CN": "a"}, "b": {"zh_CN": "b"}}, "elements": {"t": {}}}',
        },
    )
    package = Package.read_directory(tmp_path / "mine")
    assert set(package.files) == {"package.json", "forms/ask.form", "texts.json", "talk.bpmn"}
    assert package.files["forms/ask.form"] == b"own"
    assert package.texts == {"states": {"b": {"zh_CN": "own"}, "a": {"zh_CN": "a"}}, "elements": {"t": {}}}
    assert Package.read_zip(package.to_zip()).sha256 == package.sha256


@pytest.mark.parametrize(("used", "code"), [("shared/none", "package-uses-missing"), ("../x", "package-unusable")])
def test_a_page_that_is_not_there_is_told(tmp_path: Path, used: str, code: str) -> None:
    written(tmp_path, **{"mine/package.json": f'{{"uses": ["{used}"]}}'})
    with pytest.raises(Invalid) as caught:
        Package.read_directory(tmp_path / "mine")
    assert caught.value.code == code


def test_one_changed_byte_is_another_package() -> None:
    package = Package.read_directory(PETITION)
    changed = Package(files={**package.files, "texts.json": package.files["texts.json"] + b" "})
    assert changed.sha256 != package.sha256


def test_a_folder_around_everything_is_taken_off() -> None:
    content = zipped(**{"petition/package.json": b"{}", "petition/forms/a.form": b"{}"})
    assert set(Package.read_zip(content).files) == {"package.json", "forms/a.form"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no zip", "can be read"),
        (zipped(**{"../evil": b"x"}), "leads out of it"),
        (zipped(**{"/etc/passwd": b"x"}), "leads out of it"),
        (zipped(**{"a\\..\\..\\b": b"x"}), "leads out of it"),
        (zipped(big=b"0" * (MAX_BYTES + 1)), "are the most"),
        (zipped(**{str(n): b"" for n in range(501)}), "are the most"),
        (zipped(**{str(n): b"" for n in range(10_000)}), "are the most"),
        (linked("forms/a.form", "/etc/passwd"), "a link"),
        (zipped(a=b"x", A=b"y"), "twice"),  # one file on many disks
        (zipped(**{"a": b"x", "a/b": b"y"}), "twice"),  # a file and a folder
        (zipped(**{"forms/.a": b"x"}), "begins with a dot"),
        (zipped(**{"a\nb": b"x"}), "leads out of it"),  # no name that anybody could show
        (b"PK" + b"0" * MAX_BYTES, "are the most"),  # the file itself
    ],
)
def test_what_is_no_package_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        Package.read_zip(content)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is no folder"):
        Package.read_directory(tmp_path / "nothing")


def test_an_incomplete_manifest_says_what_it_lacks() -> None:
    with pytest.raises(Invalid, match="lacks main, name"):
        _ = Package(files={"package.json": b'{"key": "x"}'}).manifest


def test_a_damaged_zip_is_refused_and_nothing_worse() -> None:
    good = zipped(**{"package.json": b"{}" * 200, "forms/a.form": b"x" * 500})
    chance = random.Random(7)
    refused = 0
    for _attempt in range(400):
        damaged = bytearray(good)
        for _change in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            Package.read_zip(bytes(damaged))
        except Invalid:
            refused += 1
    assert refused > 200


def test_an_entry_that_unpacks_to_more_than_it_says_is_refused() -> None:
    # a bomb: ten megabytes of zeros that claim to be ten bytes
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", b"0" * 10_000_000)
    said, true = (10).to_bytes(4, "little"), (10_000_000).to_bytes(4, "little")
    with pytest.raises(Invalid, match="no package"):
        Package.read_zip(target.getvalue().replace(true, said))


def test_a_package_written_to_a_folder_is_read_as_the_same(tmp_path: Path) -> None:
    package = Package.read_zip(zipped(**{"package.json": b'{"uses": ["shared"]}', "forms/rate.form": b"{}"}))
    package.write_directory(tmp_path / "new")
    assert Package.read_directory(tmp_path / "new").to_zip() == package.to_zip()
    with pytest.raises(Conflict):
        package.write_directory(tmp_path / "new")
