"""The proposal process, path by path: every branch, every timer, every end."""

from datetime import datetime
from typing import Any

import pytest

from engine.clock import CHINA
from engine.errors import Invalid
from engine.spiff import StepFailed
from tests.bpmn.coverage import assert_all_walked
from tests.bpmn.proposal.journey import (
    CARRIED,
    FAILED,
    FEW,
    MONDAY,
    ProposalWalk,
    accepted,
    built,
    convened,
    decided,
    funded,
    opened,
    planned,
    proposal,
    published,
    reviewed,
    voted,
)

#: Every walk of the paths since this was last emptied; the last test asks what they have used.
WALKS: list[ProposalWalk] = []
#: Names of the paths that were walked in this run, each with its arguments.
WALKED: set[str] = set()
URGED = {"urged_whom": "社区党组织", "urged_answer": "今天办结"}


@pytest.fixture(autouse=True)
def _note_the_path(request: pytest.FixtureRequest) -> None:
    WALKED.add(request.node.name)


def filed(category: str = "facility", **more: Any) -> ProposalWalk:
    """A proposal whose ways are counted."""
    walk = proposal(category, **more)
    WALKS.append(walk)
    return walk


# ---- public, and seconded


def test_nothing_is_public_before_somebody_has_looked_for_names() -> None:
    walk = filed()
    assert walk.open == ["screen"]
    assert walk.published == []
    walk.do("screen", public_as="redacted", public_title="加装路灯", public_text="三号楼前夜间很暗，请加装路灯。")
    kind, said = walk.performed[0]
    assert (kind, said["publish.data"]["title"], said["publish.data"]["hope"]) == ("publish", "加装路灯", None)


def test_enough_households_bring_it_to_the_review() -> None:
    walk = opened(filed())
    walk.second(4)
    assert walk.open == []
    walk.second()
    assert walk.open == ["examine"]
    assert walk.setting("examine", "role") == "party_organisation"
    assert walk.notices == ["seconded"]


def test_too_few_households_in_time_end_it_and_its_proposer_learns_the_numbers() -> None:
    walk = opened(filed())
    walk.second(2)
    walk.until("expired")
    assert walk.ended == "rejected"
    assert walk.notices == ["short"]
    assert walk.workflow.data["seconds"] == 2


def test_an_urgent_need_is_reviewed_at_once() -> None:
    assert opened(filed("urgent")).open == ["examine"]


def test_its_proposer_may_withdraw_it_while_it_is_being_seconded() -> None:
    walk = opened(filed())
    walk.send("withdrawn")
    assert walk.ended == "withdrawn"
    assert walk.notices == ["withdrawn"]


def test_what_was_seconded_cannot_be_withdrawn_by_one() -> None:
    walk = opened(filed())
    walk.second(5)
    assert [each.name for each in walk.workflow.waiting_messages()] == []


# ---- reviewed


@pytest.mark.parametrize(
    ("decision", "more", "outcome", "notice"),
    [
        # each with reasons that are published as written
        ("reject", {}, "rejected", "rejected"),
        ("merge", {"duplicate_of": "YS2026-000000"}, "merged", "merged"),
        ("convert", {}, "converted", "converted"),
    ],
)
def test_what_is_not_accepted_ends_with_published_reasons(
    decision: str, more: dict[str, Any], outcome: str, notice: str
) -> None:
    walk = reviewed(filed(), decision, **more)
    assert walk.ended == outcome
    assert walk.notices[-1] == notice
    assert walk.published == ["call", "review"]
    assert next(iter(walk.issued)) == "topic"


def test_a_proposal_that_becomes_a_petition_is_not_typed_twice() -> None:
    walk = reviewed(filed(), "convert")
    assert [settings["convert.kind"] for kind, settings in walk.performed if kind == "convert"] == ["petition"]


def test_a_review_that_is_late_reaches_the_street() -> None:
    walk = opened(filed("urgent"))
    walk.until("unreviewed")
    assert walk.open == ["examine", "urge_review"]
    assert walk.setting("urge_review", "role") == "street_centre"
    walk.do("urge_review", **URGED)
    assert reviewed(walk).open == ["convene"]


# ---- deliberated and voted on


@pytest.mark.parametrize(
    ("matter", "special", "role", "rule"),
    [
        # who deliberates, and by which rule, is a table
        ("everyday", False, "council", "council"),
        ("major", False, "residents_committee", "residents"),
        ("representatives", False, "residents_committee", "representatives"),
        ("owners", False, "owners_committee", "owners"),
        ("owners", True, "owners_committee", "owners_special"),
        ("urgent", False, "council", "home_council"),
        ("village", False, "party_organisation", "party_branch"),
    ],
)
def test_the_nature_of_the_matter_decides_who_deliberates(matter: str, special: bool, role: str, rule: str) -> None:
    walk = reviewed(filed(), matter=matter, **({"special": special} if matter == "owners" else {}))
    assert walk.setting("convene", "role") == role
    assert walk.task("convene").data["stage"]["rule"] == rule


def test_a_village_deliberates_four_times() -> None:
    walk = reviewed(filed("village"), matter="village")
    stages = []
    while "convene" in walk.open:
        stages.append(walk.task("convene").data["stage"]["name"])
        voted(walk)
    assert stages == ["党支部会提议", "村两委会商议", "党员大会审议", "村民会议决议"]
    assert [vote["passed"] for vote in walk.workflow.data["votes"]] == [True] * 4
    assert walk.open == ["lawful"]


def test_a_village_stops_at_the_first_deliberation_that_fails() -> None:
    walk = reviewed(filed("village"), matter="village")
    voted(voted(walk), FAILED)
    assert walk.ended == "not_passed"


def test_the_version_of_the_rule_is_kept_with_the_votes() -> None:
    walk = decided(filed())
    vote = walk.workflow.data["votes"][0]
    assert vote["version"] == "居民议事会规则（建议）·1"
    assert {name: vote[name] for name in CARRIED} == CARRIED
    assert "vote" in walk.published


@pytest.mark.parametrize(
    ("when", "version"),
    [
        (datetime(2025, 9, 1, 9, tzinfo=CHINA), "居委会组织法（2018）"),
        (MONDAY, "2026年起·居民会议（沿用原数，待核对新法条文）"),
    ],
)
def test_the_version_of_the_rule_is_that_of_the_meetings_day(when: datetime, version: str) -> None:
    walk = voted(reviewed(filed(now=when), matter="major"), {**CARRIED, "eligible": 9})
    assert walk.workflow.data["votes"][0]["version"] == version


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        # six of nine is two thirds, and five of nine more than half of those entitled
        ({"eligible": 9, "present": 6, "yes": 5, "no": 1, "abstain": 0}, None),
        # four of six are most of those present, but not of those entitled
        ({"eligible": 9, "present": 6, "yes": 4, "no": 2, "abstain": 0}, "not_passed"),
        (FAILED, "not_passed"),
    ],
)
def test_a_council_decides_with_more_than_half_of_those_entitled(votes: dict[str, int], outcome: str | None) -> None:
    walk = voted(reviewed(filed()), votes)
    assert walk.ended == outcome
    if outcome:
        assert walk.notices[-1] == "failed"


@pytest.mark.parametrize(
    ("special", "yes", "area_yes", "outcome"),
    [
        # more than half of heads and of area
        (False, 41, 4100, None),
        # heads alone are not enough
        (False, 41, 4000, "not_passed"),
        # exactly three quarters of both are enough for the special matters
        (True, 60, 6000, None),
        (True, 59, 6000, "not_passed"),
    ],
)
def test_owners_decide_by_heads_and_by_area(special: bool, yes: int, area_yes: int, outcome: str | None) -> None:
    walk = reviewed(filed("owners"), matter="owners", special=special)
    votes = {"eligible": 100, "present": 80, "yes": yes, "no": 80 - yes, "abstain": 0}
    voted(walk, votes, area_total=10_000, area_present=8_000, area_yes=area_yes)
    assert walk.ended == outcome


def test_owners_without_two_thirds_of_the_area_have_no_quorum() -> None:
    walk = reviewed(filed("owners"), matter="owners")
    votes = {"eligible": 100, "present": 80, "yes": 80, "no": 0, "abstain": 0}
    voted(walk, votes, area_total=10_000, area_present=6_000, area_yes=6_000)
    assert walk.open == ["convene"]


def test_without_a_quorum_it_is_called_once_more_and_then_ends() -> None:
    walk = voted(reviewed(filed()), FEW)
    assert walk.open == ["convene"]
    voted(walk, FEW)
    assert walk.ended == "no_quorum"


def test_the_second_call_may_carry_it() -> None:
    walk = voted(voted(reviewed(filed()), FEW))
    assert walk.open == ["lawful"]


@pytest.mark.parametrize(
    ("votes", "field"),
    [
        # more present than entitled
        ({"eligible": 9, "present": 10, "yes": 10, "no": 0, "abstain": 0}, "present"),
        # votes that are not those present
        ({"eligible": 9, "present": 8, "yes": 7, "no": 0, "abstain": 0}, "abstain"),
        ({"eligible": 9, "present": 8, "yes": 9, "no": 0, "abstain": 0}, "yes"),
    ],
)
def test_votes_that_break_their_rule_are_refused_beside_the_field_and_nothing_changes(
    votes: dict[str, int], field: str
) -> None:
    walk = convened(reviewed(filed()))
    walk.do("sign_in", eligible=9, present=8)
    walk.do("deliberate", opinions="多数赞成", plan="在三号楼前加装两盏路灯", cost=0)
    before = walk.workflow.snapshot()
    with pytest.raises(Invalid) as refused:
        walk.do("vote", **votes, counted_by_whom="监督委员会")
    assert field in refused.value.facts["fields"]
    assert walk.workflow.snapshot() == before
    assert walk.open == ["vote"]


def test_owners_votes_must_fit_their_areas() -> None:
    walk = convened(reviewed(filed("owners"), matter="owners"))
    walk.do("sign_in", eligible=10, present=8, area_total=1000, area_present=800)
    walk.do("deliberate", opinions="多数赞成", plan="在三号楼前加装两盏路灯", cost=0)
    with pytest.raises(Invalid) as refused:
        walk.do("vote", eligible=10, present=8, yes=8, no=0, abstain=0, area_total=1000, area_present=1200, area_yes=0,
                counted_by_whom="监督委员会")  # fmt: skip
    assert set(refused.value.facts["fields"]) == {"area_present", "area_yes"}


def test_a_notice_that_is_too_short_is_refused() -> None:
    walk = reviewed(filed())
    soon = "2026-03-10T19:00+08:00"
    with pytest.raises(Invalid) as refused:
        walk.do("convene", plan="在三号楼前加装两盏路灯", cost=0, meeting_at=soon, meeting_where="社区会议室")
    assert list(refused.value.facts["fields"]) == ["meeting_at"]
    assert walk.open == ["convene"]


# ---- lawful and funded


def test_what_is_unlawful_is_not_carried_out() -> None:
    walk = decided(filed())
    walk.do("lawful", lawful="no", lawful_reason="违反物权平等保护")
    assert (walk.ended, walk.notices[-1], walk.published[-1]) == ("rejected", "not_feasible", "refusal")


def test_what_cannot_be_paid_is_not_carried_out() -> None:
    walk = decided(filed())
    walk.do("lawful", lawful="yes", lawful_reason="程序和内容合法")
    walk.do("budget", budget_decision="refuse", budget_reason="余额不足")
    assert (walk.ended, walk.published[-1]) == ("rejected", "refusal")


def test_more_than_the_balance_is_given_back_to_who_entered_it() -> None:
    walk = decided(filed(fund=100))
    walk.do("lawful", lawful="yes", lawful_reason="程序和内容合法")
    snapshot = walk.workflow.snapshot()
    with pytest.raises((Invalid, StepFailed)):
        walk.do("budget", budget_decision="reserve", budget_yuan=12_000, budget_reason="属于专项经费范围")
    assert (walk.left, walk.reserved) == (100, 0)
    assert snapshot


def test_what_costs_nothing_needs_no_budget() -> None:
    walk = funded(filed(), 0)
    assert walk.published[-1] == "decision"


# ---- published, objected to


def test_a_decision_that_nobody_objects_to_is_carried_out_after_seven_days() -> None:
    walk = funded(filed())
    assert walk.open == []
    walk.until("expired")
    assert walk.open == ["plan"]


def test_an_objection_that_does_not_hold_is_answered_and_the_time_runs_on() -> None:
    walk = funded(filed())
    walk.object()
    assert walk.open == ["check"]
    assert walk.setting("check", "role") == "supervisory_committee"
    walk.do("check", objection_result="dismissed", objection_answer="消防通道不受影响，现场已核对。")
    walk.until("expired")
    assert walk.open == ["plan"]


def test_objections_are_answered_one_by_one_even_after_the_time() -> None:
    walk = funded(filed())
    walk.object("一")
    walk.objections.append("二")
    walk.do("check", objection_result="dismissed", objection_answer="第一条经核查不成立。")
    assert walk.task("check").data["objection"]["text"] == "二"


def test_an_objection_that_is_not_checked_in_time_reaches_the_street() -> None:
    walk = funded(filed())
    walk.object()
    walk.until("unchecked")
    assert walk.open == ["check", "urge"]
    walk.do("urge", **URGED)
    walk.do("check", objection_result="dismissed", objection_answer="经核查不成立，详见附件。")
    assert "check" not in walk.open
    if not walk.open:
        walk.until("expired")
    assert walk.open == ["plan"]


def test_an_objection_that_holds_gives_the_money_back_and_it_is_deliberated_again() -> None:
    walk = funded(filed())
    walk.object()
    walk.do("check", objection_result="upheld", objection_answer="占用消防通道，异议成立。")
    assert walk.open == ["convene"]
    assert (walk.left, walk.reserved) == (20_000_000, 0)


def test_an_objection_that_holds_twice_ends_it() -> None:
    walk = funded(filed())
    walk.object()
    walk.do("check", objection_result="upheld", objection_answer="占用消防通道，异议成立。")
    voted(walk)
    walk.do("lawful", lawful="yes", lawful_reason="程序和内容合法")
    walk.do("budget", budget_decision="reserve", budget_yuan=100, budget_reason="属于专项经费范围")
    walk.object()
    walk.do("check", objection_result="upheld", objection_answer="仍占用消防通道，异议成立。")
    assert walk.ended == "rejected"
    assert walk.reserved == 0


# ---- carried out


def test_it_is_carried_out_paid_accepted_and_evaluated() -> None:
    walk = accepted(built(filed()))
    assert (walk.left, walk.reserved) == (20_000_000 - 1_200_000, 0)
    walk.do("evaluate", by="resident", stars=5)
    assert walk.ended == "implemented"
    assert walk.workflow.data["answer"] == {"stars": 5}
    assert walk.published == [
        "call", "review", "meeting", "vote", "decision", "plan", "result", "evaluation",
    ]  # fmt: skip
    assert list(walk.issued) == [
        "topic", "meeting_notice", "sign_in", "minutes", "tally", "decision", "publication", "payment", "acceptance",
        "result",
    ]  # fmt: skip


def test_several_milestones_run_side_by_side() -> None:
    walk = planned(published(filed()), ("安装路灯", 8_000), ("恢复路面", 4_000))
    assert walk.open == ["carry_out", "carry_out"]


@pytest.mark.parametrize(
    "rows",
    [
        # more than was reserved
        [{"title": "安装路灯", "due": "2026-12-01", "yuan": 12_000.01}],
        # a date that is past
        [{"title": "安装路灯", "due": "2026-01-01", "yuan": 0}],
    ],
)
def test_a_plan_that_breaks_its_rule_is_refused(rows: list[dict[str, Any]]) -> None:
    walk = published(filed())
    with pytest.raises(Invalid) as refused:
        walk.do("plan", plan_milestones=rows)
    assert list(refused.value.facts["fields"]) == ["plan_milestones"]


def test_what_is_not_good_on_site_is_done_again() -> None:
    walk = planned(published(filed()), ("安装路灯", 0))
    for result in ("bad", "good"):
        walk.do("carry_out", carried_out="路灯已装好")
        walk.do("verify", verify_result=result, verify_finding="现场核对")
    assert walk.open == ["accept"]


def test_a_late_milestone_goes_from_the_chair_to_the_supervisors_to_the_street() -> None:
    walk = planned(published(filed()), ("安装路灯", 0))
    for timer, task, role in (
        ("late_one", "urge_chair", "main_leader"),
        ("late_two", "urge_supervisors", "supervisory_committee"),
        ("late_three", "urge_street", "street_centre"),
    ):
        walk.until(timer)
        assert walk.setting(task, "role") == role
        walk.do(task, **URGED)
    walk.do("carry_out", carried_out="路灯已装好")
    walk.do("verify", verify_result="good", verify_finding="现场核对")
    assert walk.open == ["accept"]


def test_an_urge_that_nobody_did_goes_with_the_milestone() -> None:
    walk = planned(published(filed()), ("安装路灯", 0))
    walk.until("late_one")
    walk.do("carry_out", carried_out="路灯已装好")
    walk.do("verify", verify_result="good", verify_finding="现场核对")
    assert walk.open == ["accept"]


# ---- accepted, evaluated


def test_what_is_not_accepted_is_put_right() -> None:
    walk = built(filed(), 0)
    walk.do("accept", accept_result="mend", accept_finding="一盏灯不亮", mend_days=3)
    assert walk.setting("mend", "role") == "residents_committee"
    walk.do("mend", mended="已更换灯具")
    assert accepted(walk).open == ["evaluate"]


def test_no_evaluation_in_time_is_no_satisfaction() -> None:
    walk = accepted(built(filed(), 0))
    walk.until("silent")
    assert walk.ended == "implemented"
    assert walk.workflow.data.get("answer") is None


# ---- was everything walked?


def test_every_flow_and_every_timer_is_walked() -> None:
    """Walks every path of this file again where not all of them were run here before."""
    assert_all_walked("proposal", globals(), WALKS, WALKED)
