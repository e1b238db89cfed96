"""A resident's matter: where it stands, the answer, the rating, what the process offers, the copy of the file."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine.audit import Actor, Tag, record
from engine.cases.attachments import add_files
from engine.cases.attachments import attachment as one_attachment
from engine.cases.documents import document as one_document
from engine.cases.issuance import issuance
from engine.cases.links import member_of_family
from engine.cases.matter import Matter, complete_as_resident, resident_matter, resident_task, task_name
from engine.cases.models import Case, Document
from engine.cases.party import PETITIONER
from engine.cases.pdf import can_draw
from engine.cases.proof import note_opened
from engine.cases.reopening import reopen, reopens_until
from engine.cases.subject import subject_of
from engine.db import writing
from engine.deadlines.explain import explain
from engine.errors import EngineError, Forbidden, Invalid, NotFound
from engine.organisation.policy import Action, Viewer, require, resident_viewer
from web import current
from web.auth.access import public
from web.cases.files import send_stored, stage
from web.cases.forms import shown_form
from web.cases.offering import shown_offer, take_up
from web.cases.papers import send_paper
from web.guard import limiter
from web.languages import choose_locale
from web.portal.resident import close_matter, open_matter, opened_matter, opened_party
from web.portal.telling import told
from web.words import say, translated_fields

blueprint: Final = Blueprint("matter", __name__, url_prefix="/matter")
_portal_rate: Final = limiter.limit(lambda: current.settings().rate_portal, methods=["POST"])
_file_rate: Final = limiter.limit(lambda: current.settings().rate_portal)


@blueprint.errorhandler(Forbidden)
def _closed(error: Forbidden) -> Response:
    """A closed matter is opened again with number and PIN, not with an error page."""
    flash(say(error), "info")
    return redirect(url_for("portal.follow"))


def _case() -> Case:
    return opened_matter(current.session(), current.now())


def _matter(case: Case) -> Matter:
    return resident_matter(
        current.session(), case, vault=current.vault(), locale=choose_locale(), now=current.now(), party=opened_party()
    )


def _viewer(case: Case) -> Viewer:
    return resident_viewer(case.id, opened_party())


@blueprint.get("/")
@public
def show() -> str:
    """Show where the matter stands."""
    matter = _matter(_case())
    clock = matter.promise
    sentence = explain(clock.trace, choose_locale()) if clock is not None else ""
    events = told(matter.view, matter.party)
    names = {each.id: task_name(current.session(), each, choose_locale()) for each in matter.tasks}
    return render_template(
        "portal/matter.html",
        matter=matter,
        case=matter.view.case,
        why_date=sentence,
        events=events,
        now=current.now(),
        names=names,
    )


@blueprint.post("/linked/<uuid:case_id>")
@public
@_portal_rate
def open_linked(case_id: UUID) -> Response:
    """Open a matter that this one came out of, or that came out of it: one receipt opens them all."""
    if opened_party() != PETITIONER:
        raise NotFound("case-not-linked", "Your matter has no such part.")
    open_matter(member_of_family(current.session(), _case(), case_id), current.now())
    return redirect(url_for("matter.show"))


@blueprint.route("/tasks/<uuid:item_id>", methods=["GET", "POST"])
@public
@_portal_rate
def task(item_id: UUID) -> Response | str | tuple[str, int]:
    """Show a task that waits for the resident, such as the rating, or take its form."""
    case = _case()
    item = resident_task(current.session(), case, item_id, opened_party())
    form, name = shown_form(item), task_name(current.session(), item, choose_locale())
    if request.method == "GET":
        return render_template("portal/task.html", case=case, item=item, name=name, form=form)
    submitted = form.parse(request.form)
    try:
        complete_as_resident(
            current.session(), case, item_id, submitted, runtime=current.runtime(), now=current.now(),
            party=opened_party(),
        )  # fmt: skip
    except Invalid as error:
        shown = form.refused(submitted, error)
        return render_template("portal/task.html", case=case, item=item, name=name, form=shown), 422
    flash(_("谢谢，已收到。"), "success")
    return redirect(url_for("matter.show"))


@blueprint.post("/tasks/<uuid:item_id>/fields")
@public
@_portal_rate
def task_fields(item_id: UUID) -> str:
    """Answer the fields that the form has with what is filled in so far."""
    case = _case()
    form = shown_form(resident_task(current.session(), case, item_id, opened_party()))
    return render_template("components/fields_only.html", form=form.filled(form.parse(request.form)))


@blueprint.route("/offers/<offer_id>", methods=["GET", "POST"])
@public
@_portal_rate
def offer(offer_id: str) -> Response | str | tuple[str, int]:
    """Show something that the process offers now, such as taking the matter back, or take its form."""
    case, status = _case(), 200
    viewer = _viewer(case)
    if request.method == "GET":
        found, form = shown_offer(case, offer_id, viewer)
    else:
        refused = take_up(case, offer_id, viewer, Actor.resident(opened_party()))
        if refused is None:
            flash(_("已收到。下面是最新进展。"), "success")
            return redirect(url_for("matter.show"))
        found, form, status = refused
    return render_template("portal/offer.html", case=case, offer=found, form=form), status


@blueprint.post("/offers/<offer_id>/fields")
@public
@_portal_rate
def offer_fields(offer_id: str) -> str:
    """Answer the fields that the form has with what is filled in so far."""
    case = _case()
    _found, form = shown_offer(case, offer_id, _viewer(case))
    return render_template("components/fields_only.html", form=form.filled(form.parse(request.form)))


@blueprint.route("/reopen", methods=["GET", "POST"])
@public
@_portal_rate
def take_up_again() -> Response | str | tuple[str, int]:
    """Take the matter up again after its end, with what was not right; then show how the new one stands."""
    case, errors = _case(), dict[str, list[str]]()
    require(_viewer(case), Action.REOPEN, subject_of(current.session(), case))
    reason = request.form.get("reason", "")
    if request.method == "POST" and request.form.get("case") != str(case.id):
        return redirect(url_for("matter.show"))  # sent twice: the new one is open already
    if request.method == "POST":
        try:
            made = reopen(
                current.session(), case, reason=reason, vault=current.vault(), runtime=current.runtime(),
                actor=Actor.resident(), now=current.now(),
            )  # fmt: skip
        except Invalid as error:
            errors = translated_fields(error)
        else:
            open_matter(made, current.now())
            flash(_("已重新提出，新编号 %(number)s。原来的回执继续有效。", number=made.number), "success")
            return redirect(url_for("matter.show"))
    until = reopens_until(current.session(), case, now=current.now())
    return render_template("portal/reopen.html", case=case, until=until, reason=reason, errors=errors), (
        422 if errors else 200
    )


@blueprint.get("/documents/<uuid:document_id>")
@public
def document(document_id: UUID) -> str:
    """Show a document as it was served, with what is known of it."""
    case, found = _served(document_id)
    known = issuance(current.session(), found)
    return render_template("portal/document.html", case=case, document=found, pdf=can_draw(), known=known)


@blueprint.get("/documents/<uuid:document_id>/file/<kind>")
@public
@_file_rate
def document_file(document_id: UUID, kind: str) -> Response:
    """Send a document as a file, if it was served to the resident."""
    return send_paper(_served(document_id)[1], kind)


def _served(document_id: UUID) -> tuple[Case, Document]:
    """Return a document of the matter, and record that it was opened.

    Raises:
        NotFound: this matter has none such that was served.
    """
    case = _case()
    found = one_document(current.session(), case.id, document_id)
    if found.served_at is None:
        raise NotFound("document-not-found", "This matter has no such document.")
    note_opened(current.session(), found, Actor.resident(opened_party()), current.now())
    return case, found


@blueprint.get("/attachments/<uuid:attachment_id>")
@public
def attachment(attachment_id: UUID) -> Response:
    """Answer one of the resident's own files."""
    found = one_attachment(current.session(), _case().id, attachment_id)
    if found.internal:
        raise NotFound("attachment-not-found", "This matter has no such file.")
    return send_stored(found)


@blueprint.post("/attachments")
@public
@_portal_rate
def attach() -> Response:
    """Attach what is good of the chosen files to the matter, and say what was wrong with the others."""
    case = _case()
    good = []
    for file in request.files.getlist("files"):
        try:
            if file.filename:
                good.append(stage(file))
        except EngineError as error:
            flash(say(error), "warning")
    if add_files(current.session(), case, good, actor=Actor.resident(), now=current.now()):
        flash(_("已收到，办理人员能看到。"), "success")
    return redirect(url_for("matter.show") + "#m-matter", code=303)


@blueprint.get("/copy")
@public
def copy() -> str:
    """Show the whole file on one page, for printing or keeping; the story says that a copy was taken.

    Source: 个人信息保护法 art. 45.
    """
    case = _case()
    with writing(current.session()):
        facts: dict[str, Any] = {"tag": Tag.CASE_EXPORTED, "actor": Actor.resident(opened_party()), "at": current.now()}
        record(current.session(), **facts, jurisdiction=case.jurisdiction, case_id=case.id)
    matter = _matter(case)
    documents = [each for each in matter.view.documents if each.served_at is not None]
    events = told(matter.view, matter.party)
    return render_template("portal/copy.html", matter=matter, case=case, documents=documents, events=events)


@blueprint.post("/close")
@public
def close() -> Response:
    """Forget the matter in this browser."""
    close_matter()
    return redirect(url_for("portal.home"))
