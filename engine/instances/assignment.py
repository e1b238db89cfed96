"""Who gets a task: the role, unit and exclusions that the diagram names, resolved to an inbox."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from engine import feel
from engine.errors import EngineError, Invalid
from engine.instances.hooks import Step
from engine.instances.offices import Office, find_office
from engine.instances.remaining import next_office, somebody_left
from engine.organisation.roles import Role
from engine.spiff import ElementOutline, StepFailed
from engine.tasks.permission import refusal
from engine.tasks.why import Relation, Why

#: Key of the party that filed the matter.
PETITIONER: Final = "p1"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a work item lies."""

    role: str
    unit_id: UUID | None
    inbox_key: str
    why: Why
    excluded: tuple[str, ...]
    #: who has it from the start; None: anybody who may take it
    owner_id: UUID | None = None
    party: str | None = None


class Reader:
    """Reads the settings of one element over the data of one of its tasks; what fails names the element.

    Args:
        task_id: the task, for the incident.
    """

    def __init__(self, step: Step, element: ElementOutline, task_id: str, data: Mapping[str, Any]) -> None:
        self.step, self.element, self.data, self._task_id = step, element, data, task_id

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return feel.special_names(self.data, self.step.functions())

    def value(self, source: str) -> Any:
        """Return a literal as it stands, or what the FEEL after `=` gives.

        Raises:
            StepFailed: it cannot be evaluated.
        """
        if not source.lstrip().startswith("="):
            return source
        expression = source.lstrip()[1:]
        try:
            compiled = feel.compile(expression, self._names)
            result = compiled(self.data, now=self.step.now, functions=self.step.functions())
            return feel.lower(result.value)
        except EngineError as error:
            raise self.failure(error, source) from error

    def setting(self, name: str) -> Any:
        """Return the value of a `chuishao:` setting, None where the element has none."""
        source = self.element.settings.get(name)
        return None if source is None or source == "" else self.value(source)

    def text(self, name: str) -> str | None:
        """Return a setting that must be a text."""
        value = self.setting(name)
        if value is None or isinstance(value, str):
            return value
        raise self.failure(Invalid("setting-no-text", "chuishao:{setting} gives no text", setting=name), name)

    def failure(self, error: EngineError, expression: str | None) -> StepFailed:
        """Return `error` as the failure of this element."""
        return StepFailed(
            error.code,
            element_id=self.element.id,
            process_id=self.element.process_id,
            task_id=self._task_id,
            reason=error.message,
            expression=expression,
            data_keys=tuple(sorted(self.data)),
        )


def place(reader: Reader) -> Place:
    """Find the inbox of a new task.

    Raises:
        StepFailed: no role is named, the unit is not known, or nobody up to the district holds the role.
    """
    role = reader.text("role")
    if role is None:
        missing = Invalid(
            "role-missing",
            "Nobody is named who does “{task}”. Set chuishao:role on it or on its lane.",
            task=reader.element.name,
        )
        raise reader.failure(missing, None)
    excluded = _excluded(reader)
    if role == Role.RESIDENT:
        party = _party(reader)
        why = Why(role=role, relation=Relation.RESIDENT, requested=_label(reader, party) if party else None)
        key = f"{role}@{reader.step.held.case_id}"
        return Place(role=role, unit_id=None, inbox_key=key, why=why, excluded=excluded, party=party)
    code, relation = _unit(reader)
    step = reader.step
    try:
        found = find_office(step.session, jurisdiction=step.jurisdiction, role=role, unit_code=code)
    except EngineError as error:
        raise reader.failure(error, reader.element.settings.get("unit")) from error
    instead_of = None
    if excluded and not somebody_left(step.session, role=role, unit_id=found.unit_id, excluded=excluded):
        instead_of = role
        role, found = _instead(reader, role, code, found.requested, excluded)
    why = Why(
        role=role,
        relation=relation,
        unit=found.name,
        unit_code=found.code,
        unit_kind=found.kind,
        requested=found.requested,
        place=_place_name(reader.data),
        climbed=found.climbed,
        instead_of=instead_of,
    )
    place = Place(role=role, unit_id=found.unit_id, inbox_key=found.inbox_key, why=why, excluded=excluded)
    owner_id = _assignee(reader, place)
    return place if owner_id is None else replace(place, owner_id=owner_id)


def _instead(reader: Reader, role: str, code: str, name: str, excluded: tuple[str, ...]) -> tuple[str, Office]:
    """Find who does a task whose whole office did an earlier round of it."""
    step = reader.step
    instead = reader.text("exclude.else")
    try:
        return next_office(
            step.session,
            jurisdiction=step.jurisdiction,
            unit_code=code,
            unit_name=name,
            role=role,
            instead=instead,
            excluded=excluded,
        )
    except EngineError as error:
        raise reader.failure(error, reader.element.settings["exclude"]) from error


def _assignee(reader: Reader, where: Place) -> UUID | None:
    """Return the member of staff whom `zeebe:assignmentDefinition` names, when they may still take the task.

    Whoever has left, or has not this role any more, is passed over: the task is then open to all who may take it.
    """
    source = reader.element.assignment.get("assignee", "")
    if not source:
        return None
    value = reader.value(source)
    try:
        staff_id = UUID(str(value)) if value is not None else None
    except ValueError:
        unknown = Invalid("assignee-no-staff", "{expression} gives no id of a member of staff", expression=source)
        raise reader.failure(unknown, source) from None
    if staff_id is None:
        return None
    refused = refusal(
        reader.step.connection,
        staff_id=staff_id,
        role=where.role,
        unit_id=where.unit_id,
        excluded=list(where.excluded),
        name=reader.element.name,
        case_id=reader.step.case_id,
    )
    return staff_id if refused is None else None


def _party(reader: Reader) -> str | None:
    """The key of the party that a resident's task is for; None where it is the petitioner's."""
    source = reader.element.settings.get("party")
    if not source:
        return None
    key = reader.value(source)
    if not isinstance(key, str) or key not in reader.step.hooks.party_keys(reader.step.session, reader.step.case_id):
        unknown = Invalid(
            "task-party-unknown",
            "{expression} gives no party of this matter for “{task}”. Check the data that it reads; the service "
            "parties loads the list.",
            expression=source,
            task=reader.element.name,
        )
        raise reader.failure(unknown, source)
    return None if key == PETITIONER else key


def _label(reader: Reader, party: str) -> str:
    """What a party is called, as the process has loaded it; else its key."""
    listed = reader.data.get("parties")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, Mapping) and each.get("key") == party and isinstance(each.get("label"), str):
            return str(each["label"])
    return party


def _unit(reader: Reader) -> tuple[str, Relation]:
    """The code of the unit that is named, and how; without one, the jurisdiction itself."""
    source = (reader.element.settings.get("unit") or "").strip()
    if not source:
        return reader.step.jurisdiction, Relation.FIXED
    code = reader.text("unit")
    if not code:
        unknown = Invalid(
            "unit-missing",
            "{expression} gives no unit for “{task}”. Check the data that it reads.",
            expression=source,
            task=reader.element.name,
        )
        raise reader.failure(unknown, source)
    if not source.startswith("="):
        return code, Relation.FIXED
    return code, Relation.PLACE if source[1:].strip().startswith("place.") else Relation.DATA


def _excluded(reader: Reader) -> tuple[str, ...]:
    value = reader.setting("exclude")
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(str(item) for item in value if item is not None)
    wrong = Invalid("exclude-no-list", "chuishao:exclude gives neither a list of staff ids nor one of them")
    raise reader.failure(wrong, reader.element.settings["exclude"])


def _place_name(data: Mapping[str, Any]) -> str | None:
    where = data.get("place")
    name = where.get("name") if isinstance(where, Mapping) else None
    return name if isinstance(name, str) else None


def due(reader: Reader) -> datetime | None:
    """Return the instant of a task's own `zeebe:taskSchedule dueDate`, None where it has none.

    Raises:
        StepFailed: it gives no date and time with a zone.
    """
    source = reader.element.due_date
    if not source:
        return None
    value = reader.value(source)
    if isinstance(value, str):
        value = _parsed(value)
    if value is None or (isinstance(value, datetime) and value.tzinfo is not None):
        return value
    raise reader.failure(
        Invalid("due-no-instant", "the due date of “{task}” is no date and time with a zone", task=reader.element.name),
        source,
    )


def _parsed(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
