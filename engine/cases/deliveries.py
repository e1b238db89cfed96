"""Who was told of what in a case, by which channel and when, or why not; never at which address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import notices
from engine.audit import ActorKind
from engine.cases.party import PETITIONER
from engine.cases.view import CaseView
from engine.notices import Notice, NoticeState, spoilt
from engine.notices.models import Connector
from engine.organisation.models import Staff
from engine.organisation.policy import Field, Viewer


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One notice on one channel.

    Args:
        whom: a name of staff, what a party is called, or the name of a connector; empty for the petitioner.
        subject: what it said in a line; None where it was for somebody else than the reader may read.
        reason: why it did not arrive: {"text": an English template, "facts": {…}}.
    """

    whom: str
    resident: bool
    channel: str
    template: str
    rung: str | None
    state: str
    subject: str | None
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime
    reason: Any

    @property
    def failed(self) -> bool:
        """Whether it did not arrive, and somebody should know."""
        return self.state in (NoticeState.DEAD, NoticeState.REPLACED)


def deliveries(session: Session, view: CaseView, viewer: Viewer) -> list[Delivery]:
    """Return what was told of a case, the newest first: all of it to staff who read its story, own ones to a party."""
    found = notices.of_case(session, view.case.id)
    if viewer.kind is ActorKind.RESIDENT:
        own = viewer.party or PETITIONER
        found = [each for each in found if each.party == own]
    elif Field.TIMELINE_INTERNAL not in view.visible:
        return []
    staff, ways = _names(session, found), _connectors(session, found)
    return [_delivery(each, view, staff, ways) for each in reversed(found)]


def unusable(session: Session, view: CaseView, viewer: Viewer) -> list[tuple[str, str]]:
    """Return (what a party is called, channel) of addresses at which nobody is reached, to who may reach the person.

    A party is told of their own.
    """
    own = (viewer.party or PETITIONER) if viewer.kind is ActorKind.RESIDENT else None
    if own is None and Field.PETITIONER_CONTACT not in view.visible:
        return []
    rows = spoilt.of_case(session, view.case.id)
    return [(view.party_label(row.party), row.channel) for row in rows if own is None or row.party == own]


def _delivery(each: Notice, view: CaseView, staff: dict[UUID, str], ways: dict[UUID, str]) -> Delivery:
    whom = staff.get(each.staff_id, "") if each.staff_id else ""
    if each.connector_id:
        whom = ways.get(each.connector_id, "")
    elif each.party:
        whom = view.party_label(each.party)
    return Delivery(
        whom=whom, resident=each.staff_id is None and each.connector_id is None, channel=each.channel,
        template=each.template, rung=each.rung, state=each.state,
        subject=each.subject if Field.TITLE in view.visible and not each.connector_id else None,
        created_at=each.created_at, sent_at=each.sent_at, next_try_at=each.next_try_at, reason=each.reason,
    )  # fmt: skip


def _names(session: Session, found: Iterable[Notice]) -> dict[UUID, str]:
    wanted = {each.staff_id for each in found if each.staff_id}
    return {row.id: row.name for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))}


def _connectors(session: Session, found: Iterable[Notice]) -> dict[UUID, str]:
    wanted = {each.connector_id for each in found if each.connector_id}
    rows = session.execute(select(Connector.id, Connector.name).where(Connector.id.in_(wanted)))
    return {row.id: row.name for row in rows}
