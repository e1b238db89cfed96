"""The demonstration: an invented district, weeks of cases, a movable clock, a mailbox. Never for residents."""
