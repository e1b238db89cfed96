"""The page that finds a matter."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.cases.search import index_case
from tests.factories import District, make_case
from tests.web.browsing import sign_in


def test_the_page_finds_what_the_reader_may_see(client: FlaskClient, session: Session, district: District) -> None:
    case = make_case(session, place=district.unit("willow"), title="地下室漏水")
    index_case(session, case)
    sign_in(client, "centre")
    assert case.number in client.get("/search?q=漏水").text
    assert "没有找到" in client.get("/search?q=停电").text
    refused = client.get("/search?q=13800000001")
    assert refused.status_code == 422
    assert "不按电话或邮箱查找" in refused.text
    sign_in(client, "plum-grid")
    assert case.number not in client.get("/search?q=漏水").text


def test_who_handles_no_matters_has_no_search(client: FlaskClient, district: District) -> None:
    sign_in(client, "operator")
    assert client.get("/search?q=漏水").status_code == 403
