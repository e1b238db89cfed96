"""Every page asks who is there, unless it stands here."""

from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from web import create_app
from web.auth.access import is_public

#: endpoints that strangers may open, by area
PUBLIC = {
    "static",
    "auth.sign_in", "auth.sign_in_now",
    "health.live", "health.ready", "health.metrics",
    "feeds.calendar",  # its address is the secret
}  # fmt: skip
#: areas that check by themselves: the resident's tracking code or PIN, a bearer token, the demonstration's own switch
CHECK_THEMSELVES = ("portal.", "matter.", "demo.", "api-docs.", "proposals.")


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The application with every area; its database is never opened."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/x", secret_key=b"k" * 32, field_key=b"f" * 32, demo=True)
    return create_app(settings)


def test_only_listed_pages_are_open_to_strangers(app: Flask) -> None:
    opened = {name for name, view in app.view_functions.items() if is_public(view)} | {"static"}
    assert {name for name in opened if not name.startswith(CHECK_THEMSELVES)} == PUBLIC


def test_strangers_are_sent_to_sign_in_everywhere_else(app: Flask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if is_public(app.view_functions[rule.endpoint]) or rule.endpoint == "static":
            continue
        if "GET" not in (rule.methods or ()):
            continue
        path = rule.rule
        for name in rule.arguments:
            value = "00000000-0000-0000-0000-000000000000" if "uuid" in str(rule._converters[name]).lower() else "1"
            path = path.replace(next(p for p in path.split("/") if name in p), value)
        answer = client.get(path)
        if rule.rule.startswith("/api/"):
            assert answer.status_code == 401, rule
            assert answer.headers["WWW-Authenticate"] == "Bearer", rule
            continue
        assert answer.status_code == 302, rule
        assert answer.location.startswith("/sign-in?next="), rule


def test_every_change_needs_a_form_token(app: Flask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.arguments and not rule.endpoint.startswith("api"):
            assert client.post(rule.rule).status_code == 400, rule
