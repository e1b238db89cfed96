"""Drawings are walked with default answers: which come to their end, which ways were gone, what is let go."""

import time

import pytest

from engine.errors import Invalid
from engine.sandbox import Limits, play_to_end
from tests.engine.spiff.drawing import (
    document,
    end,
    flows,
    gateways,
    node,
    process,
    refers,
    start,
    timer,
    users,
)

EMPTY_DEFINITION = "<bpmn:{0}EventDefinition/>"

#: what → the drawing, which says nothing of conditions, times, forms or who does what
ENDS = {
    # nobody has written a condition: the ways are taken in turn, so that a loop is left
    "a loop without conditions": document(
        start() + users("a", "b") + gateways("x", tag="exclusiveGateway") + end() + flows("s>a>x>e; x>b>a")
    ),
    # two flows without a gateway, one of them back: both at once would never end
    "a loop without a gateway": document(start() + users("a", "b") + end() + flows("s>a>e; a>b>a")),
    # two choices that would turn in step, if each were not counted for itself
    "two choices in one loop": document(
        start() + users("a") + gateways("x", "y", tag="exclusiveGateway") + end("e", "f")
        + flows("s>a>x>y>a; x>e; y>f")
    ),
    # two branches in a loop, each of which begins two: one of them is taken at a time where all would never end
    "a parallel gateway that leads back": document(
        start() + gateways("p") + users("a", "b") + gateways("m", "x", tag="exclusiveGateway") + end()
        + flows("s>m>p>a>x>e; p>b>m; x>m")
    ),
    # the only way out of a loop of the machine's
    "an event on the border of what does itself": document(
        start() + node("serviceTask", "a") + node("boundaryEvent", "b", refers("message", "mg"), attachedToRef="a")
        + end() + flows("s>a>a; b>e")
    ),
    "a sub-process that goes round": document(
        start() + node("subProcess", "sub", users("a", "b") + end("ie") + flows("a>b>a; b>ie")) + end()
        + flows("s>sub>e")
    ),
    "a link at an end": document(start() + node("endEvent", "e", EMPTY_DEFINITION.format("link")) + flows("s>e")),
    # an event that does not say what it waits for
    "an event without a trigger": document(start() + node("intermediateCatchEvent", "c") + end() + flows("s>c>e")),
    "a timer that does not say when": document(
        start() + node("intermediateCatchEvent", "c", EMPTY_DEFINITION.format("timer")) + end() + flows("s>c>e")
    ),
    "a signal that nobody sends": document(
        start() + node("intermediateCatchEvent", "c", refers("signal", "sg")) + end() + flows("s>c>e")
    ),
    "an error that nobody catches": document(
        start() + node("endEvent", "e", refers("error", "er")) + flows("s>e")
    ),
    "an error that is caught": document(
        start() + node("subProcess", "sub", start("is") + node("endEvent", "ie", refers("error", "er"))
                       + flows("is>ie"))
        + node("boundaryEvent", "b", refers("error", "er"), attachedToRef="sub") + end("e", "f")
        + flows("s>sub>e; b>f")
    ),
    "a call of nothing": document(start() + node("callActivity", "c") + end() + flows("s>c>e")),
    "a process that calls itself": document(
        start() + node("callActivity", "c", calledElement="p") + end() + flows("s>c>e")
    ),
    "an empty sub-process": document(start() + node("subProcess", "sub") + end() + flows("s>sub>e")),
    "a sub-process with two starts": document(
        start() + node("subProcess", "sub", start("a") + start("b") + users("t") + flows("a>t; b>t")) + end()
        + flows("s>sub>e")
    ),
    "an activity that is done many times": document(
        start() + node("userTask", "t", "<bpmn:multiInstanceLoopCharacteristics/>") + end() + flows("s>t>e")
    ),
    "an event gateway before a task": document(
        start() + gateways("g", tag="eventBasedGateway") + users("a", "b") + end() + flows("s>g>a>e; g>b>e")
    ),
    "a joining complex gateway": document(
        start() + gateways("f") + users("a", "b") + gateways("g", tag="complexGateway") + end()
        + flows("s>f>a>g>e; f>b>g")
    ),
    "compensation of nothing": document(
        start() + node("intermediateThrowEvent", "c", EMPTY_DEFINITION.format("compensate")) + end() + flows("s>c>e")
    ),
    "a link that leads nowhere": document(
        start() + node("intermediateThrowEvent", "l", '<bpmn:linkEventDefinition name="x"/>') + flows("s>l")
    ),
    "a service that nobody carries out": document(start() + node("serviceTask", "v") + end() + flows("s>v>e")),
    "a script in a foreign language": document(
        start() + node("scriptTask", "v", "<bpmn:script>print(1)</bpmn:script>") + end() + flows("s>v>e")
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", ENDS.values(), ids=ENDS)
def test_a_drawing_that_says_nothing_of_how_it_runs_comes_to_its_end(content: bytes) -> None:
    outcome = play_to_end(content)
    assert [(each.code, str(each.reason)) for each in outcome.stuck] == []
    assert outcome.ended
    assert outcome.walked


def test_further_rounds_go_where_the_earlier_ones_did_not() -> None:
    content = document(
        start() + users("a", "b", "c") + gateways("x", tag="exclusiveGateway") + end("e", "f")
        + node("boundaryEvent", "late", timer("timeDuration", "P1D"), attachedToRef="a")
        + flows("s>a>x; x>b #1; x>c #2; b>e; c>e; late>f #3")
    )  # fmt: skip
    once, thrice = play_to_end(content), play_to_end(content, Limits(rounds=4))
    assert once.walked < thrice.walked
    assert {("p", each) for each in ("1", "2", "3", "late")} <= thrice.walked


def test_a_join_that_waits_in_vain_is_let_go_and_named() -> None:
    content = document(
        start() + gateways("x", tag="exclusiveGateway") + users("a", "b") + gateways("j") + end()
        + flows("s>x>a>j>e; x>b>j")
    )  # fmt: skip
    outcome = play_to_end(content)
    assert outcome.ended
    assert outcome.released == (("p", "j"),)


def test_every_process_of_a_file_is_walked() -> None:
    second = process("q", node("startEvent", "qs") + node("userTask", "qt") + node("endEvent", "qe")
                     + flows("qs>qt>qe"))  # fmt: skip
    outcome = play_to_end(document(start() + users("t") + end() + flows("s>t>e"), second))
    assert {process_id for process_id, _ in outcome.walked} == {"p", "q"}


def test_a_drawing_that_never_ends_is_given_up_and_says_so() -> None:
    content = document(
        start() + users("a") + gateways("x", tag="exclusiveGateway") + flows("s>x>a>x")
    )  # fmt: skip
    began = time.monotonic()
    outcome = play_to_end(content, Limits(steps=30))
    assert not outcome.ended
    assert [each.code for each in outcome.stuck] == ["too-long"]
    assert time.monotonic() - began < 5


def test_a_loop_without_an_end_in_which_nobody_is_asked_is_found_at_its_start() -> None:
    content = document(start() + node("task", "a") + gateways("x", tag="exclusiveGateway") + flows("s>x>a>x"))
    outcome = play_to_end(content)
    assert not outcome.ended
    assert [(each.code, each.process_id) for each in outcome.stuck] == [("process-does-not-start", "p")]


def test_what_is_no_diagram_is_refused() -> None:
    with pytest.raises(Invalid):
        play_to_end(b"<html/>")


def test_a_file_without_a_process_is_said_to_have_none() -> None:
    empty = document("").replace(b'<bpmn:process id="p" name="p" isExecutable="true"></bpmn:process>', b"")
    outcome = play_to_end(empty)
    assert not outcome.ended
    assert [each.code for each in outcome.stuck] == ["no-process"]
