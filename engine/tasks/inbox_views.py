"""What an inbox is asked, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from engine.tasks.models import WorkItemState

#: A count stops here: "999+" tells a person as much as 48,211 does, and costs the same every time.
COUNT_LIMIT: Final = 1000
#: So many rows are looked at for what no index knows (a category, a word); the next page goes on from there.
SCAN_LIMIT: Final = 1000
#: How many days after today still count as "soon".
SOON_DAYS: Final = 3


class Holding(StrEnum):
    """Who has the items that an inbox shows."""

    #: those of my keys, whoever has them, and those that I hold
    ANY = "any"
    #: those that I hold
    MINE = "mine"
    #: those that nobody holds
    UNCLAIMED = "unclaimed"
    #: those for which I have typed something and not sent it
    DRAFTS = "drafts"
    #: those that I hold and somebody whom I asked has not answered
    WAITING = "waiting"
    #: those that I do for somebody absent
    COVER = "cover"


class Bucket(StrEnum):
    """How much time is left."""

    #: the due instant has passed
    OVERDUE = "overdue"
    #: due before the day ends
    TODAY = "today"
    #: due within the next `SOON_DAYS` days
    SOON = "soon"
    #: due after that
    LATER = "later"
    #: nothing was promised
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class InboxQuery:
    """What to show.

    Args:
        staff_id: whose inbox it is.
        keys: the inbox keys (`role@unit code`) of that person, see `engine.organisation.inbox_keys`.
        covered: those of `keys` that are somebody absent's: nothing of sealed cases comes from them.
        holding: who has the items.
        bucket: only those with so much time left.
        due_from, due_until: only those due in this half-open window.
        kinds: only those of cases of these kinds (`petition`, …); empty for all.
        category: only those of cases of this category.
        text: only those whose case number or title, or task name, contains it.
        roles: only those for these roles.
        cursor: where the last page ended, from `Page.next_cursor`.
        limit: how many rows, 1 to 200.
    """

    staff_id: UUID
    keys: tuple[str, ...]
    covered: tuple[str, ...] = ()
    #: cases that the person must not know of, because they are accused in them; None: the inbox finds them itself
    closed: tuple[UUID, ...] | None = None
    #: the few items that a choice of `holding` is about; None for all; found by the inbox itself
    only: tuple[UUID, ...] | None = None
    holding: Holding = Holding.ANY
    bucket: Bucket | None = None
    due_from: datetime | None = None
    due_until: datetime | None = None
    kinds: tuple[str, ...] = ()
    category: str | None = None
    text: str | None = None
    roles: tuple[str, ...] = ()
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True)
class ClockFace:
    """The clock that a work item follows: what a bar of the time left is drawn from."""

    id: UUID
    name: str
    kind: str
    started_at: datetime
    due_at: datetime
    provisional: bool


@dataclass(frozen=True, kw_only=True)
class InboxItem:
    """A row of the list, with all that it shows."""

    id: UUID
    name: str
    inbox_key: str
    element_id: str
    process_id: str
    role: str
    state: WorkItemState
    unit_name: str | None
    owner_id: UUID | None
    owner_name: str | None
    due_at: datetime | None
    bucket: Bucket
    clock: ClockFace | None
    priority: int
    created_at: datetime
    case_id: UUID
    case_number: str
    case_title: str
    case_kind: str
    category: str
    place_name: str
    has_draft: bool

    @property
    def provisional(self) -> bool:
        """Whether its date counts a year whose notice is not out yet."""
        return self.clock is not None and self.clock.provisional


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many there are of each, each up to `COUNT_LIMIT`.

    Args:
        at_least: those of which there may be more, because not every row was looked at.
    """

    overdue: int
    today: int
    soon: int
    later: int
    none: int
    at_least: frozenset[Bucket] = frozenset()

    @property
    def total(self) -> int:
        """All of them."""
        return self.overdue + self.today + self.soon + self.later + self.none


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of an inbox. `counts` ignore the bucket and the cursor of the query, not its other filters.

    Args:
        looked_on: there may be more behind `next_cursor`: so many rows were looked at, and looking was stopped.
        closed: cases that the person must not know of, for whoever asks on in the same request.
    """

    items: tuple[InboxItem, ...]
    next_cursor: str | None
    counts: Counts
    looked_on: bool = False
    closed: tuple[UUID, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Held:
    """How many items there are by who has them, each up to `COUNT_LIMIT`."""

    any: int
    unclaimed: int
    mine: int
    drafts: int = 0
    waiting: int = 0
    cover: int = 0
