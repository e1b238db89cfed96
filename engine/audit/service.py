"""Writes events and reads them back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, insert, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.audit.actors import Actor
from engine.audit.models import AuditEvent
from engine.audit.tags import Tag
from engine.clock import aware
from engine.db import new_id, writing
from engine.errors import Conflict

_EVENTS = cast(Table, AuditEvent.__table__)


def record(
    session: Session,
    *,
    tag: Tag,
    actor: Actor,
    at: datetime,
    jurisdiction: str,
    case_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one event, in one statement, and return a copy of it that the session does not track.

    The number within the case is taken by the insert itself. Whoever calls holds the lock of the case (its instance
    row); without it two writers may want the same number, and the database refuses the second.

    Args:
        at: when it happened, aware.
        case_id: None for what belongs to no case; such events all have the number 0.
        data: facts, JSON-able, of the event: ids, names of units, dates. Never what identifies a resident.

    Raises:
        Conflict: somebody else wrote to this case at the same moment; the transaction is lost and may be repeated.
    """
    number = (
        literal(0)
        if case_id is None
        else select(func.coalesce(func.max(AuditEvent.seq), 0) + 1)
        .where(AuditEvent.case_id == case_id)
        .scalar_subquery()
    )
    values: dict[str, Any] = {
        "id": new_id(), "case_id": case_id, "jurisdiction": jurisdiction, "at": aware(at), "tag": tag.value,
        "actor_kind": actor.kind.value, "actor_id": actor.id, "actor_name": actor.name, "data": dict(data or {}),
    }  # fmt: skip
    with writing(session):
        try:
            seq = session.execute(insert(_EVENTS).values(seq=number, **values).returning(_EVENTS.c.seq)).scalar_one()
        except IntegrityError as error:
            if not _is_taken_number(error):
                raise
            raise Conflict(
                "case-changed-meanwhile",
                "Somebody else changed case {case} at the same moment. Nothing of this change was kept; try again.",
                case=str(case_id),
            ) from error
    return AuditEvent(seq=seq, **values)


def _is_taken_number(error: IntegrityError) -> bool:
    said = str(error.orig)
    return "uq_audit_event_case_id" in said or "audit_event.case_id, audit_event.seq" in said


def timeline(session: Session, case_id: UUID) -> list[AuditEvent]:
    """Return what happened to a case, first things first."""
    return list(session.scalars(select(AuditEvent).where(AuditEvent.case_id == case_id).order_by(AuditEvent.seq)))
