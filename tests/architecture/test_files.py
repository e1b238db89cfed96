"""What must not stand in tracked files: places of one machine, download addresses, unfinished work."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
THIS = Path(__file__).relative_to(ROOT)

MACHINE = re.compile(r"(?<![.\w<$}])/(?:work|farm|home|root|tmp)/[a-z]")
DOWNLOAD = re.compile(r'"resolved": *"http|registry *= *"?http|index-url *=? *http|--extra-index-url')
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
MERGE = re.compile(r"^(?:<{7}|>{7}|={7}$)", re.M)
#: not ours: libraries and bundles as their authors publish them
FOREIGN = ("web/static/dist/", "web/static/vendor/", "tests/vendor/")


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout: there is no list of tracked files")
    names = [name for name in listing.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if Path(name) != THIS and not name.startswith(FOREIGN)]


def lines_with(pattern: re.Pattern[str], suffixes: tuple[str, ...] = ()) -> list[str]:
    found = []
    for path in tracked():
        if not path.is_file() or (suffixes and path.suffix not in suffixes):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line) and "tmp_path" not in line:
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


def test_no_file_names_a_place_of_one_machine() -> None:
    assert lines_with(MACHINE) == []


def test_no_file_names_where_packages_were_downloaded() -> None:
    assert lines_with(DOWNLOAD) == []


def test_nothing_is_left_for_later() -> None:
    assert lines_with(UNFINISHED, (".py", ".html", ".js", ".css")) == []


def test_no_merge_was_left_half_done() -> None:
    assert lines_with(MERGE) == []


def test_large_files_are_few() -> None:
    large = [path.relative_to(ROOT).as_posix() for path in tracked() if path.stat().st_size > 1_500_000]
    assert large == [], "large files do not belong into the repository"


#: everything that may stand at the top of the checkout
TOP = {
    *(".ci", ".gitattributes", ".gitignore", ".github", "CHANGELOG.md", "LICENSE", "Makefile", "README.md"),
    *(
        "README.zh-CN.md",
        "bpmn",
        "config.py",
        "constraints.txt",
        "deploy",
        "docs",
        "engine",
        "hatch_build.py",
        "migrations",
    ),
    *("migrations", "pyproject.toml", "tests", "tools", "web"),
}


def test_nothing_stray_lies_at_the_top() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} - TOP == set()
