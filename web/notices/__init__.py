"""What the engine has told a member of staff."""
