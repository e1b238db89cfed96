"""Timers and clocks of a process: rows that wait, fire once, and go with their activity."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.audit import Actor, Tag
from engine.db import writing
from engine.deadlines import extend_clock
from engine.deadlines.models import Clock, ClockState, Rung, RungState, Timer, TimerState
from engine.instances.escalation import due_rungs
from engine.instances.models import InstanceStatus
from engine.instances.timers import BACK_OFF, Fired, due_timers
from engine.notices import Notice
from engine.tasks.models import WorkItem, WorkItemState
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World

#: A ladder as a FEEL literal: one decision without a table.
LADDER = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="tests">
<decision id="ladder" name="ladder"><variable id="v" name="ladder"/><literalExpression id="e"><text>[
{"rung": "L0", "fraction_left": 0.5, "to": ["owner"], "notice": "soon"},
{"rung": "L1", "fraction_left": 0.1, "to": ["owner"], "notice": "soon"},
{"rung": "L2", "after_due": 1, "unit": "working-days", "to": ["supervision", "main_leader"], "notice": "late"}
]</text></literalExpression></decision></definitions>"""
TEXTS = [
    (
        f"notices/{key}.{locale}.txt",
        f"Subject: {subject} {{{{ case.number }}}}\n\n{{{{ due }}}} {{{{ link }}}}\n".encode(),
    )
    for key, subject in (("soon", "快到期"), ("late", "超期"))
    for locale in ("zh_CN", "en")
]

CLOCKED = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}


def reminded(*, interrupting: bool) -> Any:
    return p.package(
        p.start(),
        p.task("handle"),
        p.timer("late", "handle", interrupting=interrupting, duration='=duration("P3D")'),
        p.task("supervise", role="supervision", unit="=place.district"),
        p.end("done"),
        p.end("told"),
        p.chain("start", "handle", "done"),
        p.chain("late", "supervise", "told"),
    )


def clocked(**settings: str) -> Any:
    return p.package(
        p.start(), p.task("handle", **CLOCKED, **settings), p.timer("late", "handle", interrupting=False,
                                                                     date='=rung("handle", "L2")'),
        p.task("supervise", role="supervision", unit="=place.district"), p.end("done"), p.end("told"),
        p.chain("start", "handle", "done"), p.chain("late", "supervise", "told"),
        files=[("decisions/ladder.dmn", LADDER), *TEXTS],
    )  # fmt: skip


def timer(world: World) -> Timer:
    return world.session.scalars(select(Timer).execution_options(populate_existing=True)).one()


def clock(world: World) -> Clock:
    return world.session.scalars(select(Clock).execution_options(populate_existing=True)).one()


def rungs(world: World) -> dict[str, tuple[str, UUID]]:
    found = world.session.scalars(select(Rung).execution_options(populate_existing=True))
    return {rung.name: (str(rung.state), rung.id) for rung in found}


def test_a_timer_waits_as_a_row_and_is_due_by_its_row(world: World) -> None:
    world.start(reminded(interrupting=False))
    row = timer(world)
    assert (row.state, row.due_at, row.element_id) == (TimerState.WAITING, world.now + timedelta(days=3), "late")
    assert due_timers(world.session, world.now + timedelta(days=2), 10) == []
    assert due_timers(world.session, world.now + timedelta(days=3), 10) == [row.id]


def test_a_timer_fires_once_and_its_item_follows_in_the_same_step(world: World) -> None:
    world.start(reminded(interrupting=False))
    world.now += timedelta(days=3)
    fired = [world.runtime.fire_timer(world.session, timer(world).id, world.now) for _ in range(2)]
    assert fired == [Fired.FIRED, Fired.GONE]
    assert set(world.items()) == {"handle", "supervise"}
    assert (timer(world).state, timer(world).fired_at) == (TimerState.FIRED, world.now)
    assert world.tags().count(Tag.TIMER_FIRED) == 1
    assert world.instance().lock_version == 2


def test_an_interrupting_timer_withdraws_the_item(world: World) -> None:
    world.start(reminded(interrupting=True))
    item = world.items()["handle"]
    world.runtime.fire_timer(world.session, timer(world).id, world.now + timedelta(days=3))
    found = world.session.get(WorkItem, item.id, populate_existing=True)
    assert found is not None
    assert found.state == WorkItemState.WITHDRAWN
    assert set(world.items()) == {"supervise"}


def test_a_timer_goes_with_its_activity(world: World) -> None:
    world.start(reminded(interrupting=False))
    world.complete("handle")
    assert timer(world).state == TimerState.CANCELLED
    assert world.runtime.fire_timer(world.session, timer(world).id, world.now) is Fired.GONE


def test_a_timer_whose_step_fails_is_tried_later_then_becomes_an_incident(world: World) -> None:
    world.start(
        p.package(
            p.start(), p.task("handle"), p.timer("late", "handle", interrupting=False, duration='=duration("P1D")'),
            p.task("supervise", role="supervision", unit="=nobody.knows"), p.end("done"), p.end("told"),
            p.chain("start", "handle", "done"), p.chain("late", "supervise", "told"),
        )
    )  # fmt: skip
    row = timer(world)
    assert world.runtime.fire_timer(world.session, row.id, world.now) is Fired.GONE, "it is not due yet"
    world.now += timedelta(days=1)
    for wait in BACK_OFF:
        assert world.runtime.fire_timer(world.session, row.id, world.now) is Fired.LATER
        assert (timer(world).state, timer(world).due_at) == (TimerState.WAITING, world.now + wait)
        assert world.incidents() == []
        world.now += wait
    assert world.runtime.fire_timer(world.session, row.id, world.now) is Fired.FAILED
    (incident,) = world.incidents()
    assert (incident.element_id, incident.code) == ("supervise", "unit-missing")
    assert (timer(world).state, world.instance().status) == (TimerState.FAILED, InstanceStatus.INCIDENT)
    assert set(world.items()) == {"handle"}
    assert due_timers(world.session, world.now + timedelta(days=9), 10) == []


def test_a_clock_runs_over_its_activity_and_dates_the_item(world: World) -> None:
    world.start(clocked())
    row, item = clock(world), world.items()["handle"]
    # 2026-03-18 is a Wednesday: five working days on, at the close of business
    assert row.due_at.isoformat() == "2026-03-25T09:30:00+00:00"
    assert (item.clock_id, item.due_at, row.unit_id) == (row.id, row.due_at, item.unit_id)
    assert set(rungs(world)) == {"L0", "L1", "L2"}


def test_a_timer_that_follows_a_rung_is_due_with_it_and_moves_with_it(world: World) -> None:
    world.start(clocked())
    row, before = clock(world), timer(world)
    assert (before.clock_id, before.rung) == (row.id, "L2")
    assert before.due_at.isoformat() == "2026-03-26T09:30:00+00:00"
    extend_clock(
        world.session, row.id, amount=3, unit="working-days", reason="等配件", approved_by=Actor.staff(world.me),
        now=world.now,
    )  # fmt: skip
    assert timer(world).due_at.isoformat() == "2026-03-31T09:30:00+00:00"


def test_an_extension_by_a_service_moves_the_due_date_of_the_items(world: World) -> None:
    def extend(step: Any, _call: Any) -> None:
        extend_clock(
            step.session, clock(world).id, amount=3, unit="working-days", reason="等配件", approved_by=step.actor,
            now=step.now,
        )  # fmt: skip

    world.runtime.register_performer("extend", extend)
    world.start(
        p.package(
            p.start(), p.both("split"), p.task("handle", **CLOCKED), p.task("ask"), p.send("prolong", kind="extend"),
            p.end("one"), p.end("two"), p.chain("start", "split", "handle", "one"),
            p.chain("split", "ask", "prolong", "two"), files=[("decisions/ladder.dmn", LADDER), *TEXTS],
        )
    )  # fmt: skip
    before = world.items()["handle"].due_at
    world.complete("ask")
    after = world.items()["handle"].due_at
    assert before is not None
    assert after == clock(world).due_at > before


STOPS = [
    # how the activity ends, and what its clock then is
    ("complete", ClockState.STOPPED),
    ("withdraw", ClockState.CANCELLED),
]


@pytest.mark.parametrize(("how", "state"), STOPS)
def test_a_clock_ends_with_its_activity(how: str, state: ClockState, world: World) -> None:
    world.start(
        p.package(
            p.start(), p.task("handle", **CLOCKED), p.message("withdrawn", "handle"), p.end("done"), p.end("gone"),
            p.chain("start", "handle", "done"), p.chain("withdrawn", "gone"),
            files=[("decisions/ladder.dmn", LADDER), *TEXTS],
        )
    )  # fmt: skip
    if how == "complete":
        world.complete("handle")
    else:
        world.runtime.send_message(
            world.session, world.instance().id, "withdraw", actor=Actor.resident(), now=world.now
        )
    assert clock(world).state == state
    assert {found for found, _ in rungs(world).values()} == {RungState.CANCELLED}


def test_an_item_inside_a_clocked_activity_follows_the_clock_around_it(world: World) -> None:
    inner = (p.start("in"), p.task("first"), p.task("second"), p.end("out"), p.chain("in", "first", "second", "out"))
    world.start(
        p.package(
            p.start(), p.inside("work", *inner, role="handler", unit="water", **CLOCKED), p.end("done"),
            p.chain("start", "work", "done"), files=[("decisions/ladder.dmn", LADDER), *TEXTS],
        )
    )  # fmt: skip
    assert world.items()["first"].clock_id == clock(world).id
    world.complete("first")
    assert world.items()["second"].due_at == clock(world).due_at
    assert clock(world).state == ClockState.RUNNING
    world.complete("second")
    assert clock(world).state == ClockState.STOPPED


def test_a_rung_tells_its_addressees_once(world: World) -> None:
    world.start(clocked())
    world.now = clock(world).due_at + timedelta(days=1)
    rung_id = due_rungs(world.session, world.now, 10)[-1]
    assert world.runtime.fire_rung(world.session, rung_id, world.now) == "L2"
    assert world.runtime.fire_rung(world.session, rung_id, world.now) is None
    states = {name: state for name, (state, _) in rungs(world).items()}
    assert states == {"L0": RungState.SKIPPED, "L1": RungState.SKIPPED, "L2": RungState.FIRED}
    told = world.session.scalars(select(Notice).where(Notice.channel == "email")).all()
    supervisor, leader = world.district.person("supervisor"), world.district.person("street-main")
    assert {notice.address for notice in told} == {supervisor.email, leader.email}
    assert all("超期" in notice.subject and world.case.number in notice.subject for notice in told)
    assert all(notice.link == f"/escalations/rungs/{rung_id}" for notice in told)
    assert world.tags()[-4:] == [Tag.RUNG_SKIPPED, Tag.RUNG_SKIPPED, Tag.RUNG_FIRED, Tag.NOTICE_QUEUED]


def test_a_rung_for_the_owner_reaches_who_holds_the_item(world: World) -> None:
    world.start(clocked())
    world.now = clock(world).due_at - timedelta(days=2)
    assert world.runtime.fire_rung(world.session, rungs(world)["L0"][1], world.now) == "L0"
    told = world.session.scalars(select(Notice.address).where(Notice.channel == "email")).all()
    assert told == [world.me.email]  # nobody has claimed it: everybody who could


def test_a_rung_that_reaches_nobody_is_an_incident_that_can_be_mended(world: World) -> None:
    world.start(clocked())
    supervisor = world.district.person("supervisor")
    with writing(world.session):
        supervisor.active = False
    world.now = clock(world).due_at + timedelta(days=1)
    assert world.runtime.fire_rung(world.session, rungs(world)["L2"][1], world.now) == "L2"
    (incident,) = world.incidents()
    assert (incident.code, incident.attempt["do"]) == ("nobody-in-role", "rung")
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now) is False
    with writing(world.session):
        supervisor.active = True
    assert world.runtime.retry(world.session, incident.id, actor=Actor.staff(world.me), now=world.now) is True
    assert world.incidents()[0].state == "resolved"
    assert world.instance().status == InstanceStatus.RUNNING
    told = world.session.scalars(select(Notice.address).where(Notice.channel == "email")).all()
    assert sorted(told) == ["street-main@qinghe.example", "supervisor@qinghe.example"]
