"""By which channels a notice goes, and when: a table of readers and causes."""

from collections.abc import Iterable
from datetime import UTC, datetime, time

import pytest

from engine.notices.preferences import Wish, next_at
from engine.notices.routing import Route, presses, resident_routes, staff_routes

ALL = {"app": "", "email": "lead@example.org", "sms": "13800138000"}
#: in Shanghai: 23:30, 10:00, 06:59 and 07:00
NIGHT = datetime(2026, 3, 18, 15, 30, tzinfo=UTC)
DAY = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
DAWN = datetime(2026, 3, 18, 22, 59, tzinfo=UTC)
SEVEN = datetime(2026, 3, 18, 23, 0, tzinfo=UTC)
EIGHT = datetime(2026, 3, 19, 0, 0, tzinfo=UTC)
QUIET = (time(22), time(7))


def routes(wish: Wish, rung: str | None, now: datetime, usable: set[str] | None = None, sms: bool = True) -> list[str]:
    found = staff_routes(ALL, wish, rung=rung, now=now, usable=set(ALL) if usable is None else usable, sms=sms)
    return written(found, now)


def written(found: Iterable[Route], now: datetime) -> list[str]:
    return [
        f"{each.channel}{'*' if each.held else ''}{'' if each.at == now else f'@{each.at:%H:%M}'}"
        f"{''.join('>' + name for name, _ in each.fallback)}"
        for each in found
    ]


@pytest.mark.parametrize(
    ("wish", "rung", "now", "found"),
    [
        (Wish(), None, DAY, ["app", "email>sms"]),  # who said nothing; the telephone if the mail bounces
        (Wish(sms=True), None, DAY, ["app", "email", "sms"]),
        (Wish(email=False), None, DAY, ["app"]),
        (Wish(email=False, sms=True), "L1", DAY, ["app", "sms>email"]),
        # quiet hours: what can wait, waits until seven
        (Wish(quiet=QUIET), None, NIGHT, ["app", "email@23:00>sms"]),
        (Wish(quiet=QUIET), "L1", DAWN, ["app", "email@23:00>sms"]),
        (Wish(quiet=QUIET), "L1", SEVEN, ["app", "email>sms"]),
        (Wish(quiet=QUIET), None, DAY, ["app", "email>sms"]),
        (Wish(quiet=(time(12), time(14))), None, DAY, ["app", "email>sms"]),
        (Wish(quiet=(time(9), time(12))), None, DAY, ["app", "email@04:00>sms"]),
        # an escalation does not, and reaches who has switched mail off
        (Wish(quiet=QUIET), "L2", NIGHT, ["app", "email>sms"]),
        (Wish(quiet=QUIET, email=False), "L4", NIGHT, ["app", "email>sms"]),
        # the daily mail takes what no rung caused, and the telephone is silent about it
        (Wish(digest_at=time(8), sms=True), None, DAY, ["app", "email*@00:00"]),
        (Wish(digest_at=time(8)), "L0", DAY, ["app", "email>sms"]),
        (Wish(digest_at=time(8), quiet=QUIET), "L2", NIGHT, ["app", "email>sms"]),
    ],
)
def test_staff_are_told_as_they_wish_and_as_the_law_presses(
    wish: Wish, rung: str | None, now: datetime, found: list[str]
) -> None:
    assert routes(wish, rung, now) == found


@pytest.mark.parametrize(
    ("wish", "usable", "sms", "found"),
    [
        (Wish(), {"app", "sms"}, True, ["app", "sms"]),  # the mail bounced before: the telephone takes over
        (Wish(), {"app", "sms"}, False, ["app"]),  # unless nobody can send short messages
        (Wish(), {"app"}, True, ["app"]),
        (Wish(sms=True), {"app", "email"}, True, ["app", "email"]),
        (Wish(digest_at=time(8)), {"app", "sms"}, True, ["app", "sms"]),  # no daily mail to a dead mailbox
        (Wish(sms=True), {"app", "email", "sms"}, False, ["app", "email"]),
    ],
)
def test_an_unusable_address_is_not_tried_again(wish: Wish, usable: set[str], sms: bool, found: list[str]) -> None:
    assert routes(wish, None, DAY, usable, sms) == found


@pytest.mark.parametrize(
    ("rung", "urgent", "found"),
    [
        ("L0", True, ["app", "email>sms"]),  # the ladder says so: a two-hour matter at night
        ("L0", None, ["app", "email@23:00>sms"]),
        ("L3", False, ["app", "email@23:00>sms"]),  # the ladder says that it can wait
        (None, True, ["app", "email>sms"]),  # not gathered either
    ],
)
def test_quiet_hours_are_broken_where_the_ladder_says_so(
    rung: str | None, urgent: bool | None, found: list[str]
) -> None:
    wish = Wish(quiet=QUIET, digest_at=None if rung else time(8))
    told = staff_routes(ALL, wish, rung=rung, now=NIGHT, usable=set(ALL), sms=True, urgent=urgent)
    assert written(told, NIGHT) == found


BOTH = {"sms": "13800138000", "email": "li@example.org"}


@pytest.mark.parametrize(
    ("channels", "now", "usable", "sms", "found"),
    [
        (BOTH, DAY, {"sms", "email"}, True, ("sms", DAY, ["email"])),  # what they chose comes first
        (BOTH, NIGHT, {"sms", "email"}, True, ("sms", EIGHT, ["email"])),  # a telephone is silent at night
        ({"email": "li@example.org"}, NIGHT, {"email"}, True, ("email", NIGHT, [])),  # a mail wakes nobody
        (BOTH, DAY, {"sms", "email"}, False, ("email", DAY, [])),  # no gateway: by what there is
        (BOTH, DAY, {"email"}, True, ("email", DAY, [])),
        ({"sms": "13800138000"}, DAY, {"sms"}, False, None),
    ],
)
def test_residents_are_told_by_what_they_chose_and_can_be_reached_by(
    channels: dict[str, str], now: datetime, usable: set[str], sms: bool, found: tuple[str, datetime, list[str]] | None
) -> None:
    routes = list(resident_routes(channels, now=now, usable=usable, sms=sms))
    said = [(each.channel, each.at, [name for name, _ in each.fallback]) for each in routes]
    assert said == ([found] if found else [])


def test_a_resident_with_no_usable_address_is_not_passed_over_in_silence() -> None:
    (route,) = resident_routes(BOTH, now=DAY, usable=set(), sms=True)
    assert (route.channel, route.spoilt) == ("sms", True)


@pytest.mark.parametrize(("rung", "does"), [("L2", True), ("L10", True), ("L1", False), (None, False), ("soon", False)])
def test_what_presses_is_a_rung_from_l2_on(rung: str | None, does: bool) -> None:
    assert presses(rung) is does


def test_the_next_time_of_day_is_never_now() -> None:
    assert next_at(time(10), DAY) == DAY.replace(day=19)
