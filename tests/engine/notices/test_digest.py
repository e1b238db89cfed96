"""One mail a day for what can wait: everything in it, once."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.notices import EmailChannel, Notice, NoticeState, NoticeTexts, Recipient, counts, notify, send_due
from engine.notices.digest import gather
from engine.notices.preferences import set_wish
from engine.organisation.models import Staff
from tests.engine.notices.mail import mail_server
from tests.factories import JURISDICTION, make_staff

TEXTS = NoticeTexts(key="mention", sources={"zh_CN": "Subject: 提到了您 {{ n }}\n\n看 {{ link }}\n"})
SENDER = "notices@chuishao.example"


def reader(session: Session, now: datetime) -> Staff:
    staff = make_staff(session, email="lead@example.org")
    set_wish(session, staff, email=True, sms=False, quiet_from="", quiet_until="", digest_at="08:00", now=now)
    return staff


def put(session: Session, staff: Staff, number: int, now: datetime, rung: str | None = None) -> list[Notice]:
    return notify(
        session, key=f"test:{staff.id}:{number}", jurisdiction=JURISDICTION, case_id=None, template="mention",
        texts=TEXTS, facts={"n": number}, link=f"/cases/{number}", site="https://chuishao.example", now=now, rung=rung,
        recipients=[Recipient.of(staff)],
    )  # fmt: skip


def test_a_daily_mail_lists_everything_once(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    staff = reader(session, now)
    for number in (1, 2, 3):
        put(session, staff, number, now)
    with mail_server() as server:
        channels = {"email": EmailChannel(url=server.url, sender=SENDER)}
        assert send_due(sessions, channels, now + timedelta(hours=1)) == 0
        morning = now + timedelta(days=1)
        assert send_due(sessions, channels, morning) == 1
        assert send_due(sessions, channels, morning + timedelta(days=1)) == 0
    (mail,) = server.received
    text = mail.get_content()  # type: ignore[attr-defined]
    assert mail["Subject"] == "2026年3月19日的通知（3 条）"
    assert [f"{n}. 提到了您 {n}" in text for n in (1, 2, 3)] == [True] * 3
    assert "https://chuishao.example/cases/2" in text
    with sessions() as other:
        assert counts(other)["email"] == {NoticeState.GATHERED: 3, NoticeState.SENT: 1}
        (digest,) = other.scalars(select(Notice).where(Notice.template == "digest"))
        assert set(other.scalars(select(Notice.carried_by).where(Notice.state == NoticeState.GATHERED))) == {digest.id}


def test_an_escalation_does_not_wait_for_it(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    staff = reader(session, now)
    put(session, staff, 1, now, rung="L2")
    with mail_server() as server:
        assert send_due(sessions, {"email": EmailChannel(url=server.url, sender=SENDER)}, now) == 1


def test_each_reader_has_one_of_their_own(session: Session, now: datetime) -> None:
    first, second = reader(session, now), reader(session, now)
    put(session, first, 1, now)
    put(session, second, 2, now)
    assert gather(session, now + timedelta(days=1)) == 2
    assert gather(session, now + timedelta(days=1)) == 0
    found = session.scalars(select(Notice).where(Notice.template == "digest"))
    assert {each.staff_id for each in found} == {first.id, second.id}
