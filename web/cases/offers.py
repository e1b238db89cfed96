"""What the process offers a member of staff to do with a matter beside their tasks."""

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases.papers import ACCEPT
from engine.cases.subject import get_case
from web import current
from web.auth.access import background
from web.cases.assisting import assisted_labels, staged_proof, way_field
from web.cases.offering import shown_offer, take_up
from web.cases.views import read_case

blueprint: Final = Blueprint("offers", __name__, url_prefix="/cases/<uuid:case_id>/offers")


@blueprint.route("/<offer_id>", methods=["GET", "POST"])
def offer(case_id: UUID, offer_id: str) -> Response | str | tuple[str, int]:
    """Show an offer with its form, or take the form."""
    case, status = get_case(current.session(), case_id), 200
    if request.method == "GET":
        found, form = shown_offer(case, offer_id, current.viewer())
    else:
        refused = take_up(case, offer_id, current.viewer(), current.actor(), proof=staged_proof)
        if refused is None:
            flash(gettext("已办理，下面是最新进展。"), "success")
            return redirect(url_for("cases.show", case_id=case_id), code=303)
        found, form, status = refused
    way = way_field(signed=found.signed) if found.assisted else None
    return render_template(
        "cases/offer.html", view=read_case(case_id), case=case, offer=found, form=form, way=way, given=request.form,
        labels=form.labels | (assisted_labels() if way else {}), accept=ACCEPT,
    ), status  # fmt: skip


@blueprint.post("/<offer_id>/fields")
@background
def fields(case_id: UUID, offer_id: str) -> str:
    """Answer the fields that the form has with what is filled in so far."""
    _, form = shown_offer(get_case(current.session(), case_id), offer_id, current.viewer())
    return render_template("components/fields_only.html", form=form.filled(form.parse(request.form)))
