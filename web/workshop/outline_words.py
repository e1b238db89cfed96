"""What an outline calls elements and their settings, in the reader's language."""

from collections.abc import Mapping
from typing import Final

from flask_babel import get_locale, gettext, lazy_gettext

from engine.definitions.outlining import Item
from engine.definitions.wording_labels import SETTINGS, SORTS

#: what the outline calls kinds that the comparison of versions has no word for
SORTS_HERE: Final = {
    "process": lazy_gettext("流程"),
    "lane": lazy_gettext("泳道"),
    "sequenceFlow": lazy_gettext("去向"),
    "intermediateCatchEvent:timer": lazy_gettext("等一段时间"),
    "intermediateCatchEvent:message": lazy_gettext("等消息"),
    "endEvent:error": lazy_gettext("出错结束"),
    "endEvent:terminate": lazy_gettext("全部终止"),
}
#: what triggers an event, or what it triggers
TRIGGERS: Final = {
    "timer": lazy_gettext("定时"),
    "message": lazy_gettext("消息"),
    "error": lazy_gettext("出错"),
    "terminate": lazy_gettext("终止"),
    "signal": lazy_gettext("信号"),
    "escalation": lazy_gettext("上报"),
}


def sort_name(kind: str) -> str:
    """Return what a kind of element is called in the reader's language."""
    locale = "zh_CN" if str(get_locale() or "zh_CN").startswith("zh") else "en"
    return str(SORTS_HERE[kind]) if kind in SORTS_HERE else SORTS[locale].get(kind, kind)


def item_kind(item: Item) -> str:
    """Return what an element is called in the reader's language, an event with what triggers it."""
    said = sort_name(item.kind)
    if not item.trigger:
        return said
    return str(gettext("%(event)s（%(trigger)s）", event=said, trigger=TRIGGERS.get(item.trigger, item.trigger)))


def field_label(name: str) -> str:
    """Return what a setting is called in the reader's language; its own name where there is no word."""
    locale = "zh_CN" if str(get_locale() or "zh_CN").startswith("zh") else "en"
    extra = {
        "error_code": gettext("错误代码"),
        "script": gettext("表达式"),
        "script_result": gettext("结果变量"),
        "task_type": gettext("任务类型"),
    }
    return extra.get(name) or SETTINGS[locale].get(name, name)


def title(item: Item, known: Mapping[str, Item]) -> str:
    """Return what an element is called in the tree: its kind and name; without a name, where it stands.

    Args:
        known: id → element, for where a flow leads.
    """
    if item.kind != "sequenceFlow":
        return f"{item_kind(item)} “{item.name}”" if item.name else short_title(item)
    target = known.get(item.target)
    where = short_title(target) if target is not None else f"“{item.target}”"
    if item.name:
        return str(gettext("去向 到%(where)s：%(name)s", where=where, name=item.name))
    return str(gettext("去向 到%(where)s", where=where))


def short_title(item: Item) -> str:
    """Return the name of an element in quotation marks; its kind and place where it has none."""
    kind = item_kind(item)
    if item.name:
        return f"“{item.name}”"
    if item.within and item.kind in ("startEvent", "endEvent"):
        return str(gettext("%(kind)s（“%(scope)s”里）", kind=kind, scope=item.within))
    if item.after:
        return str(gettext("%(kind)s（“%(before)s”之后）", kind=kind, before=item.after))
    return str(gettext("%(kind)s（没有名称）", kind=kind))
