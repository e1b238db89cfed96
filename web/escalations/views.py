"""The page of a lead: what is late in my units, and that I have read it."""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, ngettext
from werkzeug.wrappers import Response

from engine.cases.escalations import by_rung, escalations
from engine.cases.step_names import clock_names, task_names
from web import current
from web.escalations.acknowledging import acknowledge_all
from web.escalations.filters import Filters, Show, chips, count
from web.parsing import ids
from web.words import RUNGS, say

blueprint: Final = Blueprint("escalations", __name__, url_prefix="/escalations")


@blueprint.get("")
def index() -> str:
    """Show what is late, or soon will be, the highest rung first; `show` and `case` narrow it."""
    filters, now = Filters.from_args(request.args), current.now()
    desk = escalations(current.session(), current.viewer(), now=now, case_id=filters.case_id)
    shown = filters.narrow(desk.matters, now)
    clocks = [late.clock for each in shown for late in each.clocks]
    tasks = [work.item.id for each in shown for work in each.work]
    return render_template(
        "escalations/index.html", desk=desk, shown=shown, groups=by_rung(shown), filters=filters, now=now,
        chips=chips(filters, desk.matters, now), late=count(desk.matters, Show.LATE, now),
        waiting=count(desk.matters, Show.WAITING, now), unsigned=count(desk.matters, Show.SIGN, now), rungs=RUNGS,
        names=clock_names(current.session(), clocks, str(get_locale())),
        tasks=task_names(current.session(), tasks, str(get_locale())),
    )  # fmt: skip


@blueprint.post("/acknowledge")
def acknowledge() -> Response:
    """Note that the reader knows of one matter's escalations (`one`) or of those of the selected ones (`selected`)."""
    wanted = request.form.get("one", "").split() or " ".join(request.form.getlist("selected")).split()
    outcome = acknowledge_all(
        current.session(), current.viewer(), ids(wanted), actor=current.actor(), now=current.now()
    )
    if outcome.rungs:
        number = len(outcome.rungs)
        flash(ngettext("已记录：您已知悉 %(num)d 条提醒。", "已记录：您已知悉 %(num)d 条提醒。", number), "success")
    for error in outcome.refused:
        flash(say(error), "warning")
    if not wanted:
        flash(gettext("没有选中任何事项。请先勾选，再点知悉。"), "info")
    query = urlsplit(request.form.get("back", "")).query
    return redirect(url_for("escalations.index") + (f"?{query}" if query else ""), code=303)
