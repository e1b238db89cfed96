"""The time, as a port. Rules take `now` as an argument; only entries (views, ticks, commands) ask a clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, Self
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
_PROVISIONAL: Final = {"zh": "（暂定）", "en": " (provisional)"}


class DueDate(str):
    """A due date as notices and documents write it, `2027-02-08 18:00`, marked while it is provisional.

    As text it is marked in Chinese, the language of documents; `told` marks it in that of a reader.
    """

    __slots__ = ("moment", "provisional")
    moment: str
    provisional: bool

    def __new__(cls, moment: str, provisional: bool) -> Self:
        made = super().__new__(cls, moment + _PROVISIONAL["zh"] * provisional)
        made.moment, made.provisional = moment, provisional
        return made

    def told(self, language: str) -> str:
        """Return the date for a reader of `zh` or `en`; anything else reads English."""
        return self.moment + _PROVISIONAL.get(language, _PROVISIONAL["en"]) * self.provisional
