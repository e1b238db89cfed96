"""What a browser does: take the form token of a page, sign in, send a form."""

import re
from typing import Final

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.organisation.models import Staff

PASSWORD: Final = "柳园-petition-9"


def token_of(page: str) -> str:
    """Return the form token of a page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, "the page carries no form token"
    return found.group(1)


def send(client: FlaskClient, path: str, data: dict[str, object] | None = None, **options: object) -> TestResponse:
    """Submit a form with a fresh token."""
    page = client.get("/sign-in", follow_redirects=True).text
    return client.post(path, data={"csrf_token": token_of(page), **(data or {})}, **options)  # type: ignore[arg-type]


def sign_in(client: FlaskClient, staff: Staff | str, password: str = PASSWORD) -> TestResponse:
    """Sign `staff` in with this browser."""
    login = staff if isinstance(staff, str) else staff.login
    return send(client, "/sign-in", {"login": login, "password": password})
