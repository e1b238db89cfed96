"""What happened to a matter, in words: audit events become lines of the timeline."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from flask_babel import gettext, lazy_gettext

from engine.audit import ActorKind, AuditEvent, Tag
from engine.cases.view import CaseView
from web.words import RUNGS, role_label

#: tag → sentence, icon, tone. `%(…)s` are facts of the event.
_SENTENCES: Final[dict[str, tuple[Any, str, str]]] = {
    Tag.CASE_FILED: (lazy_gettext("提交了事项"), "inbox", "accent"),
    Tag.CASE_ENDED: (lazy_gettext("事项办结"), "flag", "good"),
    Tag.CASE_CORRECTED: (lazy_gettext("更正了事项内容"), "pencil", "plain"),
    Tag.CASE_WITHDRAWN: (lazy_gettext("群众撤回了事项"), "dash-circle", "warn"),
    Tag.CASE_OFFER_TAKEN: (lazy_gettext("提出：%(name)s"), "send", "accent"),
    Tag.CASE_MERGED: (lazy_gettext("并入更早的同一事项"), "layers", "plain"),
    Tag.CASE_CONVERTED: (lazy_gettext("转为另一件办理，编号 %(number)s"), "shuffle", "accent"),
    Tag.CASE_REOPENED: (lazy_gettext("群众重新提出，编号 %(number)s"), "arrow-counterclockwise", "warn"),
    Tag.CASE_RATED: (lazy_gettext("群众作出评价"), "star", "accent"),
    Tag.CASE_PARTY_ADDED: (lazy_gettext("加入了一位当事人"), "person-plus", "plain"),
    Tag.CASE_SERVICE_REVOKED: (lazy_gettext("撤销送达记录 %(number)s"), "dash-circle", "warn"),
    Tag.CASE_PARTY_REMOVED: (lazy_gettext("一位当事人不再是当事人"), "person-x", "warn"),
    Tag.CASE_PARTY_CORRECTED: (lazy_gettext("更正了当事人信息"), "pencil", "plain"),
    Tag.CASE_PARTY_SLIP: (lazy_gettext("打印了当事人凭条"), "printer", "plain"),
    Tag.CASE_COMMENTED: (lazy_gettext("添加了说明"), "chat-left-text", "plain"),
    Tag.CASE_ATTACHED: (lazy_gettext("添加了附件"), "paperclip", "plain"),
    Tag.CASE_ATTACHED_INTERNALLY: (lazy_gettext("添加了内部附件"), "lock", "plain"),
    Tag.CASE_DOCUMENT_ISSUED: (lazy_gettext("发出文书 %(number)s"), "file-earmark-text", "accent"),
    Tag.CASE_DOCUMENT_SERVED: (lazy_gettext("文书已送达 %(number)s"), "check-circle", "plain"),
    Tag.CASE_EXPORTED: (lazy_gettext("群众取走材料副本"), "download", "plain"),
    Tag.CASE_PERSONAL_READ: (lazy_gettext("查看了诉求人信息"), "eye", "plain"),
    Tag.CASE_PERSONAL_ERASED: (lazy_gettext("删除了诉求人信息"), "eye-slash", "plain"),
    Tag.CASE_PUBLISHED: (lazy_gettext("公布了内容"), "send", "accent"),
    Tag.FUND_RESERVED: (lazy_gettext("预留经费"), "inbox", "plain"),
    Tag.FUND_PAID: (lazy_gettext("支付经费"), "check-circle", "plain"),
    Tag.FUND_RELEASED: (lazy_gettext("退回经费"), "arrow-counterclockwise", "plain"),
    Tag.INSTANCE_STARTED: (lazy_gettext("流程开始"), "play-circle", "plain"),
    Tag.INSTANCE_COMPLETED: (lazy_gettext("流程结束"), "stop-circle", "plain"),
    Tag.INSTANCE_CANCELLED: (lazy_gettext("流程取消"), "x-circle", "warn"),
    Tag.INSTANCE_SUSPENDED: (lazy_gettext("流程暂停"), "pause-circle", "warn"),
    Tag.INSTANCE_RESUMED: (lazy_gettext("流程恢复"), "play-circle", "plain"),
    Tag.INSTANCE_MIGRATED: (lazy_gettext("改用新版流程"), "shuffle", "plain"),
    Tag.INSTANCE_STEP_DONE: (lazy_gettext("自动完成：%(name)s"), "gear", "plain"),
    Tag.INSTANCE_MESSAGE_RECEIVED: (lazy_gettext("收到消息：%(name)s"), "envelope", "plain"),
    Tag.WORK_ITEM_CREATED: (lazy_gettext("待办：%(name)s"), "circle", "plain"),
    Tag.WORK_ITEM_REDIRECTED: (
        lazy_gettext("%(instead_of)s都办过前一轮，改由%(unit)s%(role)s办理：%(name)s"),
        "shuffle",
        "warn",
    ),
    Tag.WORK_ITEM_CLAIMED: (lazy_gettext("认领：%(name)s"), "person-check", "accent"),
    Tag.WORK_ITEM_RELEASED: (lazy_gettext("放回：%(name)s"), "arrow-return-left", "plain"),
    Tag.WORK_ITEM_ASSIGNED: (lazy_gettext("指派给%(to)s：%(name)s"), "share", "accent"),
    Tag.WORK_ITEM_TRANSFERRED: (lazy_gettext("转办给%(to)s：%(name)s"), "share", "accent"),
    Tag.WORK_ITEM_DELEGATED: (lazy_gettext("委派给%(to)s：%(name)s"), "person-plus", "accent"),
    Tag.WORK_ITEM_HANDED_BACK: (lazy_gettext("交回确认：%(name)s"), "reply", "accent"),
    Tag.WORK_ITEM_RECALLED: (lazy_gettext("收回：%(name)s"), "arrow-counterclockwise", "plain"),
    Tag.WORK_ITEM_REOPENED: (lazy_gettext("撤回办结：%(name)s"), "arrow-counterclockwise", "warn"),
    Tag.CO_HANDLER_ASKED: (lazy_gettext("加签%(to)s：%(name)s"), "people", "plain"),
    Tag.CO_HANDLER_ANSWERED: (lazy_gettext("会办答复：%(name)s"), "reply", "plain"),
    Tag.CO_HANDLER_REMOVED: (lazy_gettext("减签%(to)s：%(name)s"), "person-x", "plain"),
    Tag.CASE_COPIED: (lazy_gettext("抄送给%(to)s"), "copy", "plain"),
    Tag.CASE_COPY_REMOVED: (lazy_gettext("取消抄送%(to)s"), "x-lg", "plain"),
    Tag.WORK_ITEM_RETURNED: (lazy_gettext("退回：%(name)s"), "arrow-return-left", "warn"),
    Tag.WORK_ITEM_COMPLETED: (lazy_gettext("办结：%(name)s"), "check-circle-fill", "good"),
    Tag.WORK_ITEM_WITHDRAWN: (lazy_gettext("不再需要：%(name)s"), "dash-circle", "plain"),
    Tag.WORK_ITEM_URGED: (lazy_gettext("催办：%(name)s"), "bell", "warn"),
    Tag.TIMER_FIRED: (lazy_gettext("时间到：%(name)s"), "clock-history", "warn"),
    Tag.CLOCK_STARTED: (lazy_gettext("开始计时"), "clock", "plain"),
    Tag.CLOCK_STOPPED: (lazy_gettext("停止计时"), "stop-circle", "plain"),
    Tag.CLOCK_CANCELLED: (lazy_gettext("不再计时"), "x-circle", "plain"),
    Tag.CLOCK_EXTENDED: (lazy_gettext("批准延期"), "calendar-event", "warn"),
    Tag.CLOCK_SUSPENDED: (lazy_gettext("暂停计时"), "pause-circle", "plain"),
    Tag.CLOCK_RESUMED: (lazy_gettext("恢复计时"), "play-circle", "plain"),
    Tag.CLOCK_RECOMPUTED: (lazy_gettext("按新的放假安排重算时限"), "calendar-check", "plain"),
    Tag.RUNG_FIRED: (lazy_gettext("按时限%(rung)s"), "bell", "bad"),
    Tag.RUNG_SKIPPED: (lazy_gettext("跳过：%(rung)s"), "skip-end", "plain"),
    Tag.RUNG_ACKNOWLEDGED: (lazy_gettext("已知悉：%(rung)s"), "check-all", "good"),
    Tag.RUNG_SIGNED: (lazy_gettext("签发督办单"), "pencil-square", "warn"),
    Tag.RUNG_UNSIGNED: (lazy_gettext("再次提请签发：%(rung)s"), "pencil-square", "bad"),
    Tag.RUNG_UNACKNOWLEDGED: (lazy_gettext("%(rung)s：无人知悉，已上报"), "exclamation-octagon-fill", "bad"),
    Tag.NOTICE_QUEUED: (lazy_gettext("通知待发送"), "hourglass-split", "plain"),
    Tag.NOTICE_SENT: (lazy_gettext("通知已发送"), "send", "plain"),
    Tag.NOTICE_FAILED: (lazy_gettext("通知发送失败"), "exclamation-octagon-fill", "bad"),
    Tag.INCIDENT_RAISED: (lazy_gettext("运行异常：%(name)s"), "exclamation-octagon-fill", "bad"),
    Tag.INCIDENT_RETRIED: (lazy_gettext("重试：%(name)s"), "arrow-clockwise", "plain"),
    Tag.INCIDENT_RESOLVED: (lazy_gettext("异常已处理"), "check-circle", "good"),
}
#: what the engine does on the way to what people did; only the whole story has it
_MACHINERY: Final = frozenset(
    {
        *(Tag.CLOCK_STARTED, Tag.CLOCK_STOPPED, Tag.CLOCK_CANCELLED, Tag.WORK_ITEM_CREATED, Tag.WORK_ITEM_WITHDRAWN),
        *(Tag.NOTICE_QUEUED, Tag.RUNG_SKIPPED, Tag.INSTANCE_STEP_DONE, Tag.INSTANCE_STARTED, Tag.TIMER_FIRED),
    }
)
#: how a party's word came that staff entered
_WAYS: Final = {"phone": lazy_gettext("电话"), "paper": lazy_gettext("书面"), "visit": lazy_gettext("当面")}
_ACTORS: Final = {
    ActorKind.RESIDENT: lazy_gettext("群众"),
    ActorKind.ENGINE: lazy_gettext("系统"),
}


class _Facts(dict[str, Any]):
    """Facts of an event; one that is missing reads as nothing."""

    def __missing__(self, key: str) -> str:
        return ""


def lines(
    events: Iterable[AuditEvent], *, whole: bool = False, others: Mapping[UUID, str] | None = None
) -> list[dict[str, Any]]:
    """Return the lines of the timeline, the latest first: keys `at`, `title`, `actor`, `icon`, `tone`.

    Args:
        whole: also what the engine did by itself.
        others: numbers of linked cases by their ids; what happened in one of them says so.
    """
    return [_line(event, others or {}) for event in events if whole or event.tag not in _MACHINERY][::-1]


def other_numbers(view: CaseView) -> dict[UUID, str]:
    """Return the numbers of the linked cases whose story is told with that of the case itself."""
    return {each.case.id: each.case.number for each in view.linked}


def _line(event: AuditEvent, others: Mapping[UUID, str]) -> dict[str, Any]:
    sentence, icon, tone = _SENTENCES.get(event.tag, (event.tag, "circle", "plain"))
    facts = dict(event.data) if isinstance(event.data, Mapping) else {}
    facts |= {name: role_label(facts[name]) for name in ("role", "instead_of") if facts.get(name)}
    if facts.get("rung") in RUNGS:
        facts["rung"] = RUNGS[facts["rung"]]
    title = str(sentence) % _Facts(facts) if "%(" in str(sentence) else str(sentence)
    title = title.rstrip("：: ")
    if facts.get("assisted") in _WAYS:
        title = gettext("%(title)s（代为登记：%(way)s）", title=title, way=_WAYS[facts["assisted"]])
    if event.case_id is not None and event.case_id in others:
        title = f"{title} · {others[event.case_id]}"
    return {"at": event.at, "title": title, "actor": actor_name(event), "icon": icon, "tone": tone}


def actor_name(event: AuditEvent) -> str:
    """Return who did it: a name where it is known, else what kind of actor."""
    if event.actor_name:
        return event.actor_name
    return str(_ACTORS.get(ActorKind(event.actor_kind), "")) or gettext("程序")
