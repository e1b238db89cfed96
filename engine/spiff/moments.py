"""Ids and the order of events of one running process."""

import secrets
import time


class Moments:
    """Gives out task ids and moments.

    An id is 32 hex digits: 24 of the process, drawn once, and a number. A snapshot keeps the number only, and no id is
    drawn from the system's randomness on the way. A moment is a time that never repeats and never goes back, even if
    the host's clock does: joins and merges depend on the order.
    """

    prefix: str
    number: int
    moment: float

    def prepare_moments(self) -> None:
        """Begin a new process."""
        self.prefix, self.number, self.moment = secrets.token_hex(12), 0, 0.0

    def next_id(self) -> str:
        """A new task id."""
        self.number += 1
        return f"{self.prefix}{self.number:08x}"

    def next_moment(self) -> float:
        """Now, in seconds since 1970, later than every moment before."""
        now = time.time()
        self.moment = now if now > self.moment else self.moment + 1e-6
        return self.moment
