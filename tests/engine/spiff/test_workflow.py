"""What the rooms above see of a running process."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.errors import Conflict, Invalid, NotFound
from engine.feel import YearMonthDuration
from engine.spiff import StepFailed, Workflow
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
    script,
    start,
    timer,
    users,
)
from tests.engine.spiff.running import FakeHost, Run


def test_a_task_is_completed_once(run: type[Run]) -> None:
    r = run(BASE)
    task = r.task("u").id
    r.do("u", x=1)
    with pytest.raises((NotFound, Conflict)):
        r.workflow.complete(task, {})
    with pytest.raises(NotFound):
        r.workflow.complete("0" * 32, {})


def test_form_data_is_copied(run: type[Run]) -> None:
    r = run(BASE)
    given = {"list": [1]}
    r.do("u", **given)
    given["list"].append(2)
    assert r.data()["list"] == [1]


def test_typed_values_survive(run: type[Run]) -> None:
    values = {
        "due": date(2026, 5, 1),
        "at": datetime(2026, 5, 1, 9, tzinfo=UTC),
        "after": timedelta(days=2, hours=1),
        "months": YearMonthDuration(14),
        "share": Decimal("0.1"),
        "whole": Decimal("3"),
        "large": 2**70,
        "typename": "not special",
        "nested": [{"due": date(2026, 5, 2)}],
    }
    r = run(BASE, values)
    r.do("u")
    data = r.data()
    assert {name: data[name] for name in values} == values
    assert type(data["whole"]) is int
    assert type(data["due"]) is date


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"x": object()}, "data-type"),  # no FEEL value
        ({1: "x"}, "data-key"),  # a key that is no text
        ({"\u0000": 1}, "data-key"),  # the mark of typed values in a snapshot
    ],
)
def test_data_that_cannot_be_kept_is_refused(run: type[Run], data: dict[str, object], code: str) -> None:
    r = run(BASE)
    with pytest.raises(Invalid) as refused:
        r.workflow.complete(r.task("u").id, data)
    assert refused.value.code == code
    assert r.ready() == ["u"]


def test_a_failed_step_leaves_the_snapshot_loadable(run: type[Run]) -> None:
    r = run(start() + users("u") + script("x", "y", "f(") + end() + flows("s>u>x>e"))
    before = r.workflow.snapshot()
    with pytest.raises(StepFailed) as failed:
        r.do("u", a=1)
    assert (failed.value.element_id, failed.value.process_id) == ("x", "p")
    assert failed.value.expression == "=f("
    assert failed.value.code == "feel-syntax"
    again = Workflow.restore(r.specification, before, r.host)
    assert [task.element_id for task in again.open_tasks()] == ["u"]


def test_a_script_writes_its_result(run: type[Run]) -> None:
    r = run(start() + script("x", "total", "price * 2") + users("u") + end() + flows("s>x>u>e"), {"price": 4})
    assert r.task("u").data["total"] == 8


def test_a_decision_is_asked_of_the_host(run: type[Run]) -> None:
    called = '<zeebe:calledDecision decisionId="route" resultVariable="unit"/>'
    host = FakeHost(decisions={"route": lambda data: {"code": data["kind"] + "-1"}})
    rule = node("businessRuleTask", "d", extension(called))
    r = run(start() + rule + users("u") + end() + flows("s>d>u>e"), {"kind": "road"}, host)
    assert r.task("u").data["unit"] == {"code": "road-1"}


def test_a_failing_decision_is_a_failed_step(run: type[Run]) -> None:
    rule = node("businessRuleTask", "d", extension('<zeebe:calledDecision decisionId="route" resultVariable="unit"/>'))
    host = FakeHost(decisions={"route": lambda data: data["absent"]})
    with pytest.raises(StepFailed) as failed:
        run(start() + rule + end() + flows("s>d>e"), {}, host)
    assert failed.value.element_id == "d"
    assert failed.value.expression == "route"


def test_a_send_task_is_performed_by_the_host(run: type[Run]) -> None:
    said = (
        '<zeebe:taskDefinition type="notify"/><zeebe:taskHeaders><zeebe:header key="k" value="v"/></zeebe:taskHeaders>'
        '<zeebe:properties><zeebe:property name="chuishao:notice" value="accepted"/></zeebe:properties>'
    )
    host = FakeHost(services={"notify": lambda call: {"sent": call.settings["notice"]}})
    send = node("sendTask", "n", extension(said))
    r = run(start() + send + users("u") + end() + flows("s>n>u>e"), {"who": "resident"}, host)
    (call,) = host.calls
    assert (call.element_id, call.type, call.headers, call.settings) == (
        "n",
        "notify",
        {"k": "v"},
        {"notice": "accepted"},
    )
    assert call.data["who"] == "resident"
    assert r.task("u").data["sent"] == "accepted"


def test_input_mapping_is_local_and_only_outputs_leave(run: type[Run]) -> None:
    mapping = (
        '<zeebe:ioMapping><zeebe:input source="=case.place" target="place"/>'
        '<zeebe:input source="fixed" target="o.text"/>'
        '<zeebe:output source="=answer + 1" target="result.value"/></zeebe:ioMapping>'
    )
    body = start() + node("userTask", "u", extension(mapping)) + users("v") + end() + flows("s>u>v>e")
    r = run(body, {"case": {"place": "A"}, "place": "outside"})
    assert r.task("u").data["place"] == "A"
    assert r.task("u").data["o"] == {"text": "fixed"}
    r.do("u", answer=2, other=3)
    data = r.task("v").data
    assert data["result"] == {"value": 3}
    assert data["place"] == "outside"
    assert "o" not in data
    assert "answer" not in data
    assert "other" not in data


def test_input_mapping_without_output_lets_changes_leave(run: type[Run]) -> None:
    mapping = '<zeebe:ioMapping><zeebe:input source="=1" target="local"/></zeebe:ioMapping>'
    r = run(start() + node("userTask", "u", extension(mapping)) + users("v") + end() + flows("s>u>v>e"))
    r.do("u", answer=2)
    assert r.task("v").data == {"answer": 2}


def test_timers_say_when_they_are_due(run: type[Run]) -> None:
    r = run(BASE + boundary("b", "u", SOON) + users("x") + flows("b>x>e"))
    (waiting,) = r.workflow.waiting_timers()
    assert waiting.element_id == "b"
    assert waiting.due_at == r.host.now() + timedelta(minutes=12)
    r.do("u")
    assert r.workflow.waiting_timers() == []
    with pytest.raises((NotFound, Conflict)):
        r.workflow.fire_timer(waiting.id)


def test_a_timer_that_follows_a_clock_has_no_time_of_its_own(run: type[Run]) -> None:
    follows = timer("timeDate", '=rung("statutory", "l1")')
    r = run(BASE + boundary("b", "u", follows, interrupting=False) + users("x") + flows("b>x>e"))
    (waiting,) = r.workflow.waiting_timers()
    assert (waiting.due_at, waiting.clock, waiting.rung) == (None, "statutory", "l1")
    r.workflow.fire_timer(waiting.id)
    r.step()
    assert r.ready() == ["u", "x"]


def test_firing_one_timer_leaves_the_others(run: type[Run]) -> None:
    both = boundary("b", "u", SOON, interrupting=False) + boundary("c", "u", SOON, interrupting=False)
    r = run(BASE + both + users("x", "y") + flows("b>x>e; c>y>e"))
    first = next(timer for timer in r.workflow.waiting_timers() if timer.element_id == "b")
    r.workflow.fire_timer(first.id)
    r.step()
    assert r.ready() == ["u", "x"]
    assert [timer.element_id for timer in r.workflow.waiting_timers()] == ["c"]


def test_a_cycle_is_armed_again_and_does_not_catch_up(run: type[Run]) -> None:
    cycle = boundary("b", "u", timer("timeCycle", "R5/PT10M"), interrupting=False)
    r = run(BASE + cycle + users("x") + flows("b>x>e"))
    began = r.host.now()
    r.wait(35)
    assert r.ready() == ["u", "x"]
    (waiting,) = r.workflow.waiting_timers()
    assert (waiting.due_at, waiting.cycle, waiting.remaining) == (began + timedelta(minutes=40), True, 2)


def test_messages_are_told_apart_by_their_key(run: type[Run]) -> None:
    keyed = (
        '<bpmn:message id="mk" name="reply">'
        + extension('<zeebe:subscription correlationKey="=unit"/>')
        + "</bpmn:message>"
    )
    catch = node("intermediateCatchEvent", "m", refers("message", "mk"))
    content = document(start() + catch + users("v") + end() + flows("s>m>v>e"), roots=keyed)
    r = run(content, {"unit": "water"})
    (waiting,) = r.workflow.waiting_messages()
    assert (waiting.name, waiting.correlation) == ("reply", "water")
    assert not r.send("reply", correlation="gas")
    assert not r.send("other")
    assert r.send("reply", correlation="water", answer=1)
    assert r.task("v").data["answer"] == 1


CALL = (
    '<zeebe:calledElement processId="q" propagateAllChildVariables="false"/><zeebe:ioMapping>'
    '<zeebe:input source="=unit" target="unit"/><zeebe:output source="=opinion" target="opinion"/></zeebe:ioMapping>'
)
CALLED = process("q", start("qs") + users("w") + end("qe") + flows("qs>w>qe"))
PARALLEL = (
    "<bpmn:multiInstanceLoopCharacteristics{}><bpmn:extensionElements><zeebe:loopCharacteristics "
    'inputCollection="=units" inputElement="unit" outputCollection="opinions" outputElement="=opinion"/>'
    "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
)


def called_by_many(sequential: bool = False) -> bytes:
    """A call for each unit, in a loop that `again` goes round."""
    xor = gateways("m", tag="exclusiveGateway") + gateways("x", tag="exclusiveGateway", default="out")
    loop = PARALLEL.format(' isSequential="true"' if sequential else "")
    body = start() + xor + node("callActivity", "c", extension(CALL) + loop) + users("v") + end()
    return document(body + flows("s>m>c>v>x; x>m [again]; x>e #out"), CALLED)


def test_parallel_calls_keep_apart_and_can_be_repeated(run: type[Run]) -> None:
    r = run(called_by_many(), {"units": ["water", "gas"]})
    for again in (True, False):
        tasks = r.workflow.open_tasks()
        assert [task.data["unit"] for task in tasks] == ["water", "gas"]
        assert [task.instances for task in tasks] == [(("c", 0),), (("c", 1),)]
        assert all(task.process_id == "q" for task in tasks)
        assert len({task.scope_ids for task in tasks}) == 2
        for task in reversed(tasks):
            r.workflow.complete(task.id, {"opinion": task.data["unit"] + " agrees", "private": 1})
            r.step()
        assert r.task("v").data == {"units": ["water", "gas"], "opinions": ["water agrees", "gas agrees"]} | (
            {} if again else {"again": True}
        )
        r.do("v", again=again)
    assert r.done()


def test_sequential_calls_come_one_by_one(run: type[Run]) -> None:
    r = run(called_by_many(sequential=True), {"units": ["water", "gas"]})
    assert [task.data["unit"] for task in r.workflow.open_tasks()] == ["water"]
    r.do("w", opinion=1)
    assert [task.data["unit"] for task in r.workflow.open_tasks()] == ["gas"]
    r.do("w", opinion=2)
    assert r.task("v").data["opinions"] == [1, 2]


def test_nobody_to_ask_is_an_empty_list(run: type[Run]) -> None:
    r = run(called_by_many(), {"units": []})
    assert r.ready() == ["v"]
    assert r.task("v").data["opinions"] == []


def test_a_collection_that_is_none_is_a_failure(run: type[Run]) -> None:
    with pytest.raises(StepFailed) as failed:
        run(called_by_many(), {})
    assert failed.value.code == "not-a-list"


def test_instances_of_a_task_merge_what_they_changed(run: type[Run]) -> None:
    many = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=who" inputElement="person"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    r = run(start() + node("userTask", "u", many) + users("v") + end() + flows("s>u>v>e"), {"who": ["a", "b"], "d": {}})
    first, second = r.workflow.open_tasks()
    assert (first.data["person"], second.data["loopCounter"]) == ("a", 2)
    r.workflow.complete(first.id, {"d": {"a": 1}})
    r.step()
    r.workflow.complete(second.id, {"d": {"b": 2}})
    r.step()
    assert r.task("v").data == {"who": ["a", "b"], "d": {"a": 1, "b": 2}}


def test_the_rest_is_cancelled_when_enough_have_answered(run: type[Run]) -> None:
    many = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=[1, 2, 3]" inputElement="n"/></bpmn:extensionElements>'
        "<bpmn:completionCondition>=numberOfCompletedInstances >= 2</bpmn:completionCondition>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    r = run(start() + node("userTask", "u", many) + users("v") + end() + flows("s>u>v>e"))
    r.do("u")
    r.do("u")
    assert r.ready() == ["v"]


def test_a_standard_loop_goes_round_while_its_condition_holds(run: type[Run]) -> None:
    loop = (
        '<bpmn:standardLoopCharacteristics loopMaximum="5"><bpmn:loopCondition>=more</bpmn:loopCondition>'
        "</bpmn:standardLoopCharacteristics>"
    )
    r = run(start() + node("userTask", "u", loop) + users("v") + end() + flows("s>u>v>e"))
    r.do("u", more=True, n=1)
    r.do("u", more=False, n=2)
    assert r.task("v").data["n"] == 2


def test_scopes_tokens_and_record(run: type[Run]) -> None:
    inside = node("subProcess", "sp", start("is") + users("iu") + end("ie") + flows("is>iu>ie"))
    waiting = boundary("b", "sp", refers("message", "mg"))
    r = run(start() + inside + users("h") + end() + waiting + flows("s>sp>e; b>h>e"))
    assert [scope.element_id for scope in r.workflow.active_scopes()] == ["sp", "iu"]
    assert {(token.element_id, token.state, token.count) for token in r.workflow.tokens()} == {
        ("sp", "open", 1),
        ("iu", "open", 1),
    }
    (task,) = r.workflow.open_tasks()
    assert task.scope_ids == (r.workflow.active_scopes()[0].id,)
    r.send()
    assert [(p.element_id, p.cancelled) for p in r.passed] == [
        ("s", False),
        ("is", False),
        ("sp", True),
        ("iu", True),
        ("b", False),
    ]
    r.do("h")
    assert [ending.element_id for ending in r.workflow.outcome] == ["e"]


def test_the_outcome_is_what_the_end_event_says(run: type[Run]) -> None:
    said = '<zeebe:properties><zeebe:property name="chuishao:outcome" value="solved"/></zeebe:properties>'
    r = run(start() + node("endEvent", "e", extension(said)) + flows("s>e"))
    assert [(ending.element_id, ending.outcome) for ending in r.workflow.outcome] == [("e", "solved")]


def test_cancelling_gives_everything_up(run: type[Run]) -> None:
    r = run(BASE + boundary("b", "u", SOON) + users("x") + flows("b>x>e"))
    r.workflow.cancel()
    assert r.workflow.is_completed
    assert r.ready() == []
    assert r.workflow.waiting_timers() == []


def test_a_cycle_without_a_choice_ends_in_sight(run: type[Run]) -> None:
    xor = gateways("m", tag="exclusiveGateway")
    with pytest.raises((StepFailed, Invalid)):
        run(start() + xor + script("a", "x", "1") + script("b", "y", "1") + flows("s>m>a>b>m"))


def test_a_wrong_blob_is_told_apart(run: type[Run]) -> None:
    r = run(BASE)
    for blob, code in [
        (b"not one", "snapshot-unknown"),
        (b"CS\xff\x00", "snapshot-later"),
        (b"CS\x01\x00junk", "snapshot-unreadable"),
    ]:
        with pytest.raises(Invalid) as refused:
            Workflow.restore(r.specification, blob, r.host)
        assert refused.value.code == code
