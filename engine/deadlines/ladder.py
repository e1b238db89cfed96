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


@dataclass(frozen=True, kw_only=True)
class PlannedRung:
    """A rung and when it is due.

    Args:
        position: its place in the ladder, 0 first; a higher one stands in for lower ones that were missed.
        rule: {"when", "to", "notice", "sign", "acknowledge_hours"}, JSON-able; `when` plans it again later.
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
            semicolons), `notice` (a template's key), `sign` (a person signs it first), `acknowledge_hours`.

    Raises:
        Invalid: a row is not like that, or two have one name.
    """
    planned: list[PlannedRung] = []
    for position, row in enumerate(rows):
        name = str(row.get("rung") or "")
        if not name or any(each.name == name for each in planned):
            raise Invalid(
                "ladder-rung-name",
                "Row {row} of the ladder has no rung name of its own ({rung}). Give each row another.",
                row=position + 1, rung=name,
            )  # fmt: skip
        rule = _rule(position, row)
        moment = moment_of(rule["when"], started_at, due_at, calendar)
        planned.append(PlannedRung(name=name, position=position, due_at=moment, rule=rule))
    return planned


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
    to = row.get("to") or []
    addressees = to.split(";") if isinstance(to, str) else to
    hours = row.get("acknowledge_hours")
    return {
        "when": _when(position, row),
        "to": [str(each).strip() for each in addressees if str(each).strip()],
        "notice": str(row.get("notice") or ""),
        "sign": bool(row.get("sign")),
        "acknowledge_hours": None if hours is None else int(hours),
    }


def _when(position: int, row: Mapping[str, Any]) -> dict[str, Any]:
    name, fraction, after = str(row["rung"]), row.get("fraction_left"), row.get("after_due")
    if (fraction is None) == (after is None):
        raise Invalid(
            "ladder-rung-when", "Row {row} ({rung}) of the ladder needs either fraction_left or after_due.",
            row=position + 1, rung=name,
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
    if unit not in (Unit.HOURS, Unit.WORKING_DAYS, Unit.CALENDAR_DAYS) or int(after or 0) < 0:
        raise Invalid(
            "ladder-rung-after",
            "Row {row} ({rung}) of the ladder: after_due {after} {unit} cannot be counted; it is a whole number with a "
            "unit of hours, working-days or calendar-days.",
            row=position + 1, rung=name, after=str(after), unit=unit,
        )  # fmt: skip
    return {"after_due": int(after or 0), "unit": unit}
