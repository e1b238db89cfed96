"""The sandboxes that a process of the application has open: a few, so that a step need not play the run again.

What is kept of a run is its row (`engine.sandbox.shelf`); a sandbox that is not open here is played again from it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import Final
from uuid import UUID

from engine.sandbox.running import Run

#: All together; the one used longest ago gives way.
MOST: Final = 12
#: So long after it was used last a sandbox is closed.
IDLE: Final = timedelta(minutes=30)


@dataclass
class Kept:
    """A sandbox that is open, with how many steps its row has."""

    id: UUID
    run: Run
    steps: int
    used_at: datetime


class Stage:
    """Keeps sandboxes in memory. One per process of the application."""

    def __init__(self, *, most: int = MOST, idle: timedelta = IDLE) -> None:
        self._most, self._idle = most, idle
        self._kept: OrderedDict[UUID, Kept] = OrderedDict()
        self._lock = RLock()

    def put(self, run_id: UUID, run: Run, *, now: datetime) -> Kept:
        """Keep a sandbox; what stood in its place is closed."""
        self.drop_idle(now)
        kept = Kept(id=run_id, run=run, steps=len(run.steps), used_at=now)
        self.drop(run_id)
        with self._lock:
            self._kept[run_id] = kept
            many = list(self._kept)[: max(len(self._kept) - self._most, 0)]
        for each in many:
            self.drop(each)
        return kept

    @contextmanager
    def use(self, run_id: UUID, steps: int, make: Callable[[], Run], *, now: datetime) -> Iterator[Kept]:
        """Give a sandbox that stands where its row does, made anew where none does; to nobody else at the same time.

        Raises:
            EngineError: it cannot be made.
        """
        self.drop_idle(now)
        with self._lock:
            kept = self._kept.get(run_id)
            if kept is not None and kept.steps == steps:
                kept.used_at = now
                self._kept.move_to_end(run_id)
        if kept is None or kept.steps != steps:
            kept = self.put(run_id, make(), now=now)
        with kept.run.box.lock:
            moment, done = kept.run.box.now, False
            try:
                yield kept
                done = True
            finally:
                # what is ahead of its row, or moved without a step, is not what the row plays
                if not done or len(kept.run.steps) != kept.steps or (
                    kept.run.box.now != moment and len(kept.run.steps) == steps
                ):  # fmt: skip
                    self.drop(run_id)

    def drop(self, run_id: UUID) -> None:
        """Close a sandbox; one that is not open is closed already."""
        with self._lock:
            kept = self._kept.pop(run_id, None)
        if kept is not None:
            with kept.run.box.lock:
                kept.run.close()

    def drop_idle(self, now: datetime) -> None:
        """Close what nobody has used for a while."""
        with self._lock:
            idle = [kept.id for kept in self._kept.values() if now - kept.used_at > self._idle]
        for each in idle:
            self.drop(each)

    def __len__(self) -> int:
        return len(self._kept)
