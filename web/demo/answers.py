"""What the demonstration's staff and residents enter, by task and by how the case goes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from web.demo.matters import Course, Story

_C = Course
_SOLVES_IN_COMMUNITY: Final = (_C.COMMUNITY,)


def answer(
    form: str, story: Story, *, round_: int, unit: str, data: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what is entered at a task.

    Args:
        form: id of the task's form.
        round_: how often this form was filled in in this case before, 0 first.
        unit: code of the unit that does it.
        data: what the task sees.
        now: the simulated time.
    """
    fixed = _FIXED.get(form)
    if fixed is not None:
        return dict(fixed)
    made: dict[str, Any] = _MAKERS[form](story, round_, unit, data, now)
    return made


_FIXED: Final[dict[str, dict[str, Any]]] = {
    "verify": {"contacted": "yes", "visited": True, "facts_found": "已到现场，情况属实，已拍照并与居民通话。"},
    "whistle": {
        "whistle_reason": "社区没有执法权和维修资金，需要部门到场。",
        "whistle_need": "请主办部门到现场查看并提出处理办法。",
    },
    "solve": {
        "local_measures": "联系物业和保洁当天处理，网格员复查。",
        "local_result": "solved",
        "local_reply": "您反映的问题社区已经处理完毕，网格员已到现场复查。如再出现，请随时告诉我们。",
    },
    "urge": {"urged_whom": "部门负责人", "urged_answer": "已安排人员当天到场。"},
    "extension_approve": {
        "extension_decision": "approve",
        "extension_days": 3,
        "extension_reason": "配件到货需要三天，同意延期。",
    },
    "merge": {
        "merged_result": "solved",
        "merged_reply": "几个部门已到现场联合处理：噪声和油烟均已整改，夜间巡查一个月。",
    },
    "draft": {
        "reply_text": "我单位接到您的诉求后到现场核实，已完成处理，并请您到场确认。如再出现同样的问题，请直接联系我们。"
    },
    "sign_off": {"sign_off_decision": "approve"},
    "rework": {"rework_demand": "请另派人员到现场，限期彻底解决并当面确认。"},
    "explain": {"explanation": "因管线改造排在明年，目前只能先做临时处理，已向您说明安排。", "explained_how": "phone"},
    "rating_close": {"close_solved": "yes", "close_note": "三次电话未接，现场照片能证明已经解决。"},
}


def _record(story: Story, _round: int, _unit: str, _data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    if story.course is not _C.DIVERTED:
        return {"category": story.category}
    return {
        "category": story.category,
        "statute": True,
        "statute_kind": "mediation",
        "divert_reason": "属于民事赔偿纠纷，可先申请人民调解，也可直接起诉。",
    }


def _attempt(story: Story, _round: int, _unit: str, _data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    if story.course is not _C.GRID:
        return {"attempt_result": "unsolved", "attempt_note": "已协调，现场解决不了，请社区研判。"}
    return {
        "attempt_result": "solved",
        "attempt_note": "当场联系维修人员处理完毕，居民在场确认。",
        "local_reply": "您反映的问题已当场处理，您也到现场看过。以后有情况可以直接找我。",
    }


def _consider(story: Story, _round: int, _unit: str, _data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    return {"community_can": "yes" if story.course in _SOLVES_IN_COMMUNITY else "no"}


def _assign(story: Story, round_: int, _unit: str, data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    proposal = data.get("proposal") or {}
    options = [option["value"] for option in proposal.get("departments", [])]
    returned = {report.get("unit") for report in data.get("reports") or [] if report.get("returned")}
    lead = proposal.get("lead")
    if lead not in options or lead in returned:
        lead = next(code for code in options if code not in returned)
    co = [code for code in proposal.get("co") or [] if code != lead and code not in returned]
    return {
        "lead_unit": lead,
        "co_units": co if story.course is _C.SEVERAL else [],
        "assign_demand": "请到现场核实，联系居民，按期办结并书面答复。",
    }


def _sign(story: Story, round_: int, _unit: str, data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    refuses = story.course is _C.RETURNED and round_ == 0
    if story.course is _C.SEVERAL and data.get("assignment", {}).get("lead") is False and round_ == 1:
        refuses = True
    if not refuses:
        return {"sign_decision": "accept"}
    return {
        "sign_decision": "return",
        "return_reason": "该处建筑的审批和查处由另一部门负责。",
        "return_basis": "部门权责清单第12项",
        "return_suggestion": "住房和建设局",
    }


def _arrive(_story: Story, _round: int, _unit: str, _data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "arrived_at": now.isoformat(timespec="minutes"),
        "arrival_way": "site",
        "resident_contacted": "yes",
        "arrival_note": "已到现场并与居民见面，说明办理安排。",
    }


def _handle(story: Story, _round: int, _unit: str, _data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    measures = "派人到场维修并复查，拍照留存，责任到人。"
    if story.course is not _C.EXPLAINED:
        return {"handle_measures": measures, "handle_result": "solved"}
    return {
        "handle_measures": "约谈物业，要求按规定公示账目。",
        "handle_result": "explained",
        "handle_reason": "账目审计需要业主大会表决，目前未达到法定比例。",
    }


def _rule(story: Story, round_: int, _unit: str, _data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    granted = story.course is _C.RETURNED
    reason = "建筑审批确由住建部门负责，另行交办。" if granted else "权责清单列明由你单位负责，请继续办理。"
    return {"ruling": "granted" if granted else "refused", "ruling_reason": reason}


def _rate(story: Story, round_: int, _unit: str, _data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    if story.course is _C.REWORK and round_ == 0:
        return {"rated_solved": "no", "stars": 2, "rated_grounds": "只停了两天，又开始半夜施工。"}
    if story.course is _C.REWORK:
        return {"rated_solved": "yes", "stars": 4}
    if story.rating >= 3:
        return {"rated_solved": "no" if story.course is _C.EXPLAINED else "yes", "stars": story.rating,
                "rated_grounds": "理解目前的难处，希望尽快有结果。"}  # fmt: skip
    return {"rated_solved": "no", "stars": story.rating, "rated_grounds": "问题还在。"}


def _track(_story: Story, _round: int, _unit: str, _data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    review = now.date().replace(year=now.year + 1) if (now.month, now.day) != (2, 29) else now.date()
    return {"track_reason": "需业主大会表决，社区已帮助启动程序。", "review_on": review.isoformat()}


def _phone(story: Story, round_: int, unit: str, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    rated = _rate(story, round_, unit, data, now)
    return {"reached": "yes", "phone_solved": rated["rated_solved"], "phone_stars": rated["stars"],
            "phone_grounds": rated.get("rated_grounds", "已说明。")}  # fmt: skip


def _judge(story: Story, _round: int, _unit: str, _data: Mapping[str, Any], _now: datetime) -> dict[str, Any]:
    if story.course is _C.REWORK:
        return {"grounds_hold": "yes", "judge_reason": "现场复查，问题确实仍然存在。"}
    return {"grounds_hold": "no", "judge_reason": "答复依据充分，需等业主大会表决。"}


def _conference(_story: Story, _round: int, _unit: str, _data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "measures": ["deadline"],
        "conference_due": now.date().isoformat(),
        "conference_note": "请承办单位限期办结，每周报告进展。",
    }


_MAKERS: Final = {
    "record": _record, "attempt": _attempt, "consider": _consider, "assign": _assign, "sign": _sign, "arrive": _arrive,
    "handle": _handle, "rule": _rule, "judge": _judge, "rating_online": _rate, "track": _track, "rating_phone": _phone,
    "conference": _conference,
}  # fmt: skip
