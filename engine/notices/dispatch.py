"""Empties the outbox: claim a few, send them outside any transaction, mark each.

A sender that dies between sending and marking leaves its notices claimed; when the lease has run out somebody sends
them again, with the same key. So each notice is sent at least once, and a duplicate can be recognised.
"""

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import aware
from engine.db import writing
from engine.errors import Unavailable
from engine.notices.channels import Channel, ChannelDown, Outgoing, PermanentFailure, TemporaryFailure
from engine.notices.models import DUE_SQL, Notice, NoticeState
from engine.notices.outbox import SEALED

_log = structlog.get_logger(__name__)

#: Attempts before a notice is given up; with the waits between them about two days, a weekend's outage.
MOST_ATTEMPTS: Final = 30
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=2)
#: How long a claimed notice is left alone.
LEASE: Final = timedelta(minutes=5)
#: What one sending may take at the utmost; a batch stops early enough that its last one ends within the lease.
LONGEST_SENDING: Final = timedelta(seconds=90)
#: When a channel that is down is tried again.
PAUSE: Final = timedelta(minutes=1)

_ADDRESS: Final = re.compile(r"[^\s<>\"'(:]+@[^\s<>\"'):;,]+")

#: Reads an address that `Seal` protected, for the same case.
Unseal = Callable[[str, UUID | None], str]


def send_due(
    sessions: sessionmaker[Session],
    channels: Mapping[str, Channel],
    now: datetime,
    limit: int = 20,
    *,
    unseal: Unseal | None = None,
) -> int:
    """Send what is due, and return how many notices were sent.

    Safe to call from any number of processes at once. A channel that is not in `channels` (e-mail without a server) is
    left alone; its notices wait.

    Args:
        now: notices whose `next_try_at` is not after it are due.
        limit: how many are taken at most.
        unseal: reads residents' addresses.
    """
    began = time.monotonic()
    with sessions() as session:
        claimed = claim_due(session, list(channels), now, limit)
    sent = 0
    down: set[str] = set()
    for position, notice in enumerate(claimed):
        if _since(began) > LEASE - LONGEST_SENDING:
            # the rest comes back by itself when its lease ends; it was not tried, so it loses no attempt
            _release(sessions, claimed[position:], now)
            break
        if notice.channel in down:
            _release(sessions, [notice], now + PAUSE)
            continue
        failure = _try(channels[notice.channel], notice, unseal)
        if isinstance(failure, ChannelDown):
            down.add(notice.channel)
        _mark(sessions, notice, failure, now + _since(began))
        sent += failure is None
    return sent


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)


def claim_due(session: Session, channels: list[str], now: datetime, limit: int) -> list[Notice]:
    """Take due notices for this sender, until a lease ends. PostgreSQL skips rows that another sender is taking.

    Returns:
        detached rows, oldest due first; `attempts` tells this claim from a later one.
    """
    now = aware(now)
    with writing(session):
        due = (
            select(Notice)
            .where(DUE_SQL, Notice.next_try_at <= now, Notice.channel.in_(channels))
            .order_by(Notice.next_try_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed: list[Notice] = []
        for notice in session.scalars(due):
            if notice.attempts >= MOST_ATTEMPTS:
                # every attempt ended with the sender, not with an answer
                notice.state = NoticeState.DEAD
                notice.error = notice.error or f"given up after {notice.attempts} attempts that never ended"
                continue
            notice.state = NoticeState.SENDING
            notice.attempts += 1
            notice.next_try_at = now + LEASE
            claimed.append(notice)
    session.expunge_all()
    return claimed


def wait_after(attempts: int, notice_id: UUID) -> timedelta:
    """Return how long to wait after the given number of attempts: doubling, capped, and spread by up to a fifth.

    The spread comes from the notice's id, so that a thousand notices that failed together do not return together.
    """
    wait: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    return wait * (1 + (notice_id.int + attempts) % 1000 / 5000)


def _try(channel: Channel, notice: Notice, unseal: Unseal | None) -> Exception | None:
    try:
        channel.send(
            Outgoing(
                key=notice.key,
                channel=notice.channel,
                address=_readable(notice, unseal),
                subject=notice.subject,
                body=notice.body,
                link=notice.link,
            )
        )
    except (TemporaryFailure, PermanentFailure) as error:
        return error
    except Exception as error:  # a channel's own mistake must not stop the other notices
        _log.exception("notice.channel_failed", notice=str(notice.id), channel=notice.channel)
        return error
    return None


def _readable(notice: Notice, unseal: Unseal | None) -> str:
    if not notice.address.startswith(SEALED):
        return notice.address
    if unseal is None:
        raise TemporaryFailure("notice-address", "The address is sealed and there is no key to open it with.")
    try:
        return unseal(notice.address.removeprefix(SEALED), notice.case_id)
    except Unavailable as error:
        raise TemporaryFailure(error.code, error.template, **error.facts) from error


def _mark(sessions: sessionmaker[Session], notice: Notice, failure: Exception | None, now: datetime) -> None:
    if failure is None:
        values = {"state": NoticeState.SENT, "sent_at": now, "error": None}
    elif isinstance(failure, PermanentFailure) or notice.attempts >= MOST_ATTEMPTS:
        values = {"state": NoticeState.DEAD, "error": _told(failure)}
        _log.warning("notice.given_up", notice=str(notice.id), channel=notice.channel, attempts=notice.attempts)
    else:
        again = now + wait_after(notice.attempts, notice.id)
        values = {"state": NoticeState.PENDING, "next_try_at": again, "error": _told(failure)}
    _write(sessions, notice, values)


def _release(sessions: sessionmaker[Session], notices: list[Notice], next_try_at: datetime) -> None:
    for notice in notices:
        values = {"state": NoticeState.PENDING, "next_try_at": next_try_at, "attempts": notice.attempts - 1}
        _write(sessions, notice, values)


def _write(sessions: sessionmaker[Session], notice: Notice, values: Mapping[str, object]) -> None:
    # only the claim that sent it may say how it went: after the lease another sender has it, and more attempts
    mine = (Notice.id == notice.id, Notice.state == NoticeState.SENDING, Notice.attempts == notice.attempts)
    with sessions() as session, writing(session):
        session.execute(update(Notice).where(*mine).values(**values))


def _told(failure: Exception) -> str:
    """Return the reason without addresses, which mail servers like to repeat."""
    return _ADDRESS.sub("…", str(failure))[:1000]
