"""A process is sent back to a step that was done: what is given up, what stays, and that it still comes to its end."""

import random
from collections import Counter
from typing import Any

import orjson
import pytest
import zstandard

from engine.errors import Conflict
from engine.spiff import Trail, Workflow
from tests.engine.spiff.drawing import (
    SOON,
    boundary,
    document,
    end,
    extension,
    flows,
    gateways,
    node,
    process,
    start,
    users,
)
from tests.engine.spiff.random_models import Model
from tests.engine.spiff.running import Kept, Persisted, Run

RUNS = pytest.mark.parametrize("make", [Kept, Persisted])


class Tracked:
    """A run that remembers where each step was when it was done."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.done: dict[str, Trail] = {}

    def do(self, element: str, **data: Any) -> None:
        self.done[element] = self.run.task(element).trail
        self.run.do(element, **data)

    def do_one(self, number: int, element: str, **data: Any) -> None:
        """Do one of several open tasks of an element, in the order of their items."""
        task = [t for t in self.run.workflow.open_tasks() if t.element_id == element][number]
        self.done[f"{element}{number}"] = task.trail
        self.run.workflow.complete(task.id, data)
        self.run.step()

    def back(self, source: str, target: str) -> None:
        self.run.workflow.send_back(self.run.task(source).id, self.done[target])
        self.run.step()

    def refuses(self, source: str, target: str) -> bool:
        before, workflow = self.run.workflow.snapshot(), self.run.workflow
        with pytest.raises(Conflict, match="another branch"):
            workflow.send_back(self.run.task(source).id, self.done[target])
        assert workflow.snapshot() == before
        return not workflow.may_send_back(self.run.task(source).id, self.done[target])

    def ready(self) -> list[str]:
        return self.run.ready()


LINE = start() + users("a", "b", "c") + end() + flows("s>a>b>c>e")
BLOCK = (
    start() + users("a", "b1", "b2", "c1", "c2", "d") + gateways("p", "j") + end()
    + flows("s>a>p>b1>b2>j; p>c1>c2>j; j>d>e")
)  # fmt: skip


@RUNS
def test_a_line_goes_back_with_the_data_as_they_are_now(make: Any) -> None:
    run = Tracked(make(LINE))
    run.do("a", x=1)
    run.do("b", x=2, y=3)
    run.back("c", "a")
    assert run.ready() == ["a"]
    assert run.run.task("a").data == {"x": 2, "y": 3}
    for step in "abc":
        run.do(step)
    assert run.run.done()
    assert run.run.data() == {"x": 2, "y": 3}


@RUNS
def test_inside_a_branch_the_branches_beside_stay(make: Any) -> None:
    run = Tracked(make(BLOCK))
    for step in ("a", "b1"):
        run.do(step)
    beside = run.run.task("c1").id
    run.back("b2", "b1")
    assert run.ready() == ["b1", "c1"]
    assert run.run.task("c1").id == beside
    for step in ("b1", "b2", "c1", "c2"):
        run.do(step)
    assert run.ready() == ["d"]


@RUNS
def test_before_the_split_the_branches_beside_are_given_up(make: Any) -> None:
    run = Tracked(make(BLOCK))
    run.do("a")
    run.do("b1", b=1)
    run.do("b2")  # waits at the join
    run.do("c1", c=1)
    run.back("c2", "a")
    assert run.ready() == ["a"]
    assert run.run.task("a").data == {"b": 1, "c": 1}  # nothing that was entered is lost
    for step in ("a", "b1", "c1", "c2"):
        run.do(step)
    assert run.ready() == ["b2"]  # the join waits for both: what waited there before is gone
    run.do("b2")
    assert run.ready() == ["d"]


@RUNS
def test_into_a_block_that_has_closed_the_join_waits_for_the_new_token_alone(make: Any) -> None:
    run = Tracked(make(BLOCK))
    for step in ("a", "b1", "b2", "c1", "c2"):
        run.do(step)
    run.back("d", "c1")
    assert run.ready() == ["c1"]
    for step in ("c1", "c2"):
        run.do(step)
    assert run.ready() == ["d"]
    run.back("d", "c1")
    run.do("c1")
    run.back("c2", "a")  # the token that stood for the other branch is given up too
    assert run.ready() == ["a"]
    for step in ("a", "b1", "b2", "c1", "c2", "d"):
        run.do(step)
    assert run.run.done()


@RUNS
def test_a_step_of_a_branch_beside_cannot_be_gone_back_to(make: Any) -> None:
    run = Tracked(make(BLOCK))
    for step in ("a", "c1", "b1"):
        run.do(step)
    assert run.refuses("b2", "c1")
    run.do("c2")
    assert run.refuses("b2", "c2")  # its token waits at the join
    assert run.ready() == ["b2"]
    run.do("b2")
    assert run.ready() == ["d"]


@RUNS
def test_rounds_of_a_loop_do_not_mix(make: Any) -> None:
    body = (
        start() + users("a", "b", "c", "d", "f") + gateways("m", "x", tag="exclusiveGateway") + gateways("p", "j")
        + end() + flows("s>m>a>p>b>j; p>c>d>j; j>f>x; x>m [again]; x>e [not(again)]")
    )  # fmt: skip
    run = Tracked(make(body))
    for again in (True, True, False):
        for step in ("a", "c", "b"):
            run.do(step)
        run.back("d", "c")
        assert run.ready() == ["c"]
        for step in ("c", "d"):
            run.do(step)
        run.back("f", "a")
        for step in ("a", "b", "c", "d"):
            run.do(step)
        run.do("f", again=again)
    assert run.run.done()


SUB = (
    start() + users("a", "z")
    + node("subProcess", "P", start("Ps") + users("u", "v") + end("Pe") + flows("Ps>u>v>Pe"))
    + end() + flows("s>a>P>z>e")
)  # fmt: skip


@RUNS
def test_out_of_a_sub_process_and_back_into_one_that_has_ended(make: Any) -> None:
    run = Tracked(make(SUB))
    run.do("a")
    run.do("u", n=1)
    run.back("v", "a")
    assert run.ready() == ["a"]
    for step in ("a", "u", "v"):
        run.do(step)
    run.back("z", "v")  # its sub-process is opened again, at its second step
    assert run.ready() == ["v"]
    assert run.run.task("v").data == {"n": 1}
    assert run.run.task("v").scope_ids != ()
    for step in ("v", "z"):
        run.do(step)
    assert run.run.done()


def called(loop: str = "", outputs: str = '<zeebe:output source="=result" target="answer"/>') -> bytes:
    said = extension(
        '<zeebe:calledElement processId="q" propagateAllChildVariables="false" propagateAllParentVariables="false"/>'
        f'<zeebe:ioMapping><zeebe:input source="=unit" target="unit"/>{outputs}</zeebe:ioMapping>'
    )
    outer = start() + users("a", "z") + node("callActivity", "C", said + loop) + end() + flows("s>a>C>z>e")
    inner = start() + users("u", "v") + end() + flows("s>u>v>e")
    return document(outer, process("q", inner.replace('id="', 'id="q').replace('Ref="', 'Ref="q')))


@RUNS
def test_a_called_process_knows_again_what_it_was_passed_and_what_it_gave(make: Any) -> None:
    run = Tracked(make(called(), {"unit": "water"}))
    run.do("a")
    run.do("qu", result="draft")
    run.do("qv", result="final")
    run.back("z", "qv")
    assert run.ready() == ["qv"]
    assert run.run.task("qv").data == {"unit": "water", "result": "final"}
    run.do("qv", result="better")
    run.do("z")
    assert run.run.data()["answer"] == "better"


@RUNS
def test_a_called_process_that_has_ended_knows_again_what_was_its_own(make: Any) -> None:
    run = Tracked(make(called(), {"unit": "water"}))
    run.do("a")
    run.do("qu", result="draft", visited="2026-03-02", unit="housing")
    run.do("qv", noted="leak")
    assert "visited" not in run.run.task("z").data  # it was not given back
    run.back("z", "qv")
    assert run.run.task("qv").data == {"unit": "housing", "result": "draft", "visited": "2026-03-02", "noted": "leak"}
    run.do("qv", noted="mended")
    run.back("z", "qu")  # of two rounds the last one is known
    assert run.run.task("qu").data["noted"] == "mended"
    for step in ("qu", "qv", "z"):
        run.do(step)
    assert run.run.done()
    assert run.run.data() == {"unit": "water", "answer": "draft"}


@RUNS
def test_a_called_process_that_was_broken_off_knows_again_what_was_its_own(make: Any) -> None:
    said = extension('<zeebe:calledElement processId="q" propagateAllChildVariables="false"/>')
    outer = start() + users("a", "y", "z") + node("callActivity", "C", said) + boundary("late", "C", SOON) + end()
    inner = start() + users("u", "v") + end() + flows("s>u>v>e")
    called_process = process("q", inner.replace('id="', 'id="q').replace('Ref="', 'Ref="q'))
    run = Tracked(make(document(outer + flows("s>a>C>z>e; late>y>e"), called_process)))
    run.do("a")
    run.do("qu", visited=1)
    run.run.wait()
    assert run.ready() == ["y"]
    run.back("y", "qu")
    assert run.run.task("qu").data == {"visited": 1}


@RUNS
def test_a_sub_process_with_an_output_mapping_knows_again_what_it_did_not_give(make: Any) -> None:
    gives = extension('<zeebe:ioMapping><zeebe:output source="=result" target="answer"/></zeebe:ioMapping>')
    inside = node("subProcess", "P", gives + start("Ps") + users("u", "v") + end("Pe") + flows("Ps>u>v>Pe"))
    run = Tracked(make(start() + users("a", "z") + inside + end() + flows("s>a>P>z>e")))
    run.do("a")
    run.do("u", result="draft", visited=1)
    run.do("v")
    assert run.run.task("z").data == {"answer": "draft"}
    run.back("z", "v")
    assert run.run.task("v").data == {"answer": "draft", "result": "draft", "visited": 1}


@RUNS
def test_of_several_instances_each_knows_again_what_was_its_own(make: Any) -> None:
    run = Tracked(make(called(MANY, ""), {"units": ["water", "housing"]}))
    run.do("a")
    run.do_one(0, "qu", visited="by water")
    run.do("qu", visited="by housing")
    run.do_one(0, "qv", result="w")
    run.do("qv", result="h")
    run.back("z", "qv0")
    (task,) = run.run.workflow.open_tasks()
    first = task.data["unit"]
    assert task.data["visited"] == f"by {first}"
    run.do("qv", result="again")
    assert "visited" not in run.run.task("z").data


@RUNS
def test_a_called_process_of_a_parallel_block_that_has_closed_knows_again_what_was_its_own(make: Any) -> None:
    said = extension('<zeebe:calledElement processId="q" propagateAllChildVariables="false"/>')
    outer = start() + users("b", "z") + node("callActivity", "C", said) + gateways("p", "j") + end()
    inner = start() + users("u", "v") + end() + flows("s>u>v>e")
    called_process = process("q", inner.replace('id="', 'id="q').replace('Ref="', 'Ref="q'))
    run = Tracked(make(document(outer + flows("s>p>C>j; p>b>j; j>z>e"), called_process)))
    run.do("qu", visited=1)
    run.do("qv")
    run.do("b", said=2)
    assert run.run.task("z").data == {"said": 2}
    run.back("z", "qv")
    assert run.run.task("qv").data == {"said": 2, "visited": 1}
    run.do("qv")
    assert run.ready() == ["z"]
    assert run.run.task("z").data == {"said": 2}


def test_a_snapshot_of_the_form_before_is_read() -> None:
    run = Persisted(called(), {"unit": "water"})
    blob = run.workflow.snapshot()
    content = orjson.loads(zstandard.ZstdDecompressor().decompress(blob[4:]))
    assert content.pop() == []
    before = b"CS" + bytes([1, blob[3]]) + zstandard.ZstdCompressor().compress(orjson.dumps(content))
    restored = Workflow.restore(run.specification, before, run.host)
    assert [task.element_id for task in restored.open_tasks()] == ["a"]


MANY = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
    'inputCollection="=units" inputElement="unit" outputCollection="answers" outputElement="=result"/>'
    "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
)


@RUNS
def test_inside_one_departments_branch_the_other_departments_are_left_alone(make: Any) -> None:
    run = Tracked(make(called(MANY, ""), {"units": ["water", "housing", "roads"]}))
    run.do("a")
    run.do_one(0, "qu")  # water is at its second step
    beside = {task.id for task in run.run.workflow.open_tasks() if task.element_id == "qu"}
    run.back("qv", "qu0")
    now = run.run.workflow.open_tasks()
    assert sorted(task.data["unit"] for task in now) == ["housing", "roads", "water"]
    assert beside <= {task.id for task in now}
    assert run.run.workflow.given_up(next(iter(beside)), run.done["a"])
    for _ in range(3):
        run.do("qu")
    for number in range(3):
        run.do("qv", result=number)
    assert run.ready() == ["z"]


@RUNS
def test_another_departments_step_cannot_be_gone_back_to_and_before_the_split_all_are_given_up(make: Any) -> None:
    run = Tracked(make(called(MANY, ""), {"units": ["water", "housing"]}))
    run.do("a")
    run.do_one(0, "qu")
    housing = next(task for task in run.run.workflow.open_tasks() if task.element_id == "qu")
    assert not run.run.workflow.may_send_back(housing.id, run.done["qu0"])
    assert len(run.run.workflow.given_up(housing.id, run.done["a"])) == 2
    run.run.workflow.send_back(housing.id, run.done["a"])
    run.run.step()
    assert run.ready() == ["a"]


@RUNS
def test_one_department_is_opened_again_after_all_have_answered(make: Any) -> None:
    run = Tracked(make(called(MANY, ""), {"units": ["water", "housing", "roads"]}))
    run.do("a")
    for _ in range(3):
        run.do("qu")
    run.do_one(1, "qv", result="b")
    run.do_one(0, "qv", result="a")
    run.do("qv", result="c")
    assert run.run.task("z").data["answers"] == ["a", "b", "c"]
    run.back("z", "qv1")
    (task,) = run.run.workflow.open_tasks()
    assert (task.element_id, task.data["unit"], task.instances) == ("qv", "housing", (("C", 1),))
    run.do("qv", result="B")
    assert run.run.task("z").data["answers"] == ["a", "B", "c"]


@RUNS
def test_one_of_several_people_sends_the_whole_round_back_and_not_to_a_colleague(make: Any) -> None:
    body = start() + users("a", "z") + node("userTask", "u", MANY) + end() + flows("s>a>u>z>e")
    run = Tracked(make(body, {"units": [1, 2, 3]}))
    run.do("a")
    run.do_one(0, "u")
    assert run.refuses("u", "u0")
    run.back("u", "a")
    assert run.ready() == ["a"]
    run.do("a")
    assert run.ready() == ["u", "u", "u"]


@RUNS
def test_events_on_the_border_are_armed_again_and_those_of_what_is_given_up_are_not(make: Any) -> None:
    body = (
        start()
        + users("a", "b", "late")
        + end()
        + boundary("t", "a", SOON)
        + boundary("w", "b", SOON)
        + flows("s>a>b>e; t>late; w>late; late>e")
    )
    run = Tracked(make(body))
    run.do("a")
    run.back("b", "a")
    assert [timer.element_id for timer in run.run.workflow.waiting_timers()] == ["t"]
    run.run.wait()
    assert run.ready() == ["late"]


@RUNS
def test_what_came_of_a_step_is_found_even_where_it_only_waits_at_a_join(make: Any) -> None:
    run = Tracked(make(BLOCK))
    for step in ("a", "b1", "c1"):
        run.do(step)
    run.do("b2", said="mine")
    token = run.run.workflow.follower(run.done["b2"])
    assert token is not None
    assert run.run.workflow.given_up(token, run.done["b2"]) == []
    run.run.workflow.send_back(token, run.done["b2"])
    run.run.step()
    assert run.ready() == ["b2", "c2"]
    assert run.run.task("b2").data["said"] == "mine"
    for step in ("c2", "b2", "d"):
        run.do(step)
    assert run.run.done()


@RUNS
def test_nothing_came_of_what_is_long_over(make: Any) -> None:
    run = Tracked(make(BLOCK))
    for step in ("a", "b1", "c1"):
        run.do(step)
    assert run.run.workflow.follower(run.done["a"]) is not None
    for step in ("b2", "c2", "d"):
        run.do(step)
    assert run.run.workflow.follower(run.done["a"]) is None


SHAPES = ("task", "sequence", "sequence", "and", "and", "or", "xor", "loop", "sub", "sub", "implicit")


def wander(seed: int) -> int:
    """Walk a random process, sending it back at random; return how often it went back.

    Such a process never has two tokens in one place. So an orphan or a join that fires twice shows as a step that is
    open twice, and a join that waits for ever as a process with nothing to do.
    """
    rng = random.Random(seed)
    model = Model(rng, shapes=SHAPES, events=False)
    runs = [Tracked(Kept(model.body, model.counters)), Tracked(Persisted(model.body, model.counters))]
    back = 0
    for step in range(400):
        where = f"seed {seed}, step {step}"
        ready = runs[0].ready()
        assert ready == runs[1].ready(), where
        assert not ready or max(Counter(ready).values()) == 1, f"{where}: open twice, {ready}"
        if not ready:
            assert all(run.run.done() for run in runs), f"{where}: nothing to do"
            return back
        here = rng.choice(ready)
        if step < 60 and rng.random() < 0.35 and runs[0].done:
            target = rng.choice(sorted(runs[0].done))
            can = [r.run.workflow.may_send_back(r.run.task(here).id, r.done[target]) for r in runs]
            assert can[0] == can[1], where
            if can[0]:
                back += 1
                for run in runs:
                    run.back(here, target)
                assert target in runs[0].ready(), where
                continue
        for run in runs:
            run.do(here, **{f"n{step % 7}": step})
    return back


@pytest.mark.parametrize("chunk", range(4))
def test_however_often_a_process_goes_back_it_never_doubles_and_comes_to_its_end(chunk: int) -> None:
    assert sum(wander(seed) for seed in range(chunk, 160, 4)) > 30
