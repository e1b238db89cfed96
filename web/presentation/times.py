"""Instants and time left, in the reader's language and zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from babel.dates import format_date
from flask_babel import get_locale, gettext, ngettext

from engine.clock import CHINA
from web.languages import reader_language, reader_zone

#: Where the start of a clock is not known, the bar stands for this much time.
HORIZON = timedelta(days=7)
#: Less than this left and the reader should look soon.
SOON = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class TimeLeft:
    """How much time is left, ready to be shown.

    Args:
        tone: `calm`, `soon`, `today`, `late`, `paused` or `done`; chooses colour and icon.
        words: what a person reads.
        share: 0 to 100, how full the bar is: the share of the time that is left, 100 when late.
    """

    tone: str
    words: str
    share: int


def _zone() -> tzinfo:
    return reader_zone() or CHINA


def _locale() -> str:
    return str(get_locale() or "zh_Hans_CN")


def _chinese() -> bool:
    return reader_language() == "zh"


# A list shows hundreds of instants. The two below are put together by hand: reading a pattern takes longer than the
# rest of a row.
_DAYS_ZH = "一二三四五六日"
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def exact(moment: datetime) -> str:
    """Return an instant to the second with weekday and offset, for the text that appears on hover."""
    return _exact(moment.astimezone(_zone()), chinese=_chinese())


def told(moment: datetime) -> tuple[str, str]:
    """Return an instant as `instant` and as `exact` say it: what every row of a list shows."""
    at, chinese = moment.astimezone(_zone()), _chinese()
    return _instant(at, chinese=chinese, year=False), _exact(at, chinese=chinese)


def _exact(at: datetime, *, chinese: bool) -> str:
    clock = f"{at.hour:02}:{at.minute:02}:{at.second:02}"
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    offset = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    if chinese:
        return f"{at.year}年{at.month}月{at.day}日 星期{_DAYS_ZH[at.weekday()]} {clock}（{offset}）"
    return f"{_DAYS_EN[at.weekday()]}, {at.day} {_MONTHS_EN[at.month - 1]} {at.year}, {clock} ({offset})"


def instant(moment: datetime, year: bool = False) -> str:
    """Return an instant to the minute, such as `11月22日 08:46`, with the year where asked."""
    return _instant(moment.astimezone(_zone()), chinese=_chinese(), year=year)


def _instant(at: datetime, *, chinese: bool, year: bool) -> str:
    clock = f"{at.hour:02}:{at.minute:02}"
    if chinese:
        return f"{at.year}年{at.month}月{at.day}日 {clock}" if year else f"{at.month}月{at.day}日 {clock}"
    day = f"{at.day} {_MONTHS_EN[at.month - 1][:3]}"
    return f"{day} {at.year}, {clock}" if year else f"{day}, {clock}"


def on_day(day: date | datetime) -> str:
    """Return a day with year and weekday, such as `2026年11月23日 星期一`."""
    if isinstance(day, datetime):
        day = day.astimezone(_zone()).date()
    return format_date(day, "y年M月d日 EEEE" if _locale().startswith("zh") else "EEEE, d MMMM y", locale=_locale())


def isoformat(value: date | datetime | time) -> str:
    """Return the machine-readable form of a date, time or instant."""
    return value.isoformat()


def form_value(value: object, kind: str = "") -> object:
    """Return a value as an input of this kind wants it.

    Args:
        value: a stored or resubmitted value; None becomes empty.
        kind: `date`, `time`, `datetime-local` or anything else.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(_zone()) if value.tzinfo else value
        return {"date": local.date().isoformat(), "time": local.strftime("%H:%M")}.get(
            kind, local.strftime("%Y-%m-%dT%H:%M")
        )
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and kind in ("time", "datetime-local"):  # form-js keeps a zone that the input refuses
        return value.removesuffix("Z")[: 5 if kind == "time" else 16]
    return value


def span(length: timedelta) -> str:
    """Return a span in its one or two largest units, such as `2 天 3 小时`, rounded down to at least a minute."""
    return _amount(length)


def _amount(span: timedelta) -> str:
    """Return a span in its one or two largest units, rounded down."""
    return _minutes_in(reader_language(), int(span.total_seconds() // 60))


@lru_cache(maxsize=8192)
def _minutes_in(_language: str, minutes: int) -> str:
    """Say minutes in the language of the page, which is part of what the answer is kept by."""
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days >= 3 or (days and not hours):
        return str(ngettext("%(num)d 天", "%(num)d 天", days))
    if days:
        return str(
            gettext("%(days)s %(hours)s", days=_amount(timedelta(days=days)), hours=_amount(timedelta(hours=hours)))
        )
    if hours:
        return str(ngettext("%(num)d 小时", "%(num)d 小时", hours))
    return str(ngettext("%(num)d 分钟", "%(num)d 分钟", max(minutes, 1)))


def _share(due_at: datetime, now: datetime, started_at: datetime | None) -> int:
    whole = due_at - started_at if started_at else HORIZON
    if whole <= timedelta(0):
        return 0
    return max(0, min(100, round(100 * ((due_at - now) / whole))))


def time_left(
    due_at: datetime | None, now: datetime, state: str = "running", started_at: datetime | None = None
) -> TimeLeft:
    """Say how much time is left until a due instant.

    Args:
        due_at: when it is due; None where nothing is promised.
        now: the instant at which it is read.
        state: of the clock: `running`, `suspended`, `stopped` or `cancelled`. A stopped clock was met when `now`, the
            instant at which it stopped, is not after `due_at`.
        started_at: when the clock started; without it the bar stands for seven days.
    """
    if due_at is None:
        return TimeLeft(tone="done", words=gettext("无时限"), share=0)
    if state == "cancelled":
        return TimeLeft(tone="done", words=gettext("不再计时"), share=0)
    if state == "stopped":
        met = now <= due_at
        return TimeLeft(
            tone="done" if met else "late",
            words=gettext("按时办结") if met else gettext("逾期办结"),
            share=0 if met else 100,
        )
    if state == "suspended":
        return TimeLeft(tone="paused", words=gettext("已暂停计时"), share=_share(due_at, now, started_at))
    left = due_at - now
    if left < timedelta(0):
        return TimeLeft(tone="late", words=gettext("已超期 %(span)s", span=_amount(-left)), share=100)
    zone = _zone() if left <= timedelta(days=1) else None
    if zone and due_at.astimezone(zone).date() == now.astimezone(zone).date():
        words = gettext("今天 %(clock)s 到期", clock=due_at.astimezone(zone).strftime("%H:%M"))
        return TimeLeft(tone="today", words=words, share=_share(due_at, now, started_at))
    words = gettext("还剩 %(span)s", span=_amount(left))
    return TimeLeft(tone="soon" if left <= SOON else "calm", words=words, share=_share(due_at, now, started_at))
