"""The calendar of one's own due dates, and the page on which its address is given and taken back."""

from typing import Final

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext
from werkzeug.wrappers import Response

from engine.cases.due_dates import own_due_dates
from web import current
from web.auth.access import public
from web.feeds.calendar import write_calendar
from web.feeds.tokens import close_feed, feed_of, find_feed, open_feed

blueprint: Final = Blueprint("feeds", __name__)


@blueprint.get("/account/calendar")
def settings() -> str:
    """Say what the calendar is, who can read it, and whether it has an address."""
    return render_template("feeds/settings.html", feed=feed_of(current.session(), current.staff()), address=None)


@blueprint.post("/account/calendar")
def renew() -> Response:
    """Give the calendar a new address and show it, this once."""
    jurisdiction = current.settings().jurisdiction
    token = open_feed(current.session(), current.staff(), jurisdiction=jurisdiction, now=current.now())
    address = current.settings().public_url.rstrip("/") + url_for("feeds.calendar", token=token)
    feed = feed_of(current.session(), current.staff())
    answer = make_response(render_template("feeds/settings.html", feed=feed, address=address))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/account/calendar/close")
def close() -> Response:
    """Take the address back."""
    jurisdiction = current.settings().jurisdiction
    close_feed(current.session(), current.staff(), jurisdiction=jurisdiction, now=current.now())
    flash(gettext("日历地址已作废，用它订阅的程序不再收到更新。"), "success")
    return redirect(url_for("feeds.settings"), code=303)


@blueprint.get("/calendar/<token>.ics")
@public
def calendar(token: str) -> Response:
    """Answer a calendar program that knows the secret address."""
    staff = find_feed(current.session(), token, now=current.now())
    if staff is None:
        abort(404)
    with force_locale(staff.locale):
        body = write_calendar(own_due_dates(current.session(), staff), site=current.settings().public_url.rstrip("/"))
    answer = make_response(body)
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = 'inline; filename="due.ics"'
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    return answer.make_conditional(request)
