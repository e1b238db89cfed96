"""Issue, find and revoke the tokens of programs."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.db import writing
from engine.errors import NotFound
from engine.organisation.models import Staff
from web.api.models import ApiToken

#: begins every token, so that one that leaked is recognised
PREFIX: Final = "chs_"


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A token and whom it acts as. Without `active` the account is closed, and the token opens nothing."""

    token: ApiToken
    login: str
    active: bool


def issue_token(
    session: Session,
    staff: Staff,
    *,
    name: str,
    actor: Actor,
    jurisdiction: str,
    now: datetime,
    lifetime: timedelta | None = None,
) -> str:
    """Make a token that acts as `staff`, and return it; it cannot be shown again.

    Args:
        lifetime: None for a token that stays until it is revoked.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    with writing(session):
        session.add(
            ApiToken(
                staff_id=staff.id,
                name=name,
                token_sha256=_hash(token),
                created_at=now,
                expires_at=now + lifetime if lifetime else None,
            )
        )
        data = {"name": name, "login": staff.login}
        record(session, tag=Tag.TOKEN_ISSUED, actor=actor, at=now, jurisdiction=jurisdiction, data=data)
    return token


def find_token(session: Session, token: str, *, now: datetime) -> tuple[ApiToken, Staff] | None:
    """Return a token that is in force and whom it acts as, None for any other."""
    row = session.execute(
        select(ApiToken, Staff)
        .join(Staff, Staff.id == ApiToken.staff_id)
        .where(
            ApiToken.token_sha256 == _hash(token),
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
            Staff.active,
        )
    ).first()
    return (row[0], row[1]) if row is not None else None


def list_tokens(session: Session) -> list[Issued]:
    """Return every token that was ever made, newest first."""
    rows = session.execute(
        select(ApiToken, Staff.login, Staff.active)
        .join(Staff, Staff.id == ApiToken.staff_id)
        .order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    )
    return [Issued(token=token, login=login, active=active) for token, login, active in rows]


def revoke_token(session: Session, token_id: UUID, *, actor: Actor, jurisdiction: str, now: datetime) -> ApiToken:
    """Take a token out of force, and return it. One that is revoked already stays as it is.

    Raises:
        NotFound: there is none of this id.
    """
    with writing(session):
        found = session.get(ApiToken, token_id)
        if found is None:
            raise NotFound(
                "token-unknown", "There is no token {token}. `chuishao token list` shows them all.", token=str(token_id)
            )
        if found.revoked_at is None:
            found.revoked_at = now
            data = {"name": found.name}
            record(session, tag=Tag.TOKEN_REVOKED, actor=actor, at=now, jurisdiction=jurisdiction, data=data)
        return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
