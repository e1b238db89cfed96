from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit.models import AuditEvent
from tests.factories import District
from tests.fakes import ManualClock
from tests.web.browsing import PASSWORD, send, sign_in
from web.auth.models import LoginSession


def test_right_password_opens_the_page_that_was_wanted(client: FlaskClient, district: District) -> None:
    page = client.get("/account")
    assert page.location == "/sign-in?next=/account"
    answer = send(client, "/sign-in", {"login": "handler", "password": PASSWORD, "next": "/account"})
    assert answer.location == "/account"
    assert "供水科" in client.get("/account").text


def test_wrong_password_says_so_and_keeps_the_login(client: FlaskClient, district: District) -> None:
    answer = sign_in(client, "handler", "wrong")
    assert answer.status_code == 422
    assert "账号或密码不对" in answer.text
    assert 'value="handler"' in answer.text
    assert client.get("/account").status_code == 302


def test_closed_account_cannot_sign_in_and_its_sessions_end(
    client: FlaskClient, district: District, session: Session
) -> None:
    sign_in(client, "handler")
    district.person("handler").active = False
    session.commit()
    assert client.get("/account").status_code == 302
    assert sign_in(client, "handler").status_code == 422


def test_only_paths_of_this_site_are_followed_after_signing_in(app: Flask, district: District) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        client = app.test_client()
        answer = send(client, "/sign-in", {"login": "handler", "password": PASSWORD, "next": wanted})
        assert answer.location == "/", wanted


def test_token_in_the_database_is_not_the_one_in_the_cookie(
    client: FlaskClient, district: District, session: Session
) -> None:
    sign_in(client, "handler")
    with client.session_transaction() as cookie:
        token = cookie["signed_in"]
    row = session.scalars(select(LoginSession)).one()
    assert len(token) >= 43
    assert token not in (row.token_sha256, str(row.id))


def test_signing_in_again_changes_the_token(client: FlaskClient, district: District) -> None:
    tokens = set()
    for _ in range(2):
        sign_in(client, "handler")
        with client.session_transaction() as cookie:
            tokens.add(cookie["signed_in"])
        send(client, "/sign-out")
    assert len(tokens) == 2


def test_session_ends_when_idle_and_lives_while_used(
    client: FlaskClient, district: District, clock: ManualClock
) -> None:
    sign_in(client, "handler")
    for _ in range(3):
        clock.advance(minutes=100)
        assert client.get("/account").status_code == 200
    clock.advance(minutes=121)
    assert client.get("/account").status_code == 302


def test_session_ends_after_its_lifetime_however_busy(
    client: FlaskClient, district: District, clock: ManualClock
) -> None:
    sign_in(client, "handler")
    for _ in range(11):
        clock.advance(hours=1)
        assert client.get("/account").status_code == 200
    clock.advance(hours=1)
    assert client.get("/account").status_code == 302


def test_signing_out_ends_the_session_on_the_server(client: FlaskClient, district: District, session: Session) -> None:
    sign_in(client, "handler")
    with client.session_transaction() as cookie:
        token = cookie["signed_in"]
    send(client, "/sign-out")
    with client.session_transaction() as cookie:
        cookie["signed_in"] = token  # a copy of the cookie that somebody kept
    assert client.get("/account").status_code == 302
    assert session.scalars(select(LoginSession)).all() == []


def test_signing_out_everywhere_ends_the_other_browser(app: Flask, district: District) -> None:
    one, other = app.test_client(), app.test_client()
    sign_in(one, "handler")
    sign_in(other, "handler")
    send(one, "/sign-out-everywhere")
    assert other.get("/account").status_code == 302


def test_signing_in_and_failing_to_are_recorded_without_password(
    client: FlaskClient, district: District, session: Session
) -> None:
    sign_in(client, "handler", "not-my-password")
    sign_in(client, "handler")
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.at, AuditEvent.id)).all()
    assert [event.tag for event in events] == ["account:session:refused", "account:session:opened"]
    assert "not-my-password" not in str([vars(event) for event in events])


def test_too_many_attempts_are_turned_away_for_a_while(client: FlaskClient, district: District) -> None:
    answers = [sign_in(client, "handler", f"guess {number}").status_code for number in range(12)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert "操作太频繁" in sign_in(client, "handler").text


def test_form_without_its_token_is_refused(client: FlaskClient, district: District) -> None:
    answer = client.post("/sign-in", data={"login": "handler", "password": PASSWORD})
    assert answer.status_code == 400
    assert client.get("/account").status_code == 302
