"""The clock of a sandbox: what falls due next, and time that passes, with everything that falls due on the way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.deadlines.models import Clock, ClockState, Rung, RungState, Timer, TimerState
from engine.errors import Conflict, Invalid
from engine.instances.conductor import MOVABLE
from engine.instances.models import Instance
from engine.sandbox.box import Sandbox

#: One move of the clock goes no further than this, and fires no more than that.
FURTHEST: Final = timedelta(days=800)
MOST_FIRED: Final = 200


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that falls due.

    Args:
        kind: `timer`, `rung`, or `chase` (nobody signed or acknowledged a rung in time).
        element_id, process_id: the timer event; of a rung, the activity that its clock runs on.
        label: of a rung: `clock rung`; of a timer its element.
    """

    kind: str
    id: UUID
    due_at: datetime
    process_id: str
    element_id: str
    label: str

    @property
    def address(self) -> str:
        """How it is found again in a run that was played anew, whose ids are others."""
        return f"{self.kind}/{self.process_id}/{self.element_id}/{self.label}/{self.due_at.timestamp():.3f}"

    @property
    def said(self) -> str:
        """How a scenario names it."""
        return f"{self.kind} {self.label}"


def moments(session: Session) -> list[Moment]:
    """Return what falls due, the next first."""
    found = [
        Moment(kind="timer", id=row.id, due_at=row.due_at, process_id=row.process_id, element_id=row.element_id,
               label=row.element_id)
        for row in session.scalars(
            select(Timer).join(Instance, Instance.id == Timer.instance_id)
            .where(Timer.state == TimerState.WAITING, Instance.status.in_(MOVABLE))
            .execution_options(populate_existing=True)
        )
    ]  # fmt: skip
    rungs = session.execute(
        select(Rung, Clock).join(Clock, Clock.id == Rung.clock_id).where(Clock.state == ClockState.RUNNING)
        .where((Rung.state == RungState.WAITING) | Rung.asked_until.is_not(None))
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    for rung, clock in rungs:
        waits = rung.state == RungState.WAITING
        due_at = rung.due_at if waits else rung.asked_until
        if due_at is not None:
            found.append(Moment(
                kind="rung" if waits else "chase", id=rung.id, due_at=due_at, process_id=clock.process_id,
                element_id=clock.element_id, label=f"{clock.name} {rung.name}",
            ))  # fmt: skip
    return sorted(found, key=lambda each: (each.due_at, each.kind != "timer", each.label, str(each.id)))


def pass_to_next(box: Sandbox) -> list[Moment]:
    """Let time pass until something falls due; return what happened then.

    Raises:
        Conflict: nothing is waited for, or not within the next years.
    """
    with box.sessions() as session:
        waiting = moments(session)
    if not waiting or waiting[0].due_at > box.now + FURTHEST:
        raise Conflict("sandbox-nothing-due", "Nothing falls due: no timer and no deadline is waited for.")
    return pass_until(box, max(waiting[0].due_at, box.now))


def pass_until_timer(box: Sandbox, timer_id: UUID) -> list[Moment]:
    """Let time pass until one timer or rung has come, with everything that falls due before it.

    Raises:
        Conflict: it is no longer waited for.
    """
    with box.sessions() as session:
        wanted = next((each for each in moments(session) if each.id == timer_id), None)
    if wanted is None:
        raise Conflict("sandbox-timer-gone", "This is no longer waited for.")
    return pass_until(box, max(wanted.due_at, box.now))


def pass_until(box: Sandbox, moment: datetime) -> list[Moment]:
    """Let time pass; return what happened on the way, in order.

    Raises:
        Invalid: `moment` lies before the sandbox's time, or too far ahead.
    """
    moment = aware(moment)
    if moment < box.now or moment > box.now + FURTHEST:
        raise Invalid("sandbox-moment", "The clock goes forward, and at most {days} days at a time.",
                      days=FURTHEST.days)  # fmt: skip
    happened: list[Moment] = []
    for _ in range(MOST_FIRED):
        with box.sessions() as session:
            due = [each for each in moments(session) if each.due_at <= moment]
            if not due:
                break
            box.now = max(box.now, due[0].due_at)
            _happen(box, session, due[0])
        happened.append(due[0])
    else:
        return happened  # the clock stands where the last thing happened: there is no end of it
    box.now = moment
    return happened


def _happen(box: Sandbox, session: Session, moment: Moment) -> None:
    match moment.kind:
        case "timer":
            box.runtime.fire_timer(session, moment.id, box.now)
        case "rung":
            box.runtime.fire_rung(session, moment.id, box.now)
        case _:
            box.runtime.chase_rung(session, moment.id, box.now)
