"""When each rung of a ladder is due."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import CHINA
from engine.deadlines.clocks import due
from engine.deadlines.ladder import answer_by, is_urgent, rungs
from engine.deadlines.years import national_calendar
from engine.errors import Invalid

CALENDAR = national_calendar(2019, 2020, 2026)
#: the default ladder of the district
LADDER: list[dict[str, Any]] = [
    {"rung": "L0", "fraction_left": Decimal("0.30"), "to": ["handler"], "notice": "remind"},
    {"rung": "L1", "fraction_left": 0.15, "to": "handler; leader_in_charge", "notice": "remind"},
    {"rung": "L2", "after_due": Decimal(1), "unit": "working-days", "to": ["department_lead"], "notice": "urge"},
    {"rung": "L3", "after_due": 5, "unit": "working-days", "to": ["main_leader"], "notice": "slip", "sign": True,
     "document": "supervision_order", "acknowledge_hours": Decimal(24), "next": "main_leader; joint_conference"},
]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def planned(start: str, end: str) -> dict[str, datetime]:
    return {rung.name: rung.due_at for rung in rungs(LADDER, at(start), at(end), CALENDAR)}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # 14 duty hours: 70 % are 9.8 h, 85 % are 11.9 h
        (
            "2026-03-18T08:30", "2026-03-19T17:30",
            {"L0": "2026-03-19T11:18", "L1": "2026-03-19T15:24", "L2": "2026-03-20T17:30", "L3": "2026-03-26T17:30"},
        ),
        # over the National Day: 35 duty hours, the make-up Sunday with them and the holiday without
        (
            "2020-09-27T08:30", "2020-10-09T17:30",
            {"L0": "2020-09-30T12:00", "L1": "2020-10-09T10:15", "L2": "2020-10-10T17:30", "L3": "2020-10-15T17:30"},
        ),
        # due at 24:00 of a Saturday: the fractions count until Friday's close
        (
            "2026-03-19T08:30", "2026-03-21T23:59:59",
            {"L0": "2026-03-20T11:18", "L1": "2026-03-20T15:24", "L2": "2026-03-23T17:30", "L3": "2026-03-27T17:30"},
        ),
        # the two-hour tier at night: at once, on the clock on the wall
        (
            "2026-03-20T22:00", "2026-03-21T00:00",
            {"L0": "2026-03-20T23:24", "L1": "2026-03-20T23:42", "L2": "2026-03-23T17:30", "L3": "2026-03-27T17:30"},
        ),
        # no duty time at all between Friday evening and Sunday: then the clock on the wall too
        (
            "2026-03-20T20:00", "2026-03-22T20:00",
            {"L0": "2026-03-22T05:36", "L1": "2026-03-22T12:48", "L2": "2026-03-23T17:30", "L3": "2026-03-27T17:30"},
        ),
    ],
)  # fmt: skip
def test_when_rungs_are_due(start: str, end: str, expected: dict[str, str]) -> None:
    assert planned(start, end) == {name: at(moment) for name, moment in expected.items()}


@pytest.mark.parametrize(
    ("start", "end", "hours", "expected"),
    [
        ("2026-03-18T10:00", "2026-03-18T12:00", 1, "2026-03-18T13:00"),  # two-hour tier: even at lunch
        ("2026-03-18T10:00", "2026-03-20T17:30", 1, "2026-03-23T08:30"),  # otherwise when somebody is there
        ("2026-03-18T10:00", "2026-03-20T17:30", 0, "2026-03-20T17:30"),  # at the due time itself
        ("2026-03-18T10:00", "2026-03-21T23:59:59", 0, "2026-03-23T08:30"),
    ],
)
def test_rungs_in_hours(start: str, end: str, hours: int, expected: str) -> None:
    rows = [{"rung": "H", "after_due": hours, "unit": "hours"}]
    assert rungs(rows, at(start), at(end), CALENDAR)[0].due_at == at(expected)


def test_the_rule_is_kept_with_the_rung() -> None:
    made = {rung.name: rung for rung in rungs(LADDER, at("2026-03-18T08:30"), at("2026-03-19T17:30"), CALENDAR)}
    assert [rung.position for rung in made.values()] == [0, 1, 2, 3]
    assert made["L1"].rule == {
        "when": {"fraction_left": 0.15}, "to": ["handler", "leader_in_charge"], "notice": "remind", "sign": False,
        "document": "", "next": [], "acknowledge_hours": None, "urgent": None,
    }  # fmt: skip
    assert made["L3"].rule == {
        "when": {"after_due": 5, "unit": "working-days"}, "to": ["main_leader"], "notice": "slip", "sign": True,
        "document": "supervision_order", "next": ["main_leader", "joint_conference"], "acknowledge_hours": 24,
        "urgent": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "end", "urgent"),
    [
        (None, "2026-03-25T17:30", None),  # nothing is said: the notices' own rule decides
        (None, "2026-03-18T10:30", True),  # two hours: at once, at night as well
        (False, "2026-03-18T10:30", False),  # unless the ladder says that it can wait
        (True, "2026-03-25T17:30", True),
    ],
)
def test_what_is_urgent_is_for_the_ladder_to_say(said: bool | None, end: str, urgent: bool | None) -> None:
    start = at("2026-03-18T08:30")
    (made,) = rungs([{"rung": "L0", "fraction_left": 0.3, "urgent": said}], start, at(end), CALENDAR)
    assert is_urgent(made.rule, start, at(end)) is urgent


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"fraction_left": 0.3}, "name of its own"),
        ({"rung": "L0", "fraction_left": 0.3}, "name of its own"),  # a second L0
        ({"rung": "L9"}, "either fraction_left or after_due"),
        ({"rung": "L9", "fraction_left": 0.3, "after_due": 1, "unit": "hours"}, "either fraction_left or after_due"),
        ({"rung": "L9", "fraction_left": 30}, "from 0 to 1"),
        ({"rung": "L9", "after_due": 1}, "whole number with a unit"),
        ({"rung": "L9", "after_due": 1, "unit": "calendar-months"}, "whole number with a unit"),
        ({"rung": "L9", "after_due": -1, "unit": "hours"}, "whole number with a unit"),
        ({"rung": "L9", "after_due": Decimal("1.5"), "unit": "hours"}, "whole number with a unit"),
        ({"rung": "L9", "after_due": "1", "unit": "hours"}, "is no number"),
        ({"rung": "L9", "fraction_left": True}, "is no number"),
        ({"rung": "L9", "fraction_left": 0.2, "acknowledge_hours": 0}, "whole number of duty hours"),
        ({"rung": "L9", "fraction_left": 0.2, "acknowledge_hours": "8"}, "whole number of duty hours"),
        ({"rung": "L9", "fraction_left": 0.2, "urgent": "yes"}, "urgent is yes; it is true, false or null"),
        ({"rung": "a name of many letters", "fraction_left": 0.2}, "name of its own"),
        ({"rung": "L9", "fraction_left": 0.5}, "due before the row above it"),  # 50 % are left earlier than 30 %
    ],
)
def test_rows_that_cannot_be_used_are_named(row: dict[str, Any], why: str) -> None:
    with pytest.raises(Invalid, match=rf"Row 2 .*{why}"):
        rungs([LADDER[0], row], at("2026-03-18T08:30"), at("2026-03-19T17:30"), CALENDAR)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ({"after_due": 5, "unit": "working-days"}, {"after_due": 1, "unit": "working-days"}),
        ({"after_due": 1, "unit": "working-days"}, {"fraction_left": 0.3}),
        ({"after_due": 3, "unit": "working-days"}, {"after_due": 2, "unit": "hours"}),
    ],
)
def test_rungs_out_of_order_are_refused(above: dict[str, Any], below: dict[str, Any]) -> None:
    rows = [{"rung": "L2"} | above, {"rung": "L3"} | below]
    with pytest.raises(Invalid, match=r"Row 2 \(L3\) .* before the row above it \(L2\)") as caught:
        rungs(rows, at("2026-03-18T08:30"), at("2026-03-25T17:30"), CALENDAR)
    assert caught.value.code == "ladder-order"


@pytest.mark.parametrize(
    ("start", "end", "asked", "until"),
    [
        # eight duty hours: half an hour on Friday, seven on Monday, the rest on Tuesday
        ("2026-03-09T08:30", "2026-03-13T17:30", "2026-03-20T17:00", "2026-03-24T09:00"),
        # the two-hour tier: by the clock on the wall
        ("2026-03-20T22:00", "2026-03-21T00:00", "2026-03-21T01:00", "2026-03-21T09:00"),
    ],
)
def test_an_answer_is_due_in_duty_hours(start: str, end: str, asked: str, until: str) -> None:
    assert answer_by(at(asked), 8, at(start), at(end), CALENDAR) == at(until)


MOMENTS = st.datetimes(datetime(2026, 1, 5), datetime(2026, 10, 1)).map(lambda moment: moment.replace(tzinfo=CHINA))


@settings(max_examples=80, deadline=None)
@given(start=MOMENTS, amount=st.integers(1, 30), unit=st.sampled_from(["hours", "working-days", "calendar-days"]))
def test_rungs_come_in_order_and_reminders_before_the_end(start: datetime, amount: int, unit: str) -> None:
    end = due(start, amount, unit, calendar=CALENDAR).due_at
    made = rungs(LADDER, start, end, CALENDAR)
    moments = [rung.due_at for rung in made]
    assert moments == sorted(moments)
    assert start <= moments[0] <= moments[1] <= end < moments[2]
    if end - start > timedelta(hours=2) and CALENDAR.duty_between(start, end):
        assert all(CALENDAR.on_duty(moment) == moment for moment in moments)
