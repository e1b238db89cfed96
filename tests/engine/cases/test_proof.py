"""A document is served online once for each person who opens it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.cases.documents import issue_document
from engine.cases.issuance import events_of, issuance
from engine.cases.models import Document
from engine.cases.proof import note_opened
from engine.organisation.models import UnitKind
from tests.factories import make_case, make_unit, make_version

NOW = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)


def served(session: Session) -> Document:
    """A document that a resident may open."""
    body = make_unit(session, UnitKind.DEPARTMENT, "w", name="水务局")
    return issue_document(
        session, case=make_case(session, place=body), kind="reply", source="<h1>答复</h1>", facts={}, body=body,
        version_id=make_version(session).id, actor=Actor.engine(), now=NOW, served=True,
    )  # fmt: skip


def test_the_first_opening_of_each_party_is_recorded_once(session: Session) -> None:
    document = served(session)
    assert issuance(session, document).opened_at is None
    for hours, party in ((1, "p1"), (2, "p1"), (3, "p2"), (4, "p2")):
        note_opened(session, document, Actor.resident(party), NOW + timedelta(hours=hours))
    events = events_of(session, document, Tag.CASE_DOCUMENT_SERVED)
    assert [(each.at, each.data["how"]) for each in events] == [
        (NOW + timedelta(hours=1), "online"),
        (NOW + timedelta(hours=3), "online"),
    ]
    assert issuance(session, document).opened_at == NOW + timedelta(hours=1)
