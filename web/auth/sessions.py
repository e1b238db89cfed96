"""Open, find and end sessions."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import String, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from engine.cases.sealing import sealed_asked
from engine.clock import aware
from engine.db import connected, writing
from engine.organisation.absences import covers_of
from engine.organisation.models import Staff
from engine.organisation.viewers import Viewer, memberships_of, viewer_in
from engine.prepared import Found, PreparedRead, read_together
from engine.rows import attached
from web.auth.models import LoginSession

_TOUCH: Final = timedelta(minutes=1)
_TOKEN: Final = bindparam("token", type_=String())
_HELD: Final = PreparedRead(
    select(
        LoginSession.id.label("session_id"),
        LoginSession.seen_at,
        LoginSession.expires_at,
        *Staff.__table__.c,
    )
    .join(Staff, Staff.id == LoginSession.staff_id)
    .where(LoginSession.token_sha256 == _TOKEN, Staff.active)
)
_WHOSE: Final = select(LoginSession.staff_id).where(LoginSession.token_sha256 == _TOKEN).scalar_subquery()
_MEMBERSHIPS: Final = PreparedRead(memberships_of(_WHOSE))
_COVERED: Final = PreparedRead(covers_of(_WHOSE))


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who reads, and what was read of them at once.

    Args:
        sealed: of each id that was asked for, the sealed case that it belongs to, see `engine.cases.sealing`.
    """

    staff: Staff
    viewer: Viewer
    sealed: Mapping[UUID, Sequence[Found]]


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


def find_reader(
    session: Session,
    token: str,
    *,
    now: datetime,
    idle: timedelta,
    touch: bool = True,
    ids: Collection[UUID] = (),
) -> Reader | None:
    """Return who holds the session of `token`; None when it is unknown, has run out, or the account was closed.

    What every page asks of its reader is asked together, on PostgreSQL in one message.

    Args:
        touch: the request is a person's doing, so the session lives on; False for what a page asks by itself.
        ids: what the address names, of which it is asked whether it is sealed.
    """
    session.flush()  # statements that are prepared read what was written
    by_token: dict[str, Any] = {"token": _hash(token)}
    asked = [(_HELD, by_token), (_MEMBERSHIPS, by_token), (_COVERED, by_token | {"now": aware(now)})]
    of_ids = [sealed_asked(each) for each in ids]
    rows, memberships, covered, *sealed = read_together(connected(session), [*asked, *of_ids])
    if not rows or rows[0].expires_at <= now or rows[0].seen_at <= now - idle:
        return None
    (found,) = rows
    if touch and now - found.seen_at >= _TOUCH:
        with writing(session):
            session.execute(update(LoginSession).where(LoginSession.id == found.session_id).values(seen_at=now))
    columns = found._asdict()
    staff = attached(session, Staff, {column.name: columns[column.name] for column in Staff.__table__.c})
    viewer = viewer_in(session, staff, memberships, covered)
    return Reader(staff=staff, viewer=viewer, sealed=dict(zip(ids, sealed, strict=True)))


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
