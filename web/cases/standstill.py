"""Letting a clock stand still from the page of its matter."""

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases.standstill import change_standstill, may_stand_still
from engine.cases.view import CaseView
from engine.deadlines.models import Clock
from engine.deadlines.suspension import allowed_reasons
from engine.errors import Conflict, Invalid
from web import current
from web.words import say

blueprint: Final = Blueprint("standstill", __name__, url_prefix="/clocks")


@blueprint.app_template_global("standstill_of")
def standstill_of(view: CaseView, clock: Clock) -> tuple[str, ...] | None:
    """Return the reasons that the reader may choose from, none where any will do; None where it is not theirs."""
    if not may_stand_still(current.viewer(), clock, view.subject):
        return None
    return allowed_reasons(clock) or ()


@blueprint.post("/<uuid:clock_id>")
def change(clock_id: UUID) -> Response:
    """Let a clock stand still for `reason`, or run on (`resume`)."""
    session = current.session()
    reason = None if "resume" in request.form else request.form.get("reason", "")
    case_id = getattr(session.get(Clock, clock_id), "case_id", None)
    try:
        change_standstill(session, current.viewer(), clock_id, reason=reason, actor=current.actor(), now=current.now())
    except (Conflict, Invalid) as error:
        flash(say(error), "warning")
    else:
        flash(gettext("已恢复计时。") if reason is None else gettext("已中止计时。"), "success")
    return redirect(url_for("cases.show", case_id=case_id), code=303)
