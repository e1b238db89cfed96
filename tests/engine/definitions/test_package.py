"""Packages: read, written back, refused."""

import io
import zipfile
from pathlib import Path

import pytest

from engine.definitions.package import MAX_BYTES, Package
from engine.errors import Invalid

PETITION = Path(__file__).parents[3] / "bpmn" / "petition"


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
