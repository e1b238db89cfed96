"""How a run with several workers is shared among them: the tests of a file stay together, and so do all browsers.

`--dist loadgroup` asks for this. The groups of pytest-xdist itself are of no use with pytest 9.2, which no longer lets
a plugin change the name of a test: every test would be a group of its own, and each worker would make what a file's
tests have in common, the demonstration and its weeks of cases too.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

WINDOWS = "windows"
#: what stands in a file that must not run beside a browser: it drives one itself, or it says so
_DRIVES = re.compile(r"\bmark\.(?:browser|journey|windows)\b")
_WAITS = re.compile(r"\bmark\.(?:slow|faults)\b")


class ByFile(LoadScopeScheduling):
    """A work unit is a file, or all files with windows."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(self.config.rootpath, nodeid)


def unit(root: Path, nodeid: str) -> str:
    """Return the name of the work unit that a test belongs to."""
    file = nodeid.partition("::")[0]
    return WINDOWS if rank(root / file) == 0 else file


@cache
def rank(path: Path) -> int:
    """Return when a file's turn is: 0 with windows, 1 if it waits for processes, 2 if it only works.

    In this order what waits has company for as long as possible.
    """
    source = path.read_text(encoding="utf-8")
    return 0 if _DRIVES.search(source) else 1 if _WAITS.search(source) else 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile | None:
    """Share out by file."""
    return ByFile(config, log) if config.getvalue("dist") == "loadgroup" else None  # type: ignore[arg-type]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests of a worker in the order in which files are shared out."""
    if getattr(config.option, "loadgroup", False):
        items.sort(key=lambda item: rank(item.path))
