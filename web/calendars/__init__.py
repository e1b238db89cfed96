"""Working days and hours of duty: looked at, and changed after seeing what a change moves."""
