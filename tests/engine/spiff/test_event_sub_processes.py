"""Event sub-processes in every trigger and both modes."""

from tests.engine.spiff.drawing import (
    BASE,
    SOON,
    TERMINATE,
    boundary,
    condition,
    end,
    event_sub_process,
    flows,
    gateways,
    node,
    refers,
    script,
    start,
    timer,
    users,
)
from tests.engine.spiff.running import Run

MESSAGE, SIGNAL = refers("message", "mg"), refers("signal", "sg")
ERROR, ESCALATION = refers("error", "er"), refers("escalation", "es")


def test_an_interrupting_message_takes_over_with_the_data_of_the_body(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(MESSAGE, interrupting=True))
    r.do("u", x=1)
    r.send()
    assert r.ready() == ["Eh"]
    assert r.task("Eh").data["x"] == 1
    r.do("Eh")
    assert r.done()
    assert r.data()["x"] == 1


def test_a_message_that_does_not_interrupt_can_come_twice(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(MESSAGE, interrupting=False))
    r.send()
    r.send()
    assert r.ready() == ["Eh", "Eh", "u"]
    r.do("u", x=1)
    r.do("Eh", y=1)
    r.do("v")
    assert not r.done()
    r.do("Eh", z=1)
    assert r.done()
    assert {"x", "y", "z"} <= r.data().keys()


def test_an_interrupting_timer_takes_over(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(SOON, interrupting=True))
    assert r.ready() == ["u"]
    r.wait()
    assert r.ready() == ["Eh"]
    r.do("Eh")
    assert r.done()


def test_a_timer_that_does_not_interrupt_runs_beside_and_once(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(SOON, interrupting=False))
    r.wait()
    assert r.ready() == ["Eh", "u"]
    r.do("u")
    r.do("v")
    assert not r.done()
    r.do("Eh")
    assert r.done()
    assert r.count("E") == 1


def test_its_timer_ends_with_the_scope(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(timer("timeDuration", "PT1H"), interrupting=True))
    r.do("u")
    r.do("v")
    assert r.done()
    assert r.workflow.waiting_timers() == []


def test_a_cycle_happens_as_often_as_it_says(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(timer("timeCycle", "R2/PT12M"), interrupting=False))
    r.wait(13)
    r.wait(13)
    assert r.ready() == ["Eh", "Eh", "u"]
    for element in ("Eh", "Eh", "u", "v"):
        r.do(element)
    assert r.done()


def test_an_error_is_handled(run: type[Run]) -> None:
    body = start() + users("u") + node("endEvent", "e", ERROR) + flows("s>u>e")
    r = run(body + event_sub_process(ERROR, interrupting=True))
    r.do("u", x=1)
    assert r.ready() == ["Eh"]
    assert r.task("Eh").data["x"] == 1
    r.do("Eh")
    assert r.done()


def test_an_error_cancels_what_runs_beside(run: type[Run]) -> None:
    body = start() + gateways("g") + users("u", "v") + end("e2") + node("endEvent", "e", ERROR)
    r = run(body + flows("s>g>u>e; g>v>e2") + event_sub_process(ERROR, interrupting=True))
    r.do("u")
    assert r.ready() == ["Eh"]
    r.do("Eh")
    assert r.done()


ESCALATING = start() + users("a", "u") + node("intermediateThrowEvent", "t", ESCALATION) + end() + flows("s>a>t>u>e")


def test_an_escalation_runs_beside(run: type[Run]) -> None:
    r = run(ESCALATING + event_sub_process(ESCALATION, interrupting=False))
    r.do("a")
    assert r.ready() == ["Eh", "u"]
    r.do("Eh")
    r.do("u")
    assert r.done()


def test_an_interrupting_escalation_takes_over(run: type[Run]) -> None:
    r = run(ESCALATING + event_sub_process(ESCALATION, interrupting=True))
    r.do("a")
    assert r.ready() == ["Eh"]


def test_it_works_in_an_embedded_sub_process(run: type[Run]) -> None:
    inner = start("is") + users("iu") + end("ie") + flows("is>iu>ie") + event_sub_process(SIGNAL, interrupting=True)
    r = run(start() + node("subProcess", "sp", inner) + users("u") + end() + flows("s>sp>u>e"))
    assert r.ready() == ["iu"]
    r.signal()
    assert r.ready() == ["Eh"]
    r.do("Eh")
    assert r.ready() == ["u"]
    r.do("u")
    assert r.done()


def test_two_of_them_are_apart(run: type[Run]) -> None:
    both = event_sub_process(MESSAGE, interrupting=True) + event_sub_process(SOON, interrupting=False, id="F")
    r = run(BASE + both)
    r.wait()
    assert r.ready() == ["Fh", "u"]
    r.send()
    assert r.ready() == ["Eh", "Fh"]
    r.do("Eh")
    r.do("Fh")
    assert r.done()


def test_a_terminate_end_event_ends_them_too(run: type[Run]) -> None:
    body = start() + gateways("g") + users("u", "v") + end("e2") + node("endEvent", "e", TERMINATE)
    r = run(body + flows("s>g>u>e; g>v>e2") + event_sub_process(MESSAGE, interrupting=False))
    r.send()
    assert r.ready() == ["Eh", "u", "v"]
    r.do("u")
    assert r.ready() == []
    assert r.done()


def test_a_condition_becomes_true_in_the_body(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(condition("flag"), interrupting=False), {"flag": False})
    assert r.ready() == ["u"]
    r.do("u", flag=True)
    assert r.ready() == ["Eh", "v"]
    r.do("v")
    r.do("Eh")
    assert r.done()


def test_another_case_of_the_same_process_is_not_touched(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(MESSAGE, interrupting=False))
    r.send()
    other = type(r.workflow).start(r.specification, {}, r.host)
    other.advance()
    assert [task.element_id for task in other.open_tasks()] == ["u"]


def test_what_the_body_changed_is_not_taken_back(run: type[Run]) -> None:
    r = run(BASE + event_sub_process(MESSAGE, interrupting=False), {"k": 0, "m": 0})
    r.do("u", k=1)
    r.send()
    assert r.task("Eh").data["k"] == 1
    r.do("v", k=2)
    r.do("Eh", m=1)
    assert r.done()
    assert (r.data()["k"], r.data()["m"]) == (2, 1)


def test_an_error_goes_outwards_only(run: type[Run]) -> None:
    """Thrown in A: neither B's event beside it nor the one around both takes it; thrown again, the outer one does."""
    a = node("subProcess", "A", start("as") + users("au") + node("endEvent", "ae", ERROR) + flows("as>au>ae"))
    b = node("subProcess", "B", start("bs") + users("bu") + end("be") + flows("bs>bu>be"))
    inside = (
        start("ws")
        + gateways("wg")
        + a
        + b
        + users("ah", "bh")
        + node("endEvent", "we", ERROR)
        + end("we2")
        + boundary("onA", "A", ERROR)
        + boundary("onB", "B", ERROR)
        + flows("ws>wg>A>we2; wg>B>we2; onA>ah>we; onB>bh>we2")
    )
    outer = start() + node("subProcess", "W", inside) + users("h") + end() + boundary("onW", "W", ERROR)
    r = run(outer + flows("s>W>e; onW>h>e"))
    r.do("au")
    assert r.ready() == ["ah", "bu"]
    r.do("ah")
    assert r.ready() == ["h"]
    r.do("h")
    assert r.done()


def test_a_handler_can_throw_the_error_again(run: type[Run]) -> None:
    handler = event_sub_process(
        ERROR, interrupting=True, body=users("Eh") + node("endEvent", "Ex", ERROR) + flows("Es>Eh>Ex")
    )
    inner = start("is") + node("endEvent", "ie", ERROR) + flows("is>ie") + handler
    body = start() + node("subProcess", "sp", inner) + users("u", "h") + end() + boundary("b", "sp", ERROR)
    r = run(body + flows("s>sp>u>e; b>h>e"))
    assert r.ready() == ["Eh"]
    r.do("Eh")
    assert r.ready() == ["h"]
    r.do("h")
    assert r.done()


def test_a_data_object_two_levels_up_is_found(run: type[Run]) -> None:
    reference = '<bpmn:dataObject id="obj"/><bpmn:dataObjectReference id="r" dataObjectRef="obj"/>'
    writes = '<bpmn:dataOutputAssociation id="o"><bpmn:targetRef>r</bpmn:targetRef></bpmn:dataOutputAssociation>'
    reads = '<bpmn:dataInputAssociation id="i"><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>'
    write = script("a", "obj", "5").replace("</bpmn:scriptTask>", writes + "</bpmn:scriptTask>")
    read = script("b", "z", "obj + 1").replace("</bpmn:scriptTask>", reads + "</bpmn:scriptTask>")
    inside = node("subProcess", "sp", start("is") + write + end("ie") + flows("is>a>ie"))
    handler = event_sub_process(MESSAGE, interrupting=True, body=read + users("Eh") + flows("Es>b>Eh>Ee"))
    r = run(reference + start() + inside + users("u") + end() + flows("s>sp>u>e") + handler)
    r.send()
    r.do("Eh")
    assert r.done()
    assert r.data()["z"] == 6
