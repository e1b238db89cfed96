"""How one wants to be told: channels, quiet hours, the daily mail, one's own addresses."""

from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import Invalid
from engine.notices import groups, spoilt
from engine.notices.preferences import set_contact, set_wish, wish_of
from web import current
from web.notices.views import CHANNELS
from web.words import translated_fields

blueprint: Final = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("/notices")
def notices() -> str:
    """Show how one is told."""
    return _page({})


@blueprint.post("/notices")
def save() -> Response | tuple[str, int]:
    """Keep what was chosen; on a mistake the page comes back with it."""
    session, staff, form = current.session(), current.staff(), request.form
    try:
        set_wish(
            session, staff, email="email" in form, sms="sms" in form, quiet_from=form.get("quiet_from", ""),
            quiet_until=form.get("quiet_until", ""), digest_at=form.get("digest_at", ""), now=current.now(),
        )  # fmt: skip
    except Invalid as error:
        return _page(translated_fields(error)), 422
    flash(gettext("已保存。"), "success")
    return redirect(url_for("settings.notices"), code=303)


@blueprint.post("/contact")
def contact() -> Response | tuple[str, int]:
    """Correct one's own addresses."""
    try:
        set_contact(
            current.session(), current.staff(), email=request.form.get("email_address", ""),
            phone=request.form.get("phone", ""), jurisdiction=current.settings().jurisdiction,
            actor=current.actor(), now=current.now(),
        )  # fmt: skip
    except Invalid as error:
        return _page(translated_fields(error)), 422
    flash(gettext("已保存。下一条通知就发到新的地址。"), "success")
    return redirect(url_for("settings.notices"), code=303)


def _page(errors: dict[str, list[str]]) -> str:
    session, staff = current.session(), current.staff()
    wish = wish_of(session, staff.id)
    quiet = wish.quiet or (None, None)
    values: dict[str, Any] = {
        "email": wish.email, "sms": wish.sms, "quiet_from": _text(quiet[0]), "quiet_until": _text(quiet[1]),
        "digest_at": _text(wish.digest_at), "email_address": staff.email or "", "phone": staff.phone or "",
    }  # fmt: skip
    if errors and request.endpoint == "settings.save":
        values |= request.form.to_dict() | {"email": "email" in request.form, "sms": "sms" in request.form}
    elif errors:
        values |= request.form.to_dict()
    return render_template(
        "notices/settings.html", values=values, errors=errors, channels=CHANNELS,
        sms=groups.has_gateway(session, current.settings().jurisdiction), marked=spoilt.of_staff(session, staff.id),
    )  # fmt: skip


def _text(moment: Any) -> str:
    return f"{moment:%H:%M}" if moment else ""
