"""What is known of a document, and that it stays what it was."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.documents import issue_document
from engine.cases.issuance import issuance
from engine.cases.models import Document
from engine.db import writing
from engine.definitions import Package, deploy, load
from engine.organisation.models import UnitKind
from tests.factories import JURISDICTION, make_case, make_unit

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")
NOW = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
FACTS = {
    "case": {"number": "SQ2026-000001", "title": "路灯不亮"},
    "place": {"name": "柳园"},
    "times": {"basis": "条例"},
}


def changed() -> Package:
    """The package with other words in one template."""
    name = "documents/acceptance.html"
    files = dict(PETITION.files)
    files[name] = files[name].replace("受理".encode(), "登记".encode())
    return Package(files=files)


def issue(session: Session, package: Package) -> Document:
    """Issue the acceptance of a fresh case from a package that is deployed for it."""
    version = deploy(session, package, author=Actor.engine(), note="", now=NOW, jurisdiction=JURISDICTION)
    body = make_unit(session, UnitKind.DEPARTMENT, f"w{version.number}", name="水务局", jurisdiction=JURISDICTION)
    return issue_document(
        session, case=make_case(session, place=body), kind="acceptance", facts=FACTS, body=body, served=True, now=NOW,
        source=load(session, version.id).document("acceptance"), version_id=version.id, actor=Actor.engine(),
    )  # fmt: skip


def test_a_later_template_leaves_what_was_served_alone(session: Session) -> None:
    served = issue(session, PETITION)
    html, before = served.html, issuance(session, served)
    later = issue(session, changed())
    session.expire_all()
    assert "登记告知书" in later.html
    assert session.get_one(Document, served.id).html == html
    assert issuance(session, served) == before
    assert (before.body, before.template, before.issued_at) == ("水务局", "documents/acceptance.html", NOW)
    assert before.version < issuance(session, later).version
    assert before.intact


def test_a_text_that_was_touched_is_noticed(session: Session) -> None:
    served = issue(session, PETITION)
    with writing(session):
        served.html += "<p>加的一句</p>"
    assert issuance(session, served).intact is False
