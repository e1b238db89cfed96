"""A running process goes on in another version of its diagram: what moves along, what follows it, what stops it."""

import random
import re
from collections.abc import Mapping
from typing import Any

import pytest

from engine.spiff import Outcome, compile_process, read_definitions
from tests.engine.spiff.drawing import (
    BASE,
    SOON,
    boundary,
    document,
    end,
    extension,
    flows,
    gateways,
    node,
    process,
    refers,
    start,
    timer,
    users,
)
from tests.engine.spiff.random_models import Model
from tests.engine.spiff.running import Kept, Persisted, Run
from tests.engine.spiff.test_random_models import change

LATER = timer("timeDuration", "PT3H")
RUNS = pytest.mark.parametrize("make", [Kept, Persisted])


def move(run: Run, body: str | bytes, moves: Mapping[str, str] | None = None, process: str = "p") -> Outcome:
    """Move a run to another drawing, if nothing stands in the way; `moves` are of this process."""
    content = body if isinstance(body, bytes) else document(body)
    specification = compile_process(read_definitions({"p.bpmn": content}), "p")
    named = {(process, old): new for old, new in (moves or {}).items()}
    workflow, outcome = run.workflow.migrated(specification, run.host, named)
    if not outcome.obstacles:
        run.workflow, run.specification = workflow, specification
        run.step()
    return outcome


def codes(outcome: Outcome) -> list[str]:
    return [each.code for each in outcome.obstacles]


# ---- everything moves along


def renamed(body: str) -> str:
    """The same drawing with another id for everything in it."""
    return re.sub(r'\b(id|sourceRef|targetRef|attachedToRef|default)="([^"]+)"', r'\1="\2_n"', body)


def wander(seed: int) -> int:
    """Walk a random process in two runs, one of which is moved to and fro between two drawings; return how often."""
    rng = random.Random(seed)
    model = Model(rng)
    there = {element: f"{element}_n" for element in re.findall(r'\bid="([^"]+)"', model.body)}
    back = {new: old for old, new in there.items()}
    stays, moves = Kept(model.body, model.counters), Persisted(model.body, model.counters)
    away, moved = False, 0
    for step in range(60):
        where = f"seed {seed}, step {step}"
        if rng.random() < 0.4:
            outcome = move(moves, model.body if away else renamed(model.body), back if away else there)
            assert [*outcome.obstacles, *outcome.armed, *outcome.dropped] == [], where
            away, moved = not away, moved + 1
        name = (lambda element: there[element]) if away else (lambda element: element)
        expected = stays.ready()
        assert moves.ready() == sorted(name(element) for element in expected), where
        assert moves.data() == stays.data(), where
        if not expected:
            assert moves.done() == stays.done(), where
            return moved
        draw = rng.random()
        if draw < 0.2:
            for run in (stays, moves):
                run.send("message" if draw < 0.1 else "other")
            continue
        task = rng.choice(expected)
        answer = change(rng, step, stays.task(task).data)
        stays.do(task, **answer)
        moves.do(name(task), **answer)
    return moved


@pytest.mark.parametrize("chunk", range(4))
def test_a_process_that_is_moved_to_and_fro_goes_on_as_if_it_had_stayed(chunk: int) -> None:
    assert sum(wander(seed) for seed in range(chunk, 80, 4)) > 40


@RUNS
def test_ids_of_open_tasks_and_what_they_see_stay(make: Any) -> None:
    run = make(BASE, {"given": 1})
    before = run.task("u")
    move(run, BASE.replace('"u"', '"w"'), {"u": "w"})
    after = run.task("w")
    assert (after.id, after.data) == (before.id, before.data)


@RUNS
def test_several_instances_keep_their_count(make: Any) -> None:
    loop = "<bpmn:multiInstanceLoopCharacteristics>{}</bpmn:multiInstanceLoopCharacteristics>"
    each = loop.format(
        extension('<zeebe:loopCharacteristics inputCollection="=[1,2,3]" inputElement="n" outputCollection="out" '
                  'outputElement="=n * 10"/>')
    )  # fmt: skip
    old = start() + node("userTask", "u", each) + end() + flows("s>u>e")
    run = make(old)
    run.do("u")
    assert not codes(move(run, old.replace("[1,2,3]", "[1,2,3,4]")))  # the instances that were begun are what counts
    run.do("u")
    assert run.ready() == ["u"]
    run.do("u")
    assert run.done()
    assert run.data()["out"] == [10, 20, 30]


@RUNS
def test_called_and_nested_processes_move_with_what_calls_them(make: Any) -> None:
    call = node("callActivity", "c", extension('<zeebe:calledElement processId="q"/>'))
    inside = start("qs") + users("a", "b") + end("qe")
    old = document(start() + call + end() + flows("s>c>e"), process("q", inside + flows("qs>a>b>qe")))
    new = document(
        start() + call + end() + flows("s>c>e"), process("q", inside + users("check") + flows("qs>a>check>b>qe"))
    )
    run = make(old)
    assert not codes(move(run, new))
    run.do("a")
    assert run.ready() == ["check"]


# ---- what follows the drawing


@RUNS
def test_a_timer_keeps_its_date_though_the_drawing_gives_another(make: Any) -> None:
    old = start() + users("u", "late") + boundary("b", "u", SOON) + end() + flows("s>u>e; b>late>e")
    run = make(old)
    outcome = move(run, old.replace("PT12M", "PT3H"))
    assert not outcome.armed
    run.wait(13)
    assert run.ready() == ["late"]


@RUNS
def test_an_event_that_the_drawing_adds_is_waited_for_from_now_on(make: Any) -> None:
    run = make(BASE)
    new = start() + users("u", "v", "late") + boundary("b", "u", SOON) + end() + flows("s>u>v>e; b>late>e")
    outcome = move(run, new)
    assert [each.element_id for each in outcome.armed] == ["b"]
    run.wait(13)
    assert run.ready() == ["late"]
    again = make(BASE)
    move(again, new)
    again.do("u")
    assert again.ready() == ["v"]
    assert not again.workflow.waiting_timers()  # it ended with its activity


@RUNS
def test_an_event_that_the_drawing_lacks_is_waited_for_no_longer(make: Any) -> None:
    old = start() + users("u", "v", "late") + boundary("b", "u", SOON) + end() + flows("s>u>v>e; b>late>e")
    run = make(old)
    outcome = move(run, BASE)
    assert [each.element_id for each in outcome.dropped] == ["b"]
    run.wait(60)
    assert run.ready() == ["u"]
    run.do("u")
    run.do("v")
    assert run.done()


@RUNS
def test_an_event_that_happened_does_not_wait_again(make: Any) -> None:
    once = boundary("b", "u", SOON, interrupting=False)
    old = start() + users("u", "v", "late") + once + end() + flows("s>u>v>e; b>late>e")
    run = make(old)
    run.wait(13)
    assert run.ready() == ["late", "u"]
    outcome = move(run, old.replace('name="v"', 'name="another"'))
    assert not outcome.armed
    run.do("late")
    run.wait(60)
    assert run.ready() == ["u"]


@RUNS
def test_an_event_that_waits_for_something_else_now_begins_anew(make: Any) -> None:
    old = start() + users("u", "late") + boundary("b", "u", SOON) + end() + flows("s>u>e; b>late>e")
    run = make(old)
    outcome = move(run, old.replace(SOON, refers("message", "mg")))
    assert [each.element_id for each in (*outcome.dropped, *outcome.armed)] == ["b", "b"]
    run.wait(60)
    assert run.ready() == ["u"]
    run.send("message")
    assert run.ready() == ["late"]


@RUNS
def test_an_event_gateway_keeps_the_dates_of_events_that_change_places(make: Any) -> None:
    events = [node("intermediateCatchEvent", "x", SOON), node("intermediateCatchEvent", "y", LATER)]
    added = node("intermediateCatchEvent", "z", refers("message", "mg"))
    rest = start() + gateways("g", tag="eventBasedGateway") + users("a", "b", "c") + end()
    old = rest + "".join(events) + flows("s>g; g>x>a>e; g>y>b>e; c>e")
    new = rest + added + "".join(events) + flows("s>g; g>z>c>e; g>y>b>e; g>x>a>e")
    run = make(old)
    due = {each.element_id: each.due_at for each in run.workflow.waiting_timers()}
    run.host.clock.advance(minutes=5)
    move(run, new)
    assert {each.element_id: each.due_at for each in run.workflow.waiting_timers()} == due
    assert [each.element_id for each in run.workflow.waiting_messages()] == ["z"]
    run.wait(8)
    assert run.ready() == ["a"]
