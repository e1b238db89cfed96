"""SIGTERM in the middle of very much due work: the scheduler ends soon, nothing stays claimed, and the next one does
the rest; steps lost 0, doubled 0, notices lost 0, sent twice 0.
"""

import time

import pytest

from tests.faults import test_failpoints
from tests.faults.commands import Command
from tests.faults.test_failpoints import Site, nothing_is_lost_or_doubled

site = test_failpoints.site
pytestmark = [pytest.mark.faults, pytest.mark.slow]

MANY, FEW = 150, 15
#: Seconds: a group of timers or a mail that is under way, and what a process does at its end. An installation gives 60.
SOON = 8
#: each group of timers, or each notice, takes as long as on a machine or to a server that is far too slow
SLOW_TIMERS, SLOW_NOTICES = "timer-before-commit=sleep:700", "notice-sent=sleep:1500"
CLAIMED = (
    "SELECT (SELECT count(*) FROM timer WHERE state = 'waiting' AND claimed_until IS NOT NULL)"
    " + (SELECT count(*) FROM rung WHERE state = 'waiting' AND claimed_until IS NOT NULL)"
    " + (SELECT count(*) FROM notice WHERE state = 'sending') + (SELECT count(*) FROM scheduler)"
)


def told_to_end(site: Site, scheduler: Command) -> None:
    """Tell it, and see that it does so soon and leaves nothing claimed."""
    began = time.monotonic()
    assert scheduler.stop() == 0, scheduler.said()
    assert time.monotonic() - began < SOON
    assert site.number(CLAIMED) == 0


def done_by_the_next_one(site: Site) -> None:
    with site.command("scheduler") as following:
        site.await_(lambda: site.left() == 0, following)
        told_to_end(site, following)
    nothing_is_lost_or_doubled(site, mails_twice=0)


def test_a_scheduler_that_is_told_to_end_in_mid_sweep_gives_back_what_it_has_not_begun(site: Site) -> None:
    site.late(MANY)
    waiting = "SELECT count(*) FROM timer WHERE state = 'waiting'"
    with site.command("scheduler", SLOW_TIMERS) as scheduler:
        site.await_(lambda: site.number("SELECT count(*) FROM timer WHERE state = 'fired'") > 0, scheduler)
        assert site.number(waiting) > 0, "it was all done before"
        told_to_end(site, scheduler)
    assert site.number(waiting) > 0, "it did all of it first"
    done_by_the_next_one(site)


def test_a_scheduler_that_is_told_to_end_while_notices_leave_slowly_gives_the_others_back(site: Site) -> None:
    site.late(FEW)
    before = len(site.mails.received)
    with site.command("scheduler", SLOW_NOTICES) as scheduler:
        site.await_(lambda: len(site.mails.received) > before, scheduler)
        told_to_end(site, scheduler)
    assert site.number("SELECT count(*) FROM notice WHERE state = 'pending' AND attempts = 0") > 0, "it sent all first"
    done_by_the_next_one(site)
