"""A resident reads how they are told, changes it, and mends an address that bounced: what was lost arrives."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, Tag, timeline
from engine.cases.models import Case
from engine.cases.reaching import recipient_of
from engine.cases.vault import Vault
from engine.definitions import Package, deploy
from engine.notices import EmailChannel, Notice, NoticeState, NoticeTexts, notify, send_due, spoilt
from engine.notices.connector_setup import Setup
from engine.notices.connectors import save_connector
from tests.engine.notices.mail import Mailbox, mail_server
from tests.factories import JURISDICTION, District
from tests.web.browsing import send, sign_in
from tests.web.portal.test_portal import file, receipt

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")
VAULT = Vault(bytes(range(32)))
TEXTS = NoticeTexts(key="accepted", sources={"zh_CN": "Subject: 已受理\n\n请看进度。\n"})


@pytest.fixture(autouse=True)
def deployed(session: Session, district: District, now: datetime) -> None:
    deploy(session, PETITION, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)


def opened(client: FlaskClient) -> str:
    """The page of the matter whose receipt was shown last."""
    return client.get(receipt(client)[2], follow_redirects=True).text


def with_gateway(session: Session, now: datetime) -> None:
    setup = Setup(
        name="短信", kind="sms", url="http://127.0.0.1:9/", allowed=("127.0.0.1",),
        body='{"mobile": "{to}", "content": "{text}"}',
    )  # fmt: skip
    save_connector(session, setup, jurisdiction=JURISDICTION, safe=VAULT, actor=Actor.engine(), now=now)
    session.commit()


def told(session: Session, now: datetime) -> tuple[Case, Notice]:
    """Put a notice to who filed the only matter into the outbox."""
    case = session.scalars(select(Case)).one()
    person = recipient_of(VAULT.open(case.personal, case.id), "p1")
    assert person is not None
    (made,) = notify(
        session, key="accepted", jurisdiction=JURISDICTION, case_id=case.id, template="accepted", texts=TEXTS,
        facts={}, recipients=[person], link="", now=now, seal=VAULT.seal_address,
    )  # fmt: skip
    session.commit()
    return case, session.get_one(Notice, made.id)


@pytest.mark.parametrize(
    ("left", "gateway", "promise", "to_staff"),
    [
        ({"email": "li@example.org"}, False, "发邮件到您留的邮箱", "系统发邮件通知本人"),
        ({"email": "li@example.org", "reach": "none"}, False, "您选择了不用通知", "本人选择不用通知"),
        # a telephone alone: somebody has to call, and both sides read it
        ({}, False, "工作人员会打您留的电话", "重要进展请打电话告知"),
        ({}, True, "发短信到您留的电话", "系统发短信通知本人"),
        ({"email": "li@example.org", "reach": "sms"}, True, "发短信到您留的电话", "系统发短信通知本人"),
    ],
)
def test_what_is_promised_is_what_can_be_done(
    client: FlaskClient, session: Session, now: datetime, left: dict[str, str], gateway: bool, promise: str,
    to_staff: str,
) -> None:  # fmt: skip
    if gateway:
        with_gateway(session, now)
    file(client, **left)
    assert promise in client.get("/receipt").text
    assert promise in opened(client)
    case = session.scalars(select(Case)).one()
    sign_in(client, "community")
    page = client.get(f"/cases/{case.id}").text
    assert to_staff in page


def test_an_address_that_bounced_is_mended_by_whose_it_is_and_what_was_lost_arrives(
    client: FlaskClient, session: Session, sessions: sessionmaker[Session], now: datetime
) -> None:
    file(client, email="gone@example.org")
    opened(client)
    case, made = told(session, now)
    later = now + timedelta(minutes=1)
    with mail_server(Mailbox(refused="550 5.1.1 no such user")) as server:
        channel = EmailChannel(url=server.url, sender="notices@chuishao.example")
        send_due(sessions, {"email": channel}, later, unseal=VAULT.open_address)
    page = client.get("/matter/").text
    assert "没有能通知您的邮箱" in page

    answer = send(client, "/matter/contact", data={"phone": "13800138000", "email": "no address", "reach": ""})
    assert answer.status_code == 422
    assert "邮箱" in answer.text
    data = {"phone": "13800138000", "email": "back@example.org", "reach": "email"}
    page = send(client, "/matter/contact", data=data, follow_redirects=True).text
    assert "发邮件到您留的邮箱" in page
    assert "会再发给您" in page
    with mail_server() as server:
        channel = EmailChannel(url=server.url, sender="notices@chuishao.example")
        send_due(sessions, {"email": channel}, later + timedelta(hours=1), unseal=VAULT.open_address)
        assert server.recipients.count("back@example.org") >= 1
        assert any(message["X-Idempotency-Key"] == made.key for message in server.received)
    session.rollback()
    assert session.get_one(Notice, made.id, populate_existing=True).state == NoticeState.SENT
    assert spoilt.of_case(session, case.id) == []
    changed = [each for each in timeline(session, case.id) if each.tag == Tag.CASE_PARTY_CORRECTED]
    assert [each.data for each in changed] == [{"party": "p1", "fields": ["email", "reach"]}]


def test_who_changes_to_short_messages_gets_what_the_mailbox_refused(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    file(client, email="gone@example.org")
    opened(client)
    case, made = told(session, now)
    made.state = NoticeState.DEAD.value
    session.commit()
    with_gateway(session, now)
    send(client, "/matter/contact", data={"phone": "13900139000", "email": "", "reach": "sms"})
    session.rollback()
    old = session.get_one(Notice, made.id, populate_existing=True)
    assert old.state == NoticeState.REPLACED
    assert old.carried_by is not None
    new = session.get_one(Notice, old.carried_by)
    assert (new.channel, new.key) == ("sms", f"{old.key}>sms")
    assert VAULT.open_address(new.address.removeprefix("sealed:"), case.id) == "13900139000"
    assert "13900139000" not in new.address


def test_nobody_else_changes_it(client: FlaskClient, session: Session) -> None:
    file(client, email="li@example.org")
    assert client.get("/matter/contact").status_code in (302, 403)  # no matter is open in this browser
