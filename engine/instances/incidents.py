"""A step that failed: what was tried is kept, an operator sees it and tries again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

import orjson
from sqlalchemy import Connection, Table, and_, bindparam, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from engine.audit import Actor, ActorKind, Tag
from engine.db import new_id, writing
from engine.errors import Unavailable, reason_of
from engine.instances.ledger import Ledger
from engine.instances.models import Incident, IncidentState, Instance, InstanceStatus
from engine.instances.store import Held
from engine.spiff import ElementOutline, StepFailed, values

#: When a step that failed is tried again by itself, counted from its first failure.
RETRIES: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
#: Codes of failures that are never tried again by themselves: everybody died of them.
NOT_AGAIN: Final = ("carrier-died",)

_INCIDENT: Final = cast(Table, Incident.__table__)
_INSTANCE: Final = cast(Table, Instance.__table__)
_OPEN: Final = text("state = 'open'")
_OF_INSTANCE: Final = select(_INCIDENT.c.id, _INCIDENT.c.attempt).where(
    _INCIDENT.c.instance_id == bindparam("instance"), _OPEN
)
_MARK: Final = (
    update(_INSTANCE)
    .where(_INSTANCE.c.id == bindparam("instance"))
    .values(status=bindparam("standing", type_=_INSTANCE.c.status.type))
)
_RESOLVE: Final = (
    update(_INCIDENT)
    .where(_INCIDENT.c.id == bindparam("incident"), _OPEN)
    .values(state=IncidentState.RESOLVED.value, resolved_at=bindparam("at"), resolved_by=bindparam("by"))
)
_AGAIN: Final = (
    update(_INCIDENT)
    .where(_INCIDENT.c.id == bindparam("incident"))
    .values(
        tries=_INCIDENT.c.tries + 1,
        element_id=bindparam("element"),
        process_id=bindparam("process"),
        element_name=bindparam("name"),
        code=bindparam("said"),
        message=bindparam("because"),
        reason=bindparam("phrase", type_=_INCIDENT.c.reason.type),
        expression=bindparam("source"),
        data_keys=bindparam("keys", type_=_INCIDENT.c.data_keys.type),
    )
)


#: what somebody's data looks like within a message: text between straight quotes
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')


def without_values(message: str, expression: str) -> str:
    """Return a message without the values that it quotes; what the expression itself says stays.

    A function that cannot read its argument names it (`date(): "…" is no date`), and an argument may be what a resident
    wrote.
    """
    return _QUOTED.sub(lambda found: found[0] if found[0] in expression else '"…"', message)


@dataclass(frozen=True)
class Attempt:
    """What a step tried, so that it can be tried again.

    Args:
        do: `start`, `complete`, `timer`, `message`, `offer`, `rung` or `ladder`.
        target: what it was done to: an item's or timer's id, a message's name, a waiting event; empty for `start`.
        data: what was handed in; typed values stay what they are.
        actor: who did it; a retry is done in their name.
    """

    do: str
    target: str
    data: Mapping[str, Any]
    actor: Actor

    def to_json(self) -> dict[str, Any]:
        """Return what is kept in `incident.attempt`."""
        who = {"kind": self.actor.kind.value, "id": self.actor.id, "name": self.actor.name}
        data = orjson.loads(values.dumps(values.settled(self.data))[0])
        return {"do": self.do, "target": self.target, "data": data, "actor": who}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Attempt":
        """Read what `to_json` kept."""
        who = kept["actor"]
        actor = Actor(kind=ActorKind(who["kind"]), id=who["id"], name=who["name"])
        return cls(kept["do"], kept["target"], values.decoded(kept["data"]), actor)

    def same(self, kept: Mapping[str, Any]) -> bool:
        """Is this the same thing done to the same target?"""
        return bool((self.do, self.target) == (kept["do"], kept["target"]))


def raise_incident(
    connection: Connection,
    held: Held,
    attempt: Attempt,
    failure: StepFailed,
    *,
    element: ElementOutline | None,
    now: datetime,
) -> UUID:
    """Keep a failed step: a row for the operator, an event of the case, and the instance's status.

    An attempt that failed before keeps its incident, which counts one more try.

    Returns:
        The incident's id.
    """
    reason = failure.reason.with_texts(partial(without_values, expression=failure.expression or ""))
    facts = {
        "element": failure.element_id, "process": failure.process_id, "name": element.name if element else "",
        "said": failure.code[:64], "because": str(reason), "phrase": reason.to_json(), "source": failure.expression,
        "keys": list(failure.data_keys),
    }  # fmt: skip
    known = [row.id for row in connection.execute(_OF_INSTANCE, {"instance": held.id}) if attempt.same(row.attempt)]
    if known:
        identity: UUID = known[0]
        connection.execute(_AGAIN, {"incident": identity, **facts})
    else:
        identity = new_id()
        row = {
            "id": identity, "jurisdiction": held.jurisdiction, "case_id": held.case_id, "instance_id": held.id,
            "attempt": attempt.to_json(), "element_id": facts["element"], "process_id": facts["process"],
            "element_name": facts["name"], "code": facts["said"], "message": facts["because"],
            "reason": facts["phrase"],
            "expression": facts["source"], "data_keys": facts["keys"], "state": IncidentState.OPEN.value, "tries": 1,
            "created_at": now,
        }  # fmt: skip
        connection.execute(insert(_INCIDENT), row)
    connection.execute(_MARK, {"instance": held.id, "standing": InstanceStatus.INCIDENT.value})
    ledger = Ledger(connection, case_id=held.case_id, jurisdiction=held.jurisdiction, actor=Actor.engine(), at=now)
    noted = {"incident": str(identity), "element": failure.element_id, "name": facts["name"], "code": failure.code}
    ledger.note(Tag.INCIDENT_RAISED, noted)
    ledger.flush()
    return identity


def resolve_worked(
    connection: Connection, held: Held, attempt: Attempt | None, ledger: Ledger, *, by: str | None, now: datetime
) -> bool:
    """Resolve the open incident of an attempt that has now worked.

    Args:
        attempt: None when the instance has ended, so that nothing of it is left to be done.

    Returns:
        Whether the instance has open incidents left.
    """
    left = False
    for incident_id, kept in connection.execute(_OF_INSTANCE, {"instance": held.id}).all():
        if attempt is not None and not attempt.same(kept):
            left = True
            continue
        connection.execute(_RESOLVE, {"incident": incident_id, "at": now, "by": by})
        ledger.note(Tag.INCIDENT_RESOLVED, {"incident": str(incident_id)})
    return left


def resolve_obsolete(connection: Connection, held: Held, incident_id: UUID, ledger: Ledger, *, now: datetime) -> None:
    """Resolve an incident whose step is no longer to be done: the matter went another way."""
    connection.execute(_RESOLVE, {"incident": incident_id, "at": now, "by": None})
    ledger.note(Tag.INCIDENT_RESOLVED, {"incident": str(incident_id), "obsolete": True})
    if not connection.execute(_OF_INSTANCE, {"instance": held.id}).first() and held.status == InstanceStatus.INCIDENT:
        connection.execute(_MARK, {"instance": held.id, "standing": InstanceStatus.RUNNING.value})


def due_retries(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Return the incidents that are to be tried again by themselves, the oldest first.

    Somebody may hold the missing role by now, or a service that was away is back. After the last wait only a person
    tries again, and so where trying is what did the harm.
    """
    waits = [
        and_(_INCIDENT.c.tries == tries, _INCIDENT.c.created_at <= now - wait)
        for tries, wait in enumerate(RETRIES, start=1)
    ]
    due = select(_INCIDENT.c.id).where(_OPEN, or_(*waits), _INCIDENT.c.code.not_in(NOT_AGAIN))
    return list(session.scalars(due.order_by(_INCIDENT.c.created_at).limit(limit)))


def mark_deadly(session: Session, incident_id: UUID, deaths: int) -> None:
    """Leave an incident to a person: whoever tried it again by itself died of it."""
    failure = Unavailable(
        NOT_AGAIN[0],
        "The process that tried this again ended without an answer {times} times. Find out why in its log before you "
        "try it again.",
        times=deaths,
    )
    phrase = reason_of(failure)
    values = {"code": failure.code, "message": str(phrase), "reason": phrase.to_json()}
    with writing(session):
        session.connection().execute(update(_INCIDENT).where(_INCIDENT.c.id == incident_id, _OPEN).values(values))


def open_incidents(session: Session, *, jurisdiction: str, limit: int = 200) -> Sequence[Incident]:
    """Return what waits for an operator, oldest first."""
    return session.scalars(
        select(Incident)
        .where(Incident.jurisdiction == jurisdiction, Incident.state == IncidentState.OPEN)
        .order_by(Incident.created_at)
        .limit(limit)
    ).all()


def count_open(session: Session, *, jurisdiction: str) -> int:
    """Return how many incidents are open."""
    return (
        session.scalar(
            select(func.count()).where(Incident.jurisdiction == jurisdiction, Incident.state == IncidentState.OPEN)
        )
        or 0
    )
