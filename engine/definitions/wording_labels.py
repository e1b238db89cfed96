"""What the settings and parts of a process are called in the languages of its readers."""

from collections.abc import Mapping
from typing import Final

#: locale → name of a setting, as in `Change.details`, → what people call it
SETTINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh_CN": {
        "name": "名称", "kind": "类型", "lane": "泳道", "parent_id": "所在子流程", "role": "办理角色",
        "unit": "办理单位",
        "exclude": "不得办理的人员",
        "exclude.else": "无人可办时的角色", "serves": "记录送达的文书",
        "clock": "计时", "clock.amount": "时限", "clock.unit": "时限单位",
        "clock.roll": "遇节假日", "clock.kind": "时限性质", "clock.suspension": "可中止的情形",
        "clock.start": "起算时间", "ladder": "督办阶梯",
        "extend": "延期的计时", "extend.amount": "延长", "extend.unit": "延长单位", "extend.reason": "延期理由",
        "members.role": "人员名单的角色", "members.unit": "人员名单的单位", "suspend": "中止的计时",
        "suspend.reason": "中止理由", "resume": "恢复的计时", "convert.kind": "转入的流程",
        "convert.link": "与原事项的关系",
        "convert.data": "转入的数据", "convert.title": "转入的标题", "convert.text": "转入的内容",
        "convert.sealed": "是否密封", "convert.accused": "被反映单位", "convert.route": "办理密封件的单位",
        "notice": "通知模板", "to": "通知对象", "document": "文书", "outcome": "办结结果", "state": "进展",
        "milestone": "节点",
        "offer": "可由谁提出", "offer.form": "提出时的表单", "offer.unit": "可提出的单位", "check": "核对规则",
        "party": "当事人", "assisted": "可代录的角色", "assisted.proof": "代录凭据", "publish.kind": "公示类型",
        "publish.data": "公示内容",
        "publish.until": "公示截止", "publish.notice": "公示通知", "fund.amount": "金额", "fund.field": "金额字段",
        "fund.note": "资金用途", "objection.answer": "异议答复", "objection.result": "异议结论", "form_id": "表单",
        "decision_id": "决策", "result_variable": "结果变量", "called_process": "调用的流程", "task_type": "任务类型",
        "multi_instance": "多实例", "due_date": "到期时间", "follow_up_date": "跟进时间", "priority": "优先级",
        "documentation": "说明", "attached_to": "依附的步骤", "interrupting": "是否中断", "trigger": "触发方式",
        "timer_kind": "定时类型", "timer_expression": "时间", "message_name": "消息", "assignee": "指定办理人",
        "candidateGroups": "候选组", "candidateUsers": "候选人", "condition": "条件", "source": "起点",
        "target": "终点",
        "is_default": "默认路径", "label": "标题", "type": "类型", "key": "变量", "values": "选项", "validate": "校验",
        "policy": "命中策略", "required": "必填", "description": "说明", "file": "所在文件", "executable": "可执行",
    },
    "en": {
        "name": "name", "kind": "type", "lane": "lane", "parent_id": "sub-process", "role": "role", "unit": "unit",
        "exclude": "who may not do it", "serves": "document served by it",
        "clock": "deadline", "clock.amount": "time limit", "clock.unit": "unit of time",
        "clock.roll": "days off", "clock.kind": "kind of deadline", "clock.start": "start of the time",
        "ladder": "ladder", "notice": "notice", "to": "addressees", "document": "document", "outcome": "outcome",
        "state": "progress", "milestone": "milestone", "check": "check", "offer": "who may send it",
        "form_id": "form", "decision_id": "decision", "result_variable": "result", "called_process": "called process",
        "task_type": "kind of work", "multi_instance": "several instances", "due_date": "due date",
        "follow_up_date": "follow-up date", "documentation": "documentation", "attached_to": "host",
        "interrupting": "interrupts", "trigger": "trigger", "timer_expression": "time", "message_name": "message",
        "is_default": "default way", "policy": "hit policy", "values": "options", "validate": "checks",
        "exclude.else": "role when nobody is left", "clock.suspension": "reasons to stand still",
        "extend": "deadlines extended", "extend.amount": "extended by", "extend.unit": "unit of the extension",
        "extend.reason": "reason of the extension", "members.role": "role of the list of people",
        "members.unit": "unit of the list of people", "suspend": "deadlines that stand still",
        "suspend.reason": "reason to stand still", "resume": "deadlines that run on",
        "convert.kind": "process it goes on as", "convert.link": "link with the first case",
        "convert.data": "data of the new case", "convert.title": "title of the new case",
        "convert.text": "text of the new case", "convert.sealed": "sealed", "convert.accused": "accused units",
        "convert.route": "units that may know", "offer.form": "form when it is sent",
        "offer.unit": "unit that may send it",
        "party": "party", "assisted": "roles that may enter it for them", "assisted.proof": "proof of what was said",
        "publish.kind": "kind of publication", "publish.data": "what is published",
        "publish.until": "published until", "publish.notice": "notice of the publication", "fund.amount": "amount",
        "fund.field": "field of the amount", "fund.note": "what the money is for",
        "objection.answer": "answer to an objection", "objection.result": "result of an objection",
        "priority": "priority", "timer_kind": "kind of time", "assignee": "assignee",
        "candidateGroups": "candidate groups", "candidateUsers": "candidate users", "condition": "condition",
        "source": "from", "target": "to", "label": "label", "type": "type", "key": "variable", "required": "required",
        "description": "description", "file": "file", "executable": "executable",
    },
}  # fmt: skip

#: locale → BPMN tag → what people call it
SORTS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh_CN": {
        "userTask": "任务", "manualTask": "人工步骤", "sendTask": "发送任务", "receiveTask": "接收任务", "task": "任务",
        "serviceTask": "自动步骤", "scriptTask": "计算步骤", "businessRuleTask": "决策步骤", "callActivity": "调用流程",
        "subProcess": "子流程", "transaction": "事务子流程", "adHocSubProcess": "自由子流程",
        "exclusiveGateway": "判断", "parallelGateway": "并行网关", "inclusiveGateway": "包容网关",
        "eventBasedGateway": "事件网关", "complexGateway": "复杂网关", "startEvent": "开始事件", "endEvent": "结束事件",
        "boundaryEvent": "边界事件", "intermediateCatchEvent": "等待事件", "intermediateThrowEvent": "抛出事件",
    },
    "en": {
        "userTask": "task", "manualTask": "manual task", "sendTask": "send task", "receiveTask": "receive task",
        "serviceTask": "service task", "scriptTask": "script", "businessRuleTask": "decision task",
        "callActivity": "call", "subProcess": "sub-process", "exclusiveGateway": "gateway",
        "parallelGateway": "parallel gateway", "inclusiveGateway": "inclusive gateway",
        "eventBasedGateway": "event gateway", "startEvent": "start event", "endEvent": "end event",
        "boundaryEvent": "boundary event", "intermediateCatchEvent": "waiting event",
        "intermediateThrowEvent": "throwing event", "task": "task", "transaction": "transaction",
        "adHocSubProcess": "ad-hoc sub-process", "complexGateway": "complex gateway",
    },
}  # fmt: skip

#: locale → `Change.what` → what people call it
PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh_CN": {
        "process": "流程", "lane": "泳道", "flow": "流向", "drawing": "图形", "form": "表单", "decision": "决策",
        "notice": "通知模板", "document": "文书模板", "file": "文件", "element": "步骤",
    },
    "en": {
        "process": "process", "lane": "lane", "flow": "way", "drawing": "drawing", "form": "form",
        "decision": "decision", "notice": "notice", "document": "document", "file": "file", "element": "step",
    },
}  # fmt: skip

#: locale → unit of time → (one, several)
UNITS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "zh_CN": {
        "working-days": ("个工作日", "个工作日"), "calendar-days": ("日", "日"), "calendar-months": ("个月", "个月"),
        "hours": ("小时", "小时"), "fixed-date": ("", ""),
    },
    "en": {
        "working-days": ("working day", "working days"), "calendar-days": ("day", "days"),
        "calendar-months": ("month", "months"), "hours": ("hour", "hours"), "fixed-date": ("", ""),
    },
}  # fmt: skip
