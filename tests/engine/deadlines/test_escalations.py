"""Rungs that are due fire once, the highest only."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag, timeline
from engine.clock import CHINA
from engine.db import new_id, writing
from engine.deadlines import ClockSpec, acknowledge_rung, claim_due_rungs, mark_rung_fired, start_clock, stop_clock
from engine.deadlines.models import Clock, Rung
from engine.errors import Conflict, NotFound
from tests.factories import JURISDICTION, make_case, make_district, make_instance, make_staff

ROWS = [
    {"rung": "L0", "fraction_left": 0.30, "to": ["handler"]},
    {"rung": "L1", "fraction_left": 0.15, "to": ["handler"]},
    {"rung": "L2", "after_due": 1, "unit": "working-days", "to": ["department_lead"]},
    {"rung": "L3", "after_due": 5, "unit": "working-days", "to": ["main_leader"]},
]
#: due on Wednesday 25 March; L0 on the 24th, L1 on the 25th in the morning, L2 on the 26th, L3 on 1 April
NOON_24 = datetime(2026, 3, 24, 12, 0, tzinfo=CHINA)
EVENING_25 = datetime(2026, 3, 25, 20, 0, tzinfo=CHINA)
EVENING_26 = datetime(2026, 3, 26, 20, 0, tzinfo=CHINA)


@pytest.fixture
def start(session: Session, now: datetime) -> Callable[..., Clock]:
    district = make_district(session)

    def start(at_time: datetime = now) -> Clock:
        instance = make_instance(session, make_case(session, place=district.unit("willow")))
        return start_clock(
            session, spec=ClockSpec(name="handle", amount=5, unit="working-days"), case_id=instance.case_id,
            instance_id=instance.id, jurisdiction=JURISDICTION, scope_id="a" * 32, element_id="Task_handle",
            process_id="petition", unit_id=district.unit_id("water"), role="handler", now=at_time, ladder_rows=ROWS,
        )  # fmt: skip

    return start


Start = Callable[..., Clock]


def states(session: Session, clock_id: UUID) -> dict[str, str]:
    session.expire_all()
    rungs = session.scalars(select(Rung).where(Rung.clock_id == clock_id).order_by(Rung.position))
    return {rung.name: rung.state for rung in rungs}


def fire(session: Session, moment: datetime) -> list[str]:
    claimed = [rung.id for rung in claim_due_rungs(session, moment, 100)]
    session.commit()
    fired = [mark_rung_fired(session, rung_id, now=moment) for rung_id in claimed]
    return [rung.name for rung in fired if rung is not None]


def test_rungs_fire_one_after_the_other(session: Session, start: Start) -> None:
    clock = start()
    moments = [NOON_24, EVENING_25, EVENING_26, EVENING_26 + timedelta(days=7)]
    assert [fire(session, moment) for moment in moments] == [["L0"], ["L1"], ["L2"], ["L3"]]
    assert set(states(session, clock.id).values()) == {"fired"}
    assert fire(session, EVENING_26 + timedelta(days=700)) == []


def test_nothing_is_due_before_its_time(session: Session, start: Start, now: datetime) -> None:
    start()
    assert claim_due_rungs(session, now, 10) == []


def test_a_clock_far_behind_fires_its_highest_rung_and_keeps_the_dates_of_the_others(
    session: Session, start: Start
) -> None:
    clock = start()
    planned = {rung.name: rung.due_at for rung in session.scalars(select(Rung).where(Rung.clock_id == clock.id))}
    assert fire(session, EVENING_26) == ["L2"]
    assert states(session, clock.id) == {"L0": "skipped", "L1": "skipped", "L2": "fired", "L3": "waiting"}
    kept = {rung.name: rung.due_at for rung in session.scalars(select(Rung).where(Rung.clock_id == clock.id))}
    assert kept == planned
    told = [(event.tag, event.data.get("rung")) for event in timeline(session, clock.case_id)[1:]]
    assert sorted(told[:2]) == [(Tag.RUNG_SKIPPED, "L0"), (Tag.RUNG_SKIPPED, "L1")]
    assert told[2:] == [(Tag.RUNG_FIRED, "L2")]


def test_a_claim_takes_the_longest_due_first_and_no_more_than_its_limit(
    session: Session, start: Start, now: datetime
) -> None:
    clocks = [start(now - timedelta(days=days)) for days in (1, 3, 2)]
    claimed = claim_due_rungs(session, EVENING_26, 2)
    assert [rung.clock_id for rung in claimed] == [clocks[1].id, clocks[2].id]


def test_a_rung_fires_once_however_often_it_was_claimed(session: Session, start: Start) -> None:
    start()
    (rung,) = claim_due_rungs(session, NOON_24, 10)
    assert mark_rung_fired(session, rung.id, now=NOON_24) is not None
    assert mark_rung_fired(session, rung.id, now=NOON_24) is None


def test_a_rung_of_a_clock_that_ended_after_the_claim_does_not_fire(session: Session, start: Start) -> None:
    clock = start()
    (rung,) = claim_due_rungs(session, NOON_24, 10)
    stop_clock(session, clock.id, now=NOON_24)
    assert mark_rung_fired(session, rung.id, now=NOON_24) is None
    assert states(session, clock.id)["L0"] == "cancelled"


def test_when_firing_fails_nothing_is_marked_and_it_is_claimed_again(session: Session, start: Start) -> None:
    clock = start()
    (rung,) = claim_due_rungs(session, EVENING_26, 10)

    def fire_into_a_broken_outbox() -> None:
        with writing(session):
            mark_rung_fired(session, rung.id, now=EVENING_26)
            raise RuntimeError("the outbox broke")

    with pytest.raises(RuntimeError, match="outbox"):
        fire_into_a_broken_outbox()
    assert set(states(session, clock.id).values()) == {"waiting"}
    assert fire(session, EVENING_26) == ["L2"]


def test_the_database_refuses_a_second_rung_of_the_same_name(session: Session, start: Start) -> None:
    clock = start()
    with pytest.raises(IntegrityError), writing(session):
        session.execute(
            insert(Rung).values(
                id=new_id(), clock_id=clock.id, case_id=clock.case_id, jurisdiction=JURISDICTION, name="L0",
                position=9, due_at=NOON_24, rule={}, state="waiting",
            )
        )  # fmt: skip


def test_sweepers_at_the_same_time_fire_each_rung_once(
    sessions: sessionmaker[Session], session: Session, start: Start
) -> None:
    clocks = [start() for _ in range(6)]
    session.commit()
    fired: list[UUID] = []
    ready = threading.Barrier(3)

    def sweep() -> None:
        with sessions() as own:
            ready.wait(10)
            claimed = [rung.id for rung in claim_due_rungs(own, NOON_24, 100)]
            own.commit()
            for rung_id in claimed:
                rung = mark_rung_fired(own, rung_id, now=NOON_24)
                if rung is not None:
                    fired.append(rung.clock_id)

    sweepers = [threading.Thread(target=sweep) for _ in range(3)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join(30)
    fire_rest = claim_due_rungs(session, NOON_24, 100)
    assert fire_rest == []
    assert sorted(fired) == sorted(clock.id for clock in clocks)


def test_clocks_that_somebody_else_has_locked_are_left_out(
    sessions: sessionmaker[Session], session: Session, start: Start
) -> None:
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has no row locks: one writer at a time")
    first, second = start(), start()
    session.commit()
    with sessions() as other:
        other.execute(select(Clock).where(Clock.id == first.id).with_for_update())
        assert [rung.clock_id for rung in claim_due_rungs(session, NOON_24, 10)] == [second.id]


def test_acknowledging_is_noted_once(session: Session, start: Start) -> None:
    clock = start()
    lead = make_staff(session, "lead")
    (rung,) = claim_due_rungs(session, NOON_24, 10)
    with pytest.raises(Conflict, match="has not been sent"):
        acknowledge_rung(session, rung.id, actor=Actor.staff(lead), now=NOON_24)
    mark_rung_fired(session, rung.id, now=NOON_24)
    read_at = NOON_24 + timedelta(minutes=5)
    acknowledge_rung(session, rung.id, actor=Actor.staff(lead), now=read_at)
    again = acknowledge_rung(session, rung.id, actor=Actor.staff(make_staff(session)), now=EVENING_26)
    assert (again.acknowledged_at, again.acknowledged_by) == (read_at, lead.id)
    assert [event.tag for event in timeline(session, clock.case_id)].count(Tag.RUNG_ACKNOWLEDGED) == 1
    with pytest.raises(NotFound):
        acknowledge_rung(session, new_id(), actor=Actor.staff(lead), now=NOON_24)
