"""What a run with several workers leaves to one of them."""

import pytest

from tests.sharing import WINDOWS, rank, unit


def test_every_test_that_drives_a_browser_goes_to_one_worker(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        driving = any(item.get_closest_marker(name) for name in ("browser", "journey", "windows"))
        expected = WINDOWS if driving else item.nodeid.partition("::")[0]
        assert unit(request.config.rootpath, item.nodeid) == expected, item.nodeid


def test_what_waits_comes_before_what_works(request: pytest.FixtureRequest) -> None:
    tests = request.config.rootpath / "tests"
    files = ("journeys/test_missed_deadline.py", "faults/test_kill.py", "test_fixtures.py")
    assert [rank(tests / file) for file in files] == [0, 1, 2]
