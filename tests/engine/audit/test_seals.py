"""The hash chain: it holds, and it shows what was done to it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, AuditEvent, Tag, record, timeline
from engine.audit.seals import heads, seal, verify
from engine.db import writing
from tests.factories import JURISDICTION, make_case, make_district


@pytest.fixture
def case_id(session: Session, now: datetime) -> UUID:
    """A case with five events."""
    case = make_case(session, place=make_district(session).unit("willow"))
    with writing(session):
        for number in range(5):
            record(
                session, tag=Tag.CASE_COMMENTED, actor=Actor.api("loader"), at=now + timedelta(minutes=number),
                jurisdiction=JURISDICTION, case_id=case.id, data={"n": number, "share": 0.1},
            )  # fmt: skip
    return case.id


def event_of(session: Session, case_id: UUID, seq: int) -> UUID:
    return session.scalars(select(AuditEvent.id).where(AuditEvent.case_id == case_id, AuditEvent.seq == seq)).one()


def test_every_event_is_sealed_once_and_the_chain_holds(session: Session, case_id: UUID, now: datetime) -> None:
    later = now + timedelta(hours=1)
    assert seal(session, later) == 5
    assert seal(session, later) == 0
    assert verify(session) == []
    assert [event.seal_number for event in timeline(session, case_id)] == [1, 2, 3, 4, 5]


def test_sealing_in_portions_makes_the_same_chain(session: Session, case_id: UUID, now: datetime) -> None:
    later = now + timedelta(hours=1)
    assert [seal(session, later, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert verify(session) == []


def test_each_jurisdiction_has_its_own_chain(session: Session, case_id: UUID, now: datetime) -> None:
    record(session, tag=Tag.SIGNED_IN, actor=Actor.engine(), at=now, jurisdiction="other")
    seal(session, now + timedelta(hours=1))
    assert {head.jurisdiction: head.number for head in heads(session)} == {JURISDICTION: 5, "other": 1}
    assert verify(session) == []


def test_what_happens_after_now_waits(session: Session, case_id: UUID, now: datetime) -> None:
    assert seal(session, now + timedelta(minutes=1)) == 2


def test_an_event_committed_late_is_sealed_late(session: Session, case_id: UUID, now: datetime) -> None:
    seal(session, now + timedelta(hours=1))
    record(
        session, tag=Tag.CASE_FILED, actor=Actor.engine(), at=now - timedelta(days=1), jurisdiction=JURISDICTION,
        case_id=case_id,
    )  # fmt: skip
    assert seal(session, now + timedelta(hours=1)) == 1
    assert verify(session) == []


@pytest.mark.parametrize(
    "values",
    [
        {"data": {"n": 9, "share": 0.1}},  # what happened
        {"actor_name": "somebody else"},  # who did it
        {"at": datetime.fromisoformat("2026-03-01T00:00:00+00:00")},  # when
        {"tag": "case:filed"},  # of what kind
        {"seal": "f" * 64},  # the seal itself
    ],
)
def test_an_altered_row_is_found(session: Session, case_id: UUID, now: datetime, values: dict[str, object]) -> None:
    seal(session, now + timedelta(hours=1))
    altered = event_of(session, case_id, 3)
    with writing(session):
        session.execute(update(AuditEvent).where(AuditEvent.id == altered).values(**values))
    found = verify(session)
    assert found[0].what == "altered"
    assert found[0].number == 3
    assert found[0].event_id == altered


def test_a_removed_row_is_found(session: Session, case_id: UUID, now: datetime) -> None:
    seal(session, now + timedelta(hours=1))
    with writing(session):
        session.execute(delete(AuditEvent).where(AuditEvent.id == event_of(session, case_id, 3)))
    assert {(found.what, found.number) for found in verify(session)} == {("missing", 3), ("gap", None)}


def test_a_row_removed_before_it_was_sealed_leaves_a_gap(session: Session, case_id: UUID, now: datetime) -> None:
    with writing(session):
        session.execute(delete(AuditEvent).where(AuditEvent.id == event_of(session, case_id, 2)))
    seal(session, now + timedelta(hours=1))
    assert [(found.what, found.case_id) for found in verify(session)] == [("gap", case_id)]
