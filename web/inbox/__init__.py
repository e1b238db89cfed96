"""The inbox: one list ordered by legal risk."""
