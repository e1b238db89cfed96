"""A document's page for staff, and the form by which they record that it was served by hand or by post."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from engine.cases.blobs import NotStored
from engine.cases.issuance import issuance
from engine.cases.models import Document
from engine.cases.pdf import can_draw
from engine.cases.serving import Service, record_service, revoke_service, services_of, serving_tasks
from engine.cases.view import CaseView, case_view
from engine.errors import EngineError, Invalid, NotFound
from engine.forms import Form
from engine.organisation.models import Staff
from engine.organisation.policy import Action, may, require
from web import current
from web.auth.access import background
from web.cases.files import stage
from web.cases.forms import ShownForm
from web.errors import status_of
from web.words import say

blueprint: Final = Blueprint(
    "serving", __name__, url_prefix="/cases/<uuid:case_id>/documents/<uuid:document_id>/services"
)


@blueprint.post("")
def add(case_id: UUID, document_id: UUID) -> Response | tuple[str, int]:
    """Take the form."""
    view, document = shown_document(case_id, document_id)
    require(current.viewer(), Action.SERVE, view.subject)
    form = _form(view)
    submitted = form.parse(request.form)
    session, now = current.session(), current.now()
    try:
        said = form.form.load(submitted, {}, now=now)
        scan = [stage(file) for file in request.files.getlist("scan") if file.filename]
        record_service(
            session, view.case, document, _service(said), runtime=current.runtime(), actor=current.actor(), now=now,
            staff=session.get_one(Staff, current.viewer().staff_id), scan=scan,
        )  # fmt: skip
    except NotStored as error:
        flash(say(error), "warning")
        return document_page(view, document, form.filled(submitted)), status_of(error)
    except Invalid as error:
        if "fields" not in error.facts:
            flash(say(error), "warning")
            return document_page(view, document, form.filled(submitted)), 422
        return document_page(view, document, form.refused(submitted, error)), 422
    flash(gettext("送达情况已记录。"), "success")
    return redirect(url_for("cases.document", case_id=case_id, document_id=document_id, _anchor="services"), code=303)


@blueprint.post("/<uuid:record_id>/revoke")
def revoke(case_id: UUID, document_id: UUID, record_id: UUID) -> Response:
    """Take a wrong record back."""
    view, document = shown_document(case_id, document_id)
    require(current.viewer(), Action.SERVE, view.subject)
    try:
        revoke_service(
            current.session(), document, record_id, request.form.get("reason", ""), actor=current.actor(),
            now=current.now(),
        )  # fmt: skip
        flash(gettext("已撤销这条记录。请按实际情况重新登记；按原日期起算的期限会随之改动。"), "success")
    except EngineError as error:
        flash(say(error), "warning")
    return redirect(url_for("cases.document", case_id=case_id, document_id=document_id, _anchor="services"), code=303)


@blueprint.post("/fields")
@background
def fields(case_id: UUID, document_id: UUID) -> str:
    """Answer the fields that the form has with what is filled in so far."""
    view, _ = shown_document(case_id, document_id)
    require(current.viewer(), Action.SERVE, view.subject)
    form = _form(view)
    return render_template("components/fields_only.html", form=form.filled(form.parse(request.form)))


def shown_document(case_id: UUID, document_id: UUID) -> tuple[CaseView, Document]:
    """Return a document of a matter, if the reader may see it.

    Raises:
        NotFound: the matter has none such, or not for this reader.
    """
    view = case_view(current.session(), current.viewer(), case_id, vault=current.vault())
    found = next((each for each in view.documents if each.id == document_id), None)
    if found is None:
        raise NotFound("document-not-found", "This matter has no such document.")
    return view, found


def document_page(view: CaseView, document: Document, form: ShownForm | None = None) -> str:
    """Return the page of a document as it was issued, with what is known of it.

    Args:
        form: of a service, as it was sent, with its mistakes.
    """
    session = current.session()
    may_serve = may(current.viewer(), Action.SERVE, view.subject)
    tasks = serving_tasks(session, view.case, document, _staff(), current.now()) if may_serve else []
    return render_template(
        "cases/document.html", case=view.case, view=view, document=document, pdf=can_draw(),
        text=Markup(document.html),  # noqa: S704  sanitised when it was issued
        known=issuance(session, document), services=_told(view, services_of(session, document)),
        form=(form or _form(view)) if may_serve else None, tasks=tasks, how=_ways(), who=_receivers(),
    )  # fmt: skip


def _staff() -> Staff:
    return current.session().get_one(Staff, current.viewer().staff_id)


def _told(view: CaseView, records: list[Any]) -> list[dict[str, Any]]:
    """Return the records with the name of whoever wrote each, the latest first."""
    session = current.session()
    names = {}
    for each in records:
        for who in (each.recorded_by, each.revoked_by):
            staff = session.get(Staff, UUID(who)) if who else None
            names[who] = staff.name if staff is not None else ""
    return [
        {
            "row": each, "by": names[each.recorded_by], "revoked_by": names.get(each.revoked_by, ""),
            "party": view.party_label(each.party) or "",
        }
        for each in reversed(records)
    ]  # fmt: skip


def _service(said: dict[str, Any]) -> Service:
    served_at: datetime = said["served_at"]
    texts = {name: str(said.get(name) or "") for name in ("tracking_number", "note")}
    return Service(
        how=said["how"], served_at=served_at, received_by=said["received_by"], party=said.get("party") or "p1", **texts
    )


def _form(view: CaseView) -> ShownForm:
    """Return the form, in the reader's language."""
    asked = {"required": True}
    fields: list[dict[str, Any]] = [
        {"type": "radio", "key": "how", "label": gettext("送达方式"), "values": _values(_ways()), "validate": asked},
        {
            "type": "datetime", "subtype": "datetime", "key": "served_at", "dateLabel": gettext("送达日期"),
            "timeLabel": gettext("时间"), "timeSerializingFormat": "utc_offset", "timeInterval": 5, "use24h": True,
            "validate": asked,
        },
        {"type": "radio", "key": "received_by", "label": gettext("谁签收"), "values": _values(_receivers()),
         "validate": asked},
        {
            "type": "textfield", "key": "tracking_number", "label": gettext("邮件号码"),
            "validate": asked | {"maxLength": 64}, "conditional": {"hide": '=how != "post"'},
        },
        {
            "type": "textarea", "key": "note", "label": gettext("说明"), "validate": {"maxLength": 500},
            "description": gettext("留置的写明见证人单位和经过。"),
        },
    ]  # fmt: skip
    if len(view.parties) > 1:
        parties = {each.key: each.label for each in view.parties}
        fields.insert(
            0,
            {"type": "select", "key": "party", "label": gettext("送达给谁"), "values": _values(parties),
             "validate": asked},
        )  # fmt: skip
    schema = {"id": "service", "type": "default", "components": [each | {"id": each["key"]} for each in fields]}
    form = Form.read(orjson.dumps(schema))
    return ShownForm.make(form, {}, {}, current.now())


def _ways() -> dict[str, str]:
    return {"person": gettext("当面送达"), "post": gettext("邮寄送达"), "left": gettext("留置送达")}


def _receivers() -> dict[str, str]:
    return {
        "self": gettext("本人"), "family": gettext("同住成年家属"), "agent": gettext("代理人或者代收人"),
        "unit": gettext("单位收发部门"), "witness": gettext("拒收，有见证人"),
    }  # fmt: skip


def _values(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in names.items()]
