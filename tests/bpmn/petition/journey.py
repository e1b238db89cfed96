"""The steps of a petition as people take them, so that a test says only what is special about its case."""

from datetime import datetime
from typing import Any

from engine.clock import CHINA
from tests.bpmn.walk import Walk, read_package

#: A Monday morning in a week without holidays.
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)
PLACE = {"code": "willow-1", "name": "柳园一村", "community": "willow", "street": "east", "district": "qinghe"}


def petition(category: str = "noise", *, now: datetime = MONDAY) -> Walk:
    """A petition that was just filed; the register desk has it."""
    case = {
        "id": "0190", "number": "SQ2026-000001", "kind": "petition", "title": "夜间施工噪声", "category": category,
        "channel": "portal", "filed_at": now,
    }  # fmt: skip
    services = {"convert": lambda _call: {"converted_number": "TJ2026-000001"}}
    return Walk(read_package("petition"), case=case, place=PLACE, now=now, services=services)


def registered(walk: Walk, **answers: Any) -> Walk:
    """The desk registers it as it is; what has no category it knows is "other"."""
    offered = next(part for part in walk.version.form("record").walk() if part.path == ("category",)).settings["values"]
    if walk.task("record").data["category"] not in [option["value"] for option in offered]:
        answers.setdefault("category", "other")
    walk.do("record", **answers)
    return walk


def whistled(walk: Walk) -> Walk:
    """Grid and community cannot do it; the street has it."""
    registered(walk)
    walk.do("verify", contacted="yes", facts_found="属实，凌晨仍在施工")
    walk.do("attempt", attempt_result="unsolved", attempt_note="现场劝阻无效")
    walk.do("consider", community_can="no")
    walk.do("blow", whistle_reason="社区没有执法权", whistle_need="请城管现场处置")
    return walk


def assigned(walk: Walk, lead: str = "urban", *co: str) -> Walk:
    """The street assigns it; each department has a task to accept."""
    if "assign" not in walk.open:
        whistled(walk)
    walk.do("assign", lead_unit=lead, co_units=list(co), assign_demand="到场核实并处置")
    return walk


def accepted(walk: Walk, unit: str = "urban") -> Walk:
    """A department accepts, reports and is about to handle it."""
    walk.do("sign", unit=unit, sign_decision="accept")
    walk.do(
        "arrive",
        unit=unit,
        arrived_at="2026-03-10T10:00+08:00",
        arrival_way="site",
        resident_contacted="yes",
        arrival_note="已约时间",
    )
    return walk


def returned(walk: Walk, unit: str, ruling: str) -> Walk:
    """A department returns it, and the street rules."""
    walk.do("sign", unit=unit, sign_decision="return", return_reason="不属于本单位职责", return_basis="权责清单第三条")
    walk.do("rule", unit=unit, ruling=ruling, ruling_reason="按权责清单认定")
    return walk


def replied(walk: Walk, unit: str = "urban", *, by: str = "anna", result: str = "solved") -> Walk:
    """A department that has accepted handles it and signs its reply."""
    why = {} if result == "solved" else {"handle_reason": "需要上级批准的规划调整"}
    walk.do("handle", unit=unit, by=by, handle_measures="责令停工并罚款", handle_result=result, **why)
    walk.do("draft", unit=unit, reply_text="夜间施工已责令停止，再有发生请来电。")
    walk.do("sign_off", unit=unit, sign_off_decision="approve")
    return walk


def handled(walk: Walk, *, by: str = "anna", result: str = "solved") -> Walk:
    """One department has it from assignment to reply; the resident is asked."""
    return replied(accepted(assigned(walk)), by=by, result=result)


def rated(walk: Walk, stars: int, *, solved: str = "yes") -> Walk:
    """The resident rates."""
    grounds = {} if solved == "yes" and stars >= 3 else {"rated_grounds": "昨晚又施工到凌晨两点"}
    walk.do("rate", by="resident", rated_solved=solved, stars=stars, **grounds)
    return walk


def unsatisfied(walk: Walk, *, hold: str = "yes") -> Walk:
    """The resident is not satisfied, and the call-back group judges the grounds."""
    rated(walk, 1, solved="no")
    walk.do("judge", grounds_hold=hold, judge_reason="核对施工记录")
    return walk


def reworked(walk: Walk, *, by: str) -> Walk:
    """A justified dissatisfaction is ordered to be handled again, and a department does."""
    unsatisfied(walk)
    walk.do("order", rework_demand="夜间值守一周，确保不再施工")
    return handled(walk, by=by)
