"""What is said to be different between two packages."""

from typing import Any

import pytest

from engine.definitions import compare
from tests.engine.definitions.packages import DECISION, MAIN, diagram, form, small


def differences(**changes: bytes | None) -> list[tuple[str, str, str, tuple[Any, ...]]]:
    return [(each.kind.value, each.what, each.id, each.details) for each in compare(small(), small(**changes))]


def changed(old: str, new: str) -> bytes:
    assert old in MAIN
    return diagram(MAIN.replace(old, new))


_SECOND = """<bpmn:endEvent id="second" name="另"><bpmn:incoming>f9</bpmn:incoming></bpmn:endEvent>
<bpmn:sequenceFlow id="f9" sourceRef="handle" targetRef="second"/></bpmn:process>"""

RULE = (
    (
        "rule r1",
        {"#": 1, "category": '"water"', "days": "3", "notice": '"done"'},
        {"#": 1, "category": '"water"', "days": "2", "notice": '"done"'},
    ),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (
            {"main.bpmn": changed('name="chuishao:role" value="handler"', 'name="chuishao:role" value="callback"')},
            [("changed", "element", "handle", (("role", "handler", "callback"),))],
        ),
        (
            {"main.bpmn": changed('id="tell" name="告知"', 'id="tell" name="通知居民"')},
            [("changed", "element", "tell", (("name", "告知", "通知居民"),))],
        ),
        (
            {"main.bpmn": changed("</bpmn:process>", _SECOND)},
            [("added", "element", "second", ()), ("added", "flow", "f9", ())],
        ),
        (
            {"main.bpmn": changed('sourceRef="start" targetRef="handle"', 'sourceRef="start" targetRef="decide"')},
            [("changed", "flow", "f1", (("target", "handle", "decide"),))],
        ),
        ({"main.bpmn": diagram(MAIN, "moved")}, [("changed", "drawing", "main.bpmn", ())]),
        ({"inner.bpmn": None}, [("removed", "process", "inner", ())]),
        ({"decisions/times.dmn": DECISION.replace(">3<", ">2<").encode()}, [("changed", "decision", "times", RULE)]),
        ({"notices/done.en.txt": None}, [("removed", "notice", "done.en", ())]),
        ({"documents/order.html": b"<h1>x</h1>"}, [("added", "document", "order", ())]),
        ({"README.md": b"x"}, [("added", "file", "README.md", ())]),
        # written otherwise, the same form
        ({"forms/handle.form": form().replace(b", ", b",\n")}, []),
    ],
)
def test_only_what_differs_is_told(changes: dict[str, bytes | None], expected: list[tuple[Any, ...]]) -> None:
    assert differences(**changes) == expected


def test_a_changed_form_names_its_components() -> None:
    ((kind, what, identifier, details),) = differences(**{"forms/handle.form": form(label="处理结果")})
    assert (kind, what, identifier) == ("changed", "form", "handle")
    ((component, before, after),) = details
    assert (component, before["label"], after["label"]) == ("result", "结果", "处理结果")
