"""A process is drawn from nothing, read and changed as a tree; what is drawn stays in order, and the checks pass."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.definitions import Package, check
from engine.definitions.beginning import FileKind, empty_package, new_files
from engine.definitions.outlining import (
    KINDS,
    add_after,
    add_border,
    connect,
    delete,
    fields,
    items,
    rename,
    set_values,
)
from engine.definitions.outlining.document import Document
from engine.definitions.outlining.drawing import Drawing
from engine.errors import Conflict, Invalid, NotFound
from engine.spiff import read_definitions
from engine.spiff.findings import Severity

NEW = empty_package("visit", "上门看望")
EMPTY = NEW.files["process.bpmn"]
PETITION = Path(__file__).parents[4] / "bpmn" / "petition"
PAGES = {path.name: path.read_bytes() for path in sorted(PETITION.glob("*.bpmn"))}


def names(content: bytes) -> list[str]:
    return [each.name or each.id for each in items(content) if each.kind != "sequenceFlow"]


def flows(content: bytes) -> set[tuple[str, str]]:
    found = next(iter(read_definitions({"x.bpmn": content}).processes.values()))
    return {(flow.source, flow.target) for flow in found.flows.values()}


def drawing(content: bytes) -> Drawing:
    document = Document(content)
    return Drawing(document.root, document.by_id)


def overlaps(content: bytes) -> list[tuple[str, str]]:
    """Shapes that lie over each other; an event on a border lies on its host, and a container around what is in it."""
    drawn = drawing(content)
    plain = {
        each: box for each in drawn.shapes
        if (box := drawn.box(each)) and not drawn.is_container(each)
        and not (drawn.by_id[each].get("attachedToRef") if each in drawn.by_id else None)
    }  # fmt: skip
    return [(one, two) for one in plain for two in plain if one < two and plain[one].meets(plain[two])]


def detached(content: bytes) -> list[str]:
    """Flows whose ends do not touch what they connect."""
    drawn, found = drawing(content), []
    for identifier, edge in drawn.edges.items():
        flow = drawn.by_id.get(identifier)
        if flow is None or not flow.get("sourceRef", "").strip() or flow.get("sourceRef") not in drawn.shapes:
            continue
        points = [(float(each.get("x")), float(each.get("y"))) for each in edge if each.tag.endswith("waypoint")]
        for end, (x, y) in ((flow.get("sourceRef"), points[0]), (flow.get("targetRef"), points[-1])):
            box = drawn.box(end) if end in drawn.shapes else None
            if box and not (box.x - 1 <= x <= box.right + 1 and box.y - 1 <= y <= box.bottom + 1):
                found.append(identifier)
    return found


def test_a_new_process_reads_as_a_start_and_an_end() -> None:
    assert [(each.kind, each.name, each.level) for each in items(EMPTY)] == [
        ("process", "上门看望", 1),
        ("startEvent", "提出", 2),
        ("sequenceFlow", "", 3),
        ("endEvent", "办结", 2),
    ]


def test_a_step_comes_between_what_it_is_added_after_and_the_next() -> None:
    content, task = add_after(EMPTY, "start", "userTask", "上门")
    assert names(content) == ["上门看望", "提出", "上门", "办结"]
    assert flows(content) == {("start", task), (task, "end")}
    drawn = drawing(content)
    assert [drawn.box(each).middle[1] for each in ("start", task, "end")] == [200, 200, 200]  # type: ignore[union-attr]
    assert (overlaps(content), detached(content)) == ([], [])


def test_what_lies_behind_moves_when_there_is_no_room() -> None:
    content = EMPTY
    for name in ("登记", "上门", "记录"):
        content, _ = add_after(content, "start", "userTask", name)
    assert names(content) == ["上门看望", "提出", "记录", "上门", "登记", "办结"]
    assert (overlaps(content), detached(content)) == ([], [])
    assert drawing(content).box("end").x > drawing(EMPTY).box("end").x  # type: ignore[union-attr]


def test_a_process_drawn_in_the_outline_alone_can_be_deployed() -> None:
    content, task = add_after(EMPTY, "start", "userTask", "上门")
    content = set_values(content, task, {"role": "community", "unit": "=place.community", "form_id": "report"})
    content, choice = add_after(content, task, "exclusiveGateway", "要帮助吗？")
    content, helped = add_after(content, choice, "userTask", "帮助")
    content = set_values(content, helped, {"role": "community", "unit": "=place.community", "form_id": "report"})
    content, _ = connect(content, helped, "end")
    to_helped = next(each for each in items(content) if each.target == helped)
    to_end = next(each for each in items(content) if each.target == "end" and each.kind == "sequenceFlow")
    content = set_values(content, to_helped.id, {"name": "是", "condition": "needed"})
    content = set_values(content, to_end.id, {"name": "否", "is_default": "true"})
    form = new_files(FileKind.FORM, "report")
    package = Package(files={**NEW.files, "process.bpmn": content, **form})
    assert [each.message for each in check(package)] == []
    assert fields(content, to_helped.id)["condition"] == "=needed"
    assert fields(content, to_end.id)["is_default"] == "true"


def test_events_are_put_on_the_border_of_a_step_and_lead_on_below_it() -> None:
    content, task = add_after(EMPTY, "start", "userTask", "上门")
    content, late = add_border(content, task, "timer", "逾期", interrupting=False)
    content, failed = add_border(content, task, "error", "无人", interrupting=False)
    content, taken = add_border(content, task, "message", "撤回")
    content = set_values(content, late, {"timer_expression": "P2D"})
    content = set_values(content, taken, {"message_name": "withdrawn", "offer": "resident"})
    content, urge = add_after(content, late, "sendTask", "催促")
    content, over = add_after(content, taken, "endEvent:terminate", "撤回")
    elements = next(iter(read_definitions({"x.bpmn": content}).processes.values())).elements
    assert [(elements[each].attached_to, elements[each].trigger) for each in (late, failed, taken)] == [
        (task, "timer"), (task, "error"), (task, "message"),
    ]  # fmt: skip
    assert elements[late].timer_expression == "P2D"
    assert fields(content, late)["timer_kind"] == "timeDuration"
    assert [fields(content, each).get("interrupting") for each in (late, failed, taken)] == ["false", None, "true"]
    assert fields(content, failed)["error_code"] == "无人"
    assert fields(content, taken)["message_name"] == "withdrawn"
    assert {(late, urge), (taken, over)} <= flows(content)
    assert (overlaps(content), detached(content)) == ([], [])
    package = Package(files={**NEW.files, "process.bpmn": content})
    assert [each.message for each in check(package) if each.code == "layout-label"] == []
    below = drawing(content).box(urge)
    assert below is not None
    assert below.y > drawing(content).box(task).bottom  # type: ignore[union-attr]
    content = set_values(content, late, {"timer_kind": "timeCycle", "timer_expression": "R3/P1D", "interrupting": ""})
    assert fields(content, late)["timer_kind"] == "timeCycle"
    gone = {each.id for each in items(delete(content, task))}
    assert not gone & {late, failed, taken}


def test_a_sub_process_is_added_and_steps_are_put_in_it() -> None:
    content, scope = add_after(EMPTY, "start", "subProcess", "办理")
    inner = next(each for each in items(content) if each.kind == "startEvent" and each.level == 3)
    for name in ("登记", "上门"):
        content, task = add_after(content, inner.id, "userTask", name)
    content, _ = add_border(content, scope, "timer", "逾期")
    content, _ = add_after(content, task, "intermediateCatchEvent:timer", "等三天")
    elements = next(iter(read_definitions({"x.bpmn": content}).processes.values())).elements
    assert elements[task].parent_id == scope
    around, within, behind = (drawing(content).box(each) for each in (scope, task, "end"))
    assert around is not None
    assert within is not None
    assert behind is not None
    assert around.x < within.x
    assert within.right < around.right < behind.x
    assert (overlaps(content), detached(content)) == ([], [])


@pytest.mark.parametrize(("host", "trigger"), [("start", "timer"), ("task_1", "signal")])
def test_an_event_that_cannot_be_on_a_border_is_refused(host: str, trigger: str) -> None:
    content, _ = add_after(EMPTY, "start", "userTask", "上门")
    with pytest.raises(Invalid):
        add_border(content, host, trigger, "x")


def test_a_time_of_no_kind_is_refused() -> None:
    content, wait = add_after(EMPTY, "start", "intermediateCatchEvent:timer", "等")
    with pytest.raises(Invalid):
        set_values(content, wait, {"timer_kind": "timeSometime", "timer_expression": "P1D"})


def test_a_step_is_added_on_one_branch_of_several() -> None:
    content, choice = add_after(EMPTY, "start", "exclusiveGateway", "?")
    content, other = add_after(content, choice, "endEvent", "不办")
    branch = next(each for each in items(content) if each.target == other)
    content, task = add_after(content, branch.id, "scriptTask", "记下")
    assert {(choice, task), (task, other), (choice, "end")} <= flows(content)
    assert (overlaps(content), detached(content)) == ([], [])


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        ("end", "userTask"),  # nothing comes after an end
        ("start", "endEvent"),  # an end has nothing behind it
        ("start", "adHocSubProcess"),  # cannot be added here
    ],
)
def test_what_makes_no_sense_is_refused(after: str, kind: str) -> None:
    with pytest.raises(Invalid):
        add_after(EMPTY, after, kind, "")


def test_an_unknown_element_is_refused_by_name() -> None:
    for change in (
        lambda: add_after(EMPTY, "gone", "userTask", ""),
        lambda: rename(EMPTY, "gone", "x"),
        lambda: delete(EMPTY, "gone"),
        lambda: connect(EMPTY, "start", "gone"),
        lambda: set_values(EMPTY, "gone", {"role": "x"}),
    ):
        with pytest.raises(NotFound, match="gone"):
            change()


def test_a_removed_step_is_closed_over() -> None:
    content, task = add_after(EMPTY, "start", "userTask", "上门")
    content = delete(content, task)
    assert flows(content) == {("start", "end")}
    assert (overlaps(content), detached(content)) == ([], [])
    assert task.encode() not in content


def test_a_flow_is_connected_once_and_taken_out() -> None:
    content, task = add_after(EMPTY, "start", "userTask", "上门")
    content, choice = add_after(content, task, "exclusiveGateway", "")
    content, back = connect(content, choice, task)
    assert (choice, task) in flows(content)
    with pytest.raises(Conflict):
        connect(content, choice, task)
    with pytest.raises(Invalid):
        connect(content, "end", task)
    content = delete(set_values(content, back, {"is_default": "true"}), back)
    assert (choice, task) not in flows(content)
    assert b"default=" not in content


def test_a_setting_that_is_emptied_leaves_nothing_behind() -> None:
    content, task = add_after(EMPTY, "start", "userTask", "")
    before = content
    changed = set_values(content, task, {"role": "community", "clock": "visit", "form_id": "f"})
    assert fields(changed, task) | {"role": "community", "clock": "visit", "form_id": "f"} == fields(changed, task)
    assert set_values(changed, task, {"role": "", "clock": "", "form_id": ""}) == before


def test_a_setting_stands_only_where_it_means_something() -> None:
    with pytest.raises(Invalid, match="no setting clock"):
        set_values(EMPTY, "end", {"clock": "x"})


@pytest.mark.parametrize("page", PAGES)
def test_our_own_pages_keep_their_drawing_when_a_step_is_added(page: str) -> None:
    content = PAGES[page]
    step = next(each for each in items(content) if each.kind in ("userTask", "callActivity", "sendTask"))
    changed, task = add_after(content, step.id, "scriptTask", "记下")
    assert overlaps(changed) == overlaps(content)
    assert detached(changed) == []
    assert task in {each.id for each in items(changed)}
    lane = next(each.lane for each in items(content) if each.id == step.id)
    assert next(each.lane for each in items(changed) if each.id == task) == lane
    assert len(drawing(delete(changed, task)).shapes) == len(drawing(content).shapes)


@pytest.mark.parametrize("page", PAGES)
def test_every_element_of_our_pages_is_in_the_tree(page: str) -> None:
    process = next(iter(read_definitions({page: PAGES[page]}).processes.values()))
    found = [each.id for each in items(PAGES[page])]
    assert len(found) == len(set(found))
    assert {*process.elements, *process.flows, *process.lanes, process.id} == set(found)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(sorted(KINDS)), st.integers(0, 40)), max_size=12))
def test_whatever_is_done_no_shapes_collide_and_no_flow_hangs(steps: list[tuple[int, str, int]]) -> None:
    content = EMPTY
    for at, kind, to in steps:
        nodes = [each.id for each in items(content) if each.kind not in ("process", "sequenceFlow", "lane")]
        try:
            content, made = add_after(content, nodes[at % len(nodes)], kind, "步")
            content, _ = connect(content, made, nodes[to % len(nodes)])
        except (Invalid, Conflict):
            pass
        if to % 5 == 0 and len(nodes) > 4:
            content = delete(content, nodes[2])
        assert overlaps(content) == []
        assert detached(content) == []
    found = check(Package(files={**NEW.files, "process.bpmn": content}))
    assert [each for each in found if each.code == "not-bpmn" and each.severity == Severity.ERROR] == []
