"""An operator sets up ways out, and is told what is wrong with them."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engine.notices.models import Connector
from tests.engine.notices.sink import Sink, http_sink
from tests.factories import District
from tests.web.browsing import send, sign_in


def post(client: FlaskClient, path: str, **data: object) -> TestResponse:
    return send(client, path, data)


def test_a_webhook_is_set_up_tried_and_its_secret_shown_once(
    client: FlaskClient, district: District, session: Session
) -> None:
    sign_in(client, "operator")
    with http_sink() as sink:
        answer = post(client, "/connectors/new", kind="webhook", name="督办平台", url=sink.url, allowed="127.0.0.1\n")
        assert answer.status_code == 303
        (row,) = session.scalars(select(Connector))
        page = client.get(f"/connectors/{row.id}").text
        assert re.search(r"whsec_[\w+/=]{40,}", page)
        assert "/hook?to=us" not in page
        assert "whsec_" not in client.get(f"/connectors/{row.id}").text
        post(client, f"/connectors/{row.id}/try")
        assert "对方已接收" in client.get(f"/connectors/{row.id}").text
    assert len(sink.received) == 1


@pytest.mark.parametrize(("language", "says"), [("zh", "指向内网或保留地址"), ("en", "leads to an inner or reserved")])
def test_an_inner_address_is_refused_beside_its_field(
    client: FlaskClient, district: District, session: Session, language: str, says: str
) -> None:
    sign_in(client, "operator")
    client.get(f"/connectors?lang={language}")
    answer = post(client, "/connectors/new", kind="webhook", name="x", url="https://169.254.169.254/latest/")
    assert answer.status_code == 422
    assert says in answer.text
    assert session.scalars(select(Connector)).all() == []


def test_a_test_that_fails_says_why(client: FlaskClient, district: District, session: Session) -> None:
    sign_in(client, "operator")
    with http_sink(Sink(answers=[(401, b"")])) as sink:
        post(client, "/connectors/new", kind="webhook", name="督办平台", url=sink.url, allowed="127.0.0.1")
        (row,) = session.scalars(select(Connector))
        post(client, f"/connectors/{row.id}/try")
    page = client.get(f"/connectors/{row.id}").text
    assert "没有发出" in page
    assert "401" in page


def test_it_is_switched_off_and_on(client: FlaskClient, district: District, session: Session) -> None:
    sign_in(client, "operator")
    post(
        client, "/connectors/new", kind="wecom", name="水务群", url="wecombot://693a91f6-7b2c", unit="water", least="L2"
    )
    (row,) = session.scalars(select(Connector))
    assert (row.unit_id, row.least) == (district.unit_id("water"), "L2")
    for active, said in (("0", "已停用"), ("1", "使用中")):
        post(client, f"/connectors/{row.id}/switch", active=active)
        assert said in client.get("/connectors").text


@pytest.mark.parametrize("login", ["handler", "water-lead", "designer"])
def test_nobody_else_sees_them(client: FlaskClient, district: District, login: str) -> None:
    sign_in(client, login)
    assert client.get("/connectors").status_code == 403
    assert post(client, "/connectors/new", kind="webhook", name="x", url="https://example.org/").status_code == 403


def test_the_portal_offers_short_messages_where_there_is_a_gateway(
    app: Flask, client: FlaskClient, district: District
) -> None:
    sign_in(client, "operator")
    body = '{"mobile": "{to}", "content": "{text}"}'
    answer = post(
        client, "/connectors/new", kind="sms", name="短信", url="http://127.0.0.1:9/", allowed="127.0.0.1", body=body
    )
    assert answer.status_code == 303
    lead = app.test_client()
    sign_in(lead, "water-lead")
    assert "disabled" not in re.search(r'name="sms"[^>]*>', lead.get("/settings/notices").text)[0]  # type: ignore[index]
