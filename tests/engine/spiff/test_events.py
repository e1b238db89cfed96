"""Links, signals, conditions, cycles, errors, compensation."""

import pytest

from tests.engine.spiff.drawing import (
    BASE,
    COMPENSATE,
    TERMINATE,
    boundary,
    condition,
    end,
    flows,
    gateways,
    link,
    node,
    refers,
    script,
    start,
    timer,
    undoable,
    users,
)
from tests.engine.spiff.running import Run

MESSAGE, SIGNAL, ERROR = refers("message", "mg"), refers("signal", "sg"), refers("error", "er")


def test_links_lead_to_their_target(run: type[Run]) -> None:
    throws = "".join(node("intermediateThrowEvent", id, link("L")) for id in ("t1", "t2"))
    body = start() + gateways("x", tag="exclusiveGateway", default="o") + throws
    body += node("intermediateCatchEvent", "c", link("L")) + users("u") + end()
    r = run(body + flows("s>x; x>t1 [k = 1]; x>t2 #o; c>u>e"), {"k": 1})
    assert r.ready() == ["u"]
    r.do("u")
    assert r.done()


def test_a_signal_end_event_is_thrown_to_the_outside(run: type[Run]) -> None:
    r = run(start() + users("u") + node("endEvent", "e", SIGNAL) + flows("s>u>e"))
    r.workflow.complete(r.task("u").id, {})
    r.workflow.advance()
    assert r.workflow.is_completed
    assert [(thrown.kind, thrown.name) for thrown in r.workflow.thrown()] == [("signal", "signal")]
    assert [ending.element_id for ending in r.workflow.outcome] == ["e"]


def test_a_signal_end_event_is_caught_in_the_same_process(run: type[Run]) -> None:
    body = start() + gateways("g") + users("u", "w") + node("endEvent", "e", SIGNAL) + end("e2")
    r = run(body + node("intermediateCatchEvent", "c", SIGNAL) + flows("s>g>u>e; g>c>w>e2"))
    r.do("u")
    assert r.ready() == ["w"]


def test_a_conditional_event_sees_what_another_branch_changed(run: type[Run]) -> None:
    body = start() + gateways("g") + users("u", "w", "x") + end() + boundary("b", "u", condition("flag"))
    r = run(body + flows("s>g>u>e; g>w>e; b>x>e"), {"flag": False})
    assert r.ready() == ["u", "w"]
    r.do("w", flag=True)
    assert r.ready() == ["x"]


def test_an_intermediate_condition_waits_until_it_is_true(run: type[Run]) -> None:
    body = start() + gateways("g") + users("w", "v", "x") + end()
    body += node("intermediateCatchEvent", "c", condition("total > 2"))
    r = run(body + flows("s>g>w>v>e; g>c>x>e"), {"total": 0})
    r.do("w", total=2)
    assert r.ready() == ["v"]
    r.do("v", total=3)
    assert r.ready() == ["x"]


def test_a_condition_over_data_that_is_not_there_yet_is_not_yet_true(run: type[Run]) -> None:
    body = start() + users("u", "v", "x") + end() + boundary("b", "v", condition("flag"))
    r = run(body + flows("s>u>v>e; b>x>e"))
    r.do("u")
    assert r.ready() == ["v"]


def test_a_condition_on_a_sub_process_sees_inside(run: type[Run]) -> None:
    inside = node("subProcess", "sp", start("is") + users("iu", "iv") + end("ie") + flows("is>iu>iv>ie"))
    body = start() + inside + users("x") + end() + boundary("b", "sp", condition("flag"))
    r = run(body + flows("s>sp>e; b>x>e"), {"flag": False})
    r.do("iu", flag=True)
    assert r.ready() == ["x"]
    assert r.task("x").data["flag"] is True


def test_what_is_cancelled_in_the_same_step_does_not_run(run: type[Run]) -> None:
    body = start() + gateways("g") + node("endEvent", "t", TERMINATE) + script("a", "ran", "1") + script("b", "b", "1")
    r = run(body + end() + flows("s>g>t; g>a>b>e"))
    assert r.done()
    assert (r.count("t"), r.count("a")) == (1, 0)


def test_an_error_stops_what_is_automatic_beside_it(run: type[Run]) -> None:
    inside = start("is") + gateways("g") + script("a", "a", "1") + script("b", "b", "1") + node("endEvent", "x", ERROR)
    sub = node("subProcess", "sp", inside + end("ie") + flows("is>g>x; g>a>b>ie"))
    r = run(start() + sub + users("h") + end() + boundary("be", "sp", ERROR) + flows("s>sp>e; be>h>e"))
    assert r.ready() == ["h"]
    assert r.count("b") == 0


def test_an_interrupting_cycle_happens_once(run: type[Run]) -> None:
    cycle = boundary("b", "u", timer("timeCycle", "R3/PT12M"))
    r = run(BASE + cycle + users("x") + flows("b>x>e"))
    r.wait()
    assert r.ready() == ["x"]
    r.do("x")
    assert r.done()


def test_a_message_that_does_not_interrupt_can_come_twice(run: type[Run]) -> None:
    r = run(BASE + boundary("b", "u", MESSAGE, interrupting=False) + users("x") + flows("b>x>e"))
    r.send()
    r.send()
    assert r.ready() == ["u", "x", "x"]
    for element in ("u", "v", "x", "x"):
        r.do(element)
    assert r.done()


def test_compensation_goes_backwards_over_what_was_done(run: type[Run]) -> None:
    body = start() + gateways("g", "j") + undoable("a") + undoable("b") + undoable("z") + users("w")
    r = run(body + node("endEvent", "e", COMPENSATE) + flows("s>g; g>a>j; g>b>j; j>w>e; z>e"))
    for element in "baw":
        r.do(element)
    undone = []
    while r.ready():
        undone.append(r.ready())
        r.do(r.ready()[0])
    assert undone == [["au"], ["bu"]]
    assert r.done()


def test_compensation_of_one_activity_leaves_the_others(run: type[Run]) -> None:
    throw = node("intermediateThrowEvent", "t", '<bpmn:compensateEventDefinition activityRef="a"/>')
    r = run(start() + undoable("a") + undoable("b") + throw + users("w") + end() + flows("s>a>b>t>w>e"))
    r.do("a")
    r.do("b")
    assert r.ready() == ["au"]
    r.do("au")
    assert r.ready() == ["w"]
    r.do("w")
    assert r.done()


@pytest.mark.parametrize(("first", "last"), [("Start", "End"), ("Root", "begin"), ("join", "finish")])
def test_no_id_is_reserved(run: type[Run], first: str, last: str) -> None:
    r = run(start(first) + users("u") + end(last) + flows(f"{first}>u>{last}"))
    r.do("u")
    assert r.done()
    assert r.workflow.outcome[0].element_id == last


def test_a_case_still_runs_after_hundreds_of_rounds(run: type[Run]) -> None:
    if run.persists:
        pytest.skip("through snapshots nothing grows")
    xor = gateways("m", tag="exclusiveGateway") + gateways("x", tag="exclusiveGateway", default="out")
    r = run(start() + xor + users("a") + end() + flows("s>m>a>x; x>m [again]; x>e #out"), {"again": True})
    for _ in range(400):
        r.do("a")
    assert not r.done()
    r.do("a", again=False)
    assert r.done()
