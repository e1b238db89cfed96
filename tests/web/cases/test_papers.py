"""Documents on the pages: what is known of them, their files, and who gets them."""

import io
import sys
from datetime import datetime

import pytest
from docx import Document as open_file
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases import pdf
from engine.cases.documents import issue_document
from engine.cases.models import Case, CaseSealing, Document, SealingSide
from engine.cases.pdf import can_draw
from engine.db import writing
from tests.factories import District, make_case, make_version
from tests.web.browsing import sign_in
from tests.web.work import make_item

SOURCE = "<h1>答复意见书</h1><p>编号：{{ number }}</p><p>路灯已修好。</p><p>{{ body }}<br>{{ issued_at | date }}</p>"


def issue(session: Session, district: District, case: Case, now: datetime, *, served: bool) -> Document:
    return issue_document(
        session, case=case, kind="reply" if served else "note", source=SOURCE, facts={}, now=now, served=served,
        body=district.unit("water-works"), version_id=make_version(session).id, actor=Actor.engine(),
    )  # fmt: skip


@pytest.fixture
def case(session: Session, district: District, now: datetime) -> Case:
    """A matter on which the water works are busy."""
    case = make_case(session, place=district.unit("willow"))
    make_item(session, district, now=now, case=case)
    return case


def open_as_resident(app: Flask, case: Case, now: datetime) -> FlaskClient:
    """Return a browser in which the matter is open."""
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["matter"] = {"case": str(case.id), "until": now.timestamp() + 600}
    return client


def test_staff_read_what_is_known_of_a_document(
    app: Flask, session: Session, district: District, case: Case, now: datetime
) -> None:
    issued = issue(session, district, case, now, served=False)
    client = app.test_client()
    sign_in(client, "handler")
    page = client.get(f"/cases/{case.id}/documents/{issued.id}").text
    for part in (issued.number, "供水科", "documents/note.html", "一字未改", "SHA-256", "路灯已修好"):
        assert part in page, part


@pytest.mark.skipif(not can_draw(), reason="WeasyPrint or Pango is absent: install libpango-1.0-0 libpangoft2-1.0-0")
def test_the_pdf_is_sent_under_the_documents_number(
    app: Flask, session: Session, district: District, case: Case, now: datetime
) -> None:
    issued = issue(session, district, case, now, served=True)
    client = app.test_client()
    sign_in(client, "handler")
    answer = client.get(f"/cases/{case.id}/documents/{issued.id}/file/pdf")
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert open_as_resident(app, case, now).get(f"/matter/documents/{issued.id}/file/pdf").data == answer.data


def test_the_word_file_says_what_the_page_says(
    app: Flask, session: Session, district: District, case: Case, now: datetime
) -> None:
    issued = issue(session, district, case, now, served=True)
    answer = open_as_resident(app, case, now).get(f"/matter/documents/{issued.id}/file/docx")
    said = [each.text for each in open_file(io.BytesIO(answer.data)).paragraphs]
    assert "路灯已修好。" in said
    assert f"编号：{issued.number}" in said


def test_the_page_says_when_the_resident_opened_it(
    app: Flask, session: Session, district: District, case: Case, now: datetime
) -> None:
    issued = issue(session, district, case, now, served=True)
    clerk, page = app.test_client(), f"/cases/{case.id}/documents/{issued.id}"
    sign_in(clerk, "handler")
    assert "在线送达" not in clerk.get(page).text  # a clerk who reads it serves nothing
    open_as_resident(app, case, now).get(f"/matter/documents/{issued.id}")
    assert "在线送达" in clerk.get(page).text


def test_files_go_to_who_may_see_the_document_alone(
    app: Flask, session: Session, district: District, case: Case, now: datetime
) -> None:
    served = issue(session, district, case, now, served=True)
    internal = issue(session, district, case, now, served=False)
    resident, stranger = open_as_resident(app, case, now), app.test_client()
    sign_in(stranger, "housing-handler")
    other = open_as_resident(app, make_case(session, place=district.unit("willow")), now)
    for tail in ("", "/file/docx", "/file/pdf"):
        assert resident.get(f"/matter/documents/{internal.id}{tail}").status_code == 404  # never served
        assert other.get(f"/matter/documents/{served.id}{tail}").status_code == 404  # another resident
        assert app.test_client().get(f"/matter/documents/{served.id}{tail}").status_code == 302  # nobody
        assert stranger.get(f"/cases/{case.id}/documents/{served.id}{tail}").status_code == 403  # another department
        assert app.test_client().get(f"/cases/{case.id}/documents/{served.id}{tail}").status_code == 302
    assert resident.get(f"/matter/documents/{served.id}/file/exe").status_code == 404


def test_the_accused_unit_gets_no_file_of_a_sealed_matter(
    app: Flask, session: Session, district: District, now: datetime
) -> None:
    sealed = make_case(session, place=district.unit("willow"), sealed=True, kind="accusation")
    make_item(session, district, now=now, case=sealed)  # even when work came there by mistake
    with writing(session):
        session.add(CaseSealing(case_id=sealed.id, unit_id=district.unit("water-works").id, side=SealingSide.ACCUSED))
    issued = issue(session, district, sealed, now, served=False)
    client = app.test_client()
    sign_in(client, "handler")
    for tail in ("", "/file/docx", "/file/pdf"):
        assert client.get(f"/cases/{sealed.id}/documents/{issued.id}{tail}").status_code == 404


def test_without_pango_the_page_offers_print_and_nothing_breaks(
    app: Flask, session: Session, district: District, case: Case, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = issue(session, district, case, now, served=True)
    client = open_as_resident(app, case, now)
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if it could not be imported
    pdf._weasyprint.cache_clear()
    try:
        page = client.get(f"/matter/documents/{issued.id}").text
        assert "这台服务器不能生成 PDF" in page
        assert "data-print" in page
        assert "file/pdf" not in page
        answer = client.get(f"/matter/documents/{issued.id}/file/pdf")
        assert answer.status_code == 503
        assert "另存为 PDF" in answer.text
    finally:
        pdf._weasyprint.cache_clear()
