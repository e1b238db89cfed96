"""A clock that stands still takes along nothing, and runs on by what was not counted."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.clock import CHINA
from engine.db import new_id, writing
from engine.deadlines import (
    ClockSpec,
    explain,
    extend_clock,
    import_year,
    preview_recompute,
    recompute_clock,
    resume_clock,
    start_clock,
    stop_clock,
    suspend_clock,
)
from engine.deadlines.calendar import NamedDay
from engine.deadlines.models import Clock, ClockEvent, ClockState, Rung, Timer, TimerState
from engine.deadlines.years import Year, national_year
from engine.errors import Conflict, EngineError
from engine.instances.timers import due_timers, oldest_due
from tests.factories import JURISDICTION, make_case, make_district, make_instance

LADDER: list[dict[str, Any]] = [
    {"rung": "L0", "fraction_left": 0.5, "to": ["handler"], "notice": "remind"},
    {"rung": "L2", "after_due": 0, "unit": "working-days", "to": ["supervision"], "notice": "late"},
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def running(session: Session, received: str, amount: int, unit: str, roll: str = "none") -> Clock:
    """A clock with a timer that follows its L2."""
    import_year(session, JURISDICTION, 2026, now=at("2026-01-05"))
    case = make_case(session, place=make_district(session).unit("willow"))
    instance = make_instance(session, case)
    clock = start_clock(
        session, spec=ClockSpec(name="rereview", amount=amount, unit=unit, kind="statutory", roll=roll,
                                suspension="hearing; inspection"),
        case_id=case.id, instance_id=instance.id, jurisdiction=JURISDICTION, scope_id="a" * 32, element_id="work",
        process_id="rereview", unit_id=None, role="rereview_body", now=at(received), ladder_rows=LADDER,
    )  # fmt: skip
    with writing(session):
        session.add(
            Timer(
                id=new_id(), jurisdiction=JURISDICTION, case_id=case.id, instance_id=instance.id, task_id="b" * 32,
                element_id="late", process_id="rereview", due_at=rung(session, clock.id).due_at,
                state=TimerState.WAITING, clock_id=clock.id, rung="L2",
            )
        )  # fmt: skip
    return clock


def rung(session: Session, clock_id: UUID, name: str = "L2") -> Rung:
    found = select(Rung).where(Rung.clock_id == clock_id, Rung.name == name)
    return session.scalars(found.execution_options(populate_existing=True)).one()


def read(session: Session, clock: Clock) -> Clock:
    session.expire_all()
    return session.get_one(Clock, clock.id)


@pytest.mark.parametrize(
    ("unit", "amount", "since", "until", "due"),
    [
        # five days of a hearing are not counted; the last day is worked, so it ends at the close of business
        ("calendar-days", 30, "2026-03-19 09:00", "2026-03-24 16:00", "2026-04-22 17:30"),
        # within one day nothing is excluded
        ("calendar-days", 30, "2026-03-19 09:00", "2026-03-19 17:00", "2026-04-17 17:30"),
        # the weekend in between is no working time
        ("working-days", 10, "2026-03-19 09:00", "2026-03-24 16:00", "2026-04-07 17:30"),
        # hours run day and night, whole ones are excluded
        ("hours", 24, "2026-03-18 12:00", "2026-03-18 15:40", "2026-03-19 13:00"),
    ],
)
def test_what_it_stood_still_is_not_counted(
    session: Session, unit: str, amount: int, since: str, until: str, due: str
) -> None:
    clock = running(session, "2026-03-18 10:00", amount, unit)
    suspend_clock(session, clock.id, reason="hearing", now=at(since))
    assert read(session, clock).state == ClockState.SUSPENDED
    assert resume_clock(session, clock.id, now=at(until))
    after = read(session, clock)
    assert after.due_at == at(due)
    assert after.state == ClockState.RUNNING


def test_no_timer_of_it_is_due_while_it_stands_still(session: Session) -> None:
    clock = running(session, "2026-03-18 10:00", 2, "working-days")
    late = at("2026-03-25 10:00")
    suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-19 09:00"))
    assert due_timers(session, late, 10) == []
    assert oldest_due(session) is None
    resume_clock(session, clock.id, now=late)
    assert due_timers(session, late, 10) == []
    timer = session.scalars(select(Timer).execution_options(populate_existing=True)).one()
    assert timer.due_at == rung(session, clock.id).due_at > late
    assert due_timers(session, timer.due_at, 10) == [timer.id]


def test_its_date_says_what_was_not_counted(session: Session) -> None:
    clock = running(session, "2026-03-18 10:00", 30, "calendar-days")
    suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-19 09:00"))
    resume_clock(session, clock.id, now=at("2026-03-24 09:00"))
    trace = read(session, clock).trace
    assert "中止计时5个自然日，不计入" in explain(trace)
    assert "stood still for 5 calendar days" in explain(trace, "en")


def test_a_recomputation_keeps_what_was_not_counted(session: Session, now: datetime) -> None:
    clock = running(session, "2026-03-18 10:00", 30, "calendar-days")
    extend_clock(
        session, clock.id, amount=3, unit="calendar-days", reason="expert", approved_by=Actor.engine(), now=now
    )
    suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-19 09:00"))
    resume_clock(session, clock.id, now=at("2026-03-24 09:00"))
    due = read(session, clock).due_at
    assert preview_recompute(session, JURISDICTION, now=now) == []
    assert recompute_clock(session, clock.id, reason="again", now=now) is None
    assert read(session, clock).due_at == due


def test_ledger_and_events_tell_when_and_why(session: Session) -> None:
    clock = running(session, "2026-03-18 10:00", 30, "calendar-days")
    suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-19 09:00"))
    resume_clock(session, clock.id, now=at("2026-03-24 09:00"))
    lines = session.execute(
        select(ClockEvent.kind, ClockEvent.data).where(ClockEvent.clock_id == clock.id).order_by(ClockEvent.seq)
    ).all()
    assert [line.kind for line in lines] == ["started", "suspended", "resumed"]
    assert lines[1].data == {"reason": "hearing"}
    assert (lines[2].data["amount"], lines[2].data["unit"]) == (5, "calendar-days")
    assert [event.tag for event in timeline(session, clock.case_id)][-2:] == [Tag.CLOCK_SUSPENDED, Tag.CLOCK_RESUMED]


def test_doing_it_twice_changes_nothing(session: Session) -> None:
    clock = running(session, "2026-03-18 10:00", 30, "calendar-days")
    assert not resume_clock(session, clock.id, now=at("2026-03-18 11:00"))
    assert suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-19 09:00"))
    assert not suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-20 09:00"))
    resume_clock(session, clock.id, now=at("2026-03-20 09:00"))
    assert read(session, clock).due_at == at("2026-04-17 17:30") + timedelta(days=1, hours=6, minutes=29, seconds=59)


def test_an_ended_clock_cannot_stand_still(session: Session, now: datetime) -> None:
    clock = running(session, "2026-03-18 10:00", 30, "calendar-days")
    stop_clock(session, clock.id, now=now)
    with pytest.raises(Conflict, match="has ended"):
        suspend_clock(session, clock.id, reason="hearing", now=now)


@pytest.mark.parametrize(
    ("kind", "suspension", "reason", "code"),
    [
        ("statutory", None, "hearing", "clock-never-suspended"),  # a helpdesk's "waiting for the customer"
        ("statutory", " ; ", "hearing", "clock-never-suspended"),
        ("statutory", "hearing", "waiting for the resident", "clock-suspension-not-named"),
        ("statutory", "hearing", "", "suspension-reason"),
        ("internal", None, "  ", "suspension-reason"),
        ("internal", None, "x" * 501, "suspension-reason"),
    ],
)
def test_a_clock_stands_still_only_for_what_its_rule_names(
    session: Session, kind: str, suspension: str | None, reason: str, code: str
) -> None:
    clock = running(session, "2026-03-18 10:00", 30, "calendar-days")
    with writing(session):
        row = session.get_one(Clock, clock.id)
        row.kind, row.suspension = kind, suspension
    with pytest.raises(EngineError) as refused:
        suspend_clock(session, clock.id, reason=reason, now=at("2026-03-19 09:00"))
    assert refused.value.code == code
    assert read(session, clock).state == ClockState.RUNNING


@pytest.mark.parametrize(("kind", "suspension", "reason"), [
    ("statutory", "hearing", "hearing"), ("statutory", "hearing;inspection", " inspection "),
    ("internal", None, "the expert is abroad"),  # a target of our own
])  # fmt: skip
def test_the_ledger_keeps_reasons_and_instants(
    session: Session, kind: str, suspension: str | None, reason: str
) -> None:
    clock = running(session, "2026-03-18 10:00", 30, "calendar-days")
    with writing(session):
        row = session.get_one(Clock, clock.id)
        row.kind, row.suspension = kind, suspension
    suspend_clock(session, clock.id, reason=reason, now=at("2026-03-19 09:00"))
    resume_clock(session, clock.id, now=at("2026-03-24 16:00"))
    lines = session.scalars(select(ClockEvent).where(ClockEvent.clock_id == clock.id).order_by(ClockEvent.seq)).all()
    assert [(line.kind, line.at, line.data.get("reason")) for line in lines[1:]] == [
        ("suspended", at("2026-03-19 09:00"), reason.strip()), ("resumed", at("2026-03-24 16:00"), reason.strip()),
    ]  # fmt: skip
    assert datetime.fromisoformat(lines[2].data["since"]) == at("2026-03-19 09:00")
    assert f"（{reason.strip()}）" in explain(read(session, clock).trace)


def test_only_the_last_day_rolls_not_the_day_before_the_time_that_is_not_counted(session: Session) -> None:
    # 21 March is a Saturday; the window rolled to Monday 23. Two days are not counted: Monday 23, no Wednesday 25
    clock = running(session, "2026-03-18 10:00", 3, "calendar-days", roll="forward")
    assert clock.due_at == at("2026-03-23 23:59:59")
    suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-18 11:00"))
    resume_clock(session, clock.id, now=at("2026-03-20 11:00"))
    assert read(session, clock).due_at == at("2026-03-23 23:59:59")


def test_a_rewritten_notice_counts_the_time_that_it_stood_still_anew(session: Session) -> None:
    clock = running(session, "2026-03-16 10:00", 10, "working-days")  # Monday 30
    suspend_clock(session, clock.id, reason="hearing", now=at("2026-03-17 09:00"))
    resume_clock(session, clock.id, now=at("2026-03-20 09:00"))  # Wednesday to Friday: three working days
    assert read(session, clock).due_at == at("2026-04-02 17:30")
    off = national_year(2026).days | {date(2026, 3, 19): NamedDay(working=False, name="停电")}
    days = Year(year=2026, days=off, source="rewritten", provisional=False)
    import_year(session, JURISDICTION, 2026, now=at("2026-03-23 09:00"), days=days)
    recompute_clock(session, clock.id, reason="rewritten", now=at("2026-03-23 09:00"))
    # Thursday 19 is no working day of the time allowed, nor of the time that is not counted: both move it, once back
    assert read(session, clock).due_at == at("2026-04-02 17:30")
