"""The windows of time that an inbox is read and counted by."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self

from engine.clock import CHINA, aware
from engine.tasks.inbox_views import SOON_DAYS, Bucket


@dataclass(frozen=True)
class Window:
    """A half-open range of due instants, or the items without one.

    Args:
        dated: None: both those that have a due instant and those that have none, for counting them together.
    """

    start: datetime | None = None
    end: datetime | None = None
    dated: bool | None = True

    def narrowed(self, start: datetime | None, end: datetime | None) -> "Window | None":
        """Return what of it lies between two instants; None when nothing is left."""
        if not self.dated:
            return self if start is None and end is None else None
        start = max((moment for moment in (self.start, start) if moment is not None), default=None)
        end = min((moment for moment in (self.end, end) if moment is not None), default=None)
        if start is not None and end is not None and start >= end:
            return None
        return replace(self, start=start, end=end)


#: Every item, whatever its due instant.
ALWAYS: Final = Window(dated=None)


@dataclass(frozen=True, kw_only=True)
class Days:
    """Where the buckets begin and end."""

    now: datetime
    tomorrow: datetime
    later: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "later", self.tomorrow + timedelta(days=SOON_DAYS))

    @classmethod
    def at(cls, now: datetime) -> Self:
        """Return those of an instant; days begin in China's zone."""
        local = aware(now).astimezone(CHINA)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return cls(now=aware(now), tomorrow=aware(midnight))

    def window(self, bucket: Bucket) -> Window:
        """Return the range of a bucket."""
        return {
            Bucket.OVERDUE: Window(None, self.now),
            Bucket.TODAY: Window(self.now, self.tomorrow),
            Bucket.SOON: Window(self.tomorrow, self.later),
            Bucket.LATER: Window(self.later, None),
            Bucket.NONE: Window(dated=False),
        }[bucket]

    def bucket(self, due_at: datetime | None) -> Bucket:
        """Return the bucket of a due instant."""
        if due_at is None:
            return Bucket.NONE
        if due_at < self.now:
            return Bucket.OVERDUE
        if due_at < self.tomorrow:
            return Bucket.TODAY
        return Bucket.SOON if due_at < self.later else Bucket.LATER
