"""Staff take a matter up again for a resident who comes in, writes or rings up."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases.assisting import WAY
from engine.cases.models import Case
from engine.cases.reopening import reopen, reopens_until
from engine.cases.subject import get_case, subject_of
from engine.cases.view import CaseView
from engine.errors import Invalid
from engine.organisation.policy import Action, may, require
from web import current
from web.cases.assisting import assisted_labels, way_field
from web.cases.views import read_case
from web.words import translated_fields

blueprint: Final = Blueprint("reopening", __name__, url_prefix="/cases/<uuid:case_id>/reopen")


@blueprint.get("")
def show(case_id: UUID) -> str:
    """Ask what is not solved, and how the resident said so."""
    return _page(_case(case_id), {}, {})


@blueprint.post("")
def take_up(case_id: UUID) -> Response | tuple[str, int]:
    """Take it up, and go on to the new matter where the reader may see it."""
    case = _case(case_id)
    given = {"reason": request.form.get("reason", ""), WAY: request.form.get(WAY, "")}
    try:
        made = reopen(
            current.session(), case, reason=given["reason"], way=given[WAY], vault=current.vault(),
            runtime=current.runtime(), actor=current.actor(), now=current.now(),
        )  # fmt: skip
    except Invalid as error:
        return _page(case, given, translated_fields(error)), 422
    flash(gettext("已重新提出，新编号 %(number)s。原来的回执继续有效。", number=made.number), "success")
    seen = may(current.viewer(), Action.VIEW_CASE, subject_of(current.session(), made))
    return redirect(url_for("cases.show", case_id=made.id if seen else case.id), code=303)


@blueprint.app_template_global("reopens")
def reopens(view: CaseView) -> date | None:
    """Return until when the reader may take a matter up again; None when they may not, or it cannot be."""
    if not may(current.viewer(), Action.REOPEN, view.subject):
        return None
    return reopens_until(current.session(), view.case, now=current.now())


def _case(case_id: UUID) -> Case:
    case = get_case(current.session(), case_id)
    require(current.viewer(), Action.REOPEN, subject_of(current.session(), case))
    return case


def _page(case: Case, given: dict[str, Any], errors: dict[str, list[str]]) -> str:
    return render_template(
        "cases/reopen.html", case=case, view=read_case(case.id), given=given, errors=errors, way=way_field(),
        until=reopens_until(current.session(), case, now=current.now()),
        labels=assisted_labels() | {"reason": gettext("哪里还没有解决")},
    )  # fmt: skip
