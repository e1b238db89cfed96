"""The petition process, path by path: every branch, every timer, every end."""

from datetime import timedelta
from typing import Any

import pytest

from engine.errors import Invalid
from tests.bpmn.coverage import assert_all_walked
from tests.bpmn.petition.journey import (
    MONDAY,
    accepted,
    assigned,
    handled,
    petition,
    rated,
    registered,
    replied,
    returned,
    reworked,
    unsatisfied,
    whistled,
)
from tests.bpmn.walk import Walk

#: Every walk of the paths since this was last emptied; the last test asks what they have used.
WALKS: list[Walk] = []
#: Names of the paths that were walked in this run, each with its arguments.
WALKED: set[str] = set()


@pytest.fixture(autouse=True)
def _note_the_path(request: pytest.FixtureRequest) -> None:
    WALKED.add(request.node.name)


def filed(category: str = "noise", **more: Any) -> Walk:
    """A petition whose ways are counted."""
    walk = petition(category, **more)
    WALKS.append(walk)
    return walk


# ---- registered and diverted


def test_the_register_desk_has_a_new_petition() -> None:
    walk = filed()
    assert walk.open == ["record"]
    assert walk.setting("record", "role") == "community"
    assert walk.setting("record", "unit") == "willow"


def test_an_accepted_petition_goes_to_the_grid_and_the_resident_is_told() -> None:
    walk = registered(filed())
    assert walk.open == ["verify"]
    assert walk.notices == ["accepted"]
    assert list(walk.issued) == ["work_order", "acceptance"]


def test_a_petition_that_is_not_registered_at_once_reaches_the_shift_lead() -> None:
    walk = filed()
    walk.until("unregistered")
    assert walk.open == ["record", "urge_register"]
    assert walk.setting("urge_register", "role") == "shift_lead"
    walk.do("urge_register", urged_whom="社区登记岗", urged_answer="马上登记")
    assert registered(walk).open == ["verify"]


def test_an_urge_that_nobody_did_goes_with_the_registration() -> None:
    walk = filed()
    walk.until("unregistered")
    assert registered(walk).open == ["verify"]


@pytest.mark.parametrize(
    ("answers", "notice", "document"),
    [
        # the six diversions of article 11; a reason that the resident reads goes with each
        ({"statute": True, "statute_kind": "arbitration"}, "diverted", "diversion"),
        ({"remit": True, "competent_body": "市铁路局"}, "diverted", "diversion"),
        ({"unlawful": True}, "refused", "refusal"),
    ],
)
def test_what_is_not_handled_here_is_diverted_with_a_reason(
    answers: dict[str, Any], notice: str, document: str
) -> None:
    walk = registered(filed(), divert_reason="按规定不在本平台办理", **answers)
    assert walk.ended == "diverted"
    assert walk.notices == [notice]
    assert list(walk.issued)[-1] == document


@pytest.mark.parametrize(
    ("route", "kind"),
    [("mediation", "mediation"), ("letters", "agency"), ("proposal", "proposal")],
)
def test_what_another_process_is_for_goes_on_there(route: str, kind: str) -> None:
    walk = registered(filed(), statute=True, statute_kind=route, divert_reason="换一种办法继续办理")
    assert walk.ended == "diverted"
    ((service, settings),) = walk.performed
    assert (service, settings["convert.kind"], settings["convert.link"]) == ("convert", kind, "became")
    assert walk.notices == ["converted"]
    assert list(walk.issued)[-1] == "diversion"


@pytest.mark.parametrize(
    "answers",
    [
        # somebody must take it over before the case ends
        {"emergency": True},
        # emergency comes before everything else
        {"emergency": True, "unlawful": True, "divert_reason": "须立即移交处置"},
    ],
)
def test_an_emergency_is_handed_over_by_the_shift_lead(answers: dict[str, Any]) -> None:
    walk = registered(filed(), **answers)
    assert walk.open == ["hand_emergency"]
    assert walk.setting("hand_emergency", "role") == "shift_lead"
    walk.do("hand_emergency", handed_to="区应急中心", handed_at="2026-03-09T09:20+08:00")
    assert walk.ended == "diverted"
    assert walk.notices == ["diverted"]


@pytest.mark.parametrize(
    ("kind", "accused"),
    [
        # an accusation names whom it is about, so that those lose sight of it at once
        ("duty", ["urban", "willow"]),
        # what is secret and no accusation is about nobody
        ("secrecy", None),
    ],
)
def test_a_secret_goes_on_as_a_sealed_case_by_itself(kind: str, accused: list[str] | None) -> None:
    named = {"accused_units": accused} if accused else {}
    walk = registered(filed(), secret=True, accusation_kind=kind, accusation_note="附照片", **named)
    assert walk.ended == "diverted"
    assert walk.notices == ["sealed"]
    ((service, said),) = walk.performed
    assert (service, said["convert.kind"], said["convert.sealed"]) == ("convert", "accusation", True)
    assert said["convert.accused"] == accused
    assert said["convert.data"]["accusation"] == {"kind": kind, "note": "附照片"}


def test_what_is_asked_beside_an_accusation_is_filed_without_a_trace_of_it() -> None:
    walk = registered(
        filed(), secret=True, accusation_kind="conduct", accused_units=["urban"], rest=True, rest_title="夜间施工",
        rest_text="工地夜里两点还在施工，请求制止。",
    )  # fmt: skip
    assert [said["convert.kind"] for _, said in walk.performed] == ["accusation", "petition"]
    assert walk.performed[1][1]["convert.text"] == "工地夜里两点还在施工，请求制止。"


def test_an_accusation_without_the_accused_is_not_registered() -> None:
    walk = filed()
    with pytest.raises(Invalid) as refused:
        registered(walk, secret=True, accusation_kind="duty")
    assert set(refused.value.facts["fields"]) == {"accused_units"}
    assert walk.open == ["record"]


def test_a_duplicate_is_merged_with_the_first_case() -> None:
    walk = registered(filed(), duplicate=True, duplicate_of="SQ2026-000000", divert_reason="同一工地同一问题")
    assert walk.ended == "merged"
    assert walk.workflow.data["merged_into"] == "SQ2026-000000"
    assert walk.notices == ["merged"]


def test_a_diversion_without_a_reason_is_refused_by_the_form() -> None:
    walk = filed()
    with pytest.raises(Invalid) as refused:
        registered(walk, unlawful=True)
    assert set(refused.value.facts["fields"]) == {"divert_reason"}
    assert walk.open == ["record"]


def test_the_desk_may_correct_the_category_and_the_promised_date_stays() -> None:
    walk = filed("noise")
    promised = walk.due("statutory")
    registered(walk, category="building")
    assert walk.task("verify").data["category"] == "building"
    assert walk.due("statutory") == promised


# ---- grid and community


def test_the_grid_worker_solves_it_on_the_spot() -> None:
    walk = registered(filed("sanitation"))
    assert walk.setting("verify", "role") == "grid_worker"
    walk.do("verify", contacted="yes", visited=True, facts_found="楼道堆物，属实")
    walk.do("attempt", attempt_result="solved", attempt_note="当场清走", local_reply="楼道堆物已清走，谢谢您的提醒。")
    assert walk.workflow.open_tasks()[0].data["reply"]["text"] == "楼道堆物已清走，谢谢您的提醒。"
    assert rated(walk, 5).ended == "solved"


@pytest.mark.parametrize(
    ("result", "outcome"),
    [("solved", "solved"), ("explained", "explained")],
)
def test_the_community_does_what_the_grid_worker_could_not(result: str, outcome: str) -> None:
    walk = registered(filed("sanitation"))
    walk.do("verify", contacted="yes", facts_found="楼道堆物，属实")
    walk.do("attempt", attempt_result="unsolved", attempt_note="业主不配合")
    walk.do("consider", community_can="yes")
    walk.do("solve", local_measures="与业主约谈", local_result=result, local_reply="已与业主约定三日内清走。")
    rated(walk, 4)
    if outcome == "explained":
        assert walk.open == ["track"]
        walk.do("track", track_reason="须待业主搬家", review_on="2026-04-09")
    assert walk.ended == outcome


def test_the_community_whistles_and_the_street_assigns() -> None:
    walk = whistled(filed())
    assert walk.open == ["assign"]
    assert list(walk.issued)[-1] == "whistle"
    assert walk.setting("assign", "role") == "street_centre"
    assert walk.setting("assign", "unit") == "east"


@pytest.mark.parametrize(
    ("timer", "before", "then"),
    [
        # not verified: the street has it at once
        ("unverified", [], ["assign"]),
        # no result of the attempt: the community looks at it
        ("unfinished", ["verify"], ["consider"]),
        # the community does not decide: the street has it
        ("unconsidered", ["verify", "attempt"], ["assign"]),
    ],
)
def test_what_grid_and_community_leave_lying_goes_up(timer: str, before: list[str], then: list[str]) -> None:
    walk = registered(filed())
    if "verify" in before:
        walk.do("verify", contacted="no", facts_found="电话无人接听")
    if "attempt" in before:
        walk.do("attempt", attempt_result="unsolved", attempt_note="无人应门")
    walk.until(timer)
    assert walk.open == then
    if then == ["consider"]:
        walk.do("consider", community_can="no")
        walk.do("blow", whistle_reason="无人应门", whistle_need="请部门上门核实")
    assert rated(handled(walk), 4).ended == "solved"


# ---- the street assigns


def test_the_street_is_offered_the_units_for_the_category() -> None:
    walk = whistled(filed("noise"))
    data = walk.task("assign").data
    assert (data["lead_unit"], data["co_units"]) == ("urban", ["police", "environment"])


def test_an_unassigned_petition_reaches_the_street_leader() -> None:
    walk = whistled(filed())
    walk.until("unassigned")
    assert walk.open == ["assign", "urge_assign"]
    assert walk.setting("urge_assign", "role") == "street_leader"
    walk.do("urge_assign", urged_whom="街道中心", urged_answer="今日交办")
    assert assigned(walk).open == ["sign"]


def test_an_urge_to_assign_goes_with_the_last_reply() -> None:
    walk = whistled(filed())
    walk.until("unassigned")
    handled(walk)
    assert "urge_assign" not in walk.open


@pytest.mark.parametrize("co", [[], ["police"], ["police", "environment"]], ids=["one", "two", "three"])
def test_departments_work_side_by_side_and_the_lead_merges(co: list[str]) -> None:
    walk = assigned(filed(), "urban", *co)
    units = ["urban", *co]
    assert walk.open == ["sign"] * len(units)
    for unit in units:
        accepted(walk, unit)
    for unit in units:
        replied(walk, unit, by=f"{unit}-1")
    if co:
        assert walk.open == ["merge"]
        assert walk.setting("merge", "unit") == "urban"
        walk.do("merge", merged_result="solved", merged_reply="三个部门联合处置，已停工。")
    reply = walk.task("rate").data["reply"]
    assert reply["unit"] == "urban"
    assert reply["text"] == ("三个部门联合处置，已停工。" if co else "夜间施工已责令停止，再有发生请来电。")
    assert walk.task("rate").data["handlers"] == [f"{unit}-1" for unit in units]
    assert rated(walk, 3).ended == "solved"


# ---- a department returns it


def test_a_return_is_ruled_by_the_street_and_assigned_to_another() -> None:
    walk = returned(assigned(filed(), "urban"), "urban", "granted")
    assert walk.open == ["assign"]
    assert list(walk.issued)[-1] == "ruling"
    assigned(walk, "environment")
    replied(accepted(walk, "environment"), "environment")
    assert walk.task("rate").data["reply"]["unit"] == "environment"


def test_a_unit_whose_return_was_granted_cannot_be_chosen_again() -> None:
    walk = returned(assigned(filed(), "urban"), "urban", "granted")
    with pytest.raises(Invalid) as refused:
        assigned(walk, "urban")
    assert set(refused.value.facts["fields"]) == {"lead_unit"}


def test_a_refused_return_is_final() -> None:
    walk = returned(assigned(filed()), "urban", "refused")
    assert walk.open == ["arrive"]


def test_only_what_was_returned_is_assigned_again_and_the_lead_stays() -> None:
    walk = assigned(filed(), "urban", "police")
    returned(walk, "police", "granted")
    replied(accepted(walk, "urban"), "urban")
    assert walk.open == ["assign"]
    assert walk.task("assign").data["co_units"] == []
    assigned(walk, "environment")
    assert walk.task("sign").data["assignment"] == {"unit": "environment", "lead": False}
    replied(accepted(walk, "environment"), "environment")
    assert walk.setting("merge", "unit") == "urban"


def test_silence_counts_as_acceptance() -> None:
    walk = assigned(filed(), "urban", "police")
    walk.until("silent")
    walk.until("silent")
    assert walk.open == ["arrive", "arrive"]


# ---- a department handles it


def test_a_department_that_does_not_report_is_urged_by_the_supervision_office() -> None:
    walk = assigned(filed())
    walk.do("sign", sign_decision="accept")
    walk.until("absent")
    assert walk.open == ["arrive", "urge_arrival"]
    assert walk.setting("urge_arrival", "role") == "supervision"
    walk.do("urge_arrival", urged_whom="城管局", urged_answer="上午到场")
    assert walk.open == ["arrive"]


def test_the_lead_of_the_department_may_send_the_draft_back() -> None:
    walk = accepted(assigned(filed()))
    walk.do("handle", handle_measures="责令停工", handle_result="solved")
    walk.do("draft", reply_text="已处理，请放心。谢谢您。")
    assert walk.setting("sign_off", "role") == "department_lead"
    walk.do("sign_off", sign_off_decision="revise", sign_off_note="写明处置措施")
    assert walk.open == ["draft"]
    walk.do("draft", reply_text="已责令夜间停工并处罚款。")
    walk.do("sign_off", sign_off_decision="approve")
    assert walk.open == ["phone", "rate"]


def test_a_department_that_is_late_is_told_rung_by_rung_while_it_works() -> None:
    walk = accepted(assigned(filed()))
    walk.until("late_ten")
    told = [each.notice for each in walk.told if each.element_id == "handle"]
    assert told == ["due_soon", "due_very_soon", "overdue", "supervised"]
    assert walk.open == ["conference", "handle"]


# ---- extension


def _asked(walk: Walk, unit: str = "urban", days: int = 3) -> Walk:
    walk.send("extension_requested", {"extension_request": {"unit": unit, "days": days, "reason": "须等检测报告"}})
    return walk


def test_an_approved_extension_moves_the_clocks_and_the_resident_is_told() -> None:
    walk = _asked(accepted(assigned(filed())))
    assert walk.open == ["approve", "handle"]
    assert walk.setting("approve", "role") == "street_leader"
    assert walk.task("approve").data["extension_days"] == 3
    walk.do("approve", extension_decision="approve", extension_reason="检测报告需三个工作日")
    assert walk.extended == [
        {
            "extend": "handle; statutory",
            "extend.amount": 3,
            "extend.unit": "working-days",
            "extend.reason": "检测报告需三个工作日",
        }
    ]
    assert walk.notices[-1] == "extended"
    assert list(walk.issued)[-1] == "extension"
    assert walk.open == ["handle"]


def test_an_extension_has_a_limit_by_category() -> None:
    walk = _asked(accepted(assigned(filed("noise"))))
    with pytest.raises(Invalid) as refused:
        walk.do("approve", extension_decision="approve", extension_days=6, extension_reason="检测报告需六个工作日")
    assert set(refused.value.facts["fields"]) == {"extension_days"}


def test_a_refused_extension_leaves_the_date() -> None:
    walk = _asked(accepted(assigned(filed())))
    walk.do("approve", extension_decision="refuse", extension_reason="理由不充分，按期办理")
    assert walk.extended == []
    assert walk.told[-1].notice == "extension_refused"
    assert walk.open == ["handle"]


def test_an_extension_asked_for_after_the_date_is_refused_at_once() -> None:
    walk = accepted(assigned(filed()))
    walk.pass_time(walk.due("handle") + timedelta(minutes=1))
    assert _asked(walk).open == ["handle"]
    assert walk.told[-1].notice == "extension_refused"
    assert "申请在期限届满之后提出" in walk.written[-2].body


def _extended(walk: Walk, unit: str = "urban") -> Walk:
    _asked(walk, unit)
    walk.do("approve", extension_decision="approve", extension_reason="检测报告需三个工作日")
    return walk


@pytest.mark.parametrize(("category", "times"), [("noise", 1), ("building", 2)])
def test_a_further_extension_is_possible_as_often_as_the_rule_says_and_then_refused_with_the_reason(
    category: str, times: int
) -> None:
    walk = accepted(assigned(filed(category)))
    for _ in range(times):
        _extended(walk)
    assert len(walk.extended) == times
    assert _asked(walk).open == ["handle"]  # nobody is asked to approve what the rule does not allow
    assert walk.told[-1].notice == "extension_refused"
    assert f"规定最多延期 {times} 次，已经用完" in walk.written[-2].body
    assert f"allows {times} extension" in walk.written[-1].body


def test_two_requests_at_once_do_not_get_more_than_the_rule_allows() -> None:
    walk = accepted(assigned(filed("noise")))
    _asked(_asked(walk))
    first, second = (task for task in walk.workflow.open_tasks() if task.element_id == "approve")
    answers = {"extension_decision": "approve", "extension_reason": "检测报告需三个工作日", "extension_days": 3}
    for task in (first, second):
        walk.workflow.complete(task.id, {**answers, "completed_by": "anna"})
        walk._settle()
    assert len(walk.extended) == 1
    assert "已经用完" in walk.written[-2].body


def test_departments_side_by_side_each_have_their_own_extensions() -> None:
    walk = assigned(filed("noise"), "urban", "police")
    for unit in ("urban", "police"):
        accepted(walk, unit)
        _extended(walk, unit)
    assert len(walk.extended) == 2
    _asked(walk, "police")
    assert "已经用完" in walk.written[-2].body


def test_only_the_department_that_asked_is_extended() -> None:
    walk = assigned(filed(), "urban", "police")
    accepted(walk, "urban")
    accepted(walk, "police")
    assert _asked(walk, "police").open == ["approve", "handle", "handle"]
    assert walk.task("approve").data["assignment"]["unit"] == "police"


# ---- call-back and rating


@pytest.mark.parametrize("stars", [5, 4, 3])
def test_a_satisfied_resident_ends_it(stars: int) -> None:
    walk = rated(handled(filed()), stars)
    assert walk.ended == "solved"
    assert walk.notices[-1] == "closed"


def test_the_resident_is_asked_by_page_and_by_telephone_and_the_first_answer_counts() -> None:
    walk = handled(filed())
    assert walk.open == ["phone", "rate"]
    assert walk.setting("rate", "role") == "resident"
    assert walk.setting("phone", "role") == "callback"
    walk.do("phone", reached="yes", phone_solved="yes", phone_stars=4)
    assert walk.ended == "solved"
    assert walk.workflow.data["answer"] == {
        "answered": True,
        "by": "callback",
        "solved": "yes",
        "stars": 4,
        "grounds": None,
    }


def test_who_is_not_reached_is_called_again_the_next_day() -> None:
    walk = handled(filed())
    walk.do("phone", reached="no", phone_note="关机")
    assert walk.open == ["rate"]
    walk.until("tomorrow")
    assert walk.open == ["phone", "rate"]
    walk.do("phone", reached="yes", phone_solved="no", phone_stars=1, phone_grounds="还在施工")
    assert walk.open == ["judge"]


@pytest.mark.parametrize(
    ("evidence", "then"),
    [
        # the evidence shows that it is solved: it ends, and is not counted as satisfied
        ("yes", "solved"),
        # it does not: the grounds are judged as if the resident had complained
        ("no", None),
    ],
)
def test_no_answer_is_settled_by_the_supervision_office_and_is_not_satisfied(evidence: str, then: str | None) -> None:
    walk = handled(filed())
    walk.until("expired")
    assert walk.open == ["close", "phone", "rate"]
    assert walk.setting("close", "role") == "supervision"
    walk.do("close", close_solved=evidence, close_note="三次拨打无人接听，查看现场照片")
    if then is None:
        assert walk.open == ["judge"]
    else:
        assert walk.ended == then
        assert walk.workflow.data["answer"]["answered"] is False


def test_a_late_rating_still_counts_while_it_is_being_settled() -> None:
    walk = handled(filed())
    walk.until("expired")
    assert rated(walk, 4).ended == "solved"


def test_an_unsatisfied_rating_needs_grounds() -> None:
    walk = handled(filed())
    with pytest.raises(Invalid) as refused:
        walk.do("rate", rated_solved="no", stars=1)
    assert set(refused.value.facts["fields"]) == {"rated_grounds"}


def test_grounds_that_do_not_hold_are_answered_with_reasons() -> None:
    walk = unsatisfied(handled(filed()), hold="no")
    assert walk.open == ["explain"]
    walk.do("explain", explanation="施工许可合法，时段符合规定。", explained_how="phone")
    assert walk.open == ["track"]
    walk.do("track", track_reason="工地许可期内施工合法", review_on="2026-12-31")
    assert walk.ended == "explained"


def test_justified_dissatisfaction_goes_to_a_different_handler() -> None:
    walk = unsatisfied(handled(filed(), by="anna"))
    assert walk.open == ["order"]
    statutory = walk.due("statutory")
    walk.do("order", rework_demand="夜间值守一周")
    assert list(walk.issued)[-1] == "rework_order"
    assert walk.open == ["assign"]
    assert walk.task("assign").data["rework"] == {
        "round": 1,
        "grounds": "昨晚又施工到凌晨两点",
        "demand": "夜间值守一周",
    }
    accepted(assigned(walk))
    assert walk.setting("handle", "exclude") == ["anna"]
    assert walk.due("statutory") == statutory
    assert rated(replied(walk, by="boris"), 5).ended == "solved"


def test_every_former_handler_is_kept_out_of_the_next_round() -> None:
    walk = reworked(handled(filed(), by="anna"), by="boris")
    unsatisfied(walk)
    walk.do("order", rework_demand="再次上门处理")
    accepted(assigned(walk))
    assert walk.setting("handle", "exclude") == ["anna", "boris"]


def test_a_return_during_rework_is_ruled_and_assigned_elsewhere() -> None:
    walk = unsatisfied(handled(filed()))
    walk.do("order", rework_demand="夜间值守一周")
    returned(assigned(walk), "urban", "granted")
    assert walk.open == ["assign"]
    replied(accepted(assigned(walk, "police"), "police"), "police", by="boris")
    assert walk.task("rate").data["reply"]["unit"] == "police"


@pytest.mark.parametrize(
    ("category", "bound"),
    [
        ("noise", 2),
        # a question is answered again once
        ("question", 1),
    ],
)
def test_rework_is_bounded_and_then_raised(category: str, bound: int) -> None:
    walk = handled(filed(category), by="anna")
    for number in range(bound):
        reworked(walk, by=f"handler-{number}")
    unsatisfied(walk)
    assert walk.open == ["raise"]
    assert walk.notices[-1] == "closed"
    walk.do("raise", raised_to="市政府办公室", raise_reason="跨区工地，须市级协调")
    assert walk.ended == "raised"
    assert list(walk.issued)[-1] == "raise_request"


# ---- other ends


def test_what_is_beyond_this_level_is_raised() -> None:
    walk = rated(handled(filed(), result="beyond"), 4)
    assert walk.open == ["raise"]
    walk.do("raise", raised_to="市住建局", raise_reason="须市级规划调整")
    assert walk.ended == "raised"


def test_what_cannot_be_solved_now_is_explained_and_tracked() -> None:
    walk = rated(handled(filed(), result="explained"), 3)
    assert walk.open == ["track"]
    walk.do("track", track_reason="等待管网改造", review_on="2026-12-31")
    assert walk.ended == "explained"


@pytest.mark.parametrize("stage", ["record", "verify", "assign", "sign", "handle", "rate", "judge", "rework"])
def test_the_resident_may_withdraw_at_any_time(stage: str) -> None:
    walk = filed()
    steps = {
        "record": lambda: None,
        "verify": lambda: registered(walk),
        "assign": lambda: whistled(walk),
        "sign": lambda: assigned(walk, "urban", "police"),
        "handle": lambda: accepted(assigned(walk)),
        "rate": lambda: handled(walk),
        "judge": lambda: rated(handled(walk), 1, solved="no"),
        "rework": lambda: (unsatisfied(handled(walk)), walk.do("order", rework_demand="夜间值守一周")),
    }
    steps[stage]()
    walk.send("withdrawn")
    assert walk.ended == "withdrawn"
    assert walk.open == []
    assert walk.told[-1].notice == "withdrawn"
    assert walk.told[-1].to == "resident; owner"


# ---- the statutory clock


def test_the_statutory_clock_runs_from_filing_by_category() -> None:
    assert filed("noise").due("statutory") - MONDAY > timedelta(days=6)
    assert filed("safety").due("statutory") == MONDAY + timedelta(hours=24)


def test_a_late_case_is_told_rung_by_rung_and_listed_while_work_goes_on() -> None:
    walk = accepted(assigned(filed()))
    walk.until("late_ten")
    assert "conference" in walk.open
    told = [each.notice for each in walk.told if each.element_id == "statutory"]
    assert told == ["due_soon", "due_very_soon", "overdue", "supervised", "conference"]
    walk.do("conference", measures=["talk", "listed"], conference_due="2026-12-31", conference_note="区领导包案")
    assert list(walk.issued)[-1] == "conference_decision"
    replied(walk)
    assert rated(walk, 4).ended == "solved"


def test_a_listing_that_nobody_decided_goes_with_the_case() -> None:
    walk = accepted(assigned(filed()))
    walk.until("late_ten")
    replied(walk)
    assert "conference" in walk.open
    rated(walk, 5)
    assert (walk.ended, walk.open) == ("solved", [])


@pytest.mark.parametrize(
    "category", ["utility", "safety", "question", "suggestion", "building", "labour", "roads", "", "unheard-of"]
)
def test_every_category_has_times_and_runs(category: str) -> None:
    walk = handled(filed(category))
    assert rated(walk, 5).ended == "solved"


# ---- was everything walked?


def test_every_flow_and_every_timer_is_walked() -> None:
    """Walks every path of this file again where not all of them were run here before."""
    assert_all_walked("petition", globals(), WALKS, WALKED)
