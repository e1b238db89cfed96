"""Calls, several instances and the events on their borders, together."""

import pytest

from engine.spiff import StepFailed
from tests.engine.spiff.drawing import (
    SOON,
    TERMINATE,
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

MESSAGE, ERROR, ESCALATION = refers("message", "mg"), refers("error", "er"), refers("escalation", "es")


def each(collection: str, item: str, result: str = "answer") -> str:
    """Several instances, one for each item; what they answer becomes `answers`."""
    said = f'inputCollection="={collection}" inputElement="{item}" outputCollection="answers" outputElement="={result}"'
    inside = extension(f"<zeebe:loopCharacteristics {said}/>")
    return f"<bpmn:multiInstanceLoopCharacteristics>{inside}</bpmn:multiInstanceLoopCharacteristics>"


EACH = each("units", "unit")
CALLS = extension('<zeebe:calledElement processId="q" propagateAllChildVariables="false"/>')
ONE_TASK = process("q", start("qs") + users("w") + end("qe") + flows("qs>w>qe"))
UNITS = {"units": ["water", "gas"]}


def calls(called: str, *events: str) -> bytes:
    """A call for each unit, with events on its border that lead to `h`."""
    body = start() + node("callActivity", "c", CALLS + EACH) + users("v", "h") + end() + "".join(events)
    return document(body + flows("s>c>v>e; h>e") + (flows("b>h") if events else ""), called)


def test_an_interrupting_message_withdraws_all_instances(run: type[Run]) -> None:
    r = run(calls(ONE_TASK, boundary("b", "c", MESSAGE)), UNITS)
    r.do("w", answer=1)
    assert r.ready() == ["w"]
    r.send()
    assert r.ready() == ["h"]
    assert r.workflow.active_scopes()[0].element_id == "h"
    r.do("h")
    assert r.done()


def test_a_message_for_one_event_reaches_no_other_of_its_name_and_shows_what_it_sees(run: type[Run]) -> None:
    inner = script("set", "seen", "unit + 1") + users("w", "h")
    sub = start("qs") + inner + boundary("b", "w", MESSAGE) + end("qe") + flows("qs>set>w>qe; b>h>qe")
    body = start() + node("subProcess", "c", EACH.replace("answer", "unit") + sub) + end() + flows("s>c>e")
    r = run(body, {"units": [1, 2]})
    first, second = r.workflow.waiting_messages()
    assert [waiting.data["seen"] for waiting in (first, second)] == [2, 3]
    r.workflow.receive(second.id)
    r.step()
    assert r.ready() == ["h", "w"]
    assert r.task("h").data["seen"] == 3
    assert [waiting.id for waiting in r.workflow.waiting_messages()] == [first.id]


def test_an_event_around_a_sub_process_sees_what_stands_inside(run: type[Run]) -> None:
    sub = start("qs") + script("set", "inner", "1") + users("w") + end("qe") + flows("qs>set>w>qe")
    body = start() + node("subProcess", "c", sub) + boundary("b", "c", MESSAGE) + users("h") + end()
    r = run(body + flows("s>c>e; b>h>e"))
    (waiting,) = r.workflow.waiting_messages()
    assert waiting.data["inner"] == 1


def test_an_error_of_one_instance_ends_all_of_them(run: type[Run]) -> None:
    called = process("q", start("qs") + users("w") + node("endEvent", "qe", ERROR) + flows("qs>w>qe"))
    r = run(calls(called, boundary("b", "c", ERROR)), UNITS)
    r.do("w")
    assert r.ready() == ["h"]


def test_an_error_that_nobody_catches_is_a_failure(run: type[Run]) -> None:
    called = process("q", start("qs") + users("w") + node("endEvent", "qe", ERROR) + flows("qs>w>qe"))
    r = run(calls(called), UNITS)
    with pytest.raises(StepFailed) as failed:
        r.do("w")
    assert failed.value.code == "error-uncaught"
    assert (failed.value.element_id, failed.value.process_id) == ("qe", "q")


def test_each_instance_can_escalate(run: type[Run]) -> None:
    throw = node("intermediateThrowEvent", "t", ESCALATION)
    called = process("q", start("qs") + users("w", "x") + throw + end("qe") + flows("qs>w>t>x>qe"))
    r = run(calls(called, boundary("b", "c", ESCALATION, interrupting=False)), UNITS)
    r.do("w")
    r.do("w")
    assert r.ready() == ["h", "h", "x", "x"]


def test_terminating_a_called_process_ends_only_it(run: type[Run]) -> None:
    body = start("qs") + gateways("g") + users("w", "x") + node("endEvent", "qe", TERMINATE) + end("qe2")
    r = run(calls(process("q", body + flows("qs>g>w>qe; g>x>qe2"))), UNITS)
    assert r.ready() == ["w", "w", "x", "x"]
    r.do("w", answer=1)
    assert r.ready() == ["w", "x"]
    r.do("w", answer=2)
    assert r.task("v").data["answers"] == [1, 2]


def test_each_instance_has_its_own_timer(run: type[Run]) -> None:
    remind = boundary("t", "w", SOON, interrupting=False)
    called = process("q", start("qs") + users("w", "x") + remind + end("qe", "xe") + flows("qs>w>qe; t>x>xe"))
    r = run(calls(called), UNITS)
    first, second = r.workflow.waiting_timers()
    assert first.id != second.id
    assert {timer.process_id for timer in (first, second)} == {"q"}
    r.workflow.fire_timer(second.id)
    r.step()
    assert r.ready() == ["w", "w", "x"]
    assert r.task("x").data["unit"] == "gas"
    assert r.task("x").instances == (("c", 1),)


def test_messages_reach_the_instance_with_their_key(run: type[Run]) -> None:
    keyed = (
        '<bpmn:message id="mk" name="reply">'
        + extension('<zeebe:subscription correlationKey="=unit"/>')
        + "</bpmn:message>"
    )
    receive = node("receiveTask", "m", messageRef="mk")
    called = process("q", start("qs") + receive + end("qe") + flows("qs>m>qe"))
    body = start() + node("callActivity", "c", CALLS + EACH) + users("v") + end() + flows("s>c>v>e")
    r = run(document(body, called, roots=keyed), UNITS)
    assert {message.correlation for message in r.workflow.waiting_messages()} == {"water", "gas"}
    assert r.send("reply", correlation="gas", answer="from gas")
    assert [message.correlation for message in r.workflow.waiting_messages()] == ["water"]
    r.send("reply", correlation="water", answer="from water")
    assert r.task("v").data["answers"] == ["from water", "from gas"]


def test_instances_of_a_sub_process_keep_their_items(run: type[Run]) -> None:
    inside = start("is") + script("x", "answer", 'unit + "!"') + users("iu") + end("ie") + flows("is>x>iu>ie")
    r = run(start() + node("subProcess", "sp", EACH + inside) + users("v") + end() + flows("s>sp>v>e"), UNITS)
    assert sorted(task.data["answer"] for task in r.workflow.open_tasks()) == ["gas!", "water!"]
    r.do("iu")
    r.do("iu")
    assert r.task("v").data["answers"] == ["water!", "gas!"]
    assert "unit" not in r.task("v").data


def test_instances_inside_instances(run: type[Run]) -> None:
    inner = node("userTask", "w", each("people", "who"))
    called = process("q", start("qs") + inner + end("qe") + flows("qs>w>qe"))
    call = extension('<zeebe:calledElement processId="q"/>') + each("units", "unit", "answers")
    body = start() + node("callActivity", "c", call) + users("v") + end() + flows("s>c>v>e")
    r = run(document(body, called), {**UNITS, "people": ["a", "b"]})
    tasks = r.workflow.open_tasks()
    assert [task.instances for task in tasks] == [(("c", i), ("w", j)) for i in range(2) for j in range(2)]
    for task in tasks:
        r.workflow.complete(task.id, {"answer": task.data["unit"] + task.data["who"]})
        r.step()
    assert r.task("v").data["answers"] == [["watera", "waterb"], ["gasa", "gasb"]]


def test_a_reminder_on_a_sub_process_sees_inside_and_takes_nothing_back(run: type[Run]) -> None:
    inside = node("subProcess", "sp", start("is") + users("iu", "iv") + end("ie") + flows("is>iu>iv>ie"))
    late = boundary("b", "sp", SOON, interrupting=False)
    r = run(start() + inside + users("h", "v") + end("e", "he") + late + flows("s>sp>v>e; b>h>he"), {"k": 0})
    r.do("iu", k=1)
    r.wait()
    assert r.task("h").data["k"] == 1
    r.do("iv", k=2)
    r.do("h", said=True)
    assert r.task("v").data["k"] == 2
    r.do("v")
    assert r.data() == {"k": 2, "said": True}


def test_a_transaction_that_is_cancelled_goes_on_at_its_border(run: type[Run]) -> None:
    cancel = node("endEvent", "ic", "<bpmn:cancelEventDefinition/>")
    inside = start("is") + gateways("x", tag="exclusiveGateway", default="d") + users("iu") + cancel + end("ie")
    trans = node("transaction", "tr", inside + flows("is>iu>x; x>ic [bad]; x>ie #d"))
    border = boundary("b", "tr", "<bpmn:cancelEventDefinition/>")
    r = run(start() + trans + users("h") + end() + border + flows("s>tr>e; b>h>e"))
    r.do("iu", bad=True)
    assert r.ready() == ["h"]


def test_mapping_a_message_keeps_what_it_brought_inside(run: type[Run]) -> None:
    mapping = extension('<zeebe:ioMapping><zeebe:output source="=text" target="reason"/></zeebe:ioMapping>')
    body = start() + node("subProcess", "sp", start("is") + users("iu") + end("ie") + flows("is>iu>ie")) + users("h")
    event = node("boundaryEvent", "b", mapping + MESSAGE, attachedToRef="sp")
    r = run(body + event + end() + flows("s>sp>e; b>h>e"), {"k": 1})
    r.send(text="not needed", more=1)
    assert r.task("h").data == {"k": 1, "reason": "not needed"}


def test_processes_that_call_each_other_for_ever_end_in_sight(run: type[Run]) -> None:
    call = node("callActivity", "c", extension('<zeebe:calledElement processId="p"/>'))
    body = start() + users("u") + call + end() + flows("s>u>c>e")
    r = run(document(body))
    for _ in range(30):
        r.do("u")
    with pytest.raises(StepFailed) as failed:
        r.do("u")
    assert failed.value.code == "calls-too-deep"


def test_what_a_service_raises_is_said_with_its_element(run: type[Run]) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("the mail server is away")

    service = node("serviceTask", "n", extension('<zeebe:taskDefinition type="mail"/>'))
    r = run(start() + users("u") + service + end() + flows("s>u>n>e"), {}, FakeHost(services={"mail": broken}))
    with pytest.raises(StepFailed) as failed:
        r.do("u")
    assert (failed.value.element_id, failed.value.expression) == ("n", "mail")
    assert "mail server" in failed.value.reason


def test_a_function_of_the_host_can_set_a_timer(run: type[Run]) -> None:
    host = FakeHost()
    host.further["working days after"] = lambda start, amount: host.now().replace(day=9)
    late = boundary("b", "u", timer("timeDate", "=working days after(now(), 5)"))
    r = run(start() + users("u", "x") + late + end() + flows("s>u>e; b>x>e"), {}, host)
    (waiting,) = r.workflow.waiting_timers()
    assert waiting.due_at == host.now().replace(day=9)


def test_a_timer_says_which_activity_it_hangs_on(run: type[Run]) -> None:
    follows = timer("timeDate", '=rung("handle", "L2")')
    events = boundary("t", "w", follows, interrupting=False) + node("intermediateCatchEvent", "later", follows)
    called = process("q", start("qs") + users("w") + events + end("qe", "xe") + flows("qs>w>qe; t>later>xe"))
    r = run(calls(called), UNITS)
    for waiting, task in zip(r.workflow.waiting_timers(), r.workflow.open_tasks(), strict=True):
        assert waiting.scope_ids == (*task.scope_ids, task.id)
    r.workflow.fire_timer(r.workflow.waiting_timers()[1].id)
    r.step()
    later = next(timer for timer in r.workflow.waiting_timers() if timer.element_id == "later")
    assert later.scope_ids == r.workflow.open_tasks()[1].scope_ids
    assert {scope.scope_ids for scope in r.workflow.active_scopes() if scope.kind == "callActivity"} == {()}
