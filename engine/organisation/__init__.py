"""Who is there and who may: the five-level grid, departments, staff, roles, and the one policy table."""
