"""At the desk: staff write down what somebody says, and hand over the receipt.

Source: 信访工作条例 art. 17: any channel; an oral petition is recorded.
"""

from typing import Final

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from engine.cases.filing import by_receipt
from engine.cases.kinds import kinds
from engine.cases.matter import promised
from engine.organisation.policy import Action, require
from web import current
from web.filing.page import FilingPage, asked_kind
from web.languages import choose_locale
from web.portal.codes import qr_code

blueprint: Final = Blueprint("desk", __name__, url_prefix="/desk")
CHANNELS: Final = ("visit", "hotline", "letter", "grid")


@blueprint.get("/")
def index() -> str:
    """Offer what can be filed for somebody."""
    require(current.viewer(), Action.FILE_CASE)
    offered = [kind for kind in kinds(current.session(), choose_locale()) if kind.staff]
    return render_template("filing/desk.html", kinds=offered)


@blueprint.route("/file", methods=["GET", "POST"])
def file() -> Response | str | tuple[str, int]:
    """Show the form, or take it."""
    require(current.viewer(), Action.FILE_CASE)
    page = FilingPage(kind=asked_kind(staff=True), actor=current.actor(), channels=CHANNELS)
    if request.method == "GET":
        return page.show()
    filed, submission, again = page.take()
    if filed is None:
        return again, page.status
    session["desk_receipt"] = submission
    return redirect(url_for("desk.receipt"))


@blueprint.get("/receipt")
def receipt() -> Response | str:
    """Show the receipt of what this reader filed last, to print and hand over."""
    require(current.viewer(), Action.FILE_CASE)
    submission = session.get("desk_receipt")
    if not isinstance(submission, str):
        return redirect(url_for("desk.index"))
    filed = by_receipt(current.session(), submission, vault=current.vault())
    link = current.settings().public_url + url_for("portal.open_by_code", code=filed.receipt.tracking_code)
    return render_template(
        "filing/desk_receipt.html", case=filed.case, receipt=filed.receipt, link=link, qr=qr_code(link),
        promise=promised(current.session(), filed.case.id, choose_locale()),
    )  # fmt: skip
