"""Every way through a mediation: each branch, each timer, each end, on the engine's own door."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from engine.clock import CHINA
from engine.errors import Invalid
from tests.bpmn.coverage import assert_all_walked
from tests.bpmn.mediation.journey import (
    APPLICANT,
    RESPONDENT,
    THIRD,
    appointed,
    confirmed,
    consented,
    drafted,
    filed_away,
    left_open,
    mediation,
    planned,
    registered,
    signed,
    talked,
    terminated,
    unconfirmed,
    visited,
)
from tests.bpmn.walk import Walk

#: Every walk of this file, for the coverage at its end.
WALKS: list[Walk] = []
#: The tests of this file that ran.
WALKED: set[str] = set()


@pytest.fixture(autouse=True)
def _note(request: pytest.FixtureRequest) -> None:
    WALKED.add(request.node.name)


def filed(**more: Any) -> Walk:
    walk = mediation(**more)
    WALKS.append(walk)
    return walk


def who(walk: Walk, element_id: str) -> tuple[str, str]:
    """Whose task it is from the start, and in which unit."""
    task = walk.task(element_id)
    assert walk.outline(task.process_id, element_id).assignment == {"assignee": "=mediator"}
    return task.data["mediator"], walk.setting(element_id, "unit")


# ---- registered and accepted


def test_the_desk_has_a_new_application_and_the_committee_accepts_it() -> None:
    walk = filed()
    assert walk.open == ["record"]
    assert (walk.setting("record", "role"), walk.setting("record", "unit")) == ("mediator", "willow")
    registered(walk)
    assert walk.notices == ["mediation_accepted"]
    assert list(walk.issued) == ["application", "acceptance_register"]
    assert "阳台外挑影响采光" in walk.issued["acceptance_register"]


def test_without_another_party_it_comes_back_to_the_desk() -> None:
    walk = filed(parties=[APPLICANT])
    registered(walk)
    assert walk.open == ["record"]
    assert walk.notices == []
    walk.parties.append(RESPONDENT)  # type: ignore[attr-defined]
    assert registered(walk).open == ["agree"]


@pytest.mark.parametrize(
    ("answers", "advice"),
    [
        # a crime is reported, before anything else is asked
        ({"criminal": True, "elsewhere": True}, "公安机关"),
        # a special body, or no mediation by law
        ({"forbidden": True}, "专门机关"),
        # a court or an authority has it already
        ({"elsewhere": True}, "在原处办理"),
    ],
)
def test_what_is_out_of_scope_is_told_with_the_way_to_go(answers: dict[str, Any], advice: str) -> None:
    walk = registered(filed(), scope_note="不属于人民调解范围", **answers)
    assert walk.ended == "out_of_scope"
    assert walk.notices == ["mediation_not_accepted"]
    assert advice in walk.issued["non_acceptance"]


def test_out_of_scope_needs_an_explanation() -> None:
    walk = filed()
    with pytest.raises(Invalid) as refused:
        registered(walk, criminal=True)
    assert set(refused.value.facts["fields"]) == {"scope_note"}


def test_a_late_registration_reaches_the_chair_and_the_urge_goes_with_it() -> None:
    walk = filed()
    walk.until("unregistered")
    assert walk.open == ["record", "urge_register"]
    assert walk.setting("urge_register", "role") == "mediation_chair"
    assert registered(walk).open == ["agree"]


def test_a_chair_who_urged_the_desk_is_done() -> None:
    walk = filed()
    walk.until("unregistered")
    walk.do("urge_register", urged_whom="受理岗", urged_answer="马上登记")
    assert walk.open == ["record"]


@pytest.mark.parametrize(
    ("channel", "source"),
    # who applies on the page has applied; what staff file is offered unless they say it was referred
    [("portal", "applied"), ("visit", "offered")],
)
def test_the_desk_finds_how_it_came(channel: str, source: str) -> None:
    assert filed(channel=channel).task("record").data["source"] == source


# ---- consent


def test_who_applied_has_consented_and_only_the_others_are_asked() -> None:
    walk = registered(filed(parties=[APPLICANT, RESPONDENT, THIRD]))
    assert [task.data["party"]["key"] for task in walk.workflow.open_tasks()] == ["p2", "p3"]
    assert walk.setting("agree", "party", party="p3") == "p3"
    assert consented(walk).open == ["wish", "wish", "wish"]


@pytest.mark.parametrize("source", ["offered", "referred"])
def test_what_nobody_applied_for_needs_the_consent_of_everybody(source: str) -> None:
    walk = registered(filed(), source=source)
    assert sorted(task.data["party"]["key"] for task in walk.workflow.open_tasks()) == ["p1", "p2"]
    assert consented(walk).open == ["wish", "wish"]


def test_one_party_that_does_not_consent_is_enough() -> None:
    walk = registered(filed(parties=[APPLICANT, RESPONDENT, THIRD]))
    walk.do("agree", party="p3", agree="no", agree_reason="court")
    assert walk.open == ["write"]
    assert terminated(walk).ended == "refused"
    assert "court" not in walk.issued["termination"]


def test_a_party_that_does_not_answer_is_reached_by_the_chair() -> None:
    walk = registered(filed())
    walk.until("unanswered")
    assert walk.open == ["agree", "reach"]
    assert ("unanswered", "mediation_chair") in {(told.notice, told.to) for told in walk.told}
    walk.do("reach", urged_whom="被申请人", urged_answer="同意调解")
    walk.do("agree", party="p2", agree="yes")
    assert walk.open == ["wish", "wish"]


def test_silence_is_no_consent() -> None:
    walk = registered(filed())
    walk.until("silent")
    assert walk.open == ["write"]
    assert terminated(walk).ended == "refused"


# ---- the mediator


def test_the_parties_choose_and_the_chair_appoints_whom_they_chose() -> None:
    walk = consented(filed())
    for party in ("p1", "p2"):
        walk.do("wish", party=party, wish="m2")
    assert [each["wish"] for each in walk.task("appoint").data["wishes"]] == ["m2", "m2"]
    walk.do("appoint", mediator="m2")
    assert who(walk, "accept") == ("m2", "east")
    walk.do("accept", by="m2", accept_decision="accept")
    assert who(walk, "plan") == ("m2", "east")
    assert walk.notices[-1] == "mediation_rights"
    assert "调解员乙（东街道）" in walk.issued["rights"]


def test_without_a_choice_in_time_the_chair_appoints() -> None:
    walk = consented(filed())
    walk.until("unchosen")
    assert walk.open == ["appoint"]


def test_a_mediator_with_an_interest_steps_back_and_another_is_chosen() -> None:
    walk = left_open(consented(filed()))
    walk.do("appoint", mediator="m1")
    walk.do("accept", accept_decision="recuse", recuse_note="与申请人是亲属")
    with pytest.raises(Invalid) as refused:
        walk.do("appoint", mediator="m1")
    assert set(refused.value.facts["fields"]) == {"mediator"}
    walk.do("appoint", mediator="m2")
    walk.do("accept", accept_decision="accept")
    assert walk.open == ["plan"]


def test_a_mediator_who_does_not_accept_in_time_is_replaced_by_the_chair() -> None:
    walk = left_open(consented(filed()))
    walk.do("appoint", mediator="m1")
    walk.until("unaccepted")
    assert walk.open == ["appoint"]


@pytest.mark.parametrize("granted", [True, False], ids=["granted", "refused"])
def test_a_party_may_ask_for_another_mediator(granted: bool) -> None:
    walk = planned(filed())
    walk.take("recusal", recusal_reason="调解员与对方同住一个单元")
    assert walk.open == ["rule"]
    assert walk.setting("rule", "role") == "mediation_chair"
    walk.do("rule", recusal_decision="granted" if granted else "refused", recusal_ruling="已经核实")
    if not granted:
        assert walk.open == ["plan"]
        assert who(walk, "plan") == ("m1", "willow")
        return
    left_open(walk)
    assert [each["value"] for each in walk.task("appoint").data["candidates"]] == ["m2"]
    walk.do("appoint", mediator="m2")
    walk.do("accept", accept_decision="accept")
    assert who(walk, "plan") == ("m2", "east")


# ---- sessions


def test_sessions_are_repeated_and_each_has_minutes() -> None:
    walk = filed()
    for _ in range(3):
        talked(walk, "again")
    talked(walk)
    assert [each["number"] for each in walk.task("draft").data["sessions"]] == [1, 2, 3, 4]
    assert walk.notices.count("session") == 4
    assert "分期拆除" in walk.issued["minutes"]


def test_experts_are_invited_with_the_consent_of_all() -> None:
    walk = appointed(filed())
    with pytest.raises(Invalid) as refused:
        walk.do(
            "plan", session_at="2026-03-18T15:00+08:00", session_place="社区调解室", session_open="open",
            invitees="lawyer", invitees_agreed=False,
        )  # fmt: skip
    assert set(refused.value.facts["fields"]) == {"invitees_agreed"}
    planned(walk, "lawyer")
    walk.do("advise", invitee_unit="清河律师事务所", invitee_opinion="外挑部分应当拆除")
    talked(walk)
    assert "外挑部分应当拆除" in walk.issued["minutes"]


@pytest.mark.parametrize(
    ("go_on", "result", "then"),
    [
        # the police have it, the talks go on as they ended
        ("yes", "agreed", ["draft"]),
        ("yes", "again", ["plan"]),
        # it cannot go on, whatever was agreed
        ("no", "agreed", ["write"]),
    ],
)
def test_danger_is_reported_to_the_police(go_on: str, result: str, then: list[str]) -> None:
    walk = talked(filed(), result, danger=True)
    assert walk.open == ["police"]
    walk.do(
        "police", police_to="柳园派出所", police_at="2026-03-18T16:00+08:00", police_measures="分开当事人",
        police_go_on=go_on,
    )  # fmt: skip
    assert walk.open == then


def test_talks_that_fail_are_terminated_with_the_ways_that_are_left() -> None:
    walk = talked(filed(), "failed")
    assert terminated(walk).ended == "failed"
    assert "向人民法院起诉" in walk.issued["termination"]
    assert walk.performed[-1][0] != "convert"


# ---- the agreement


def test_a_written_agreement_is_signed_by_all_and_sealed() -> None:
    walk = drafted(filed())
    assert [task.data["party"]["key"] for task in walk.workflow.open_tasks()] == ["p1", "p2"]
    signed(walk)
    assert "agreement_served" in walk.notices
    assert "拆除阳台外挑部分" in walk.issued["agreement"]
    assert walk.open == ["apply_jointly", "apply_jointly"]


def test_an_oral_agreement_is_recorded_and_in_effect() -> None:
    walk = drafted(filed(), form="oral")
    assert list(walk.issued)[-1] == "oral_record"
    assert walk.notices[-1] == "agreement_oral"
    assert "sign" not in walk.open


def test_who_does_not_sign_brings_the_parties_back_to_the_table() -> None:
    walk = drafted(filed())
    walk.do("sign", party="p2", sign="no", sign_note="期限太短")
    assert walk.open == ["plan"]
    assert signed(walk).open == ["apply_jointly", "apply_jointly"]


def test_an_agreement_that_is_not_signed_in_time_is_none() -> None:
    walk = drafted(filed(now=datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)))
    walk.do("sign", party="p1", sign="yes")
    walk.until("unsigned")
    assert walk.open == ["plan"]


def test_the_chair_sends_an_agreement_back_and_it_is_signed_again() -> None:
    walk = drafted(filed())
    for party in ("p1", "p2"):
        walk.do("sign", party=party, sign="yes")
    walk.do("seal", seal_decision="return", seal_note="写明拆除期限")
    assert walk.open == ["draft"]
    assert "agreement" not in walk.issued
    assert signed(drafted(walk)).open == ["apply_jointly", "apply_jointly"]


# ---- the month


def test_the_month_runs_from_acceptance() -> None:
    walk = consented(filed())
    assert walk.due("statutory").astimezone(CHINA).date().isoformat() == "2026-04-09"


def test_all_parties_agree_to_more_time() -> None:
    walk = planned(filed())
    walk.take("ask_longer", longer_days=15, longer_reason="等待测量结果")
    assert walk.open == ["hold", "longer", "longer"]
    for party in ("p1", "p2"):
        walk.do("longer", party=party, longer="yes")
    assert [(each["extend"], each["extend.amount"]) for each in walk.extended] == [("statutory", 15)]
    assert walk.notices[-1] == "prolonged"
    assert list(walk.issued)[-1] == "prolongation"
    assert walk.open == ["hold"]


@pytest.mark.parametrize("answer", ["no", None], ids=["one-refuses", "one-is-silent"])
def test_without_the_agreement_of_all_the_date_stands(answer: str | None) -> None:
    walk = planned(filed())
    walk.take("ask_longer", longer_days=15, longer_reason="等待测量结果")
    walk.do("longer", party="p1", longer="yes")
    if answer:
        walk.do("longer", party="p2", longer=answer)
    else:
        walk.until("unanswered")
    assert walk.extended == []
    assert walk.told[-1].notice == "not_prolonged" or "not_prolonged" in walk.notices
    assert walk.open == ["hold"]


def test_an_overdue_mediation_reaches_the_chair_and_then_ends_without_force() -> None:
    walk = planned(filed())
    walk.until("overdue")
    assert walk.open == ["hold", "review"]
    assert [told.notice for told in walk.told if told.element_id == "statutory"] == [
        "due_soon",
        "due_very_soon",
        "overdue",
    ]
    walk.do("review", review_decision="continue", review_note="等待测量结果")
    assert walk.open == ["hold"]
    walk.until("expired")
    assert walk.open == ["write"]
    assert walk.task("write").data["stop_reason"] == "expired"
    assert terminated(walk).ended == "failed"


def test_the_chair_may_terminate_what_has_no_hope() -> None:
    walk = planned(filed())
    walk.until("overdue")
    walk.do("review", review_decision="terminate", review_note="各方分歧过大")
    assert terminated(walk).ended == "failed"


# ---- refusal and withdrawal, at any time

PHASES: dict[str, Callable[[Walk], Walk]] = {
    "asked to consent": registered,
    "choosing a mediator": consented,
    "before a session": appointed,
    "after a session": lambda walk: talked(walk, "again"),
    "signing": drafted,
}


@pytest.mark.parametrize("phase", PHASES)
def test_any_party_may_refuse_at_any_time(phase: str) -> None:
    walk = PHASES[phase](filed())
    walk.take("refused", refusal_reason="unwilling")
    assert walk.open == ["write"]
    assert walk.notices[-1] == "mediation_stopped"
    assert walk.clocks.keys() == {task.id for task in walk.workflow.open_tasks()}
    assert terminated(walk).ended == "refused"


@pytest.mark.parametrize("phase", ["before", *PHASES])
def test_the_applicant_may_withdraw_at_any_time(phase: str) -> None:
    walk = filed()
    PHASES.get(phase, lambda walk: walk)(walk)
    walk.take("withdrawn_early" if phase == "before" else "withdrawn")
    assert walk.ended == "withdrawn"
    assert walk.told[-1].notice == "mediation_withdrawn"
    assert walk.open == []


def test_a_refusal_during_a_recusal_or_an_extension_ends_them_too() -> None:
    walk = planned(filed())
    walk.take("ask_longer", longer_days=15, longer_reason="等待测量结果")
    walk.take("recusal", recusal_reason="调解员与对方同住一个单元")
    assert walk.open == ["longer", "longer", "rule"]
    walk.take("refused", refusal_reason="other")
    assert walk.open == ["write"]


# ---- on the way to a petition


def test_a_failed_mediation_goes_on_as_a_petition_and_nothing_is_typed_again() -> None:
    walk = terminated(talked(filed(), "failed"), go_on="yes")
    kind, asked = walk.performed[-1]
    assert (kind, asked["convert.kind"], asked["convert.link"]) == ("convert", "petition", "became")
    assert asked["convert.data"]["mediation"] == {"number": "TJ2026-000001", "sessions": 1}
    assert walk.ended == "failed"


def test_an_applicant_who_does_not_say_keeps_the_other_ways() -> None:
    walk = talked(filed(), "failed")
    walk.do("write", termination_reason="未能达成一致", remedies=["court"])
    walk.until("silent")
    assert walk.open == ["file"]
    assert filed_away(walk).ended == "failed"


# ---- performance


def test_every_date_of_performance_is_visited() -> None:
    duties = [{"due": "2026-04-10", "what": "拆除外挑部分"}, {"due": "2026-04-24", "what": "恢复外墙"}]
    walk = unconfirmed(signed(drafted(filed(), duties=duties)))
    assert walk.open == []
    visited(walk)
    assert walk.open == []
    visited(walk)
    assert filed_away(walk).ended == "performed"
    assert "恢复外墙" in walk.issued["return_visit"]


def test_a_date_on_a_day_off_is_visited_on_the_next_working_day() -> None:
    walk = unconfirmed(signed(drafted(filed(), duties=[{"due": "2026-05-02", "what": "拆除外挑部分"}])))
    walk.until("due")
    assert walk.now().astimezone(CHINA).date().isoformat() == "2026-05-06"


def test_an_agreement_without_dates_was_performed_on_the_spot() -> None:
    walk = unconfirmed(signed(drafted(filed(), duties=[])))
    assert filed_away(walk).ended == "performed"


@pytest.mark.parametrize("second", ["yes", "no"])
def test_what_is_not_performed_is_urged_once_and_then_advised(second: str) -> None:
    walk = visited(unconfirmed(signed(filed())), "part")
    walk.do("urge", urge_answer="答应下周完成")
    walk.until("wait")
    visited(walk, second)
    assert (walk.notices[-1] == "advise_suit") is (second == "no")
    assert filed_away(walk).ended == ("performed" if second == "yes" else "failed")


def test_a_visit_that_is_not_made_reaches_the_chair() -> None:
    walk = unconfirmed(signed(filed()))
    walk.until("due")
    walk.until("unvisited")
    assert walk.open == ["look", "remind"]
    walk.do("remind", urged_whom="调解员", urged_answer="今天上门")
    assert walk.open == ["look"]
    assert filed_away(visited(walk)).ended == "performed"


# ---- judicial confirmation


def test_a_joint_application_is_confirmed_by_the_court() -> None:
    walk = confirmed(signed(filed()))
    assert walk.told[-1].notice == "confirmation_result"
    assert "清河区人民法院" in walk.issued["confirmation_application"]
    assert filed_away(visited(walk)).ended == "confirmed"


@pytest.mark.parametrize("matter", ["identity", "marriage", "adoption"])
def test_status_marriage_and_adoption_are_never_confirmed(matter: str) -> None:
    walk = signed(drafted(filed(), matter=matter))
    assert "apply_jointly" not in walk.open
    assert filed_away(visited(walk)).ended == "performed"


def test_one_party_that_does_not_want_it_ends_the_confirmation() -> None:
    walk = signed(filed())
    walk.do("apply_jointly", party="p1", confirmation_wish="yes")
    walk.do("apply_jointly", party="p2", confirmation_wish="no")
    assert "prepare" not in walk.open
    assert filed_away(visited(walk)).ended == "performed"


def test_both_parties_are_reminded_twenty_and_five_days_before_it_lapses() -> None:
    walk = signed(drafted(filed(), duties=[]))
    reminded = []
    for timer in ("remind_first", "remind_last"):
        walk.until(timer)
        assert ("confirmation_reminder", "parties") in {(told.notice, told.to) for told in walk.told}
        reminded.append(walk.now().astimezone(CHINA).date().isoformat())
    # in effect on Monday 9 March, the thirtieth day is Wednesday 8 April
    assert reminded == ["2026-03-19", "2026-04-03"]
    walk.until("lapsed")
    assert walk.now().astimezone(CHINA).date().isoformat() == "2026-04-09"
    assert walk.told[-1].notice == "confirmation_lapsed"
    assert walk.open == ["file"]
    assert filed_away(walk).ended == "performed"


def test_papers_that_are_not_filed_in_time_lapse_too() -> None:
    walk = signed(drafted(filed(), duties=[]))
    for party in ("p1", "p2"):
        walk.do("apply_jointly", party=party, confirmation_wish="yes")
    walk.until("lapsed")
    assert walk.open == ["file"]


def test_the_court_is_asked_when_it_does_not_docket_in_three_days() -> None:
    walk = signed(drafted(filed(), duties=[]))
    for party in ("p1", "p2"):
        walk.do("apply_jointly", party=party, confirmation_wish="yes")
    walk.do("prepare", confirmation_court="清河区人民法院", confirmation_checked=True)
    assert (walk.setting("docket", "role"), walk.setting("docket", "unit")) == ("court", "qinghe")
    walk.until("undocketed")
    assert walk.open == ["ask_court", "docket"]
    assert walk.setting("ask_court", "role") == "judicial_office"
    walk.do("ask_court", urged_whom="立案庭", urged_answer="今天办理")
    walk.do("docket", docketed="no", court_reason="协议内容不明确")
    assert walk.told[-1].notice == "confirmation_result"
    assert filed_away(walk).ended == "performed"


def test_a_dismissed_application_leaves_the_contract() -> None:
    walk = confirmed(signed(drafted(filed(), duties=[])), "dismissed")
    assert filed_away(walk).ended == "performed"


def test_a_confirmed_agreement_stays_confirmed_when_it_is_not_performed() -> None:
    walk = visited(confirmed(signed(filed())), "no")
    walk.do("urge", urge_answer="没有钱履行")
    walk.until("wait")
    visited(walk, "no")
    assert filed_away(walk).ended == "confirmed"


# ---- and all of it


def test_every_flow_and_every_timer_is_walked() -> None:
    """Walks every path of this file again where not all of them were run here before."""
    assert_all_walked("mediation", globals(), WALKS, WALKED)
