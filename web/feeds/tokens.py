"""Open, find and close the secret address of somebody's calendar."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import writing
from engine.organisation.models import Staff
from web.feeds.models import CalendarFeed

#: A program that asks every few minutes is noted once in this time.
_NOTED: Final = timedelta(hours=1)


def open_feed(session: Session, staff: Staff, *, jurisdiction: str, now: datetime) -> str:
    """Give somebody's calendar a new address, and return its secret part; it cannot be shown again.

    An address from before opens nothing any more.
    """
    token = secrets.token_urlsafe(32)
    with writing(session):
        feed = session.get(CalendarFeed, staff.id) or CalendarFeed(staff_id=staff.id)
        feed.token_sha256, feed.created_at, feed.read_at = _hash(token), now, None
        session.add(feed)
        record(session, tag=Tag.FEED_OPENED, actor=Actor.staff(staff), at=now, jurisdiction=jurisdiction)
    return token


def close_feed(session: Session, staff: Staff, *, jurisdiction: str, now: datetime) -> None:
    """Take the address of somebody's calendar out of force; without one nothing changes."""
    with writing(session):
        feed = session.get(CalendarFeed, staff.id)
        if feed is not None:
            session.delete(feed)
            record(session, tag=Tag.FEED_CLOSED, actor=Actor.staff(staff), at=now, jurisdiction=jurisdiction)


def feed_of(session: Session, staff: Staff) -> CalendarFeed | None:
    """Return somebody's feed, None when they have none."""
    return session.get(CalendarFeed, staff.id)


def find_feed(session: Session, token: str, *, now: datetime) -> Staff | None:
    """Return whose calendar an address opens, None for one that is not in force or whose account is closed."""
    row = session.execute(
        select(CalendarFeed, Staff)
        .join(Staff, Staff.id == CalendarFeed.staff_id)
        .where(CalendarFeed.token_sha256 == _hash(token), Staff.active)
    ).first()
    if row is None:
        return None
    feed, staff = row
    if feed.read_at is None or now - feed.read_at > _NOTED:
        with writing(session):
            feed.read_at = now
    return staff


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
