from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound, Unavailable
from tests.factories import District
from tests.web.browsing import sign_in
from web import current
from web.auth.access import public
from web.database import db

JSON = {"Accept": "application/json"}


@pytest.fixture
def raising(fresh_app: Flask) -> FlaskClient:
    """A browser on an application whose /raise/<number> raises the error of that number."""

    @public
    def fail(number: int) -> str:
        raise ERRORS[number][0]

    fresh_app.add_url_rule("/raise/<int:number>", "fail", fail)
    return fresh_app.test_client()


ERRORS: list[tuple[Exception, int]] = [
    (NotFound("no-such-task", "There is no task {item}.", item="7"), 404),  # not there
    (Forbidden("not-yours", "It is somebody else's."), 403),  # not allowed
    (Conflict("taken", "{who} was first.", who="李明"), 409),  # too late
    (Invalid("form-invalid", "Mend it.", fields={"name": ["fehlt"]}), 422),  # not usable
    (Unavailable("away", "Later."), 503),  # not now
    (EngineError("odd", "Odd."), 500),  # a family that nobody mapped
    (ZeroDivisionError("secret detail"), 500),  # a mistake of ours
]


@pytest.mark.parametrize("number", range(len(ERRORS)))
def test_error_is_a_page_with_its_status_to_people(raising: FlaskClient, number: int) -> None:
    answer = raising.get(f"/raise/{number}", headers={"Accept": "text/html"})
    assert answer.status_code == ERRORS[number][1]
    assert "<html" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "secret detail" not in answer.text


@pytest.mark.parametrize("number", range(len(ERRORS)))
def test_error_is_problem_json_with_its_status_to_programs(raising: FlaskClient, number: int) -> None:
    answer = raising.get(f"/raise/{number}", headers=JSON)
    assert answer.status_code == ERRORS[number][1]
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == answer.status_code
    assert "secret detail" not in answer.text


def test_problem_json_names_the_fields(raising: FlaskClient) -> None:
    answer = raising.get("/raise/3", headers=JSON)
    assert answer.json is not None
    assert answer.json["errors"] == {"name": ["fehlt"]}


def test_error_is_a_fragment_to_htmx(raising: FlaskClient) -> None:
    answer = raising.get("/raise/2", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert "李明" in answer.text


def test_unknown_page_reads_in_chinese_and_in_english(client: FlaskClient) -> None:
    assert "没有这个页面" in client.get("/nowhere").text
    assert "There is no such page" in client.get("/nowhere", headers={"Accept-Language": "en"}).text


def test_database_gone_is_said_with_503(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with client.session_transaction() as cookie:
        cookie["signed_in"] = "somebody"
    with app.app_context():
        db.engine.dispose()
        gone = db.engine.dialect.loaded_dbapi.OperationalError("the disk is gone")
        monkeypatch.setattr(db.engine.pool, "_invoke_creator", _refusing(gone))
    answer = client.get("/account", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert "暂时无法使用" in answer.text
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert client.get("/livez").status_code == 200


def test_a_server_that_takes_no_writes_is_said_with_503(
    client: FlaskClient, app: Flask, database: Engine, district: District
) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("SQLite has no standby")
    with app.app_context():
        pages = db.engine

    def read_only(value: str) -> None:
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            name = database.url.database
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
        pages.dispose()

    read_only("on")
    try:
        answer = sign_in(client, district.person("handler"))
    finally:
        read_only("off")
    assert answer.status_code == 503
    assert "Traceback" not in answer.text
    sign_in(client, district.person("handler"))
    assert client.get("/inbox").status_code == 200


def test_database_that_goes_in_the_middle_is_said_to_who_is_signed_in(
    fresh_app: Flask, session: Session, district: District
) -> None:
    def break_off() -> str:
        current.session().rollback()  # as a failing transaction does: what was read of the reader is forgotten
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    fresh_app.add_url_rule("/break", "break_off", break_off)
    client = fresh_app.test_client()
    sign_in(client, district.person("designer"))
    answer = client.get("/break", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert "暂时无法使用" in answer.text


def _refusing(error: Exception) -> Callable[..., object]:
    def refuse(*_arguments: object) -> object:
        raise error

    return refuse
