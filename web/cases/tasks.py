"""The page of a task, and what can be done with it."""

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from engine.deadlines.explain import explain
from engine.tasks import claim as claim_task
from engine.tasks import get_item, why_me
from engine.tasks import release as release_task
from web import current
from web.cases import story
from web.cases.views import read_case

blueprint: Final = Blueprint("tasks", __name__, url_prefix="/tasks")


@blueprint.get("/<uuid:item_id>")
def show(item_id: UUID) -> str:
    """Show a task: what to do, the matter, the people, why me, why this date, what happened."""
    item = get_item(current.session(), item_id)
    view = read_case(item.case_id)
    locale = str(get_locale())
    reasons = {clock.id: explain(clock.trace, locale, current.settings().zone) for clock in view.clocks}
    mine = item.owner_id == current.staff().id
    return render_template(
        "cases/task.html", item=item, view=view, case=view.case, now=current.now(), mine=mine,
        why=why_me(item, locale), reasons=reasons, story=story.lines(view.events),
        owner=next((each.owner for each in view.work if each.item.id == item.id), None),
    )  # fmt: skip


@blueprint.post("/<uuid:item_id>/claim")
def claim(item_id: UUID) -> Response:
    """Take the task."""
    claim_task(current.session(), item_id, staff=current.staff(), now=current.now())
    return redirect(url_for("tasks.show", item_id=item_id), code=303)


@blueprint.post("/<uuid:item_id>/release")
def release(item_id: UUID) -> Response:
    """Put the task back into the inbox of its role."""
    item = release_task(current.session(), item_id, staff=current.staff(), now=current.now())
    flash(gettext("已放回“%(task)s”，同岗位的同事可以认领。", task=item.name), "success")
    return redirect(url_for("inbox.index"), code=303)
