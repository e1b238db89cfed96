"""What happened: append-only, numbered per case, sealed in a hash chain; the timeline is read from it."""
