from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.organisation.models import Staff
from tests.factories import District
from tests.web.browsing import sign_in


def test_chinese_is_the_language_of_who_says_nothing(client: FlaskClient) -> None:
    assert 'lang="zh-CN"' in client.get("/sign-in").text


def test_browser_that_asks_for_english_gets_it(client: FlaskClient) -> None:
    page = client.get("/sign-in", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert 'lang="en"' in page
    assert "Staff sign-in" in page


def test_choice_is_kept_in_the_browser(client: FlaskClient) -> None:
    answer = client.get("/sign-in?lang=en&next=/account")
    assert answer.location == "/sign-in?next=%2Faccount"
    assert "Staff sign-in" in client.get("/sign-in").text


def test_choice_of_somebody_signed_in_is_kept_in_their_account(
    client: FlaskClient, district: District, session: Session
) -> None:
    sign_in(client, "handler")
    client.get("/account?lang=en")
    session.expire_all()
    staff = session.get(Staff, district.person("handler").id)
    assert staff is not None
    assert staff.locale == "en"
    assert "My account" in client.get("/account").text
