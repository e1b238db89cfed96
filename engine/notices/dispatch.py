"""Empties the outbox: claim a few, send them outside any transaction, mark each.

A sender that dies between sending and marking leaves its notices claimed; when the lease has run out somebody sends
them again, with the same key. So each notice is sent at least once, and a duplicate can be recognised.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import aware
from engine.db import writing
from engine.errors import EngineError, Phrase, Unavailable
from engine.failpoints import reach
from engine.forms.messages import N_
from engine.notices import spoilt
from engine.notices.channels import (
    AddressRefused,
    Channel,
    ChannelDown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)
from engine.notices.connecting import CONNECTOR, way_of
from engine.notices.digest import gather
from engine.notices.holding import standing_hold
from engine.notices.models import DUE_SQL, Notice, NoticeState
from engine.notices.outbox import SEALED
from engine.notices.readdressing import replace
from engine.organisation.sealing import knows
from engine.tracing import about_case, piece_of_work

_log = structlog.get_logger(__name__)

#: Attempts before a notice is given up; with the waits between them about two days, a weekend's outage.
MOST_ATTEMPTS: Final = 30
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=2)
#: How long a claimed notice is left alone.
LEASE: Final = timedelta(minutes=5)
#: What one sending may take at the utmost; a batch stops early enough that its last one ends within the lease.
LONGEST_SENDING: Final = timedelta(seconds=90)
#: So many senders may die of a notice; then it is given up.
MOST_CLAIMS: Final = 3
#: Why a notice is given up that none of its senders lived to speak of.
NEVER_ENDED: Final = N_(
    "The process that sent it ended without an answer {times} times. Find out why in its log before you send it again."
)
#: When a channel that is down is tried again.
PAUSE: Final = timedelta(minutes=1)

_ADDRESS: Final = re.compile(r"[^\s<>\"'(:]+@[^\s<>\"'):;,]+")
_NUMBER: Final = re.compile(r"\+?\d[\d -]{7,}\d")

#: Reads an address that `Seal` protected, for the same case.
Unseal = Callable[[str, UUID | None], str]


def send_due(
    sessions: sessionmaker[Session],
    channels: Mapping[str, Channel],
    now: datetime,
    limit: int = 20,
    *,
    unseal: Unseal | None = None,
    ending: Callable[[], bool] = lambda: False,
) -> int:
    """Send what is due, and return how many notices were sent.

    Safe to call from any number of processes at once. A channel that is not in `channels` (e-mail without a server) is
    left alone; its notices wait. What waits for a daily mail that is due is gathered first. While a hold stands nothing
    is sent at all.

    Args:
        channels: by name; that of a connector is `connector:` with its id.
        now: notices whose `next_try_at` is not after it are due.
        limit: how many are taken at most.
        unseal: reads residents' addresses.
        ending: is nothing more to be begun? Asked before each notice.
    """
    began = time.monotonic()
    names = list(channels)
    with sessions() as session:
        if standing_hold(session) is not None:
            return 0
        gather(session, now)
        claimed = claim_due(session, names, now, limit)
    sent = 0
    down: set[str] = set()
    for position, notice in enumerate(claimed):
        if ending() or _since(began) > LEASE - LONGEST_SENDING:
            # the rest was not tried, so it loses no attempt
            _release(sessions, claimed[position:], now)
            break
        way = way_of(notice)
        if way in down or way not in channels:
            _release(sessions, [notice], now + PAUSE)
            continue
        with piece_of_work(notice=str(notice.id), channel=notice.channel):
            about_case(notice.case_id)
            failure = _try(channels[way], notice, unseal)
            reach("notice-sent")
            _mark(sessions, notice, failure, now + _since(began))
        if isinstance(failure, ChannelDown):
            down.add(way)
        sent += failure is None
    return sent


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)


def claim_due(session: Session, channels: list[str], now: datetime, limit: int) -> list[Notice]:
    """Take due notices for this sender, until a lease ends. PostgreSQL skips rows that another sender is taking.

    Returns:
        detached rows, oldest due first, and at last one of which a sender died; `attempts` tells this claim from a
        later one.
    """
    now = aware(now)
    with writing(session):
        due = (
            select(Notice)
            .where(DUE_SQL, Notice.next_try_at <= now, _carried_by(channels))
            .order_by(Notice.next_try_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed: list[Notice] = []
        suspects: list[Notice] = []
        found = session.scalars(due).all()
        known = _known(session, found)
        for notice in found:
            if notice.id not in known:
                # since it was written the case was sealed from its addressee, who may not learn of it any more
                notice.state = NoticeState.WITHHELD
                continue
            if notice.claims >= MOST_CLAIMS:
                # the last attempt ended with the sender, not with an answer
                said = spoilt.stored(Phrase(NEVER_ENDED, times=notice.claims))
                notice.state, notice.error, notice.reason = NoticeState.DEAD, said["error"], said["reason"]
                continue
            (suspects if notice.claims else claimed).append(notice)
        # of those that a sender died with, one goes, after the others: whoever dies now, dies of that one
        claimed += suspects[:1]
        for notice in claimed:
            notice.state, notice.next_try_at = NoticeState.SENDING, now + LEASE
            notice.attempts, notice.claims = notice.attempts + 1, notice.claims + 1
    session.expunge_all()
    reach("notice-claimed")
    return claimed


def _carried_by(channels: Collection[str]) -> ColumnElement[bool]:
    connectors = [UUID(name.removeprefix(CONNECTOR)) for name in channels if name.startswith(CONNECTOR)]
    plain = [name for name in channels if not name.startswith(CONNECTOR)]
    direct = and_(Notice.connector_id.is_(None), Notice.channel.in_(plain))
    return or_(direct, Notice.connector_id.in_(connectors)) if connectors else direct


def _known(session: Session, found: Collection[Notice]) -> set[UUID]:
    """Return which notices are of cases that their addressees may know of."""
    asked = [each.id for each in found if each.case_id and each.staff_id]
    if not asked:
        return {each.id for each in found}
    addressee = cast("ColumnElement[UUID]", Notice.staff_id)
    wanted = select(Notice.id).where(Notice.id.in_(asked), knows(Notice.case_id, addressee))
    return set(session.scalars(wanted)) | {each.id for each in found if each.id not in asked}


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
        _log.exception("notice.channel_failed")
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
        _write(sessions, notice, {"state": NoticeState.SENT, "sent_at": now, "error": None, "reason": None})
    elif isinstance(failure, AddressRefused):
        _go_round(sessions, notice, failure, now)
    elif isinstance(failure, PermanentFailure) or notice.attempts >= MOST_ATTEMPTS:
        _write(sessions, notice, {"state": NoticeState.DEAD} | _told(failure))
        _log.warning("notice.given_up", attempts=notice.attempts)
    else:
        again = now + wait_after(notice.attempts, notice.id)
        _write(sessions, notice, {"state": NoticeState.PENDING, "next_try_at": again} | _told(failure))


def _go_round(sessions: sessionmaker[Session], notice: Notice, failure: AddressRefused, now: datetime) -> None:
    """Mark an address as unusable, and send by the next channel that the addressee left; without one it is in sight."""
    told, left = _told(failure), list(notice.fallback or [])
    with sessions() as session, writing(session):
        state = NoticeState.REPLACED if left else NoticeState.DEAD
        marked = update(Notice).where(*_mine(notice)).values(state=state, claims=0, **told).returning(Notice.id)
        if session.execute(marked).first() is None:
            return
        if left:
            replace(session, notice, left, now)
        spoilt.mark(session, notice, told["reason"], now)
    _log.warning("notice.address_refused", replaced=bool(left))


def _release(sessions: sessionmaker[Session], notices: list[Notice], next_try_at: datetime) -> None:
    for notice in notices:
        before = {"attempts": notice.attempts - 1, "claims": notice.claims - 1}
        _write(sessions, notice, {"state": NoticeState.PENDING, "next_try_at": next_try_at, **before})


def _write(sessions: sessionmaker[Session], notice: Notice, values: Mapping[str, object]) -> None:
    with sessions() as session, writing(session):
        session.execute(update(Notice).where(*_mine(notice)).values(**{"claims": 0, **values}))


def _mine(notice: Notice) -> tuple[ColumnElement[bool], ...]:
    # only the claim that sent it may say how it went: after the lease another sender has it, and more attempts
    return Notice.id == notice.id, Notice.state == NoticeState.SENDING, Notice.attempts == notice.attempts


def _told(failure: Exception) -> dict[str, Any]:
    """Return the reason without addresses and numbers, which servers like to repeat."""
    if not isinstance(failure, EngineError):
        return {"error": _scrubbed(str(failure))[:1000], "reason": None}
    facts = {name: _scrubbed(value) if isinstance(value, str) else value for name, value in failure.facts.items()}
    return spoilt.stored(Phrase(_scrubbed(failure.template), **facts))


def _scrubbed(text: str) -> str:
    return _NUMBER.sub("…", _ADDRESS.sub("…", text))
