"""Signing in and out, on the record."""

from datetime import datetime

from sqlalchemy.orm import Session

from config import Settings
from engine.audit import Actor, Tag, record
from engine.db import writing
from engine.organisation.models import Staff
from engine.organisation.passwords import authenticate
from web.auth.sessions import end_all_sessions, end_session, open_session


def sign_in(
    session: Session, login: str, password: str, *, settings: Settings, browser: str, now: datetime
) -> str | None:
    """Check login and password and open a session.

    Args:
        browser: the browser's description of itself.

    Returns:
        The token for the cookie; None when login and password do not belong together, which is recorded without either.
    """
    staff = authenticate(session, login, password)
    with writing(session):
        tag = Tag.SIGNED_IN if staff else Tag.SIGN_IN_FAILED
        actor = Actor.staff(staff) if staff else Actor.engine()
        record(session, tag=tag, actor=actor, at=now, jurisdiction=settings.jurisdiction)
        if staff is None:
            return None
        idle, lifetime = settings.session_idle, settings.session_lifetime
        return open_session(session, staff, now=now, idle=idle, lifetime=lifetime, browser=browser)


def sign_out(
    session: Session, staff: Staff, token: str, *, everywhere: bool, settings: Settings, now: datetime
) -> None:
    """End this session of `staff`, or all of them."""
    with writing(session):
        if everywhere:
            end_all_sessions(session, staff.id)
        else:
            end_session(session, token)
        data = {"everywhere": everywhere}
        actor = Actor.staff(staff)
        record(session, tag=Tag.SIGNED_OUT, actor=actor, at=now, jurisdiction=settings.jurisdiction, data=data)
