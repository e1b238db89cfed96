"""Where a notice leads, and what a lead does with one escalation: sign its slip, give the work to somebody else."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases import handling
from engine.cases.escalation_rows import row_of
from engine.cases.supervising import Demand, sign, slip
from engine.cases.view import is_provisional
from engine.errors import Conflict, Forbidden, Invalid
from engine.organisation.colleagues import colleagues
from engine.organisation.models import OrgUnit, Staff
from engine.organisation.policy import Action
from engine.tasks import WorkItem
from web import current
from web.escalations import views
from web.parsing import ids
from web.words import RUNGS, say, translated_fields

#: the desk's own, with these pages
blueprint: Final = views.blueprint


@blueprint.get("/rungs/<uuid:rung_id>")
def rung(rung_id: UUID) -> Response:
    """Lead from a notice to the very row of the desk; who has no desk, or a matter that is over, to the matter."""
    found = row_of(current.session(), current.viewer(), rung_id)
    if found.on_desk:
        return redirect(url_for("escalations.index", case=found.case_id, _anchor=f"rung-{rung_id}"))
    if found.item_id is not None:
        return redirect(url_for("tasks.show", item_id=found.item_id))
    return redirect(url_for("cases.show", case_id=found.case_id))


@blueprint.get("/rungs/<uuid:rung_id>/sign")
def read_slip(rung_id: UUID) -> str:
    """Show what there is to sign, and the paper as it will read."""
    return _slip_page(rung_id, {}, {})


@blueprint.post("/rungs/<uuid:rung_id>/sign")
def sign_slip(rung_id: UUID) -> Response | str | tuple[str, int]:
    """Sign a slip, or show it with what is filled in so far. What is wrong is said, and nothing was signed."""
    if request.form.get("_action") == "preview":
        return _slip_page(rung_id, request.form, {})
    try:
        signed = sign(current.acting(), rung_id, _demand(request.form))
    except Invalid as error:
        return _slip_page(rung_id, request.form, translated_fields(error)), 422
    except Conflict as error:
        flash(say(error), "warning")
        return redirect(url_for("escalations.rung", rung_id=rung_id), code=303)
    flash(gettext("已签发，收件人会收到通知。"), "success")
    return redirect(url_for("escalations.index", case=signed.case_id, _anchor=f"rung-{rung_id}"), code=303)


@blueprint.get("/items/<uuid:item_id>/reassign")
def choose(item_id: UUID) -> str:
    """Show who can take the work."""
    item, _ = current.acting().open(item_id, Action.ASSIGN)
    return _reassign_page(item, "")


@blueprint.post("/items/<uuid:item_id>/reassign")
def reassign(item_id: UUID) -> Response | str | tuple[str, int]:
    """Give the work to somebody who holds its role in the unit, or show what that changes. Its deadline runs on."""
    acting = current.acting()
    item, _ = acting.open(item_id, Action.ASSIGN)
    wanted = request.form.get("to", "")
    if request.form.get("_action") == "preview":
        return _reassign_page(item, wanted)
    to = acting.session.get(Staff, ids([wanted])[0]) if wanted else None
    if to is None:
        return _reassign_page(item, "", gettext("请先选择交给谁。")), 422
    try:
        handling.transfer(acting, item_id, to=to, note=request.form.get("note", "").strip()[:500])
    except (Conflict, Forbidden, Invalid) as error:
        return _reassign_page(item, wanted, say(error)), 409
    flash(gettext("已改派给%(who)s，时限不变。", who=to.name), "success")
    return redirect(url_for("escalations.index", case=item.case_id), code=303)


def _slip_page(rung_id: UUID, filled: Any, problems: dict[str, list[str]]) -> str:
    demand = _demand(filled)
    found = slip(current.session(), current.viewer(), rung_id, now=current.now(), demand=demand)
    today = current.now().astimezone(current.settings().zone).date()
    return render_template(
        "escalations/sign.html", slip=found, demand=demand, problems=problems, now=current.now(), rungs=RUNGS,
        today=today.isoformat(),
    )  # fmt: skip


def _demand(filled: Any) -> Demand:
    try:
        by = date.fromisoformat(filled.get("by", ""))
    except ValueError:
        by = None
    return Demand(text=filled.get("demand", ""), by=by)


def _reassign_page(item: WorkItem, wanted: str, problem: str | None = None) -> str:
    session = current.session()
    unit = session.get(OrgUnit, item.unit_id) if item.unit_id else None
    barred = {str(item.owner_id), *item.excluded}
    able = colleagues(session, unit, role=item.role) if unit else []
    people = {each.staff.id: each for each in able if str(each.staff.id) not in barred}
    chosen = next((each for each in people.values() if str(each.staff.id) == wanted), None)
    owner = session.get(Staff, item.owner_id) if item.owner_id else None
    return render_template(
        "escalations/reassign.html", item=item, unit=unit, owner=owner, people=list(people.values()), chosen=chosen,
        problem=problem, note=request.form.get("note", ""), now=current.now(),
        provisional=is_provisional(session, item),
    )  # fmt: skip
