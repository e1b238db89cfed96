"""Staff see to the parties of a matter: add one, print the slip that is handed over."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from engine.cases.filing_schema import PartySchema
from engine.cases.parties import NewParty, PartyView, add_party, may_add, party_roles, require_task
from engine.cases.party_changes import correct_party, remove_party
from engine.cases.slips import issue_slip, slip_number
from engine.cases.subject import get_case
from engine.cases.vault import new_submission
from engine.cases.view import CaseView
from engine.definitions import LoadedVersion
from engine.errors import Conflict, Invalid, NotFound
from web import current
from web.cases.people import version_of
from web.cases.views import read_case
from web.languages import choose_locale
from web.portal.codes import qr_code
from web.words import say

blueprint: Final = Blueprint("parties", __name__, url_prefix="/cases/<uuid:case_id>/parties")


@blueprint.route("/new", methods=["GET", "POST"])
def new(case_id: UUID) -> Response | str | tuple[str, int]:
    """Show the form by which a party is added, or take it."""
    session, case = current.session(), get_case(current.session(), case_id)
    view = read_case(case_id)
    require_task(session, case, current.viewer())
    version = version_of(case)
    if version is None or not may_add(session, case, current.viewer(), version):
        flash(gettext("这件事项不能再加当事人。"), "info")
        return redirect(url_for("cases.show", case_id=case_id))
    fields = _fields(version)
    if request.method == "GET":
        return _form(view, fields, {}, {})
    given, errors = _read({"role": next(iter(party_roles(version, "zh_CN"))), **request.form.to_dict()})
    if given is None:
        return _form(view, fields, request.form.to_dict(), errors), 422
    known = {(each.role, each.person.get("name"), each.person.get("phone", "")) for each in view.parties}
    if (given.role, given.name, given.phone) not in known:  # a double click adds one
        add_party(
            session, case, given, version=version, vault=current.vault(), actor=current.actor(), now=current.now()
        )
    flash(gettext("已加入。请打印凭条，当面交给本人。"), "success")
    return redirect(url_for("cases.show", case_id=case_id, _anchor="parties"), code=303)


@blueprint.route("/<key>/edit", methods=["GET", "POST"])
def edit(case_id: UUID, key: str) -> Response | str | tuple[str, int]:
    """Show what is written of a party, or take what it should say."""
    session, case = current.session(), get_case(current.session(), case_id)
    view = read_case(case_id)
    require_task(session, case, current.viewer())
    party = next((each for each in view.parties[1:] if each.key == key), None)
    version = version_of(case)
    if party is None or version is None:
        raise NotFound("party-unknown", "This matter has no party {party}.", party=key)
    fields = [each for each in _fields(version) if each["key"] != "role"]
    if request.method == "GET":
        return _form(view, fields, dict(party.person), {}, party=party)
    given, errors = _read(request.form.to_dict() | {"role": party.role})
    if given is None:
        return _form(view, fields, request.form.to_dict(), errors, party=party), 422
    correct_party(session, case, key, given, vault=current.vault(), actor=current.actor(), now=current.now())
    flash(gettext("已更正。"), "success")
    return redirect(url_for("cases.show", case_id=case_id, _anchor="parties"), code=303)


@blueprint.post("/<key>/remove")
def remove(case_id: UUID, key: str) -> Response:
    """Remove a party; say what hinders it."""
    session, case = current.session(), get_case(current.session(), case_id)
    read_case(case_id)
    require_task(session, case, current.viewer())
    try:
        remove_party(
            session, case, key, request.form.get("reason", ""), runtime=current.runtime(), actor=current.actor(),
            now=current.now(),
        )  # fmt: skip
        flash(gettext("已移除，凭条和 PIN 立即作废。请告知本人。"), "success")
    except (Conflict, Invalid) as error:
        flash(say(error), "warning")
    return redirect(url_for("cases.show", case_id=case_id, _anchor="parties"), code=303)


@blueprint.post("/<key>/slip")
def slip(case_id: UUID, key: str) -> str:
    """Print a party's slip. It is shown this once; a new one closes the old."""
    session, case = current.session(), get_case(current.session(), case_id)
    view = read_case(case_id)
    require_task(session, case, current.viewer())
    token = request.form.get("slip") or new_submission()
    receipt = issue_slip(session, case, key, token, vault=current.vault(), actor=current.actor(), now=current.now())
    link = current.settings().public_url + url_for("portal.open_by_code", code=receipt.tracking_code)
    version = version_of(case)
    kind = version.package.manifest["name"] if version is not None else {}
    return render_template(
        "cases/slip.html", case=case, receipt=receipt, link=link, qr=qr_code(link), number=slip_number(case, key),
        label=view.party_label(key), kind=kind.get(choose_locale()) or kind.get("zh_CN", ""), now=current.now(),
    )  # fmt: skip


def _read(sent: dict[str, str]) -> tuple[NewParty | None, dict[str, list[str]]]:
    """Return who was written down, or None with the mistakes by field in the reader's language."""
    try:
        given: NewParty = PartySchema().load(sent)
    except ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        return None, {name: [gettext(str(text)) for text in texts] for name, texts in messages.items()}
    return given, {}


def _fields(version: LoadedVersion) -> list[dict[str, Any]]:
    """The components that ask who a party is; the role only where there are several."""
    roles = party_roles(version, choose_locale())
    choices = [{"value": key, "label": name} for key, name in roles.items()]
    role = {"type": "select", "key": "role", "label": gettext("身份"), "values": choices}
    role["validate"] = {"required": True}
    texts = [
        {"type": "textfield", "key": "name", "label": gettext("姓名或单位名称"), "validate": {"required": True}},
        {"type": "textfield", "key": "phone", "label": gettext("电话"), "validate": {"validationType": "phone"}},
        {"type": "textfield", "key": "address", "label": gettext("地址")},
        {
            "type": "textfield", "key": "email", "label": gettext("电子邮箱"), "validate": {"validationType": "email"},
            "description": gettext("填了才能用邮件通知；没有的，电话或当面告知。"),
        },
    ]  # fmt: skip
    return [each | {"id": each["key"]} for each in ([role] if len(choices) > 1 else []) + texts]


def _form(
    view: CaseView, fields: list[dict[str, Any]], values: dict[str, Any], errors: dict[str, list[str]],
    party: PartyView | None = None,
) -> str:  # fmt: skip
    labels = {each["key"]: each["label"] for each in fields}
    return render_template(
        "cases/party.html", view=view, case=view.case, fields=fields, values=values, errors=errors, labels=labels,
        party=party,
    )  # fmt: skip
