"""Running processes: the store (load, lock, save), the runtime (the one conductor), incidents."""
