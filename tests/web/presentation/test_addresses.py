from flask import url_for

from tests.web.styleguide import WEB, styleguide_app
from web.presentation.addresses import with_query


def test_one_argument_is_changed_and_the_others_stay() -> None:
    with styleguide_app().test_request_context("/inbox?state=open&state=claimed&after=x"):
        assert with_query(after="y z") == "/inbox?state=open&state=claimed&after=y+z"
        assert with_query(after=None) == "/inbox?state=open&state=claimed"
        assert with_query(state=["late", "open"], after=None) == "/inbox?state=late&state=open"
        assert with_query(after=None, state=None) == "/inbox"


def test_static_addresses_change_with_the_content() -> None:
    with styleguide_app().test_request_context("/"):
        one = url_for("static", filename="css/chuishao.css")
        two = url_for("static", filename="vendor/htmx.min.js")
        assert "?v=" in one
        assert one.split("v=")[1] != two.split("v=")[1]
        assert url_for("static", filename="no-such-file") == "/static/no-such-file"
    assert (WEB / "static/css/chuishao.css").is_file()
