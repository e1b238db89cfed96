"""Clocks in the database: they start, end, are extended and recomputed, and take along what hangs on them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, timeline
from engine.clock import CHINA
from engine.db import new_id, writing
from engine.deadlines import (
    ClockSpec,
    calendar_for,
    cancel_clock,
    claim_due_rungs,
    explain,
    extend_clock,
    import_year,
    mark_rung_fired,
    preview_recompute,
    recompute_clock,
    recompute_clocks,
    running_clock,
    start_clock,
    stop_clock,
)
from engine.deadlines.calendar import NamedDay
from engine.deadlines.models import Clock, ClockEvent, Rung, Timer, TimerState
from engine.deadlines.years import Year, national_year
from engine.errors import Conflict, Invalid, NotFound
from tests.factories import JURISDICTION, make_case, make_district, make_instance, make_staff

LADDER: list[dict[str, Any]] = [
    {"rung": "L0", "fraction_left": 0.30, "to": ["handler"], "notice": "remind"},
    {"rung": "L1", "fraction_left": 0.15, "to": ["handler", "leader_in_charge"], "notice": "remind"},
    {"rung": "L2", "after_due": 1, "unit": "working-days", "to": ["department_lead"], "notice": "urge"},
    {"rung": "L3", "after_due": 5, "unit": "working-days", "to": ["main_leader"], "notice": "slip", "sign": True},
]
LEAD = Actor.engine()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


Start = Callable[..., Clock]


@pytest.fixture
def start(session: Session, now: datetime) -> Start:
    """Start a clock of a new case: `start(amount=5, unit="working-days", …)`."""
    import_year(session, JURISDICTION, 2026, now=now - timedelta(days=100))
    district = make_district(session)

    def start(
        *, at_time: datetime = now, rows: list[dict[str, Any]] = LADDER, scope: str = "a" * 32, instance: Any = None,
        role: str = "handler", **spec: Any,
    ) -> Clock:  # fmt: skip
        instance = instance or make_instance(session, make_case(session, place=district.unit("willow")))
        values = {"name": "handle", "amount": 5, "unit": "working-days"} | spec
        return start_clock(
            session, spec=ClockSpec(**values), case_id=instance.case_id, instance_id=instance.id,
            jurisdiction=JURISDICTION, scope_id=scope, element_id="Task_handle", process_id="petition",
            unit_id=district.unit_id("water"), role=role, now=at_time, ladder_rows=rows,
        )  # fmt: skip

    return start


def read(session: Session, clock_id: UUID) -> Clock:
    session.expire_all()
    return session.get_one(Clock, clock_id)


def rungs_of(session: Session, clock_id: UUID) -> dict[str, Rung]:
    session.expire_all()
    found = session.scalars(select(Rung).where(Rung.clock_id == clock_id).order_by(Rung.position))
    return {rung.name: rung for rung in found}


def ledger_of(session: Session, clock_id: UUID) -> list[str]:
    lines = session.scalars(select(ClockEvent).where(ClockEvent.clock_id == clock_id).order_by(ClockEvent.seq)).all()
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    return [line.kind for line in lines]


def bind_timer(session: Session, clock: Clock, rung: str, /, **values: Any) -> UUID:
    rungs = rungs_of(session, clock.id)
    timer = Timer(
        **{
            "id": new_id(), "jurisdiction": JURISDICTION, "case_id": clock.case_id, "instance_id": clock.instance_id,
            "task_id": new_id().hex, "element_id": "Boundary", "process_id": "petition", "clock_id": clock.id,
            "rung": rung, "due_at": rungs[rung].due_at,
        } | values
    )  # fmt: skip
    with writing(session):
        session.add(timer)
    return timer.id


def timer_due(session: Session, timer_id: UUID) -> datetime:
    session.expire_all()
    return session.get_one(Timer, timer_id).due_at


# starting


def test_a_clock_starts_with_its_date_rungs_ledger_and_event(session: Session, start: Start, now: datetime) -> None:
    clock = start()
    stored = read(session, clock.id)
    assert stored.due_at == stored.original_due_at == clock.due_at == at("2026-03-25T17:30")
    assert (stored.state, stored.roll, stored.provisional, stored.kind) == ("running", "none", False, "internal")
    assert stored.calendar_id == calendar_for(session, JURISDICTION).calendar_id
    assert explain(stored.trace, "en").endswith("→ Wed 25 Mar 2026, close of business (17:30).")
    rungs = rungs_of(session, clock.id)
    assert [rung.position for rung in rungs.values()] == [0, 1, 2, 3]
    # 40.5 hours of duty: 5.5 on the first day, 7 on each of five more
    assert {name: rung.due_at for name, rung in rungs.items()} == {
        "L0": at("2026-03-24T10:21"), "L1": at("2026-03-25T09:25:30"), "L2": at("2026-03-26T17:30"),
        "L3": at("2026-04-01T17:30"),
    }  # fmt: skip
    assert rungs["L3"].rule["sign"] is True
    assert ledger_of(session, clock.id) == ["started"]
    assert [event.tag for event in timeline(session, clock.case_id)] == [Tag.CLOCK_STARTED]


def test_starting_again_over_the_same_scope_never_resets_the_time(session: Session, start: Start) -> None:
    first = start()
    instance = type("Instance", (), {"id": first.instance_id, "case_id": first.case_id})()
    again = start(instance=instance, at_time=at("2026-03-20T10:00"))
    assert again.id == first.id
    assert read(session, first.id).due_at == first.due_at
    assert ledger_of(session, first.id) == ["started"]


def test_clocks_of_another_scope_or_name_run_beside_it(session: Session, start: Start) -> None:
    first = start()
    instance = type("Instance", (), {"id": first.instance_id, "case_id": first.case_id})()
    assert start(instance=instance, scope="b" * 32).id != first.id
    assert start(instance=instance, name="statutory", kind="statutory").id != first.id
    found = running_clock(session, instance_id=first.instance_id, name="statutory")
    assert found is not None
    assert found.kind == "statutory"
    assert running_clock(session, instance_id=first.instance_id, name="unheard-of") is None


def test_a_statutory_clock_counts_from_its_own_start(session: Session, start: Start) -> None:
    clock = start(start=at("2026-03-10T09:00"), amount=60, unit="calendar-days", kind="statutory")
    assert clock.started_at == at("2026-03-10T09:00")
    assert clock.due_at == at("2026-05-09T17:30")  # a Saturday that is worked


def test_a_residents_window_rolls_unless_the_diagram_says_otherwise(session: Session, start: Start) -> None:
    window = start(role="resident", start=at("2026-09-04T10:00"), amount=30, unit="calendar-days")
    assert (window.roll, window.due_at) == ("forward", at("2026-10-08T23:59:59"))  # 4 October and the rest of the week
    fixed = start(role="resident", start=at("2026-09-04T10:00"), amount=30, unit="calendar-days", roll="none")
    assert fixed.due_at == at("2026-10-04T23:59:59")


def test_a_fixed_date_runs_from_now_until_that_day(session: Session, start: Start, now: datetime) -> None:
    clock = start(unit="fixed-date", amount=0, start=at("2026-04-10T00:00"))
    assert (clock.started_at, clock.due_at) == (now, at("2026-04-10T17:30"))


def test_without_rows_there_are_no_rungs(session: Session, start: Start) -> None:
    assert rungs_of(session, start(rows=[]).id) == {}


@pytest.mark.parametrize(
    "spec", [{"unit": "days"}, {"amount": -1}, {"kind": "friendly"}, {"rows": [{"rung": "L0"}]}, {"roll": "back"}]
)
def test_a_clock_that_cannot_be_counted_leaves_nothing(session: Session, start: Start, spec: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        start(**spec)
    session.rollback()
    assert session.scalars(select(Clock)).all() == []


# ending


@pytest.mark.parametrize(
    ("end", "state", "tag"),
    [(stop_clock, "stopped", Tag.CLOCK_STOPPED), (cancel_clock, "cancelled", Tag.CLOCK_CANCELLED)],
)
def test_an_ended_clock_has_no_rungs_to_come(session: Session, start: Start, end: Any, state: str, tag: Tag) -> None:
    clock = start()
    done_at = at("2026-03-20T10:00")
    assert end(session, clock.id, now=done_at)
    stored = read(session, clock.id)
    assert (stored.state, stored.stopped_at) == (state, done_at)
    assert {rung.state for rung in rungs_of(session, clock.id).values()} == {"cancelled"}
    assert claim_due_rungs(session, at("2027-01-01T00:00"), 10) == []
    assert ledger_of(session, clock.id) == ["started", state]
    last = timeline(session, clock.case_id)[-1]
    assert (last.tag, last.data["late"]) == (tag, False)


def test_ending_twice_changes_nothing(session: Session, start: Start) -> None:
    clock = start()
    stop_clock(session, clock.id, now=at("2026-04-20T10:00"))
    assert not cancel_clock(session, clock.id, now=at("2026-04-21T10:00"))
    assert read(session, clock.id).state == "stopped"
    assert ledger_of(session, clock.id) == ["started", "stopped"]
    assert timeline(session, clock.case_id)[-1].data["late"] is True


def test_an_unknown_clock_is_named(session: Session, now: datetime) -> None:
    with pytest.raises(NotFound, match="There is no clock"):
        stop_clock(session, new_id(), now=now)


# extending


def test_an_extension_moves_the_date_the_rungs_and_their_timers(session: Session, start: Start) -> None:
    clock = start()
    bound, other = bind_timer(session, clock, "L2"), bind_timer(session, clock, "L2", clock_id=None, rung=None)
    done = bind_timer(session, clock, "L2", state=TimerState.FIRED)
    before = rungs_of(session, clock.id)["L2"].due_at
    approver = Actor.staff(make_staff(session, "approver"))
    returned = extend_clock(
        session, clock.id, amount=10, unit="working-days", reason="pipes on order", approved_by=approver,
        now=at("2026-03-20T10:00"),
    )  # fmt: skip
    stored = read(session, clock.id)
    assert returned.due_at == stored.due_at == at("2026-04-09T17:30")  # over the Tomb-Sweeping weekend
    assert stored.original_due_at == at("2026-03-25T17:30")
    assert "extended with approval by 10 working days" in explain(stored.trace, "en")
    rungs = rungs_of(session, clock.id)
    assert rungs["L2"].due_at == at("2026-04-10T17:30")
    assert timer_due(session, bound) == rungs["L2"].due_at
    assert timer_due(session, other) == timer_due(session, done) == before
    assert ledger_of(session, clock.id) == ["started", "extended"]
    event = timeline(session, clock.case_id)[-1]
    assert (event.tag, event.actor_id, event.data["reason"]) == (Tag.CLOCK_EXTENDED, approver.id, "pipes on order")


def test_rungs_that_fired_stay_fired_when_the_date_moves(session: Session, start: Start) -> None:
    clock = start()
    fired_at = at("2026-03-24T12:00")
    (first,) = claim_due_rungs(session, fired_at, 10)
    assert mark_rung_fired(session, first.id, now=fired_at) is not None
    kept = rungs_of(session, clock.id)["L0"].due_at
    extend_clock(session, clock.id, amount=10, unit="working-days", reason="r", approved_by=LEAD, now=fired_at)
    recompute_clock(session, clock.id, reason="r", now=fired_at)
    rungs = rungs_of(session, clock.id)
    assert (rungs["L0"].state, rungs["L0"].due_at) == ("fired", kept)
    assert claim_due_rungs(session, fired_at, 10) == []
    assert [rung.state for rung in rungs.values()] == ["fired", "waiting", "waiting", "waiting"]


def test_an_ended_clock_cannot_be_extended(session: Session, start: Start, now: datetime) -> None:
    clock = start()
    stop_clock(session, clock.id, now=now)
    with pytest.raises(Conflict, match=r"handle has ended \(stopped\)"):
        extend_clock(session, clock.id, amount=1, unit="working-days", reason="r", approved_by=LEAD, now=now)


# recomputing


def holiday(*days: str) -> Year:
    """The year 2026 with further holidays."""
    named = national_year(2026).days | {date.fromisoformat(day): NamedDay(working=False, name="春节") for day in days}
    return Year(year=2026, days=named, source="rewritten", provisional=False)


def test_a_rewritten_notice_moves_open_clocks_once(session: Session, start: Start, now: datetime) -> None:
    moving, still = start(), start(amount=2, unit="hours")
    ended = start()
    stop_clock(session, ended.id, now=now)
    bound = bind_timer(session, moving, "L2")
    import_year(session, JURISDICTION, 2026, now=now, days=holiday("2026-03-20"))
    preview, only_rungs = sorted(preview_recompute(session, JURISDICTION, now=now), key=lambda each: not each.moves)
    assert (only_rungs.clock_id, only_rungs.moves, only_rungs.rungs) == (
        still.id,
        False,
        1,
    )  # its L3, working days late
    assert (preview.clock_id, preview.before, preview.after) == (
        moving.id, at("2026-03-25T17:30"), at("2026-03-26T17:30"),
    )  # fmt: skip
    assert read(session, moving.id).due_at == at("2026-03-25T17:30")  # a preview moves nothing
    assert recompute_clocks(session, JURISDICTION, reason="notice rewritten", now=now) == [preview]
    assert read(session, moving.id).due_at == at("2026-03-26T17:30")
    assert read(session, still.id).due_at == still.due_at
    assert read(session, ended.id).due_at == ended.due_at
    assert timer_due(session, bound) == rungs_of(session, moving.id)["L2"].due_at == at("2026-03-27T17:30")
    assert recompute_clocks(session, JURISDICTION, reason="again", now=now) == []
    assert ledger_of(session, moving.id) == ["started", "recomputed"]
    assert ledger_of(session, ended.id) == ["started", "stopped"]
    assert "春节" in explain(read(session, moving.id).trace)
    assert [event.tag for event in timeline(session, moving.case_id)][-1] == Tag.CLOCK_RECOMPUTED


def test_a_recomputed_clock_keeps_its_extensions(session: Session, start: Start, now: datetime) -> None:
    clock = start()
    for _ in range(2):
        extend_clock(session, clock.id, amount=5, unit="working-days", reason="r", approved_by=LEAD, now=now)
    assert read(session, clock.id).due_at == at("2026-04-09T17:30")
    assert recompute_clock(session, clock.id, reason="nothing new", now=now) is None
    import_year(session, JURISDICTION, 2026, now=now, days=holiday("2026-03-20", "2026-04-01"))
    recompute_clock(session, clock.id, reason="notice", now=now)
    assert read(session, clock.id).due_at == at("2026-04-13T17:30")


def test_a_provisional_date_is_settled_when_the_notice_comes(session: Session, start: Start, now: datetime) -> None:
    clock = start(start=at("2026-12-31T10:00"), amount=1)
    assert (clock.provisional, clock.due_at) == (True, at("2027-01-01T17:30"))
    days = {date(2027, 1, 1): NamedDay(working=False, name="元旦")}
    import_year(session, JURISDICTION, 2027, now=now, days=Year(year=2027, days=days, source="n", provisional=False))
    recompute_clocks(session, JURISDICTION, reason="notice of 2027", now=now)
    stored = read(session, clock.id)
    assert (stored.provisional, stored.due_at) == (False, at("2027-01-04T17:30"))


def test_a_rung_that_a_recomputation_moves_is_moved_and_not_fired_again(
    session: Session, start: Start, now: datetime
) -> None:
    clock = start()
    import_year(session, JURISDICTION, 2026, now=now, days=holiday("2026-03-20"))
    would_have_been_due = rungs_of(session, clock.id)["L2"].due_at
    recompute_clocks(session, JURISDICTION, reason="notice", now=now)
    due = claim_due_rungs(session, would_have_been_due, 10)
    assert [rung.name for rung in due] == ["L1"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("extend"), st.integers(1, 5)),
        st.tuples(st.just("recompute"), st.sampled_from(["2026-03-20", "2026-03-26", "2026-04-01"])),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("tick"), st.integers(1, 60)),
    ),
    max_size=8,
)


@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=STEPS)
def test_whatever_happens_each_rung_fires_at_most_once(
    session: Session, start: Start, now: datetime, steps: list[tuple[str, Any]]
) -> None:
    clock = start()
    instance = type("Instance", (), {"id": clock.instance_id, "case_id": clock.case_id})()
    moment, fired = now, []
    for step, value in [*steps, ("tick", 200)]:
        if step == "extend":
            extend_clock(session, clock.id, amount=value, unit="working-days", reason="r", approved_by=LEAD, now=moment)
        elif step == "recompute":
            import_year(session, JURISDICTION, 2026, now=moment, days=holiday(value))
            recompute_clocks(session, JURISDICTION, reason="r", now=moment)
        elif step == "restart":  # the work is given to somebody else
            assert start(instance=instance, at_time=moment).id == clock.id
        else:
            moment += timedelta(hours=value * 8)
            for rung in claim_due_rungs(session, moment, 10):
                if rung.clock_id == clock.id and mark_rung_fired(session, rung.id, now=moment):
                    fired.append(rung.name)
    assert len(fired) == len(set(fired))
    assert fired == sorted(fired)
    assert fired[-1] == "L3"
    states = {rung.name: rung.state for rung in rungs_of(session, clock.id).values()}
    assert {name for name, state in states.items() if state == "fired"} == set(fired)
    assert set(states.values()) <= {"fired", "skipped"}
    stop_clock(session, clock.id, now=moment)  # so that the next example's sweeps do not see it
