"""Rungs that wait for somebody: signed before they go out, acknowledged in time or passed on to the next one up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.audit import Actor, Tag
from engine.db import writing
from engine.deadlines import acknowledge_rung, extend_clock, stop_clock
from engine.deadlines.models import Clock, Rung
from engine.errors import Conflict
from engine.instances.chasing import unanswered_rungs
from engine.notices import Notice
from engine.notices.models import Preference
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World

LADDER = """[
{"rung": "L2", "after_due": 1, "unit": "working-days", "to": ["department_lead"], "notice": "late",
 "acknowledge_hours": 4},
{"rung": "L3", "after_due": 5, "unit": "working-days", "to": ["main_leader"], "notice": "late", "sign": true,
 "acknowledge_hours": 8},
{"rung": "L4", "after_due": 10, "unit": "working-days", "to": ["joint_conference"], "notice": "late", "sign": true}
]"""
TEXTS = [(f"notices/late.{locale}.txt", b"Subject: late {{ rung }}\n\n{{ due }}\n") for locale in ("zh_CN", "en")]


@pytest.fixture
def late(world: World) -> World:
    """A matter of the water department whose clock ends on Wednesday, 25 March, at 17:30."""
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    world.start(
        p.package(
            p.start(), p.task("handle", role="handler", unit="water", **clocked), p.end("done"),
            p.chain("start", "handle", "done"), files=[p.decision("ladder", LADDER), *TEXTS],
        )
    )  # fmt: skip
    return world


def rung(world: World, name: str) -> Rung:
    return world.session.scalars(select(Rung).where(Rung.name == name).execution_options(populate_existing=True)).one()


def fire(world: World, name: str) -> Rung:
    """Fire a rung at its own time."""
    found = rung(world, name)
    world.now = found.due_at
    assert world.runtime.fire_rung(world.session, found.id, world.now) == name
    return rung(world, name)


def chase(world: World, at: datetime) -> list[bool]:
    world.now = at
    return [world.runtime.chase_rung(world.session, each, at) for each in unanswered_rungs(world.session, at, 10)]


def told(world: World, template: str) -> list[str]:
    """Logins of whom a template went to, each as often as it did."""
    addresses = world.session.scalars(
        select(Notice.address).where(Notice.template == template, Notice.channel == "email").order_by(Notice.id)
    )
    return [address.partition("@")[0] for address in addresses]


def no_paper(*_: Any) -> UUID | None:
    return None


def sign(world: World, name: str) -> Rung:
    by = Actor.staff(world.district.person("supervisor"))
    return world.runtime.sign_rung(world.session, rung(world, name).id, issue=no_paper, actor=by, now=world.now)


@pytest.mark.parametrize(
    ("says", "waits"),
    [('"urgent": true', False), ('"urgent": false', True), ('"sign": false', True)],  # nothing said: L0 can wait
)
def test_quiet_hours_are_broken_by_what_the_ladder_calls_urgent(world: World, says: str, waits: bool) -> None:
    reader = world.district.person("water-lead")
    ladder = f'[{{"rung": "L0", "fraction_left": 0.3, "to": ["department_lead"], "notice": "late", {says}}}]'
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    world.start(
        p.package(
            p.start(), p.task("handle", role="handler", unit="water", **clocked), p.end("done"),
            p.chain("start", "handle", "done"), files=[p.decision("ladder", ladder), *TEXTS],
        )
    )  # fmt: skip
    world.session.add(Preference(staff_id=reader.id, quiet_from="00:00", quiet_until="23:59", changed_at=world.now))
    fire(world, "L0")
    mail = select(Notice).where(Notice.channel == "email", Notice.staff_id == reader.id)
    assert (world.session.scalars(mail).one().next_try_at > world.now) is waits


def test_acknowledged_in_time_goes_no_further(late: World) -> None:
    fired = fire(late, "L2")
    assert fired.asked_until == late.now + timedelta(hours=21)  # 17:30: all morning, then 14:30
    lead = Actor.staff(late.district.person("water-lead"))
    acknowledge_rung(late.session, fired.id, actor=lead, now=late.now)
    assert chase(late, late.now + timedelta(days=5)) == []
    assert (rung(late, "L2").raised_at, rung(late, "L2").chased) == (None, 0)
    assert told(late, "rung_raised") == []


def test_what_nobody_acknowledges_goes_one_up_once(late: World) -> None:
    fired = fire(late, "L2")
    assert fired.asked_until is not None
    assert chase(late, fired.asked_until - timedelta(seconds=1)) == []
    assert chase(late, fired.asked_until) == [True]
    assert chase(late, late.now + timedelta(days=2)) == []
    raised = rung(late, "L2")
    assert (raised.chased, raised.raised_to, raised.acknowledged_at) == (1, ["Water-Main"], None)
    assert told(late, "rung_raised") == ["water-main"]
    assert [event.data["to"] for event in late.events() if event.tag == Tag.RUNG_UNACKNOWLEDGED] == [["Water-Main"]]
    # late, but acknowledged: it is shown as such
    acknowledge_rung(late.session, raised.id, actor=Actor.staff(late.district.person("water-main")), now=late.now)
    assert rung(late, "L2").acknowledged_at == late.now


def test_the_ladder_may_say_who_is_next(world: World) -> None:
    clocked = {"clock": "handle", "clock_amount": "5", "clock_unit": "working-days", "ladder": "ladder"}
    ladder = LADDER.replace('"acknowledge_hours": 4', '"acknowledge_hours": 4, "next": ["supervision"]')
    world.start(
        p.package(
            p.start(), p.task("handle", role="handler", unit="water", **clocked), p.end("done"),
            p.chain("start", "handle", "done"), files=[p.decision("ladder", ladder), *TEXTS],
        )
    )  # fmt: skip
    fire(world, "L2")
    chase(world, world.now + timedelta(days=2))
    assert told(world, "rung_raised") == ["supervisor"]


def test_nobody_above_is_recorded_and_no_failure(late: World) -> None:
    fire(late, "L4")
    sign(late, "L4")
    with writing(late.session):
        rung(late, "L4").asked_until = late.now  # this ladder has no time for it
    assert chase(late, late.now) == [True]
    assert (rung(late, "L4").raised_to, late.incidents()) == ([], [])


def test_nothing_goes_out_before_a_person_has_signed(late: World) -> None:
    fired = fire(late, "L3")
    assert (fired.state, fired.unsigned, fired.signed_at) == ("fired", True, None)
    assert (told(late, "late"), told(late, "slip_to_sign")) == ([], ["supervisor"])
    with pytest.raises(Conflict, match="still to be signed"):
        acknowledge_rung(late.session, fired.id, actor=Actor.staff(late.me), now=late.now)


def test_a_signature_sends_it_and_starts_the_time_for_acknowledging(late: World) -> None:
    fire(late, "L3")
    late.now += timedelta(hours=15)  # 8:30 on the next morning
    signed = sign(late, "L3")
    assert (signed.unsigned, signed.signed_at) == (False, late.now)
    assert signed.signed_by == late.district.person("supervisor").id
    assert told(late, "late") == ["water-main"]
    assert rung(late, "L3").asked_until == late.now + timedelta(hours=25)  # eight duty hours: seven, and one tomorrow
    assert late.tags().count(Tag.RUNG_SIGNED) == 1
    with pytest.raises(Conflict, match="signed once"):
        sign(late, "L3")
    assert told(late, "late") == ["water-main"]


def test_who_may_sign_is_asked_again_until_somebody_has(late: World) -> None:
    fire(late, "L3")
    for _ in range(3):
        asked = rung(late, "L3").asked_until
        assert asked is not None
        assert chase(late, asked) == [True]
    # from the second time on, those above hear of it too
    assert sorted(told(late, "slip_unsigned")) == ["district-main"] * 2 + ["supervisor"] * 3
    assert (rung(late, "L3").chased, told(late, "late")) == (3, [])
    sign(late, "L3")
    assert told(late, "late") == ["water-main"]


def test_without_a_supervision_office_the_main_leader_is_asked_to_sign(late: World) -> None:
    with writing(late.session):
        late.district.person("supervisor").active = False
    fire(late, "L3")
    assert (told(late, "slip_to_sign"), late.incidents()) == (["water-main"], [])


def test_a_higher_rung_asks_in_place_of_the_lower(late: World) -> None:
    fire(late, "L2")
    fire(late, "L3")
    assert (rung(late, "L2").asked_until, rung(late, "L3").asked_until is not None) == (None, True)


def done(world: World) -> None:
    stop_clock(world.session, world.session.scalars(select(Clock.id)).one(), now=world.now)


def extended(world: World) -> None:
    extend_clock(
        world.session, world.session.scalars(select(Clock.id)).one(), amount=30, unit="working-days", reason="等配件",
        approved_by=Actor.staff(world.me), now=world.now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("happens", "why"), [(done, "has been done since"), (extended, "extended")], ids=["done", "extended"]
)
def test_nothing_is_signed_that_is_no_longer_late(late: World, happens: Callable[[World], None], why: str) -> None:
    fire(late, "L3")
    happens(late)
    with pytest.raises(Conflict, match=why):
        sign(late, "L3")
    chase(late, late.now + timedelta(days=3))
    assert (told(late, "slip_unsigned"), rung(late, "L3").signed_at) == ([], None)


def test_a_signature_whose_paper_cannot_be_filled_leaves_no_trace(late: World) -> None:
    fire(late, "L3")

    def broken(*_: Any) -> UUID | None:
        raise Conflict("paper", "the paper cannot be filled")

    by = Actor.staff(late.district.person("supervisor"))
    with pytest.raises(Conflict, match="paper"):
        late.runtime.sign_rung(late.session, rung(late, "L3").id, issue=broken, actor=by, now=late.now)
    assert (rung(late, "L3").unsigned, told(late, "late")) == (True, [])
