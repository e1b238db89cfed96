"""Who is at the other end, and the rule that every page asks: closed unless it says that it is public."""

from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from flask import Flask, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response

from engine.organisation.models import Staff
from web import current
from web.api.tokens import find_token
from web.auth.sessions import find_reader
from web.errors import problem, wants_json

View = TypeVar("View", bound=Callable[..., Any])

#: where Flask's signed cookie keeps the token of the session on the server
TOKEN: Final = "signed_in"  # noqa: S105  the name of an entry
_PUBLIC: Final = "open_to_everybody"
_BACKGROUND: Final = "asked_by_the_page_itself"


class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A signed-in member of staff, as Flask-Login and templates see them."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff
        self.name = staff.name

    def get_id(self) -> str:
        """Return the id of the member of staff."""
        return str(self.staff.id)


def public(view: View) -> View:
    """Mark a view as open without signing in. It must check by itself whatever it shows."""
    setattr(view, _PUBLIC, True)
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """Whether a view was marked with `public`."""
    return bool(getattr(view, _PUBLIC, False))


def background(view: View) -> View:
    """Mark a view that pages ask by themselves: it does not keep a session alive."""
    setattr(view, _BACKGROUND, True)
    return view


def init_access(app: Flask) -> None:
    """Find the reader of each request of `app` and turn strangers away from what is not public."""
    manager = LoginManager()
    manager.session_protection = None  # the session lives on the server; a change of network must not end it
    manager.init_app(app)
    manager.request_loader(lambda _request: _load_user(app))

    @app.before_request
    def _closed_unless_public() -> Response | None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint == "static" or is_public(view) or current_user.is_authenticated:
            return None
        return _sign_in_first()


def _load_user(app: Flask) -> User | None:
    if request.path.startswith("/api/"):
        return _load_program()
    token = session.get(TOKEN)
    if not isinstance(token, str) or g.get("database_gone"):
        return None
    view = app.view_functions.get(request.endpoint or "")
    idle = current.settings().session_idle
    touch = not getattr(view, _BACKGROUND, False)
    ids = [value for value in (request.view_args or {}).values() if isinstance(value, UUID)]
    reader = find_reader(current.session(), token, now=current.now(), idle=idle, touch=touch, ids=ids)
    if reader is None:
        return None
    g.viewer, g.sealed = reader.viewer, reader.sealed
    return User(reader.staff)


def _load_program() -> User | None:
    """Find whom a program acts as. A cookie opens no API: another site could use it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or g.get("database_gone"):
        return None
    found = find_token(current.session(), token.strip(), now=current.now())
    if found is None:
        return None
    g.api_token, staff = found
    return User(staff)


def _token_first() -> Response:
    """Ask a program for a token, and say when the one that it sent is none that is in force (RFC 6750, 3)."""
    if request.headers.get("Authorization"):
        told = gettext("这个令牌无效、已过期或已被撤销。请向管理员要一个新的。")
        refused = problem(401, "token-invalid", told, {})
        refused.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return refused
    told = gettext("请求没有带令牌。请加上请求头 Authorization: Bearer <令牌>。")
    refused = problem(401, "sign-in-required", told, {})
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused


def _sign_in_first() -> Response:
    if wants_json():
        return _token_first()
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    if request.headers.get("HX-Request"):  # the whole page must change, not the fragment
        answer = redirect("", code=204)
        answer.headers["HX-Redirect"] = url_for("auth.sign_in")
        return answer
    return redirect(url_for("auth.sign_in", next=here))
