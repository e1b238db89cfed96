"""The page of a matter, its files and documents."""

from typing import Final
from uuid import UUID

from flask import Blueprint, Response, render_template, send_file
from flask_babel import get_locale
from markupsafe import Markup

from engine.cases.view import CaseView, case_view, note_personal_read
from engine.deadlines.explain import explain
from engine.errors import NotFound
from web import current
from web.cases import story

blueprint: Final = Blueprint("cases", __name__)
#: what a browser may show in place; everything else is downloaded
_SHOWN: Final = ("image/jpeg", "image/png", "image/webp")


def read_case(case_id: UUID) -> CaseView:
    """Return a matter as the signed-in reader may see it, and record that they saw who the resident is."""
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault())
    note_personal_read(current.session(), view, current.actor(), current.now())
    return view


@blueprint.get("/cases/<uuid:case_id>")
def show(case_id: UUID) -> str:
    """Show a matter as far as the reader may see it."""
    view = read_case(case_id)
    locale = str(get_locale())
    reasons = {clock.id: explain(clock.trace, locale, current.settings().zone) for clock in view.clocks}
    return render_template(
        "cases/case.html", view=view, case=view.case, now=current.now(), story=story.lines(view.events), reasons=reasons
    )


@blueprint.get("/cases/<uuid:case_id>/attachments/<uuid:attachment_id>")
def attachment(case_id: UUID, attachment_id: UUID) -> Response:
    """Send a file of a matter."""
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault())
    found = next((each for each in view.attachments if each.id == attachment_id), None)
    if found is None:
        raise NotFound("attachment-not-found", "This matter has no such file.")
    shown = found.media_type in _SHOWN
    answer = send_file(
        current.blobs().open(found.sha256), mimetype=found.media_type, as_attachment=not shown, download_name=found.name
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.get("/cases/<uuid:case_id>/documents/<uuid:document_id>")
def document(case_id: UUID, document_id: UUID) -> str:
    """Show a document as it was issued, ready to print."""
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault())
    found = next((each for each in view.documents if each.id == document_id), None)
    if found is None:
        raise NotFound("document-not-found", "This matter has no such document.")
    text = Markup(found.html)  # noqa: S704  sanitised when it was issued
    return render_template("cases/document.html", case=view.case, document=found, text=text)
