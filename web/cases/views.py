"""The page of a matter, its files and documents."""

from typing import Final
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response as WerkzeugResponse

from engine.cases.deliveries import deliveries, unusable
from engine.cases.escalations import escalations
from engine.cases.view import CaseView, case_view, note_personal_read
from engine.deadlines.explain import explain
from engine.errors import Forbidden, NotFound
from engine.organisation.policy import Action, may
from web import current
from web.auth.access import background
from web.cases import story
from web.cases.diagram import page_source, page_tokens, step_rows
from web.cases.files import send_stored
from web.cases.offering import shown_offers
from web.cases.papers import send_paper
from web.cases.people import assisted_items, panel
from web.cases.serving import document_page, shown_document
from web.cases.similar import similar_panel
from web.languages import choose_locale
from web.notices.views import CHANNELS

blueprint: Final = Blueprint("cases", __name__)


def read_case(case_id: UUID) -> CaseView:
    """Return a matter as the signed-in reader may see it, and record that they saw who the resident is."""
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault(), locale=choose_locale())
    note_personal_read(current.session(), view, current.actor(), current.now())
    return view


@blueprint.get("/cases/<uuid:case_id>")
def show(case_id: UUID) -> str | WerkzeugResponse:
    """Show a matter as far as the reader may see it; `done`: they come from a task of it that they have completed."""
    try:
        return case_page(case_id)
    except (Forbidden, NotFound):
        if "done" not in request.args:
            raise
        return redirect(url_for("inbox.index"))  # with what they did the matter was closed to them


def case_page(case_id: UUID) -> str:
    """Return the page of a matter as far as the reader may see it."""
    view = read_case(case_id)
    locale = str(get_locale())
    reasons = {clock.id: explain(clock.trace, locale, current.settings().zone) for clock in view.clocks}
    return render_template(
        "cases/case.html", view=view, case=view.case, now=current.now(), urgent=_waits_for_reader(case_id),
        story=story.lines(view.events, whole="story" in request.args, others=story.other_numbers(view)),
        reasons=reasons, steps=step_rows(view), offers=shown_offers(view.case, current.viewer()),
        party_panel=panel(view), assisting=assisted_items(view), similar=similar_panel(view),
        channels=CHANNELS, deliveries=deliveries(current.session(), view, current.viewer()),
        unusable=unusable(current.session(), view, current.viewer()),
    )  # fmt: skip


def _waits_for_reader(case_id: UUID) -> bool:
    """Say whether the matter has escalations that the reader has still to acknowledge: a mail's link leads here."""
    viewer = current.viewer()
    if not may(viewer, Action.VIEW_ESCALATIONS):
        return False
    desk = escalations(current.session(), viewer, now=current.now(), case_id=case_id)
    return any(each.waiting for each in desk.matters)


@blueprint.get("/cases/<uuid:case_id>/drawing")
def drawing(case_id: UUID) -> Response:
    """Answer the BPMN XML of a page of the matter's process."""
    _require_diagram(case_id)
    source = page_source(current.session(), case_id, request.args.get("page", ""))
    return Response(source, mimetype="application/xml")


@blueprint.get("/cases/<uuid:case_id>/tokens")
@background
def tokens(case_id: UUID) -> Response:
    """Answer where the tokens of the matter stand on a page."""
    _require_diagram(case_id)
    return jsonify(page_tokens(current.session(), case_id, request.args.get("page", "")))


def _require_diagram(case_id: UUID) -> None:
    """Let go on who may see the diagram of a matter."""
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault())
    if not view.shows("diagram"):
        raise Forbidden("diagram-closed", "The diagram of this matter is not open to you.")


@blueprint.get("/cases/<uuid:case_id>/attachments/<uuid:attachment_id>")
def attachment(case_id: UUID, attachment_id: UUID) -> Response:
    """Send a file of a matter."""
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault())
    found = next((each for each in view.attachments if each.id == attachment_id), None)
    if found is None:
        raise NotFound("attachment-not-found", "This matter has no such file.")
    return send_stored(found)


@blueprint.get("/cases/<uuid:case_id>/documents/<uuid:document_id>")
def document(case_id: UUID, document_id: UUID) -> str:
    """Show a document as it was issued, with what is known of it."""
    return document_page(*shown_document(case_id, document_id))


@blueprint.get("/cases/<uuid:case_id>/documents/<uuid:document_id>/file/<kind>")
def document_file(case_id: UUID, document_id: UUID, kind: str) -> Response:
    """Send a document as a file, to who may see it."""
    return send_paper(shown_document(case_id, document_id)[1], kind)
