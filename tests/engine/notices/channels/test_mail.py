"""E-mail through a real server: what it carries, and what becomes of each answer."""

import socket
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from engine.errors import Invalid
from engine.notices import ChannelDown, EmailChannel, Outgoing, PermanentFailure, TemporaryFailure, message_id
from engine.notices.channels import AddressRefused
from tests.engine.notices.mail import Mailbox, mail_server

SENDER = "吹哨 <notices@chuishao.example>"


def notice(**values: str) -> Outgoing:
    return Outgoing(
        **{
            "key": "rung:1:email", "channel": "email", "address": "王主任 <lead@example.org>",
            "subject": "逾期：SQ2026-000001", "body": "应于今天办结。\n\nhttps://chuishao.example/tasks/1\n",
            "link": "",
        } | values
    )  # fmt: skip


def test_a_mail_carries_what_the_notice_says() -> None:
    with mail_server() as server:
        EmailChannel(url=server.url, sender=SENDER, reply_to="区督办室 <office@chuishao.example>").send(notice())
    (message,) = server.received
    assert server.recipients == ["lead@example.org"]
    assert message["Subject"] == "逾期：SQ2026-000001"
    assert message["From"] == SENDER
    assert message["To"] == "王主任 <lead@example.org>"
    assert message["Reply-To"] == "区督办室 <office@chuishao.example>"
    assert message["X-Idempotency-Key"] == "rung:1:email"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n").strip() == notice().body.strip()  # type: ignore[attr-defined]


def test_a_long_text_arrives_whole() -> None:
    """Longer than a line of SMTP may be: a server that knows only CRLF must still find its lines."""
    long = notice(subject="逾期" * 60, body="请部门负责人查明原因、立即办理，并在系统中确认收到。\n" * 200)
    with mail_server() as server:
        EmailChannel(url=server.url, sender=SENDER).send(long)
    (message,) = server.received
    assert message["Subject"] == long.subject
    assert message.get_content().replace("\r\n", "\n").strip() == long.body.strip()  # type: ignore[attr-defined]
    composed = EmailChannel(url="smtp://localhost", sender=SENDER)._composed(long, "", "lead@example.org")
    assert max(len(line) for line in composed.split(b"\r\n")) < 200
    assert b"\n" not in composed.replace(b"\r\n", b"")


def test_every_attempt_has_the_same_message_id() -> None:
    with mail_server() as server:
        channel = EmailChannel(url=server.url, sender=SENDER)
        channel.send(notice())
        channel.send(notice())
        channel.send(notice(key="rung:2:email"))
    assert [len(message.get_all("Message-ID") or []) for message in server.received] == [1, 1, 1]
    first, again, other = server.ids()
    assert first == again == message_id("rung:1:email", "notices@chuishao.example")
    assert other != first
    assert first.endswith("@chuishao.example>")


@pytest.mark.parametrize(
    ("mailbox", "failure", "says"),
    [
        (Mailbox(replies=["451 busy"]), TemporaryFailure, "try later: 451 busy"),
        (Mailbox(replies=["554 spam"]), PermanentFailure, "refused it: 554 spam"),
        (Mailbox(refused="450 mailbox full"), TemporaryFailure, "try later: 450 mailbox full"),
        (Mailbox(refused="550 no such user"), AddressRefused, "knows nobody at this address: 550 no such user"),
        (Mailbox(refused="550 5.1.1 unknown"), AddressRefused, "knows nobody at this address: 550 5.1.1"),
        (Mailbox(refused="550 5.2.1 mailbox disabled"), AddressRefused, "knows nobody at this address: 550 5.2.1"),
        # about us, not about the address: a server that will not relay would spoil every address
        (Mailbox(refused="550 5.7.1 not allowed"), PermanentFailure, "refused it: 550 5.7.1"),
        (Mailbox(refused="550 relaying denied"), PermanentFailure, "refused it: 550 relaying"),
        (Mailbox(refused="554 your network is on our list"), PermanentFailure, "refused it: 554"),
        (Mailbox(breaks=1), ChannelDown, "does not answer"),  # taken, and cut before the answer
    ],
)
def test_an_answer_says_whether_another_try_helps(mailbox: Mailbox, failure: type[Exception], says: str) -> None:
    with mail_server(mailbox) as server, pytest.raises(failure, match=says) as caught:
        EmailChannel(url=server.url, sender=SENDER).send(notice())
    assert type(caught.value) is failure


def test_a_server_that_is_not_there_is_a_channel_that_is_down() -> None:
    with mail_server() as server:
        channel = EmailChannel(url=server.url, sender=SENDER)
    with pytest.raises(ChannelDown, match="does not answer"):
        channel.send(notice())


def test_a_server_that_never_answers_costs_the_timeout_only() -> None:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        channel = EmailChannel(url=f"smtp://127.0.0.1:{listener.getsockname()[1]}", sender=SENDER, timeout=0.3)
        began = time.monotonic()
        with pytest.raises(ChannelDown):
            channel.send(notice())
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("address", ["", "nobody", "李@example.org", "a@example.org\r\nBcc: b@example.org"])
def test_an_address_that_is_none_never_works(address: str) -> None:
    with mail_server() as server:
        channel = EmailChannel(url=server.url, sender=SENDER)
        with pytest.raises(AddressRefused, match="no usable mail address"):
            channel.send(notice(address=address))
    assert server.recipients == []


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://127.0.0.1", SENDER),  # no mail server
        ("smtp://", SENDER),
        ("smtp://127.0.0.1", "nobody"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(url: str, sender: str) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        EmailChannel(url=url, sender=sender)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(EmailChannel(url="smtp://user:secret@mail.example", sender=SENDER))


def with_user(url: str, password: str) -> str:
    return url.replace("smtp://", f"smtp://notices:{password}@")


def test_a_user_signs_in_over_an_encrypted_connection(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(Mailbox(password="p@ss/word"), certificate=certificate) as server:
        EmailChannel(url=with_user(server.url, quote("p@ss/word", safe="")), sender=SENDER).send(notice())
        with pytest.raises(ChannelDown, match="Authentication"):
            EmailChannel(url=with_user(server.url, "wrong"), sender=SENDER).send(notice())
    assert server.recipients == ["lead@example.org"]


def test_a_certificate_that_nobody_trusts_gets_no_password(certificate: Path) -> None:
    with (
        mail_server(Mailbox(password="secret"), certificate=certificate) as server,
        pytest.raises(ChannelDown, match="certificate is not trusted"),
    ):
        EmailChannel(url=with_user(server.url, "secret"), sender=SENDER).send(notice())
    assert server.received == []
