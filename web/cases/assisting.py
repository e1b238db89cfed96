"""The page on which staff enter what a party answered by telephone, on paper or at the counter."""

import secrets
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.cases.assisting import (
    PROOF,
    WAY,
    WAY_MISSING,
    complete_assisted,
    reach_party,
    require_assist,
    wants_proof,
    ways,
)
from engine.cases.attachments import StagedPhoto
from engine.cases.blobs import NotStored
from engine.cases.papers import ACCEPT
from engine.errors import Invalid
from engine.tasks import WorkItem, get_item
from engine.tasks.service import refuse_over
from web import current
from web.auth.access import background
from web.cases.files import stage
from web.cases.forms import ShownForm, shown_form
from web.cases.offering import refused_form
from web.cases.views import read_case
from web.errors import status_of
from web.words import one_line

blueprint: Final = Blueprint("assisting", __name__, url_prefix="/tasks/<uuid:item_id>/assist")


@blueprint.get("")
def show(item_id: UUID) -> str:
    """Show the party's form, and ask how the answer came."""
    item = _item(item_id)
    return _page(item, shown_form(item), {}, {})


@blueprint.post("")
def complete(item_id: UUID) -> Response | tuple[str, int]:
    """Take the form."""
    item = get_item(current.session(), item_id)
    form = shown_form(item)
    submitted = form.parse(request.form)
    try:
        complete_assisted(
            current.session(), item_id, submitted, way=request.form.get(WAY, ""), viewer=current.viewer(),
            actor=current.actor(), runtime=current.runtime(), now=current.now(),
            request_key=request.form.get("request_key"), proof=staged_proof(),
        )  # fmt: skip
    except (Invalid, NotStored) as error:
        shown, way = refused_form(form, submitted, error), request.form.get(WAY, "")
        missing = {} if way in ways(signed=wants_proof(current.session(), item)) else {WAY: [gettext(WAY_MISSING)]}
        return _page(item, shown, {WAY: way}, {**missing, **shown.errors}), status_of(error)
    flash(gettext("“%(task)s”的答复已代为登记。", task=one_line(item.name)), "success")
    return redirect(url_for("cases.show", case_id=item.case_id), code=303)


@blueprint.post("/fields")
@background
def fields(item_id: UUID) -> str:
    """Answer the fields that the form has with what is filled in so far."""
    form = shown_form(_item(item_id))
    return render_template("components/fields_only.html", form=form.filled(form.parse(request.form)))


def _item(item_id: UUID) -> WorkItem:
    """Return a party's task that the reader may answer.

    Raises:
        Conflict: it is over.
        Forbidden: it is not theirs to answer.
    """
    item = get_item(current.session(), item_id)
    refuse_over(item)
    require_assist(current.session(), item, current.viewer())
    return item


def _page(item: WorkItem, form: ShownForm, given: dict[str, Any], errors: dict[str, list[str]]) -> str:
    view = read_case(item.case_id)
    person = reach_party(
        current.session(), item, current.viewer(), vault=current.vault(), actor=current.actor(), now=current.now()
    )
    signed = wants_proof(current.session(), item)
    return render_template(
        "cases/assist.html", item=item, view=view, case=view.case, form=form, way=way_field(signed=signed),
        given=given, person=person, errors=errors, labels={**form.labels, **assisted_labels()}, signed=signed,
        accept=ACCEPT, request_key=secrets.token_urlsafe(18),
    )  # fmt: skip


def staged_proof() -> list[StagedPhoto]:
    """Check the papers that this request brings as a proof, and put them into the store.

    Raises:
        Invalid: one is too large, or of a kind that is not taken.
        NotStored: the store cannot be written.
    """
    return [stage(file) for file in request.files.getlist(PROOF) if file.filename]


def assisted_labels() -> dict[str, str]:
    """Return the labels of what is asked beside the form."""
    return {WAY: gettext("本人怎样表示的"), PROOF: gettext("凭据")}


def way_field(*, signed: bool = False) -> dict[str, Any]:
    """Return the field that asks how a party's word came, for forms that staff fill in for them.

    Args:
        signed: it has to be in writing.
    """
    names = {"phone": gettext("电话"), "paper": gettext("书面"), "visit": gettext("当面")}
    return {
        "id": WAY, "key": WAY, "type": "radio", "label": gettext("本人怎样表示的"), "validate": {"required": True},
        "values": [{"value": each, "label": names[each]} for each in ways(signed=signed)],
        "description": gettext("会记入经过：由您代为登记。请如实登记，不要替当事人作决定。"),
    }  # fmt: skip
