"""The page on which staff name their substitutes."""

from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import EngineError, Invalid
from engine.organisation.absences import absences_of, covering, end_absence, set_absence
from engine.organisation.colleagues import Colleague, colleagues, find_person
from engine.organisation.models import Membership
from engine.organisation.policy import Action, require
from engine.organisation.roles import TECHNICAL
from engine.organisation.service import memberships
from web import current
from web.words import say

blueprint: Final = Blueprint("absences", __name__, url_prefix="/absences")


@blueprint.get("")
def index() -> str:
    """Show who covers for the reader, and for whom the reader covers."""
    return _page()


@blueprint.post("")
def add() -> Response | tuple[str, int]:
    """Name a substitute; on a mistake the page comes back with what was chosen."""
    require(current.viewer(), Action.SET_SUBSTITUTE)
    session, now = current.session(), current.now()
    try:
        start, end = _days()
        absence = set_absence(
            session, staff=current.staff(), now=now, from_at=start, until_at=end,
            substitute=find_person(session, current.settings().jurisdiction, request.form.get("substitute", "")),
            membership=_chosen(request.form.get("role", "")), note=request.form.get("note", ""),
        )  # fmt: skip
    except EngineError as error:
        return _page(say(error)), 422
    flash(gettext("已设置：%(who)s代您办理。", who=absence.substitute.name), "success")
    return redirect(url_for("absences.index"), code=303)


@blueprint.post("/<uuid:absence_id>/end")
def end(absence_id: UUID) -> Response:
    """End an absence of the reader's now."""
    end_absence(current.session(), absence_id, staff=current.staff(), now=current.now())
    flash(gettext("代办已结束，待办回到您自己手里。"), "success")
    return redirect(url_for("absences.index"), code=303)


def _page(problem: str | None = None) -> str:
    require(current.viewer(), Action.SET_SUBSTITUTE)
    session, staff, now = current.session(), current.staff(), current.now()
    today = now.astimezone(current.settings().zone).date()
    chosen = {name: request.form.get(name, "") for name in ("substitute", "role", "from", "until", "note")}
    chosen["from"] = chosen["from"] or today.isoformat()
    return render_template(
        "absences/index.html", mine=absences_of(session, staff.id, now), others=covering(session, staff.id, now),
        held=_held(), colleagues=_near(), now=now, today=today.isoformat(), chosen=chosen, problem=problem,
        second=timedelta(seconds=1),
    )  # fmt: skip


def _held() -> list[Membership]:
    return [each for each in memberships(current.session(), current.staff().id) if each.role not in TECHNICAL]


def _near() -> list[Colleague]:
    """Return the people who could cover for the reader, each once."""
    session, found = current.session(), dict[UUID, Colleague]()
    for held in _held():
        for each in colleagues(session, held.unit):
            if each.staff.id != current.staff().id:
                found.setdefault(each.staff.id, each)
    return list(found.values())


def _chosen(role: str) -> Membership | None:
    return next((each for each in _held() if str(each.id) == role), None)


def _days() -> tuple[datetime, datetime]:
    """Return the instants at which the first day begins and the last day has ended."""
    zone = current.settings().zone
    try:
        first, last = (date.fromisoformat(request.form.get(name, "")) for name in ("from", "until"))
    except ValueError as error:
        raise Invalid("absence-days", "Choose the first and the last day of the absence.") from error
    midnight = time(0, 0, tzinfo=zone)
    return datetime.combine(first, midnight), datetime.combine(last + timedelta(days=1), midnight)
