"""The accusation process, path by path: every branch, every timer, every end. It is always a sealed case."""

from collections.abc import Callable
from datetime import datetime

import pytest

from engine.clock import CHINA
from engine.spiff import Workflow
from tests.bpmn.coverage import assert_all_walked
from tests.bpmn.walk import Walk, read_package

#: Every walk of the paths since this was last emptied; the last test asks what they have used.
WALKS: list[Walk] = []
#: Names of the paths that were walked in this run, each with its arguments.
WALKED: set[str] = set()
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)
PLACE = {"code": "willow-1", "name": "柳园一村", "community": "willow", "street": "east", "district": "qinghe"}


@pytest.fixture(autouse=True)
def _note_the_path(request: pytest.FixtureRequest) -> None:
    WALKED.add(request.node.name)


class Accusation(Walk):
    """A walk that begins with what the handover said."""

    def __init__(self) -> None:
        case = {
            "id": "0190", "number": "JB2026-000001", "kind": "accusation", "title": "收受好处", "category": "other",
            "channel": "portal", "filed_at": NOW,
        }  # fmt: skip
        super().__init__(read_package("accusation"), case=case, place=PLACE, now=NOW)
        WALKS.append(self)


def filed() -> Accusation:
    """An accusation that was just handed over."""
    return Accusation()


def received(walk: Accusation) -> Accusation:
    walk.do("receive", by="inspector-one", competent="yes")
    return walk


def verified(walk: Accusation, conclusion: str = "founded") -> Accusation:
    walk.do(
        "verify", by="inspector-one", findings="经查阅账目，情况属实。", conclusion=conclusion,
        result_text="您反映的问题已经核实，有关人员受到处理。",
    )  # fmt: skip
    return walk


def decided(walk: Accusation) -> Accusation:
    walk.do("approve", by="inspector-two", accusation_approved="yes")
    return walk


def test_only_discipline_inspection_ever_has_work() -> None:
    process = read_package("accusation").definitions.processes["accusation"]
    people = [element for element in process.elements.values() if element.is_task and element.form_id]
    assert {element.settings["role"] for element in people} == {"discipline"}


def test_every_reminder_goes_to_discipline_inspection_alone() -> None:
    walk = filed()
    for ladder in ("ladder_stage", "ladder_sealed"):
        rows = walk.decide(ladder, {"times": {"tier": "sealed"}})
        assert {name for row in rows for name in row["to"]} == {"discipline"}


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [("founded", "substantiated"), ("partly", "substantiated"), ("unfounded", "unsubstantiated")],
)
def test_an_accusation_is_verified_decided_and_answered(conclusion: str, outcome: str) -> None:
    walk = decided(verified(received(filed()), conclusion))
    assert walk.ended == outcome
    assert walk.notices == ["accusation_result"]
    assert "已经核实" in walk.issued["accusation_answer"]


def test_the_notice_says_nothing_of_the_content() -> None:
    walk = filed()
    facts = {"case": {"number": "JB2026-000001", "title": "收受好处"}, "result_text": "有关人员受到处理"}
    for locale in ("zh_CN", "en"):
        said = walk.version.notice_texts("accusation_result").write(facts, locale)
        assert "收受好处" not in said.subject + said.body
        assert "处理" not in said.subject + said.body


def test_whoever_verified_does_not_decide() -> None:
    walk = verified(received(filed()))
    assert walk.setting("approve", "exclude") == ["inspector-one"]


def test_a_conclusion_that_is_not_agreed_is_verified_again() -> None:
    walk = verified(received(filed()))
    walk.do("approve", by="inspector-two", accusation_approved="no", decision_note="补充询问证人")
    assert walk.task("verify").data["decision_note"] == "补充询问证人"
    assert decided(verified(walk)).ended == "substantiated"


def test_what_belongs_to_another_body_is_handed_on_under_seal() -> None:
    walk = filed()
    walk.do("receive", competent="no")
    walk.do("hand_on", handed_to="市纪委监委", handed_at="2026-03-10T09:00+08:00")
    assert walk.ended == "handed_on"
    assert "市纪委监委" in walk.issued["handing_on"]


@pytest.mark.parametrize(
    ("timer", "task", "before"),
    [("not_received", "press_receive", lambda walk: walk), ("not_verified", "press_verify", received)],
)
def test_what_is_late_is_pressed_inside_discipline_inspection(
    timer: str, task: str, before: Callable[[Accusation], Accusation]
) -> None:
    walk = before(filed())
    walk.until(timer)
    assert walk.setting(task, "role") == "discipline"
    walk.do(task, pressed_whom="承办室", pressed_answer="本周办结")
    assert "sealed_overdue" in walk.notices
    if timer == "not_received":
        received(walk)
    assert decided(verified(walk)).ended == "substantiated"


def test_the_handovers_note_reaches_who_receives_it() -> None:
    version = read_package("accusation")
    walk = filed()
    data = {"case": {"number": "JB1"}, "place": PLACE, "accusation": {"kind": "duty", "note": "附转账记录"}}
    workflow = Workflow.start(version.specification, data, walk)
    workflow.advance()
    (task,) = workflow.open_tasks()
    assert task.data["accusation"]["note"] == "附转账记录"


# ---- was everything walked?


def test_every_flow_and_every_timer_is_walked() -> None:
    """Walks every path of this file again where not all of them were run here before."""
    assert_all_walked("accusation", globals(), WALKS, WALKED)
