"""The row of a run that somebody plays: what was put in, from which any process plays it again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, Json, new_id


class PlayRun(Base):
    """A run in a sandbox. Nothing of a case is in it: matter and people are invented."""

    __tablename__ = "play_run"
    __table_args__ = (Index("ix_play_run_owner", "owner", "used_at"), Index("ix_play_run_used", "used_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: who plays; nobody else sees it
    owner: Mapped[UUID] = mapped_column(Uuid)
    #: what is played, as its pages name it
    source: Mapped[Any] = mapped_column(Json)
    #: the package as it was when the run began; a draft goes on. Read only by who plays the run again: it may be large
    package: Mapped[bytes] = mapped_column(Bytes, deferred=True)
    #: ids of the versions of other processes that it may call for
    others: Mapped[Any] = mapped_column(Json)
    #: the scenario that it is so far; likewise
    content: Mapped[bytes] = mapped_column(Bytes, deferred=True)
    #: how many steps it has; raised by who made them, so that two who go on at once do not both
    steps: Mapped[int]
    used_at: Mapped[datetime] = mapped_column(Instant)
