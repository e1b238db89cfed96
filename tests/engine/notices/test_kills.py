"""A sender is killed with SIGKILL at the worst moments; nothing is lost, and a duplicate can be recognised."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine.db import writing
from engine.notices import (
    EmailChannel,
    NoticeState,
    NoticeTexts,
    Recipient,
    counts,
    message_id,
    notify,
    send_due,
)
from engine.notices.channels import Courier, WebhookChannel, new_secret, webhook_id
from engine.notices.channels.addresses import read_networks
from engine.notices.dispatch import LEASE, LONGEST_WAIT
from tests.engine.notices.mail import Mailbox, mail_server
from tests.engine.notices.senders import SENDER, mail, post, put_one, send_and_stop
from tests.engine.notices.sink import Sink, http_sink
from tests.factories import make_staff
from tests.faults.commands import begun


def run_until_killed(work: Callable[..., object], *arguments: object, mark: Path) -> None:
    """Let a process work until it has made its mark, then kill it."""
    with begun(work, *arguments, mark) as process:
        deadline = time.monotonic() + 60
        while not mark.exists():
            assert process.is_alive(), "the program ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.faults
def test_killed_between_commit_and_sending(
    database_url: str, sessions: sessionmaker[Session], session: Session, now: datetime, tmp_path: Path
) -> None:
    staff = make_staff(session)
    run_until_killed(put_one, database_url, str(staff.id), now, mark=tmp_path / "committed")
    with mail_server() as server:
        assert send_due(sessions, {"email": EmailChannel(url=server.url, sender=SENDER)}, now) == 1
    assert server.recipients == ["lead@example.org"]


@pytest.mark.faults
def test_killed_between_sending_and_marking(
    database_url: str, sessions: sessionmaker[Session], session: Session, now: datetime, tmp_path: Path
) -> None:
    staff = make_staff(session)
    run_until_killed(put_one, database_url, str(staff.id), now, mark=tmp_path / "committed")
    with mail_server() as server:
        channels = {"email": EmailChannel(url=server.url, sender=SENDER)}
        run_until_killed(send_and_stop, database_url, server.url, now, mark=tmp_path / "sent")
        # until the lease ends it may still be on its way
        assert send_due(sessions, channels, now + LEASE - timedelta(seconds=1)) == 0
        assert send_due(sessions, channels, now + LEASE) == 1
        assert send_due(sessions, channels, now + LEASE * 2) == 0
    assert len(server.received) == 2
    assert len(set(server.ids())) == 1
    with sessions() as other:
        assert counts(other) == {"email": {NoticeState.SENT: 1}}


def put(session: Session, number: int, now: datetime, channel: str, address: str = "x") -> list[str]:
    """Put notices for a channel in the outbox and return their keys."""
    staff = make_staff(session)
    texts = NoticeTexts(key="overdue", sources={"zh_CN": "Subject: x\n\n{}\n"})
    with writing(session):
        made = [
            notice
            for each in range(number)
            for notice in notify(
                session, key=f"kill:{each}", jurisdiction="qinghe", case_id=None, template="overdue", texts=texts,
                facts={}, link="", now=now, recipients=[Recipient(staff_id=staff.id, channels={channel: address})],
            )
        ]  # fmt: skip
    return [notice.key for notice in made]


def kill_after(
    work: Callable[..., object], received: Sequence[object], number: int, delay: float, *arguments: object
) -> None:
    """Let a sender work until a server has received that many, then kill it a moment later."""
    with begun(work, *arguments) as process:
        deadline = time.monotonic() + 60
        while len(received) < number:
            assert process.is_alive(), "the sender ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(delay)


@pytest.mark.faults
def test_killed_at_random_while_posting(
    database_url: str, sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    """Nothing is lost, at most one notice comes twice for each kill, and it can be told: the same `webhook-id`."""
    number, kills, chance, secret = 60, 3, random.Random(20261122), new_secret()
    wanted = [webhook_id(key) for key in put(session, number, now, "webhook")]
    with http_sink() as sink:
        for kill in range(kills):
            reached, moment = len(sink.received) + chance.randint(1, 12), now + LEASE * kill
            kill_after(post, sink.received, reached, chance.uniform(0, 0.02), database_url, sink.url, secret, moment)
        channel = WebhookChannel(url=sink.url, secrets=(secret,), courier=Courier(allowed=read_networks(["127.0.0.1"])))
        while send_due(sessions, {"webhook": channel}, now + LEASE * kills):
            pass
    times = Counter(sink.ids())
    assert set(times) == set(wanted)
    assert sum(times.values()) <= number + kills
    with sessions() as other:
        assert counts(other) == {"webhook": {NoticeState.SENT: number}}


@pytest.mark.faults
def test_killed_at_random_while_mailing(
    database_url: str, sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    """The same by e-mail, where it is the `Message-ID` that tells."""
    number, kills, chance = 60, 3, random.Random(4)
    wanted = [message_id(key, SENDER) for key in put(session, number, now, "email", "lead@example.org")]
    with mail_server() as server:
        for kill in range(kills):
            reached, moment = len(server.received) + chance.randint(1, 12), now + LEASE * kill
            kill_after(mail, server.received, reached, chance.uniform(0, 0.02), database_url, server.url, moment)
        while send_due(sessions, {"email": EmailChannel(url=server.url, sender=SENDER)}, now + LEASE * kills):
            pass
    times = Counter(server.ids())
    assert set(times) == set(wanted)
    assert sum(times.values()) <= number + kills
    with sessions() as other:
        assert counts(other) == {"email": {NoticeState.SENT: number}}


def test_a_mail_server_that_is_down_for_a_while_misses_nothing(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    wanted = [message_id(key, SENDER) for key in put(session, 10, now, "email", "lead@example.org")]
    with mail_server() as gone:
        port = int(gone.url.rpartition(":")[2])
    channel, moment = EmailChannel(url=gone.url, sender=SENDER), now
    for _attempt in range(4):  # an afternoon
        assert send_due(sessions, {"email": channel}, moment) == 0
        moment += LONGEST_WAIT
    with mail_server(Mailbox(replies=["451 4.3.2 not now"] * 2), port=port) as back:  # it comes back, busy at first
        for _attempt in range(4):
            send_due(sessions, {"email": channel}, moment)
            moment += LONGEST_WAIT
    assert sorted(back.ids()) == sorted(wanted)


def test_a_sink_that_is_down_for_a_while_misses_nothing(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    wanted = [webhook_id(key) for key in put(session, 10, now, "webhook")]
    with http_sink() as gone:
        port = int(gone.url.split(":")[2].split("/")[0])
    channel = WebhookChannel(
        url=gone.url, secrets=(new_secret(),), courier=Courier(allowed=read_networks(["127.0.0.1"]))
    )
    moment = now
    for _attempt in range(4):  # an afternoon
        assert send_due(sessions, {"webhook": channel}, moment) == 0
        moment += LONGEST_WAIT
    with http_sink(Sink(answers=[(503, b"")] * 2), port=port) as back:  # it comes back, busy at first
        for _attempt in range(4):
            send_due(sessions, {"webhook": channel}, moment)
            moment += LONGEST_WAIT
    assert set(back.ids()) == set(wanted)
    with sessions() as other:
        assert counts(other) == {"webhook": {NoticeState.SENT: 10}}
