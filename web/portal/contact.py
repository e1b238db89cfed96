"""How a party is told of what happens, in words; and the page where they change it and mend what bounced."""

from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from engine.audit import Actor
from engine.cases.contacting import Contact, change_contact, contact_of
from engine.cases.filing_schema import ContactSchema
from engine.cases.models import Case
from engine.cases.party import PETITIONER
from engine.cases.reaching import NOBODY
from engine.notices import groups
from web import current
from web.auth.access import public
from web.filing.fields import contact_fields
from web.guard import limiter
from web.portal.matter import blueprint
from web.portal.resident import opened_matter, opened_party

_portal_rate: Final = limiter.limit(lambda: current.settings().rate_portal, methods=["POST"])
__all__ = ["blueprint"]

#: What somebody can expect, by how they are told.
PROMISES: Final = {
    "email": lazy_gettext("有进展时，发邮件到您留的邮箱。"),
    "sms": lazy_gettext("有进展时，发短信到您留的电话。"),
    "none": lazy_gettext("您选择了不用通知。请凭编号和 PIN 来这里看进度。"),
    NOBODY: lazy_gettext("系统没有能通知您的邮箱。请凭编号和 PIN 来这里看进度；需要您配合时，工作人员会打您留的电话。"),
}


#: The same for staff who may reach them.
_FOR_STAFF: Final = {
    "email": lazy_gettext("系统发邮件通知本人。"),
    "sms": lazy_gettext("系统发短信通知本人。"),
    "none": lazy_gettext("本人选择不用通知，自己查进度。"),
    NOBODY: lazy_gettext("没有能用的邮箱，系统通知不到本人。重要进展请打电话告知。"),
}


@blueprint.app_template_global("told_as")
def told_as(case: Case) -> str:
    """Say to staff how the petitioner hears of what happens, and what is left to them."""
    return str(_FOR_STAFF[contact_of(current.session(), case, PETITIONER, vault=current.vault()).told])


@blueprint.app_template_global("how_told")
def how_told(case: Case, party: str) -> str:
    """Say how a party hears of what happens to their matter."""
    return str(PROMISES[contact_of(current.session(), case, party, vault=current.vault()).told])


@blueprint.get("/contact")
@public
def contact() -> str:
    """Show how the reader is reached."""
    case = opened_matter(current.session(), current.now())
    known = contact_of(current.session(), case, opened_party(), vault=current.vault())
    return _page(case, {"phone": known.phone, "email": known.email, "reach": known.reach}, {})


@blueprint.post("/contact")
@public
@_portal_rate
def save_contact() -> Response | tuple[str, int]:
    """Take how the reader wants to be reached."""
    case = opened_matter(current.session(), current.now())
    try:
        given: Contact = ContactSchema().load(request.form.to_dict())
    except ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        errors = {name: [_(str(text)) for text in texts] for name, texts in messages.items()}
        return _page(case, request.form.to_dict(), errors), 422
    party = opened_party()
    again = change_contact(
        current.session(), case, party, given, vault=current.vault(), actor=Actor.resident(party), now=current.now()
    )
    current.wake()
    flash(_("已保存。"), "success")
    if again:
        flash(ngettext("%(num)d 条没送到的通知会再发给您。", "%(num)d 条没送到的通知会再发给您。", again), "info")
    return redirect(url_for("matter.show"), code=303)


def _page(case: Case, values: dict[str, Any], errors: dict[str, list[str]]) -> str:
    fields = contact_fields(sms=groups.has_gateway(current.session(), case.jurisdiction))
    labels = {each["key"]: each["label"] for each in fields}
    return render_template(
        "portal/contact.html", case=case, fields=fields, values=values, errors=errors, labels=labels
    )  # fmt: skip
