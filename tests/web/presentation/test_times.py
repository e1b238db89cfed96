from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask_babel import force_locale

from tests.web.styleguide import styleguide_app
from web.presentation.times import exact, form_value, instant, on_day, time_left

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)  # Monday, 08:30 in China


@pytest.fixture(autouse=True)
def _reader() -> Iterator[None]:
    with styleguide_app().test_request_context("/"):
        yield


@pytest.mark.parametrize(
    ("due_in", "tone", "words"),
    [
        (timedelta(days=6, hours=5), "calm", "还剩 6 天"),  # hours do not matter that far away
        (timedelta(days=3, minutes=1), "calm", "还剩 3 天"),
        (timedelta(days=1, hours=4), "soon", "还剩 1 天 4 小时"),
        (timedelta(days=2), "soon", "还剩 2 天"),
        (timedelta(hours=15, minutes=29), "today", "今天 23:59 到期"),  # the last minute of the day in China
        (timedelta(hours=15, minutes=30), "soon", "还剩 15 小时"),  # midnight belongs to tomorrow
        (timedelta(0), "today", "今天 08:30 到期"),  # due now is not late yet
        (timedelta(seconds=-1), "late", "已超期 1 分钟"),
        (timedelta(hours=-5), "late", "已超期 5 小时"),
        (timedelta(days=-2, hours=-3), "late", "已超期 2 天 3 小时"),
    ],
)
def test_time_left_in_words(due_in: timedelta, tone: str, words: str) -> None:
    left = time_left(NOW + due_in, NOW)
    assert (left.tone, left.words) == (tone, words)


@pytest.mark.parametrize(
    ("state", "due_in", "tone", "words"),
    [
        ("suspended", timedelta(days=-1), "paused", "已暂停计时"),  # a suspended clock is never late
        ("stopped", timedelta(days=1), "done", "按时办结"),
        ("stopped", timedelta(0), "done", "按时办结"),  # at the last instant is in time
        ("stopped", timedelta(seconds=-1), "late", "逾期办结"),
        ("cancelled", timedelta(days=-1), "done", "不再计时"),
    ],
)
def test_a_clock_that_does_not_run_says_so(state: str, due_in: timedelta, tone: str, words: str) -> None:
    left = time_left(NOW + due_in, NOW, state)
    assert (left.tone, left.words) == (tone, words)


@pytest.mark.parametrize(
    ("due_in", "started", "share"),
    [
        (timedelta(days=1), timedelta(days=3), 25),  # a quarter of four days is left
        (timedelta(days=7), None, 100),  # without a start the bar is a week
        (timedelta(days=30), None, 100),
        (timedelta(hours=84), None, 50),
        (timedelta(days=-1), timedelta(days=3), 100),  # late: the bar is full and red
        (timedelta(hours=1), timedelta(hours=-2), 0),  # due before it starts cannot be shared out
    ],
)
def test_the_bar_is_the_share_that_is_left(due_in: timedelta, started: timedelta | None, share: int) -> None:
    assert time_left(NOW + due_in, NOW, started_at=None if started is None else NOW - started).share == share


def test_nothing_promised_is_no_deadline() -> None:
    assert time_left(None, NOW).words == "无时限"


def test_instants_are_shown_in_the_readers_zone_and_language() -> None:
    assert instant(NOW) == "11月23日 08:30"
    assert instant(NOW, year=True) == "2026年11月23日 08:30"
    assert exact(NOW) == "2026年11月23日 星期一 08:30:00（UTC+08:00）"
    assert on_day(datetime(2026, 11, 22, 17, 0, tzinfo=UTC)) == "2026年11月23日 星期一"
    with force_locale("en"):
        assert instant(NOW, year=True) == "23 Nov 2026, 08:30"
        assert exact(NOW) == "Monday, 23 November 2026, 08:30:00 (UTC+08:00)"
        assert on_day(date(2026, 11, 23)) == "Monday, 23 November 2026"


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, "text", ""),
        (0, "number", 0),  # nought is a value
        (NOW, "datetime-local", "2026-11-23T08:30"),
        (NOW, "date", "2026-11-23"),
        (date(2026, 11, 23), "date", "2026-11-23"),
        (time(9, 5), "time", "09:05"),
        ("09:05:00Z", "time", "09:05"),  # as form-js stores it
        ("2026-11-23T08:30:00Z", "datetime-local", "2026-11-23T08:30"),
        ("not a date", "date", "not a date"),  # what was typed is kept
    ],
)
def test_values_as_inputs_want_them(value: object, kind: str, shown: object) -> None:
    assert form_value(value, kind) == shown
