"""A running process goes into a sub-process that the newer drawing has around it, or out of one that it lacks."""

import random
import re
from typing import Any

import pytest

from engine.spiff import Trail
from tests.engine.spiff.drawing import (
    BASE,
    SOON,
    boundary,
    end,
    event_sub_process,
    extension,
    flows,
    gateways,
    node,
    refers,
    start,
    timer,
    undoable,
    users,
)
from tests.engine.spiff.random_models import Model
from tests.engine.spiff.running import Kept, Persisted
from tests.engine.spiff.test_migrating import RUNS, codes, move


def names(waited: Any) -> list[str]:
    return [each.name for each in waited]


def sub(id: str, inside: str, said: str = "") -> str:
    """A sub-process with its own start and end around what is drawn."""
    return node("subProcess", id, said + start(f"{id}s") + inside + end(f"{id}e"))


#: `u` in the sub-process W, `v` behind it.
WRAPPED = start() + sub("W", users("u") + flows("Ws>u>We")) + users("v") + end() + flows("s>W>v>e")


@RUNS
def test_a_task_goes_into_a_sub_process_and_out_of_it(make: Any) -> None:
    run = make(BASE, {"given": 1})
    before = run.task("u")
    outcome = move(run, WRAPPED)
    assert (codes(outcome), names(outcome.entered), names(outcome.left)) == ([], ["W"], [])
    inside = run.task("u")
    assert (inside.id, inside.data, len(inside.scope_ids)) == (before.id, before.data, 1)
    outcome = move(run, BASE)
    assert (codes(outcome), names(outcome.entered), names(outcome.left)) == ([], [], ["W"])
    assert (run.task("u").id, run.task("u").scope_ids) == (before.id, ())
    move(run, WRAPPED)
    run.do("u", said="yes")
    assert run.ready() == ["v"]
    assert run.data() == {"given": 1, "said": "yes"}
    run.do("v")
    assert run.done()


@RUNS
def test_a_task_goes_through_several_sub_processes(make: Any) -> None:
    run = make(BASE)
    deep = start() + sub("A", sub("B", users("u") + flows("Bs>u>Be")) + flows("As>B>Ae")) + users("v") + end()
    assert names(move(run, deep + flows("s>A>v>e")).entered) == ["A", "B"]
    other = start() + sub("C", users("u") + flows("Cs>u>Ce")) + users("v") + end() + flows("s>C>v>e")
    outcome = move(run, other)
    assert (names(outcome.entered), names(outcome.left)) == (["C"], ["A", "B"])
    run.do("u")
    assert run.ready() == ["v"]


@RUNS
def test_a_sub_process_that_stays_and_holds_nothing_under_way_is_left(make: Any) -> None:
    both = start() + sub("W", users("u", "x") + flows("Ws>u>x>We")) + users("v") + end() + flows("s>W>v>e")
    smaller = start() + users("u") + sub("W", users("x") + flows("Ws>x>We")) + users("v") + end() + flows("s>u>W>v>e")
    run = make(both)
    assert names(move(run, smaller).left) == ["W"]
    run.do("u")
    assert run.ready() == ["x"]
    assert names(move(run, both).left) == []
    run.do("x")
    assert run.ready() == ["v"]


@RUNS
def test_an_event_sub_process_that_is_added_is_waited_for_and_one_that_is_removed_is_not(make: Any) -> None:
    run = make(BASE)
    guarded = BASE + event_sub_process(refers("message", "mg"), interrupting=True)
    assert names(move(run, guarded).armed) == ["Es"]
    assert names(move(run, BASE).dropped) == ["Es"]
    assert not run.send()
    move(run, guarded)
    run.send()
    assert run.ready() == ["Eh"]
    run.do("Eh")
    assert run.done()


@RUNS
def test_an_event_on_the_border_of_what_is_added_begins_to_wait(make: Any) -> None:
    late = boundary("late", "W", SOON) + users("hurry") + flows("late>hurry>e")
    run = make(BASE)
    assert names(move(run, WRAPPED + late).armed) == ["late"]
    run.wait(15)
    assert run.ready() == ["hurry"]


@RUNS
def test_a_timer_that_goes_from_the_task_to_the_sub_process_around_it_keeps_its_date(make: Any) -> None:
    late = users("hurry") + flows("late>hurry>e")
    run = make(BASE + boundary("late", "u", SOON) + late)
    (before,) = run.workflow.waiting_timers()
    run.host.clock.advance(minutes=5)
    outcome = move(run, WRAPPED + boundary("late", "W", timer("timeDuration", "PT3H")) + late)
    assert (outcome.armed, outcome.dropped) == ([], [])
    (after,) = run.workflow.waiting_timers()
    assert (after.id, after.due_at) == (before.id, before.due_at)
    run.wait(15)
    assert run.ready() == ["hurry"]


BLOCK = start() + gateways("f", "j") + users("a", "b", "z") + end() + flows("s>f>a>j>z>e; f>b>j")
#: The whole block is in W.
BLOCK_WRAPPED = (
    start() + sub("W", gateways("f", "j") + users("a", "b") + flows("Ws>f>a>j>We; f>b>j")) + users("z") + end()
    + flows("s>W>z>e")
)  # fmt: skip
#: Each branch is in one of its own.
BRANCHES_WRAPPED = (
    start() + gateways("f", "j") + sub("A", users("a") + flows("As>a>Ae")) + sub("B", users("b") + flows("Bs>b>Be"))
    + users("z") + end() + flows("s>f>A>j>z>e; f>B>j")
)  # fmt: skip


@RUNS
@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("wrapped", [BLOCK_WRAPPED, BRANCHES_WRAPPED], ids=["one", "two"])
def test_branches_meet_again_inside_or_outside(make: Any, arrived: bool, wrapped: str) -> None:
    run = make(BLOCK)
    if arrived:
        run.do("a", a=1)
    for drawn in (wrapped, BLOCK, wrapped, BLOCK_WRAPPED, BRANCHES_WRAPPED):
        assert not codes(move(run, drawn))
    if not arrived:
        run.do("a", a=1)
    assert run.ready() == ["b"]
    run.do("b", b=2)
    assert run.ready() == ["z"]
    assert run.data() == {"a": 1, "b": 2}
    run.do("z")
    assert run.done()


@RUNS
def test_branches_that_parted_before_the_sub_process_go_into_one_each(make: Any) -> None:
    split = start() + gateways("f") + gateways("m", "n", tag="exclusiveGateway") + end()
    old = split + users("u", "z") + flows("s>f>m>u>z>e; f>n>m")
    new = split + users("z") + sub("W", users("u") + flows("Ws>u>We")) + flows("s>f>m>W>z>e; f>n>m")
    run = make(old)
    assert run.ready() == ["u", "u"]
    assert names(move(run, new).entered) == ["W", "W"]
    run.do("u")
    assert run.ready() == ["u", "z"]
    run.do("u")
    run.do("z")
    run.do("z")
    assert run.done()


OWN = extension('<zeebe:ioMapping><zeebe:input source="=given + 1" target="own"/></zeebe:ioMapping>')
GIVES = extension(
    '<zeebe:ioMapping><zeebe:input source="=given" target="own"/><zeebe:output source="=own + 5" target="out"/>'
    "</zeebe:ioMapping>"
)


@RUNS
def test_variables_of_the_sub_process_are_known_in_it_only(make: Any) -> None:
    inside = users("u") + flows("Ws>u>We")
    behind = users("v") + end() + flows("s>W>v>e")
    own, gives = (start() + sub("W", inside, said) + behind for said in (OWN, GIVES))
    run = make(BASE, {"given": 1})
    move(run, own)
    assert run.task("u").data == {"given": 1, "own": 2}
    move(run, BASE)
    assert run.task("u").data == {"given": 1}
    move(run, gives)
    run.do("u", own=10, said="inside")
    assert run.task("v").data == {"given": 1, "out": 15}
    shadowed = make(BASE, {"given": 1, "own": "outside"})
    move(shadowed, own)
    assert shadowed.task("u").data["own"] == 2
    move(shadowed, BASE)
    assert shadowed.task("u").data["own"] == "outside"


@RUNS
def test_what_was_done_in_a_sub_process_that_is_added_can_be_undone_in_it(make: Any) -> None:
    tail = node("intermediateThrowEvent", "undo", "<bpmn:compensateEventDefinition/>") + end()
    inside = undoable("a") + users("b")
    run = make(start() + inside + tail + flows("s>a>b>undo>e"))
    run.do("a")
    inside += node("intermediateThrowEvent", "undo", "<bpmn:compensateEventDefinition/>")
    assert not codes(move(run, start() + sub("W", inside + flows("Ws>a>b>undo>We")) + end() + flows("s>W>e")))
    run.do("b")
    assert run.ready() == ["au"]
    run.do("au")
    assert run.done()


@RUNS
def test_a_step_that_was_done_is_found_where_it_is_now(make: Any) -> None:
    long = start() + users("u", "w", "v") + end() + flows("s>u>w>v>e")
    run = make(long)
    trail = run.task("u").trail
    run.do("u")
    wrapped = start() + sub("W", users("u", "w") + flows("Ws>u>w>We")) + users("v") + end() + flows("s>W>v>e")
    moved = move(run, wrapped).moved_way(trail.way)
    assert moved is not None
    around = run.task("w").scope_ids
    assert [step[:2] for step in moved] == [(around[0], "W"), (trail.way[0][0], "u")]
    run.workflow.send_back(run.task("w").id, Trail(since=trail.since, way=tuple(moved)))
    run.step()
    assert (run.ready(), run.task("u").scope_ids) == (["u"], around)
    back = move(run, long).moved_way(moved)
    assert back == list(trail.way)


def test_a_way_to_a_step_that_the_newer_version_lacks_leads_nowhere() -> None:
    run = Kept(start() + users("u", "v") + end() + flows("s>u>v>e"))
    trail = run.task("u").trail
    run.do("u")
    outcome = move(run, start() + users("v") + end() + flows("s>v>e"))
    assert outcome.moved_way(trail.way) is None
    assert not run.workflow.may_send_back(run.task("v").id, trail)


# ---- what stands in the way

LOOP = "<bpmn:multiInstanceLoopCharacteristics>{}</bpmn:multiInstanceLoopCharacteristics>".format(
    extension('<zeebe:loopCharacteristics inputCollection="=[1]" inputElement="n"/>')
)
BEHIND = users("v") + end()
SHUT = {
    # in what runs several times
    "migration-into-instances": start() + sub("W", users("u") + flows("Ws>u>We"), LOOP) + BEHIND + flows("s>W>v>e"),
    # in what only an event begins
    "migration-into-event": start() + BEHIND + flows("s>v>e")
    + event_sub_process(refers("message", "mg"), interrupting=True, body=users("u") + flows("Es>u>Ee")),
}  # fmt: skip


@pytest.mark.parametrize("code", SHUT)
def test_nothing_is_put_into_what_counts_its_instances_or_waits_for_its_event(code: str) -> None:
    run = Kept(BASE)
    outcome = move(run, SHUT[code])
    assert codes(outcome) == [code]
    assert (outcome.obstacles[0].facts["element"], outcome.obstacles[0].facts["name"]) == ("u", "u")
    run.do("u")
    assert run.ready() == ["v"]


def test_what_runs_several_times_and_is_gone_says_so() -> None:
    run = Kept(SHUT["migration-into-instances"])
    assert set(codes(move(run, BASE))) == {"migration-instances-gone"}


def test_a_branch_stays_outside_of_what_another_branch_has_left() -> None:
    reminded = boundary("late", "u", refers("message", "mg"), interrupting=False) + users("press") + flows("late>press")
    run = Kept(BASE + reminded + end("pe") + flows("press>pe"))
    run.send()
    run.do("u")
    assert run.ready() == ["press", "v"]
    inside = users("u") + flows("Ws>u>We") + reminded + end("pe") + flows("press>pe")
    outcome = move(run, start() + sub("W", inside) + BEHIND + flows("s>W>v>e"))
    assert codes(outcome) == ["migration-branch-outside"]
    assert outcome.obstacles[0].facts["element"] == "press"


# ---- whatever the process

_SUB = re.compile(r'<bpmn:subProcess id="(sp\d+)"[^>]*>')


def flat(body: str) -> str:
    """The same process without its sub-processes: what is in them is drawn around them."""
    for id in _SUB.findall(body):
        for tag, letter, ref in (("startEvent", "s", "targetRef"), ("endEvent", "e", "sourceRef")):
            body = body.replace(f'{ref}="{id}"', f'{ref}="{id}{letter}"')
            drawn = re.compile(rf'<bpmn:{tag} (id="{id}{letter}"[^>]*)></bpmn:{tag}>')
            body = drawn.sub(r"<bpmn:task \1></bpmn:task>", body)
    return _SUB.sub("", body).replace("</bpmn:subProcess>", "")


def wander(seed: int) -> int:
    """Walk a random process in two runs, one of which loses and gets its sub-processes; return how often."""
    rng = random.Random(seed)
    model = Model(rng, shapes=("task", "sequence", "sub", "sub", "and", "or", "xor", "loop", "implicit"), events=False)
    drawings = [model.body, flat(model.body)]
    stays, moves = Kept(model.body, model.counters), Persisted(model.body, model.counters)
    moved = 0
    for step in range(60):
        where = f"seed {seed}, step {step}"
        if rng.random() < 0.5 and not stays.done():
            drawings.reverse()
            outcome = move(moves, drawings[0])
            assert codes(outcome) == [], where
            moved += len(outcome.entered) + len(outcome.left)
        assert (moves.ready(), moves.data(), moves.done()) == (stays.ready(), stays.data(), stays.done()), where
        if stays.done():
            return moved
        task = rng.choice(stays.ready())
        # each writes its own: which of two branches wrote last is another matter inside of a sub-process
        stays.do(task, **{f"by_{task}": step})
        moves.do(task, **{f"by_{task}": step})
    return moved


@pytest.mark.parametrize("chunk", range(2))
def test_a_process_ends_alike_whatever_sub_processes_it_gets_and_loses_on_its_way(chunk: int) -> None:
    assert sum(wander(seed) for seed in range(chunk, 60, 2)) > 40
