"""The queue that several machines share: Procrastinate on PostgreSQL. `presence` may be imported without it."""
