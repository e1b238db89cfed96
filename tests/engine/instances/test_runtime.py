"""Starting and completing: every step is one transaction with everything that follows from it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag
from engine.db import new_id
from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound
from engine.instances.hooks import DocumentOrder, Ended, Step
from engine.instances.models import InstanceStatus
from engine.tasks import claim, load_draft, save_draft
from engine.tasks.models import WorkItem, WorkItemState
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World
from tests.factories import make_staff

FORM = p.form("verify", p.text_field("result", required=True), p.box("solvable"))

#: verify, then either solve it here or whistle
SIMPLE = p.package(
    p.start(),
    p.task("verify", form="verify"),
    p.choice("can_we", default="no"),
    p.task("solve"),
    p.task("whistle", role="street_centre", unit="=place.street"),
    p.end("solved", outcome="solved"),
    p.end("raised", outcome="raised"),
    p.chain("start", "verify", "can_we"),
    p.flow("can_we", "solve", "solvable"),
    p.flow("can_we", "whistle", name="no"),
    p.chain("solve", "solved"),
    p.chain("whistle", "raised"),
    files=[FORM],
)


def test_starting_opens_the_first_task_for_the_people_of_the_place(world: World) -> None:
    instance = world.start(SIMPLE)
    item = world.items()["verify"]
    assert (instance.status, instance.lock_version) == (InstanceStatus.RUNNING, 1)
    assert (item.inbox_key, item.form_id, item.case_id) == ("community@willow", "verify", world.case.id)
    assert item.why["relation"] == "place"
    assert world.tags() == [Tag.INSTANCE_STARTED, Tag.WORK_ITEM_CREATED]


def test_completing_writes_typed_data_and_opens_what_follows(world: World) -> None:
    world.start(SIMPLE)
    done = world.complete("verify", {"result": "属实", "solvable": True})
    assert (done.item.element_id, done.item.completed_by) == ("verify", world.me.name)
    assert [item.element_id for item in done.next_items] == ["solve"]
    assert set(world.items()) == {"solve"}
    assert done.status == InstanceStatus.RUNNING
    assert world.tags()[2:] == [Tag.WORK_ITEM_COMPLETED, Tag.WORK_ITEM_CREATED]
    assert [event.seq for event in world.events()] == [1, 2, 3, 4]
    assert world.instance().lock_version == 2


def test_a_lane_of_the_street_goes_to_the_office_that_holds_the_role(world: World) -> None:
    world.start(SIMPLE)
    world.complete("verify", {"result": "属实"})
    assert world.items()["whistle"].inbox_key == "street_centre@east-centre"


def test_the_second_completer_reads_who_was_first_and_when(world: World) -> None:
    world.start(SIMPLE)
    item = world.items()["verify"]
    world.complete("verify", {"result": "属实"})
    late = make_staff(world.session, "late", roles=[("community", world.district.unit("willow"))])
    with pytest.raises(Conflict) as caught:
        world.runtime.complete(world.session, item.id, {"result": "x"}, actor=Actor.staff(late), now=world.now)
    assert caught.value.code == "task-already-completed"
    assert caught.value.facts["who"] == world.me.name
    assert caught.value.facts["when"] == world.now.isoformat()


def test_the_same_request_again_gets_the_first_answer(world: World) -> None:
    world.start(SIMPLE)
    item, actor = world.items()["verify"], Actor.staff(world.me)
    for again in (False, True):
        done = world.runtime.complete(
            world.session, item.id, {"result": "属实"}, actor=actor, now=world.now, request_key="k1"
        )
        assert done.again is again
    with pytest.raises(Conflict):
        world.runtime.complete(world.session, item.id, {"result": "属实"}, actor=actor, now=world.now, request_key="k2")


def test_a_form_with_mistakes_changes_nothing_and_names_the_fields(world: World) -> None:
    world.start(SIMPLE)
    before = world.tags()
    with pytest.raises(Invalid) as caught:
        world.complete("verify", {"result": ""})
    assert set(caught.value.facts["fields"]) == {"result"}
    assert world.tags() == before
    assert world.items()["verify"].state == WorkItemState.OPEN
    assert world.complete("verify", {"result": "属实"}).next_items


def test_fields_that_a_form_does_not_have_never_reach_the_process(world: World) -> None:
    world.start(SIMPLE)
    world.complete("verify", {"result": "属实", "place": {"street": "west"}})
    assert world.items()["whistle"].inbox_key == "street_centre@east-centre"


def test_a_task_without_a_form_takes_no_data(world: World) -> None:
    world.start(SIMPLE)
    world.complete("verify", {"result": "属实", "solvable": True})
    with pytest.raises(Invalid, match="no form"):
        world.complete("solve", {"x": 1})


def test_completing_an_unclaimed_item_claims_it(world: World) -> None:
    world.start(SIMPLE)
    item = world.items()["verify"]
    world.complete("verify", {"result": "属实"})
    found = world.session.get(WorkItem, item.id, populate_existing=True)
    assert found is not None
    assert (found.state, found.owner_id, found.claimed_at) == (WorkItemState.COMPLETED, world.me.id, world.now)


REFUSED: list[tuple[Any, type[EngineError], str]] = [
    # who tries, with what family and code they are refused
    (lambda w: Actor.staff(w.district.person("plum-grid")), Forbidden, "task-of-another-unit"),
    (lambda w: Actor.resident(), Forbidden, "task-of-staff"),
]


@pytest.mark.parametrize(("actor", "family", "code"), REFUSED)
def test_somebody_who_may_not_take_it_may_not_complete_it(
    actor: Any, family: type[EngineError], code: str, world: World
) -> None:
    world.start(SIMPLE)
    with pytest.raises(family) as caught:
        world.runtime.complete(
            world.session, world.items()["verify"].id, {"result": "x"}, actor=actor(world), now=world.now
        )
    assert caught.value.code == code


def test_an_item_that_somebody_else_holds_is_theirs_to_complete(world: World) -> None:
    world.start(SIMPLE)
    other = make_staff(world.session, "holder", name="李娜", roles=[("community", world.district.unit("willow"))])
    claim(world.session, world.items()["verify"].id, staff=other, now=world.now)
    with pytest.raises(Conflict, match="李娜"):
        world.complete("verify", {"result": "x"})
    assert world.complete("verify", {"result": "x"}, by=other).next_items


def test_the_resident_completes_the_residents_own_task(world: World) -> None:
    world.start(p.package(p.start(), p.task("rate", role="resident"), p.end(), p.chain("start", "rate", "end")))
    item = world.items()["rate"]
    assert (item.inbox_key, item.unit_id) == (f"resident@{world.case.id}", None)
    world.runtime.complete(world.session, item.id, {}, actor=Actor.resident(), now=world.now)
    assert world.instance().status == InstanceStatus.COMPLETED


def test_an_unknown_item_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.runtime.complete(world.session, new_id(), {}, actor=Actor.staff(world.me), now=world.now)


def test_drafts_of_a_completed_item_are_gone(world: World) -> None:
    world.start(SIMPLE)
    item = world.items()["verify"]
    save_draft(world.session, item.id, staff=world.me, data={"result": "半"}, now=world.now)
    world.complete("verify", {"result": "属实"})
    world.session.expire_all()
    assert load_draft(world.session, item.id, staff=world.me) is None


def test_the_end_is_told_with_its_outcome_in_the_same_transaction(world: World) -> None:
    told: list[Ended] = []

    def on_end(step: Step, ended: Ended) -> None:
        assert step.session.in_transaction()
        told.append(ended)

    world.hooks.on_end = on_end
    world.start(SIMPLE)
    world.complete("verify", {"result": "属实", "solvable": True})
    done = world.complete("solve")
    instance = world.instance()
    assert done.next_items == ()
    assert (instance.status, instance.outcome, instance.ended_at) == (InstanceStatus.COMPLETED, "solved", world.now)
    assert [(ended.outcome, ended.element_id) for ended in told] == [("solved", "solved")]
    assert told[0].data["result"] == "属实"
    assert world.tags()[-1] == Tag.INSTANCE_COMPLETED


def test_a_rework_excludes_who_did_the_round_before(world: World) -> None:
    other = make_staff(world.session, "second", roles=[("community", world.district.unit("willow"))])
    world.start(
        p.package(
            p.start(),
            p.task("handle", outputs=[("=append(handlers, completed_by)", "handlers")]),
            p.task("rework", exclude="=handlers"),
            p.end(),
            p.chain("start", "handle", "rework", "end"),
        ),
        handlers=[],
    )
    world.complete("handle")
    with pytest.raises(Forbidden) as caught:
        world.complete("rework")
    assert caught.value.code == "task-excluded"
    assert world.complete("rework", by=other).item.completed_by == other.name


def test_a_document_is_issued_with_the_task_that_orders_it(world: World) -> None:
    orders: list[DocumentOrder] = []
    world.hooks.issue_document = lambda step, order: orders.append(order)
    world.start(
        p.package(
            p.start(), p.task("reply", form="verify", document="reply"), p.end(), p.chain("start", "reply", "end"),
            files=[FORM, ("documents/reply.html", b"<h1>Reply</h1>")],
        )
    )  # fmt: skip
    world.complete("reply", {"result": "已修好"})
    (order,) = orders
    assert (order.template, order.data["result"], order.unit_id) == (
        "reply", "已修好", world.district.unit_id("willow"),
    )  # fmt: skip


def test_a_mistake_that_a_hook_finds_in_what_was_entered_goes_back_to_who_entered_it(world: World) -> None:
    def refuse(_step: Step, _ended: Ended) -> None:
        raise Invalid("merge-target-unknown", "There is no such case.", fields={"merged_into": ["unknown"]})

    world.hooks.on_end = refuse
    world.start(SIMPLE)
    world.complete("verify", {"result": "属实", "solvable": True})
    with pytest.raises(Invalid) as caught:
        world.complete("solve")
    assert caught.value.code == "merge-target-unknown"
    assert set(world.items()) == {"solve"}
    assert world.incidents() == []


def test_branches_and_instances_become_items_of_their_own(world: World) -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
        'inputCollection="=departments" inputElement="department"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    world.start(
        p.package(
            p.start(), p.task("report", role="handler", unit="=department", loop=loop), p.end(),
            p.chain("start", "report", "end"),
        ),
        departments=["water", "housing"],
    )  # fmt: skip
    found = world.session.scalars(select(WorkItem).order_by(WorkItem.created_at, WorkItem.id)).all()
    assert sorted(item.inbox_key for item in found) == ["handler@housing", "handler@water"]
    assert {item.why["relation"] for item in found} == {"data"}


def test_a_live_process_and_one_read_back_from_its_snapshot_do_the_same(world: World) -> None:
    world.start(SIMPLE)
    world.complete("verify", {"result": "属实", "solvable": True})
    world.runtime.forget()
    assert world.complete("solve").item.element_id == "solve"
    assert world.instance().outcome == "solved"


def test_a_live_process_that_another_node_has_overtaken_is_not_used(world: World) -> None:
    world.start(SIMPLE)
    other = World(world.session, world.district, world.case, world.now)
    other.complete("verify", {"result": "属实"})
    world.complete("whistle", by=world.district.person("centre"))
    assert world.instance().outcome == "raised"


def test_a_message_reaches_who_waits_and_withdraws_what_is_left(world: World) -> None:
    world.start(
        p.package(
            p.start(), p.task("handle"), p.message("withdrawn", "handle"), p.end("done", outcome="solved"),
            p.end("gone", outcome="withdrawn"), p.chain("start", "handle", "done"), p.chain("withdrawn", "gone"),
        )
    )  # fmt: skip
    instance, item = world.instance(), world.items()["handle"]
    send = {"actor": Actor.resident(), "now": world.now}
    assert world.runtime.send_message(world.session, instance.id, "unknown", **send) is False
    assert world.runtime.send_message(world.session, instance.id, "withdraw", **send) is True
    found = world.session.get(WorkItem, item.id, populate_existing=True)
    assert found is not None
    assert found.state == WorkItemState.WITHDRAWN
    assert world.instance().outcome == "withdrawn"
    with pytest.raises(Conflict, match="no longer needed"):
        world.runtime.complete(world.session, item.id, {}, actor=Actor.staff(world.me), now=world.now)


def test_cancelling_withdraws_everything_once(world: World) -> None:
    world.start(SIMPLE)
    instance = world.instance()
    world.runtime.cancel(world.session, instance.id, reason="twice filed", actor=Actor.staff(world.me), now=world.now)
    assert (world.instance().status, world.items()) == (InstanceStatus.CANCELLED, {})
    with pytest.raises(Conflict, match="cancelled"):
        world.runtime.cancel(world.session, instance.id, reason="", actor=Actor.staff(world.me), now=world.now)


@pytest.mark.parametrize("threads", [8])
def test_of_many_who_complete_one_task_at_once_one_wins(
    threads: int, world: World, sessions: sessionmaker[Session]
) -> None:
    world.start(SIMPLE)
    item = world.items()["verify"]
    people = [
        make_staff(world.session, f"racer{n}", roles=[("community", world.district.unit("willow"))])
        for n in range(threads)
    ]
    results: list[str] = []
    barrier = threading.Barrier(threads)

    def race(number: int) -> None:
        with sessions() as session:
            barrier.wait()
            try:
                world.runtime.complete(
                    session, item.id, {"result": "属实"}, actor=Actor.staff(people[number]),
                    now=world.now + timedelta(seconds=number),
                )  # fmt: skip
                results.append("won")
            except EngineError as error:
                results.append(error.code)

    started = [threading.Thread(target=race, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(60)
    assert sorted(results) == ["task-already-completed"] * (threads - 1) + ["won"]
    assert world.tags().count(Tag.WORK_ITEM_COMPLETED) == 1
    assert world.instance().lock_version == 2
    assert set(world.items()) == {"whistle"}
