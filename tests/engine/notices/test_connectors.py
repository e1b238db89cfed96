"""Connectors: refused when they cannot work, sealed, told little, and in sight when nothing goes through."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent
from engine.cases.models import CaseSealing
from engine.db import new_id, writing
from engine.errors import Invalid, NotFound
from engine.notices import AppChannel, ChannelDown, Notice, NoticeState, NoticeTexts, Recipient, notify, send_due
from engine.notices.connecting import ConnectedChannels
from engine.notices.connector_setup import Setup
from engine.notices.connectors import (
    connectors,
    drop_old_secrets,
    renew_secret,
    save_connector,
    secrets_of,
    switch,
    try_out,
)
from engine.notices.models import Connector
from tests.engine.notices.channels.test_webhook import is_signed
from tests.engine.notices.safe import SAFE
from tests.engine.notices.sink import Sink, http_sink
from tests.factories import JURISDICTION, District, make_case
from tests.fakes import ManualClock

ACTOR = Actor.engine()
HOOK = {"name": "督办平台", "kind": "webhook", "allowed": ("127.0.0.1",)}
TEXTS = NoticeTexts(key="overdue", sources={"zh_CN": "Subject: 逾期：{{ case.title }}\n\n{{ owner }} {{ link }}\n"})


def save(session: Session, now: datetime, **values: Any) -> Connector:
    return save_connector(session, Setup(**(HOOK | values)), jurisdiction=JURISDICTION, safe=SAFE, actor=ACTOR, now=now)


def put(session: Session, district: District, now: datetime, person: str = "water-lead", **values: Any) -> list[Notice]:
    given: dict[str, Any] = {"case_id": None, "key": "rung:1", "rung": "L2"} | values
    return notify(
        session, jurisdiction=JURISDICTION, template="overdue", texts=TEXTS, link="/cases/1",
        facts={"case": {"number": "SQ2026-000001", "title": "张三家的水管"}, "owner": "李四"},
        site="https://chuishao.example", now=now, recipients=[Recipient.of(district.person(person))], **given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://10.1.2.3/hook", "allowed": ()}, "url"),  # an inner address
        ({"url": "https://[64:ff9b::a01:203]/hook", "allowed": ()}, "url"),
        ({"url": "http://127.0.0.1/hook", "allowed": ("127.0.0.2",)}, "url"),  # on another list
        ({"url": "https://169.254.169.254/", "allowed": ("169.254.169.254",)}, "url"),  # on no list
        ({"url": "http://8.8.8.8/hook"}, "url"),  # not encrypted
        ({"url": ""}, "url"),
        ({"url": "http://127.0.0.1/", "allowed": ("everywhere",)}, "allowed"),
        ({"url": "http://127.0.0.1/", "name": " "}, "name"),
        ({"kind": "wecom", "url": "https://qyapi.weixin.qq.com/elsewhere"}, "url"),
        ({"kind": "sms", "url": "http://127.0.0.1/", "body": "{to}"}, "body"),  # no JSON
        ({"kind": "sms", "url": "http://127.0.0.1/", "body": '{"to": "{to}"}'}, "body"),  # no text
        ({"kind": "sms", "url": "http://127.0.0.1/", "body": '{"a": "{to}{text}"}', "headers": "x"}, "headers"),
        ({"kind": "sms", "url": "http://127.0.0.1/", "body": '{"a": "{to}{text}"}', "accepted": "0"}, "accepted"),
        ({"kind": "sms", "url": "json://127.0.0.1/{to}"}, "url"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_set_up(
    session: Session, now: datetime, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        save(session, now, **values)
    assert list(caught.value.facts["fields"]) == [field]
    assert connectors(session, JURISDICTION) == []


def test_an_address_and_its_secrets_are_sealed(session: Session, now: datetime) -> None:
    row = save(session, now, url="http://127.0.0.1:9/hook?key=hidden")
    assert (row.host, row.kind) == ("127.0.0.1", "webhook")
    assert b"hidden" not in row.sealed
    assert "hidden" not in str(session.scalars(select(AuditEvent.data)).all())
    # a change that leaves the address empty keeps it
    save_connector(
        session, Setup(**(HOOK | {"name": "另一个"})), jurisdiction=JURISDICTION, safe=SAFE, actor=ACTOR,
        now=now, connector_id=row.id,
    )  # fmt: skip
    assert SAFE.open(row.sealed, row.id)["url"] == "http://127.0.0.1:9/hook?key=hidden"


def test_a_program_learns_number_and_rung_and_nothing_of_the_matter(
    sessions: sessionmaker[Session], session: Session, district: District, now: datetime
) -> None:
    with http_sink() as sink:
        row = save(session, now, url=sink.url)
        put(session, district, now)
        assert put(session, district, now) == []  # once
        assert send_due(sessions, ConnectedChannels(sessions, SAFE, {"app": AppChannel()}), now) == 2
    (received,) = sink.received
    assert is_signed(received, SAFE.open(row.sealed, row.id)["secrets"][0])
    assert json.loads(received.body) == {
        "type": "notice.overdue", "timestamp": now.isoformat(),
        "data": {
            "case": "SQ2026-000001", "rung": "L2", "audience": "staff", "link": "https://chuishao.example/cases/1",
        },
    }  # fmt: skip


def test_a_residents_link_goes_to_nobody_else(session: Session, district: District, now: datetime) -> None:
    save(session, now, url="http://127.0.0.1:9/")
    made = notify(
        session, key="follow", jurisdiction=JURISDICTION, case_id=None, template="follow_confirm",
        texts=NoticeTexts(key="x", sources={"zh_CN": "Subject: x\n\n{{ link }}\n"}), facts={},
        link="/followed/SECRET-CODE", now=now, seal=lambda text, _case: text[::-1],
        recipients=[Recipient(channels={"email": "li@example.org"})],
    )  # fmt: skip
    (hook,) = [each for each in made if each.connector_id]
    assert json.loads(hook.body)["type"] == "notice.resident"
    assert "SECRET" not in hook.body


@pytest.mark.parametrize(
    ("unit", "person", "rung", "least", "told"),
    [
        ("water", "water-lead", "L2", "", True),
        ("water", "handler", "L2", "", True),  # in an office of the unit
        ("water", "housing-lead", "L2", "", False),  # of another unit
        ("water", "water-lead", "L1", "L2", False),  # below what the group wants to hear of
        ("water", "water-lead", "L3", "L2", True),
        ("water", "water-lead", None, "L0", False),
        ("", "housing-lead", None, "", True),
    ],
)
def test_a_group_hears_of_its_unit_and_of_the_rungs_that_it_wants(
    session: Session, district: District, now: datetime,
    unit: str, person: str, rung: str | None, least: str, told: bool,
) -> None:  # fmt: skip
    save(session, now, kind="wecom", url="wecombot://693a91f6-7b2c", allowed=(), unit=unit, least=least)
    made = put(session, district, now, person=person, rung=rung)
    found = [each for each in made if each.connector_id]
    assert bool(found) is told
    for each in found:
        assert "SQ2026-000001" in each.subject
        assert "张三" not in each.subject + each.body
        assert "李四" not in each.subject + each.body
        assert each.staff_id is None


def test_nobody_else_learns_of_a_sealed_matter(session: Session, district: District, now: datetime) -> None:
    save(session, now, url="http://127.0.0.1:9/")
    case = make_case(session, place=district.unit("willow"))
    with writing(session):
        session.add(CaseSealing(id=new_id(), case_id=case.id, side="accused", unit_id=district.unit_id("housing")))
    made = put(session, district, now, case_id=case.id)
    assert made
    assert [each.channel for each in made if each.connector_id] == []


def test_a_connector_that_fails_says_so_until_it_works(
    sessions: sessionmaker[Session], session: Session, district: District, now: datetime
) -> None:
    clock = ManualClock(now)
    with http_sink(Sink(answers=[(401, b""), (503, b"")])) as sink:
        row = save(session, now, url=sink.url)
        put(session, district, now)
        channels = ConnectedChannels(sessions, SAFE, {}, clock=clock)
        send_due(sessions, channels, now)
        session.rollback()  # what others wrote since
        session.refresh(row)
        assert row.failing_since == now
        assert "Check the address and the key" in row.reason["text"]
        clock.advance(hours=3)
        send_due(sessions, channels, clock.now())
        session.rollback()  # what others wrote since
        session.refresh(row)
        assert (row.failing_since, row.reason["facts"]) == (now, {"status": 503})
        clock.advance(hours=3)
        assert send_due(sessions, channels, clock.now()) == 1
    session.rollback()  # what others wrote since
    session.refresh(row)
    assert (row.failing_since, row.reason) == (None, None)
    assert len(set(sink.ids())) == 1


def test_an_address_that_turns_inward_is_refused_when_it_is_sent_to(
    sessions: sessionmaker[Session], session: Session, district: District, now: datetime
) -> None:
    """It was public when it was set up; since then its name leads inside, or its list was made narrower."""
    with http_sink() as sink:
        row = save(session, now, url=sink.url)
        put(session, district, now)
        with writing(session):
            session.execute(update(Connector).values(allowed=[]))
        send_due(sessions, ConnectedChannels(sessions, SAFE, {}), now)
        assert sink.received == []
        session.rollback()  # what others wrote since
        session.refresh(row)
        assert "inner or reserved" in row.reason["text"]
        with writing(session):
            session.execute(update(Connector).values(allowed=["127.0.0.1"], changed_at=now + timedelta(hours=1)))
        assert send_due(sessions, ConnectedChannels(sessions, SAFE, {}), now + timedelta(hours=3)) == 1
    assert len(sink.received) == 1


def test_a_secret_is_renewed_without_a_gap(session: Session, now: datetime) -> None:
    with http_sink() as sink:
        row = save(session, now, url=sink.url)
        old = SAFE.open(row.sealed, row.id)["secrets"][0]
        options: dict[str, Any] = {"safe": SAFE, "actor": ACTOR, "now": now}
        new = renew_secret(session, JURISDICTION, row.id, **options)
        assert secrets_of(row, SAFE) == 2
        try_out(row, safe=SAFE, text="试一试", now=now)
        drop_old_secrets(session, JURISDICTION, row.id, **options)
        try_out(row, safe=SAFE, text="试一试", now=now)
    both, only_new = sink.received
    assert is_signed(both, old)
    assert is_signed(both, new)
    assert not is_signed(only_new, old)
    assert is_signed(only_new, new)
    assert "试" not in both.body.decode()


def test_trying_out_says_what_is_wrong(session: Session, now: datetime) -> None:
    with http_sink(Sink(answers=[(404, b"")])) as sink:
        row = save(session, now, url=sink.url)
        with pytest.raises(ChannelDown, match="404"):
            try_out(row, safe=SAFE, text="试一试", now=now)


def test_what_waits_for_a_connector_that_is_switched_off_is_in_sight(
    sessions: sessionmaker[Session], session: Session, district: District, now: datetime
) -> None:
    row = save(session, now, url="http://127.0.0.1:9/")
    put(session, district, now)
    switch(session, JURISDICTION, row.id, active=False, actor=ACTOR, now=now)
    waited = session.scalars(select(Notice).where(Notice.connector_id == row.id))
    assert [each.state for each in waited] == [NoticeState.DEAD]
    assert f"connector:{row.id}" not in list(ConnectedChannels(sessions, SAFE, {}))
    assert {each.connector_id for each in put(session, district, now, key="next")} == {None}
    with pytest.raises(NotFound):
        switch(session, "elsewhere", row.id, active=True, actor=ACTOR, now=now)


def test_the_first_gateway_carries_short_messages(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    save(session, now, kind="sms", url="http://127.0.0.1:9/", body='{"a": "{to}{text}"}')
    assert "sms" in list(ConnectedChannels(sessions, SAFE, {}))
