"""What the header shows: where a reader may go from here."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app, make_response, redirect, request, url_for
from flask_babel import lazy_gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.cases.escalations import late_count
from engine.cases.incidents import open_count
from engine.db import writing
from engine.notices.service import MOST_UNREAD, unread_count
from engine.organisation.policy import Action, may
from web import current
from web.languages import DEFAULT, LANGUAGES, remember
from web.presentation.addresses import with_query


@dataclass(frozen=True, kw_only=True)
class Place:
    """An entry of the header: shown to who may do `action`; None for everybody who is signed in."""

    endpoint: str
    label: Any
    icon: str
    action: Action | None = None


PLACES: Final = (
    Place(endpoint="inbox.index", label=lazy_gettext("待办"), icon="inbox", action=Action.VIEW_INBOX),
    Place(endpoint="desk.index", label=lazy_gettext("来访来电登记"), icon="pencil-square", action=Action.FILE_CASE),
    Place(endpoint="escalations.index", label=lazy_gettext("超期与督办"), icon="bell", action=Action.VIEW_ESCALATIONS),
    Place(
        endpoint="cockpit.incidents",
        label=lazy_gettext("运行异常"),
        icon="exclamation-octagon-fill",
        action=Action.VIEW_INCIDENTS,
    ),
    Place(
        endpoint="calendars.index",
        label=lazy_gettext("工作日历"),
        icon="calendar-event",
        action=Action.MANAGE_CALENDARS,
    ),
    Place(endpoint="processes.index", label=lazy_gettext("流程"), icon="diagram-3", action=Action.VIEW_PROCESSES),
    Place(endpoint="funds.index", label=lazy_gettext("专项经费"), icon="layers", action=Action.MANAGE_FUNDS),
    Place(endpoint="notices.index", label=lazy_gettext("通知"), icon="send"),
)


def home() -> str:
    """Return the first place that the signed-in reader may go to; their account when there is none."""
    places = _places()
    return url_for(places[0].endpoint) if places else url_for("auth.account")


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
        answer = make_response(redirect(with_query(lang=None)))
        return remember(answer, wanted, secure=current.settings().secure)

    @app.context_processor
    def _links() -> dict[str, Any]:
        links: dict[str, Any] = {"sign_in_url": url_for("auth.sign_in"), "sign_out_url": url_for("auth.sign_out")}
        if current_user.is_authenticated:
            links["home_url"], links["account_url"] = home(), url_for("auth.account")
            if may(current.viewer(), Action.SET_SUBSTITUTE):
                links["absences_url"] = url_for("absences.index")
            links["nav"] = [_entry(place) for place in _places()]
        return links


def _places() -> list[Place]:
    known = (place for place in PLACES if place.endpoint in current_app.view_functions)
    return [place for place in known if place.action is None or may(current.viewer(), place.action)]


def _entry(place: Place) -> dict[str, Any]:
    area = place.endpoint.partition(".")[0]
    active = (request.endpoint or "").partition(".")[0] == area
    entry = {"label": place.label, "href": url_for(place.endpoint), "icon": place.icon, "active": active}
    match place.endpoint:
        case "notices.index":
            unread = unread_count(current.session(), current.staff().id)
            entry["count"] = unread if unread < MOST_UNREAD else f"{MOST_UNREAD - 1}+"
        case "escalations.index":
            entry["count"] = late_count(current.session(), current.viewer(), now=current.now())
            entry["late"] = True
        case "cockpit.incidents":
            entry["count"] = open_count(current.session(), current.viewer())
            entry["late"] = True
    return entry
