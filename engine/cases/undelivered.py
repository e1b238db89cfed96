"""Notices that did not arrive, as an operator may see them: which channel and why, never what they say or to whom a
resident's went.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import notices
from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.subject import subjects_of
from engine.errors import NotFound
from engine.notices import Notice, NoticeState
from engine.organisation.models import Staff
from engine.organisation.policy import Action, Field, Viewer, reach, require, visible_fields
from engine.organisation.sealing import knows


@dataclass(frozen=True, kw_only=True)
class UndeliveredView:
    """A notice without its words and its address.

    Args:
        staff: name of the member of staff whom it is for; None for a resident.
        case_number: None where it belongs to no case, or the viewer may not see it.
    """

    id: UUID
    template: str
    channel: str
    rung: str | None
    state: str
    attempts: int
    error: str | None
    created_at: datetime
    next_try_at: datetime
    staff: str | None
    case_number: str | None

    @property
    def dead(self) -> bool:
        """Whether it was given up, so that only an operator sends it again."""
        return self.state == NoticeState.DEAD


def undelivered(session: Session, viewer: Viewer) -> list[UndeliveredView]:
    """Return what was given up, then what failed and is to be tried again, the newest first.

    Raises:
        Forbidden: the viewer is no operator.
    """
    require(viewer, Action.RESEND_NOTICE)
    found = [each for place in _jurisdictions(viewer) for each in notices.undelivered(session, place)]
    found = _open_to(session, viewer, found)
    names = _names(session, found)
    numbers = _numbers(session, viewer, found)
    return [
        UndeliveredView(
            id=each.id,
            template=each.template,
            channel=each.channel,
            rung=each.rung,
            state=each.state,
            attempts=each.attempts,
            error=each.error,
            created_at=each.created_at,
            next_try_at=each.next_try_at,
            staff=names.get(each.staff_id) if each.staff_id else None,
            case_number=numbers.get(each.case_id) if each.case_id else None,
        )
        for each in found
    ]


def resend(session: Session, viewer: Viewer, notice_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Put a notice that was given up back into the outbox.

    Raises:
        Forbidden: the viewer is no operator.
        NotFound: there is no such notice in the viewer's jurisdiction.
        Conflict: it was not given up.
    """
    require(viewer, Action.RESEND_NOTICE)
    notice = session.get(Notice, notice_id)
    if notice is None or notice.jurisdiction not in _jurisdictions(viewer):
        raise NotFound("no-notice", "There is no notice {notice}.", notice=str(notice_id))
    notices.resend(session, notice_id, actor, now)


def _jurisdictions(viewer: Viewer) -> list[str]:
    return sorted(reach(viewer, Action.RESEND_NOTICE).jurisdictions)


def _open_to(session: Session, viewer: Viewer, found: list[Notice]) -> list[Notice]:
    """Leave out notices of cases that the viewer may not know of."""
    if viewer.staff_id is None or not found:
        return found
    wanted = select(Notice.id).where(Notice.id.in_([each.id for each in found]), knows(Notice.case_id, viewer.staff_id))
    known = set(session.scalars(wanted))
    return [each for each in found if each.id in known]


def _names(session: Session, found: Iterable[Notice]) -> dict[UUID, str]:
    wanted = {each.staff_id for each in found if each.staff_id}
    return {row.id: row.name for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))}


def _numbers(session: Session, viewer: Viewer, found: Iterable[Notice]) -> dict[UUID, str]:
    wanted = {each.case_id for each in found if each.case_id}
    cases = session.scalars(select(Case).where(Case.id.in_(wanted))).all()
    subjects = subjects_of(session, cases)
    return {case.id: case.number for case in cases if Field.NUMBER in visible_fields(viewer, subjects[case.id])}
