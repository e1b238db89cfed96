"""An address that bounces is marked, another channel takes over, and somebody sees it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent
from engine.errors import NotFound
from engine.notices import Channel, EmailChannel, Notice, NoticeState, NoticeTexts, Recipient, notify, send_due, spoilt
from engine.notices.connector_setup import Setup
from engine.notices.connectors import save_connector
from engine.notices.preferences import set_contact
from tests.engine.notices.mail import Mailbox, mail_server
from tests.engine.notices.safe import SAFE
from tests.engine.notices.test_dispatch import Recorder
from tests.factories import JURISDICTION, District, make_case, make_staff

TEXTS = NoticeTexts(key="accepted", sources={"zh_CN": "Subject: 已受理\n\n{{ case.number }}\n"})
SENDER = "notices@chuishao.example"


def put(session: Session, recipient: Recipient, now: datetime, key: str = "test", **values: object) -> list[Notice]:
    return notify(
        session, key=key, jurisdiction=JURISDICTION, template="accepted", texts=TEXTS,
        facts={"case": {"number": "SQ2026-000001"}}, link="", now=now, recipients=[recipient],
        seal=lambda text, _case: text[::-1], **({"case_id": None} | values),  # type: ignore[arg-type]
    )  # fmt: skip


def with_gateway(session: Session, now: datetime) -> None:
    setup = Setup(
        name="短信", kind="sms", url="http://127.0.0.1:9/", allowed=("127.0.0.1",),
        body='{"mobile": "{to}", "content": "{text}"}',
    )  # fmt: skip
    save_connector(session, setup, jurisdiction=JURISDICTION, safe=SAFE, actor=Actor.engine(), now=now)


def bounce(sessions: sessionmaker[Session], now: datetime, sms: Channel) -> int:
    with mail_server(Mailbox(refused="550 5.1.1 no such user")) as server:
        channels = {"email": EmailChannel(url=server.url, sender=SENDER), "sms": sms}
        sent = send_due(sessions, channels, now, unseal=lambda text, _case: text[::-1])
        return sent + send_due(sessions, channels, now + timedelta(minutes=1), unseal=lambda text, _case: text[::-1])


def states(sessions: sessionmaker[Session]) -> list[tuple[str, str]]:
    with sessions() as session:
        found = session.scalars(select(Notice).where(Notice.channel != "app").order_by(Notice.created_at, Notice.id))
        return [(each.channel, each.state) for each in found]


def test_a_bounced_mail_goes_by_telephone(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    with_gateway(session, now)
    staff = make_staff(session, email="gone@example.org", phone="13800138000")
    put(session, Recipient.of(staff), now)
    telephone = Recorder()
    assert bounce(sessions, now, telephone) == 1
    assert [(each.address, each.subject) for each in telephone.given] == [("13800138000", "已受理")]
    assert states(sessions) == [("email", NoticeState.REPLACED), ("sms", NoticeState.SENT)]
    with sessions() as other:
        (mark,) = spoilt.of_staff(other, staff.id)
        assert (mark.channel, mark.address) == ("email", "gone@example.org")
        assert "no such user" in mark.reason["facts"]["reason"]
        # the key tells that it is the same notice
        first, second = other.scalars(select(Notice.key).where(Notice.channel != "app").order_by(Notice.id))
        assert second == f"{first}>sms"
        assert [each.tag for each in other.scalars(select(AuditEvent)) if each.tag.startswith("notice")] == [
            "notice:failed"
        ]


def test_the_next_notice_does_not_try_it_again(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    with_gateway(session, now)
    staff = make_staff(session, email="gone@example.org", phone="13800138000")
    put(session, Recipient.of(staff), now)
    bounce(sessions, now, Recorder())
    assert [each.channel for each in put(session, Recipient.of(staff), now, key="next")] == ["app", "sms"]
    actor = Actor.staff(staff)
    set_contact(
        session, staff, email="new@example.org", phone="13800138000", jurisdiction=JURISDICTION, actor=actor, now=now
    )
    assert [each.channel for each in put(session, Recipient.of(staff), now, key="then")] == ["app", "email"]


def test_a_bounce_without_another_way_stays_in_sight(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    staff = make_staff(session, email="gone@example.org", phone="13800138000")  # and nobody sends short messages
    put(session, Recipient.of(staff), now)
    assert bounce(sessions, now, Recorder()) == 0
    assert states(sessions) == [("email", NoticeState.DEAD)]
    with sessions() as other:
        assert len(spoilt.listed(other, JURISDICTION)) == 1


def test_a_partys_address_is_marked_with_the_case_and_not_shown(
    sessions: sessionmaker[Session], session: Session, district: District, now: datetime
) -> None:
    case = make_case(session, place=district.unit("willow"))
    resident = Recipient(channels={"email": "gone@example.org"}, party="p1")
    put(session, resident, now, case_id=case.id)
    assert bounce(sessions, now, Recorder()) == 0
    with sessions() as other:
        (mark,) = spoilt.of_case(other, case.id)
        assert (mark.party, mark.channel, mark.address) == ("p1", "email", "")
        assert "gone@" not in str(mark.reason)
    # what comes next is not lost in silence: it shows as not sent, until somebody reaches them another way
    (next_one,) = put(session, resident, now, key="next", case_id=case.id)
    assert next_one.state == NoticeState.DEAD
    assert "Nobody was reached" in str(next_one.error)
    # another party of the same case has an address of their own
    (other_one,) = put(session, Recipient(channels={"email": "x@example.org"}, party="p2"), now, "p2", case_id=case.id)
    assert other_one.state == NoticeState.PENDING


def test_an_address_can_be_tried_again(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    staff = make_staff(session, email="back@example.org")
    put(session, Recipient.of(staff), now)
    bounce(sessions, now, Recorder())
    (mark,) = spoilt.of_staff(session, staff.id)
    spoilt.forget(session, mark.id, actor=Actor.engine(), now=now)
    assert [each.channel for each in put(session, Recipient.of(staff), now, key="next")] == ["app", "email"]
    with pytest.raises(NotFound):
        spoilt.forget(session, mark.id, actor=Actor.engine(), now=now)
