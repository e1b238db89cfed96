"""What keeps a running process from going on in another version of its diagram; then it is left as it was."""

from typing import Any

import pytest

from tests.engine.spiff.drawing import (
    BASE,
    SOON,
    end,
    extension,
    flows,
    gateways,
    node,
    refers,
    start,
    users,
)
from tests.engine.spiff.running import Kept
from tests.engine.spiff.test_migrating import RUNS, codes, move


@RUNS
def test_a_task_whose_element_is_gone_says_so_and_nothing_changes(make: Any) -> None:
    run = make(BASE)
    before = run.workflow.snapshot()
    outcome = move(run, start() + users("v") + end() + flows("s>v>e"))
    assert codes(outcome) == ["migration-element-gone"]
    assert outcome.obstacles[0].facts == {"element": "u", "process": "p", "name": "u"}
    assert run.workflow.snapshot() == before
    assert not codes(move(run, start() + users("v") + end() + flows("s>v>e"), {"u": "v"}))
    assert run.ready() == ["v"]


# an open task, and what takes its place
UNLIKE = {
    "a task of the machine": node("scriptTask", "u", extension('<zeebe:script expression="=1" resultVariable="r"/>')),
    "a sub-process": node("subProcess", "u", start("us") + users("ui") + end("ue") + flows("us>ui>ue")),
    "several of them": node(
        "userTask", "u", "<bpmn:multiInstanceLoopCharacteristics>"
        + extension('<zeebe:loopCharacteristics inputCollection="=[1]" inputElement="n"/>')
        + "</bpmn:multiInstanceLoopCharacteristics>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("drawn", UNLIKE.values(), ids=list(UNLIKE))
def test_a_task_cannot_go_to_an_element_of_another_kind(drawn: str) -> None:
    run = Kept(BASE)
    assert codes(move(run, start() + drawn + users("v") + end() + flows("s>u>v>e"))) == ["migration-element-unlike"]


def test_an_event_that_waits_for_something_else_is_another_event() -> None:
    drawn = start() + node("intermediateCatchEvent", "c", SOON) + end() + flows("s>c>e")
    run = Kept(drawn)
    assert codes(move(run, drawn.replace(SOON, refers("message", "mg")))) == ["migration-element-unlike"]


BLOCK = start() + gateways("f", "j") + users("a", "b", "z") + end() + flows("s>f>a>j>z>e; f>b>j")


@RUNS
def test_a_branch_that_has_arrived_counts_where_its_flow_is_kept(make: Any) -> None:
    run = make(BLOCK)
    run.do("a")
    assert not codes(move(run, BLOCK.replace('"j"', '"k"'), {"j": "k"}))
    run.do("b")
    assert run.ready() == ["z"]


@RUNS
def test_a_join_that_lost_the_branch_it_waited_for_goes_on(make: Any) -> None:
    run = make(BLOCK + users("c") + flows("f>c>j"))
    run.do("a")
    run.do("b")
    outcome = move(run, BLOCK)
    assert codes(outcome) == ["migration-element-gone"]  # c itself is under way: the plan must say where it goes
    run.do("c")
    assert run.ready() == ["z"]


def test_a_branch_that_came_by_a_flow_that_is_gone_stands_in_the_way() -> None:
    run = Kept(BLOCK)
    run.do("a")
    new = start() + gateways("f", "j") + users("b", "z", "other") + end() + flows("s>f>other>j>z>e; f>b>j")
    assert codes(move(run, new)) == ["migration-branch-gone"]
    assert not codes(move(run, new, {"a": "other"}))
    run.do("b")
    assert run.ready() == ["z"]


def test_a_branch_added_before_a_join_that_a_case_waits_at_stands_in_the_way() -> None:
    run = Kept(BLOCK)
    run.do("a")
    assert codes(move(run, BLOCK + users("c") + flows("f>c>j"))) == ["migration-join-starved"]
    fresh = Kept(users("first") + BLOCK.replace('sourceRef="s"', 'sourceRef="first"') + flows("s>first"))
    assert not codes(move(fresh, users("first", "c") + BLOCK.replace('sourceRef="s"', 'sourceRef="first"')
                          + flows("s>first; f>c>j")))  # fmt: skip
    fresh.do("first")
    assert fresh.ready() == ["a", "b", "c"]


def test_a_process_with_obstacles_is_left_as_it_was() -> None:
    run = Kept(BLOCK)
    run.do("a")
    before = run.workflow.snapshot()
    move(run, BLOCK + users("c") + flows("f>c>j"))
    assert run.workflow.snapshot() == before
    run.do("b")
    assert run.ready() == ["z"]
