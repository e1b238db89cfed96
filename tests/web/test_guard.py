from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from web import create_app


def test_pages_carry_a_policy_without_inline_scripts(client: FlaskClient) -> None:
    headers = client.get("/sign-in").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["object-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_errors_carry_the_same_headers(client: FlaskClient) -> None:
    assert "script-src 'self'" in client.get("/nowhere").headers["Content-Security-Policy"]


def test_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_cookie_insists_on_https_where_the_site_has_it(settings: Settings) -> None:
    import dataclasses

    app: Flask = create_app(dataclasses.replace(settings, public_url="https://chuishao.example"))
    headers = app.test_client().get("/sign-in", base_url="https://chuishao.example").headers
    assert "Secure" in headers["Set-Cookie"]
    assert "max-age" in headers["Strict-Transport-Security"]
