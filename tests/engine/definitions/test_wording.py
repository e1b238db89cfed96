"""What is said of the differences between two packages, to people."""

from collections.abc import Mapping

import pytest

from engine.definitions import compare
from engine.definitions.wording import sentences, summarise
from engine.definitions.wording_labels import PARTS, SETTINGS, SORTS, UNITS
from engine.spiff.document import BPMNDI
from tests.engine.definitions.packages import DECISION, MAIN, diagram, form, small

_DC = "http://www.omg.org/spec/DD/20100524/DC"
CLOCK = (
    '<zeebe:property name="chuishao:clock" value="verify"/><zeebe:property name="chuishao:clock.amount" value="{}"/>'
)
CLOCK += '<zeebe:property name="chuishao:clock.unit" value="{}"/>'
ROLE = '<zeebe:property name="chuishao:role" value="handler"/>'
WHEN = "<bpmn:conditionExpression>=a</bpmn:conditionExpression></bpmn:sequenceFlow>"
COPY = '<bpmn:sendTask id="copy" name="抄送"/></bpmn:process>'


def main(clock: tuple[int, str] = (3, "working-days"), *edits: tuple[str, str], places: str = "") -> bytes:
    content = MAIN.replace('id="handle" name="办理"', 'id="handle" name="核实"').replace(
        ROLE, ROLE + CLOCK.format(*clock)
    )
    for old, new in edits:
        assert old in content
        content = content.replace(old, new)
    return diagram(content + places)


def shapes(**places: int) -> str:
    drawn = "".join(
        f'<di:BPMNShape bpmnElement="{name}"><Bounds xmlns="{_DC}" x="{x}" y="0" width="9" height="8"/></di:BPMNShape>'
        for name, x in places.items()
    )
    return (
        f'<di:BPMNDiagram xmlns:di="{BPMNDI}"><di:BPMNPlane bpmnElement="main">{drawn}</di:BPMNPlane></di:BPMNDiagram>'
    )


@pytest.mark.parametrize(
    ("changes", "chinese", "english"),
    [
        ({}, "没有不同", "No difference"),
        (
            {"main.bpmn": main((2, "working-days"), ("</bpmn:process>", COPY))},
            "核实时限 3→2 个工作日；新增抄送",
            "核实: time limit 3 → 2 working days; send task “抄送” added",
        ),
        (  # another unit is said on both sides, one in the right number
            {"main.bpmn": main((1, "calendar-days"))},
            "核实时限 3 个工作日→1 日",
            "核实: time limit 3 working days → 1 day",
        ),
        (
            {"main.bpmn": main((3, "working-days"), ('value="handler"', 'value="callback"'))},
            "核实办理角色 handler→callback",
            "核实: role handler → callback",
        ),
        (
            {"main.bpmn": main((3, "working-days"), ('name="告知"', 'name="通知居民"'))},
            "“告知”更名为“通知居民”",
            "“告知” renamed to “通知居民”",
        ),
        (
            {"main.bpmn": main((3, "working-days"), ('targetRef="decide"/>', f'targetRef="decide">{WHEN}'))},
            "“核实”到“定时限”的条件设为=a",
            "way from “核实” to “定时限”: condition set to =a",
        ),
        (
            {"forms/handle.form": form(label="处理结果")},
            "表单“handle”：字段“处理结果”标题 结果→处理结果",
            "form “handle”: field “处理结果”: label 结果 → 处理结果",
        ),
        (
            {"decisions/times.dmn": DECISION.replace(">3<", ">2<").encode()},
            "决策“times”：第 1 条规则的days 3→2",
            "decision “times”: rule 1, days 3 → 2",
        ),
        ({"notices/done.en.txt": None}, "删除通知模板“done.en”", "notice “done.en” removed"),
        ({"documents/order.html": b"<h1>x</h1>"}, "新增文书模板“order”", "document “order” added"),
    ],
)  # fmt: skip
def test_differences_are_said_in_the_readers_language(
    changes: dict[str, bytes | None], chinese: str, english: str
) -> None:
    before = small(**{"main.bpmn": main()})
    found = compare(before, small(**{"main.bpmn": main(), **changes}))
    assert summarise(found, "zh_CN") == chinese
    assert summarise(found, "en") == english


def test_a_changed_line_of_a_text_is_quoted() -> None:
    before, after = small(**{"README.md": b"one\ntwo\n"}), small(**{"README.md": b"one\n2\n"})
    assert sentences(compare(before, after), "zh_CN") == ["文件“README.md”：第 2 行 two→2"]


def test_what_moved_is_counted_and_tells_nothing_else() -> None:
    before = small(**{"main.bpmn": main(places=shapes(start=0, handle=100, decide=300, end=600))})
    one = small(**{"main.bpmn": main(places=shapes(start=0, handle=120, decide=300, end=600))})
    all_four = small(**{"main.bpmn": main(places=shapes(start=1, handle=120, decide=301, end=601))})
    assert sentences(compare(before, one), "zh_CN") == ["任务“核实”在图上移动"]
    assert sentences(compare(before, all_four), "zh_CN") == ["图上移动了 4 个元素"]
    (change,) = compare(before, one)
    assert change.to_json() == {
        "kind": "moved", "what": "element", "id": "handle", "name": "核实", "sort": "userTask", "where": "main",
        "details": [{"setting": "x", "before": "100", "after": "120"}],
    }  # fmt: skip


def test_what_a_lane_sets_is_told_once() -> None:
    def lane(unit: str) -> bytes:
        value = f'<zeebe:property name="chuishao:unit" value="{unit}"/>'
        inner = f"<bpmn:extensionElements><zeebe:properties>{value}</zeebe:properties></bpmn:extensionElements>"
        inner += "<bpmn:flowNodeRef>handle</bpmn:flowNodeRef><bpmn:flowNodeRef>tell</bpmn:flowNodeRef>"
        drawn = f'<bpmn:laneSet><bpmn:lane id="l" name="部门">{inner}</bpmn:lane></bpmn:laneSet></bpmn:process>'
        return diagram(MAIN.replace("</bpmn:process>", drawn))

    found = compare(small(**{"main.bpmn": lane("=a")}), small(**{"main.bpmn": lane("=b")}))
    assert summarise(found, "zh_CN") == "泳道“部门”办理单位 =a→=b"


@pytest.mark.parametrize("words", [SETTINGS, SORTS, PARTS, UNITS])
def test_every_language_has_a_word_for_whatever_another_has_one_for(words: Mapping[str, Mapping[str, object]]) -> None:
    assert {locale: set(known) ^ set(words["zh_CN"]) for locale, known in words.items()} == {
        "zh_CN": set(),
        "en": set(),
    }
