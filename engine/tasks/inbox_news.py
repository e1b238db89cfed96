"""Whether work has come since a list was shown: asked every half minute by every open page, so it costs little.

Ids count up with time (UUIDv7), so what came to be since is a short range of the primary key; what colleagues handed
over since is among the few items that one holds.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, bindparam, func, literal_column, not_, or_, select, text, type_coerce
from sqlalchemy.orm import Session

from engine.clock import aware
from engine.db import Instant, new_id
from engine.tasks.inbox_asking import open_to
from engine.tasks.inbox_statements import CASE
from engine.tasks.inbox_views import InboxQuery
from engine.tasks.models import WorkItem

_ITEM: Final = WorkItem.__table__
#: so many of the newest items of the whole installation are looked at
_LOOKED_AT: Final = 2000


@dataclass(frozen=True, kw_only=True)
class Mark:
    """When a list was shown: by the ids that came to be since, and by the application's clock."""

    id: UUID
    at: datetime

    @classmethod
    def of(cls, now: datetime) -> Self:
        """Return the mark of this moment."""
        return cls(id=new_id(), at=aware(now))

    @classmethod
    def read(cls, written: str) -> Self | None:
        """Return a mark that a page sent back; None when it is none."""
        identity, _, seconds = written.partition("-")
        try:
            return cls(id=UUID(hex=identity), at=datetime.fromtimestamp(int(seconds) / 1000, UTC))
        except (ValueError, OverflowError, OSError):
            return None

    def __str__(self) -> str:
        return f"{self.id.hex}-{int(self.at.timestamp() * 1000)}"


def _came() -> Any:
    keys: Any = bindparam("keys", expanding=True)
    covered: Any = bindparam("covered", expanding=True)
    closed: Any = bindparam("closed", expanding=True)
    newest = (
        select(_ITEM.c.id, _ITEM.c.case_id, _ITEM.c.inbox_key, _ITEM.c.state, _ITEM.c.excluded, _ITEM.c.owner_id)
        .where(_ITEM.c.id > bindparam("since", type_=Uuid()))
        .order_by(_ITEM.c.id.desc())
        .limit(literal_column(str(_LOOKED_AT), Integer()))
        .subquery("newest")
    )
    excluded: Any = type_coerce(newest.c.excluded, String())
    sealed = select(CASE.c.sealed).where(CASE.c.id == newest.c.case_id).scalar_subquery()
    fresh = select(func.count()).where(
        newest.c.state == "open",
        newest.c.inbox_key.in_(keys),
        excluded.not_like(bindparam("not_me", type_=String())),
        newest.c.case_id.not_in(closed),
        or_(newest.c.inbox_key.not_in(covered), not_(sealed)),
    )
    handed = select(func.count()).select_from(_ITEM).where(
        _ITEM.c.owner_id == bindparam("staff", type_=Uuid()),
        text("work_item.state IN ('open', 'claimed')"),
        _ITEM.c.handed.is_not(None),
        _ITEM.c.claimed_at > bindparam("at", type_=Instant()),
        _ITEM.c.case_id.not_in(closed),
    )  # fmt: skip
    return select(fresh.scalar_subquery() + handed.scalar_subquery())


_CAME: Final = _came()


def came_since(session: Session, query: InboxQuery, mark: Mark) -> int:
    """Return how many items have come to somebody's inbox since `mark`; of the query only whose inbox it is counts."""
    query = open_to(session, query)
    values = {"staff": query.staff_id, "not_me": f'%"{query.staff_id}"%', "since": mark.id, "at": mark.at}
    inboxes = {"keys": list(query.keys), "covered": list(query.covered), "closed": list(query.closed or ())}
    return int(session.connection().execute(_CAME, values | inboxes).scalar_one())
