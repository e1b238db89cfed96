"""What the header shows: where a reader may go from here."""

from typing import Any, Final

from flask import Blueprint, Flask, make_response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.db import writing
from web import current
from web.auth.access import public
from web.languages import DEFAULT, LANGUAGES, remember
from web.presentation.addresses import with_query

blueprint: Final = Blueprint("home", __name__)


@blueprint.get("/")
@public
def index() -> Response:
    """Send staff to their inbox and everybody else to where they can go."""
    return redirect(url_for("auth.account" if current_user.is_authenticated else "auth.sign_in"))


def init_navigation(app: Flask) -> None:
    """Give templates the header's links, and follow its language switch (`?lang=zh`, `?lang=en`)."""

    @app.before_request
    def _switch_language() -> Response | None:
        wanted = {"zh": DEFAULT, "en": "en"}.get(request.args.get("lang", ""))
        if request.method != "GET" or wanted not in LANGUAGES or request.path.startswith("/api/"):
            return None
        if current_user.is_authenticated and current_user.staff.locale != wanted:
            with writing(current.session()):
                current_user.staff.locale = wanted
        return remember(make_response(redirect(with_query(lang=None))), wanted, secure=current.settings().secure)

    @app.context_processor
    def _links() -> dict[str, Any]:
        links = {"sign_in_url": url_for("auth.sign_in"), "sign_out_url": url_for("auth.sign_out")}
        links["account_url"] = url_for("auth.account")
        return links
