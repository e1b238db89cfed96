"""Open, find and end sessions."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import String, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from engine.db import connected, writing
from engine.organisation.models import Staff
from engine.prepared import PreparedRead
from engine.rows import attached
from web.auth.models import LoginSession

_TOUCH: Final = timedelta(minutes=1)
_HELD: Final = PreparedRead(
    select(
        LoginSession.id.label("session_id"),
        LoginSession.seen_at,
        LoginSession.expires_at,
        *Staff.__table__.c,
    )
    .join(Staff, Staff.id == LoginSession.staff_id)
    .where(LoginSession.token_sha256 == bindparam("token", type_=String()), Staff.active)
)


def open_session(
    session: Session, staff: Staff, *, now: datetime, idle: timedelta, lifetime: timedelta, browser: str
) -> str:
    """Begin a session for `staff` and clear away those that have run out.

    Args:
        idle: how long it lives without a request.
        lifetime: how long it lives at most.
        browser: the browser's description of itself.

    Returns:
        The token for the cookie, 256 random bits.
    """
    token = secrets.token_urlsafe(32)
    with writing(session):
        ended = or_(LoginSession.expires_at <= now, LoginSession.seen_at <= now - idle)
        session.execute(delete(LoginSession).where(ended))
        session.add(
            LoginSession(
                token_sha256=_hash(token),
                staff_id=staff.id,
                created_at=now,
                seen_at=now,
                expires_at=now + lifetime,
                browser=browser[:200],
            )
        )
    return token


def find_staff(session: Session, token: str, *, now: datetime, idle: timedelta, touch: bool = True) -> Staff | None:
    """Return who holds the session of `token`; None when it is unknown, has run out, or the account was closed.

    Args:
        touch: the request is a person's doing, so the session lives on; False for what a page asks by itself.
    """
    session.flush()  # a statement that is prepared reads what was written
    found = _HELD.first(connected(session), {"token": _hash(token)})
    if found is None:
        return None
    if found.expires_at <= now or found.seen_at <= now - idle:
        return None
    if touch and now - found.seen_at >= _TOUCH:
        with writing(session):
            session.execute(update(LoginSession).where(LoginSession.id == found.session_id).values(seen_at=now))
    columns = found._asdict()
    return attached(session, Staff, {column.name: columns[column.name] for column in Staff.__table__.c})


def end_session(session: Session, token: str) -> None:
    """End the session of `token`; nothing happens when it has ended."""
    with writing(session):
        session.execute(delete(LoginSession).where(LoginSession.token_sha256 == _hash(token)))


def end_all_sessions(session: Session, staff_id: UUID) -> None:
    """End every session of somebody: they are signed out everywhere."""
    with writing(session):
        session.execute(delete(LoginSession).where(LoginSession.staff_id == staff_id))


def open_sessions(session: Session, staff_id: UUID, *, now: datetime, idle: timedelta) -> list[LoginSession]:
    """Return somebody's living sessions, the latest used first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(
                LoginSession.staff_id == staff_id,
                LoginSession.expires_at > now,
                LoginSession.seen_at > now - idle,
            )
            .order_by(LoginSession.seen_at.desc())
        )
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
