"""The outbox is emptied: each notice at least once, duplicates recognisable, every failure in sight."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session, sessionmaker

from engine.audit import Actor, AuditEvent
from engine.db import connect, new_id, writing
from engine.db import sessions as session_factory
from engine.errors import Conflict, NotFound, Unavailable
from engine.notices import (
    AppChannel,
    Channel,
    ChannelDown,
    EmailChannel,
    Notice,
    NoticeState,
    NoticeTexts,
    Outgoing,
    PermanentFailure,
    Recipient,
    TemporaryFailure,
    counts,
    notify,
    resend,
    send_due,
    undelivered,
)
from engine.notices.dispatch import LEASE, LONGEST_WAIT, MOST_ATTEMPTS, MOST_CLAIMS, claim_due, wait_after
from engine.tables import metadata
from tests.engine.notices.mail import Mailbox, mail_server
from tests.factories import JURISDICTION, make_staff

TEXTS = NoticeTexts(key="overdue", sources={"zh_CN": "Subject: 逾期\n\n请办理。\n"})
SENDER = "notices@chuishao.example"


class Recorder:
    """A channel that notes what it was given, and fails as it is told."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.given: list[Outgoing] = []

    def send(self, notice: Outgoing) -> None:
        self.given.append(notice)
        if self.failures and (failure := self.failures.pop(0)):
            raise failure


def queue(session: Session, number: int, now: datetime, channel: str = "email", first: int = 0) -> list[Notice]:
    staff = make_staff(session)
    made: list[Notice] = []
    with writing(session):
        for position in range(first, first + number):
            made += notify(
                session, key=f"test:{position}", jurisdiction=JURISDICTION, case_id=None, template="overdue",
                texts=TEXTS, facts={}, link="", now=now,
                recipients=[Recipient(staff_id=staff.id, channels={channel: "lead@example.org"})],
            )  # fmt: skip
    return made


def reread(sessions: sessionmaker[Session], notice: Notice) -> Notice:
    with sessions() as session:
        found = session.get(Notice, notice.id)
        assert found is not None
        return found


def test_what_is_due_is_sent_once(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    (notice,) = queue(session, 1, now)
    with mail_server() as server:
        channels: dict[str, Channel] = {"email": EmailChannel(url=server.url, sender=SENDER)}
        assert send_due(sessions, channels, now) == 1
        assert send_due(sessions, channels, now + timedelta(days=1)) == 0
    assert len(server.received) == 1
    sent = reread(sessions, notice)
    assert (sent.state, sent.attempts) == (NoticeState.SENT, 1)
    assert sent.sent_at is not None
    assert now <= sent.sent_at < now + timedelta(minutes=1)


def test_what_is_not_due_waits(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    queue(session, 1, now)
    assert send_due(sessions, {"email": Recorder()}, now - timedelta(seconds=1)) == 0


def test_a_channel_that_nobody_set_up_waits(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    (mail,) = queue(session, 1, now)
    assert send_due(sessions, {"app": AppChannel()}, now) == 0
    assert reread(sessions, mail).state == NoticeState.PENDING


def test_a_notice_in_the_application_is_delivered_by_being_there(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    (notice,) = queue(session, 1, now, channel="app")
    assert send_due(sessions, {"app": AppChannel()}, now) == 1
    assert reread(sessions, notice).state == NoticeState.SENT


def test_a_busy_server_is_asked_again_later(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    (notice,) = queue(session, 1, now)
    with mail_server(Mailbox(replies=["451 busy, lead@example.org"])) as server:
        channels: dict[str, Channel] = {"email": EmailChannel(url=server.url, sender=SENDER)}
        assert send_due(sessions, channels, now) == 0
        waiting = reread(sessions, notice)
        assert waiting.state == NoticeState.PENDING
        assert waiting.error == "The mail server asks to try later: 451 busy, …"
        assert send_due(sessions, channels, waiting.next_try_at - timedelta(seconds=1)) == 0
        assert send_due(sessions, channels, waiting.next_try_at) == 1
    sent = reread(sessions, notice)
    assert (sent.state, sent.attempts, sent.error) == (NoticeState.SENT, 2, None)


def test_a_server_that_is_down_for_a_while(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    queue(session, 3, now)
    with mail_server() as server:
        port = int(server.url.rpartition(":")[2])
    channels: dict[str, Channel] = {"email": EmailChannel(url=server.url, sender=SENDER)}
    assert send_due(sessions, channels, now) == 0
    # one was tried; the others were not, and lost no attempt
    with sessions() as other:
        assert sorted(other.scalars(select(Notice.attempts))) == [0, 0, 1]
    with mail_server(server, port=port):
        assert send_due(sessions, channels, now + timedelta(minutes=2)) == 3
    assert len(set(server.ids())) == 3


def test_a_connection_that_breaks_after_the_text_may_deliver_twice_with_one_id(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    queue(session, 1, now)
    with mail_server(Mailbox(breaks=1)) as server:
        channels: dict[str, Channel] = {"email": EmailChannel(url=server.url, sender=SENDER)}
        assert send_due(sessions, channels, now) == 0
        assert send_due(sessions, channels, now + timedelta(hours=1)) == 1
    assert len(server.received) == 2
    assert len(set(server.ids())) == 1


def test_what_will_never_be_accepted_is_given_up_at_once(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    (notice,) = queue(session, 1, now)
    assert send_due(sessions, {"email": Recorder(PermanentFailure("x", "no such user lead@example.org"))}, now) == 0
    dead = reread(sessions, notice)
    assert (dead.state, dead.attempts, dead.error) == (NoticeState.DEAD, 1, "no such user …")
    with sessions() as other:
        assert [n.id for n in undelivered(other, JURISDICTION)] == [notice.id]
        assert counts(other) == {"email": {"dead": 1}}
        assert undelivered(other, "elsewhere") == []


def test_it_is_given_up_after_the_last_attempt(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    (notice,) = queue(session, 1, now)
    channel = Recorder(*[TemporaryFailure("x", "busy")] * MOST_ATTEMPTS)
    moment = now
    for _attempt in range(MOST_ATTEMPTS):
        send_due(sessions, {"email": channel}, moment)
        moment = reread(sessions, notice).next_try_at
    assert reread(sessions, notice).state == NoticeState.DEAD
    assert len(channel.given) == MOST_ATTEMPTS
    assert timedelta(hours=36) < moment - now < timedelta(hours=72)


def test_a_mistake_of_a_channel_does_not_stop_the_others(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    queue(session, 3, now)
    assert send_due(sessions, {"email": Recorder(None, ZeroDivisionError("a mistake"))}, now) == 2
    with sessions() as other:
        assert [n.error for n in undelivered(other)] == ["a mistake"]


def test_a_channel_that_is_down_is_not_asked_again_in_the_same_batch(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    queue(session, 5, now)
    queue(session, 1, now, channel="app")
    channel = Recorder(ChannelDown("x", "down"))
    assert send_due(sessions, {"email": channel, "app": AppChannel()}, now) == 1
    assert len(channel.given) == 1


@pytest.mark.parametrize(
    ("attempts", "at_least"),
    [(1, timedelta(seconds=30)), (2, timedelta(minutes=1)), (9, LONGEST_WAIT), (1000, LONGEST_WAIT)],
)
def test_waits_double_up_to_a_cap_and_are_spread(attempts: int, at_least: timedelta) -> None:
    waits = [wait_after(attempts, UUID(int=number * 7919)) for number in range(50)]
    assert min(waits) >= at_least
    assert max(waits) <= at_least * 1.2
    assert len(set(waits)) > 40


def test_a_residents_address_is_opened_for_sending_only(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    made = notify(
        session, key="test", jurisdiction=JURISDICTION, case_id=None, template="overdue", texts=TEXTS, facts={},
        link="", now=now, seal=lambda address, _case: address[::-1],
        recipients=[Recipient(channels={"email": "li@example.org"})],
    )  # fmt: skip
    channel = Recorder()
    assert send_due(sessions, {"email": channel}, now) == 0  # no key: it waits, and says so
    assert "no key" in str(reread(sessions, made[0]).error)

    def fails(_sealed: str, _case: UUID | None) -> str:
        raise Unavailable("personal-fields-unreadable", "another key")

    later = now + timedelta(hours=1)
    assert send_due(sessions, {"email": channel}, later, unseal=fails) == 0
    assert send_due(sessions, {"email": channel}, later + LONGEST_WAIT, unseal=lambda text, _case: text[::-1]) == 1
    assert [notice.address for notice in channel.given] == ["li@example.org"]


def test_two_dispatchers_share_the_work(sessions: sessionmaker[Session], session: Session, now: datetime) -> None:
    queue(session, 60, now)
    channel = Recorder()
    sent: list[int] = []

    def work() -> None:
        while number := send_due(sessions, {"email": channel}, now, limit=7):
            sent.append(number)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(sent) == 60
    assert set(Counter(notice.key for notice in channel.given).values()) == {1}
    with sessions() as other:
        assert counts(other) == {"email": {"sent": 60}}


def test_a_sender_that_comes_too_late_changes_nothing(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    (notice,) = queue(session, 1, now)

    class Slow:
        def send(self, _notice: Outgoing) -> None:
            # meanwhile the lease ends, and somebody else takes it and finds the address wrong
            send_due(sessions, {"email": Recorder(PermanentFailure("x", "gone"))}, now + LEASE)

    send_due(sessions, {"email": Slow()}, now)
    assert reread(sessions, notice).state == NoticeState.DEAD


def test_a_notice_that_kills_its_senders_is_given_up(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    (notice,) = queue(session, 1, now)
    moment = die_of(sessions, MOST_CLAIMS, now)
    assert send_due(sessions, {"email": Recorder()}, moment) == 0
    dead = reread(sessions, notice)
    assert (dead.state, dead.attempts) == (NoticeState.DEAD, MOST_CLAIMS)
    assert "ended without an answer 3 times" in str(dead.error)
    assert dead.reason["facts"]["times"] == MOST_CLAIMS  # a page says it in the reader's language
    with sessions() as other:
        resend(other, notice.id, Actor.engine(), moment)
    assert send_due(sessions, {"email": Recorder()}, moment) == 1, "it has all of its attempts again"


def die_of(sessions: sessionmaker[Session], times: int, now: datetime, limit: int = 1) -> datetime:
    """Let senders take what is due and say nothing more; return when the last lease has ended."""
    for _death in range(times):
        with sessions() as other:
            assert len(claim_due(other, ["email"], now, limit)) == limit
        now += LEASE
    return now


def test_an_answer_of_whatever_kind_makes_the_deaths_before_it_forgotten(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    (notice,) = queue(session, 1, now)
    for _round in range(2):
        now = die_of(sessions, MOST_CLAIMS - 1, now)
        assert send_due(sessions, {"email": Recorder(TemporaryFailure("x", "later"))}, now) == 0
        assert reread(sessions, notice).claims == 0
        now += LONGEST_WAIT * 2
    assert send_due(sessions, {"email": Recorder()}, now) == 1


def test_of_many_that_a_sender_had_when_it_died_one_goes_at_a_time_and_the_fresh_ones_before_it(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    had = {notice.id for notice in queue(session, 3, now)}
    moment = die_of(sessions, 1, now, limit=3)
    fresh = {notice.id for notice in queue(session, 2, moment, first=3)}
    for _look in range(3):
        with sessions() as other:
            taken = [notice.id for notice in claim_due(other, ["email"], moment, 20)]
        assert len(set(taken) & had) == 1
        assert taken[-1] in had
        assert set(taken[:-1]) == fresh
        had, fresh = had - set(taken), set()
    assert had == set()


def test_what_was_given_up_is_sent_again_on_demand(
    sessions: sessionmaker[Session], session: Session, now: datetime
) -> None:
    (notice,) = queue(session, 1, now)
    channel = Recorder(PermanentFailure("x", "no such user"))
    send_due(sessions, {"email": channel}, now)
    later = now + timedelta(days=1)
    with sessions() as other:
        resend(other, notice.id, Actor.engine(), later)
    assert send_due(sessions, {"email": channel}, later) == 1
    assert [given.key for given in channel.given] == [notice.key] * 2
    with sessions() as other:
        (event,) = other.scalars(select(AuditEvent))
        assert event.tag == "notice:queued"
        assert event.data["notice"] == str(notice.id)
        with pytest.raises(Conflict, match="it is sent"):
            resend(other, notice.id, Actor.engine(), later)
        with pytest.raises(NotFound):
            resend(other, new_id(), Actor.engine(), later)


def test_finding_what_is_due_uses_the_index(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/plan.db")
    metadata.create_all(engine)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with session_factory(engine)() as session:
        claim_due(session, ["email"], datetime(2026, 3, 18, tzinfo=UTC), 10)
        (statement,) = [s for s in statements if s.startswith("SELECT")]
        plan = session.execute(text("EXPLAIN QUERY PLAN " + statement.replace("?", "'x'")))
        assert "ix_notice_due" in str(plan.all())
    engine.dispose()
