"""Event gateways, implicit splits, conditional flows, and joins by BPMN 13.4."""

import pytest

from engine.errors import Conflict, EngineError, NotFound
from engine.spiff import StepFailed
from tests.engine.spiff.drawing import (
    BASE,
    boundary,
    end,
    flows,
    gateways,
    node,
    refers,
    script,
    start,
    timer,
    users,
)
from tests.engine.spiff.running import Persisted, Run

MESSAGE = refers("message", "mg")


def after(expression: str) -> str:
    return timer("timeDuration", expression)


def first_of(a: str, b: str) -> str:
    """An event gateway before `x`, behind the event `a`, and `y`, behind `b`."""
    catches = node("intermediateCatchEvent", "a", a) + node("intermediateCatchEvent", "b", b)
    gateway = node("eventBasedGateway", "g")
    return start() + gateway + catches + users("x", "y") + end() + flows("s>g>a>x>e; g>b>y>e")


def test_each_timer_of_an_event_gateway_has_its_own_time(run: type[Run]) -> None:
    r = run(first_of(after("PT1H"), after("PT12M")))
    r.wait()
    assert r.ready() == ["y"]


def test_of_two_overdue_timers_the_earlier_wins(run: type[Run]) -> None:
    r = run(first_of(after("PT18M"), after("PT6M")))
    r.wait(30)
    assert r.ready() == ["y"]


def test_a_timer_that_was_due_wins_against_a_later_message(run: type[Run]) -> None:
    r = run(first_of(MESSAGE, after("PT12M")))
    r.host.clock.advance(minutes=15)
    r.send()
    assert r.ready() == ["y"]


def test_a_message_for_one_event_of_a_gateway_takes_its_way(run: type[Run]) -> None:
    r = run(first_of(MESSAGE, after("PT1H")))
    (waiting,) = r.workflow.waiting_messages()
    assert waiting.element_id == "a"
    r.workflow.receive(waiting.id, {"reason": "x"})
    r.step()
    assert (r.ready(), r.task("x").data["reason"]) == (["x"], "x")
    with pytest.raises(EngineError):
        r.workflow.receive(waiting.id)


def test_a_message_for_one_event_comes_too_late_when_a_timer_was_due(run: type[Run]) -> None:
    r = run(first_of(MESSAGE, after("PT12M")))
    (waiting,) = r.workflow.waiting_messages()
    r.host.clock.advance(minutes=15)
    with pytest.raises(Conflict, match="over"):
        r.workflow.receive(waiting.id)


def test_a_message_wins_against_two_timers_that_are_not_due(run: type[Run]) -> None:
    catches = (
        node("intermediateCatchEvent", "a", after("PT1H"))
        + node("intermediateCatchEvent", "b", after("PT2H"))
        + node("intermediateCatchEvent", "c", MESSAGE)
    )
    body = start() + node("eventBasedGateway", "g") + catches + users("x", "y", "z") + end()
    r = run(body + flows("s>g>a>x>e; g>b>y>e; g>c>z>e"))
    timers = {timer.element_id: timer for timer in r.workflow.waiting_timers()}
    assert timers["a"].due_at is not None
    assert (timers["a"].due_at - r.host.now()).total_seconds() == 3600
    assert timers["a"].id != timers["b"].id
    r.send(value=7)
    assert r.ready() == ["z"]
    assert r.task("z").data["value"] == 7


def test_several_flows_out_of_an_activity_all_go_on(run: type[Run]) -> None:
    r = run(start() + users("a", "b", "c") + end() + flows("s>a>b>e; a>c>e"))
    r.do("a")
    assert r.ready() == ["b", "c"]
    r.do("b")
    r.do("c")
    assert r.done()


def test_several_flows_out_of_a_boundary_event_all_go_on(run: type[Run]) -> None:
    r = run(BASE + boundary("b", "u", MESSAGE) + users("x", "y") + flows("b>x>e; b>y>e"))
    r.send()
    assert r.ready() == ["x", "y"]


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (1, ["b", "c"]),  # both conditions hold
        (2, ["c"]),  # one
        (0, ["x"]),  # none: the default flow
    ],
)
def test_conditions_on_flows_out_of_an_activity_count(run: type[Run], k: int, expected: list[str]) -> None:
    body = start() + node("userTask", "a", default="d") + users("b", "c", "x") + end()
    r = run(body + flows("s>a; b>e; c>e; x>e; a>b [k = 1]; a>c [k > 0]; a>x #d"))
    r.do("a", k=k)
    assert r.ready() == expected


def test_a_flow_without_condition_beside_conditional_ones_is_always_taken(run: type[Run]) -> None:
    r = run(start() + users("a", "b", "c") + end() + flows("s>a; b>e; c>e; a>b [false]; a>c"))
    r.do("a")
    assert r.ready() == ["c"]
    r.do("c")
    assert r.done()


def test_a_lone_false_condition_is_a_failure(run: type[Run]) -> None:
    r = run(start() + users("a", "b") + end() + flows("s>a; a>b [false]; b>e"))
    with pytest.raises(StepFailed) as failed:
        r.do("a")
    assert failed.value.code == "no-way-out"
    assert failed.value.element_id == "a"


def loop(tag: str, condition: str = "") -> str:
    """A split and join of `a` and `b` in a loop, `c` behind them; `again` goes back."""
    xor = gateways("m", tag="exclusiveGateway") + gateways("x", tag="exclusiveGateway", default="out")
    body = start() + xor + gateways("g", "j", tag=tag) + users("a", "b", "c") + end()
    return body + flows(f"s>m>g; g>a {condition}; a>j; g>b {condition}; b>j; j>c>x; x>m [again = true]; x>e #out")


@pytest.mark.parametrize(
    "body",
    [
        loop("parallelGateway"),  # 13.4.1
        loop("inclusiveGateway", "[true]"),  # 13.4.3
    ],
    ids=["parallel", "inclusive"],
)
def test_a_join_in_a_loop_waits_for_both_in_every_round(run: type[Run], body: str) -> None:
    r = run(body)
    for order in ("ab", "ba", "ab", "ba", "ba"):
        r.do(order[0], **{order[0]: 1})
        assert r.ready() == [order[1]]
        r.do(order[1])
        assert r.ready() == ["c"]
        r.do("c", again=True)
    assert r.ready() == ["a", "b"]


def test_an_inclusive_join_waits_for_a_sub_process_further_up(run: type[Run]) -> None:
    inside = node("subProcess", "sp", start("is") + users("iu") + end("ie") + flows("is>iu>ie"))
    body = loop("inclusiveGateway", "[true]").replace('sourceRef="a" targetRef="j"', 'sourceRef="a" targetRef="sp"')
    r = run(body + inside + users("w") + flows("sp>w>j"))
    r.do("a")
    assert r.ready() == ["b", "iu"]
    r.do("b")
    assert r.ready() == ["iu"]
    r.do("iu")
    assert r.ready() == ["w"]
    r.do("w")
    r.do("c", again=True)
    r.do("a")
    r.do("b")
    assert r.ready() == ["iu"]
    r.do("iu")
    r.do("w")
    assert r.ready() == ["c"]


def test_a_parallel_join_keeps_tokens_it_did_not_need(run: type[Run]) -> None:
    """Two tokens on one flow, then two on the other: the join fires twice."""
    xor = gateways("m", "k", tag="exclusiveGateway")
    body = start() + gateways("g", "g2", "j") + xor + users("a", "a2", "b", "b2", "c") + end()
    r = run(body + flows("s>g; g>a>m; g>a2>m; m>j; g>b>k; g>b2>k; k>j; j>c>e"))
    r.do("a")
    r.do("a2")
    r.do("b")
    assert r.ready() == ["b2", "c"]
    r.do("b2")
    assert r.ready() == ["c", "c"]
    r.do("c")
    r.do("c")
    assert r.done()


def test_a_join_does_not_bring_back_the_data_of_an_earlier_round(run: type[Run]) -> None:
    r = run(loop("parallelGateway"))
    r.do("a", seen=["one"])
    r.do("b")
    r.do("c", again=True, seen=[])
    r.do("b")
    r.do("a")
    assert r.data()["seen"] == []


def test_a_join_keeps_what_each_branch_changed(run: type[Run]) -> None:
    body = start() + gateways("g", "j") + users("a", "b", "c") + end() + flows("s>g>a>j; g>b>j; j>c>e")
    r = run(body, {"k": 1, "d": {"x": 1, "y": 1}, "l": [1, 1]})
    r.do("a", k=2, d={"x": 2, "y": 1}, l=[1, 1, 2])
    r.do("b", d={"x": 1, "y": 2}, l=[1, 1, 3])
    data = r.task("c").data
    assert {key: data[key] for key in "kdl"} == {"k": 2, "d": {"x": 2, "y": 2}, "l": [1, 1, 2, 3]}


def test_two_flows_from_one_source_into_a_join_are_two(run: type[Run]) -> None:
    r = run(start() + gateways("g", "j") + users("c") + end() + flows("s>g; g>j; g>j; j>c>e"))
    assert r.ready() == ["c"]
    r.do("c")
    assert r.done()


def test_the_ends_keep_what_each_branch_changed(run: type[Run]) -> None:
    r = run(start() + gateways("g") + users("a", "b") + end("e", "f") + flows("s>g>a>e; g>b>f"), {"k": 1})
    r.do("a", k=2)
    r.do("b")
    assert r.done()
    assert r.data()["k"] == 2


def test_a_complex_gateway_that_splits_is_inclusive(run: type[Run]) -> None:
    body = start() + gateways("g", tag="complexGateway") + users("a", "b") + end()
    r = run(body + flows("s>g; g>a [true]; g>b [true]; a>e; b>e"))
    assert r.ready() == ["a", "b"]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("missing", "null"),  # a name that the data does not have
        ('"yes"', "but string"),  # a text
        ("1", "but number"),  # a number
    ],
)
def test_a_condition_that_is_neither_true_nor_false_is_a_failure(run: type[Run], condition: str, reason: str) -> None:
    body = start() + users("a", "b") + gateways("x", tag="exclusiveGateway", default="d") + end()
    r = run(body + flows(f"s>a>x; x>b [{condition}]; b>e; x>e #d"))
    with pytest.raises(StepFailed) as failed:
        r.do("a", secret="not to be shown")
    assert failed.value.code == "condition-unknown"
    assert failed.value.element_id == "x"
    assert reason in failed.value.reason
    assert failed.value.data_keys == ("secret",)
    assert "not to be shown" not in str(failed.value)


def test_twelve_blocks_in_a_row_predict_nothing(run: type[Run]) -> None:
    body, before = "", "s"
    for i in range(12):
        body += gateways(f"g{i}", f"j{i}") + script(f"a{i}", "x", "1") + script(f"b{i}", "y", "1")
        body += flows(f"{before}>g{i}; g{i}>a{i}>j{i}; g{i}>b{i}>j{i}")
        before = f"j{i}"
    r = run(start() + users("u") + body + end() + flows(f"{before}>u>e"))
    assert r.ready() == ["u"]
    assert len(r.workflow.snapshot()) < 1_000
    r.do("u")
    assert r.done()


def test_a_thousand_rounds_cost_no_more_than_one() -> None:
    r = Persisted(loop("parallelGateway"))
    sizes = []
    for _ in range(120):
        r.do("a", note="x" * 20)
        r.do("b")
        r.do("c", again=True)
        sizes.append(len(r.workflow.snapshot()))
    assert sizes[-1] < sizes[0] * 1.2 + 50


def test_a_join_that_waits_in_vain_can_be_released_with_what_has_come(run: type[Run]) -> None:
    drawn = start() + gateways("x", tag="exclusiveGateway") + users("a", "b", "c") + gateways("j") + end()
    r = run(drawn + flows("s>x; x>a [true]; x>b [false]; a>j>c>e; b>j"))
    assert r.workflow.waiting_joins() == []
    r.do("a", heard="yes")
    assert [(each.element_id, each.count) for each in r.workflow.waiting_joins()] == [("j", 1)]
    r.workflow.release("j")
    r.step()
    assert r.ready() == ["c"]
    assert r.task("c").data["heard"] == "yes"
    with pytest.raises(NotFound):
        r.workflow.release("j")
