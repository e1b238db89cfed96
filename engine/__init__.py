"""The engine: no Flask, no settings. `docs/architecture.md` draws the rooms and who may import whom."""
