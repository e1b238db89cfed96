"""Stand-ins for ports. Only ports have any."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class ManualClock:
    """A clock that stands until it is moved."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def advance(self, **amount: float) -> datetime:
        """Move on by `timedelta(**amount)` and return the new time."""
        self.moment += timedelta(**amount)
        return self.moment
