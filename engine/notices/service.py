"""What staff and operators do with notices: read them, see what was not sent, send it again."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.clock import aware
from engine.db import writing
from engine.errors import Conflict, NotFound
from engine.notices.models import Notice, NoticeState

_IN_THE_APPLICATION = "app"


def unread(session: Session, staff_id: UUID, *, limit: int = 50) -> list[Notice]:
    """Return somebody's unread notices, newest first."""
    return list(session.scalars(_of(staff_id).where(Notice.read_at.is_(None)).limit(limit)))


def unread_count(session: Session, staff_id: UUID) -> int:
    """Return how many notices somebody has not read."""
    mine = _of(staff_id).where(Notice.read_at.is_(None)).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(mine)) or 0


def recent(session: Session, staff_id: UUID, *, limit: int = 50) -> list[Notice]:
    """Return somebody's notices, read or not, newest first."""
    return list(session.scalars(_of(staff_id).limit(limit)))


def mark_read(session: Session, staff_id: UUID, notice_ids: Collection[UUID] | None = None, *, now: datetime) -> int:
    """Mark somebody's notices as read and return how many were not before.

    Args:
        notice_ids: which; None: all of them. Those of other people are left alone.
    """
    mine = [Notice.staff_id == staff_id, Notice.channel == _IN_THE_APPLICATION, Notice.read_at.is_(None)]
    if notice_ids is not None:
        mine.append(Notice.id.in_(notice_ids))
    with writing(session):
        marked = session.execute(update(Notice).where(*mine).values(read_at=aware(now)).returning(Notice.id))
        return len(marked.all())


def counts(session: Session, jurisdiction: str | None = None) -> dict[str, dict[str, int]]:
    """Return how many notices stand where: {channel: {state: number}}."""
    statement = select(Notice.channel, Notice.state, func.count()).group_by(Notice.channel, Notice.state)
    if jurisdiction is not None:
        statement = statement.where(Notice.jurisdiction == jurisdiction)
    found: dict[str, dict[str, int]] = {}
    for channel, state, number in session.execute(statement):
        found.setdefault(channel, {})[state] = number
    return found


def undelivered(session: Session, jurisdiction: str | None = None, *, limit: int = 100) -> list[Notice]:
    """Return what was given up, and what failed and is to be tried again; the given-up first, then the newest."""
    statement = (
        select(Notice)
        .where((Notice.state == NoticeState.DEAD) | (Notice.error.is_not(None) & (Notice.state != NoticeState.SENT)))
        .order_by((Notice.state == NoticeState.DEAD).desc(), Notice.created_at.desc())
        .limit(limit)
    )
    if jurisdiction is not None:
        statement = statement.where(Notice.jurisdiction == jurisdiction)
    return list(session.scalars(statement))


def of_case(session: Session, case_id: UUID) -> list[Notice]:
    """Return the notices of a case, oldest first."""
    return list(session.scalars(select(Notice).where(Notice.case_id == case_id).order_by(Notice.created_at, Notice.id)))


def resend(session: Session, notice_id: UUID, actor: Actor, now: datetime) -> Notice:
    """Put a notice that was given up back into the outbox. It keeps its key.

    Raises:
        NotFound: there is no such notice.
        Conflict: it was not given up.
    """
    with writing(session):
        notice = session.get(Notice, notice_id, with_for_update=True)
        if notice is None:
            raise NotFound("no-notice", "There is no notice {notice}.", notice=str(notice_id))
        if notice.state != NoticeState.DEAD:
            raise Conflict(
                "notice-not-given-up",
                "The notice “{subject}” is not given up, it is {state}. Only what was given up is sent again.",
                subject=notice.subject,
                state=notice.state,
            )
        notice.state = NoticeState.PENDING
        notice.attempts = 0
        notice.error = None
        notice.next_try_at = aware(now)
        session.flush()
        record(
            session,
            tag=Tag.NOTICE_QUEUED,
            actor=actor,
            at=now,
            jurisdiction=notice.jurisdiction,
            case_id=notice.case_id,
            data={"notice": str(notice.id), "template": notice.template, "channel": notice.channel, "again": True},
        )
    return notice


def _of(staff_id: UUID) -> Select[Notice]:
    return (
        select(Notice)
        .where(Notice.staff_id == staff_id, Notice.channel == _IN_THE_APPLICATION)
        .order_by(Notice.created_at.desc(), Notice.id.desc())
    )
