"""Going back to a finished step and on one's own completion: rows, clocks, events, on plain and parallel diagrams."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.deadlines.models import Clock, Timer
from engine.errors import Conflict, EngineError, Forbidden, NotFound
from engine.instances.models import InstanceStatus
from engine.instances.returning import finished_steps, preview
from engine.instances.undoing import may_take_back
from engine.organisation.models import Staff
from engine.tasks import WorkItem, claim, note_opened
from engine.tasks.handing import delegate, recall
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_staff

FORM = p.form("said", p.text_field("said"))
STAGE = {"clock": "stage", "clock_amount": "2", "clock_unit": "working-days"}
LAW = {"clock": "law", "clock_amount": "15", "clock_unit": "working-days", "clock_kind": "statutory"}

PLAIN = p.package(
    p.start(), p.task("a", form="said"), p.task("b", **STAGE), p.task("c"), p.end(outcome="solved"),
    p.chain("start", "a", "b", "c", "end"), files=[FORM],
)  # fmt: skip
PARALLEL = p.package(
    p.start(), p.task("a"), p.both("split"), p.task("b1"), p.task("b2"), p.task("c1"), p.task("c2"), p.both("join"),
    p.task("d"), p.end(outcome="solved"),
    p.chain("start", "a", "split", "b1", "b2", "join", "d", "end"), p.chain("split", "c1", "c2", "join"),
)  # fmt: skip
#: a statutory clock over the handling, which is a sub-process
LAWFUL = p.package(
    p.start(), p.task("a"),
    p.inside("work", p.start("ws"), p.task("b", **STAGE), p.task("c"), p.end("we"), p.chain("ws", "b", "c", "we"),
             **LAW),
    p.task("d"), p.end(outcome="solved"), p.chain("start", "a", "work", "d", "end"),
)  # fmt: skip
_LOOP = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
    'inputCollection="=units" inputElement="unit"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
)
#: several departments side by side, each with two steps
MANY = p.package(
    p.start(), p.task("a"),
    '<bpmn:subProcess id="dept" name="dept">' + _LOOP + p.start("ds")
    + p.task("u", role="handler", unit="=unit", **STAGE) + p.task("v", role="handler", unit="=unit") + p.end("de")
    + p.chain("ds", "u", "v", "de") + "</bpmn:subProcess>",
    p.task("d"), p.end(outcome="solved"), p.chain("start", "a", "dept", "d", "end"),
)  # fmt: skip


def mine(world: World, element: str, by: Staff | None = None) -> WorkItem:
    """Claim the live item of an element."""
    return claim(world.session, world.items()[element].id, staff=by or world.me, now=world.now)


def done(world: World, element: str) -> WorkItem:
    """The last completed item of an element."""
    found = select(WorkItem).where(WorkItem.element_id == element, WorkItem.state == "completed")
    return list(world.session.scalars(found.order_by(WorkItem.created_at, WorkItem.id)))[-1]


def back(world: World, source: str, target: str, by: Staff | None = None) -> Any:
    item, step = mine(world, source, by), done(world, target)
    return world.runtime.send_back(
        world.session, item.id, step.id, staff=by or world.me, reason="材料不全", now=world.now
    )


def take(world: World, element: str, by: Staff | None = None) -> Any:
    return world.runtime.take_back(world.session, done(world, element).id, staff=by or world.me, now=world.now)


def clocks(world: World) -> dict[str, list[tuple[str, datetime]]]:
    """(state, due) of the clocks of each name, the first first."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    for clock in world.session.scalars(select(Clock).order_by(Clock.id).execution_options(populate_existing=True)):
        found.setdefault(clock.name, []).append((str(clock.state), clock.due_at))
    return found


def test_a_matter_goes_back_to_who_did_the_step_with_the_reason(world: World) -> None:
    world.start(PLAIN)
    world.complete("a", {"said": "一"})
    world.complete("b")
    item = mine(world, "c")
    assert [step.element_id for step in finished_steps(world.session, item)] == ["b", "a"]
    assert [each.element_id for each in preview(world.session, item, done(world, "a"))] == ["c"]
    back(world, "c", "a")
    (again,) = world.items().values()
    assert (again.element_id, again.owner_id, again.state) == ("a", world.me.id, "claimed")
    assert (again.handed["how"], again.handed["note"]) == ("returned", "材料不全")
    assert world.tags()[-3:] == [Tag.WORK_ITEM_RETURNED, Tag.WORK_ITEM_WITHDRAWN, Tag.WORK_ITEM_CREATED]
    for step in "abc":
        world.complete(step)
    assert world.instance().status == InstanceStatus.COMPLETED


def test_the_stage_clock_of_the_step_starts_again(world: World) -> None:
    world.start(PLAIN)
    world.complete("a")
    world.complete("b")
    mine(world, "c")
    world.now += timedelta(days=1)
    back(world, "c", "b")
    (first, second) = clocks(world)["stage"]
    assert (first[0], second[0]) == ("stopped", "running")
    assert second[1] > first[1]
    assert world.items()["b"].due_at == second[1]


def test_inside_a_branch_the_one_beside_stays_and_before_the_split_it_goes(world: World) -> None:
    world.start(PARALLEL)
    world.complete("a")
    world.complete("b1")
    beside = world.items()["c1"].id
    back(world, "b2", "b1")
    assert {name: item.id == beside for name, item in world.items().items()} == {"b1": False, "c1": True}
    world.complete("b1")
    item = mine(world, "b2")
    assert {each.element_id for each in preview(world.session, item, done(world, "a"))} == {"b2", "c1"}
    back(world, "b2", "a")
    assert set(world.items()) == {"a"}
    for step in ("a", "b1", "c1", "c2", "b2", "d"):
        world.complete(step)
    assert world.instance().status == InstanceStatus.COMPLETED


def test_a_step_of_the_branch_beside_is_not_offered_and_refused(world: World) -> None:
    world.start(PARALLEL)
    world.complete("a")
    world.complete("c1")
    world.complete("b1")
    item = mine(world, "b2")
    assert [step.element_id for step in finished_steps(world.session, item)] == ["b1", "a"]
    before = world.instance().lock_version
    with pytest.raises(Conflict) as caught:
        back(world, "b2", "c1")
    assert caught.value.code == "return-elsewhere"
    assert world.instance().lock_version == before
    assert set(world.items()) == {"b2", "c2"}
    world.complete("b2")
    world.complete("c2")  # the process that refused goes on as it was
    assert set(world.items()) == {"d"}


def test_a_step_that_never_happened_and_a_task_of_somebody_else_are_refused(world: World) -> None:
    world.start(PLAIN)
    world.complete("a")
    item, step = mine(world, "b"), done(world, "a")
    other = make_staff(world.session, "other", roles=[("community", world.district.unit("willow"))])
    attempts = (
        (item.id, item.id, world.me, NotFound),  # not finished
        (item.id, world.case.id, world.me, NotFound),  # no task at all
        (item.id, step.id, other, Forbidden),  # not theirs
        (step.id, step.id, world.me, Conflict),  # over
    )
    for source, target, who, family in attempts:
        with pytest.raises(EngineError) as caught:
            world.runtime.send_back(world.session, source, target, staff=who, reason="", now=world.now)
        assert isinstance(caught.value, family)
    delegate(world.session, item.id, to=other, staff=world.me, now=world.now)
    with pytest.raises(Conflict):
        world.runtime.send_back(world.session, item.id, step.id, staff=other, reason="", now=world.now)
    recall(world.session, item.id, staff=world.me, now=world.now)
    assert set(world.items()) == {"b"}


@pytest.mark.parametrize(("source", "target"), [("c", "b"), ("c", "a"), ("d", "b"), ("d", "a")])
def test_the_statutory_clock_runs_on_wherever_a_matter_goes_back_to(world: World, source: str, target: str) -> None:
    """Inside what it measures, out of it, into it again when it has ended, and to before it."""
    world.start(LAWFUL)
    world.complete("a")
    world.complete("b")
    if source == "d":
        world.complete("c")
    promised = clocks(world)["law"][0][1]
    world.now += timedelta(days=3)
    back(world, source, target)
    assert clocks(world)["law"] == [("running", promised)]
    if target == "a":
        world.complete("a")
    assert clocks(world)["law"] == [("running", promised)]
    assert world.items()["b"].due_at < promised  # its own stage
    world.complete("b")
    assert world.items()["c"].due_at == promised
    world.complete("c")
    assert clocks(world)["law"] == [("stopped", promised)]
    world.complete("d")
    assert world.instance().status == InstanceStatus.COMPLETED


def test_in_one_departments_branch_the_others_are_left_alone(world: World) -> None:
    water, housing = world.district.person("handler"), world.district.person("housing-handler")
    world.start(MANY, units=["water-works", "housing"])
    world.complete("a")
    live = list(world.session.scalars(select(WorkItem).where(WorkItem.element_id == "u")))
    one, other = sorted(live, key=lambda item: item.inbox_key == "handler@housing")
    world.runtime.complete(world.session, one.id, {}, actor=Actor.staff(water), now=world.now)
    v = mine(world, "v", water)
    assert [step.element_id for step in finished_steps(world.session, v)] == ["u", "a"]
    assert [each.id for each in preview(world.session, v, one)] == [v.id]
    world.runtime.send_back(world.session, v.id, one.id, staff=water, reason="", now=world.now)
    world.session.expire_all()
    assert (other.state, other.opened_at) == ("open", None)
    live = list(world.session.scalars(select(WorkItem).where(WorkItem.state.in_(("open", "claimed")))))
    assert {item.id: (item.element_id, item.owner_id) for item in live if item.id != other.id}.popitem()[1] == (
        "u", water.id,
    )  # fmt: skip
    assert len(live) == 2
    claim(world.session, other.id, staff=housing, now=world.now)
    assert [step.element_id for step in finished_steps(world.session, other)] == ["a"]
    assert {each.element_id for each in preview(world.session, other, done(world, "a"))} == {"u"}
    assert len(preview(world.session, other, done(world, "a"))) == 2
    world.runtime.send_back(world.session, other.id, done(world, "a").id, staff=housing, reason="", now=world.now)
    assert set(world.items()) == {"a"}


def test_a_completion_is_taken_back_until_the_next_one_opens_it(world: World) -> None:
    world.start(PLAIN)
    world.complete("a", {"said": "写错了"})
    item = done(world, "a")
    assert may_take_back(world.session, item, world.me)
    take(world, "a")
    (again,) = world.items().values()
    assert (again.element_id, again.owner_id, again.handed) == ("a", world.me.id, None)
    assert Tag.WORK_ITEM_REOPENED in world.tags()
    world.complete("a", {"said": "对了"})
    note_opened(world.session, world.items()["b"], world.me, world.now)
    assert not may_take_back(world.session, done(world, "a"), world.me)
    with pytest.raises(Conflict) as caught:
        take(world, "a")
    assert caught.value.code == "take-back-opened"
    assert set(world.items()) == {"b"}


def test_a_completion_that_only_waits_for_the_branch_beside_is_taken_back(world: World) -> None:
    world.start(PARALLEL)
    for step in ("a", "b1", "c1", "b2"):
        world.complete(step)
    beside = world.items()["c2"].id
    take(world, "b2")
    assert {name: item.id == beside for name, item in world.items().items()} == {"b2": False, "c2": True}
    world.complete("c2")
    world.complete("b2")
    assert set(world.items()) == {"d"}
    take(world, "b2")  # it came through the join: the other branch stays done
    assert set(world.items()) == {"b2"}
    world.complete("b2")
    assert set(world.items()) == {"d"}


def test_only_who_completed_takes_back_and_only_the_last_thing(world: World) -> None:
    world.start(PLAIN)
    world.complete("a")
    other = make_staff(world.session, "other", roles=[("community", world.district.unit("willow"))])
    with pytest.raises(Forbidden):
        take(world, "a", other)
    world.complete("b", by=other)
    assert not may_take_back(world.session, done(world, "a"), world.me)  # somebody has gone on from there
    with pytest.raises(Conflict):
        take(world, "a")
    assert may_take_back(world.session, done(world, "b"), other)


def test_taking_back_gives_nobody_more_time(world: World) -> None:
    world.start(LAWFUL)
    world.complete("a")
    world.complete("b")
    before = clocks(world)
    world.now += timedelta(days=1)
    take(world, "b")
    assert clocks(world) == {"stage": [("running", before["stage"][0][1])], "law": before["law"]}
    assert world.items()["b"].due_at == before["stage"][0][1]
    for step in "bc":
        world.complete(step)
    take(world, "c")  # it had ended what the statutory clock measures
    assert clocks(world)["law"] == before["law"]
    world.complete("c")
    assert clocks(world)["law"][0][0] == "stopped"


def test_what_somebody_outside_was_told_is_not_taken_back(world: World) -> None:
    world.start(
        p.package(
            p.start(), p.task("a", document="reply"), p.task("b"), p.end(outcome="solved"),
            p.chain("start", "a", "b", "end"), files=[("documents/reply.html", b"<p>x</p>")],
        )
    )  # fmt: skip
    world.runtime.hooks.issue_document = lambda step, order: step.ledger.note(Tag.CASE_DOCUMENT_ISSUED, {"number": "1"})
    world.complete("a")
    with pytest.raises(Conflict) as caught:
        take(world, "a")
    assert caught.value.code == "take-back-told"
    back(world, "b", "a")  # but the matter can be sent back
    assert set(world.items()) == {"a"}


def test_an_ended_process_goes_nowhere(world: World) -> None:
    world.start(PLAIN)
    for step in "abc":
        world.complete(step)
    with pytest.raises(Conflict) as caught:
        take(world, "c")
    assert caught.value.code == "instance-stopped"


def test_timers_of_the_step_are_armed_again(world: World, session: Session) -> None:
    world.start(
        p.package(
            p.start(), p.task("a"), p.timer("late", "a", interrupting=False, duration="P1D"), p.task("reminder"),
            p.task("b"), p.end(outcome="solved"), p.end("told"),
            p.chain("start", "a", "b", "end"), p.chain("late", "reminder", "told"),
        )
    )  # fmt: skip
    world.complete("a")
    back(world, "b", "a")
    states = [str(state) for state in session.scalars(select(Timer.state).order_by(Timer.id))]
    assert states == ["cancelled", "waiting"]
