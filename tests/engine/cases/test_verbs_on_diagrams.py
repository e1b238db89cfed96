"""Each verb on a plain and on a parallel diagram: what it tells, that no date moves, that the branch beside is left
alone, what undoes it, and that the process then comes to its end.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.audit import Tag
from engine.cases.handling import (
    Acting,
    answer_as_co_handler,
    ask_co_handler,
    copy_in,
    delegate,
    hand_back,
    recall,
    remove_co_handler,
    remove_copy,
    transfer,
    urge,
)
from engine.deadlines.models import Clock
from engine.definitions import Package
from engine.instances.models import InstanceStatus
from engine.organisation.models import Staff
from engine.organisation.policy import viewer_for
from engine.tasks import WorkItem, claim, release
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World, world
from tests.factories import make_staff

__all__ = ["world"]
LAW = {"clock": "law", "clock_amount": "15", "clock_unit": "working-days", "clock_kind": "statutory"}
BESIDE = {"clock": "beside", "clock_amount": "2", "clock_unit": "working-days"}
#: the task that a verb is used on is `b`
PLAIN = p.package(
    p.start(),
    p.task("a"),
    p.task("b", **LAW),
    p.task("d"),
    p.end(outcome="solved"),
    p.chain("start", "a", "b", "d", "end"),
)
PARALLEL = p.package(
    p.start(), p.task("a"), p.both("split"), p.task("b", **LAW), p.task("c", **BESIDE), p.both("join"), p.task("d"),
    p.end(outcome="solved"), p.chain("start", "a", "split", "b", "join", "d", "end"), p.chain("split", "c", "join"),
)  # fmt: skip

Verb = Callable[[World, WorkItem, Staff], None]


def acting(world: World, staff: Staff | None = None) -> Acting:
    who = staff or world.me
    viewer = viewer_for(world.session, who)
    return Acting(session=world.session, runtime=world.runtime, viewer=viewer, staff=who, now=world.now)


def _transferred(world: World, item: WorkItem, other: Staff) -> None:
    transfer(acting(world), item.id, to=other)
    assert item.owner_id == other.id
    recall(acting(world), item.id)


def _delegated(world: World, item: WorkItem, other: Staff) -> None:
    delegate(acting(world), item.id, to=other)
    assert item.owner_id == other.id
    hand_back(acting(world, other), item.id, data={})


def _delegation_recalled(world: World, item: WorkItem, other: Staff) -> None:
    delegate(acting(world), item.id, to=other)
    recall(acting(world), item.id)


def _released(world: World, item: WorkItem, _other: Staff) -> None:
    release(world.session, item.id, staff=world.me, now=world.now)
    assert item.owner_id is None
    claim(world.session, item.id, staff=world.me, now=world.now)


def _answered_beside(world: World, item: WorkItem, other: Staff) -> None:
    request = ask_co_handler(acting(world), item.id, who=other, question="水压够吗？")
    answer_as_co_handler(acting(world, other), request.id, text="够")


def _asked_and_taken_back(world: World, item: WorkItem, other: Staff) -> None:
    request = ask_co_handler(acting(world), item.id, who=other, question="水压够吗？")
    remove_co_handler(acting(world), request.id)


def _copied_and_ended(world: World, item: WorkItem, other: Staff) -> None:
    copy = copy_in(acting(world), item.id, who=other)
    remove_copy(acting(world), copy.id)


def _urged(world: World, item: WorkItem, _other: Staff) -> None:
    urge(acting(world, world.district.person("centre")), item.id)


VERBS: list[tuple[Verb, list[Tag]]] = [
    (_transferred, [Tag.WORK_ITEM_TRANSFERRED, Tag.WORK_ITEM_RECALLED]),
    (_delegated, [Tag.WORK_ITEM_DELEGATED, Tag.WORK_ITEM_HANDED_BACK]),
    (_delegation_recalled, [Tag.WORK_ITEM_DELEGATED, Tag.WORK_ITEM_RECALLED]),
    (_released, [Tag.WORK_ITEM_RELEASED, Tag.WORK_ITEM_CLAIMED]),
    (_answered_beside, [Tag.CO_HANDLER_ASKED, Tag.CO_HANDLER_ANSWERED]),
    (_asked_and_taken_back, [Tag.CO_HANDLER_ASKED, Tag.CO_HANDLER_REMOVED]),
    (_copied_and_ended, [Tag.CASE_COPIED, Tag.CASE_COPY_REMOVED]),
    (_urged, [Tag.WORK_ITEM_URGED]),
]


def clocks(world: World) -> list[tuple[object, ...]]:
    rows = select(Clock.name, Clock.started_at, Clock.due_at, Clock.state).order_by(Clock.name)
    return [tuple(row) for row in world.session.execute(rows)]


@pytest.mark.parametrize("package", [PLAIN, PARALLEL], ids=["plain", "parallel"])
@pytest.mark.parametrize(("verb", "tags"), VERBS, ids=[verb.__name__.strip("_") for verb, _ in VERBS])
def test_a_verb_leaves_dates_and_the_branch_beside_alone_and_the_process_ends(
    world: World, verb: Verb, tags: list[Tag], package: Package
) -> None:
    other = make_staff(world.session, "colleague", roles=[("community", world.district.unit("willow"))])
    world.session.commit()
    world.start(package)
    world.complete("a")
    item = claim(world.session, world.items()["b"].id, staff=world.me, now=world.now)
    beside = {key: each.id for key, each in world.items().items() if key != "b"}
    before, told = clocks(world), len(world.tags())
    world.now += timedelta(hours=3)

    verb(world, item, other)

    said = [tag for tag in world.tags()[told:] if not tag.startswith("notice:")]
    assert said == [str(tag) for tag in tags]
    assert clocks(world) == before
    assert {key: each.id for key, each in world.items().items() if key != "b"} == beside
    for element in ("b", *beside, "d"):
        world.complete(element)
    assert world.instance().status == InstanceStatus.COMPLETED
