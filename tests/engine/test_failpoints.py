"""Failpoints: read strictly, nothing unless they are armed, and each where the code says that it is."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import failpoints
from engine.failpoints import POINTS, Failpoint, FailpointError, arm, reach, read

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm("")


def test_what_is_armed_is_read() -> None:
    found = read("notice-sent=kill@3, timer-claimed=sleep:250,completion-before-commit=error,")
    assert found == {
        "notice-sent": Failpoint(action="kill", first=3),
        "timer-claimed": Failpoint(action="sleep", seconds=0.25),
        "completion-before-commit": Failpoint(action="error"),
    }
    assert read("") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("notice-sent", "notice-sent is no failpoint. Write"),  # no action
        ("notice-sent=explode", "is no failpoint. Write"),  # an unknown one
        ("notice-sent=kill@0", "is no failpoint. Write"),  # counted from one
        ("notice-sent=sleep", "is no failpoint. Write"),  # how long?
        ("notice-snet=kill", "notice-snet is no failpoint of this version. There are completion-before-commit, "),
    ],
)
def test_what_cannot_be_read_is_said(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        read(text)


def test_nothing_happens_where_nothing_is_armed() -> None:
    for name in POINTS:
        reach(name)
    arm("notice-sent=error")
    reach("notice-claimed")


def test_an_error_comes_from_its_time_on() -> None:
    arm("notice-sent=error@2")
    reach("notice-sent")
    for _ in range(2):
        with pytest.raises(FailpointError, match="notice-sent"):
            reach("notice-sent")


def test_it_waits_as_long_as_is_said() -> None:
    arm("notice-sent=sleep:30")
    began = time.monotonic()
    reach("notice-sent")
    assert time.monotonic() - began >= 0.03


def test_every_point_is_reached_once_or_twice_in_the_engine_and_stands_in_the_docs() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "engine").rglob("*.py"))
    reached = re.findall(r'reach(?:, |\()"([a-z-]+)"', source)
    assert set(reached) == set(POINTS)
    told = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `([a-z-]+)` \| (.+?) \|$", told, re.MULTILINE)) == dict(failpoints.POINTS)
