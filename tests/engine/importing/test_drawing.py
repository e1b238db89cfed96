from lxml import etree

from engine.importing import import_diagram
from engine.spiff.document import BPMNDI
from engine.spiff.lint import lint
from tests.engine.importing.drawings import END, START, drawing, flow

TIMER = "<b:timerEventDefinition><b:timeDuration>P1D</b:timeDuration></b:timerEventDefinition>"
BORDER = f'<b:boundaryEvent id="b" attachedToRef="x">{TIMER}</b:boundaryEvent>'
INNER = '<b:startEvent id="is"/><b:manualTask id="im"/>' + flow("i1", "is", "im")
BODY = START + f'<b:subProcess id="x">{INNER}</b:subProcess>' + BORDER + END + '<b:endEvent id="late"/>'
BODY += flow("1", "s", "x") + flow("2", "x", "e") + flow("3", "b", "late")


def drawn(content: bytes) -> dict[str, tuple[float, float, float, float]]:
    """Where each shape stands: left, top, right, bottom."""
    places = {}
    for shape in etree.fromstring(content).iter(f"{{{BPMNDI}}}BPMNShape"):
        x, y, width, height = (float(shape[0].get(name)) for name in ("x", "y", "width", "height"))
        places[shape.get("bpmnElement")] = (x, y, x + width, y + height)
    return places


def test_process_without_a_drawing_gets_one_that_can_be_read() -> None:
    imported = import_diagram("x.bpmn", drawing(BODY))
    places = drawn(imported.content)
    assert set(places) == {"s", "x", "is", "im", "b", "e", "late"}
    assert places["s"][2] < places["x"][0] < places["x"][2] < places["e"][0]
    assert places["x"][0] < places["is"][0] < places["im"][2] < places["x"][2]  # inside of its sub-process
    assert places["b"][1] < places["x"][3] < places["b"][3]  # on the border
    assert places["e"][3] < places["late"][1]  # below, not upon it
    codes = {each.code for each in lint({"x.bpmn": imported.content}, strict_layout=False)}
    assert not codes & {"layout-missing", "layout-not-drawn", "layout-overlap"}
    assert [each.kind for each in imported.lossy] == ["drawn-anew"]


def test_drawing_that_is_there_is_left_alone() -> None:
    once = import_diagram("x.bpmn", drawing(BODY)).content
    assert import_diagram("x.bpmn", once).content == once


def test_cycle_is_drawn_too() -> None:
    body = '<b:manualTask id="a"/><b:manualTask id="c"/>' + flow("1", "a", "c") + flow("2", "c", "a")
    assert set(drawn(import_diagram("x.bpmn", drawing(body)).content)) == {"a", "c"}
