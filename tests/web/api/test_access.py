"""Who gets in: a token in force, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.db import writing
from tests.factories import District
from tests.fakes import ManualClock
from tests.web.api.program import Program, problem
from tests.web.browsing import sign_in
from web.api.tokens import find_token, issue_token, list_tokens, revoke_token

Issue = Callable[[str], Program]


def test_without_a_token_the_door_says_what_it_wants(app: Flask, district: District) -> None:
    answer = Program(app=app, token=None).get("/work-items")
    problem(answer, 401, "sign-in-required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer chs_wrong",  # no such token
        "Bearer",  # none at all
        "Basic aGFuZGxlcjpwYXNzd29yZA==",  # another scheme
        "chs_wrong",  # no scheme
    ],
)
def test_a_wrong_token_is_told_apart_from_none(app: Flask, district: District, header: str) -> None:
    answer = Program(app=app, token=None).call("GET", "/work-items", headers={"Authorization": header})
    problem(answer, 401, "token-invalid")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_ends_by_time(
    app: Flask, session: Session, district: District, clock: ManualClock, now: datetime
) -> None:
    token = issue_token(
        session, district.person("handler"), name="n", actor=Actor.engine(), jurisdiction="qinghe", now=now,
        lifetime=timedelta(days=1),
    )  # fmt: skip
    program = Program(app=app, token=token)
    clock.advance(hours=23)
    assert program.get("/work-items").status_code == 200
    clock.advance(hours=1)
    problem(program.get("/work-items"), 401, "token-invalid")


def test_a_token_ends_when_it_is_revoked(program: Issue, session: Session, now: datetime) -> None:
    handler = program("handler")
    assert handler.get("/work-items").status_code == 200
    (each,) = list_tokens(session)
    revoke_token(session, each.token.id, actor=Actor.engine(), jurisdiction="qinghe", now=now)
    problem(handler.get("/work-items"), 401, "token-invalid")


def test_a_token_ends_with_the_account_that_it_stands_for(program: Issue, session: Session, district: District) -> None:
    handler = program("handler")
    with writing(session):
        district.person("handler").active = False
    problem(handler.get("/work-items"), 401, "token-invalid")


def test_the_token_itself_is_not_in_the_database(program: Issue, session: Session, now: datetime) -> None:
    handler = program("handler")
    assert handler.token is not None
    (each,) = list_tokens(session)
    assert handler.token not in str(vars(each.token))
    found = find_token(session, handler.token, now=now)
    assert found is not None
    assert found[1].login == "handler"


def test_cookies_open_nothing(client: FlaskClient, session: Session, district: District, hashed_password: str) -> None:
    with writing(session):
        district.person("handler").password_hash = hashed_password
    sign_in(client, "handler")
    assert client.get("/inbox").status_code == 200
    problem(client.get("/api/v1/work-items"), 401, "sign-in-required")
    problem(client.post("/api/v1/cases", json={}), 401, "sign-in-required")


def test_a_program_gets_no_cookie(program: Issue) -> None:
    assert "Set-Cookie" not in program("handler").get("/work-items").headers


def test_a_program_reads_the_language_that_it_asks_for(program: Issue) -> None:
    handler = program("handler")
    chinese = handler.get("/work-items?limit=0").json
    english = handler.get("/work-items?limit=0", headers={"Accept-Language": "en"}).json
    assert chinese is not None
    assert english is not None
    assert chinese["detail"] != english["detail"]
    assert english["detail"].isascii()


def test_the_limits_of_pages_do_not_hold_up_programs(program: Issue) -> None:
    handler = program("handler")
    assert {handler.get("/processes").status_code for _ in range(40)} == {403}
