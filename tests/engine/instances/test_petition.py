"""The petition process on the runtime: real rows, from filing to a department's desk, and what a miss does."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine.audit import Actor, Tag
from engine.deadlines import claim_due_rungs
from engine.deadlines.models import Clock, ClockState, Timer, TimerState
from engine.definitions import Package, load
from engine.instances.reading import case_tokens, done_elements, task_data
from engine.instances.timers import Fired, due_timers
from engine.notices import Notice
from engine.organisation.models import UnitKind
from engine.organisation.service import place_facts
from tests.engine.instances.conftest import World
from tests.factories import make_staff, make_unit

PETITION = Path(__file__).parents[3] / "bpmn" / "petition"


def _file(world: World) -> None:
    world.hooks.issue_document = lambda step, order: {"document_number": order.template}
    urban = make_unit(
        world.session, UnitKind.DEPARTMENT, "urban", parent=world.district.unit("qinghe"), name="区城管局"
    )
    for login, role in (("urban-handler", "handler"), ("urban-lead", "department_lead")):
        world.district.staff[login] = make_staff(
            world.session, login, roles=[(role, urban)], email=f"{login}@qinghe.example"
        )
    case = {"id": str(world.case.id), "number": world.case.number, "kind": "petition", "title": world.case.title}
    case |= {"category": "noise", "channel": "portal", "filed_at": world.now}
    world.start(
        Package.read_directory(PETITION), case=case, place=place_facts(world.session, world.district.unit("willow"))
    )


def _do(world: World, element: str, login: str, **answers: Any) -> list[str]:
    """Complete a task as a page would: what the form shows, with what somebody typed over it."""
    item = world.items()[element]
    version = load(world.session, world.instance().version_id)
    assert item.form_id is not None
    shown = version.form(item.form_id).initial(task_data(world.session, item), now=world.now)
    done = world.runtime.complete(
        world.session, item.id, shown | answers, actor=Actor.staff(world.district.person(login)), now=world.now
    )
    return [each.inbox_key for each in done.next_items]


def _whistle(world: World) -> None:
    _do(world, "record", "community", category="noise")
    _do(world, "verify", "grid", contacted="yes", facts_found="属实，凌晨仍在施工")
    _do(world, "attempt", "grid", attempt_result="unsolved", attempt_note="现场劝阻无效")
    _do(world, "consider", "community", community_can="no")
    _do(world, "blow", "community", whistle_reason="社区没有执法权", whistle_need="请城管现场处置")


def _sweep(world: World) -> list[str]:
    """Fire what is due now, as the ticks do; return the elements of the timers."""
    fired = []
    for rung in claim_due_rungs(world.session, world.now, 50):
        world.runtime.fire_rung(world.session, rung.id, world.now)
    for timer_id in due_timers(world.session, world.now, 50):
        timer = world.session.get_one(Timer, timer_id)
        assert world.runtime.fire_timer(world.session, timer_id, world.now) is Fired.FIRED
        fired.append(timer.element_id)
    return sorted(fired)


def test_a_whistle_reaches_the_street_and_two_departments_at_once(world: World) -> None:
    _file(world)
    assert world.items()["record"].due_at is not None
    _whistle(world)
    assert world.items()["assign"].inbox_key == "street_centre@east-centre"
    keys = _do(world, "assign", "centre", lead_unit="urban", co_units=["water"], assign_demand="到场核实并处置")
    assert sorted(keys) == ["handler@urban", "handler@water"]
    running = world.session.scalars(select(Clock.name).where(Clock.state == ClockState.RUNNING)).all()
    assert sorted(running) == ["accept", "accept", "statutory"]
    assert world.incidents() == []


def test_silence_is_acceptance_and_a_missed_report_is_heard_of(world: World) -> None:
    _file(world)
    _whistle(world)
    _do(world, "assign", "centre", lead_unit="urban", co_units=[], assign_demand="到场核实并处置")
    world.now += timedelta(days=1)
    assert _sweep(world) == ["silent"]
    assert set(world.items()) == {"arrive"}
    world.now += timedelta(days=3)
    assert "absent" in _sweep(world)
    assert world.items()["urge_arrival"].inbox_key == "supervision@supervision"
    told = world.session.scalars(select(Notice).where(Notice.channel == "email")).all()
    assert {notice.address for notice in told} == {"urban-lead@qinghe.example"}
    assert world.incidents() == []


def test_the_resident_may_withdraw_at_any_time_and_every_clock_ends(world: World) -> None:
    _file(world)
    _whistle(world)
    instance = world.instance()
    sent = world.runtime.send_message(
        world.session,
        instance.id,
        "withdrawn",
        {"withdraw_reason": "已自行解决"},
        actor=Actor.resident(),
        now=world.now,
    )
    assert sent is True
    assert world.instance().outcome == "withdrawn"
    assert world.items() == {}
    assert world.session.scalars(select(Clock).where(Clock.state == ClockState.RUNNING)).all() == []
    assert world.session.scalars(select(Timer).where(Timer.state == TimerState.WAITING)).all() == []
    assert world.tags()[-1] == Tag.INSTANCE_COMPLETED


def test_a_page_sees_where_the_tokens_are_and_what_was_done(world: World) -> None:
    _file(world)
    _do(world, "record", "community", category="noise")
    open_elements = {token.element_id for token in case_tokens(world.session, world.case.id) if token.state == "open"}
    assert {"work", "verify"} <= open_elements
    assert {"record", "accept"} <= {done.element_id for done in done_elements(world.session, world.case.id)}
