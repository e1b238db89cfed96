"""Running cases go on under another version: rows stay or follow, dates stay, and nothing is half moved."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag
from engine.deadlines.models import Clock, Timer
from engine.definitions import Package, active_version, deploy, load
from engine.errors import Invalid
from engine.instances.migrating import Fate, Verdict, migrate_instance
from engine.instances.migration_plans import propose, read_moves
from engine.instances.migrations import Progress, carry_out, prepare, rehearse, verdicts
from engine.instances.models import Instance, InstanceStatus
from engine.instances.runtime import Runtime
from engine.tasks import WorkItem, claim, load_draft, save_draft
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_case

CLOCK = {"clock": "stage", "clock_amount": "2", "clock_unit": "working-days"}
OLD = p.package(
    p.start(), p.task("a", **CLOCK), p.task("b"), p.end(outcome="solved"), p.chain("start", "a", "b", "end"),
)  # fmt: skip


def redrawn(a: str = "a", *extra: str, flows: str = "", **settings: str) -> Package:
    return p.package(
        p.start(), p.task(a, **settings), p.task("b"), *extra, p.end(outcome="solved"),
        p.chain("start", a, "b", "end"), flows,
    )  # fmt: skip


def bring(world: World, package: Package) -> UUID:
    """Deploy a package and return the id of its version."""
    return deploy(
        world.session, package, author=Actor.engine(), note="", now=world.now, jurisdiction="qinghe"
    ).id  # fmt: skip


def move(world: World, package: Package, moves: dict[str, str] | None = None, **options: Any) -> Verdict:
    """Deploy a package and move the world's instance to it."""
    old, to = world.instance().version_id, bring(world, package)
    named = read_moves({"petition": moves or {}}, load(world.session, old), load(world.session, to))
    return migrate_instance(
        world.runtime.conductor, world.session, world.instance().id, to=to, moves=named, note="时限调整",
        actor=Actor.engine(), now=world.now, **options,
    )  # fmt: skip


def said(verdict: Verdict) -> str:
    return " ".join(verdict.sentences)


def test_a_case_keeps_item_owner_draft_and_dates(world: World) -> None:
    world.start(OLD)
    item = claim(world.session, world.items()["a"].id, staff=world.me, now=world.now)
    save_draft(world.session, item.id, staff=world.me, data={"said": "写了一半"}, now=world.now)
    before = world.session.scalars(select(Clock)).one().due_at
    verdict = move(world, redrawn(**CLOCK | {"clock_amount": "9"}))
    after = world.items()["a"]
    assert verdict.fate is Fate.MOVED
    assert (after.id, after.owner_id, after.due_at) == (item.id, world.me.id, before)
    assert world.session.scalars(select(Clock)).one().due_at == before
    draft = load_draft(world.session, item.id, staff=world.me)
    assert draft is not None
    assert draft.data == {"said": "写了一半"}
    assert world.instance().version_id == active_version(world.session, "petition").id
    moved = [event for event in world.events() if event.tag == Tag.INSTANCE_MIGRATED]
    assert [event.data for event in moved] == [{"from": 1, "to": 2, "note": "时限调整"}]
    world.complete("a")
    world.complete("b")
    assert world.instance().status == InstanceStatus.COMPLETED


def test_an_element_with_another_id_and_name_takes_its_rows_along(world: World) -> None:
    world.start(OLD)
    verdict = move(world, redrawn("check", **CLOCK | {"clock": "checking"}), {"a": "check"})
    assert verdict.fate is Fate.MOVED
    item, clock = world.items()["check"], world.session.scalars(select(Clock)).one()
    assert item.name == "check"
    assert (clock.element_id, clock.name, clock.state) == ("check", "checking", "running")
    assert "“check” is called so from now on" in said(verdict)


def test_a_step_that_was_done_can_still_be_returned_to_under_its_new_id(world: World) -> None:
    world.start(OLD)
    world.complete("a")
    move(world, redrawn("check", **CLOCK), {"a": "check"})
    here = claim(world.session, world.items()["b"].id, staff=world.me, now=world.now)
    done = world.session.scalars(select(WorkItem).where(WorkItem.state == "completed")).one()
    world.runtime.send_back(world.session, here.id, done.id, staff=world.me, reason="补充", now=world.now)
    assert list(world.items()) == ["check"]


def test_what_the_new_version_adds_begins_and_what_it_lacks_ends(world: World) -> None:
    world.start(OLD)
    late = p.timer("late", "a", interrupting=False, duration="PT1H")
    verdict = move(world, redrawn("a", late, p.task("told"), flows=p.chain("late", "told", "end")))
    timer = world.session.scalars(select(Timer).where(Timer.state == "waiting")).one()
    assert (timer.element_id, timer.due_at) == ("late", world.now + timedelta(hours=1))
    assert world.session.scalars(select(Clock)).one().state == "cancelled"
    assert "also waits for “late”" in said(verdict)
    assert "clock of “a” ends" in said(verdict)
    verdict = move(world, OLD)
    assert not world.session.scalars(select(Timer).where(Timer.state == "waiting")).all()
    assert "waits no longer for “late”" in said(verdict)
    assert "A clock begins now for “a”" in said(verdict)


def test_a_timer_keeps_its_date_and_its_row(world: World) -> None:
    def with_timer(duration: str) -> Package:
        late = p.timer("late", "a", interrupting=False, duration=duration)
        return redrawn("a", late, p.task("told"), flows=p.chain("late", "told", "end"))

    world.start(with_timer("PT1H"))
    before = world.session.scalars(select(Timer)).one()
    kept = (before.id, before.due_at)
    move(world, with_timer("PT9H"))
    after = world.session.scalars(select(Timer).execution_options(populate_existing=True)).one()
    assert (after.id, after.due_at) == kept


def test_a_task_that_others_do_now_goes_to_their_inbox(world: World) -> None:
    world.start(OLD)
    claim(world.session, world.items()["a"].id, staff=world.me, now=world.now)
    verdict = move(world, redrawn(**CLOCK | {"role": "street_centre", "unit": "=place.street"}))
    item = world.items()["a"]
    assert (item.role, item.owner_id, item.state) == ("street_centre", None, "open")
    assert "may no longer do it" in said(verdict)


def test_a_case_that_cannot_go_on_stays_as_it_was(world: World) -> None:
    world.start(OLD)
    world.complete("a")
    before = (world.instance().version_id, world.instance().lock_version, world.tags())
    verdict = move(world, p.package(p.start(), p.task("a"), p.end(outcome="solved"), p.chain("start", "a", "end")))
    assert (verdict.fate, verdict.elements) == (Fate.REFUSED, ("b",))
    assert "no element for it" in said(verdict)
    assert before[:2] == (world.instance().version_id, world.instance().lock_version)
    assert Tag.INSTANCE_MIGRATED not in world.tags()
    world.complete("b")
    assert world.instance().status == InstanceStatus.COMPLETED


def test_a_new_setting_that_fails_for_this_case_is_a_verdict_and_no_incident(world: World) -> None:
    world.start(OLD)
    verdict = move(world, redrawn(**CLOCK | {"unit": "=nowhere.to.be.found"}))
    assert (verdict.fate, verdict.elements) == (Fate.REFUSED, ("a",))
    assert not world.incidents()
    world.complete("a")


def test_a_rehearsal_keeps_nothing(world: World) -> None:
    world.start(OLD)
    before = (world.instance().version_id, world.instance().lock_version, len(world.events()))
    verdict = move(world, redrawn("check"), {"a": "check"}, rehearse=True)
    assert verdict.fate is Fate.MOVED
    assert before[:2] == (world.instance().version_id, world.instance().lock_version)
    assert Tag.INSTANCE_MIGRATED not in world.tags()
    world.complete("a")
    assert list(world.items()) == ["b"]


def test_a_case_that_has_ended_is_left_alone(world: World) -> None:
    world.start(OLD)
    world.complete("a")
    world.complete("b")
    assert move(world, redrawn("check"), {"a": "check"}).fate is Fate.SKIPPED


# ---- the plan


def test_elements_with_another_id_are_found_by_kind_and_name(world: World) -> None:
    first = load(world.session, bring(world, OLD))
    second = load(world.session, bring(world, redrawn("a", **CLOCK)))
    renamed = Package(
        files=OLD.files | {"process.bpmn": OLD.files["process.bpmn"].replace(b'id="a"', b'id="a2"')
                           .replace(b'sourceRef="a"', b'sourceRef="a2"').replace(b'targetRef="a"', b'targetRef="a2"')}
    )  # fmt: skip
    third = load(world.session, bring(world, renamed))
    gone = load(
        world.session,
        bring(world, p.package(p.start(), p.task("b"), p.end(outcome="solved"), p.chain("start", "b", "end"))),
    )
    assert propose(first, second).moves == {}
    assert propose(first, third).moves == {"petition": {"a": "a2"}}
    assert [each.id for each in propose(first, gone).missing] == ["a"]


# a plan, and what is wrong with it
WRONG: dict[str, tuple[Any, str]] = {
    "no such process": ({"nowhere": {"a": "b"}}, "no process nowhere"),
    "no such element": ({"petition": {"zzz": "b"}}, "no element zzz"),
    "no such target": ({"petition": {"a": "zzz"}}, "no element zzz"),
    "two to one": ({"petition": {"a": "b", "b": "b"}}, "two elements"),
    "a list": ([], "form"),
    "a text": ({"petition": "a"}, "form"),
}


@pytest.mark.parametrize(("moves", "reason"), WRONG.values(), ids=list(WRONG))
def test_a_plan_that_cannot_be_used_says_why(world: World, moves: Any, reason: str) -> None:
    first, second = (load(world.session, bring(world, each)) for each in (OLD, redrawn("a")))
    with pytest.raises(Invalid, match=reason):
        read_moves(moves, first, second)


# ---- many


def many(world: World, count: int) -> tuple[UUID, UUID]:
    """Start cases on an older version, every third of them one step further, and deploy a newer one."""
    world.start(OLD)
    first = world.instance().version_id
    for number in range(1, count):
        case = make_case(world.session, place=world.district.unit("willow"), number=f"SQ2026-{number:06}")
        instance = world.runtime.start(
            world.session, case_id=case.id, jurisdiction="qinghe", key="petition", actor=Actor.resident(),
            now=world.now, data={"case": {"number": case.number}, "place": {"community": "willow"}},
        )  # fmt: skip
        if number % 3 == 0:
            item = world.session.scalars(select(WorkItem).where(WorkItem.instance_id == instance.id)).one()
            world.runtime.complete(world.session, item.id, {}, actor=Actor.staff(world.me), now=world.now)
    gone = p.package(p.start(), p.task("check"), p.end(outcome="solved"), p.chain("start", "check", "end"))
    return first, bring(world, gone)


def test_many_cases_are_moved_in_batches_and_those_that_cannot_be_are_named(
    world: World, sessions: sessionmaker[Session]
) -> None:
    first, second = many(world, 7)
    plan: dict[str, Any] = {
        "from_id": first, "to_id": second, "moves": {"petition": {"a": "check"}}, "actor": Actor.engine(),
        "now": world.now,
    }  # fmt: skip
    tried = rehearse(sessions, world.runtime, **plan)
    assert sorted(each.fate for each in tried) == [Fate.MOVED] * 5 + [Fate.REFUSED] * 2
    assert rehearse(sessions, world.runtime, seconds=0, **plan) == tried[:1]
    migration = prepare(world.session, note="", jurisdiction="qinghe", **plan)
    identity = migration.id
    world.session.commit()
    later: dict[str, Any] = {"actor": Actor.engine(), "now": world.now}
    assert carry_out(sessions, world.runtime, identity, limit=3, **later).waiting == 4
    world.runtime.forget()  # another process takes it up
    done = carry_out(sessions, world.runtime, identity, **later)
    assert done == Progress(moved=5, refused=2)
    assert carry_out(sessions, world.runtime, identity, **later) == done  # nothing is done twice
    refused = verdicts(world.session, identity, Fate.REFUSED)
    assert {each.elements for each in refused} == {("b",)}
    assert all("no element for it" in said(each) for each in refused)
    versions = list(world.session.scalars(select(Instance.version_id)))
    assert sorted(versions, key=str) == sorted([second] * 5 + [first] * 2, key=str)


def test_cases_that_could_not_be_moved_are_tried_again_when_asked(
    world: World, sessions: sessionmaker[Session]
) -> None:
    first, second = many(world, 4)
    later: dict[str, Any] = {"actor": Actor.engine(), "now": world.now}
    plan: dict[str, Any] = {"from_id": first, "to_id": second, "moves": {"petition": {"a": "check"}}}
    migration = prepare(world.session, note="", jurisdiction="qinghe", **plan, **later)
    identity = migration.id
    world.session.commit()
    assert carry_out(sessions, world.runtime, identity, **later).refused == 1
    stuck = world.session.scalars(select(WorkItem).where(WorkItem.element_id == "b", WorkItem.state == "open")).one()
    world.runtime.complete(world.session, stuck.id, {}, actor=Actor.staff(world.me), now=world.now)
    assert carry_out(sessions, world.runtime, identity, again=True, **later) == Progress(moved=3, skipped=1)


def test_cases_go_only_to_another_version_of_their_own_process(world: World) -> None:
    world.start(OLD)
    version = world.instance().version_id
    with pytest.raises(Invalid, match="is none"):
        prepare(
            world.session, from_id=version, to_id=version, moves={}, note="", actor=Actor.engine(), now=world.now,
            jurisdiction="qinghe",
        )  # fmt: skip


def test_a_process_that_another_machine_keeps_live_takes_its_next_step_under_the_new_version(world: World) -> None:
    world.start(OLD)
    elsewhere = Runtime(world.hooks)
    world.runtime.forget()
    world.complete("a")  # which leaves a live copy here, of the older version
    here, world.runtime = world.runtime, elsewhere
    move(world, p.package(
        p.start(), p.task("a", **CLOCK), p.task("b"), p.task("c"), p.end(outcome="solved"),
        p.chain("start", "a", "b", "c", "end"),
    ))  # fmt: skip
    world.runtime = here
    world.complete("b")
    assert list(world.items()) == ["c"]
