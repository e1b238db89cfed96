"""Service by hand or by post on the page of a document."""

from datetime import datetime
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from engine.cases.models import Attachment, Case, Document
from engine.cases.service_record import ServiceRecord
from tests.factories import District, make_case
from tests.web.browsing import send, sign_in
from tests.web.cases.test_papers import issue
from tests.web.work import make_item

PROOF = {
    "how": "post", "served_at": "2026-03-18T09:30", "received_by": "family",
    "tracking_number": "EA123456789CN", "note": "儿子签收",
}  # fmt: skip


@pytest.fixture
def case(session: Session, district: District, now: datetime) -> Case:
    """A matter that the water works have."""
    case = make_case(session, place=district.unit("willow"))
    make_item(session, district, now=now, case=case)
    return case


@pytest.fixture
def document(session: Session, district: District, case: Case, now: datetime) -> Document:
    return issue(session, district, case, now, served=True)


def test_staff_record_a_service_with_its_scan_and_take_a_wrong_one_back(
    app: Flask, session: Session, case: Case, document: Document
) -> None:
    client, address = app.test_client(), f"/cases/{case.id}/documents/{document.id}"
    sign_in(client, "handler")
    missing = send(client, f"{address}/services", PROOF | {"tracking_number": ""})
    assert missing.status_code == 422
    assert "儿子签收" in missing.text, "what was typed is still there"
    scan = (BytesIO(b"%PDF-1.4\n%%EOF"), "huizheng.pdf")
    answer = send(client, f"{address}/services", PROOF | {"scan": scan})
    assert answer.status_code == 303, answer.text
    page = client.get(address).text
    for part in ("邮寄送达", "同住成年家属", "EA123456789CN", "儿子签收", "回证扫描件"):
        assert part in page, part
    assert session.scalars(select(Attachment)).one().internal
    assert f"文书已送达 {document.number}" in client.get(f"/cases/{case.id}").text
    row = session.scalars(select(ServiceRecord)).one()
    send(client, f"{address}/services/{row.id}/revoke", {"reason": "寄错了人"})
    page = client.get(address).text
    assert "已撤销" in page
    assert "寄错了人" in page
    assert "撤销送达记录" in client.get(f"/cases/{case.id}").text


def test_a_scan_that_cannot_be_stored_leaves_the_form_as_it_was_filled_in(
    app: Flask, settings: Settings, session: Session, case: Case, document: Document
) -> None:
    settings.blob_dir.write_text("a file where the folder should be")
    client = app.test_client()
    sign_in(client, "handler")
    scan = (BytesIO(b"%PDF-1.4\n%%EOF"), "huizheng.pdf")
    answer = send(client, f"/cases/{case.id}/documents/{document.id}/services", PROOF | {"scan": scan})
    assert answer.status_code == 503
    assert "儿子签收" in answer.text
    assert "文件没能保存" in answer.text
    assert session.scalars(select(ServiceRecord)).all() == []


def test_who_has_nothing_to_do_with_the_matter_records_no_service(
    app: Flask, session: Session, case: Case, document: Document
) -> None:
    client = app.test_client()
    sign_in(client, "supervisor")  # reads it, and does nothing in it
    address = f"/cases/{case.id}/documents/{document.id}"
    assert "登记当面或者邮寄送达" not in client.get(address).text
    assert send(client, f"{address}/services", PROOF).status_code == 403
    assert session.scalars(select(ServiceRecord)).all() == []
