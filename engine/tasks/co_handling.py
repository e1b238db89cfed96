"""Co-handlers of a task (加签, 减签): they answer, the owner decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, TextClause, Uuid, bindparam, select, text
from sqlalchemy.orm import Session, aliased

from engine.audit import Tag
from engine.clock import aware
from engine.db import writing
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.organisation.colleagues import takes_part
from engine.organisation.models import Staff
from engine.tasks.handing import require_owner
from engine.tasks.models import LIVE, Answering, CoHandler, WorkItem
from engine.tasks.permission import require_knowing
from engine.tasks.service import lock_item, note_item, refuse_over


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request to a co-handler with the names that a page shows."""

    request: CoHandler
    who: str
    by: str
    task: str


def ask(session: Session, item_id: UUID, *, who: Staff, question: str, staff: Staff, now: datetime) -> CoHandler:
    """Ask somebody to answer beside the owner of a task. The task does not wait for the answer.

    Raises:
        NotFound: there is no such task.
        Conflict: it is over, or `co-handler-asked`: they are asked already.
        Forbidden: the task is not with `staff`.
        Invalid: `co-handler-unfit`: they have no part in matters, or are the owner; `co-handler-question`: nothing
            is asked.
    """
    with writing(session):
        item = lock_item(session, item_id)
        refuse_over(item)
        require_owner(item, staff)
        if who.id == staff.id or not takes_part(session, who, item.jurisdiction):
            raise Invalid("co-handler-unfit", "{who} cannot be asked. Choose a colleague who works on matters.",
                          who=who.name)  # fmt: skip
        require_knowing(session, item, who)
        if not question.strip():
            raise Invalid("co-handler-question", "Write what {who} is to answer.", who=who.name)
        if any(each.staff_id == who.id and each.state == Answering.ASKED for each in _of(session, item_id)):
            raise Conflict("co-handler-asked", "{who} is asked already and has not answered yet.", who=who.name)
        request = CoHandler(
            jurisdiction=item.jurisdiction, case_id=item.case_id, work_item_id=item.id, staff_id=who.id,
            asked_by_id=staff.id, question=question.strip(), asked_at=aware(now), state=Answering.ASKED.value,
        )  # fmt: skip
        session.add(request)
        session.flush()
        note_item(session, item, Tag.CO_HANDLER_ASKED, staff, now, {"to": who.name})
        return request


def answer(session: Session, request_id: UUID, *, text: str, staff: Staff, now: datetime) -> CoHandler:
    """Answer a request.

    Raises:
        NotFound: there is no such request to `staff`.
        Conflict: `co-handler-over`: it was answered or taken back, or the task is over.
        Invalid: `co-handler-answer`: nothing was written.
    """
    with writing(session):
        request = _request(session, request_id)
        item = lock_item(session, request.work_item_id)
        session.refresh(request)
        if request.staff_id != staff.id:
            raise NotFound("co-handler-unknown", "There is no such request.")
        if request.state != Answering.ASKED or item.state not in LIVE:
            raise Conflict("co-handler-over", "This request was answered or taken back, or its task is over.")
        if not text.strip():
            raise Invalid("co-handler-answer", "Write an answer first.")
        request.answer, request.answered_at, request.state = text.strip(), aware(now), Answering.ANSWERED.value
        session.flush()
        note_item(session, item, Tag.CO_HANDLER_ANSWERED, staff, now, {})
        return request


def remove(session: Session, request_id: UUID, *, staff: Staff, now: datetime) -> CoHandler:
    """Take a request back that was not answered yet.

    Raises:
        NotFound: there is no such request.
        Forbidden: `task-not-yours`: neither is the task with `staff`, nor did they ask.
        Conflict: `co-handler-over`: it was answered or taken back already.
    """
    with writing(session):
        request = _request(session, request_id)
        item = lock_item(session, request.work_item_id)
        session.refresh(request)
        if staff.id not in (item.owner_id, request.asked_by_id):
            raise Forbidden("task-not-yours", "“{task}” is not with you. Only whoever has it can do this.",
                            task=item.name)  # fmt: skip
        if request.state != Answering.ASKED:
            raise Conflict("co-handler-over", "This request was answered or taken back, or its task is over.")
        request.state = Answering.REMOVED.value
        session.flush()
        who = session.get_one(Staff, request.staff_id)
        note_item(session, item, Tag.CO_HANDLER_REMOVED, staff, now, {"to": who.name})
        return request


def requests_of(session: Session, item_id: UUID) -> list[Asked]:
    """Return what was asked and answered about a task, first things first; nothing that was taken back."""
    return _asked(session, _OF, {"item": item_id, "most": 200})


def requests_to(session: Session, staff_id: UUID, *, limit: int = 50) -> list[Asked]:
    """Return what somebody is asked and has not answered, the oldest first."""
    return _asked(session, _TO, {"staff": staff_id, "most": limit})


def _named(*where: ColumnElement[bool] | TextClause) -> Select[CoHandler, str, str, str]:
    who, by = aliased(Staff), aliased(Staff)
    return (
        select(CoHandler, who.name, by.name, WorkItem.name)
        .join(who, who.id == CoHandler.staff_id)
        .join(by, by.id == CoHandler.asked_by_id)
        .join(WorkItem, WorkItem.id == CoHandler.work_item_id)
        .where(*where)
        .order_by(CoHandler.asked_at, CoHandler.id)
        .limit(bindparam("most", type_=Integer()))
    )


#: Written once: every page of an inbox asks it.
_TO: Final = _named(
    CoHandler.staff_id == bindparam("staff", type_=Uuid()),
    text("co_handler.state = 'asked'"),  # the very words of the partial index
    WorkItem.state.in_(LIVE),
)
_OF: Final = _named(CoHandler.work_item_id == bindparam("item", type_=Uuid()), CoHandler.state != Answering.REMOVED)


def _asked(session: Session, statement: Select[CoHandler, str, str, str], values: dict[str, object]) -> list[Asked]:
    rows = session.execute(statement, values)
    return [Asked(request=request, who=name, by=asker, task=task) for request, name, asker, task in rows]


def _of(session: Session, item_id: UUID) -> list[CoHandler]:
    return list(session.scalars(select(CoHandler).where(CoHandler.work_item_id == item_id)))


def _request(session: Session, request_id: UUID) -> CoHandler:
    request = session.get(CoHandler, request_id)
    if request is None:
        raise NotFound("co-handler-unknown", "There is no such request.")
    return request
