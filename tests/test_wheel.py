"""What is installed must run without the checkout: pages, texts, migrations and processes are in the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


@pytest.mark.slow
def test_wheel_has_all_that_runs_and_nothing_else(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"engine", "web", "bpmn", "migrations", "config.py"}
    for folder, pattern in (
        ("web/templates", "*.html"),
        ("web/translations", "*.po"),
        ("bpmn", "*"),
        ("migrations", "*"),
    ):
        expected = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob(pattern)
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert expected - names == set()
    assert "web/static/dist/manifest.json" in names
    assert not any(name.startswith("web/frontend/") for name in names)
