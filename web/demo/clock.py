"""The demonstration's time: the host's clock, and however far visitors have moved it forward."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from engine.clock import SystemClock
from engine.errors import Invalid


class DemoClock:
    """A clock that remembers in a file how far it was moved, so that a restart does not go back in time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._base = SystemClock()
        self._offset = self._read()

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of the host's."""
        return self._offset

    def now(self) -> datetime:
        """Return the demonstration's present, aware, in UTC."""
        return self._base.now() + self._offset

    def move_to(self, moment: datetime) -> None:
        """Make it `moment` now.

        Raises:
            Invalid: `moment` is past; deadlines that fired cannot be taken back.
        """
        ahead = moment - self.now()
        if ahead < timedelta(0):
            raise Invalid(
                "demo-clock-backwards",
                "The demonstration's clock only goes forward: what fired cannot be taken back. Choose a later time.",
            )
        self._offset += ahead
        self._write()

    def _read(self) -> timedelta:
        try:
            return timedelta(seconds=float(self._path.read_text()))
        except (OSError, ValueError):
            return timedelta(0)

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(self._offset.total_seconds()))
        os.replace(fresh, self._path)
