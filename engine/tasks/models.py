"""Work items and their drafts."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Instant, Json, new_id


class WorkItemState(StrEnum):
    """Life of a work item: open → claimed → completed; or withdrawn by the engine."""

    #: waits in the inbox of its role and unit
    OPEN = "open"
    #: somebody has it
    CLAIMED = "claimed"
    #: done; the process went on
    COMPLETED = "completed"
    #: the process no longer needs it (a boundary event, a cancelled branch, the end)
    WITHDRAWN = "withdrawn"


#: Still to be done.
LIVE = (WorkItemState.OPEN, WorkItemState.CLAIMED)
_LIVE_SQL = text("state IN ('open', 'claimed')")
_OPEN_SQL = text("state = 'open'")


class WorkItem(Base):
    """An open user task as staff see it."""

    __tablename__ = "work_item"
    __table_args__ = (
        # The last two columns are asked about every item: with them an inbox is counted without reading a row.
        Index(
            "ix_work_item_inbox", "inbox_key", "due_at", "id", "state", "excluded",
            sqlite_where=_LIVE_SQL, postgresql_where=_LIVE_SQL,
        ),
        Index(
            "ix_work_item_open", "inbox_key", "due_at", "id", "state", "excluded",
            sqlite_where=_OPEN_SQL, postgresql_where=_OPEN_SQL,
        ),
        Index("ix_work_item_owner", "owner_id", "due_at", "id", sqlite_where=_LIVE_SQL, postgresql_where=_LIVE_SQL),
        Index("ix_work_item_case", "case_id"),
        Index(
            "uq_work_item_live_task", "instance_id", "task_id", unique=True,
            sqlite_where=_LIVE_SQL, postgresql_where=_LIVE_SQL,
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: the engine's own id of the task, 32 hex digits
    task_id: Mapped[str] = mapped_column(String(32))
    element_id: Mapped[str] = mapped_column(String(120))
    process_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    form_id: Mapped[str | None] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(32))
    #: key of the party that a resident's task is for, such as `p2`; None: the petitioner
    party: Mapped[str | None] = mapped_column(String(8))
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("org_unit.id"))
    #: `role@unit code`, what an inbox merges
    inbox_key: Mapped[str] = mapped_column(String(120))
    #: {"role", "unit", "relation", "climbed"}: what a sentence "why me?" is made from
    why: Mapped[Any] = mapped_column(Json)
    #: staff ids (strings) that may not take it, e.g. the handler of the first round
    excluded: Mapped[Any] = mapped_column(Json, default=list)
    owner_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(String(16), default=WorkItemState.OPEN)
    #: when it falls due; None where nothing was promised
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    clock_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("clock.id"))
    priority: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_by: Mapped[str | None] = mapped_column(String(120))
    #: what its form took, see `engine.spiff.values`; None while it is open, and of what was done before this was kept
    entered: Mapped[Any | None] = mapped_column(Json)
    #: when somebody who may do it first looked at it; None again when it changes hands
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    #: how it came to whom it is with, see `engine.tasks.handing`; None when it was claimed from the inbox
    handed: Mapped[Any | None] = mapped_column(Json)
    #: where the task is in the process, see `engine.spiff.views.OpenTask.trail`
    trail: Mapped[Any | None] = mapped_column(Json)


class Draft(Base):
    """What somebody typed and has not sent."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_staff", "staff_id", "saved_at"),)

    work_item_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("work_item.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"), primary_key=True)
    data: Mapped[Any] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(Instant)


class SavedFilter(Base):
    """A view of the inbox that somebody keeps under a name, for themselves or for their unit."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("staff_id", "name"), Index("ix_saved_filter_unit", "unit_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"))
    #: whose members see it, too; None: nobody else
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("org_unit.id"))
    name: Mapped[str] = mapped_column(String(40))
    #: what the address of the inbox says: name → text
    query: Mapped[Any] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)


class DefaultFilter(Base):
    """The saved filter with which somebody's inbox opens: one of their own, or one that is shared with them."""

    __tablename__ = "default_filter"

    staff_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"), primary_key=True)
    filter_id: Mapped[UUID] = mapped_column(ForeignKey("saved_filter.id", ondelete="CASCADE"))


class Answering(StrEnum):
    """Life of a request to a co-handler."""

    #: asked, no answer yet
    ASKED = "asked"
    ANSWERED = "answered"
    #: taken back by the owner, or no longer needed because the task is over
    REMOVED = "removed"


class CoHandler(Base):
    """Somebody who was asked to answer beside the owner of a task (加签). The owner decides."""

    __tablename__ = "co_handler"
    __table_args__ = (
        Index("ix_co_handler_item", "work_item_id"),
        Index("ix_co_handler_case", "case_id"),
        Index(
            "uq_co_handler_asked", "work_item_id", "staff_id", unique=True,
            sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'"),
        ),
        Index(
            "ix_co_handler_staff", "staff_id", "asked_at",
            sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    work_item_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("work_item.id"))
    staff_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"))
    asked_by_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default=Answering.ASKED)


class CaseCopy(Base):
    """Somebody who reads along in a case (抄送)."""

    __tablename__ = "case_copy"
    __table_args__ = (UniqueConstraint("case_id", "staff_id"), Index("ix_case_copy_staff", "staff_id", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"))
    staff_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"))
    by_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("staff.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
