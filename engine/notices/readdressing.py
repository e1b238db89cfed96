"""An address is corrected: its mark goes, and what did not arrive goes out again to where its reader is reached now."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.db import new_id, writing
from engine.notices import groups
from engine.notices.models import Notice, NoticeState, UnusableAddress
from engine.notices.outbox import SEALED, Recipient, Seal, put_rows, short
from engine.notices.routing import resident_routes

#: Not with its reader, and with no sender either.
_LEFT_BEHIND: Final = (NoticeState.DEAD.value, NoticeState.PENDING.value)
_OUTSIDE: Final = ("email", "sms")


def readdress(
    session: Session, case_id: UUID, recipient: Recipient, *, jurisdiction: str, seal: Seal, now: datetime
) -> int:
    """Forget that addresses of a party were unusable, and send to the new one what did not arrive.

    A notice keeps its key where it keeps its channel; on another channel it is replaced, as by a bounce.

    Args:
        recipient: how they are reached now, `party` says who; without channels the marks go and nothing is sent.

    Returns:
        how many notices go out anew.
    """
    sms = groups.has_gateway(session, jurisdiction)
    routes = resident_routes(recipient.channels, now=aware(now), usable=set(recipient.channels), sms=sms)
    route = next(iter(routes), None)
    mine = (Notice.case_id == case_id, Notice.party == recipient.party)
    with writing(session):
        session.execute(
            delete(UnusableAddress).where(
                UnusableAddress.case_id == case_id, UnusableAddress.party == recipient.party
            )
        )  # fmt: skip
        if route is None:
            return 0
        ways = [(route.channel, route.address), *route.fallback]
        left = [[name, SEALED + seal(address, case_id)] for name, address in ways]
        found = session.scalars(
            select(Notice)
            .where(*mine, Notice.channel.in_(_OUTSIDE), Notice.state.in_(_LEFT_BEHIND))
            .order_by(Notice.created_at, Notice.id)
            .with_for_update()
        ).all()
        for notice in found:
            _send_to(session, notice, left, route.at)
        session.flush()
    return len(found)


def _send_to(session: Session, notice: Notice, left: list[list[str]], at: datetime) -> None:
    if notice.channel != left[0][0]:
        replace(session, notice, left, at)
        return
    notice.address, notice.fallback = left[0][1], left[1:]
    notice.state, notice.next_try_at = NoticeState.PENDING.value, at
    notice.attempts = notice.claims = 0
    notice.error, notice.reason = None, None


def replace(session: Session, notice: Notice, left: list[list[str]], now: datetime) -> None:
    """Let a notice be replaced by one of the same words to the first of `left`; only the first time makes one."""
    other = _other_way(notice, left, now)
    put_rows(session, [other])
    stands = select(Notice.id).where(Notice.key == other["key"]).scalar_subquery()
    session.execute(
        update(Notice)
        .where(Notice.id == notice.id)
        .values(state=NoticeState.REPLACED, carried_by=stands)
        .execution_options(synchronize_session=False)
    )


def _other_way(notice: Notice, left: list[list[str]], now: datetime) -> dict[str, Any]:
    """Return the row that takes a notice's place: the same words, to the next address."""
    (channel, address), *rest = left
    same = (
        "jurisdiction", "case_id", "template", "rung", "staff_id", "party", "subject", "body", "link", "facts",
    )  # fmt: skip
    return {name: getattr(notice, name) for name in same} | {
        "id": new_id(), "key": short(f"{notice.key}>{channel}"), "channel": channel, "address": address,
        "fallback": rest, "state": NoticeState.PENDING.value, "attempts": 0, "next_try_at": now, "created_at": now,
        "connector_id": None, "error": None, "reason": None,
    }  # fmt: skip
