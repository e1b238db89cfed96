"""Work items as staff see them: who may take one and why, drafts, and the inbox that shows the riskiest first."""

from engine.tasks.drafts import discard_draft, load_draft, save_draft
from engine.tasks.inbox import inbox
from engine.tasks.inbox_counts import count, held_counts
from engine.tasks.inbox_views import Bucket, ClockFace, Counts, Held, Holding, InboxItem, InboxQuery, Page
from engine.tasks.models import Draft, WorkItem, WorkItemState
from engine.tasks.permission import may_take
from engine.tasks.service import claim, get_item, note_opened, release
from engine.tasks.why import why_me

__all__ = [
    "Bucket",
    "ClockFace",
    "Counts",
    "Draft",
    "Held",
    "Holding",
    "InboxItem",
    "InboxQuery",
    "Page",
    "WorkItem",
    "WorkItemState",
    "claim",
    "count",
    "discard_draft",
    "get_item",
    "held_counts",
    "inbox",
    "load_draft",
    "may_take",
    "note_opened",
    "release",
    "save_draft",
    "why_me",
]
