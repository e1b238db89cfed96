"""Notices enter the outbox with the transaction that causes them, once."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.db import new_id, writing
from engine.errors import Invalid
from engine.notices import Notice, NoticeTexts, Recipient, notify
from tests.factories import JURISDICTION, make_staff

TEXTS = NoticeTexts(
    key="overdue",
    sources={
        "zh_CN": "Subject: 逾期：{{ number }}\n\n应于{{ due }}前办结。\n{{ link }}\n",
        "en": "Subject: Overdue: {{ number }}\n\nIt was due on {{ due }}.\n",
    },
)
FACTS = {"number": "SQ2026-000001", "due": datetime(2026, 3, 18, 2, 0, tzinfo=UTC), "secret": "13800138000"}


def put(session: Session, *recipients: Recipient, now: datetime, **values: Any) -> list[Notice]:
    values = {"key": "rung:1", "link": "/tasks/1", "texts": TEXTS, "facts": FACTS, "case_id": None} | values
    return notify(
        session, jurisdiction=JURISDICTION, template="overdue", recipients=recipients, now=now,
        site="https://chuishao.example", **values,
    )  # fmt: skip


def test_one_notice_a_recipient_and_channel(session: Session, now: datetime) -> None:
    lead, english = make_staff(session), make_staff(session)
    made = put(
        session,
        Recipient(staff_id=lead.id, channels={"app": "", "email": "lead@example.org"}),
        Recipient(staff_id=english.id, channels={"email": "x@example.org"}, locale="en"),
        now=now,
    )
    assert [(n.key, n.channel, n.subject) for n in made] == [
        (f"rung:1:{lead.id}:app", "app", "逾期：SQ2026-000001"),
        (f"rung:1:{lead.id}:email", "email", "逾期：SQ2026-000001"),
        (f"rung:1:{english.id}:email", "email", "Overdue: SQ2026-000001"),
    ]
    assert made[0].body == "应于2026年3月18日 10:00前办结。\nhttps://chuishao.example/tasks/1\n"
    assert made[0].link == "/tasks/1"


def test_a_second_call_does_nothing(session: Session, now: datetime) -> None:
    lead, other = make_staff(session), make_staff(session)
    first = Recipient(staff_id=lead.id, channels={"app": ""})
    assert len(put(session, first, now=now)) == 1
    assert put(session, first, now=now) == []
    # somebody new gets theirs
    assert len(put(session, first, Recipient(staff_id=other.id, channels={"app": ""}), now=now)) == 1
    assert len(session.scalars(select(Notice)).all()) == 2


def test_it_is_gone_when_its_cause_is_rolled_back(session: Session, now: datetime) -> None:
    lead = make_staff(session)

    def step() -> None:
        with writing(session):
            put(session, Recipient(staff_id=lead.id, channels={"app": ""}), now=now)
            raise RuntimeError("the step failed")

    with pytest.raises(RuntimeError):
        step()
    assert session.scalars(select(Notice)).all() == []


def test_only_named_facts_are_stored(session: Session, now: datetime) -> None:
    (notice,) = put(session, Recipient(staff_id=make_staff(session).id, channels={"app": ""}), now=now)
    assert notice.facts == {
        "number": "SQ2026-000001", "due": "2026-03-18T02:00:00Z", "link": "https://chuishao.example/tasks/1",
    }  # fmt: skip


def test_a_text_that_cannot_be_written_leaves_nothing_behind(session: Session, now: datetime) -> None:
    person = Recipient(staff_id=make_staff(session).id, channels={"app": ""})
    with pytest.raises(Invalid, match="'due' is undefined"):
        put(session, person, now=now, facts={"number": "x"})
    assert session.scalars(select(Notice)).all() == []


def test_somebody_without_an_address_gets_what_needs_none(session: Session, now: datetime) -> None:
    person = Recipient(staff_id=make_staff(session).id, channels={"app": "", "email": ""})
    assert [n.channel for n in put(session, person, now=now)] == ["app"]


def test_a_residents_address_is_sealed(session: Session, now: datetime) -> None:
    resident = Recipient(channels={"email": "li@example.org"})
    (notice,) = put(session, resident, now=now, seal=lambda text, _case: text[::-1])
    assert notice.address == "sealed:gro.elpmaxe@il"
    assert "li@example.org" not in repr(resident)
    assert notice.key == "rung:1:resident-1:email"


def test_a_residents_address_is_never_stored_as_it_is(session: Session, now: datetime) -> None:
    with pytest.raises(ValueError, match="needs a seal"):
        put(session, Recipient(channels={"email": "li@example.org"}), now=now)


def test_a_long_key_is_shortened_and_stays_unique(session: Session, now: datetime) -> None:
    person = Recipient(staff_id=make_staff(session).id, channels={"app": ""})
    (one,) = put(session, person, now=now, key="x" * 300 + "1")
    (two,) = put(session, person, now=now, key="x" * 300 + "2")
    assert one.key != two.key
    assert len(one.key) == 200
    assert re.fullmatch(r"x+:[0-9a-f]{40}", one.key)
    assert put(session, person, now=now, key="x" * 300 + "1") == []


def test_somebody_who_is_no_staff_is_refused_by_the_database(session: Session, now: datetime) -> None:
    with pytest.raises(IntegrityError):
        put(session, Recipient(staff_id=new_id(), channels={"app": ""}), now=now)
