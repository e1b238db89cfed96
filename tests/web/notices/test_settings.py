"""Staff choose how they are told."""

from datetime import datetime, time

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engine.db import new_id, writing
from engine.notices.models import UnusableAddress
from engine.notices.preferences import DEFAULT, Wish, wish_of
from tests.factories import District
from tests.web.browsing import send, sign_in

GOOD = {"email": "1", "quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "08:00"}


def post(client: FlaskClient, path: str, **data: object) -> TestResponse:
    return send(client, path, data)


def test_what_is_chosen_is_kept_and_shown(client: FlaskClient, district: District, session: Session) -> None:
    sign_in(client, "water-lead")
    assert post(client, "/settings/notices", **GOOD).status_code == 303
    assert wish_of(session, district.person("water-lead").id) == Wish(quiet=(time(22), time(7)), digest_at=time(8))
    page = client.get("/settings/notices").text
    assert 'value="22:00"' in page
    assert 'name="sms" value="1" disabled' in page  # nobody here sends short messages


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_mistake_is_named_and_nothing_kept(
    client: FlaskClient, district: District, session: Session, language: str
) -> None:
    sign_in(client, "water-lead")
    client.get(f"/settings/notices?lang={language}")
    answer = post(client, "/settings/notices", **(GOOD | {"quiet_until": ""}))
    assert answer.status_code == 422
    assert {"zh": "两个时间都要填", "en": "Enter both times"}[language] in answer.text
    assert 'value="22:00"' in answer.text
    assert wish_of(session, district.person("water-lead").id) == DEFAULT


def test_an_address_that_bounces_is_shown_and_corrected(
    client: FlaskClient, district: District, session: Session, now: datetime
) -> None:
    lead = district.person("water-lead")
    with writing(session):
        session.add(
            UnusableAddress(
                id=new_id(), jurisdiction=lead.memberships[0].unit.jurisdiction, staff_id=lead.id, channel="email",
                address="gone@example.org", marked_at=now,
                reason={"text": "The gateway says that there is no such number.", "facts": {}},
            )
        )  # fmt: skip
    sign_in(client, "water-lead")
    page = client.get("/settings/notices").text
    assert "gone@example.org" in page
    assert "短信网关说没有这个号码" in page
    assert post(client, "/settings/contact", email_address="nobody", phone="").status_code == 422
    assert post(client, "/settings/contact", email_address="new@example.org", phone="138 0013 8000").status_code == 303
    assert "gone@example.org" not in client.get("/settings/notices").text
    session.expire_all()
    assert (lead.email, lead.phone) == ("new@example.org", "138 0013 8000")
