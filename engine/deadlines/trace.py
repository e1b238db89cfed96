"""The steps that led to a due date. They are stored with the clock and read out by `explain`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class StepKind(StrEnum):
    """What a step says."""

    #: the clock started; `at`
    RECEIVED = "received"
    #: this much was counted; `amount`, `unit`
    COUNTED = "counted"
    #: a weekend day is worked and was counted; `day`, `name`
    MAKE_UP = "make-up"
    #: days that are holidays; `day` to `until`, `name`
    HOLIDAY = "holiday"
    #: the month has no such day, so its last one; `day`
    CLAMPED = "clamped"
    #: the last day was not worked; `day`, rolled to `until`
    ROLLED = "rolled"
    #: the last day is not worked, and an agency's duty does not wait; `day`
    NOT_ROLLED = "not-rolled"
    #: no notice for the year of `day` is out yet, nor for any later one up to that of `until`
    PROVISIONAL = "provisional"
    #: the last day was agreed, nothing was counted; `day`
    FIXED = "fixed"
    #: an approved extension, counted from the last day so far; `amount`, `unit`
    EXTENDED = "extended"
    #: time that is not counted, such as a hearing's; `amount`, `unit`, and the reason as `name`
    EXCLUDED = "excluded"
    #: the result; `at`, and `how`: `close`, `midnight` or `moment`
    ENDS = "ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; which fields it has follows from its kind."""

    kind: StepKind
    day: date | None = None
    until: date | None = None
    at: datetime | None = None
    amount: int | None = None
    unit: str | None = None
    name: str | None = None
    how: str | None = None


def to_json(trace: Sequence[Step]) -> list[dict[str, Any]]:
    """Return the trace as it is stored: a list of objects with `kind` and whatever else is set."""
    return [
        {
            key: value.isoformat() if isinstance(value, date) else value
            for key in Step.__slots__
            if (value := getattr(step, key)) is not None
        }
        for step in trace
    ]


def from_json(stored: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Read what `to_json` wrote."""
    return [
        Step(
            kind=StepKind(each["kind"]),
            day=date.fromisoformat(each["day"]) if "day" in each else None,
            until=date.fromisoformat(each["until"]) if "until" in each else None,
            at=datetime.fromisoformat(each["at"]) if "at" in each else None,
            amount=each.get("amount"),
            unit=each.get("unit"),
            name=each.get("name"),
            how=each.get("how"),
        )
        for each in stored
    ]
