"""Notices that did not arrive, as an operator may see them: which channel and why, never what they say or to whom a
resident's went.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import notices
from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.subject import subjects_of
from engine.errors import NotFound
from engine.notices import Notice, NoticeState, holding, spoilt
from engine.notices.models import Connector, NoticeHold, UnusableAddress
from engine.organisation.models import Staff
from engine.organisation.policy import Action, Field, Viewer, reach, require, visible_fields
from engine.organisation.sealing import knows

#: Notices of a jurisdiction that are looked at; an outage makes many.
MOST: Final = 1000


@dataclass(frozen=True, kw_only=True)
class UndeliveredView:
    """A notice without its words and its address.

    Args:
        staff: name of the member of staff whom it is for, or of the connector; None for a resident.
        reason: the error for pages: {"text": an English template, "facts": {…}}.
        case_number: None where it belongs to no case, or the viewer may not see it.
    """

    id: UUID
    template: str
    channel: str
    rung: str | None
    state: str
    attempts: int
    error: str | None
    reason: Any
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
    found = [each for place in _jurisdictions(viewer) for each in notices.undelivered(session, place, limit=MOST)]
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
            reason=each.reason,
            created_at=each.created_at,
            next_try_at=each.next_try_at,
            staff=names.get(each.staff_id or each.connector_id) if each.staff_id or each.connector_id else None,
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


@dataclass(frozen=True, kw_only=True)
class UnusableView:
    """An address at which nobody is reached, as an operator may see it: of whom, never the address of a resident.

    Args:
        staff: whose it is; None for a party of a case.
        address: of a member of staff.
    """

    id: UUID
    channel: str
    staff: str | None
    address: str
    case_number: str | None
    reason: Any
    marked_at: datetime


def unusable(session: Session, viewer: Viewer) -> list[UnusableView]:
    """Return the addresses at which nobody is reached, the newest first.

    Raises:
        Forbidden: the viewer is no operator.
    """
    require(viewer, Action.RESEND_NOTICE)
    rows = [each for place in _jurisdictions(viewer) for each in spoilt.listed(session, place)]
    if viewer.staff_id is not None:
        wanted = select(UnusableAddress.id).where(
            UnusableAddress.id.in_([each.id for each in rows]), knows(UnusableAddress.case_id, viewer.staff_id)
        )
        known = set(session.scalars(wanted))
        rows = [each for each in rows if each.id in known]
    whose = {each.staff_id for each in rows if each.staff_id}
    names = {row.id: row.name for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(whose)))}
    numbers = _numbers_of(session, viewer, {each.case_id for each in rows if each.case_id})
    return [
        UnusableView(
            id=each.id,
            channel=each.channel,
            staff=names.get(each.staff_id) if each.staff_id else None,
            address=each.address,
            case_number=numbers.get(each.case_id) if each.case_id else None,
            reason=each.reason,
            marked_at=each.marked_at,
        )
        for each in rows
    ]


def try_again(session: Session, viewer: Viewer, mark_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Let an address be tried again.

    Raises:
        Forbidden: the viewer is no operator.
        NotFound: it is not marked, or not in the viewer's jurisdiction.
    """
    if mark_id not in {each.id for each in unusable(session, viewer)}:
        raise NotFound("address-not-marked", "This address is not marked as unusable.")
    spoilt.forget(session, mark_id, actor=actor, now=now)


def held(session: Session, viewer: Viewer) -> NoticeHold | None:
    """Return since when nothing is sent, because a backup was restored; None where notices are sent.

    Raises:
        Forbidden: the viewer is no operator.
    """
    require(viewer, Action.RESEND_NOTICE)
    return holding.standing_hold(session)


def release_held(session: Session, viewer: Viewer, *, actor: Actor, now: datetime, set_aside: bool) -> int:
    """Let notices be sent again after a restore; see `engine.notices.holding.release`.

    Raises:
        Forbidden: the viewer is no operator.
        Conflict: they are not held.
    """
    require(viewer, Action.RESEND_NOTICE)
    place = _jurisdictions(viewer)[0]
    return holding.release(session, jurisdiction=place, actor=actor, now=now, set_aside=set_aside)


def _jurisdictions(viewer: Viewer) -> list[str]:
    return sorted(reach(viewer, Action.RESEND_NOTICE).jurisdictions)


def _open_to(session: Session, viewer: Viewer, found: list[Notice]) -> list[Notice]:
    """Leave out notices of cases that the viewer may not know of."""
    if viewer.staff_id is None or not found:
        return found
    wanted = select(Notice.id).where(Notice.id.in_([each.id for each in found]), knows(Notice.case_id, viewer.staff_id))
    known = set(session.scalars(wanted))
    return [each for each in found if each.id in known]


def _names(session: Session, found: Iterable[Notice]) -> dict[UUID | None, str]:
    wanted = {each.staff_id for each in found if each.staff_id}
    ways = {each.connector_id for each in found if each.connector_id}
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    more = session.execute(select(Connector.id, Connector.name).where(Connector.id.in_(ways)))
    return {row.id: row.name for row in [*rows, *more]}


def _numbers(session: Session, viewer: Viewer, found: Iterable[Notice]) -> dict[UUID, str]:
    return _numbers_of(session, viewer, {each.case_id for each in found if each.case_id})


def _numbers_of(session: Session, viewer: Viewer, wanted: set[UUID]) -> dict[UUID, str]:
    cases = session.scalars(select(Case).where(Case.id.in_(wanted))).all()
    subjects = subjects_of(session, cases)
    return {case.id: case.number for case in cases if Field.NUMBER in visible_fields(viewer, subjects[case.id])}
