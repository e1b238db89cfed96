"""Comments and files on the page of a matter, and what the resident sees of them: nothing, unless meant for them."""

import io
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.models import Attachment, Case
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in
from tests.web.work import make_item

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def case(session: Session, district: District, now: datetime) -> Case:
    """A matter with a task of the water works."""
    found = make_case(session, place=district.unit("willow"))
    make_item(session, district, now=now, case=found)
    return found


def test_a_comment_stands_on_the_page_and_a_mistake_keeps_what_was_typed(
    client: FlaskClient,
    case: Case,
) -> None:
    sign_in(client, "handler")
    path = f"/cases/{case.id}/comments"
    answer = send(client, path, {"text": "请 @nobody-here 看一下水压"})
    assert answer.status_code == 422
    assert "请 @nobody-here 看一下水压" in answer.text
    assert "这里没有叫 @nobody-here 的人" in answer.text
    page = send(client, path, {"text": "<b>已到现场</b>"}, follow_redirects=True).text
    assert "&lt;b&gt;已到现场" in page
    assert "诉求人看不到" in page


@pytest.mark.parametrize("login", ["plum-grid", "operator", "handler-two"])
def test_who_may_not_see_the_matter_neither_comments_nor_attaches(
    client: FlaskClient,
    case: Case,
    login: str,
    session: Session,
) -> None:
    sign_in(client, login)
    assert send(client, f"/cases/{case.id}/comments", {"text": "我来说"}).status_code == 403
    files = {"files": (io.BytesIO(PDF), "a.pdf")}
    assert send(client, f"/cases/{case.id}/attachments", files).status_code == 403
    assert session.scalars(select(Attachment)).all() == []


def test_files_are_kept_among_staff_unless_it_is_said_otherwise(
    client: FlaskClient,
    case: Case,
    session: Session,
    district: District,
) -> None:
    sign_in(client, "handler")
    path = f"/cases/{case.id}/attachments"
    send(client, path, {"files": (io.BytesIO(PDF), "内部.pdf")})
    send(client, path, {"files": (io.BytesIO(PDF + b" \n%%EOF"), "答复.pdf"), "seen_by": "resident"})
    page = send(client, path, {"files": (io.BytesIO(b"<html>"), "坏.pdf")}, follow_redirects=True).text
    assert "坏.pdf 的内容不是" in page
    rows = session.scalars(select(Attachment).order_by(Attachment.added_at, Attachment.id)).all()
    assert [(row.name, row.internal) for row in rows] == [("内部.pdf", True), ("答复.pdf", False)]
    answer = client.get(f"/cases/{case.id}/attachments/{rows[0].id}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
