"""Nothing is sent while a hold stands: after a restore, what waits may have been sent long ago."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import new_id, writing
from engine.errors import Conflict, Phrase
from engine.notices.models import DUE_SQL, Notice, NoticeHold, NoticeState
from engine.notices.spoilt import stored


def standing_hold(session: Session) -> NoticeHold | None:
    """Return the hold that keeps notices from being sent; None when they are sent."""
    return session.scalars(select(NoticeHold).where(NoticeHold.released_at.is_(None)).limit(1)).first()


def held_count(session: Session) -> int:
    """Return how many notices wait, and would be sent without a hold."""
    return session.scalar(select(func.count(Notice.id)).where(DUE_SQL)) or 0


def hold_row(backup_made_at: datetime, now: datetime) -> dict[str, Any]:
    """Return the row of a hold that a restore makes."""
    return {"id": new_id(), "held_at": aware(now), "backup_made_at": aware(backup_made_at)}


def hold_statement(row: dict[str, Any]) -> str:
    """Return the statement that writes such a row, as text for PostgreSQL's own programs."""
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(insert(NoticeHold).values(**row).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def release(session: Session, *, jurisdiction: str, actor: Actor, now: datetime, set_aside: bool = False) -> int:
    """Let notices be sent again.

    Args:
        jurisdiction: where the event is recorded.
        set_aside: what was waiting when the backup was made is given up, in sight of operators, who may send it again
            one by one; only what came after it is sent.

    Returns:
        How many were set aside.

    Raises:
        Conflict: `notices-not-held`.
    """
    with writing(session):
        row = session.scalars(select(NoticeHold).where(NoticeHold.released_at.is_(None)).with_for_update()).first()
        if row is None:
            raise Conflict("notices-not-held", "Notices are not held: they are sent as they come.")
        aside = _give_up(session, row.backup_made_at) if set_aside else 0
        released = update(NoticeHold).where(NoticeHold.released_at.is_(None))
        session.execute(released.values(released_at=aware(now), released_by=(actor.name or actor.id or "")[:200]))
        data = {"held_at": row.held_at.isoformat(), "backup": row.backup_made_at.isoformat(), "set_aside": aside}
        record(session, tag=Tag.NOTICES_RELEASED, actor=actor, at=now, jurisdiction=jurisdiction, data=data)
    return aside


def _give_up(session: Session, made_at: datetime) -> int:
    waited = Notice.state.in_((NoticeState.PENDING, NoticeState.SENDING, NoticeState.HELD))
    why = Phrase(
        "It waited when the backup was made from which this database was restored, and was probably sent since then."
    )
    given_up = (
        update(Notice)
        .where(waited, Notice.created_at <= made_at)
        .values(state=NoticeState.DEAD.value, **stored(why))
        .returning(Notice.id)
    )
    return len(session.execute(given_up).all())
