"""What is recorded of cases: what was done in them and when, as far as the engine keeps it; nothing of a person.

What somebody entered is kept with the task. Of tasks that were done before that was kept, it is read from the data of
the process, where it stayed: a value that was entered twice is known as it was entered last, and one that did not leave
its page is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import AuditEvent, Tag
from engine.cases.kinds import start_form
from engine.cases.models import Case
from engine.cases.party import CaseParty
from engine.deadlines.models import Timer, TimerState
from engine.definitions import load
from engine.forms import Form
from engine.forms.components import at, put
from engine.instances.models import Instance
from engine.instances.reading import instance_data
from engine.organisation.models import OrgUnit
from engine.sandbox.box import Matter
from engine.spiff.values import decoded
from engine.tasks.models import LIVE, WorkItem, WorkItemState

#: Names that every start form could have and that hold what a person wrote: never read.
_TAKEN: Final = (Tag.CASE_OFFER_TAKEN, Tag.CASE_WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that people did in a case.

    Args:
        kind: `completed` a task, or took up an `offer`.
        where: code of the unit that had the task; the party or role otherwise.
        staff_id: who did it, as text; None for residents.
        data: what the form took; None where it was not kept yet.
    """

    kind: str
    at: datetime
    process_id: str
    element_id: str
    where: str = ""
    staff_id: str | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A timer of a recorded case: when it was due, and when it fired; None when it did not."""

    element_id: str
    due_at: datetime
    fired_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One case as it went.

    Args:
        data: of its process, as it stands or stood at its end: what was entered is in it.
        waits: ids of the elements at which it waits; empty when it has ended.
        state: `running`, or its outcome.
    """

    case_id: UUID
    number: str
    version_id: UUID
    place: str
    matter: Matter
    began_at: datetime
    happenings: tuple[Happening, ...]
    alarms: tuple[Alarm, ...]
    data: Mapping[str, Any]
    waits: tuple[str, ...]
    state: str

    def known(self, form: Form) -> dict[str, Any]:
        """Return what is known of the fields of a form."""
        return known_of(form, self.data)


def known_of(form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a form's fields that lie in process data."""
    found: dict[str, Any] = {}
    for component in form.walk():
        if component.path and (component.is_input or component.is_repeated):
            value = at(data, component.path)
            if value is not None:
                put(found, component.path, value)
    return found


def recorded_cases(
    session: Session, *, key: str, jurisdiction: str, since: datetime, limit: int, after: UUID | None = None
) -> list[UUID]:
    """Return the instances of a process that began since a moment, by id, which is by their beginning.

    Args:
        after: of the last one that was read before.
    """
    found = select(Instance.id).where(
        Instance.key == key, Instance.jurisdiction == jurisdiction, Instance.started_at >= since
    )
    if after is not None:
        found = found.where(Instance.id > after)
    return list(session.scalars(found.order_by(Instance.id).limit(limit)))


def read_recorded(session: Session, instance_id: UUID) -> Recorded:
    """Return what is recorded of one instance.

    Raises:
        NotFound: there is no such instance.
    """
    data = instance_data(session, instance_id)
    instance = session.get_one(Instance, instance_id)
    case = session.get_one(Case, instance.case_id)
    version = load(session, instance.version_id)
    form = start_form(version)
    roles = session.scalars(select(CaseParty.role).where(CaseParty.case_id == case.id).order_by(CaseParty.key))
    items = session.scalars(select(WorkItem).where(WorkItem.instance_id == instance_id)).all()
    return Recorded(
        case_id=case.id,
        number=case.number,
        version_id=version.id,
        place=session.get_one(OrgUnit, case.place_id).code,
        matter=Matter(
            category=case.category, channel=case.channel, parties=tuple(roles),
            start=known_of(form, data) if form is not None else {},
        ),
        began_at=instance.started_at,
        happenings=tuple(sorted([*_completed(items), *_offers(session, case.id)], key=lambda each: each.at)),
        alarms=tuple(_alarms(session, instance_id)),
        data=data,
        waits=tuple(sorted(item.element_id for item in items if item.state in LIVE)),
        state=case.state if case.is_over else "running",
    )  # fmt: skip


def _completed(items: Any) -> list[Happening]:
    return [
        Happening(
            kind="completed", at=item.completed_at, process_id=item.process_id, element_id=item.element_id,
            where=item.inbox_key.partition("@")[2] if item.unit_id else item.party or item.role,
            staff_id=str(item.owner_id) if item.owner_id else None,
            data=decoded(dict(item.entered)) if item.entered is not None else None,
        )
        for item in items
        if item.state == WorkItemState.COMPLETED and item.completed_at is not None
    ]  # fmt: skip


def _offers(session: Session, case_id: UUID) -> list[Happening]:
    events = session.execute(
        select(AuditEvent.at, AuditEvent.data).where(AuditEvent.case_id == case_id, AuditEvent.tag.in_(_TAKEN))
    )
    return [
        Happening(kind="offer", at=at_, process_id="", element_id=data["element"])
        for at_, data in events
        if isinstance(data, Mapping) and "element" in data
    ]


def _alarms(session: Session, instance_id: UUID) -> list[Alarm]:
    return [
        Alarm(element_id=timer.element_id, due_at=timer.due_at,
              fired_at=timer.fired_at if timer.state == TimerState.FIRED else None)
        for timer in session.scalars(select(Timer).where(Timer.instance_id == instance_id))
    ]  # fmt: skip
