"""The page of a lead: what is late in my units, and that I have read it."""

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases.escalations import acknowledge as acknowledge_escalation
from engine.cases.escalations import escalations
from web import current

blueprint: Final = Blueprint("escalations", __name__, url_prefix="/escalations")


@blueprint.get("")
def index() -> str:
    """Show what is late, or soon will be, the highest rung first."""
    found = escalations(current.session(), current.viewer(), now=current.now())
    late = [each for each in found if each.clock.due_at <= current.now()]
    soon = [each for each in found if each.clock.due_at > current.now()]
    unread = sum(each.may_acknowledge and each.rung is not None and not each.rung.acknowledged_at for each in found)
    return render_template("escalations/index.html", late=late, soon=soon, unread=unread, now=current.now())


@blueprint.post("/<uuid:rung_id>/acknowledge")
def acknowledge(rung_id: UUID) -> Response:
    """Note that the reader knows of it."""
    rung = acknowledge_escalation(
        current.session(), current.viewer(), rung_id, actor=current.actor(), now=current.now()
    )
    flash(gettext("已记录：您已知悉提醒 %(rung)s。", rung=rung.name), "success")
    return redirect(url_for("escalations.index"), code=303)
