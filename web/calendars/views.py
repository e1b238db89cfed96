"""The page of calendars: a year as it holds, its versions, hours of duty, and changes that show what they move."""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from engine.deadlines import calendar_for, changes
from engine.deadlines.duty import stored, written
from engine.deadlines.recounting import current_calendars, recount_since
from engine.errors import EngineError
from engine.instances.recounting import recount
from engine.organisation.models import GRID, OrgUnit
from engine.organisation.policy import Action, require
from web import current
from web.calendars import listing
from web.calendars.changing import Change, kept_fields, moved_by, seen, wanted_change
from web.words import say

blueprint: Final = Blueprint("calendars", __name__, url_prefix="/calendars")
#: how long one request counts; the next goes on
_BUDGET: Final = timedelta(seconds=4)
#: rows of clocks that a person still reads
_ROWS: Final = 300


@blueprint.get("")
def index() -> str:
    """Show a year, `year` or this one."""
    return _page()


@blueprint.post("/preview")
def preview() -> str | tuple[str, int]:
    """Show what a change would do, before anything is changed."""
    require(current.viewer(), Action.MANAGE_CALENDARS)
    try:
        change = wanted_change()
    except EngineError as error:
        return _page(error), 422
    return _preview(change)


@blueprint.post("/preview.csv")
def download() -> Response:
    """Send the list of every clock that a change would move, however many."""
    require(current.viewer(), Action.MANAGE_CALENDARS)
    table = listing.as_csv(moved_by(wanted_change().after))
    sent = Response(table, mimetype="text/csv")
    sent.headers["Content-Disposition"] = "attachment; filename=clocks.csv"
    return sent


@blueprint.post("/change")
def change() -> Response | str | tuple[str, int]:
    """Make a change that was shown, and count the clocks that it moves anew."""
    require(current.viewer(), Action.MANAGE_CALENDARS)
    try:
        wanted = wanted_change()
    except EngineError as error:
        return _page(error), 422
    if request.form.get("seen") != seen():
        return _preview(wanted, overtaken=True), 409
    wanted.store()
    flash(gettext("已生效：%(what)s", what=wanted.title), "success")
    _count(wanted.reason)
    year = wanted.year.year if wanted.year else None
    return redirect(url_for("calendars.index", year=year), code=303)


@blueprint.app_template_global("assumed")
def assumed(at: datetime) -> bool:
    """Say whether an instant lies in a year whose holidays are not announced yet, so that it is provisional."""
    if "calendar" not in g:
        g.calendar = calendar_for(current.session(), current.settings().jurisdiction)
    return bool(g.calendar.is_provisional(g.calendar.day_of(at)))


@blueprint.post("/recount")
def go_on() -> Response:
    """Count the clocks that are left."""
    require(current.viewer(), Action.MANAGE_CALENDARS)
    _count(gettext("日历有变"))
    return redirect(url_for("calendars.index"), code=303)


def _count(reason: str) -> None:
    done = recount(
        current.session(), current.settings().jurisdiction, reason=reason, now=current.now(),
        actor=current.actor(), budget=_BUDGET,
    )  # fmt: skip
    number = len(done.moved)
    if done.left:
        flash(ngettext("还有 %(num)d 个时限没有重新计算。", "还有 %(num)d 个时限没有重新计算。", done.left), "warning")
    else:
        flash(ngettext("%(num)d 个时限已重新计算。", "%(num)d 个时限已重新计算。", number), "success")


def _preview(change: Change, *, overtaken: bool = False) -> str:
    rows, now = moved_by(change.after), current.now()
    moving = [row for row in rows if row.moved.moves]
    return render_template(
        "calendars/preview.html", change=change, rows=rows[:_ROWS], total=len(rows), moving=len(moving), now=now,
        late=sum(row.moved.after <= now < row.moved.before for row in moving),
        settled=sum(row.moved.was_provisional and not row.moved.provisional for row in rows),
        kept=kept_fields(), seen=seen(), overtaken=overtaken, short_day=listing.short_day, kind=listing.day_kind,
    )  # fmt: skip


def _page(error: EngineError | None = None) -> str:
    require(current.viewer(), Action.MANAGE_CALENDARS)
    session, jurisdiction, now = current.session(), current.settings().jurisdiction, current.now()
    versions = changes.versions(session, jurisdiction)
    years = listing.years_to_show(versions, now.astimezone(current.settings().zone))
    asked = request.args.get("year", type=int)
    shown = asked if asked in years else now.astimezone(current.settings().zone).year
    year = changes.held_year(session, jurisdiction, shown)
    chips = [{"label": each, "href": url_for("calendars.index", year=each), "active": each == shown} for each in years]
    return render_template(
        "calendars/index.html", year=year, years=chips, holidays=listing.holidays(year),
        versions=listing.by_year(versions).get(shown, []), library=listing.library_years(versions, now),
        short_day=listing.short_day, since=recount_since(session, jurisdiction), asked=request.form,
        problem=say(error) if error else None, **_offices(),
    )  # fmt: skip


def _offices() -> dict[str, Any]:
    """Return the hours of duty of everybody and of each office that has its own, and who may be given some."""
    session, jurisdiction = current.session(), current.settings().jurisdiction
    calendars = current_calendars(session, jurisdiction)
    units = list(
        session.scalars(
            select(OrgUnit)
            .where(OrgUnit.jurisdiction == jurisdiction, OrgUnit.active, OrgUnit.kind.not_in(GRID[1:]))
            .order_by(OrgUnit.path)
        )
    )
    latest = {row.unit_id: row for row in reversed(changes.hours_history(session, jurisdiction))}
    own = [
        {"unit": unit, "hours": written(stored(calendars.hours[unit.id])), "set": latest.get(unit.id)}
        for unit in units
        if unit.id in calendars.hours
    ]
    common = {"hours": written(stored(calendars.common.duty_hours)), "set": latest.get(None)}
    return {"units": units, "own": own, "common": common}
