"""The outline: a diagram as a tree of steps that is walked and changed by keyboard; the drawing follows."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
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
    add_lane,
    connect,
    delete,
    delete_lane,
    fields,
    items,
    put_in_lane,
    set_values,
)
from engine.errors import EngineError, Invalid, NotFound
from engine.organisation.policy import Action, require
from web import current
from web.words import say
from web.workshop.findings import told
from web.workshop.outline_words import TRIGGERS, field_label, short_title, sort_name, title
from web.workshop.suggesting import suggestions
from web.workshop.views import blueprint, draft_name

#: settings that are chosen from a list: value → word
_CHOICES: Final[dict[str, dict[str, Any]]] = {
    "interrupting": {"true": lazy_gettext("是，手上的这步就此停下"), "false": lazy_gettext("否，手上的这步照常")},
    "timer_kind": dict(
        zip(TIMES, (lazy_gettext("过多久"), lazy_gettext("到哪一刻"), lazy_gettext("每隔多久")), strict=True)
    ),
}
#: settings of a deadline, behind a heading of their own
_CLOCK: Final = ("clock", "ladder")
#: what an event can be put on the border of
_HOSTS: Final = ("Task", "Activity", "subProcess", "transaction", "task")
#: what is asked first; the other settings stand behind "more"
_MAIN: Final = (
    "name", "condition", "timer_kind", "timer_expression", "message_name", "error_code", "interrupting", "form_id",
    "decision_id", "result_variable", "called_process", "task_type", "script", "script_result", "role", "unit",
    "notice", "to", "outcome",
)  # fmt: skip


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
    package = draft_package(session, draft_id)
    known, settings = {each.id: each for each in found}, fields(content, chosen.id)
    return render_template(
        "workshop/outline.html", draft=draft, name=draft_name(draft), path=path, revision=revision, items=found,
        chosen=chosen, known=known, fields=settings, kinds=list(KINDS), sort_name=sort_name, title=title,
        short_title=short_title, choices=_CHOICES, field_label=field_label, problem=problem,
        borders={each: TRIGGERS[each] for each in BORDERS} if chosen.kind.endswith(_HOSTS) else {},
        targets=_targets(found, chosen), suggestions=suggestions(package, settings),
        findings=told(each for each in check(package) if each.file == path),
        main_fields=[name for name in settings if name in _MAIN], groups=_groups(settings),
        lanes=_lanes(found, chosen), process=_process(found, chosen),
        can_add=chosen.kind not in ("process", "lane", "endEvent"), can_delete=chosen.kind not in ("process", "lane"),
    )  # fmt: skip


def _groups(settings: Mapping[str, str]) -> list[tuple[str, list[str], bool]]:
    """What stands behind a heading each: the heading, the settings, and whether any of them is set."""
    others = [name for name in settings if name not in (*_MAIN, "is_default")]
    parts = (
        (gettext("时限"), [name for name in others if name.startswith(_CLOCK)]),
        (gettext("更多设置"), [name for name in others if not name.startswith(_CLOCK)]),
    )
    return [(heading, names, any(settings[name] for name in names)) for heading, names in parts if names]


def _process(found: list[Item], chosen: Item) -> Item:
    """The process that an element is of: the one before it in the list."""
    before = found[: found.index(chosen) + 1]
    return next((each for each in reversed(before) if each.kind == "process"), found[0])


def _lanes(found: list[Item], chosen: Item) -> list[Item]:
    """The lanes that a step of a process can be put into: those of its process that are not divided."""
    steps = chosen.kind not in ("process", "lane", "sequenceFlow", "boundaryEvent") and chosen.level == 2
    process = _process(found, chosen)
    if not steps:
        return []
    lanes = [each for each in found if each.kind == "lane" and _process(found, each) is process]
    divided = {one.id for one, two in pairwise(lanes) if two.level > one.level}
    return [each for each in lanes if each.id not in divided and each.id != chosen.lane_id]


def _targets(found: list[Item], chosen: Item) -> list[Item]:
    """The steps that a flow may lead to from the chosen one: those of its level that can be entered."""
    if chosen.kind in ("process", "lane", "sequenceFlow", "endEvent"):
        return []
    never = ("process", "lane", "sequenceFlow", "startEvent", "boundaryEvent")
    return [each for each in found if each.kind not in never and each.id != chosen.id and each.level == chosen.level]


@blueprint.post("/<uuid:draft_id>/outline/<path:path>")
def change(draft_id: UUID, path: str) -> Response | tuple[str, int]:
    """Change the diagram (a key of `_DONE`) and go to what was changed."""
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
    return changed, made, _added(changed, made)


def _added(content: bytes, made: str) -> str:
    what = next(each for each in items(content) if each.id == made)
    return str(gettext("已加上%(what)s。", what=short_title(what)))


def _border(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    name, given = request.form.get("name", "").strip(), request.form
    changed, made = add_border(
        content, chosen, given.get("trigger", ""), name, interrupting=given.get("interrupting") == "true"
    )
    return changed, made, _added(changed, made)


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


def _add_lane(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    changed, made = add_lane(content, request.form.get("process", ""), request.form.get("name", "").strip())
    return changed, made, gettext("%(added)s 可以写上由谁办理。", added=_added(changed, made))


def _lane(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    to = request.form.get("lane", "")
    changed = put_in_lane(content, chosen, to)
    name = next(short_title(each) for each in items(changed) if each.id == to)
    return changed, chosen, gettext("已移到%(lane)s。", lane=name)


def _delete_lane(content: bytes, chosen: str) -> tuple[bytes, str, str]:
    changed = delete_lane(content, chosen)
    return changed, "", gettext("已去掉泳道，里面的步骤归到相邻的泳道。")


_DONE: Final[dict[str, Callable[[bytes, str], tuple[Any, str, str]]]] = {
    "add": _add,
    "border": _border,
    "set": _set,
    "connect": _connect,
    "delete": _delete,
    "add_lane": _add_lane,
    "lane": _lane,
    "delete_lane": _delete_lane,
}
