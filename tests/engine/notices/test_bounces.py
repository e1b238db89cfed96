"""A mail that bounces after it was accepted: the report marks the address, and the notice goes on or is in sight."""

from datetime import datetime
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.notices import EmailChannel, Notice, NoticeState, Recipient, send_due, spoilt
from engine.notices.bounces import Outcome, read_bounce, take_bounce
from tests.engine.notices.mail import mail_server
from tests.engine.notices.test_spoilt import put, with_gateway
from tests.factories import District, make_case, make_staff

SENDER = "notices@chuishao.example"


def report(original: EmailMessage, to: str, status: str = "5.1.1", said: str = "550 5.1.1 no such user", *,
           whole: bool = True, action: str = "failed", keyed: bool = True) -> bytes:  # fmt: skip
    """A report as Postfix writes it, with the whole mail or its headers only."""
    headers = "".join(f"{name}: {value}\n" for name, value in original.items() if keyed or name != "X-Idempotency-Key")
    shown = f"message/rfc822\n\n{headers}\nbody" if whole else f"text/rfc822-headers\n\n{headers}"
    return (
        'From: MAILER-DAEMON@mx.example\nTo: notices@chuishao.example\nSubject: Undelivered Mail\nMIME-Version: 1.0\n'
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n\n"
        f"--b\nContent-Type: {shown}\n--b--\n"
    ).encode()  # fmt: skip


def sent(sessions: sessionmaker[Session], now: datetime) -> EmailMessage:
    """Send what is due by a real mail server, and return the mail."""
    with mail_server() as server:
        channel = EmailChannel(url=server.url, sender=SENDER)
        assert send_due(sessions, {"email": channel}, now, unseal=lambda text, _case: text[::-1]) == 1
    (mail,) = server.received
    assert isinstance(mail, EmailMessage)
    return mail


def taken(session: Session, raw: bytes, now: datetime) -> Outcome:
    bounce = read_bounce(raw)
    if bounce is None:
        return Outcome.NO_BOUNCE
    found = take_bounce(session, bounce, unseal=lambda text, _case: text[::-1], now=now)
    session.commit()
    return found


@pytest.mark.parametrize(("whole", "keyed"), [(True, True), (False, True), (False, False)])
def test_a_report_marks_the_address_and_the_notice_goes_by_telephone(
    session: Session, sessions: sessionmaker[Session], now: datetime, whole: bool, keyed: bool
) -> None:
    with_gateway(session, now)
    staff = make_staff(session, email="gone@example.org", phone="13800138000")
    put(session, Recipient.of(staff), now)
    raw = report(sent(sessions, now), "gone@example.org", whole=whole, keyed=keyed)
    assert taken(session, raw, now) is Outcome.REPLACED
    found = session.scalars(select(Notice).where(Notice.channel != "app").order_by(Notice.created_at, Notice.id)).all()
    assert [(each.channel, each.state) for each in found] == [("email", "replaced"), ("sms", "pending")]
    assert found[0].carried_by == found[1].id
    (mark,) = spoilt.of_staff(session, staff.id)
    assert "gone@" not in str(mark.reason)
    # a second report of the same changes nothing
    assert taken(session, raw, now) is Outcome.UNKNOWN


def test_without_another_way_it_is_in_sight(
    session: Session, sessions: sessionmaker[Session], district: District, now: datetime
) -> None:
    case = make_case(session, place=district.unit("willow"))
    put(session, Recipient(channels={"email": "li@example.org"}, party="p1"), now, case_id=case.id)
    assert taken(session, report(sent(sessions, now), "Li@Example.org"), now) is Outcome.DEAD
    (notice,) = session.scalars(select(Notice)).all()
    assert notice.state == NoticeState.DEAD
    assert notice.reason["facts"]["reply"] == "5.1.1"
    assert [row.party for row in spoilt.of_case(session, case.id)] == ["p1"]


@pytest.mark.parametrize(
    ("status", "said", "marks"),
    [
        ("5.0.0", "550 User unknown", True),  # no more than a general status, and a sentence
        ("5.2.1", "550 mailbox disabled", True),
        ("5.2.2", "552 mailbox full", False),  # they are there
        ("5.7.1", "554 message refused by policy", False),  # it is about us
        ("5.0.0", "554 blocked as spam", False),
    ],
)
def test_only_what_is_about_the_address_marks_it(
    session: Session, sessions: sessionmaker[Session], now: datetime, status: str, said: str, marks: bool
) -> None:
    staff = make_staff(session, email="gone@example.org")
    put(session, Recipient.of(staff), now)
    assert taken(session, report(sent(sessions, now), "gone@example.org", status, said), now) is Outcome.DEAD
    assert bool(spoilt.of_staff(session, staff.id)) is marks


def test_what_does_not_fit_is_not_believed(session: Session, sessions: sessionmaker[Session], now: datetime) -> None:
    staff = make_staff(session, email="there@example.org")
    put(session, Recipient.of(staff), now)
    mail = sent(sessions, now)
    forged = EmailMessage()
    forged["Message-ID"], forged["X-Idempotency-Key"] = "<x@y>", "test:somebody:email"
    for raw, outcome in (
        (report(mail, "other@example.org"), Outcome.UNKNOWN),  # not whom it went to
        (report(forged, "there@example.org"), Outcome.UNKNOWN),  # not our notice
        (report(mail, "there@example.org", "4.4.1", "451 later", action="delayed"), Outcome.NO_BOUNCE),
        (mail.as_bytes(), Outcome.NO_BOUNCE),  # a mail like any other
        (b"", Outcome.NO_BOUNCE),
        (b"Content-Type: multipart/report; boundary=b\n\n--b\n\xff\xfe--b--", Outcome.NO_BOUNCE),
    ):
        assert taken(session, raw, now) is outcome
    assert session.scalars(select(Notice.state).where(Notice.channel == "email")).all() == [NoticeState.SENT]
    assert spoilt.of_staff(session, staff.id) == []
