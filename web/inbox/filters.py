"""What the address of the inbox says: who holds, how much time is left, what is searched for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext, lazy_gettext

from engine.tasks import Bucket, Counts, Held, Holding, InboxQuery
from engine.tasks.inbox_views import COUNT_LIMIT
from engine.tasks.saved_filters import KeptFilter, readable
from web.presentation.addresses import with_query

#: rows of a page: what a clerk reads before the next look, and what a phone can show
_PAGE: Final = 25
_HOLDINGS: Final = {
    Holding.ANY: lazy_gettext("全部"),
    Holding.UNCLAIMED: lazy_gettext("待认领"),
    Holding.MINE: lazy_gettext("我办的"),
    Holding.DRAFTS: lazy_gettext("有草稿"),
    Holding.WAITING: lazy_gettext("等会办答复"),
    Holding.COVER: lazy_gettext("代办"),
}
#: shown only where there is something in it
_SELDOM: Final = {Holding.DRAFTS, Holding.WAITING, Holding.COVER}
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

    def said(self) -> dict[str, str]:
        """Return what an address says of it."""
        return {"holding": self.holding.value, "due": self.bucket.value if self.bucket else "", "q": self.text}

    @property
    def narrowed(self) -> bool:
        """Whether an empty list may only be empty because of the filters."""
        return self.holding is not Holding.ANY or self.bucket is not None or bool(self.text)

    def applied(self, whose: InboxQuery) -> InboxQuery:
        """Return the query of the inbox of `whose`, as the reader chose."""
        return replace(
            whose, holding=self.holding, bucket=self.bucket, text=self.text or None, cursor=self.after, limit=_PAGE
        )


def holding_chips(chosen: Filters, held: Held | None) -> list[dict[str, object]]:
    """Return the chips that choose who holds.

    Args:
        held: how many each has; None where the list is narrowed otherwise too, since then it has others.
    """
    chips: list[dict[str, object]] = []
    for holding, label in _HOLDINGS.items():
        count = getattr(held, holding.value) if held else None
        active = chosen.holding is holding
        if holding in _SELDOM and not count and not active:
            continue
        # "all" is said as well: without a word the inbox opens with the reader's own filter
        chip = {"label": label, "href": with_query(holding=holding, after=None), "active": active}
        chips.append(chip if count is None else chip | {"count": count_words(count)})
    return chips


def saved_chips(chosen: Filters, kept: list[KeptFilter]) -> list[dict[str, object]]:
    """Return the chips of the reader's saved filters; of one that is shared, by whom."""
    return [
        {
            "label": each.name if each.mine else gettext("%(name)s（%(who)s共享）", name=each.name, who=each.by),
            "href": address(each.query),
            "active": readable(chosen.said()) == dict(each.query),
            "icon": "star-fill" if each.default else "people" if each.unit else "star",
        }
        for each in kept
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


def address(query: dict[str, str]) -> str:
    """Return where the inbox is shown with a filter; one that says nothing of who holds means all of them."""
    return f"{url_for('inbox.index')}?{urlencode({'holding': Holding.ANY.value} | query)}"


def count_words(count: int) -> str:
    """Return a count as people read it: counting stops where it no longer matters."""
    return str(count) if count < COUNT_LIMIT else f"{COUNT_LIMIT - 1}+"
