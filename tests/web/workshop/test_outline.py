"""The outline: a diagram is read as a tree and changed with forms alone; each change is a save of the draft."""

import re
from datetime import datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions.drafts import draft_package, find_draft, open_draft, save_draft_files
from engine.definitions.outlining import fields, items
from tests.factories import District
from tests.web.browsing import send, sign_in

XU = Actor.api("徐设计")


class Outline:
    """A designer before the outline of a new process."""

    def __init__(self, client: FlaskClient, session: Session, district: District, now: datetime) -> None:
        self.client, self.session, self.now = client, session, now
        draft = open_draft(
            session, key="visit", version_id=None, name="上门看望", author=XU, now=now, jurisdiction="qinghe"
        )
        self.id = draft.id
        self.at = f"/workshop/{draft.id}/outline/process.bpmn"
        sign_in(client, district.person("designer"))

    def get(self, element: str = "") -> str:
        answer = self.client.get(f"{self.at}?element={element}")
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", unescape(answer.text))

    def do(self, do: str, element: str, status: int = 303, revision: int | None = None, **given: str) -> str:
        self.session.rollback()
        known = find_draft(self.session, self.id).revision if revision is None else revision
        data: dict[str, object] = {"do": do, "element": element, "revision": known, **given}
        answer = send(self.client, self.at, data)
        assert answer.status_code == status, answer.text
        return unescape(answer.text if status != 303 else answer.location.partition("element=")[2])

    def content(self) -> bytes:
        self.session.rollback()
        return draft_package(self.session, self.id).files["process.bpmn"]


@pytest.fixture
def outline(client: FlaskClient, session: Session, district: District, now: datetime) -> Outline:
    return Outline(client, session, district, now)


def test_a_diagram_is_a_tree_with_one_chosen_element(outline: Outline) -> None:
    page = outline.get("end")
    assert page.count('role="treeitem"') == len(items(outline.content()))
    assert page.count('aria-selected="true"') == 1
    assert re.search(r'aria-level="2" aria-selected="true"[^>]*data-item="end"', page)
    assert "去向 到“办结”" in page


def test_a_process_is_drawn_with_forms_alone(outline: Outline) -> None:
    task = outline.do("add", "start", kind="userTask", name="上门")
    outline.do("set", task, **{"field:role": "community", "field:unit": "=place.community", "field:name": "上门看望"})
    assert fields(outline.content(), task)["role"] == "community"
    choice = outline.do("add", task, kind="exclusiveGateway", name="要帮助吗？")
    end = outline.do("add", choice, kind="endEvent", name="要")
    flow = next(each.id for each in items(outline.content()) if each.target == end)
    outline.do("set", flow, **{"field:condition": "needed", "field:name": "是"})
    assert "=needed" in outline.get(flow)
    back = outline.do("connect", choice, target=task)
    assert outline.do("delete", back) == "choice_1" or back not in {each.id for each in items(outline.content())}
    outline.do("delete", end)
    assert end not in {each.id for each in items(outline.content())}


def test_events_and_sub_processes_are_added_with_forms_and_named(outline: Outline) -> None:
    scope = outline.do("add", "start", kind="subProcess", name="办理")
    late = outline.do("border", scope, trigger="timer", name="逾期", interrupting="false")
    outline.do("set", late, **{"field:timer_kind": "timeDuration", "field:timer_expression": "P3D"})
    page = outline.get(late)
    assert "边界事件（定时） “逾期”" in page
    assert '<option value="false" selected>' in page
    assert fields(outline.content(), late)["timer_expression"] == "P3D"
    assert "在边上加一个事件" in outline.get(scope)
    assert "在边上加一个事件" not in page
    assert "只有任务、调用和子流程" in outline.do("border", "start", 422, trigger="timer", name="x")


def test_lanes_are_added_named_filled_and_taken_out_with_forms(outline: Outline) -> None:
    outline.do("add", "start", kind="userTask", name="上门")
    assert "换泳道" not in outline.get("task_1")
    first = outline.do("add_lane", "visit", process="visit", name="社区")
    assert "泳道：社区" in outline.get(first)
    outline.do("set", first, **{"field:role": "community", "field:unit": "=place.community", "field:name": "社区人员"})
    assert fields(outline.content(), first)["unit"] == "=place.community"
    second = outline.do("add_lane", first, process="visit", name="街道")
    outline.do("lane", "task_1", lane=second)
    assert {each.id: each.lane for each in items(outline.content()) if each.lane} == {
        "start": "社区人员", "task_1": "街道", "end": "社区人员",
    }  # fmt: skip
    page = outline.get("task_1")
    assert "任务 “上门”" in page
    assert "泳道：街道" in page
    assert "已经在这条泳道里" in outline.do("lane", "task_1", 422, lane=second)
    outline.do("delete_lane", second)
    assert {each.lane for each in items(outline.content()) if each.lane} == {"社区人员"}
    assert "没有元素" in outline.do("add_lane", "visit", 404, process="nothing", name="x")


def test_what_has_no_name_is_told_by_where_it_stands(outline: Outline) -> None:
    scope = outline.do("add", "start", kind="subProcess", name="办理")
    page = outline.get(f"{scope}_start_1")
    assert "开始事件（“办理”里）" in page
    assert "去向 到结束事件（“办理”里）" in page
    outline.do("add", scope, kind="parallelGateway", name="")
    page = outline.get(scope)
    assert "并行网关（“办理”之后）" in page
    shown = re.sub(r"<[^>]+>", " ", page)
    assert not re.search(r"scope_1|parallel_1", shown)


def test_settings_are_offered_what_they_can_be_set_to(outline: Outline) -> None:
    task = outline.do("add", "start", kind="userTask", name="上门")
    assert re.search(r'<option value="community">[^<]*社区', outline.get(task))


def test_what_is_wrong_stands_beside_its_step(outline: Outline) -> None:
    task = outline.do("add", "start", kind="userTask", name="上门")
    page = outline.get(task)
    assert "没有写由谁办" in page
    assert "处问题" in page


@pytest.mark.parametrize(
    ("do", "element", "given", "said"),
    [
        ("add", "end", {"kind": "userTask"}, "结束之后不能再有步骤"),
        ("connect", "start", {"target": "end"}, "已经有一条去向"),
        ("delete", "visit", {}, "只能去掉步骤和去向"),
        ("dance", "start", {}, "大纲不能这样操作"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    outline: Outline, do: str, element: str, given: dict[str, str], said: str
) -> None:
    before = outline.content()
    assert said in outline.do(do, element, 422, **given)
    assert outline.content() == before


def test_a_change_of_a_diagram_that_somebody_changed_meanwhile_is_refused(outline: Outline) -> None:
    outline.do("add", "start", kind="userTask", name="我的")
    theirs = outline.content().replace("我的".encode(), "他的".encode())
    save_draft_files(
        outline.session, outline.id, revision=2, changes={"process.bpmn": theirs},
        author=XU, now=outline.now,
    )  # fmt: skip
    said = outline.do("add", "start", 422, revision=2, kind="userTask", name="又一步")
    assert "徐设计" in said
    assert "没有覆盖任何内容" in said
    assert "又一步" not in outline.content().decode()
