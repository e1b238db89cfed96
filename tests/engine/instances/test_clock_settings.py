"""Settings of a clock may be computed, with everything that the calendar offers: at deployment and when it starts."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from engine.deadlines.models import Clock
from engine.definitions import check
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World

#: It is Wednesday 18 March 2026, ten in the morning; no notice is known, so Monday to Friday is worked.
SETTINGS = [
    # from the third working day on: Monday 23; two more end on Wednesday 25
    ({"clock_start": "=working days after(now(), 3)", "clock_amount": "2"}, "2026-03-25T17:30+08:00"),
    # as many working days as lie before the end of the month: nine
    ({"clock_amount": '=working days between(today(), date("2026-03-31"))'}, "2026-03-31T17:30+08:00"),
    # hours from the close of business
    ({"clock_start": "=close of business(today())", "clock_amount": "2", "clock_unit": "hours"},
     "2026-03-18T19:30+08:00"),
    # agreed for a day: a date is enough
    ({"clock_start": "=next working day(today())", "clock_unit": "fixed-date"}, "2026-03-19T17:30+08:00"),
    ({"clock_start": "=until", "clock_unit": "fixed-date"}, "2026-04-08T17:30+08:00"),
    # a date also begins a count of days
    ({"clock_start": '=date("2026-03-20")', "clock_amount": "1"}, "2026-03-23T17:30+08:00"),
    ({"clock_start": "=calendar months after(now(), 1)", "clock_amount": "1", "clock_unit": "calendar-days",
      "clock_roll": '=if is working day(today()) then "none" else "forward"'}, "2026-04-19T23:59:59+08:00"),
]  # fmt: skip


def clocked(**settings: str) -> Any:
    said = {"clock": "handle", "clock_unit": "working-days"} | settings
    return p.package(p.start(), p.task("handle", **said), p.end("done"), p.chain("start", "handle", "done"))


@pytest.mark.parametrize(("settings", "due"), SETTINGS)
def test_what_the_calendar_offers_counts_in_settings(world: World, settings: dict[str, str], due: str) -> None:
    package = clocked(**settings)
    assert [each.reason for each in check(package) if each.code.startswith(("feel", "function"))] == []
    world.start(package, until=date(2026, 4, 8))
    assert [each.message for each in world.incidents()] == []
    found = world.session.scalars(select(Clock)).one()
    assert found.due_at == datetime.fromisoformat(due)


def test_a_date_does_not_say_from_which_hour_hours_run(world: World) -> None:
    world.start(clocked(clock_start="=today()", clock_amount="2", clock_unit="hours"))
    (incident,) = world.incidents()
    assert incident.code == "clock-start"
    assert "neither a date and time with a zone" in incident.message


def test_a_misspelt_function_is_found_before_it_is_deployed() -> None:
    found = check(clocked(clock_start="=calender days after(now(), 3)", clock_amount="1"))
    assert [each.element_id for each in found if "clock.start" in each.reason] == ["handle"]
