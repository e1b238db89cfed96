"""An instant is kept as itself, in whatever zone it was said."""

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.db import instant_text


def test_the_hour_that_comes_twice_is_kept_as_two_instants() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    assert instant_text(first) == "2026-11-01 05:30:00.000000"
    assert instant_text(first.replace(fold=1)) == "2026-11-01 06:30:00.000000"
