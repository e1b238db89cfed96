"""Recording and reading events."""

import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, ActorKind, Tag, record, timeline
from engine.db import new_id, writing
from engine.errors import Conflict
from engine.organisation.models import UnitKind
from tests.factories import JURISDICTION, make_case, make_district, make_staff, make_unit


@pytest.fixture
def case_id(session: Session) -> UUID:
    return make_case(session, place=make_district(session).unit("willow")).id


def test_a_case_numbers_its_own_events_from_one(session: Session, case_id: UUID, now: datetime) -> None:
    elsewhere = make_unit(session, UnitKind.DISTRICT, "elsewhere", jurisdiction="elsewhere")
    other = make_case(session, place=elsewhere).id
    for moment in range(3):
        at = now + timedelta(minutes=moment)
        record(session, tag=Tag.CASE_COMMENTED, actor=Actor.engine(), at=at, jurisdiction=JURISDICTION, case_id=case_id)
    record(session, tag=Tag.CASE_FILED, actor=Actor.engine(), at=now, jurisdiction=JURISDICTION, case_id=other)
    assert [event.seq for event in timeline(session, case_id)] == [1, 2, 3]
    assert [event.seq for event in timeline(session, other)] == [1]


def test_the_timeline_is_in_the_order_of_events_even_when_their_times_are_equal(
    session: Session, case_id: UUID, now: datetime
) -> None:
    tags = [Tag.CASE_FILED, Tag.INSTANCE_STARTED, Tag.WORK_ITEM_CREATED, Tag.CLOCK_STARTED]
    with writing(session):
        for tag in tags:
            record(session, tag=tag, actor=Actor.engine(), at=now, jurisdiction=JURISDICTION, case_id=case_id)
    assert [event.tag for event in timeline(session, case_id)] == tags


def test_events_without_a_case_have_number_zero(session: Session, now: datetime) -> None:
    first = record(session, tag=Tag.SIGNED_IN, actor=Actor.engine(), at=now, jurisdiction=JURISDICTION)
    second = record(session, tag=Tag.SIGNED_OUT, actor=Actor.engine(), at=now, jurisdiction=JURISDICTION)
    assert (first.seq, second.seq) == (0, 0)


def test_what_was_recorded_is_what_is_read(session: Session, case_id: UUID, now: datetime) -> None:
    staff = make_staff(session, "someone", name="王芳")
    given = record(
        session, tag=Tag.WORK_ITEM_CLAIMED, actor=Actor.staff(staff), at=now, jurisdiction=JURISDICTION,
        case_id=case_id, data={"element": "核实", "n": 1},
    )  # fmt: skip
    (read,) = timeline(session, case_id)
    assert read.id == given.id
    assert (read.actor_kind, read.actor_id, read.actor_name) == (ActorKind.STAFF, str(staff.id), staff.name)
    assert read.at == now
    assert read.data == {"element": "核实", "n": 1}


def test_a_resident_is_recorded_without_a_name() -> None:
    assert Actor.resident() == Actor(kind=ActorKind.RESIDENT, id=None, name=None)


def test_two_writers_without_the_case_lock_cannot_take_the_same_number(
    sessions: sessionmaker[Session], session: Session, case_id: UUID, now: datetime
) -> None:
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite lets one writer in at a time, so the race cannot happen")
    refused = []
    with sessions() as first, writing(first):
        record(first, tag=Tag.CASE_FILED, actor=Actor.engine(), at=now, jurisdiction=JURISDICTION, case_id=case_id)

        def race() -> None:
            # sees no event of the first writer yet, so it wants number 1 too, and waits for the first one's end
            with sessions() as second:
                try:
                    record(
                        second, tag=Tag.CASE_FILED, actor=Actor.engine(), at=now, jurisdiction=JURISDICTION,
                        case_id=case_id,
                    )  # fmt: skip
                except Conflict as error:
                    refused.append(error.code)

        racer = threading.Thread(target=race)
        racer.start()
        racer.join(0.5)
    racer.join(10)
    assert refused == ["case-changed-meanwhile"]
    assert len(timeline(session, case_id)) == 1


def test_an_unknown_case_is_not_taken_for_a_conflict(session: Session, now: datetime) -> None:
    with pytest.raises(IntegrityError):
        record(session, tag=Tag.CASE_FILED, actor=Actor.engine(), at=now, jurisdiction=JURISDICTION, case_id=new_id())


def test_a_time_without_zone_is_refused(session: Session, case_id: UUID, now: datetime) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        record(
            session, tag=Tag.CASE_FILED, actor=Actor.engine(), at=now.replace(tzinfo=None),
            jurisdiction=JURISDICTION, case_id=case_id,
        )  # fmt: skip


def test_tags_are_two_or_three_parts_and_unique() -> None:
    assert all(2 <= len(tag.split(":")) <= 3 and tag == tag.lower() for tag in Tag)
    assert len({tag.value for tag in Tag}) == len(Tag)
