"""What the address of the inbox says: who holds, how much time is left, what is searched for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from flask_babel import gettext, lazy_gettext

from engine.tasks import Bucket, Counts, Holding, InboxQuery
from engine.tasks.inbox_views import COUNT_LIMIT
from web.presentation.addresses import with_query

#: rows of a page: what a clerk reads before the next look, and what a phone can show
_PAGE: Final = 30
_HOLDINGS: Final = {
    Holding.ANY: lazy_gettext("全部"),
    Holding.UNCLAIMED: lazy_gettext("待认领"),
    Holding.MINE: lazy_gettext("我办的"),
}
_BUCKETS: Final = {
    Bucket.OVERDUE: (lazy_gettext("已超期"), "exclamation-octagon-fill"),
    Bucket.TODAY: (lazy_gettext("今天到期"), "exclamation-triangle-fill"),
    Bucket.SOON: (lazy_gettext("三天内"), "hourglass-split"),
    Bucket.LATER: (lazy_gettext("三天后"), "clock"),
    Bucket.NONE: (lazy_gettext("无时限"), "circle"),
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The reader's choice. What the address says wrongly counts as not said."""

    holding: Holding = Holding.ANY
    bucket: Bucket | None = None
    text: str = ""
    after: str | None = None

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Read the query of an address: `holding`, `due`, `q`, `after`."""
        holding, bucket = args.get("holding", ""), args.get("due", "")
        return cls(
            holding=Holding(holding) if holding in set(Holding) else Holding.ANY,
            bucket=Bucket(bucket) if bucket in set(Bucket) else None,
            text=args.get("q", "").strip()[:100],
            after=args.get("after") or None,
        )

    @property
    def narrowed(self) -> bool:
        """Whether an empty list may only be empty because of the filters."""
        return self.holding is not Holding.ANY or self.bucket is not None or bool(self.text)

    def query(self, staff_id: UUID, keys: list[str]) -> InboxQuery:
        """Return the query of the inbox of `staff_id`, who works from the inboxes `keys`."""
        return InboxQuery(
            staff_id=staff_id, keys=tuple(keys), holding=self.holding, bucket=self.bucket,
            text=self.text or None, cursor=self.after, limit=_PAGE,
        )  # fmt: skip


def holding_chips(chosen: Filters) -> list[dict[str, object]]:
    """Return the chips that choose who holds."""
    return [
        {
            "label": label,
            "href": with_query(holding=None if holding is Holding.ANY else holding, after=None),
            "active": chosen.holding is holding,
        }
        for holding, label in _HOLDINGS.items()
    ]


def bucket_chips(chosen: Filters, counts: Counts) -> list[dict[str, object]]:
    """Return the chips that choose how much time is left, each with its count; pressed again, a chip lets go."""
    every = {"label": gettext("不限"), "href": with_query(due=None, after=None), "active": chosen.bucket is None}
    chips: list[dict[str, object]] = [{**every, "count": count_words(counts.total)}]
    for bucket, (label, icon) in _BUCKETS.items():
        active = chosen.bucket is bucket
        count = getattr(counts, bucket.value)
        chips.append(
            {
                "label": label,
                "href": with_query(due=None if active else bucket, after=None),
                "active": active,
                "count": f"{count}+" if bucket in counts.at_least and count < COUNT_LIMIT else count_words(count),
                "icon": icon,
            }
        )
    return chips


def count_words(count: int) -> str:
    """Return a count as people read it: counting stops where it no longer matters."""
    return str(count) if count < COUNT_LIMIT else f"{COUNT_LIMIT - 1}+"
