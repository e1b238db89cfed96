"""The page of a task, and what can be done with it."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from engine.cases.extension import ask_for_extension, may_ask
from engine.cases.step_names import task_names
from engine.deadlines.explain import explain
from engine.errors import Conflict, Invalid
from engine.instances.reading import task_brief, version_of
from engine.tasks import WorkItem, get_item, load_draft, note_opened, save_draft, why_me
from engine.tasks import claim as claim_task
from engine.tasks import release as release_task
from web import current
from web.auth.access import background
from web.cases import story
from web.cases.diagram import step_rows
from web.cases.forms import ShownForm, form_in, parsed, shown_form
from web.cases.offering import shown_offers
from web.cases.people import assisted_items, panel
from web.cases.similar import similar_panel
from web.cases.verbs import hand_back, task_verbs
from web.cases.views import read_case
from web.words import one_line, say

blueprint: Final = Blueprint("tasks", __name__, url_prefix="/tasks")


@blueprint.get("/<uuid:item_id>")
def show(item_id: UUID) -> str:
    """Show a task: what to do, the matter, the people, why me, why this date, what happened."""
    item = get_item(current.session(), item_id)
    page = _page(item, _form(item))
    note_opened(current.session(), item, current.staff(), current.now())
    return page


@blueprint.post("/<uuid:item_id>")
def complete(item_id: UUID) -> Response | str | tuple[str, int]:
    """Take the form: complete the task, keep a draft, or add and remove rows; on a mistake the form comes back."""
    session, brief = current.session(), task_brief(current.session(), item_id)
    submitted = parsed(form_in(brief.version, brief.form_id), request.form)
    if request.form.get("_add") or request.form.get("_remove"):
        item, rows = get_item(session, item_id), (request.form.get("_add"), request.form.get("_remove"))
        return _page(item, shown_form(item).with_row_change(submitted, *rows))
    if request.form.get("_action") == "draft":
        return _keep_draft(item_id, submitted)
    if request.form.get("_action") == "hand-back":
        return hand_back(item_id, submitted)
    name = task_names(session, [item_id], str(get_locale())).get(item_id, brief.name)
    try:
        current.runtime().complete(
            session, item_id, submitted, actor=current.actor(), now=current.now(),
            request_key=request.form.get("request_key"),
        )  # fmt: skip
    except Invalid as error:
        item = get_item(session, item_id)
        return _page(item, shown_form(item).refused(submitted, error)), 422
    except Conflict as error:  # somebody was faster: who it was, beside the matter and what became of it
        flash(say(error), "warning")
        return _page(get_item(session, item_id), None), 409
    flash(gettext("“%(task)s”已办结。", task=one_line(name)), "success")
    return redirect(url_for("cases.show", case_id=brief.case_id, done=1), code=303)


@blueprint.post("/<uuid:item_id>/draft")
@background
def draft(item_id: UUID) -> tuple[str, int]:
    """Keep what was typed so far; the page sends it by itself."""
    brief = task_brief(current.session(), item_id)
    submitted = parsed(form_in(brief.version, brief.form_id), request.form)
    save_draft(current.session(), item_id, staff=current.staff(), data=submitted, now=current.now())
    return "", 204


@blueprint.post("/<uuid:item_id>/fields")
@background
def fields(item_id: UUID) -> str:
    """Answer the fields that the form has with what is filled in so far; nothing when the task is not theirs now."""
    form = _form(get_item(current.session(), item_id))
    if form is None:
        return ""
    return render_template("components/fields_only.html", form=form.filled(form.parse(request.form)))


@blueprint.post("/<uuid:item_id>/claim")
def claim(item_id: UUID) -> Response:
    """Take the task."""
    claim_task(current.session(), item_id, staff=current.staff(), now=current.now())
    return redirect(url_for("tasks.show", item_id=item_id), code=303)


@blueprint.post("/<uuid:item_id>/release")
def release(item_id: UUID) -> Response:
    """Put the task back into the inbox of its role."""
    item = release_task(current.session(), item_id, staff=current.staff(), now=current.now())
    flash(gettext("已放回“%(task)s”，同岗位的同事可以认领。", task=one_line(item.name)), "success")
    return redirect(url_for("inbox.index"), code=303)


@blueprint.post("/<uuid:item_id>/extension")
def extension(item_id: UUID) -> Response | tuple[str, int]:
    """Ask for more time; on a mistake the page comes back with what was typed."""
    item = get_item(current.session(), item_id)
    asked = {name: request.form.get(name, "").strip() for name in ("days", "reason")}
    try:
        ask_for_extension(
            current.session(), item, **asked, staff=current.staff(), runtime=current.runtime(), now=current.now()
        )
    except Invalid as error:
        return _page(item, _form(item), extension={**asked, "problem": say(error)}), 422
    flash(gettext("延期申请已提交，等待批准。批准之前，时限不变。"), "success")
    return redirect(url_for("tasks.show", item_id=item_id), code=303)


def _keep_draft(item_id: UUID, submitted: dict[str, Any]) -> Response:
    save_draft(current.session(), item_id, staff=current.staff(), data=submitted, now=current.now())
    flash(gettext("草稿已保存，只有您能看到。"), "success")
    return redirect(url_for("tasks.show", item_id=item_id), code=303)


def _form(item: WorkItem) -> ShownForm | None:
    """Return the form with the reader's draft in it; None when the task is not theirs to do now."""
    if item.owner_id != current.staff().id or item.completed_at is not None:
        return None
    kept = load_draft(current.session(), item.id, staff=current.staff())
    return shown_form(item, kept.data if kept else None)


def _page(item: WorkItem, form: ShownForm | None, extension: Mapping[str, str] | None = None) -> str:
    view = read_case(item.case_id)
    session, locale = current.session(), str(get_locale())
    element = version_of(session, item.instance_id).element(item.process_id, item.element_id)
    return render_template(
        "cases/task.html", item=item, view=view, case=view.case, now=current.now(), form=form,
        named=task_names(session, [item.id], locale).get(item.id, item.name),
        documentation=element.documentation if element else "", why=why_me(item, locale),
        reasons={clock.id: explain(clock.trace, locale, current.settings().zone) for clock in view.clocks},
        story=story.lines(view.events, others=story.other_numbers(view)), steps=step_rows(view),
        request_key=secrets.token_urlsafe(18), extension=extension or {},
        offers=shown_offers(view.case, current.viewer()),
        party_panel=panel(view), similar=similar_panel(view), assists=item.id in assisted_items(view),
        may_extend=form is not None and may_ask(session, item, current.staff()),
        owner=next((each.owner for each in view.work if each.item.id == item.id), None),
        verbs=task_verbs(item, view), me=current.staff(), second=timedelta(seconds=1),
    )  # fmt: skip
