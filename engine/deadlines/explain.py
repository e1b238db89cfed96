"""Answers "why this date?" in a sentence, in Chinese or English."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.clock import CHINA, DueDate
from engine.deadlines.trace import Step, StepKind, from_json

#: the holidays of the State Council's notices, as calendars store them, and in English
HOLIDAYS: Final = {
    "元旦": "New Year's Day", "春节": "Spring Festival", "清明节": "Tomb-Sweeping Day", "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival", "国庆节": "National Day", "中秋节": "Mid-Autumn Festival",
    "抗战胜利纪念日": "Victory Day",
}  # fmt: skip

_UNITS: Final = {
    "hours": ("小时", "hour"),
    "working-days": ("个工作日", "working day"),
    "calendar-days": ("个自然日", "calendar day"),
    "calendar-months": ("个月", "month"),
}
_WEEKDAYS_ZH: Final = "一二三四五六日"
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def explain(trace: Sequence[Step] | Sequence[Mapping[str, Any]], locale: str = "zh_CN", zone: ZoneInfo = CHINA) -> str:
    """Return the sentence that explains a due date.

    Args:
        trace: the steps, or how a clock row stores them.
        locale: `zh_CN` or `en`; anything else reads English.
        zone: in which days and times are named.
    """
    steps = [step if isinstance(step, Step) else from_json([step])[0] for step in trace]
    if not steps:
        return ""
    phrase = _chinese if locale.startswith("zh") else _english
    said = [phrase(step, zone) for step in steps]
    before = [words for words, step in zip(said, steps, strict=True) if step.kind is not StepKind.ENDS and words]
    ends = [words for words, step in zip(said, steps, strict=True) if step.kind is StepKind.ENDS]
    stop, comma = ("。", "；") if phrase is _chinese else (".", "; ")
    sentence = comma.join(before) + (" → " + ends[-1] if ends else "") + stop
    return sentence[0].upper() + sentence[1:]


def dated(due_at: datetime, zone: ZoneInfo, *, provisional: bool) -> DueDate:
    """Return a due date for notices and documents."""
    return DueDate(f"{due_at.astimezone(zone):%Y-%m-%d %H:%M}", provisional)


def _chinese(step: Step, zone: ZoneInfo) -> str:
    def day(value: date | None, *, year: bool = False) -> str:
        assert value is not None
        named = f"{value.month}月{value.day}日（周{_WEEKDAYS_ZH[value.weekday()]}）"
        return f"{value.year}年{named}" if year else named

    def moment(value: datetime | None) -> str:
        assert value is not None
        local = value.astimezone(zone)
        return f"{day(local.date(), year=True)}{local:%H:%M}"

    phrases: dict[StepKind, Callable[[], str]] = {
        StepKind.RECEIVED: lambda: f"{moment(step.at)}起算",
        StepKind.COUNTED: lambda: _counted_zh(step),
        StepKind.MAKE_UP: lambda: f"{day(step.day)}调休上班",
        StepKind.HOLIDAY: lambda: f"{_span_zh(step)}{step.name or ''}放假",
        StepKind.CLAMPED: lambda: "该月没有对应的日期，取当月最后一日",
        StepKind.ROLLED: lambda: f"最后一日{day(step.day)}不是工作日，顺延至{day(step.until)}",
        StepKind.NOT_ROLLED: lambda: f"最后一日{day(step.day)}不是工作日，办理时限不顺延",
        StepKind.PROVISIONAL: lambda: f"{_years(step, '至')}年放假安排尚未公布，暂按周一至周五计算",
        StepKind.FIXED: lambda: f"约定日期为{day(step.day)}",
        StepKind.EXTENDED: lambda: f"经批准延长{_amount_zh(step)}",
        StepKind.EXCLUDED: lambda: f"中止计时{_amount_zh(step)}，不计入" + (f"（{step.name}）" if step.name else ""),
        StepKind.ENDS: lambda: _ends_zh(step, zone, day),
    }
    return phrases[step.kind]()


def _years(step: Step, to: str) -> str:
    assert step.day is not None
    return f"{step.day.year}{to}{step.until.year}" if step.until else str(step.day.year)


def _amount_zh(step: Step) -> str:
    return f"{step.amount}{_UNITS[step.unit or ''][0]}"


def _counted_zh(step: Step) -> str:
    return _amount_zh(step) if step.unit == "hours" else f"{_amount_zh(step)}，当日不计"


def _span_zh(step: Step) -> str:
    first, last = step.day, step.until
    assert first is not None
    assert last is not None
    if first == last:
        return f"{first.month}月{first.day}日"
    end = f"{last.day}日" if last.month == first.month else f"{last.month}月{last.day}日"
    return f"{first.month}月{first.day}日至{end}"


def _ends_zh(step: Step, zone: ZoneInfo, day: Callable[..., str]) -> str:
    assert step.at is not None
    local = step.at.astimezone(zone)
    named = day(local.date(), year=True)
    if step.how == "midnight":
        return f"{named}24:00前"
    return f"{named}{local:%H:%M}" + ("下班前" if step.how == "close" else "前")


def _english(step: Step, zone: ZoneInfo) -> str:
    def day(value: date | None, *, year: bool = False) -> str:
        assert value is not None
        named = f"{_WEEKDAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]}"
        return f"{named} {value.year}" if year else named

    def moment(value: datetime | None) -> str:
        assert value is not None
        local = value.astimezone(zone)
        return f"{day(local.date(), year=True)} {local:%H:%M}"

    phrases: dict[StepKind, Callable[[], str]] = {
        StepKind.RECEIVED: lambda: f"received {moment(step.at)}",
        StepKind.COUNTED: lambda: _counted_en(step),
        StepKind.MAKE_UP: lambda: f"{day(step.day)} is a make-up day",
        StepKind.HOLIDAY: lambda: f"{_span_en(step)} holiday" + _named_en(step.name),
        StepKind.CLAMPED: lambda: "the month has no such day, so its last one",
        StepKind.ROLLED: lambda: f"the last day, {day(step.day)}, is not worked, so it moves to {day(step.until)}",
        StepKind.NOT_ROLLED: lambda: f"the last day, {day(step.day)}, is not worked; the duty does not wait",
        StepKind.PROVISIONAL: lambda: (
            f"the holidays of {_years(step, '–')} are not announced yet, Monday to Friday is assumed"
        ),
        StepKind.FIXED: lambda: f"agreed for {day(step.day)}",
        StepKind.EXTENDED: lambda: f"extended with approval by {_amount_en(step)}",
        StepKind.EXCLUDED: lambda: (
            f"the clock stood still for {_amount_en(step)}, not counted" + (f" ({step.name})" if step.name else "")
        ),
        StepKind.ENDS: lambda: _ends_en(step, zone, day),
    }
    return phrases[step.kind]()


def _amount_en(step: Step) -> str:
    return f"{step.amount} {_UNITS[step.unit or ''][1]}" + ("" if step.amount == 1 else "s")


def _counted_en(step: Step) -> str:
    return _amount_en(step) if step.unit == "hours" else f"{_amount_en(step)}, not counting that day"


def _span_en(step: Step) -> str:
    first, last = step.day, step.until
    assert first is not None
    assert last is not None
    month = _MONTHS[last.month - 1]
    if first == last:
        return f"{first.day} {month}"
    return f"{first.day}–{last.day} {month}" if first.month == last.month else (
        f"{first.day} {_MONTHS[first.month - 1]} – {last.day} {month}"
    )  # fmt: skip


def _named_en(name: str | None) -> str:
    if not name:
        return ""
    return " (" + ", ".join(HOLIDAYS.get(each, each) for each in name.split("、")) + ")"


def _ends_en(step: Step, zone: ZoneInfo, day: Callable[..., str]) -> str:
    assert step.at is not None
    local = step.at.astimezone(zone)
    named = day(local.date(), year=True)
    if step.how == "midnight":
        return f"{named}, 24:00"
    return f"{named}, " + (f"close of business ({local:%H:%M})" if step.how == "close" else f"{local:%H:%M}")
