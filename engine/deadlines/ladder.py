"""Plans the rungs of a deadline: who is told when, while there is still time and after there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from engine.clock import aware
from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.clocks import Roll, Unit, due
from engine.errors import Invalid

#: a deadline as short as this runs day and night, and so do its rungs
AT_ONCE: Final = timedelta(hours=2)
#: in which an `after_due` may be counted
UNITS: Final = (Unit.HOURS.value, Unit.WORKING_DAYS.value, Unit.CALENDAR_DAYS.value)
#: characters of a rung's name, as its column holds them
LONGEST_NAME: Final = 16


@dataclass(frozen=True, kw_only=True)
class PlannedRung:
    """A rung and when it is due.

    Args:
        position: its place in the ladder, 0 first; a higher one stands in for lower ones that were missed.
        rule: {"when", "to", "notice", "sign", "document", "next", "acknowledge_hours", "urgent"}, JSON-able; `when`
            plans it again later.
    """

    name: str
    position: int
    due_at: datetime
    rule: dict[str, Any]


def rungs(
    rows: Sequence[Mapping[str, Any]], started_at: datetime, due_at: datetime, calendar: WorkCalendar
) -> list[PlannedRung]:
    """Return the rungs of a ladder, in the order of its rows.

    Args:
        rows: of the ladder's decision table. Each has `rung` (its name) and either `fraction_left` (of the duty time
            from start to due, 0 to 1) or `after_due` with `unit`; then `to` (a list of relations, or one string with
            semicolons), `notice` (a template's key), `sign` (a person signs it first), `document` (template of what is
            signed), `acknowledge_hours` (duty hours in which it is to be signed or acknowledged), `next` (to
            whom it goes when nobody does, as `to`), `urgent` (its notices go out at night too; None: as `is_urgent`).

    Raises:
        Invalid: a row is not like that, two have one name, or one is due before the row above it.
    """
    planned: list[PlannedRung] = []
    for position, row in enumerate(rows):
        name = str(row.get("rung") or "")
        if not name or len(name) > LONGEST_NAME or any(each.name == name for each in planned):
            raise Invalid(
                "ladder-rung-name",
                "Row {row} of the ladder has no rung name of its own ({rung}). Give each row another of at most "
                "{longest} characters.",
                row=position + 1, rung=name, longest=LONGEST_NAME,
            )  # fmt: skip
        rule = _rule(position, row)
        moment = moment_of(rule["when"], started_at, due_at, calendar)
        if planned and moment < planned[-1].due_at:
            raise Invalid(
                "ladder-order",
                "Row {row} ({rung}) of the ladder is due before the row above it ({before}). Rungs stand in the order "
                "of their times: move the row up, or correct its amount.",
                row=position + 1, rung=name, before=planned[-1].name,
            )  # fmt: skip
        planned.append(PlannedRung(name=name, position=position, due_at=moment, rule=rule))
    return planned


def own_ladder(key: str, jurisdiction: str) -> str:
    """Return the name of the decision that takes the place of a ladder in a jurisdiction: `ladder.wuzhong`."""
    return f"{key}.{jurisdiction}"


def ladder_of(decision_id: str) -> str:
    """Return the ladder that a decision is, or takes the place of in one jurisdiction."""
    return decision_id.partition(".")[0]


def answer_by(
    asked_at: datetime, hours: int, started_at: datetime, due_at: datetime, calendar: WorkCalendar
) -> datetime:
    """Return until when a rung is to be signed or acknowledged: duty hours; of a two-hour deadline, hours on the wall.

    Args:
        started_at, due_at: of the clock that the rung belongs to.
    """
    wait = timedelta(hours=hours)
    return aware(asked_at + wait if due_at - started_at <= AT_ONCE else calendar.after_duty(asked_at, wait))


def is_urgent(rule: Mapping[str, Any], started_at: datetime, due_at: datetime) -> bool | None:
    """Say whether a rung's notices go out in quiet hours: as its ladder says; where it says nothing, those of a
    two-hour deadline do. None: it is for the notices' own rule, by which escalations do.

    Args:
        started_at, due_at: of the clock that the rung belongs to.
    """
    said: bool | None = rule.get("urgent")
    return True if said is None and due_at - started_at <= AT_ONCE else said


def moment_of(when: Mapping[str, Any], started_at: datetime, due_at: datetime, calendar: WorkCalendar) -> datetime:
    """Return when a rung is due, from its rule's `when`. Rungs come in duty hours; a two-hour deadline's, at once."""
    day_and_night = due_at - started_at <= AT_ONCE
    if "fraction_left" in when:
        passed = 1 - float(when["fraction_left"])
        duty = calendar.duty_between(started_at, due_at)
        if day_and_night or not duty:
            return aware(started_at + (due_at - started_at) * passed)
        return aware(calendar.after_duty(started_at, duty * passed))
    after = due(due_at, int(when["after_due"]), when["unit"], calendar=calendar, roll=Roll.FORWARD).due_at
    if int(when["after_due"]) == 0:
        after = due_at
    return aware(after if day_and_night and when["unit"] == Unit.HOURS else calendar.on_duty(after))


def _rule(position: int, row: Mapping[str, Any]) -> dict[str, Any]:
    when, hours = _when(position, row), row.get("acknowledge_hours")
    if hours is not None and (isinstance(hours, (bool, str)) or int(hours) != hours or hours < 1):
        raise Invalid(
            "ladder-rung-hours",
            "Row {row} ({rung}) of the ladder: acknowledge_hours is {hours}; it is a whole number of duty hours, 1 or "
            "more.",
            row=position + 1, rung=str(row["rung"]), hours=str(hours),
        )  # fmt: skip
    if row.get("urgent") not in (None, True, False):
        raise Invalid(
            "ladder-rung-urgent",
            "Row {row} ({rung}) of the ladder: urgent is {urgent}; it is true, false or null.",
            row=position + 1, rung=str(row["rung"]), urgent=str(row["urgent"]),
        )  # fmt: skip
    return {
        "when": when,
        "to": _relations(row.get("to")),
        "notice": str(row.get("notice") or ""),
        "sign": bool(row.get("sign")),
        "document": str(row.get("document") or ""),
        "next": _relations(row.get("next")),
        "acknowledge_hours": None if hours is None else int(hours),
        "urgent": row.get("urgent"),
    }


def _relations(named: Any) -> list[str]:
    each = named.split(";") if isinstance(named, str) else named or []
    return [name for one in each if (name := str(one).strip())]


def _when(position: int, row: Mapping[str, Any]) -> dict[str, Any]:
    name, fraction, after = str(row["rung"]), row.get("fraction_left"), row.get("after_due")
    if (fraction is None) == (after is None):
        raise Invalid(
            "ladder-rung-when", "Row {row} ({rung}) of the ladder needs either fraction_left or after_due.",
            row=position + 1, rung=name,
        )  # fmt: skip
    if isinstance(fraction, (str, bool)) or isinstance(after, (str, bool)):
        raise Invalid(
            "ladder-rung-amount",
            "Row {row} ({rung}) of the ladder: {amount} is no number. Write it without quotation marks.",
            row=position + 1, rung=name, amount=str(after if fraction is None else fraction),
        )  # fmt: skip
    if fraction is not None:
        if not 0 <= float(fraction) <= 1:
            raise Invalid(
                "ladder-rung-fraction",
                "Row {row} ({rung}) of the ladder: fraction_left is {fraction}; it is a number from 0 to 1.",
                row=position + 1, rung=name, fraction=float(fraction),
            )  # fmt: skip
        return {"fraction_left": float(fraction)}
    unit = str(row.get("unit") or "")
    if unit not in UNITS or int(after or 0) != (after or 0) or int(after or 0) < 0:
        raise Invalid(
            "ladder-rung-after",
            "Row {row} ({rung}) of the ladder: after_due {after} {unit} cannot be counted; it is a whole number with a "
            "unit of hours, working-days or calendar-days.",
            row=position + 1, rung=name, after=str(after), unit=unit,
        )  # fmt: skip
    return {"after_due": int(after or 0), "unit": unit}
