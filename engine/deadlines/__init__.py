"""Calendars, clocks in five units with a trace that explains the date, timers, and the ladder's rungs."""
