"""What a lead has to know of: late, soon late, and read."""
