"""The committed bundle is what its inputs make, and a change of either is noticed."""

import importlib.util
import json
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def load_hook(root: Path) -> ModuleType:
    """Load the build hook that stands in `root`."""
    spec = importlib.util.spec_from_file_location("hatch_build", root / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the front end, to change."""
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    shutil.copytree(ROOT / "web/frontend", tmp_path / "web/frontend", ignore=shutil.ignore_patterns("node_modules"))
    for folder in ("vendor", "dist"):
        shutil.copytree(ROOT / "web/static" / folder, tmp_path / "web/static" / folder)
    return tmp_path


def test_the_committed_bundle_is_fresh() -> None:
    assert load_hook(ROOT).stale() == []


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("web/frontend/src/viewer.js", "src/viewer.js"),
        ("web/frontend/package-lock.json", "package-lock.json"),
        ("web/frontend/src/new.js", "src/new.js"),  # a file more
        ("web/static/dist/viewer.js", "dist/viewer.js"),  # built by hand
        ("web/static/vendor/extra.js", "vendor/extra.js"),
    ],
)
def test_a_change_makes_it_stale(copy: Path, path: str, named: str) -> None:
    with (copy / path).open("a", encoding="utf-8") as file:
        file.write("\n// changed\n")
    assert load_hook(copy).stale() == [named]


def test_line_ends_of_a_checkout_do_not_make_it_stale(copy: Path) -> None:
    source = copy / "web/frontend/src/viewer.js"
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    assert load_hook(copy).stale() == []


def test_a_missing_manifest_is_stale(copy: Path) -> None:
    (copy / "web/static/dist/manifest.json").unlink()
    assert load_hook(copy).stale() == ["web/static/dist/manifest.json"]


def test_the_lock_file_names_no_download_addresses() -> None:
    lock = json.loads((ROOT / "web/frontend/package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_the_watermark_of_bpmn_io_stays() -> None:
    bundled = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "web/static/dist").glob("*.js"))]
    assert any("bjs-powered-by" in text for text in bundled)


def test_the_editors_say_nothing_that_is_not_translated() -> None:
    missing = json.loads((ROOT / "web/static/dist/untranslated.json").read_text(encoding="utf-8"))
    assert missing == {"modeler": [], "decision": [], "form": []}


@pytest.mark.parametrize("name", ["zh-modeller", "zh-decisions", "zh-forms"])
def test_a_translation_keeps_the_places_that_are_filled_in(name: str) -> None:
    table = json.loads((ROOT / f"web/frontend/src/translations/{name}.json").read_text(encoding="utf-8"))
    places = re.compile(r"\{[^}]*\}")
    # an example in braces is prose and is translated with it
    own = {text: said for text, said in table.items() if not text.startswith("e.g. {")}
    assert [text for text, said in own.items() if sorted(places.findall(text)) != sorted(places.findall(said))] == []
    assert [text for text, said in table.items() if not said.strip()] == []
