"""Sign in, sign out, one's own account."""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from web import current
from web.auth import signing
from web.auth.access import TOKEN, public
from web.auth.sessions import open_sessions
from web.guard import limiter

blueprint: Final = Blueprint("auth", __name__)


@blueprint.get("/sign-in")
@public
def sign_in() -> Response | str:
    """Show the sign-in page; who is signed in goes on to where they wanted."""
    if current_user.is_authenticated:
        return redirect(_next_page())
    return render_template("auth/sign_in.html", login="", next=request.args.get("next", ""))


@blueprint.post("/sign-in")
@public
@limiter.limit(lambda: current.settings().rate_sign_in)
@limiter.limit(lambda: current.settings().rate_sign_in, key_func=lambda: f"login:{_login().lower()}")
def sign_in_now() -> Response | tuple[str, int]:
    """Check login and password, open a fresh session."""
    token = signing.sign_in(
        current.session(), _login(), request.form.get("password", ""), settings=current.settings(),
        browser=request.user_agent.string, now=current.now(),
    )  # fmt: skip
    if token is None:
        page = render_template("auth/sign_in.html", login=_login(), next=request.form.get("next", ""), refused=True)
        return page, 422
    session.clear()  # a session and a form token from before never outlive signing in
    session[TOKEN] = token
    return redirect(_next_page())


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    return _end(everywhere=False)


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """End every session of this account."""
    return _end(everywhere=True)


@blueprint.get("/account")
def account() -> str:
    """Show one's own account: roles, and where one is signed in."""
    idle = current.settings().session_idle
    sessions = open_sessions(current.session(), current.staff().id, now=current.now(), idle=idle)
    return render_template("auth/account.html", staff=current.staff(), sessions=sessions)


def _end(*, everywhere: bool) -> Response:
    token = str(session.get(TOKEN, ""))
    settings, now = current.settings(), current.now()
    signing.sign_out(current.session(), current.staff(), token, everywhere=everywhere, settings=settings, now=now)
    session.clear()
    flash(gettext("您已在所有设备上退出登录。") if everywhere else gettext("您已退出登录。"), "success")
    return redirect(url_for("auth.sign_in"))


def _login() -> str:
    return request.form.get("login", "").strip()


def _next_page() -> str:
    """Return where to go after signing in: only ever a path of this site."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme:
        return wanted
    return url_for("portal.home")
