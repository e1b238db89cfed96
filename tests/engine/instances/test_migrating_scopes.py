"""Running cases go into a sub-process that the newer version has around a step, or out of one: rows and dates stay."""

from datetime import timedelta

from sqlalchemy import select

from engine.deadlines.models import Clock, Timer
from engine.definitions import Package
from engine.instances.migrating import Fate
from engine.instances.models import InstanceStatus
from engine.tasks import WorkItem, claim, load_draft, save_draft
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.engine.instances.test_migrating import CLOCK, move, said

STAGE = {"clock": "whole", "clock_amount": "5", "clock_unit": "working-days"}


def plain(**settings: str) -> Package:
    return p.package(
        p.start(), p.task("a", **settings), p.task("b"), p.timer("late", "b", interrupting=False, duration="PT9H"),
        p.task("told"), p.end(outcome="solved"), p.chain("start", "a", "b", "end"), p.chain("late", "told", "end"),
    )  # fmt: skip


def wrapped(duration: str = "PT9H", **settings: str) -> Package:
    """The same with `a` and `b` in a sub-process that has a clock of its own, if any is set."""
    inside = p.inside(
        "stage", p.start("begin"), p.task("a", **CLOCK), p.task("b"),
        p.timer("late", "b", interrupting=False, duration=duration), p.task("told"), p.end("done"),
        p.chain("begin", "a", "b", "done"), p.chain("late", "told", "done"), **settings,
    )  # fmt: skip
    return p.package(p.start(), inside, p.end(outcome="solved"), p.chain("start", "stage", "end"))


def test_a_case_goes_into_a_sub_process_with_its_draft_its_clock_and_its_owner(world: World) -> None:
    world.start(plain(**CLOCK))
    item = claim(world.session, world.items()["a"].id, staff=world.me, now=world.now)
    save_draft(world.session, item.id, staff=world.me, data={"said": "写了一半"}, now=world.now)
    clock = world.session.scalars(select(Clock)).one()
    before = (clock.id, clock.due_at, item.due_at)
    tried = move(world, wrapped(**STAGE), rehearse=True)
    verdict = move(world, wrapped(**STAGE))
    assert (tried.fate, verdict.fate) == (Fate.MOVED, Fate.MOVED)
    assert tried.sentences == verdict.sentences
    assert "From now on it is inside “stage”." in said(verdict)
    assert "A clock begins now for “stage”." in said(verdict)
    after = world.items()["a"]
    assert (after.id, after.owner_id) == (item.id, world.me.id)
    draft = load_draft(world.session, item.id, staff=world.me)
    assert draft is not None
    assert draft.data == {"said": "写了一半"}
    clocks = {each.name: each for each in world.session.scalars(select(Clock))}
    assert (clocks["stage"].id, clocks["stage"].due_at, after.due_at) == before
    assert (clocks["whole"].element_id, clocks["whole"].state) == ("stage", "running")
    world.complete("a")
    world.complete("b")
    assert world.instance().status == InstanceStatus.COMPLETED
    assert {each.state for each in world.session.scalars(select(Clock))} == {"stopped"}


def test_a_case_comes_out_of_a_sub_process_that_is_no_more(world: World) -> None:
    world.start(wrapped(**STAGE))
    before = {each.name: each.due_at for each in world.session.scalars(select(Clock))}
    verdict = move(world, plain(**CLOCK))
    assert verdict.fate is Fate.MOVED
    assert "It is no longer inside “stage”." in said(verdict)
    assert "The clock of “stage” ends" in said(verdict)
    clocks = {each.name: each for each in world.session.scalars(select(Clock))}
    assert (clocks["whole"].state, clocks["stage"].state) == ("cancelled", "running")
    assert {name: clock.due_at for name, clock in clocks.items()} == before
    for step in ("a", "b"):
        world.complete(step)
    assert world.instance().status == InstanceStatus.COMPLETED


def test_a_timer_on_a_step_keeps_its_row_and_its_date_inside(world: World) -> None:
    world.start(plain(**CLOCK))
    world.complete("a")
    before = world.session.scalars(select(Timer)).one()
    kept = (before.id, before.due_at)
    move(world, wrapped("PT99H"))
    after = world.session.scalars(select(Timer).execution_options(populate_existing=True)).one()
    assert (after.id, after.due_at, after.state) == (*kept, "waiting")
    assert after.due_at == world.now + timedelta(hours=9)


def test_a_step_that_was_done_can_be_returned_to_inside(world: World) -> None:
    world.start(plain())
    world.complete("a")
    move(world, wrapped())
    here = claim(world.session, world.items()["b"].id, staff=world.me, now=world.now)
    done = world.session.scalars(select(WorkItem).where(WorkItem.state == "completed")).one()
    world.runtime.send_back(world.session, here.id, done.id, staff=world.me, reason="补充", now=world.now)
    assert list(world.items()) == ["a"]
    move(world, plain())
    for step in ("a", "b"):
        world.complete(step)
    assert world.instance().status == InstanceStatus.COMPLETED


def test_what_cannot_be_put_into_a_sub_process_stays_where_it_is(world: World) -> None:
    world.start(plain())
    several = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
        'inputCollection="=[1,2]"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
    )
    inside = p.inside("stage", several, p.start("begin"), p.task("a"), p.end("done"), p.chain("begin", "a", "done"))
    verdict = move(world, p.package(
        p.start(), inside, p.task("b"), p.end(outcome="solved"), p.chain("start", "stage", "b", "end")
    ))  # fmt: skip
    assert (verdict.fate, verdict.elements) == (Fate.REFUSED, ("a",))
    assert "runs several times" in said(verdict)
    world.complete("a")
    assert list(world.items()) == ["b"]
