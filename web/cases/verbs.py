"""What can be done with a task besides completing it, and what its page shows of that."""

from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases import handling
from engine.cases.merging import merge
from engine.cases.view import CaseView
from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound
from engine.instances.returning import finished_steps, preview
from engine.instances.undoing import may_take_back
from engine.organisation.absences import away
from engine.organisation.colleagues import Colleague, colleagues, find_person
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.policy import Action, may
from engine.tasks import WorkItem, get_item
from engine.tasks.co_handling import requests_of
from engine.tasks.copying import readers
from engine.tasks.handing import Handing, handing
from engine.tasks.models import LIVE, WorkItemState
from engine.tasks.permission import covering
from web import current
from web.auth.access import background
from web.parsing import ids
from web.words import one_line, say

blueprint: Final = Blueprint("verbs", __name__, url_prefix="/tasks")
#: said on a page of their own: whoever asks may not be here at all
_ELSEWHERE: Final = frozenset({"not-permitted", "case-unknown", "no-such-task", "id-unreadable"})


def task_verbs(item: WorkItem, view: CaseView) -> dict[str, Any]:
    """Return what a task's page needs to know of the verbs: who may do what now, and with whom.

    Keys: `may` (names of what the reader may do), `handed`, `mine_to_recall`, `lent`, `cover`, `absence`,
    `requests`, `readers`, `to_role` and `to_unit` (whom it can be given to).
    """
    session, staff, now = current.session(), current.staff(), current.now()
    unit = session.get(OrgUnit, item.unit_id) if item.unit_id else None
    how = handing(item)
    allowed = _allowed(item, view, how)
    near = unit is not None and bool(allowed & {"transfer", "assign", "delegate", "copy"})
    return {
        "may": allowed,
        "handed": item.handed,
        "mine_to_recall": how in (Handing.DELEGATED, Handing.TRANSFERRED, Handing.ASSIGNED)
        and (item.handed or {}).get("by") == str(staff.id)
        and item.state in LIVE
        and (how is Handing.DELEGATED or item.opened_at is None),
        "lent": how is Handing.DELEGATED and item.owner_id == staff.id,
        "cover": covering(session, item, staff, now) if item.state in LIVE else None,
        "absence": away(session, item.owner_id, item.role, item.unit_id, now) if item.owner_id else None,
        "requests": requests_of(session, item.id),
        "steps": _steps(finished_steps(session, item)) if "return" in allowed else [],
        "may_take_back": item.state == WorkItemState.COMPLETED and may_take_back(session, item, staff),
        "readers": readers(session, item.case_id),
        "to_role": _others(colleagues(session, unit, role=item.role), item) if near and unit else [],
        "to_unit": _others(colleagues(session, unit), item) if near and unit else [],
    }


def _allowed(item: WorkItem, view: CaseView, how: Handing | None) -> frozenset[str]:
    """Return the names of the verbs that the reader can use on a task now."""
    viewer, subject = current.viewer(), view.subject
    if item.state not in LIVE or item.unit_id is None:
        return frozenset()
    owns = item.owner_id == current.staff().id
    lent = how is Handing.DELEGATED
    found = {
        "delegate": owns and not lent and may(viewer, Action.DELEGATE, subject),
        "transfer": not lent and (owns or item.state == WorkItemState.OPEN) and may(viewer, Action.TRANSFER, subject),
        "assign": not owns and not lent and may(viewer, Action.ASSIGN, subject),
        "return": owns and not lent and may(viewer, Action.RETURN, subject),
        "merge": owns and not lent and not subject.sealed and may(viewer, Action.MERGE, subject),
        "co_handle": owns and not subject.sealed and may(viewer, Action.CO_HANDLE, subject),
        "copy": not subject.sealed and may(viewer, Action.COPY_IN, subject),
        "urge": not owns and may(viewer, Action.URGE, subject),
    }
    return frozenset(name for name, can in found.items() if can)


def _steps(found: Iterable[WorkItem]) -> list[dict[str, Any]]:
    """Return finished steps with what a list shows of each."""
    return [
        {"id": each.id, "name": one_line(each.name), "who": each.completed_by, "at": each.completed_at,
         "unit": each.why.get("unit")}
        for each in found
    ]  # fmt: skip


def _others(found: Iterable[Colleague], item: WorkItem) -> list[Colleague]:
    """Return people that a task can be given to, each once."""
    barred = {
        str(item.owner_id),
        str(current.staff().id) if item.owner_id == current.staff().id else "",
        *item.excluded,
    }
    return list({each.staff.id: each for each in found if str(each.staff.id) not in barred}.values())


@blueprint.post("/<uuid:item_id>/transfer")
def transfer(item_id: UUID) -> Response:
    """Give the task to somebody for good."""
    to, note = _person("to"), _text("note")
    told = gettext("已转给%(who)s，时限不变。", who=to.name if to else "")
    return _do(item_id, lambda: handling.transfer(current.acting(), item_id, to=_chosen(to), note=note), told)


@blueprint.post("/<uuid:item_id>/delegate")
def delegate(item_id: UUID) -> Response:
    """Let a colleague do the task, who hands it back."""
    to, note = _person("to"), _text("note")
    told = gettext("已委派给%(who)s，办好后会交回给您确认。", who=to.name if to else "")
    return _do(item_id, lambda: handling.delegate(current.acting(), item_id, to=_chosen(to), note=note), told)


@blueprint.get("/<uuid:item_id>/return")
@background
def preview_return(item_id: UUID) -> str:
    """Answer what going back to a step (`step`) would withdraw; also as a page by itself."""
    item, _ = current.acting().open(item_id, Action.RETURN)
    wanted = request.args.get("step", "")
    steps = _steps(finished_steps(current.session(), item))
    step = next((each for each in steps if str(each["id"]) == wanted), None)
    if step is None:
        return ""
    target = get_item(current.session(), step["id"])
    lost = [each for each in preview(current.session(), item, target) if each.id != item.id]
    return render_template("cases/return_preview.html", step=step, item=item, lost=_work(lost))


def _work(lost: list[WorkItem]) -> list[dict[str, Any]]:
    """Return the tasks that would be withdrawn, with who has them."""
    session = current.session()
    owners = {each.id: session.get(Staff, each.owner_id) for each in lost if each.owner_id}
    return [
        {"name": one_line(each.name), "unit": each.why.get("unit"), "who": owner.name if owner else None}
        for each in lost
        for owner in [owners.get(each.id)]
    ]


@blueprint.post("/<uuid:item_id>/return")
def send_back(item_id: UUID) -> Response:
    """Send the matter back to a finished step."""
    wanted, reason = request.form.get("step", ""), _text("reason")
    target = ids([wanted])[0] if wanted else item_id
    return _do(
        item_id,
        lambda: handling.send_back(current.acting(), item_id, target_id=target, reason=reason),
        gettext("已退回，办过那一步的人会收到通知。"),
    )


@blueprint.post("/<uuid:item_id>/merge")
def merge_case(item_id: UUID) -> Response:
    """Handle the matter together with an earlier report of it."""
    into, reason = _text("into", 40), _text("reason")
    told = gettext("已并入%(number)s，答复会同样发给这位诉求人。", number=into.upper())
    return _do(item_id, lambda: merge(current.acting(), item_id, into=into, reason=reason), told)


@blueprint.post("/<uuid:item_id>/take-back")
def take_back(item_id: UUID) -> Response:
    """Take back one's own completion, and go on with the task."""
    try:
        back = handling.take_back(current.acting(), item_id)
    except (Conflict, Forbidden) as error:
        if error.code in _ELSEWHERE:
            raise
        flash(say(error), "warning")
        return redirect(_back(item_id), code=303)
    flash(gettext("已撤回，请继续办理。之前填写的内容还在。"), "success")
    return redirect(url_for("tasks.show", item_id=back.opened[0]) if back.opened else _back(item_id), code=303)


@blueprint.post("/<uuid:item_id>/recall")
def recall(item_id: UUID) -> Response:
    """Take back what was given away."""
    return _do(item_id, lambda: handling.recall(current.acting(), item_id), gettext("已收回。"))


@blueprint.post("/<uuid:item_id>/urge")
def urge(item_id: UUID) -> Response:
    """Urge whoever has the task."""
    note = _text("note")
    return _do(
        item_id, lambda: handling.urge(current.acting(), item_id, note=note), gettext("已催办，承办人会收到通知。")
    )


@blueprint.post("/<uuid:item_id>/copy")
def copy(item_id: UUID) -> Response:
    """Let somebody read along."""
    note = _text("note")
    told = gettext("已抄送，对方可以查看这件事项。")
    return _do(item_id, lambda: handling.copy_in(current.acting(), item_id, who=_found("who"), note=note), told)


@blueprint.post("/<uuid:item_id>/copy/<uuid:copy_id>/remove")
def remove_copy(item_id: UUID, copy_id: UUID) -> Response:
    """Let somebody no longer read along."""
    return _do(item_id, lambda: handling.remove_copy(current.acting(), copy_id), gettext("已取消抄送。"))


@blueprint.post("/<uuid:item_id>/co-handlers")
def ask_co_handler(item_id: UUID) -> Response:
    """Ask somebody to answer beside the owner."""
    question = _text("question", 2000)
    told = gettext("已请对方会办，答复会显示在这里。")
    return _do(
        item_id,
        lambda: handling.ask_co_handler(current.acting(), item_id, who=_found("who"), question=question),
        told,
    )


@blueprint.post("/<uuid:item_id>/co-handlers/<uuid:request_id>/answer")
def answer_as_co_handler(item_id: UUID, request_id: UUID) -> Response:
    """Answer what one was asked."""
    text = _text("answer", 4000)
    told = gettext("已答复，承办人会收到通知。")
    return _do(item_id, lambda: handling.answer_as_co_handler(current.acting(), request_id, text=text), told)


@blueprint.post("/<uuid:item_id>/co-handlers/<uuid:request_id>/remove")
def remove_co_handler(item_id: UUID, request_id: UUID) -> Response:
    """Take back a request that was not answered yet."""
    return _do(item_id, lambda: handling.remove_co_handler(current.acting(), request_id), gettext("已减签。"))


def _do(item_id: UUID, act: Callable[[], object], told: str) -> Response:
    """Do it and say so; what cannot be done is said on the page from which it was asked."""
    try:
        act()
    except (Conflict, Invalid, Forbidden, NotFound) as error:
        if error.code in _ELSEWHERE:
            raise
        flash(say(error), "warning")
    else:
        flash(told, "success")
    return redirect(_back(item_id), code=303)


def _back(item_id: UUID) -> str:
    """Return the task's page, or the inbox for who can no longer see it."""
    try:
        current.acting().open(item_id, Action.VIEW_CASE)
    except EngineError:
        return url_for("inbox.index")
    return url_for("tasks.show", item_id=item_id)


def _text(name: str, most: int = 500) -> str:
    return request.form.get(name, "").strip()[:most]


def _person(name: str) -> Staff | None:
    """Return who was chosen from a list."""
    wanted = request.form.get(name, "")
    return current.session().get(Staff, ids([wanted])[0]) if wanted else None


def _chosen(person: Staff | None) -> Staff:
    if person is None:
        raise Invalid("person-missing", "Choose who is to get it first. Nothing was changed.")
    return person


def _found(name: str) -> Staff:
    """Return who was named by login, name or id."""
    wanted = _text(name, 120)
    if not wanted:
        raise Invalid("person-missing", "Choose who is to get it first. Nothing was changed.")
    return find_person(current.session(), current.settings().jurisdiction, wanted)


def hand_back(item_id: UUID, data: dict[str, Any]) -> Response:
    """Give a delegated task back with what its form holds."""
    item = get_item(current.session(), item_id)
    told = gettext("“%(task)s”已交回，等待确认。", task=one_line(item.name))
    note = _text("_note")
    return _do(item_id, lambda: handling.hand_back(current.acting(), item_id, data=data, note=note), told)
