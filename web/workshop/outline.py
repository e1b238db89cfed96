"""The outline: a diagram as a tree of steps that is walked and changed by keyboard; the drawing follows."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.definitions import check
from engine.definitions.drafts import draft_file, draft_package, find_draft, save_draft_files
from engine.definitions.outlining import (
    BORDERS,
    KINDS,
    TIMES,
    Item,
    add_after,
    add_border,
    connect,
    delete,
    fields,
    items,
    set_values,
)
from engine.definitions.wording_labels import SETTINGS, SORTS
from engine.errors import EngineError, Invalid, NotFound
from engine.organisation.policy import Action, require
from web import current
from web.words import say
from web.workshop.findings import told
from web.workshop.views import blueprint, draft_name

#: what the outline calls kinds that the comparison of versions has no word for
_SORTS: Final = {
    "process": lazy_gettext("流程"),
    "lane": lazy_gettext("泳道"),
    "sequenceFlow": lazy_gettext("去向"),
    "intermediateCatchEvent:timer": lazy_gettext("等一段时间"),
    "intermediateCatchEvent:message": lazy_gettext("等消息"),
    "endEvent:error": lazy_gettext("出错结束"),
    "endEvent:terminate": lazy_gettext("全部终止"),
}
#: what triggers an event, or what it triggers
_TRIGGERS: Final = {
    "timer": lazy_gettext("定时"),
    "message": lazy_gettext("消息"),
    "error": lazy_gettext("出错"),
    "terminate": lazy_gettext("终止"),
    "signal": lazy_gettext("信号"),
    "escalation": lazy_gettext("上报"),
}
#: settings that are chosen from a list: value → word
_CHOICES: Final[dict[str, dict[str, Any]]] = {
    "interrupting": {"true": lazy_gettext("是，手上的这步就此停下"), "false": lazy_gettext("否，手上的这步照常")},
    "timer_kind": dict(
        zip(TIMES, (lazy_gettext("过多久"), lazy_gettext("到哪一刻"), lazy_gettext("每隔多久")), strict=True)
    ),
}
#: what an event can be put on the border of
_HOSTS: Final = ("Task", "Activity", "subProcess", "transaction", "task")
#: what is asked first; the other settings stand behind "more"
_MAIN: Final = (
    "name", "condition", "timer_kind", "timer_expression", "message_name", "error_code", "interrupting", "form_id",
    "decision_id", "result_variable", "called_process", "task_type", "script", "script_result", "role", "unit",
    "notice", "to", "outcome",
)  # fmt: skip


def sort_name(kind: str) -> str:
    """Return what a kind of element is called in the reader's language."""
    locale = "zh_CN" if str(get_locale() or "zh_CN").startswith("zh") else "en"
    return str(_SORTS[kind]) if kind in _SORTS else SORTS[locale].get(kind, kind)


def item_kind(item: Item) -> str:
    """Return what an element is called in the reader's language, an event with what triggers it."""
    said = sort_name(item.kind)
    if not item.trigger:
        return said
    return str(gettext("%(event)s（%(trigger)s）", event=said, trigger=_TRIGGERS.get(item.trigger, item.trigger)))


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


@blueprint.get("/<uuid:draft_id>/outline/<path:path>")
def outline(draft_id: UUID, path: str) -> str:
    """Show a diagram as a tree, and what can be done with the chosen element."""
    require(current.viewer(), Action.EDIT_PROCESS)
    return _page(draft_id, path, request.args.get("element", ""))


def _page(draft_id: UUID, path: str, chosen_id: str, problem: str = "") -> str:
    session = current.session()
    draft = find_draft(session, draft_id)
    content, revision = draft_file(session, draft_id, path)
    found = items(content)
    if not found:
        raise Invalid("outline-empty", "{file} has no process.", file=path)
    chosen = next((each for each in found if each.id == chosen_id), found[0])
    names = {each.id: each.name or each.id for each in found}
    known = fields(content, chosen.id)
    more = [name for name in known if name not in (*_MAIN, "is_default")]
    return render_template(
        "workshop/outline.html", draft=draft, name=draft_name(draft), path=path, revision=revision, items=found,
        chosen=chosen, names=names, fields=known, kinds=list(KINDS), sort_name=sort_name, item_kind=item_kind,
        choices=_CHOICES, borders={each: _TRIGGERS[each] for each in BORDERS} if chosen.kind.endswith(_HOSTS) else {},
        field_label=field_label, problem=problem, targets=_targets(found, chosen),
        findings=told(each for each in check(draft_package(session, draft_id)) if each.file == path),
        main_fields=[name for name in known if name in _MAIN], more_fields=more,
        more_set=any(known[name] for name in more), can_add=chosen.kind not in ("process", "lane", "endEvent"),
        is_step=chosen.kind not in ("process", "lane", "sequenceFlow"),
    )  # fmt: skip


def _targets(found: list[Item], chosen: Item) -> list[Item]:
    """The steps that a flow may lead to from the chosen one: those of its level that can be entered."""
    if chosen.kind in ("process", "lane", "sequenceFlow", "endEvent"):
        return []
    never = ("process", "lane", "sequenceFlow", "startEvent", "boundaryEvent")
    return [each for each in found if each.kind not in never and each.id != chosen.id and each.level == chosen.level]


@blueprint.post("/<uuid:draft_id>/outline/<path:path>")
def change(draft_id: UUID, path: str) -> Response | tuple[str, int]:
    """Change the diagram (`do`: add, border, set, connect, delete) and go to what was changed."""
    require(current.viewer(), Action.EDIT_PROCESS)
    session, chosen = current.session(), request.form.get("element", "")
    done = _DONE.get(request.form.get("do", ""))
    try:
        if done is None:
            raise Invalid("outline-do", "The outline cannot do this.")
        content, _ = draft_file(session, draft_id, path)
        changed, go_to, said = done(content, chosen)
        save_draft_files(
            session, draft_id, revision=request.form.get("revision", 0, type=int), changes={path: changed},
            author=current.actor(), now=current.now(),
        )  # fmt: skip
    except NotFound:
        raise
    except EngineError as error:
        return _page(draft_id, path, chosen, problem=say(error)), 422
    flash(said, "success")
    return redirect(url_for("workshop.outline", draft_id=draft_id, path=path, element=go_to), code=303)


def _add(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    name = request.form.get("name", "").strip()
    changed, made = add_after(content, chosen, request.form.get("kind", ""), name)
    return changed, made, gettext("已加上“%(name)s”。", name=name or made)


def _border(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    name, given = request.form.get("name", "").strip(), request.form
    changed, made = add_border(
        content, chosen, given.get("trigger", ""), name, interrupting=given.get("interrupting") == "true"
    )
    return changed, made, gettext("已加上“%(name)s”。", name=name or made)


def _set(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    known = fields(content, chosen)
    given = {name: request.form.get(f"field:{name}", "") for name in known if f"field:{name}" in request.form}
    given |= {"is_default": request.form.get("field:is_default", "")} if "is_default" in known else {}
    return set_values(content, chosen, given), chosen, gettext("已保存。")


def _connect(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    changed, made = connect(content, chosen, request.form.get("target", ""))
    return changed, made, gettext("已连上。可以给这条去向写条件。")


def _delete(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    before = [each.id for each in items(content)]
    at = before.index(chosen) if chosen in before else 0
    changed = delete(content, chosen)
    left = {each.id for each in items(changed)}
    return changed, next((each for each in reversed(before[:at]) if each in left), ""), gettext("已去掉。")


_DONE: Final[dict[str, Callable[[bytes, str], tuple[Any, str, str]]]] = {
    "add": _add,
    "border": _border,
    "set": _set,
    "connect": _connect,
    "delete": _delete,
}
