"""Requests that cannot be read, and how that is said."""

from collections.abc import Callable

import pytest

from tests.web.api.program import FILING, Program, problem
from web.api.blueprint import JSON_LIMIT

Issue = Callable[[str], Program]

UNREADABLE = [
    ("{", "application/json", 400, "json-malformed"),  # cut off
    ("", "application/json", 422, "request-invalid"),  # nothing
    ('{"title": NaN}', "application/json", 400, "json-malformed"),  # Python's JSON, nobody else's
    (b"\xff\xfe", "application/json", 400, "json-malformed"),  # no UTF-8
    ('"\\ud800"', "application/json", 400, "json-malformed"),  # half a character
    ("[" * 100_000, "application/json", 400, "json-malformed"),  # deeper than anybody nests
    ("[]", "application/json", 422, "json-no-object"),  # a list
    ("null", "application/json", 422, "json-no-object"),  # null
    ("title=x", "application/x-www-form-urlencoded", 415, "body-not-json"),  # a form
    ("{}", "text/plain", 415, "body-not-json"),  # JSON that does not say so
    (" " * (JSON_LIMIT + 1), "application/json", 413, "http-413"),  # too much
]


@pytest.mark.parametrize(("body", "kind", "status", "code"), UNREADABLE)
def test_a_body_that_is_no_json_is_refused(
    program: Issue, body: str | bytes, kind: str, status: int, code: str
) -> None:
    problem(program("centre").post("/cases", data=body, content_type=kind), status, code)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": None}, "title"),  # missing
        ({"title": 5}, "title"),  # a number
        ({"title": " "}, "title"),  # blank
        ({"title": "长" * 81}, "title"),  # too long
        ({"text": ["a"]}, "text"),  # a list
        ({"title": "nul\0inside"}, "title"),  # what a database cannot keep
        ({"channel": "portal"}, "channel"),  # a program is not the portal
        ({"name_hidden": "perhaps"}, "name_hidden"),  # neither yes nor no
        ({"phone": "", "email": ""}, "phone"),  # nobody could answer
        ({"colour": "red"}, "colour"),  # unknown
    ],
)
def test_each_field_says_what_is_wrong_with_it(program: Issue, changes: dict[str, object], field: str) -> None:
    body = problem(program("centre").post("/cases", json=FILING | changes), 422, "request-invalid")
    assert list(body["errors"]) == [field]
    assert body["errors"][field][0]
    assert field in body["detail"]


def test_every_wrong_field_is_named_at_once(program: Issue) -> None:
    body = problem(program("centre").post("/cases", json={"phone": "no"}), 422, "request-invalid")
    assert set(body["errors"]) == {"title", "text", "place", "name", "phone"}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "holding=nobody", "due=someday", "q=" + "x" * 101, "q=%00", "cursor=broken"],
)
def test_a_query_that_cannot_be_used_is_refused(program: Issue, query: str) -> None:
    answer = program("handler").get(f"/work-items?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),  # no such address
        ("GET", "/cases/not-an-id", 404),  # no id
        ("DELETE", "/work-items", 405),  # another method
        ("TRACE", "/cases", 405),  # a strange one
    ],
)
def test_addresses_that_are_none_are_problems_too(program: Issue, method: str, path: str, status: int) -> None:
    answer = program("handler").call(method, path)
    problem(answer, status, f"http-{status}")
    assert status != 405 or answer.headers["Allow"]
