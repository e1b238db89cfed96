"""Calendars, clocks in five units with a trace that explains the date, timers, and the ladder's rungs."""

from engine.deadlines.calendar import WorkCalendar
from engine.deadlines.calendars import calendar_for, import_year
from engine.deadlines.escalations import acknowledge_rung, claim_due_rungs, mark_rung_fired
from engine.deadlines.explain import explain
from engine.deadlines.functions import host_functions
from engine.deadlines.ledger import Moved
from engine.deadlines.recounting import preview_recompute, recompute_clock, recompute_clocks
from engine.deadlines.service import (
    ClockSpec,
    cancel_clock,
    extend_clock,
    running_clock,
    start_clock,
    stop_clock,
)
from engine.deadlines.suspension import resume_clock, suspend_clock

__all__ = [
    "ClockSpec", "Moved", "WorkCalendar", "acknowledge_rung", "calendar_for", "cancel_clock", "claim_due_rungs",
    "explain", "extend_clock", "host_functions", "import_year", "mark_rung_fired", "preview_recompute",
    "recompute_clock", "recompute_clocks", "resume_clock", "running_clock", "start_clock", "stop_clock",
    "suspend_clock",
]  # fmt: skip
