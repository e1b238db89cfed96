"""The time, as a port. Rules take `now` as an argument; only entries (views, ticks, commands) ask a clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Says what time it is, as an aware instant in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The host's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class ShiftedClock:
    """A clock that runs beside another one, `offset` ahead of it. The demo moves its own time with it."""

    base: Clock = field(default_factory=SystemClock)
    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.base.now() + self.offset


def aware(moment: datetime) -> datetime:
    """Return `moment` in UTC.

    Raises:
        ValueError: it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)


#: The zone in which calendars, closes of business and day boundaries of a Chinese jurisdiction are read.
CHINA = ZoneInfo("Asia/Shanghai")
