"""The one conductor: every step of a process is one transaction with everything that it causes.

1. Lock the instance; check that the item is live and who acts.
2. Load: the specification is cached with its version, the process comes from the live cache or from its snapshot.
3. Validate the form, run the task, advance until people, times and messages are waited for.
4. Turn what changed into rows: work items, timers, clocks; append the audit events; notices go to the outbox.
5. Snapshot, write the instance back where its version is still the one that was read, commit.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor, Tag
from engine.db import connected, writing
from engine.deadlines.models import Rung
from engine.instances import (
    chasing,
    completion,
    escalation,
    receiving,
    returning,
    starting,
    store,
    sweeping,
    timers,
    undoing,
)
from engine.instances.completion import Completed
from engine.instances.conductor import Conductor
from engine.instances.hooks import Hooks, Performer
from engine.instances.incidents import Attempt
from engine.instances.models import Instance
from engine.instances.retrying import retry
from engine.instances.returning import SentBack
from engine.instances.timers import Fired
from engine.organisation.models import Staff


class Runtime:
    """Moves processes. One per application; its methods may be called by any thread, each with its own session.

    A step that fails leaves everything as it was before, and an incident. Called outside of a transaction, a step that
    failed raises `Conflict("step-failed")` after the incident is committed; within a caller's `writing` block only the
    step is rolled back, the incident belongs to the caller's transaction, and the result names it.

    Args:
        hooks: what the rooms above hand in.
        cache_size: how many processes are kept as live objects; 0 keeps none.
    """

    def __init__(self, hooks: Hooks | None = None, *, cache_size: int = 512) -> None:
        self.hooks = hooks or Hooks()
        self.conductor = Conductor(self.hooks, cache_size)

    def register_performer(self, kind: str, performer: Performer) -> None:
        """Let `performer` carry out the send and service tasks of a type."""
        self.hooks.register_performer(kind, performer)

    def forget(self) -> None:
        """Drop the live objects: the next steps read the snapshots."""
        self.conductor.cache.clear()

    def start(
        self,
        session: Session,
        *,
        case_id: UUID,
        jurisdiction: str,
        key: str,
        data: Mapping[str, Any],
        actor: Actor,
        now: datetime,
        version_id: UUID | None = None,
    ) -> Instance:
        """Start the process of a case. When its first step fails the instance is there, with an incident.

        Args:
            key: of the package; its active version is used unless `version_id` names another.
            data: what the process knows at first: `case` and `place`; nothing of a person.

        Returns:
            A copy of the instance's row, which the session does not track.

        Raises:
            NotFound: no process of this key is active.
            Invalid: the data cannot be kept.
        """
        return starting.start(
            self.conductor, session, case_id=case_id, jurisdiction=jurisdiction, key=key, data=data, actor=actor,
            now=now, version_id=version_id,
        )  # fmt: skip

    def complete(
        self,
        session: Session,
        item_id: UUID,
        submitted: Mapping[str, Any],
        *,
        actor: Actor,
        now: datetime,
        request_key: str | None = None,
        assisted: str | None = None,
    ) -> Completed:
        """Complete a work item with what was entered, and move the process on.

        Completing an item that nobody holds claims it.

        Args:
            submitted: what the form sent, nested; checked and typed by the task's form.
            assisted: how a resident's answer came that staff enter (`phone`, `paper`, `visit`); that they may is the
                caller's to say.
            request_key: of the request; the same key a second time returns the first answer instead of a conflict.

        Raises:
            NotFound: there is no such item.
            Forbidden: the actor may not take it; the message says why.
            Invalid: `form-invalid`; `facts["fields"]` maps a path to its messages. Nothing was changed.
            Conflict: `task-already-completed` (who, when), `task-already-claimed`, `task-withdrawn`,
                `instance-stopped`, or `step-failed`: what was entered is kept with the incident.
        """
        return completion.complete(
            self.conductor, session, item_id, submitted, actor=actor, now=now, request_key=request_key,
            assisted=assisted,
        )  # fmt: skip

    def fire_timer(self, session: Session, timer_id: UUID, now: datetime) -> Fired:
        """Deliver a timer that is due, once. A step that fails is tried again later, then becomes an incident."""
        return timers.fire_timer(self.conductor, session, timer_id, now)

    def fire_timers(self, session: Session, timer_ids: Collection[UUID], now: datetime) -> set[UUID]:
        """Deliver timers in one transaction and return which; when one of them fails, none is delivered."""
        return sweeping.fire_together(self.conductor, session, timer_ids, now)

    def fire_rung(self, session: Session, rung_id: UUID, now: datetime) -> str | None:
        """Fire the highest due rung of a clock, once; return its name, None when nothing was left to fire."""
        return escalation.fire_rung(self.conductor, session, rung_id, now)

    def chase_rung(self, session: Session, rung_id: UUID, now: datetime) -> bool:
        """Go on with a rung that nobody signed or acknowledged in time; say whether there was something to do."""
        return chasing.chase_rung(self.conductor, session, rung_id, now)

    def sign_rung(
        self, session: Session, rung_id: UUID, *, issue: escalation.Issue, actor: Actor, now: datetime
    ) -> Rung:
        """Sign a rung in the name of a person; see `engine.instances.escalation.sign`."""
        return escalation.sign(self.conductor, session, rung_id, issue=issue, actor=actor, now=now)

    def give_up_timer(
        self, session: Session, timer_id: UUID, error: Exception, now: datetime, *, last: bool = False
    ) -> Fired:
        """Count a failure of a timer that is none of its process, so that it ends in sight like any other.

        Args:
            last: it must not be tried again by itself.
        """
        return timers.give_up(self.conductor, session, timer_id, error, now, last=last)

    def give_up_rung(
        self, session: Session, rung_id: UUID, error: Exception, now: datetime, *, last: bool = False
    ) -> None:
        """Raise the incident of a rung that could not be moved at all; see `engine.instances.escalation.give_up`."""
        escalation.give_up(self.conductor, session, rung_id, error, now, last=last)

    def send_message(
        self,
        session: Session,
        instance_id: UUID,
        name: str,
        payload: Mapping[str, Any] | None = None,
        *,
        actor: Actor,
        now: datetime,
        correlation: Any = None,
    ) -> bool:
        """Give a message to every event of an instance that waits for it.

        Returns:
            Whether anybody waited; when not, nothing was changed.

        Raises:
            NotFound: there is no such instance.
            Conflict: `instance-stopped` or `step-failed`.
        """
        with self.conductor.attempt(session, now) as attempt:
            held = attempt.held = store.lock(connected(session), instance_id)
            self.conductor.refuse_stopped(held)
            tried = Attempt("message", name, {"payload": payload, "correlation": correlation}, actor)
            attempt.tried = tried
            step = self.conductor.begin_step(session, held, actor=actor, now=now)
            live = self.conductor.live(step)
            before = live.image
            if not live.workflow.send_message(name, payload, correlation):
                self.conductor.keep(step, live, held.lock_version)
                return False
            step.ledger.note(Tag.INSTANCE_MESSAGE_RECEIVED, {"message": name})
            self.conductor.settle(step, live, before=before, tried=tried)
        return attempt.incident_id is None

    def receive(
        self,
        session: Session,
        instance_id: UUID,
        waiting_id: str,
        submitted: Mapping[str, Any],
        *,
        sender: Mapping[str, Any],
        actor: Actor,
        now: datetime,
    ) -> bool:
        """Give what a person sends to one waiting message event. Whether they may is the caller's to say.

        Args:
            waiting_id: see `engine.spiff.WaitingMessage`.
            submitted: what the form of `chuishao:offer.form` sent, nested; checked and typed by it. It becomes data
                behind the event, and so does `sender`.
            sender: in what capacity it is sent: `role`, `party`, `unit`, `staff`; no names.

        Returns:
            Whether the process went on; within a caller's transaction a step that failed has left an incident.

        Raises:
            NotFound: there is no such instance.
            Invalid: the form has mistakes. Nothing was changed.
            Conflict: `offer-over`: nothing waits there now; `instance-stopped` or `step-failed`.
        """
        return receiving.receive(
            self.conductor, session, instance_id, waiting_id, submitted, sender=sender, actor=actor, now=now
        )

    def send_back(
        self, session: Session, item_id: UUID, target_id: UUID, *, staff: Staff, reason: str, now: datetime
    ) -> SentBack:
        """Send the branch of a task back to a step of the same process that was done.

        A new token goes there, with the data as they are now; what came of the step is withdrawn, branches beside stay
        unless they parted after it. Whoever did the step gets it again, if they still may. Statutory clocks run on.

        Raises:
            NotFound: there is no such task, or no such step.
            Forbidden: the task is not with `staff`.
            Conflict: the task is over or lent; `return-elsewhere`, `return-failed`. Nothing was changed.
        """
        return returning.send_back(self.conductor, session, item_id, target_id, staff=staff, reason=reason, now=now)

    def take_back(self, session: Session, item_id: UUID, *, staff: Staff, now: datetime) -> SentBack:
        """Take back one's own completion, while nobody has opened what came of it. Clocks go on as if it had not been.

        Raises:
            NotFound: there is no such task.
            Forbidden: somebody else completed it.
            Conflict: `take-back-opened`, `take-back-told`, `take-back-late`: why it is too late. Nothing was changed.
        """
        return undoing.take_back(self.conductor, session, item_id, staff=staff, now=now)

    def cancel(self, session: Session, instance_id: UUID, *, reason: str, actor: Actor, now: datetime) -> None:
        """Give up everything that is under way in an instance. Its case's state is the caller's to set.

        Raises:
            NotFound: there is no such instance.
            Conflict: `instance-stopped`: it has ended already.
        """
        with writing(session):
            held = store.lock(connected(session), instance_id)
            self.conductor.refuse_stopped(held)
            step = self.conductor.begin_step(session, held, actor=actor, now=now)
            live = self.conductor.live(step)
            before = live.image
            live.workflow.cancel()
            step.ledger.note(Tag.INSTANCE_CANCELLED, {"reason": reason})
            self.conductor.settle(step, live, before=before, cancelled=True)

    def retry(self, session: Session, incident_id: UUID, *, actor: Actor, now: datetime) -> bool:
        """Try again what an incident tells of; return whether it worked now, or no longer had to be done.

        Raises:
            NotFound: there is no such incident.
            Conflict: `incident-resolved`: it is resolved already.
        """
        return retry(self, session, incident_id, actor=actor, now=now)
