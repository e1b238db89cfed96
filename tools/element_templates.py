"""Write the element templates with which the Camunda Modeler offers our settings.

Run it as `python -m tools.element_templates` after a setting was added; a test fails until its result is committed.

Source: Camunda 8 documentation, "Element templates, defining templates"; the schema is in `tests/vendor`.
"""

import json
from pathlib import Path
from typing import Any, Final

from engine.definitions.wording_labels import SETTINGS
from engine.spiff.lint.settings import CHOICES, PLACES
from engine.spiff.zeebe import PREFIX

#: The folder that the Camunda Modeler looks into for every diagram in or below `bpmn`.
TARGET: Final = Path(__file__).parent.parent / "bpmn" / ".camunda" / "element-templates" / "chuishao.json"
SCHEMA: Final = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
#: Settings whose text is long.
_LONG: Final = ("convert.data", "convert.text", "publish.data")
_CLOCK: Final = tuple(name for name in PLACES if name.startswith("clock") or name == "ladder")
_WHO: Final = ("role", "unit", "exclude", "exclude.else", "assisted", "assisted.proof", "party")
_SHOWN: Final = ("state", "milestone")
_OFFER: Final = ("offer", "offer.form", "offer.unit", "party", "assisted", "assisted.proof")
#: Group → label; the order in which the panel shows them.
_GROUPS: Final = {
    "who": "谁来办 · Who",
    "what": "办什么 · What",
    "clock": "时限 · Deadline",
    "shown": "给居民看 · Shown",
}
#: Kind of work of a service task → (name, settings)
SERVICES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "convert": ("转为另一流程 · Convert", tuple(name for name in PLACES if name.startswith("convert."))),
    "extend": ("延长时限 · Extend", tuple(name for name in PLACES if name.startswith("extend"))),
    "suspend": ("中止计时 · Suspend", ("suspend", "suspend.reason")),
    "resume": ("恢复计时 · Resume", ("resume",)),
    "members": ("读取人员名单 · Members", ("members.role", "members.unit")),
    "parties": ("读取当事人 · Parties", ()),
    "publish": ("公示 · Publish", tuple(name for name in PLACES if name.startswith("publish."))),
    "next-objection": ("取下一条异议 · Next objection", ()),
    "answer-objection": ("答复异议 · Answer an objection", ("objection.answer", "objection.result")),
    "count-seconds": ("统计附议 · Count seconds", ()),
    "fund-balance": ("读取资金余额 · Fund balance", ("fund.note",)),
    "reserve-fund": ("预留资金 · Reserve", ("fund.amount", "fund.field", "fund.note")),
    "pay-fund": ("支付资金 · Pay", ("fund.amount", "fund.field", "fund.note")),
    "release-fund": ("释放资金 · Release", ("fund.note",)),
}


def templates() -> list[dict[str, Any]]:
    """Return all templates, in the order in which they are offered."""
    form = _plain("表单 · form", {"type": "zeebe:formDefinition", "property": "formId"}, "what")
    decision = _plain("决策 · decision", {"type": "zeebe:calledDecision", "property": "decisionId"}, "what")
    result = _plain("结果变量 · result", {"type": "zeebe:calledDecision", "property": "resultVariable"}, "what")
    made = [
        _template("task", "办理任务 · Task", "UserTask", (*_WHO, "document", "serves", "check", *_CLOCK, *_SHOWN),
                  [_hidden("", {"type": "zeebe:userTask"}), form], ["bpmn:Task"]),
        _template("notice", "通知 · Notice", "SendTask", ("notice", "to", "document", *_SHOWN), [_work("notify")],
                  ["bpmn:Task"]),
        _template("decision", "决策 · Decision", "BusinessRuleTask", _SHOWN,
                  [decision, result], ["bpmn:Task"]),
        _template("call", "调用页面 · Called page", "CallActivity", (*_CLOCK, *_SHOWN), [
            _plain("流程 · process", {"type": "zeebe:calledElement", "property": "processId"}, "what"),
            _hidden(False, {"type": "zeebe:calledElement", "property": "propagateAllChildVariables"}, "Boolean"),
        ], ["bpmn:Task"]),
        _template("wrapper", "带时限的子流程 · Sub-process with a deadline", "SubProcess", (*_CLOCK, *_SHOWN), []),
    ]  # fmt: skip
    made += [
        _template(f"service.{kind}", name, "ServiceTask", (*settings, *_SHOWN), [_work(kind)], ["bpmn:Task"])
        for kind, (name, settings) in SERVICES.items()
    ]
    message = _plain("消息名称 · message", {"type": "bpmn:Message#property", "name": "name"}, "what")
    for event, name in (("BoundaryEvent", "边界"), ("IntermediateCatchEvent", "等待")):
        label = f"可提出（{name}） · Offer"
        made.append(_template(f"offer.{event}", label, event, (*_OFFER, *_SHOWN), [message], trigger="Message"))
    made.append(_template("end", "办结 · End", "EndEvent", ("outcome", "notice", "to", *_SHOWN), []))
    return made


def _template(
    key: str, name: str, element: str, settings: tuple[str, ...], more: list[dict[str, Any]],
    also: list[str] | None = None, *, trigger: str = "",
) -> dict[str, Any]:  # fmt: skip
    kind = element[0].lower() + element[1:]
    properties = [*more, *[_setting(name, kind) for name in settings]]
    used = {each.get("group") for each in properties}
    value = {"value": f"bpmn:{element}"}
    if trigger:
        value["eventDefinition"] = f"bpmn:{trigger}EventDefinition"
    return {
        "$schema": SCHEMA,
        "id": f"chuishao.{key}",
        "name": name,
        "version": 1,
        "category": {"id": "chuishao", "name": "吹哨 Chuishao"},
        "appliesTo": [f"bpmn:{element}", *(also or [])],
        "elementType": value,
        "groups": [{"id": id, "label": label} for id, label in _GROUPS.items() if id in used],
        "properties": properties,
    }


def _setting(name: str, kind: str) -> dict[str, Any]:
    """One of our settings as a field of the panel; left out of the file while it is empty."""
    assert kind in PLACES[name], f"{name} means nothing on a {kind}"
    group = "clock" if name in _CLOCK else "shown" if name in _SHOWN else "who" if name in _WHO else "what"
    chinese = SETTINGS["zh_CN"][name]
    found: dict[str, Any] = {
        "label": f"{chinese} · {SETTINGS['en'].get(name, name)}",
        "description": PREFIX + name,
        "group": group,
        "type": "Text" if name in _LONG else "String",
        "optional": True,
        "binding": {"type": "zeebe:property", "name": PREFIX + name},
    }
    if name in CHOICES:
        choices = [{"name": "—", "value": ""}, *[{"name": each, "value": each} for each in CHOICES[name]]]
        return found | {"type": "Dropdown", "choices": choices}
    return found | {"feel": "optional"}


def _plain(label: str, binding: dict[str, str], group: str) -> dict[str, Any]:
    return {"label": label, "group": group, "type": "String", "binding": binding}


def _hidden(value: Any, binding: dict[str, str], type: str = "Hidden") -> dict[str, Any]:
    return {"type": "Hidden", "value": value, "binding": binding}


def _work(kind: str) -> dict[str, Any]:
    return _hidden(kind, {"type": "zeebe:taskDefinition", "property": "type"})


def written() -> str:
    """The file as it has to be."""
    return json.dumps(templates(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(written(), encoding="utf-8")
