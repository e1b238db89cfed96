"""Clocks of a matter that staff let stand still, where the rule allows it, and run on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.subject import subject_of
from engine.db import writing
from engine.deadlines import resume_clock, suspend_clock
from engine.deadlines.models import LIVE, Clock
from engine.deadlines.suspension import allowed_reasons
from engine.errors import Forbidden, NotFound
from engine.instances import store
from engine.organisation.policy import Action, CaseSubject, Viewer, may
from engine.tasks.items import follow_clocks


def may_stand_still(viewer: Viewer, clock: Clock, subject: CaseSubject) -> bool:
    """Say whether a viewer may let a clock stand still, or run on.

    A statutory clock: who has the work, or leads, and only where its rule names a reason. An internal target: who
    leads, because the target is what the one who has the work is held to.
    """
    if clock.state not in LIVE or allowed_reasons(clock) == ():
        return False
    if may(viewer, Action.ASSIGN, subject):
        return True
    return clock.kind == "statutory" and may(viewer, Action.COMPLETE, subject)


def change_standstill(
    session: Session, viewer: Viewer, clock_id: UUID, *, reason: str | None, actor: Actor, now: datetime
) -> bool:
    """Let a clock stand still for a reason, or with None run on; tasks and timers follow.

    Returns:
        False when it is so already.

    Raises:
        NotFound: there is no such clock, or none that the viewer may see: the answer is the same.
        Forbidden: this is not the viewer's to decide.
        Invalid, Conflict: as `engine.deadlines.suspend_clock`.
    """
    clock = session.get(Clock, clock_id)
    subject = subject_of(session, session.get_one(Case, clock.case_id)) if clock is not None else None
    if clock is None or subject is None or not may(viewer, Action.VIEW_CASE, subject):
        raise NotFound("clock-unknown", "There is no clock {clock}.", clock=str(clock_id))
    if not may_stand_still(viewer, clock, subject):
        raise Forbidden(
            "standstill-not-yours",
            "You cannot let this clock stand still: either its rule names no reason for it, or that is for whoever "
            "leads to decide.",
        )
    instance_id = clock.instance_id
    with writing(session):
        held = store.lock(session.connection(), instance_id)
        if reason is None:
            changed = resume_clock(session, clock_id, now=now, actor=actor)
        else:
            changed = suspend_clock(session, clock_id, reason=reason, now=now, actor=actor)
        follow_clocks(session.connection(), held.id)
        return changed
