"""What staff do with a task besides completing it: the policy is asked, the task changes, people are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.models import Case
from engine.cases.subject import get_case, subject_of
from engine.cases.verb_texts import TEXTS
from engine.db import writing
from engine.errors import Forbidden, Invalid
from engine.instances.notifying import of_staff
from engine.instances.returning import SentBack
from engine.instances.runtime import Runtime
from engine.notices import notify
from engine.organisation.absences import away
from engine.organisation.models import Staff
from engine.organisation.policy import Action, CaseSubject, Viewer, may, require, viewer_for
from engine.organisation.service import members
from engine.tasks import WorkItem, co_handling, copying, handing, urging
from engine.tasks.models import CaseCopy, CoHandler
from engine.tasks.service import get_item


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Somebody at work, for one request.

    Args:
        runtime: moves processes, and knows how notices are sent.
        viewer: `staff` as the policy sees them.
    """

    session: Session
    runtime: Runtime
    viewer: Viewer
    staff: Staff
    now: datetime

    @property
    def actor(self) -> Actor:
        """Who acts, for the audit log."""
        return Actor.staff(self.staff)

    def open(self, item_id: UUID, action: Action) -> tuple[WorkItem, CaseSubject]:
        """Return a task when the policy lets `action` be done to its case.

        Raises:
            NotFound: there is no such task, or its case may not be known.
            Forbidden: not by this person.
        """
        item = get_item(self.session, item_id)
        subject = subject_of(self.session, get_case(self.session, item.case_id))
        require(self.viewer, action, subject)
        return item, subject


def transfer(acting: Acting, item_id: UUID, *, to: Staff, note: str = "") -> WorkItem:
    """Give a task to somebody else for good: its holder transfers it, a lead assigns it.

    Raises:
        EngineError: see `engine.tasks.handing.transfer`, and the policy.
    """
    item = get_item(acting.session, item_id)
    subject = subject_of(acting.session, get_case(acting.session, item.case_id))
    lead = item.owner_id != acting.staff.id and may(acting.viewer, Action.ASSIGN, subject)
    require(acting.viewer, Action.ASSIGN if lead else Action.TRANSFER, subject)
    _refuse_off_route(acting, subject, to)
    with writing(acting.session):
        item = handing.transfer(
            acting.session, item_id, to=to, staff=acting.staff, note=note, now=acting.now, lead=lead
        )
        _tell(acting, item, "task_assigned" if lead else "task_transferred", [to], note)
    return item


def delegate(acting: Acting, item_id: UUID, *, to: Staff, note: str = "") -> WorkItem:
    """Let a colleague do a task that comes back for confirmation.

    Raises:
        EngineError: see `engine.tasks.handing.delegate`, and the policy.
    """
    _, subject = acting.open(item_id, Action.DELEGATE)
    _refuse_off_route(acting, subject, to)
    with writing(acting.session):
        item = handing.delegate(acting.session, item_id, to=to, staff=acting.staff, note=note, now=acting.now)
        _tell(acting, item, "task_delegated", [to], note)
    return item


def hand_back(acting: Acting, item_id: UUID, *, data: Mapping[str, Any], note: str = "") -> WorkItem:
    """Give a delegated task back, with what was filled in, for its owner to confirm.

    Raises:
        EngineError: see `engine.tasks.handing.hand_back`, and the policy.
    """
    acting.open(item_id, Action.COMPLETE)
    with writing(acting.session):
        item = handing.hand_back(acting.session, item_id, data=data, staff=acting.staff, note=note, now=acting.now)
        _tell(acting, item, "task_handed_back", _holders(acting, item), note)
    return item


def recall(acting: Acting, item_id: UUID) -> WorkItem:
    """Take back a task that one has given to somebody.

    Raises:
        EngineError: see `engine.tasks.handing.recall`, and the policy.
    """
    item, _ = acting.open(item_id, Action.VIEW_CASE)
    with writing(acting.session):
        before = [acting.session.get_one(Staff, item.owner_id)] if item.owner_id else []
        item = handing.recall(acting.session, item_id, staff=acting.staff, now=acting.now)
        _tell(acting, item, "task_recalled", before, "")
    return item


def urge(acting: Acting, item_id: UUID, *, note: str = "") -> WorkItem:
    """Urge whoever has a task; while nobody has it, everybody who could take it.

    Raises:
        EngineError: see `engine.tasks.urging.urge`, and the policy.
    """
    acting.open(item_id, Action.URGE)
    with writing(acting.session):
        item = urging.urge(acting.session, item_id, staff=acting.staff, note=note, now=acting.now)
        _tell(acting, item, "task_urged", _holders(acting, item), note)
    return item


def copy_in(acting: Acting, item_id: UUID, *, who: Staff, note: str = "") -> CaseCopy:
    """Let somebody read along in the case of a task.

    Raises:
        EngineError: see `engine.tasks.copying.copy_in`, and the policy; `case-sealed`.
    """
    item, subject = acting.open(item_id, Action.COPY_IN)
    _refuse_sealed(subject)
    with writing(acting.session):
        copy = copying.copy_in(acting.session, item_id, who=who, staff=acting.staff, note=note, now=acting.now)
        _tell(acting, item, "case_copied", [who], note)
    return copy


def remove_copy(acting: Acting, copy_id: UUID) -> CaseCopy:
    """Let somebody no longer read along.

    Raises:
        EngineError: see `engine.tasks.copying.remove_copy`.
    """
    return copying.remove_copy(acting.session, copy_id, staff=acting.staff, now=acting.now)


def ask_co_handler(acting: Acting, item_id: UUID, *, who: Staff, question: str) -> CoHandler:
    """Ask somebody to answer beside the owner of a task.

    Raises:
        EngineError: see `engine.tasks.co_handling.ask`, and the policy; `case-sealed`.
    """
    item, subject = acting.open(item_id, Action.CO_HANDLE)
    _refuse_sealed(subject)
    with writing(acting.session):
        request = co_handling.ask(
            acting.session, item_id, who=who, question=question, staff=acting.staff, now=acting.now
        )
        _tell(acting, item, "co_handler_asked", [who], question)
    return request


def answer_as_co_handler(acting: Acting, request_id: UUID, *, text: str) -> CoHandler:
    """Answer a request.

    Raises:
        EngineError: see `engine.tasks.co_handling.answer`.
    """
    with writing(acting.session):
        request = co_handling.answer(acting.session, request_id, text=text, staff=acting.staff, now=acting.now)
        item = get_item(acting.session, request.work_item_id)
        _tell(acting, item, "co_handler_answered", _holders(acting, item), text)
    return request


def remove_co_handler(acting: Acting, request_id: UUID) -> CoHandler:
    """Take a request back that was not answered yet.

    Raises:
        EngineError: see `engine.tasks.co_handling.remove`.
    """
    return co_handling.remove(acting.session, request_id, staff=acting.staff, now=acting.now)


def send_back(acting: Acting, item_id: UUID, *, target_id: UUID, reason: str) -> SentBack:
    """Send the branch of a task back to a finished step of its process.

    Raises:
        EngineError: see `Runtime.send_back`, and the policy; `return-reason`: none is given.
    """
    acting.open(item_id, Action.RETURN)
    if not reason.strip():
        raise Invalid("return-reason", "Write why it goes back: whoever gets it has to know. Nothing was changed.")
    with writing(acting.session):
        back = acting.runtime.send_back(
            acting.session, item_id, target_id, staff=acting.staff, reason=reason.strip(), now=acting.now
        )
        for opened in back.opened:
            item = get_item(acting.session, opened)
            _tell(acting, item, "task_returned", _holders(acting, item), reason.strip())
    return back


def take_back(acting: Acting, item_id: UUID) -> SentBack:
    """Take back one's own completion, while nobody has opened what came of it.

    Raises:
        EngineError: see `Runtime.take_back`, and the policy.
    """
    acting.open(item_id, Action.TAKE_BACK)
    return acting.runtime.take_back(acting.session, item_id, staff=acting.staff, now=acting.now)


def _refuse_off_route(acting: Acting, subject: CaseSubject, to: Staff) -> None:
    """Of a sealed matter, a task goes to nobody who may not know of it."""
    if subject.sealed and not may(viewer_for(acting.session, to), Action.VIEW_CASE, subject):
        raise Forbidden(
            "case-sealed",
            "This matter is sealed: only the units on its route may know of it, so nobody can be brought in by hand.",
        )


def _refuse_sealed(subject: CaseSubject) -> None:
    if subject.sealed:
        raise Forbidden(
            "case-sealed",
            "This matter is sealed: only the units on its route may know of it, so nobody can be brought in by hand.",
        )


def _holders(acting: Acting, item: WorkItem) -> list[Staff]:
    """Return who has a task, and who stands in for them; while nobody has it, who could take it."""
    if item.owner_id is None:
        found = members(acting.session, role=item.role, unit_id=item.unit_id) if item.unit_id else []
        return [each for each in found if str(each.id) not in item.excluded]
    owner = acting.session.get_one(Staff, item.owner_id)
    absence = away(acting.session, owner.id, item.role, item.unit_id, acting.now)
    return [owner, absence.substitute] if absence is not None else [owner]


def _tell(acting: Acting, item: WorkItem, template: str, people: list[Staff], note: str) -> None:
    """Put a notice about a task in the outbox, of the number and the task; what the matter is about stays inside."""
    told = [each for each in people if each.active and each.id != acting.staff.id]
    if not told:
        return
    case = acting.session.scalars(select(Case).where(Case.id == item.case_id)).one()
    hooks = acting.runtime.hooks
    notify(
        acting.session,
        key=f"{template}:{item.id.hex}:{acting.now.isoformat()}",
        jurisdiction=item.jurisdiction,
        case_id=item.case_id,
        template=template,
        texts=TEXTS[template],
        facts={
            "number": case.number, "task": "".join(item.name.split("\n")), "who": acting.staff.name,
            # what somebody wrote of a sealed matter lies in nobody's mailbox
            "note": "" if case.sealed else note, "held_back": bool(case.sealed and note),
        },
        recipients=of_staff(told),
        link=f"/tasks/{item.id}" if template != "case_copied" else f"/cases/{item.case_id}",
        now=acting.now,
        site=hooks.site,
    )  # fmt: skip
    hooks.announce(acting.session)
