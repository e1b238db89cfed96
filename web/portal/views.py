"""File a matter, take the receipt home, come back to it."""

from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.audit import Actor
from engine.cases import slips
from engine.cases.attachments import StagedPhoto
from engine.cases.filing import Filed, Filing, by_receipt, categories, file_case
from engine.cases.matter import promised
from engine.cases.vault import new_submission
from engine.errors import EngineError, Invalid
from engine.organisation.grid import finer_places as places_inside
from engine.organisation.grid import streets
from web import current
from web.auth.access import public
from web.guard import limiter
from web.languages import choose_locale
from web.navigation import home as staff_home
from web.portal import forms, resent
from web.portal.codes import qr_code
from web.portal.resident import open_matter
from web.portal.uploads import Staging
from web.words import say, translated_fields

blueprint: Final = Blueprint("portal", __name__)
_portal_rate: Final = limiter.limit(lambda: current.settings().rate_portal, methods=["POST"])


@blueprint.get("/")
@public
def home() -> Response | str:
    """Show what this is; staff who are signed in go to their inbox."""
    if current_user.is_authenticated:
        return redirect(staff_home())
    return render_template("portal/home.html")


@blueprint.route("/file", methods=["GET", "POST"])
@public
@_portal_rate
def file() -> Response | str | tuple[str, int]:
    """Show the form, or take it: on a mistake it comes back with every word and every good photo."""
    if request.method == "GET":
        return _show_form({}, {}, submission=new_submission())
    filing, errors = forms.read_filing(request.form, choose_locale())
    staging = _staging()
    photos, problems = staging.receive(request.files.getlist("photos"), request.form.getlist("staged"))
    submission = request.form.get("submission") or new_submission()
    if filing is not None and not problems:
        submission = resent.submission_of(filing, submission, now=current.now())
        try:
            again = _file(filing, submission, photos).again
        except Invalid as error:
            errors = translated_fields(error)
    if filing is None or problems or errors:
        staged = [{"name": p.name, "size": p.size, "token": staging.token(p)} for p in photos]
        shown = _show_form(request.form.to_dict(), errors, submission=submission, staged=staged, problems=problems)
        return shown, 422
    session["receipt"] = submission
    if again:
        flash(_("这份诉求之前已经提交过，没有重复登记。下面是同一份回执。"), "info")
    return redirect(url_for("portal.receipt"))


def _file(filing: Filing, submission: str, photos: list[StagedPhoto]) -> Filed:
    return file_case(
        current.session(),
        filing,
        jurisdiction=current.settings().jurisdiction,
        submission=submission,
        vault=current.vault(),
        runtime=current.runtime(),
        actor=Actor.resident(),
        now=current.now(),
        photos=photos,
    )


def _staging() -> Staging:
    return Staging(current.settings().secret_key, current.blobs())


def _show_form(
    values: dict[str, Any],
    errors: dict[str, list[str]],
    *,
    submission: str,
    staged: list[dict[str, Any]] | None = None,
    problems: list[EngineError] | None = None,
) -> str:
    if values:
        values["name_hidden"] = "name_hidden" in request.form
    jurisdiction = current.settings().jurisdiction
    groups = {
        "matter_fields": forms.matter_fields(categories(current.session(), "petition", choose_locale())),
        "photo_fields": forms.photo_fields(),
        "person_fields": forms.person_fields(),
    }
    labels = {c["key"]: c["label"] for fields in groups.values() for c in fields} | forms.place_labels()
    return render_template(
        "portal/file.html",
        **groups,
        labels=labels,
        values=values,
        errors=errors,
        submission=submission,
        staged=staged or [],
        photo_problems=[say(problem) for problem in problems or []],
        places=streets(current.session(), jurisdiction),
        finer=places_inside(current.session(), jurisdiction, values.get("place", "")),
    )


@blueprint.get("/file/places")
@public
def finer_places() -> str:
    """Answer the estates and buildings of a community, as a part of the form."""
    found = places_inside(current.session(), current.settings().jurisdiction, request.args.get("place", ""))
    return render_template("portal/finer_places.html", finer=found, values={})


@blueprint.get("/receipt")
@public
def receipt() -> Response | str:
    """Show the receipt of the form that this browser sent last."""
    submission = session.get("receipt")
    if not isinstance(submission, str):
        return redirect(url_for("portal.follow"))
    filed: Filed = by_receipt(current.session(), submission, vault=current.vault())
    link = current.settings().public_url + url_for("portal.open_by_code", code=filed.receipt.tracking_code)
    return render_template(
        "portal/receipt.html", case=filed.case, receipt=filed.receipt, link=link, qr=qr_code(link),
        promise=promised(current.session(), filed.case.id, choose_locale()),
    )  # fmt: skip


@blueprint.route("/follow", methods=["GET", "POST"])
@public
@_portal_rate
def follow() -> Response | str | tuple[str, int]:
    """Ask for number and PIN, and open the matter they belong to."""
    if request.method == "GET":
        return render_template("portal/follow.html")
    number = request.form.get("number", "")
    try:
        opened = slips.open_by_pin(
            current.session(),
            jurisdiction=current.settings().jurisdiction,
            number=number,
            pin=request.form.get("pin", "").replace(" ", ""),
            now=current.now(),
        )
    except EngineError as error:
        return render_template("portal/follow.html", number=number, problem=say(error)), 422
    open_matter(opened.case, current.now(), opened.party)
    return redirect(url_for("matter.show"))


@blueprint.get("/t/<code>")
@public
@limiter.limit(lambda: current.settings().rate_portal)
def open_by_code(code: str) -> Response:
    """Open the matter of a receipt's link or QR code; the code leaves the address bar at once."""
    opened = slips.open_by_code(current.session(), code, vault=current.vault())
    open_matter(opened.case, current.now(), opened.party)
    answer = redirect(url_for("matter.show"))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
