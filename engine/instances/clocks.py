"""Clocks of a process: started with the activity that carries `chuishao:clock`, stopped or cancelled with it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from engine.deadlines import ClockSpec, cancel_clock, start_clock, stop_clock
from engine.deadlines.clocks import Unit, default_roll
from engine.deadlines.ladder import own_ladder
from engine.deadlines.models import Clock, ClockState
from engine.deadlines.revival import rebind_clock
from engine.deadlines.service import add_rungs, lock_clock
from engine.errors import EngineError, Invalid
from engine.instances.assignment import Reader, place
from engine.instances.hooks import Step
from engine.instances.incidents import Attempt, raise_incident
from engine.organisation.roles import Role
from engine.spiff import Scope

#: Kinds of elements, beside the tasks of people, that a clock can run on.
SCOPES: Final = ("subProcess", "transaction", "adHocSubProcess", "callActivity")


_RUNNING: Final = (ClockState.RUNNING.value, ClockState.SUSPENDED.value)
_CLOCKS: Final = select(
    Clock.id, Clock.scope_id, Clock.element_id, Clock.process_id, Clock.name, Clock.kind, Clock.due_at, Clock.started_at
).where(Clock.instance_id == bindparam("instance"), Clock.state.in_(_RUNNING))


@dataclass(frozen=True, kw_only=True)
class RunningClock:
    """A clock of the instance, as far as tasks and timers follow it."""

    id: UUID
    scope_id: str
    element_id: str
    process_id: str
    name: str
    kind: str
    due_at: datetime
    started_at: datetime


def running(step: Step) -> list[RunningClock]:
    """Return the clocks of a step's instance that run now."""
    rows = step.connection.execute(_CLOCKS, {"instance": step.held.id})
    return [RunningClock(**row._mapping) for row in rows]


def runs_on(step: Step, reader: Reader, scope: Scope, clocks: list[RunningClock], scopes: Container[str]) -> bool:
    """Let a clock go on that measured an activity before the process was sent back; say whether there is one.

    A statutory clock is never begun anew; another one only goes on where a completion is taken back.

    Args:
        clocks: those that run.
        scopes: ids of the activities under way.
    """
    if not step.taking_back and reader.text("clock.kind") != "statutory":
        return False
    place, name = (scope.process_id, scope.element_id), reader.text("clock")
    for clock in clocks:
        same = (clock.process_id, clock.element_id) == place and clock.name == name
        if same and clock.scope_id not in scopes:
            rebind_clock(step.session, clock.id, scope.id)
            return True
    return False


def begin(step: Step, reader: Reader, scope: Scope) -> None:
    """Start the clock of an activity that has begun.

    A ladder that cannot be used does not keep the clock from running, nor the matter from going on: the clock then has
    no rungs, and an incident says why. Trying that again lays them.

    Raises:
        StepFailed: a setting of the clock cannot be used.
    """
    unit_id, role = _whose(reader)
    ladder = reader.text("ladder")
    spec = ClockSpec(
        name=reader.text("clock") or "",
        kind=reader.text("clock.kind") or "internal",
        amount=_amount(reader),
        unit=reader.text("clock.unit") or "working-days",
        roll=reader.text("clock.roll") or default_roll(role),
        start=_start(reader) or step.now,
        ladder=ladder,
        suspension=reader.text("clock.suspension"),
    )
    refused = list[EngineError]()
    rows = _rows(step, ladder, reader.data, refused) if ladder else []
    step.ledger.flush()  # the clock writes events of the case by itself: these came first
    try:
        clock = start_clock(
            step.session,
            spec=spec,
            case_id=step.held.case_id,
            instance_id=step.held.id,
            jurisdiction=step.held.jurisdiction,
            scope_id=scope.id,
            element_id=scope.element_id,
            process_id=scope.process_id,
            unit_id=unit_id,
            role=role,
            now=step.now,
            ladder_rows=rows,
            refused=refused,
        )
    except EngineError as error:
        raise reader.failure(error, reader.element.settings.get("clock")) from error
    if refused:
        attempt = Attempt("ladder", str(clock.id), dict(reader.data), step.actor)
        failure = reader.failure(refused[0], ladder)
        raise_incident(step.connection, step.held, attempt, failure, element=reader.element, now=step.now)
        step.troubled = True


def lay_again(step: Step, clock_id: UUID, data: Mapping[str, Any]) -> None:
    """Give a clock the rungs that it could not be given when it started; one that ended needs none.

    Args:
        data: what the activity saw when it began.

    Raises:
        EngineError: the ladder can still not be used.
    """
    clock = lock_clock(step.session, clock_id)
    if clock.state in _RUNNING and clock.ladder:
        add_rungs(step.session, clock, _ladder(step, clock.ladder, data))


def end(step: Step, clock_id: UUID, *, passed: bool) -> None:
    """End a clock with its activity: stopped when that was done, cancelled when it was interrupted."""
    step.ledger.flush()
    if passed:
        stop_clock(step.session, clock_id, now=step.now)
    else:
        cancel_clock(step.session, clock_id, now=step.now)


def _whose(reader: Reader) -> tuple[UUID | None, str | None]:
    """The unit and role that the clock holds to account: those of the activity, where it names them."""
    role = reader.text("role")
    if role is None or role == Role.RESIDENT:
        return None, role
    where = place(reader)
    return where.unit_id, where.role


def _amount(reader: Reader) -> int:
    if reader.text("clock.unit") == Unit.FIXED_DATE:
        return 0
    value = reader.setting("clock.amount")
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    wrong = Invalid("clock-amount", "chuishao:clock.amount of “{task}” is no whole number", task=reader.element.name)
    raise reader.failure(wrong, reader.element.settings.get("clock.amount"))


def _start(reader: Reader) -> datetime | None:
    value = reader.setting("clock.start")
    if value is None or (isinstance(value, datetime) and value.tzinfo is not None):
        return value
    if type(value) is date and reader.text("clock.unit") != Unit.HOURS:  # of a day, only hours ask for its time
        return datetime.combine(value, time(0), reader.step.zone)
    wrong = Invalid(
        "clock-start",
        "chuishao:clock.start of “{task}” is neither a date and time with a zone nor, where days are counted, a date",
        task=reader.element.name,
    )
    raise reader.failure(wrong, reader.element.settings.get("clock.start"))


def _rows(step: Step, key: str, data: Mapping[str, Any], refused: list[EngineError]) -> list[dict[str, Any]]:
    try:
        return _ladder(step, key, data)
    except EngineError as error:
        refused.append(error)
        return []


def _ladder(step: Step, key: str, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Evaluate a ladder: the jurisdiction's own one where the package has it, else the one for everybody."""
    own = own_ladder(key, step.jurisdiction)
    rows = step.decide(own if step.version.has_decision(own) else key, data)
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    raise Invalid("ladder-no-list", "the ladder {ladder} gives no list of rungs; it must collect its rows", ladder=key)
