"""Lanes are added, taken out and filled in the outline; the drawing follows, and the checks of drawings pass."""

import pytest

from engine.definitions import Package, check
from engine.definitions.beginning import empty_package
from engine.definitions.outlining import (
    add_after,
    add_border,
    add_lane,
    delete,
    delete_lane,
    fields,
    items,
    put_in_lane,
    set_values,
)
from engine.definitions.outlining.document import Document
from engine.definitions.outlining.drawing import Box, Drawing
from engine.errors import Conflict, Invalid, NotFound
from engine.spiff import read_definitions
from tests.engine.definitions.outlining.test_outlining import EMPTY, NEW, PAGES, detached, overlaps


def box(content: bytes, identifier: str) -> Box:
    document = Document(content)
    found = Drawing(document.root, document.by_id).box(identifier)
    assert found is not None
    return found


def lanes(content: bytes) -> dict[str, str]:
    """Step → name of its lane, as the outline shows it."""
    return {each.id: each.lane for each in items(content) if each.kind not in ("process", "lane", "sequenceFlow")}


def drawn_wrong(content: bytes) -> list[str]:
    """What the checks say of the drawing, but for names that are longer than their boxes."""
    package = Package(files={**NEW.files, "process.bpmn": content})
    return [
        f"{each.code} {each.element_id}" for each in check(package)
        if each.code.startswith("layout-") and each.code not in ("layout-long-name", "layout-crossing")
    ]  # fmt: skip


@pytest.fixture
def two() -> bytes:
    """A process whose task is in the first of two lanes."""
    content, _ = add_after(EMPTY, "start", "userTask", "上门")
    content, _ = add_lane(content, "visit", "社区")
    return add_lane(content, "visit", "街道")[0]


def test_the_first_lane_takes_every_step_and_a_pool_is_drawn_around_them() -> None:
    content, task = add_after(EMPTY, "start", "userTask", "上门")
    content, lane = add_lane(content, "visit", "社区")
    assert lanes(content) == {"start": "社区", task: "社区", "end": "社区"}
    assert [(each.kind, each.name, each.level) for each in items(content)][:2] == [
        ("process", "上门看望", 1), ("lane", "社区", 2),
    ]  # fmt: skip
    room = box(content, lane)
    assert all(room.y < box(content, each).y and box(content, each).right < room.right for each in ("start", task))
    assert (drawn_wrong(content), overlaps(content), detached(content)) == ([], [], [])
    assert b'bpmnElement="collaboration_1"' in content


def test_a_lane_says_who_does_what_lies_in_it(two: bytes) -> None:
    content = set_values(two, "lane_1", {"role": "community", "unit": "=place.community", "name": "社区工作人员"})
    assert fields(content, "lane_1") | {"role": "community", "unit": "=place.community", "name": "社区工作人员"} == (
        fields(content, "lane_1")
    )
    element = read_definitions({"x.bpmn": content}).processes["visit"].elements["task_1"]
    assert (element.lane, element.settings["role"]) == ("lane_1", "community")


def test_further_lanes_come_below_and_are_empty(two: bytes) -> None:
    first, second = box(two, "lane_1"), box(two, "lane_2")
    assert (second.y, second.x, second.width) == (first.bottom, first.x, first.width)
    assert box(two, "pool_1").bottom == second.bottom
    assert set(lanes(two).values()) == {"社区"}
    assert drawn_wrong(two) == []


def test_a_step_goes_to_another_lane_with_the_events_on_its_border(two: bytes) -> None:
    content, late = add_border(two, "task_1", "timer", "逾期")
    content, urge = add_after(content, late, "endEvent", "过期")
    before = box(content, "task_1")
    content = put_in_lane(content, "task_1", "lane_2")
    assert lanes(content) == {"start": "社区", "task_1": "街道", late: "街道", urge: "社区", "end": "社区"}
    room, task, event = box(content, "lane_2"), box(content, "task_1"), box(content, late)
    assert room.y < task.y
    assert task.bottom < room.bottom
    assert task.x == before.x
    assert task.bottom - event.height / 2 == event.y
    assert (drawn_wrong(content), overlaps(content), detached(content)) == ([], [], [])
    back = put_in_lane(content, "task_1", "lane_1")
    assert set(lanes(back).values()) == {"社区"}
    assert (drawn_wrong(back), overlaps(back), detached(back)) == ([], [], [])


def test_a_sub_process_takes_what_is_in_it_along_and_its_lane_grows(two: bytes) -> None:
    content, scope = add_after(two, "task_1", "subProcess", "办理")
    content, inner = add_after(content, f"{scope}_start_1", "userTask", "核实")
    height = box(content, "lane_2").height
    content = put_in_lane(content, scope, "lane_2")
    assert box(content, "lane_2").height > height
    assert box(content, scope).y < box(content, inner).y
    assert box(content, inner).bottom < box(content, scope).bottom < box(content, "lane_2").bottom
    assert (drawn_wrong(content), overlaps(content), detached(content)) == ([], [], [])


@pytest.mark.parametrize(
    ("gone", "left", "heir"),
    [
        ("lane_1", "lane_2", "街道"),  # the one above: what is below takes over
        ("lane_2", "lane_1", "社区"),  # the one below: what is above does
    ],
)
def test_the_steps_and_the_room_of_a_lane_go_to_its_neighbour(two: bytes, gone: str, left: str, heir: str) -> None:
    content = put_in_lane(two, "task_1", "lane_2")
    content = delete_lane(content, gone)
    assert set(lanes(content).values()) == {heir}
    pool, lane = box(content, "pool_1"), box(content, left)
    assert (lane.y, lane.bottom) == (pool.y, pool.bottom)
    assert (drawn_wrong(content), detached(content)) == ([], [])


def test_with_the_last_lane_the_process_has_none(two: bytes) -> None:
    content = delete_lane(delete_lane(two, "lane_2"), "lane_1")
    assert set(lanes(content).values()) == {""}
    assert b"laneSet" not in content
    assert drawn_wrong(content) == []


def test_a_new_step_comes_into_the_lane_of_the_one_before_it(two: bytes) -> None:
    content, made = add_after(put_in_lane(two, "task_1", "lane_2"), "task_1", "userTask", "回访")
    assert lanes(content)[made] == "街道"
    assert lanes(delete(content, "task_1")) == {"start": "社区", made: "街道", "end": "社区"}


@pytest.mark.parametrize(
    ("step", "lane", "error"),
    [
        ("task_1", "lane_1", Conflict),  # it is there
        ("task_1", "start", NotFound),  # no lane
        ("nothing", "lane_2", NotFound),
        ("scope_1_start_1", "lane_2", Invalid),  # in a sub-process
        ("timer_1", "lane_2", Invalid),  # on a border: it goes with its step
    ],
)
def test_what_cannot_go_to_a_lane_stays(two: bytes, step: str, lane: str, error: type[Exception]) -> None:
    content, _ = add_after(two, "task_1", "subProcess", "办理")
    content, _ = add_border(content, "task_1", "timer", "逾期")
    with pytest.raises(error):
        put_in_lane(content, step, lane)


def test_lanes_of_a_drawn_package_are_taken_out_and_filled() -> None:
    content = PAGES["whistle.bpmn"]
    wrong = set(drawn_wrong(content))
    known = {each.id: each.name for each in items(content) if each.kind == "lane"}
    moved = put_in_lane(content, "blow", "lane_street_centre")
    assert lanes(moved)["blow"] == known["lane_street_centre"]
    assert not {each for each in drawn_wrong(moved) if "lane" in each} - wrong
    gone = delete_lane(moved, "lane_street_centre")
    assert known["lane_street_centre"] not in lanes(gone).values()
    assert all(lanes(gone).values())
    assert not {each for each in drawn_wrong(gone) if "lane" in each} - wrong


def test_a_process_without_a_drawing_has_lanes_too() -> None:
    bare = EMPTY[: EMPTY.index(b"  <bpmndi:BPMNDiagram")] + b"</bpmn:definitions>"
    content, lane = add_lane(bare, "visit", "社区")
    assert set(lanes(content).values()) == {"社区"}
    assert set(lanes(delete_lane(content, lane)).values()) == {""}
    assert empty_package("visit", "上门看望").files["process.bpmn"] == EMPTY
