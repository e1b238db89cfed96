"""File a matter, take the receipt home, come back to it."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.audit import Actor
from engine.cases import slips
from engine.cases.filing import Filed, by_receipt
from engine.cases.kinds import kind_of, kinds
from engine.cases.matter import promised
from engine.cases.similar import matters_nearby
from engine.errors import EngineError
from engine.organisation.grid import finer_places as places_inside
from web import current
from web.auth.access import public
from web.filing.page import USUAL, FilingPage, asked_kind
from web.guard import limiter
from web.languages import choose_locale
from web.navigation import home as staff_home
from web.portal.codes import qr_code
from web.portal.resident import open_matter
from web.words import say

blueprint: Final = Blueprint("portal", __name__)
_portal_rate: Final = limiter.limit(lambda: current.settings().rate_portal, methods=["POST"])


@blueprint.get("/")
@public
def home() -> Response | str:
    """Show what this is; staff who are signed in go to their inbox."""
    if current_user.is_authenticated:
        return redirect(staff_home())
    offered = [kind for kind in kinds(current.session(), choose_locale()) if kind.portal]
    return render_template("portal/home.html", kinds=offered)


@blueprint.route("/file", methods=["GET", "POST"])
@public
@_portal_rate
def file() -> Response | str | tuple[str, int]:
    """Show the form, or take it: on a mistake it comes back with every word and every good photo."""
    page = FilingPage(kind=asked_kind(staff=False), actor=Actor.resident())
    if request.method == "GET":
        return page.show()
    filed, submission, again = page.take()
    if filed is None:
        return again, page.status
    session["receipt"] = submission
    if filed.again:
        flash(_("这份诉求之前已经提交过，没有重复登记。下面是同一份回执。"), "info")
    return redirect(url_for("portal.receipt"))


@blueprint.get("/file/places")
@public
def finer_places() -> str:
    """Answer the estates and buildings of a community, as a part of the form."""
    found = places_inside(current.session(), current.settings().jurisdiction, request.args.get("place", ""))
    return render_template("portal/finer_places.html", finer=found, values={})


@blueprint.get("/file/nearby")
@public
@limiter.limit(lambda: current.settings().rate_portal)
def nearby() -> str:
    """Answer what may be known of open matters of a category near a place, as a part of the form."""
    wanted = {name: request.args.get(name, "")[:64] for name in ("kind", "category", "place")}
    kind = wanted["kind"] or USUAL
    found = matters_nearby(
        current.session(), jurisdiction=current.settings().jurisdiction, kind=kind, category=wanted["category"],
        place=wanted["place"], now=current.now(),
    )  # fmt: skip
    offered = kind_of(current.session(), kind, choose_locale()).categories if found else []
    names = {each["value"]: each["label"] for each in offered}
    return render_template("portal/nearby.html", found=found, names=names, known=bool(request.args.get("known")))


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
