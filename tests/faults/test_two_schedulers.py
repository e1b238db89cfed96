"""Two schedulers that begin in the same moment on one database: both live, and each timer, rung and notice has its
effect once; steps doubled 0, lost 0, notices sent twice 0.
"""

import pytest

from tests.faults import test_failpoints
from tests.faults.test_failpoints import Site, nothing_is_lost_or_doubled

site = test_failpoints.site
pytestmark = [pytest.mark.faults, pytest.mark.slow]

MANY = 40


def test_two_schedulers_that_begin_together_do_everything_once(site: Site) -> None:
    site.late(MANY)
    with site.command("scheduler") as first, site.command("scheduler") as second:
        both = (first, second)
        for each in both:
            site.await_(lambda: site.number("SELECT count(*) FROM scheduler") == 2, each)
        site.await_(lambda: site.left() == 0, first)
        site.late(MANY)
        site.await_(lambda: site.left() == 0, second)
        assert [each.stop() for each in both] == [0, 0]
        assert all("tick.failed" not in each.said() and '"error"' not in each.said() for each in both), first.said()
    nothing_is_lost_or_doubled(site, mails_twice=0)
