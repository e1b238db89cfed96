import time

import pytest

from engine.importing import import_diagram
from tests.engine.importing.drawings import END, START, condition, drawing, flow


def gateway(kind: str, id: str, **more: str) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in more.items())
    return f'<b:{kind}Gateway id="{id}"{attributes}/>'


def block(split: str, join: str, more: str = "") -> bytes:
    """Two ways from a split to a join."""
    tasks = '<b:manualTask id="a"/><b:manualTask id="c"/>'
    flows = flow("1", "s", "x") + flow("2", "x", "a") + flow("3", "x", "c") + flow("4", "a", "j") + flow("5", "c", "j")
    body = START + gateway(split, "x", default="2") + tasks + gateway(join, "j") + END + flows + flow("6", "j", "e")
    return drawing(body + more)


def waiting(content: bytes) -> list[str]:
    return [each.element for each in import_diagram("x.bpmn", content).todo if each.kind == "join-waits"]


@pytest.mark.parametrize(
    ("split", "join", "waits"),
    [
        ("parallel", "parallel", []),
        ("exclusive", "parallel", ["j"]),  # the way not taken never comes
        ("inclusive", "parallel", ["j"]),
        ("exclusive", "exclusive", []),
        ("exclusive", "inclusive", []),
        ("parallel", "inclusive", []),
    ],
)
def test_join_that_can_wait_for_ever_is_found(split: str, join: str, waits: list[str]) -> None:
    assert waiting(block(split, join)) == waits


def test_event_on_a_border_takes_a_way_from_a_join() -> None:
    timer = "<b:timerEventDefinition><b:timeDuration>P1D</b:timeDuration></b:timerEventDefinition>"

    def border(interrupts: str) -> str:
        event = f'<b:boundaryEvent id="b" attachedToRef="a" cancelActivity="{interrupts}">{timer}</b:boundaryEvent>'
        return event + '<b:endEvent id="z"/>' + flow("7", "b", "z")

    assert waiting(block("parallel", "parallel", border("true"))) == ["j"]
    assert waiting(block("parallel", "parallel", border("false"))) == []


def test_termination_ends_what_waits() -> None:
    end = '<b:endEvent id="z"><b:terminateEventDefinition/></b:endEvent>'
    body = START + gateway("parallel", "x") + '<b:manualTask id="a"/>' + end + gateway("parallel", "j") + END
    flows = flow("1", "s", "x") + flow("2", "x", "a") + flow("3", "x", "z") + flow("4", "a", "j") + flow("5", "j", "e")
    assert waiting(drawing(body + flows)) == []


def test_rework_around_a_join_is_no_fault() -> None:
    content = block("parallel", "parallel").decode()
    content = content.replace(
        flow("1", "s", "x"), gateway("exclusive", "m") + flow("1", "s", "m") + flow("0", "m", "x")
    )
    content = content.replace(
        flow("6", "j", "e"), gateway("exclusive", "q") + flow("6", "j", "q") + flow("8", "q", "m") + flow("9", "q", "e")
    )
    assert waiting(content.encode()) == []


def test_sub_process_is_looked_at_too() -> None:
    inner = (
        block("exclusive", "parallel")
        .decode()
        .partition("<b:process")[2]
        .partition(">")[2]
        .partition("</b:process>")[0]
    )
    outer = '<b:startEvent id="os"/><b:subProcess id="sub">' + inner + "</b:subProcess>" + flow("of", "os", "sub")
    assert waiting(drawing(outer)) == ["j"]


def test_many_ways_take_no_time() -> None:
    ways = "".join(
        f'<b:inclusiveGateway id="g{n}"/>' + "".join(flow(f"f{n}_{m}", f"g{n}", f"g{n + 1}") for m in range(3))
        for n in range(60)
    )
    before = time.process_time()
    waiting(drawing(START + flow("0", "s", "g0") + ways + '<b:parallelGateway id="g60"/>'))
    assert time.process_time() - before < 6


def test_flow_that_leads_to_nothing_carries_no_token() -> None:
    content = block("exclusive", "parallel").decode().replace(START, START + flow("n", "s", "nowhere"))
    assert waiting(content.encode()) == ["j"]


@pytest.mark.parametrize(
    ("more", "endless"),
    [
        (flow("2", "t", "t") + flow("3", "t", "e"), True),  # one branch ends, the other begins both again
        (flow("2", "t", "t", condition("=again")) + flow("3", "t", "e"), False),
        (flow("2", "t", "t", condition("=again")) + flow("3", "t", "e", condition("=not(again)")), False),
        (gateway("parallel", "x") + flow("2", "t", "x") + flow("3", "x", "t") + flow("4", "x", "e"), True),
        (gateway("exclusive", "x") + flow("2", "t", "x") + flow("3", "x", "t") + flow("4", "x", "e"), False),
        # what ends everything ends the branch that goes round
        (flow("2", "t", "t") + flow("3", "t", "z")
         + '<b:endEvent id="z"><b:terminateEventDefinition/></b:endEvent>', False),
        # an event takes the task away before it begins again
        ('<b:boundaryEvent id="b" attachedToRef="t"><b:timerEventDefinition><b:timeDuration>P1D</b:timeDuration>'
         "</b:timerEventDefinition></b:boundaryEvent>" + flow("2", "t", "t") + flow("3", "b", "e"), False),
    ],
)  # fmt: skip
def test_a_branch_that_always_begins_again_is_found(more: str, endless: bool) -> None:
    content = drawing(START + '<b:manualTask id="t"/>' + END + flow("1", "s", "t") + more)
    found = import_diagram("x.bpmn", content).todo
    assert any(each.kind == "no-way-out" for each in found) is endless
