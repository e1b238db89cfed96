"""The agency process, path by path: every branch, every timer, every end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.errors import Invalid
from tests.bpmn.agency.journey import (
    MONDAY,
    AgencyWalk,
    accepted,
    accepted_by_agent,
    concluded,
    days,
    drafted,
    entrusted,
    examined,
    final,
    recorded,
    reviewed,
    served,
    signed,
    transferred,
)
from tests.bpmn.coverage import assert_all_walked
from tests.bpmn.walk import Walk

#: Every walk of the paths since this was last emptied; the last test asks what they have used.
WALKS: list[Walk] = []
#: Names of the paths that were walked in this run, each with its arguments.
WALKED: set[str] = set()


@pytest.fixture(autouse=True)
def _note_the_path(request: pytest.FixtureRequest) -> None:
    WALKED.add(request.node.name)


def filed() -> AgencyWalk:
    """An agency case whose ways are counted; somebody has asked for an agent."""
    walk = AgencyWalk()
    WALKS.append(walk)
    return walk


# ---- mandate and draft


def test_an_agent_of_the_community_is_asked_first() -> None:
    walk = filed()
    assert walk.open == ["accept"]
    assert (walk.setting("accept", "role"), walk.setting("accept", "unit")) == ("agent", "willow")


def test_the_mandate_is_written_and_says_what_the_agent_may_do() -> None:
    walk = signed(filed())
    assert walk.open == ["draft"]
    assert "代拟信访请求、查询并说明进展" in walk.issued["mandate"]
    assert "至事项办结" in walk.issued["mandate"]


def test_an_agent_with_an_interest_cannot_accept() -> None:
    walk = filed()
    with pytest.raises(Invalid):
        walk.do("accept", second_wanted="no")
    assert walk.open == ["accept"]


def test_a_second_agent_is_another_person_and_there_is_no_third() -> None:
    walk = filed()
    walk.do("accept", by="agent-one", conflict_checked=True, second_wanted="yes")
    assert walk.open == ["second"]
    assert walk.setting("second", "exclude") == ["agent-one"]
    walk.do("second", by="agent-two", conflict_checked=True)
    assert walk.open == ["sign"]
    walk.do("sign", mandate_scope=["draft"], mandate_signed=True)
    walk.do("draft", draft_request="请求补偿", draft_facts="协议签订已满两年，补偿未付。")
    walk.do("approve", draft_approved="yes")
    walk.until("next")
    assert walk.task("contact").data["agents"] == ["agent-one", "agent-two"]


def test_only_the_agent_with_the_mandate_drafts() -> None:
    assert signed(filed()).owner("draft") == "agent-one"


def test_the_resident_sends_the_draft_back_until_it_is_right() -> None:
    walk = drafted(filed())
    assert walk.setting("approve", "role") == "resident"
    walk.do("approve", draft_approved="no", draft_note="金额写错了")
    assert walk.task("draft").data["draft_note"] == "金额写错了"
    walk.do("draft", draft_request="请求支付补偿款", draft_facts="协议签订已满两年，补偿未付。")
    walk.do("approve", draft_approved="yes")
    assert walk.open == ["record"]
    assert walk.task("record").data["request"] == "请求支付补偿款"


def test_a_draft_that_waits_reminds_the_resident_and_stays_valid() -> None:
    walk = drafted(filed())
    walk.until("waiting")
    assert walk.notices == ["draft_waiting"]
    assert walk.open == ["approve"]
    walk.do("approve", draft_approved="yes")
    assert walk.open == ["record"]


def test_a_matter_that_no_agent_takes_is_filed_by_the_resident() -> None:
    walk = filed()
    walk.until("nobody")
    assert walk.open == ["self_draft"]
    assert walk.setting("self_draft", "role") == "resident"
    walk.do("self_draft", own_request="请求支付补偿款", own_facts="协议签订已满两年，补偿未付。")
    assert walk.open == ["record"]
    assert walk.task("record").data["agents"] == []


@pytest.mark.parametrize(
    "before",
    [lambda walk: walk, accepted_by_agent, signed, drafted],
    ids=["asked", "accepted", "signed", "drafted"],
)
def test_the_mandate_may_be_revoked_at_any_time_and_the_resident_goes_on(before: Callable[..., AgencyWalk]) -> None:
    walk = before(filed())
    walk.take("revoked", revoke_reason="我自己来")
    assert walk.open == ["self_draft"]
    assert walk.told[-1].notice == "mandate_ended"
    assert "我自己来" in walk.issued["revocation"]
    walk.do("self_draft", own_request="请求支付补偿款", own_facts="协议签订已满两年，补偿未付。")
    assert walk.open == ["record"]
    assert walk.task("record").data["request"] == "请求支付补偿款"
    assert "revoked" not in walk.offered


# ---- the agent accompanies


def test_the_agent_contacts_the_resident_again_and_again() -> None:
    walk = entrusted(filed())
    for _ in range(2):
        walk.until("next")
        assert walk.owner("contact") == "agent-one"
        walk.do("contact", contacted="yes", contact_note="已说明正在登记", contact_again="yes")
    walk.until("next")
    walk.do("contact", contacted="yes", contact_note="委托人自己查询", contact_again="no")
    assert walk.open == ["record", "urge"]
    assert "revoked" not in walk.offered


def test_a_mandate_revoked_later_ends_the_agents_part_alone() -> None:
    walk = transferred(filed())
    walk.until("next")
    assert walk.open == ["contact", "receive"]
    walk.take("revoked")
    assert walk.open == ["receive"]
    assert walk.told[-1].notice == "mandate_ended"
    walk.do("receive", receive_decision="accept")
    assert walk.open == ["investigate"]


def test_the_agents_part_goes_with_the_matter() -> None:
    walk = recorded(filed(), refusal="remit", screen_reason="属于中央事权")
    assert walk.ended == "diverted"


# ---- registered and classified


def test_an_unregistered_request_reaches_the_street_leader_after_fifteen_days() -> None:
    walk = entrusted(filed())
    walk.until("late")
    assert walk.now().date() == MONDAY.date() + timedelta(days=15)
    assert "urge" in walk.open
    assert walk.setting("urge", "role") == "street_leader"
    walk.do("urge", urged_whom="街道信访岗", urged_answer="今日登记")
    assert "record" in walk.open


@pytest.mark.parametrize(
    ("kind", "item"),
    [("judicial", "第一项"), ("arbitration", "第二项"), ("party", "第三项"), ("administrative", "第四项")],
)
def test_items_one_to_four_of_article_31_are_guided_to_their_route(kind: str, item: str) -> None:
    walk = recorded(filed(), statute_kind=kind, screen_reason="应走法定程序")
    assert walk.ended == "diverted"
    assert walk.notices == ["guided"]
    assert item in walk.issued["guidance"]


@pytest.mark.parametrize(
    ("answers", "item"),
    [
        # a duty is done and answered, a suggestion studied and answered: neither ends in an opinion
        ({"statute_kind": "duty"}, "第五项"),
        ({"nature": "suggestion", "statute_kind": None}, "第二十九条"),
    ],
    ids=["duty", "suggestion"],
)
@pytest.mark.parametrize("result", ["explained", "not_supported"])
def test_items_five_and_suggestions_are_answered_without_an_opinion(
    answers: dict[str, Any], item: str, result: str
) -> None:
    walk = concluded(filed(), result, **{key: value for key, value in answers.items() if value})
    assert walk.told[-1].notice == "answered"
    assert item in walk.issued["answer"]
    assert "opinion" not in walk.issued
    walk.do("serve", served_at=walk.now().isoformat(), served_how="person", served_note="本人签收")
    assert walk.ended == result


@pytest.mark.parametrize("why", ["remit", "pending", "repeated", "unlawful"])
def test_what_is_not_to_be_accepted_is_refused_with_reasons(why: str) -> None:
    walk = recorded(filed(), refusal=why, screen_reason="理由如下")
    assert walk.ended == "diverted"
    assert walk.notices == ["refused"]
    assert "理由如下" in walk.issued["refusal"]


def test_a_refusal_without_a_reason_is_refused_by_the_form() -> None:
    with pytest.raises(Invalid) as refused:
        recorded(filed(), refusal="remit")
    assert set(refused.value.facts["fields"]) == {"screen_reason"}


# ---- an accusation


def test_an_accusation_goes_to_discipline_as_a_sealed_case() -> None:
    walk = recorded(filed(), nature="accusation", accused_units=["housing", "east"], accusation_kind="duty")
    assert walk.ended == "diverted"
    assert walk.notices == ["sealed"]
    ((kind, said),) = walk.performed
    assert kind == "convert"
    assert said["convert.kind"] == "accusation"
    assert said["convert.sealed"] is True
    assert said["convert.accused"] == ["housing", "east"]


def test_what_is_asked_beside_an_accusation_becomes_a_clean_matter() -> None:
    walk = recorded(
        filed(), nature="accusation", accused_units=["housing"], accusation_kind="discipline", rest=True,
        rest_title="补偿款未付", rest_text="请求支付拆迁补偿款，协议已满两年。",
    )  # fmt: skip
    assert walk.ended == "diverted"
    assert [said["convert.kind"] for _, said in walk.performed] == ["accusation", "petition"]
    clean = walk.performed[1][1]
    assert (clean["convert.title"], clean["convert.text"]) == ("补偿款未付", "请求支付拆迁补偿款，协议已满两年。")


def test_the_notice_of_an_accusation_says_nothing_of_it() -> None:
    walk = recorded(filed(), nature="accusation", accused_units=["housing"], accusation_kind="duty")
    said = walk.version.notice_texts("sealed").write({"case": {"number": "DL1", "title": "房管局收钱"}}, "zh_CN")
    assert "房管局" not in said.subject + said.body
    assert walk.issued.keys() == {"mandate", "register"}


# ---- transferred and accepted


def test_the_competent_unit_accepts_and_the_resident_is_told() -> None:
    walk = transferred(filed())
    assert "转送单" in walk.issued["transfer"]
    assert walk.setting("receive", "unit") == "housing"
    walk.do("receive", receive_decision="accept")
    assert walk.notices == ["accepted"]
    assert walk.open == ["investigate"]


def test_the_competent_unit_may_refuse_with_reasons() -> None:
    walk = transferred(filed())
    walk.do("receive", receive_decision="refuse", receive_reason="行政诉讼正在审理", receive_basis="条例第二十三条")
    assert walk.ended == "diverted"
    assert walk.notices == ["not_accepted"]
    assert "行政诉讼正在审理" in walk.issued["non_acceptance"]


def test_an_objection_that_the_sender_agrees_to_goes_to_another_unit() -> None:
    walk = transferred(filed())
    walk.do("receive", receive_decision="object", receive_reason="属城管职责", receive_basis="三定方案")
    assert walk.setting("rule", "role") == "petition_office"
    walk.do("rule", objection_ruling="agree", objection_ruling_reason="职责清单明确")
    assert walk.open == ["choose"]
    walk.do("choose", competent_unit="urban", transfer_demand="请依法处理")
    assert walk.setting("receive", "unit") == "urban"
    walk.do("receive", receive_decision="accept")
    assert walk.open == ["investigate"]


def test_an_objection_that_the_sender_refuses_leaves_it_with_the_unit() -> None:
    walk = transferred(filed())
    walk.do("receive", receive_decision="object", receive_reason="属城管职责", receive_basis="三定方案")
    walk.do("rule", objection_ruling="refuse", objection_ruling_reason="补偿协议由住建签订")
    assert walk.open == ["investigate"]
    assert walk.setting("investigate", "unit") == "housing"


def test_an_objection_after_five_working_days_is_found_by_the_check() -> None:
    walk = transferred(filed())
    late = {"receive_decision": "object", "receive_reason": "属城管职责", "receive_basis": "三定方案"}
    data = {**walk.task("receive").data, **late}
    assert walk.setting("receive", "check") == "objection_check"
    assert walk.decide("objection_check", data) is None
    days(walk, 8)
    (found,) = walk.decide("objection_check", data)
    assert found["field"] == "receive_decision"
    assert walk.decide("objection_check", {**data, "receive_decision": "accept"}) is None


def test_no_notice_within_fifteen_days_reaches_the_units_lead() -> None:
    walk = transferred(filed())
    walk.until("late")
    assert walk.setting("urge", "role") == "department_lead"
    assert walk.setting("urge", "unit") == "housing"
    walk.do("urge", urged_whom="承办科室", urged_answer="今日告知")
    walk.do("receive", receive_decision="accept")
    assert "investigate" in walk.open


def test_the_simple_procedure_accepts_in_three_and_answers_in_ten_working_days() -> None:
    walk = transferred(filed(), simple=True)
    assert walk.due("accept").date() == MONDAY.date() + timedelta(days=3)
    walk.do("receive", receive_decision="accept")
    assert walk.due("handle").date() == MONDAY.date() + timedelta(days=14)


# ---- handled and answered


def test_it_is_handled_within_sixty_days_of_acceptance() -> None:
    walk = transferred(filed())
    days(walk, 5)
    walk.do("receive", receive_decision="accept")
    assert walk.due("handle").date() == MONDAY.date() + timedelta(days=65)


def test_an_opinion_is_sent_back_until_the_lead_agrees() -> None:
    walk = accepted(filed())
    walk.do("investigate", heard="yes", facts_found="协议真实有效，账户变更。")
    walk.do(
        "draft",
        opinion_result="explained",
        opinion_text="补偿款将支付。请耐心等待。",
        opinion_reason="依据补偿协议第五条规定。",
    )
    assert walk.setting("sign_off", "role") == "department_lead"
    walk.do("sign_off", sign_off_decision="revise", sign_off_note="写明日期")
    assert walk.task("draft").data["sign_off_note"] == "写明日期"
    walk.do(
        "draft",
        opinion_result="explained",
        opinion_text="补偿款四月底前支付。",
        opinion_reason="依据补偿协议第五条规定。",
    )
    walk.do("sign_off", sign_off_decision="approve")
    assert walk.open == ["serve"]
    assert "四月底前支付" in walk.issued["opinion"]


def test_an_extension_is_approved_by_the_head_and_told_with_its_reason() -> None:
    walk = accepted(filed())
    before = walk.due("handle")
    walk.take("ask", asked_days=20, asked_reason="须重新评估")
    assert (walk.setting("approve", "role"), walk.setting("approve", "unit")) == ("main_leader", "housing")
    walk.do("approve", extension_decision="approve", extension_days=20, extension_reason="须重新评估房屋价值")
    assert walk.due("handle").date() == before.date() + timedelta(days=20)
    assert walk.told[-1].notice == "extended"
    assert "须重新评估房屋价值" in walk.issued["extension"]


def test_an_extension_is_at_most_thirty_days() -> None:
    walk = accepted(filed())
    walk.take("ask", asked_days=30, asked_reason="须重新评估")
    with pytest.raises(Invalid) as refused:
        walk.do("approve", extension_decision="approve", extension_days=31, extension_reason="须重新评估")
    assert set(refused.value.facts["fields"]) == {"extension_days"}


def test_a_second_extension_is_refused_with_the_reason() -> None:
    walk = accepted(filed())
    walk.take("ask", asked_days=20, asked_reason="须重新评估")
    walk.do("approve", extension_decision="approve", extension_days=20, extension_reason="须重新评估")
    before = walk.due("handle")
    walk.take("ask", asked_days=30, asked_reason="还需要时间")
    assert walk.told[-1].notice == "extension_refused"
    assert "规定最多延期 1 次，已经用完" in walk.written[-2].body
    assert walk.due("handle") == before


def test_a_refused_extension_leaves_the_date() -> None:
    walk = accepted(filed())
    before = walk.due("handle")
    walk.take("ask", asked_days=20, asked_reason="忙不过来")
    walk.do("approve", extension_decision="refuse", extension_reason="理由不充分")
    assert walk.told[-1].notice == "extension_refused"
    assert walk.due("handle") == before


def test_a_late_opinion_is_told_rung_by_rung_and_goes_to_the_superior() -> None:
    walk = accepted(filed())
    walk.until("later")
    assert (walk.setting("superior", "role"), walk.setting("superior", "unit")) == ("main_leader", "qinghe")
    walk.do("superior", measures=["talk", "deadline"], superior_note="约谈并限期整改")
    assert "investigate" in walk.open
    assert {"overdue", "supervised", "conference"} <= set(walk.notices)


# ---- review and re-review


@pytest.mark.parametrize("result", ["explained", "not_supported"])
def test_an_opinion_stands_when_nobody_asks_for_a_review(result: str) -> None:
    walk = served(filed(), result)
    walk.until("lapsed")
    assert walk.ended == result
    assert "review_reminder" in walk.notices


def test_the_residents_window_runs_from_service_and_rolls_over_holidays() -> None:
    walk = concluded(filed())
    # 30 days after 1 April are 1 May, a holiday until 5 May
    walk.do("serve", served_at="2026-04-01T10:00+08:00", served_how="post", served_note="邮寄签收")
    assert walk.due("review_window").date().isoformat() == "2026-05-06"


def test_the_reminder_comes_before_the_window_is_over() -> None:
    walk = served(filed())
    walk.until("soon")
    assert walk.now() < walk.due("review_window") - timedelta(days=2)
    assert [told.to for told in walk.told if told.notice == "review_reminder"] == ["resident"]
    assert "ask_review" in walk.offered


def test_a_review_is_decided_and_served_and_opens_the_next_window() -> None:
    walk = reviewed(filed())
    assert "维持" in walk.issued["review_opinion"]
    assert walk.offered.count("ask_rereview") == 1
    walk.until("lapsed")
    assert walk.ended == "explained"


def test_a_late_review_reaches_supervision() -> None:
    walk = served(filed())
    walk.take("ask_review", review_grounds="补偿标准算错")
    assert (walk.setting("decide", "role"), walk.setting("decide", "unit")) == ("review_body", "qinghe")
    walk.until("late")
    walk.do("supervise", urged_whom="复查办", urged_answer="本周作出")
    assert "decide" in walk.open


def test_a_review_may_change_the_opinion() -> None:
    walk = reviewed(filed(), "not_supported")
    walk.until("lapsed")
    assert walk.ended == "not_supported"


def test_a_re_review_is_final() -> None:
    walk = final(examined(filed()))
    assert walk.ended == "review_final"
    assert "终结意见" in walk.issued["rereview_opinion"]


def test_a_hearings_time_is_not_counted() -> None:
    walk = examined(filed())
    plain = walk.due("rereview")
    walk = examined(filed(), hearing="yes")
    assert walk.open == ["hear"]
    days(walk, 12)
    walk.do("hear", hearing_at="2026-03-20T09:00+08:00", hearing_minutes="双方陈述完毕，评议认为应重新评估。")
    assert walk.due("rereview").date() == plain.date() + timedelta(days=12)
    assert final(walk, "supported").open == ["execute"]


def test_a_late_re_review_reaches_supervision() -> None:
    walk = examined(filed())
    walk.until("late")
    walk.do("supervise", urged_whom="复核办", urged_answer="本周作出")
    assert final(walk).ended == "review_final"


def test_the_reminder_comes_before_the_second_window_is_over() -> None:
    walk = reviewed(filed())
    walk.until("soon")
    assert walk.notices.count("rereview_reminder") == 1


# ---- carried out


def test_what_was_supported_is_carried_out_before_it_ends() -> None:
    walk = served(filed(), "supported")
    walk.until("lapsed")
    assert "execute" in walk.open
    assert walk.setting("execute", "unit") == "housing"
    walk.do("execute", execution_note="补偿款已到账", executed="yes")
    assert walk.ended == "supported"
    assert "补偿款已到账" in walk.issued["execution"]


def test_what_is_not_carried_out_in_time_reaches_the_units_lead() -> None:
    walk = served(filed(), "supported")
    walk.until("lapsed")
    walk.until("late")
    assert walk.setting("urge", "role") == "department_lead"
    walk.do("urge", urged_whom="财务科", urged_answer="明日支付")
    walk.do("execute", execution_note="补偿款已到账", executed="yes")
    assert walk.ended == "supported"


# ---- at any time

STAGES = [entrusted, transferred, accepted, concluded, served, reviewed, examined]
STAGE_NAMES = ["entrusted", "transferred", "accepted", "concluded", "served", "reviewed", "examined"]


@pytest.mark.parametrize("before", [lambda walk: walk, *STAGES], ids=["asked", *STAGE_NAMES])
def test_the_matter_may_be_withdrawn_at_any_time(before: Callable[..., AgencyWalk]) -> None:
    walk = before(filed())
    walk.take("withdrawn")
    assert walk.ended == "withdrawn"
    assert walk.open == []
    assert walk.told[-1].notice == "withdrawn"


@pytest.mark.parametrize("before", STAGES, ids=STAGE_NAMES)
def test_both_may_settle_at_any_time(before: Callable[..., AgencyWalk]) -> None:
    walk = before(filed())
    under_way = walk.open
    walk.take("settle", settlement_terms="补偿款本月付清，另付利息")
    assert set(under_way) < set(walk.open)
    walk.do("confirm", settlement_true="yes", settlement_note="住建局认可")
    walk.do("agree", resident_agrees="yes")
    assert walk.ended == "settled"
    assert "另付利息" in walk.issued["settlement"]


@pytest.mark.parametrize(
    ("true", "agrees"),
    [
        # the unit knows of no settlement
        ("no", None),
        # the resident thinks better of it
        ("yes", "no"),
    ],
)
def test_without_both_there_is_no_settlement_and_handling_goes_on(true: str, agrees: str | None) -> None:
    walk = accepted(filed())
    walk.take("settle", settlement_terms="补偿款本月付清")
    walk.do("confirm", settlement_true=true, settlement_note="电话核实过")
    if agrees:
        walk.do("agree", resident_agrees=agrees)
    assert walk.ended is None
    assert walk.open == ["investigate"]
    assert "settle" in walk.offered


# ---- was everything walked?


def test_every_flow_and_every_timer_is_walked() -> None:
    """Walks every path of this file again where not all of them were run here before."""
    assert_all_walked("agency", globals(), WALKS, WALKED)
